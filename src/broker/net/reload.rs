//! Taking over other settings while the server runs: what can be changed, and how it is said in the log.

use std::fmt::{self, Display};

use super::server::Server;
use crate::broker::conf::{AccountOptions, Credential, Options};
use crate::util::duration;

/// Why the settings stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("config reload not supported for {setting}: old={old}, new={new}")]
pub struct ReloadError {
    /// What was changed and cannot be.
    setting: &'static str,
    old: String,
    new: String,
}

/// Takes over settings.
pub type Apply<'a> = &'a dyn Fn(Options) -> Result<(), ReloadError>;

/// How the program around the broker reads its settings again and has them taken over. An error says why
/// they stay as they are.
pub struct Reread(pub Box<dyn Fn(Apply<'_>) -> Result<(), String> + Send + Sync>);

impl fmt::Debug for Reread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reread")
    }
}

/// Takes over other settings, or none of them.
pub fn reload(server: &Server, mut new: Options) -> Result<(), ReloadError> {
    let current = server.settings();
    let old = &current.options;
    if new.port == 0 {
        new.port = old.port;
    }
    for ((setting, old), (_, new)) in fixed(old).into_iter().zip(fixed(&new)) {
        if old != new {
            return Err(ReloadError { setting, old, new });
        }
    }
    let changes = changes(old, &new);
    let digest = new.config_digest.clone().unwrap_or_default();
    server.replace_settings(new);
    for change in changes {
        tracing::info!("Reloaded: {change}");
    }
    tracing::info!("Reloaded server configuration ({digest})");
    Ok(())
}

/// What a running server cannot change, under nats-server's names.
fn fixed(options: &Options) -> Vec<(&'static str, String)> {
    let js = options.jetstream.as_ref();
    vec![
        ("Host", options.host.clone()),
        ("Port", options.port.to_string()),
        ("ServerName", options.server_name.clone().unwrap_or_default()),
        ("MaxPending", options.max_pending.to_string()),
        ("NoHeaderSupport", options.no_header_support.to_string()),
        (
            "SystemAccount",
            options.system_account.clone().unwrap_or_default(),
        ),
        ("JetStream", js.is_some().to_string()),
        (
            "StoreDir",
            format!("{:?}", js.and_then(|js| js.store_dir.as_ref())),
        ),
        (
            "JetStreamDomain",
            format!("{:?}", js.and_then(|js| js.domain.as_ref())),
        ),
        ("HTTPPort", format!("{:?}", options.monitor.http_port)),
        ("HTTPSPort", format!("{:?}", options.monitor.https_port)),
        ("LeafNode", format!("{:?}", options.leafnodes)),
        ("Websocket", format!("{:?}", options.websocket)),
        ("MQTT", format!("{:?}", options.mqtt)),
        ("Accounts", format!("{:?}", names(&options.accounts))),
    ]
}

/// Accounts are made at the start; which there are stays the same.
fn names(accounts: &[AccountOptions]) -> Vec<&str> {
    let mut names: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// What is different, as nats-server says it.
fn changes(old: &Options, new: &Options) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |changed: bool, what: &str, value: Option<&dyn Display>| {
        if changed {
            said.push(match value {
                Some(value) => format!("{what} = {value}"),
                None => what.to_owned(),
            });
        }
    };
    let (log, was) = (&new.log, &old.log);
    say(log.trace != was.trace, "trace", Some(&log.trace));
    say(log.debug != was.debug, "debug", Some(&log.debug));
    say(log.time != was.time, "logtime", Some(&log.time));
    say(log.time_utc != was.time_utc, "logtime_utc", Some(&log.time_utc));
    let file = log.file.clone().unwrap_or_default();
    say(log.file != was.file, "log_file", Some(&file.display()));
    let (auth, was) = (&new.auth, &old.auth);
    say(auth.user != was.user, "authorization username", None);
    say(auth.password != was.password, "authorization password", None);
    say(auth.token != was.token, "authorization token", None);
    let timeout = new.auth_timeout.as_secs_f64();
    say(
        new.auth_timeout != old.auth_timeout,
        "authorization timeout",
        Some(&timeout),
    );
    let users = |options: &Options, keys: bool| {
        let users = options.auth.users.iter();
        let chosen = users.filter(|user| matches!(user.credential, Credential::Nkey(_)) == keys);
        chosen.cloned().collect::<Vec<_>>()
    };
    say(
        users(new, false) != users(old, false),
        "authorization users",
        None,
    );
    say(
        users(new, true) != users(old, true),
        "authorization nkey users",
        None,
    );
    say(new.accounts != old.accounts, "accounts", None);
    say(new.server_tags != old.server_tags, "tags", None);
    say(new.server_metadata != old.server_metadata, "metadata", None);
    say(
        new.max_connections != old.max_connections,
        "max_connections",
        Some(&new.max_connections),
    );
    say(
        new.max_control_line != old.max_control_line,
        "max_control_line",
        Some(&new.max_control_line),
    );
    say(
        new.max_payload != old.max_payload,
        "max_payload",
        Some(&new.max_payload),
    );
    let interval = duration::format(new.ping_interval);
    say(
        new.ping_interval != old.ping_interval,
        "ping_interval",
        Some(&interval),
    );
    say(new.ping_max != old.ping_max, "ping_max", Some(&new.ping_max));
    let deadline = duration::format(new.write_deadline);
    say(
        new.write_deadline != old.write_deadline,
        "write_deadline",
        Some(&deadline),
    );
    said
}
