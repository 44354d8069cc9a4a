//! What a running server cannot change.

use std::collections::BTreeMap;

use super::ReloadError;
use crate::broker::conf::{
    JetStreamLimits, JetStreamOptions, MonitorOptions, Options, SYSTEM_ACCOUNT, StoreCipher, WriteTimeout,
};
use crate::util::duration;

/// Refuses the first setting that is different and cannot be, in nats-server's order and under its names.
pub fn check(old: &Options, new: &Options, port: u16) -> Result<(), ReloadError> {
    let (old_values, new_values) = (values(old, port), values(new, port));
    for ((setting, old_value), (_, new_value)) in old_values.into_iter().zip(new_values) {
        let differs = match setting {
            // It may go, as long as it names nobody any more.
            "NoAuthUser" => old_value != new_value && !is_forgotten(old, new),
            _ => old_value != new_value,
        };
        if differs {
            return Err(ReloadError::Fixed {
                setting,
                old: old_value,
                new: new_value,
            });
        }
    }
    check_jetstream(old.jetstream.as_ref(), new.jetstream.as_ref())
}

/// Is `no_auth_user` gone, and the user with it?
fn is_forgotten(old: &Options, new: &Options) -> bool {
    let user = old.auth.no_auth_user.as_deref();
    new.auth.no_auth_user.is_none() && !new.auth.users.iter().any(|known| Some(known.name()) == user)
}

/// Folder and limits of JetStream, while it stays on: limits may grow, but not begin, end or shrink.
fn check_jetstream(
    old: Option<&JetStreamOptions>,
    new: Option<&JetStreamOptions>,
) -> Result<(), ReloadError> {
    let (Some(old), Some(new)) = (old, new) else {
        return Ok(());
    };
    let mut begun = false;
    for (old, new) in [(old.max_memory, new.max_memory), (old.max_file, new.max_file)] {
        match (old, new) {
            (Some(old), Some(new)) if new < old => {
                return refuse("decreasing jetstream max memory and store");
            }
            (None, Some(_)) => return refuse("jetstream dynamic max memory and store"),
            (Some(_), None) => begun = true,
            _ => {}
        }
    }
    let moved = old.store_dir != new.store_dir;
    match &new.store_dir {
        Some(_) if moved => refuse("jetstream storage directory"),
        _ if begun => refuse("jetstream max memory and max store"),
        None if moved => refuse("jetstream storage dir"),
        _ => Ok(()),
    }
}

fn refuse(what: &'static str) -> Result<(), ReloadError> {
    Err(ReloadError::JetStream(what))
}

/// The settings that stay, with their values as nats-server prints them.
fn values(options: &Options, port: u16) -> Vec<(&'static str, String)> {
    let mut values = basic(options, port);
    // Without JetStream its settings have their defaults.
    let defaults = JetStreamOptions::default();
    values.extend(of_jetstream(options.jetstream.as_ref().unwrap_or(&defaults)));
    values.extend([
        ("JsAccDefaultDomain", map(&options.default_js_domain)),
        ("Websocket", format!("{:?}", options.websocket)),
        ("MQTT", format!("{:?}", options.mqtt)),
        ("ProfPort", door(options.monitor.profile_port)),
        ("LogSizeLimit", options.log.size_limit.to_string()),
        ("LogMaxFiles", options.log.max_files.to_string()),
        ("AllowNonTLS", options.allow_non_tls.to_string()),
        ("WriteTimeout", write_timeout(options.write_timeout).to_owned()),
        ("MaxClosedClients", options.max_closed_clients.to_string()),
        ("LameDuckDuration", duration::format(options.lame_duck_duration)),
        (
            "LameDuckGracePeriod",
            duration::format(options.lame_duck_grace_period),
        ),
        ("FeatureFlags", map(&options.feature_flags)),
    ]);
    values
}

fn basic(options: &Options, port: u16) -> Vec<(&'static str, String)> {
    let MonitorOptions {
        host,
        http_port,
        https_port,
        base_path,
        ..
    } = &options.monitor;
    let system = options.system_account.as_deref();
    // A port that the system chose is kept.
    let port = if options.port == 0 { port } else { options.port };
    vec![
        ("ServerName", options.server_name.clone().unwrap_or_default()),
        ("DontListen", options.dont_listen.to_string()),
        ("Host", options.host.clone()),
        ("Port", port.to_string()),
        ("NoSublistCache", options.disable_sublist_cache.to_string()),
        ("NoHeaderSupport", options.no_header_support.to_string()),
        ("MaxSubs", options.max_subscriptions.to_string()),
        ("MaxSubTokens", options.max_sub_tokens.to_string()),
        (
            "NoAuthUser",
            options.auth.no_auth_user.clone().unwrap_or_default(),
        ),
        ("SystemAccount", system.unwrap_or(SYSTEM_ACCOUNT).to_owned()),
        ("NoSystemAccount", system.is_none().to_string()),
        ("ProxyProtocol", options.proxy_protocol.to_string()),
        ("HTTPHost", host.as_ref().unwrap_or(&options.host).clone()),
        ("HTTPPort", door(*http_port)),
        ("HTTPBasePath", base_path.trim_end_matches('/').to_owned()),
        ("HTTPSPort", door(*https_port)),
        ("MaxPending", options.max_pending.to_string()),
        ("LeafNode", format!("{:?}", options.leafnodes)),
    ]
}

fn of_jetstream(js: &JetStreamOptions) -> Vec<(&'static str, String)> {
    let cipher = match js.cipher {
        StoreCipher::ChaChaPoly => "ChaCha20-Poly1305",
        StoreCipher::Aes => "AES-GCM",
    };
    // Keys are compared by their digests: their values are nobody's business.
    let key = |key: &Option<crate::broker::conf::Secret>| key.as_ref().map_or_else(String::new, digest);
    vec![
        ("NoJetStreamStrict", (!js.strict).to_string()),
        ("JetStreamDomain", js.domain.clone().unwrap_or_default()),
        ("JetStreamKey", key(&js.encryption_key)),
        ("JetStreamOldKey", key(&js.previous_encryption_key)),
        ("JetStreamCipher", cipher.to_owned()),
        ("JetStreamUniqueTag", js.unique_tag.clone().unwrap_or_default()),
        ("JetStreamLimits", limits(&js.limits)),
        ("JetStreamRequestQueueLimit", js.request_queue_limit.to_string()),
        ("JetStreamInfoQueueLimit", js.info_queue_limit.to_string()),
        (
            "JetStreamConcurrentIOs",
            js.max_concurrent_io.unwrap_or_default().to_string(),
        ),
        ("StreamMaxBufferedMsgs", js.max_buffered_msgs.to_string()),
        ("StreamMaxBufferedSize", js.max_buffered_size.to_string()),
        ("SyncInterval", duration::format(js.sync_interval)),
        ("SyncAlways", js.sync_always.to_string()),
    ]
}

fn digest(secret: &crate::broker::conf::Secret) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(secret.expose().as_bytes());
    let bytes: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("[sha256 {bytes}…]")
}

/// A struct as Go prints it.
fn limits(limits: &JetStreamLimits) -> String {
    let count = |limit: Option<u32>| limit.unwrap_or_default();
    let time = |limit: Option<std::time::Duration>| duration::format(limit.unwrap_or_default());
    format!(
        "{{{} {} {} {} {} {} {} {}}}",
        count(limits.max_request_batch),
        count(limits.max_ack_pending),
        count(limits.max_ha_assets),
        time(limits.duplicate_window),
        count(limits.batch_max_inflight_per_stream),
        count(limits.batch_max_inflight_total),
        count(limits.batch_max_msgs),
        time(limits.batch_timeout),
    )
}

/// A map as Go prints it.
fn map<V: ToString>(map: &BTreeMap<String, V>) -> String {
    let pairs: Vec<String> = map
        .iter()
        .map(|(key, value)| format!("{key}:{}", value.to_string()))
        .collect();
    format!("map[{}]", pairs.join(" "))
}

/// A port as it was written: 0 for none, -1 for a free one.
fn door(port: Option<u16>) -> String {
    match port {
        None => "0".to_owned(),
        Some(0) => "-1".to_owned(),
        Some(port) => port.to_string(),
    }
}

fn write_timeout(timeout: WriteTimeout) -> &'static str {
    match timeout {
        WriteTimeout::Default => "",
        WriteTimeout::Close => "close",
        WriteTimeout::Retry => "retry",
    }
}
