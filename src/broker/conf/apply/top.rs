//! The top level of a file.

use std::collections::BTreeMap;

use super::context::{Context, at, not_built, refuse, unknown};
use super::read::{
    boolean, count, duration as read_duration, integer, limit, listen, map_or, path, port, some_text, text,
    texts,
};
use super::{accounts, authorization, jetstream, leafnodes, mappings, mqtt, tls, websocket};
use crate::broker::conf::draft::Draft;
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::flags::ALONE;
use crate::broker::conf::options::WriteTimeout;
use crate::broker::conf::value::{Data, Value};
use crate::util::duration;

/// Bytes that `max_payload` and `max_control_line` may say at most.
const MESSAGE_BYTES_MAX: i64 = i32::MAX as i64;

/// Reads one key. Each group of keys has a function that says whether the key was one of its own.
pub(super) fn setting(
    context: &mut Context,
    draft: &mut Draft,
    key: &str,
    value: &Value,
) -> Result<(), Diagnostic> {
    let name = key.to_lowercase();
    let known = network(draft, &name, value)?
        || limits(context, draft, &name, value)?
        || timing(context, draft, &name, value)?
        || log(draft, &name, value)?
        || process(draft, &name, value)?
        || block(context, draft, &name, value)?
        || trust(&name, value)?;
    if known { Ok(()) } else { unknown(key, value) }
}

fn network(draft: &mut Draft, key: &str, value: &Value) -> Result<bool, Diagnostic> {
    let (options, defaults) = (&mut draft.options, &draft.defaults);
    match key {
        "listen" => {
            let listen = listen(value)?;
            options.host = listen.host.unwrap_or_else(|| defaults.host.clone());
            options.port = listen.port.unwrap_or(defaults.port);
        }
        "host" | "net" => options.host = some_text(value)?.unwrap_or_else(|| defaults.host.clone()),
        "port" => options.port = port(value)?.unwrap_or(defaults.port),
        "client_advertise" => options.client_advertise = some_text(value)?,
        "server_name" => {
            let name = some_text(value)?;
            if name.as_deref().is_some_and(|n| n.contains(' ')) {
                return refuse(value, "server name cannot contain spaces");
            }
            options.server_name = name;
        }
        "server_tags" => options.server_tags = texts("tags", value)?,
        "server_metadata" => options.server_metadata = text_map("metadata", value)?,
        "feature_flags" => options.feature_flags = feature_flags(value)?,
        "proxy_protocol" => options.proxy_protocol = boolean(value)?,
        "no_header_support" => options.no_header_support = boolean(value)?,
        "disable_sublist_cache" | "no_sublist_cache" => options.disable_sublist_cache = boolean(value)?,
        "http" => {
            let listen = listen(value)?;
            options.monitor.host = listen.host;
            options.monitor.http_port = listen.port;
        }
        "https" => {
            let listen = listen(value)?;
            options.monitor.host = listen.host;
            options.monitor.https_port = listen.port;
        }
        "http_port" | "monitor_port" => options.monitor.http_port = port(value)?,
        "https_port" => options.monitor.https_port = port(value)?,
        "http_base_path" => options.monitor.base_path = base_path(&text(value)?),
        "prof_port" => options.monitor.profile_port = port(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// `monitor/` and `/monitor` both mean `/monitor`.
fn base_path(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    format!("/{}", parts.join("/"))
}

fn limits(context: &mut Context, draft: &mut Draft, key: &str, value: &Value) -> Result<bool, Diagnostic> {
    let (options, defaults) = (&mut draft.options, &draft.defaults);
    match key {
        "max_control_line" => {
            options.max_control_line = message_bytes(key, value)?.unwrap_or(defaults.max_control_line);
        }
        "max_payload" => options.max_payload = message_bytes(key, value)?.unwrap_or(defaults.max_payload),
        "max_pending" => options.max_pending = limit(value)?.unwrap_or(defaults.max_pending),
        "max_connections" | "max_conn" => options.max_connections = count(value)?,
        "max_subscriptions" | "max_subs" => options.max_subscriptions = count(value)?,
        "max_sub_tokens" | "max_subscription_tokens" => match integer(value)? {
            n if n > i64::from(u8::MAX) => return refuse(value, format!("{key} value is too big")),
            n if n <= 0 => return refuse(value, format!("{key} value can not be negative")),
            _ => options.max_sub_tokens = count(value)?,
        },
        "max_closed_clients" => {
            options.max_closed_clients = limit(value)?.unwrap_or(defaults.max_closed_clients);
        }
        "write_timeout" => options.write_timeout = write_timeout(value)?,
        "write_deadline" => {
            let deadline = read_duration(context, key, value)?;
            options.write_deadline = if deadline.is_zero() {
                defaults.write_deadline
            } else {
                deadline
            };
        }
        "no_fast_producer_stall" => options.no_fast_producer_stall = boolean(value)?,
        "connect_error_reports" => {
            options.connect_error_reports = limit(value)?.unwrap_or(defaults.connect_error_reports);
        }
        "reconnect_error_reports" => {
            options.reconnect_error_reports = limit(value)?.unwrap_or(defaults.reconnect_error_reports);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// 0 means the default; what is below means as much as the protocol can say.
fn message_bytes(key: &str, value: &Value) -> Result<Option<usize>, Diagnostic> {
    match integer(value)? {
        n if n > MESSAGE_BYTES_MAX => refuse(value, format!("{key} value is too big")),
        0 => Ok(None),
        n if n < 0 => Ok(Some(MESSAGE_BYTES_MAX as usize)),
        _ => count(value).map(Some),
    }
}

/// Reads `write_timeout`, which several blocks have.
pub(super) fn write_timeout(value: &Value) -> Result<WriteTimeout, Diagnostic> {
    match text(value)?.as_str() {
        "default" => Ok(WriteTimeout::Default),
        "close" => Ok(WriteTimeout::Close),
        "retry" => Ok(WriteTimeout::Retry),
        _ => refuse(value, "write_timeout must be 'default', 'close' or 'retry'"),
    }
}

fn timing(context: &mut Context, draft: &mut Draft, key: &str, value: &Value) -> Result<bool, Diagnostic> {
    let (options, defaults) = (&mut draft.options, &draft.defaults);
    match key {
        "ping_interval" => {
            let interval = read_duration(context, key, value)?;
            options.ping_interval = if interval.is_zero() {
                defaults.ping_interval
            } else {
                interval
            };
        }
        "ping_max" => options.ping_max = limit(value)?.unwrap_or(defaults.ping_max),
        "lame_duck_duration" => {
            let spread = lame_duck(key, value)?;
            if spread.as_secs() < 30 {
                return refuse(
                    value,
                    format!(
                        "invalid {key} of {}, minimum is 30 seconds",
                        duration::format(spread)
                    ),
                );
            }
            options.lame_duck_duration = spread;
        }
        "lame_duck_grace_period" => {
            let grace = lame_duck(key, value)?;
            options.lame_duck_grace_period = if grace.is_zero() {
                defaults.lame_duck_grace_period
            } else {
                grace
            };
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn lame_duck(key: &str, value: &Value) -> Result<std::time::Duration, Diagnostic> {
    let written = text(value)?;
    if key == "lame_duck_grace_period" && written.starts_with('-') {
        return refuse(value, format!("invalid {key}, needs to be positive"));
    }
    duration::parse(&written).map_err(|e| at(value, format!("error parsing {key}: {e}")))
}

fn log(draft: &mut Draft, key: &str, value: &Value) -> Result<bool, Diagnostic> {
    let log = &mut draft.options.log;
    match key {
        "debug" => log.debug = boolean(value)?,
        "trace" => log.trace = boolean(value)?,
        "trace_verbose" => {
            log.trace_verbose = boolean(value)?;
            log.trace = log.trace_verbose;
        }
        "trace_headers" => {
            log.trace_headers = boolean(value)?;
            log.trace = log.trace_headers;
        }
        "max_traced_msg_len" => log.max_traced_msg_len = count(value)?,
        "logtime" => log.time = boolean(value)?,
        "logtime_utc" => log.time_utc = boolean(value)?,
        "logfile" | "log_file" => log.file = path(value)?,
        "logfile_size_limit" | "log_size_limit" => log.size_limit = count(value)?,
        "logfile_max_num" | "log_max_num" => log.max_files = count(value)?,
        "syslog" => log.syslog = boolean(value)?,
        "remote_syslog" => log.remote_syslog = some_text(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn process(draft: &mut Draft, key: &str, value: &Value) -> Result<bool, Diagnostic> {
    match key {
        "pidfile" | "pid_file" => draft.options.pid_file = path(value)?,
        "ports_file_dir" => draft.options.ports_file_dir = path(value)?,
        // How often Go samples blocked threads; we have nothing to sample.
        "prof_block_rate" => drop(integer(value)?),
        "store_dir" | "storedir" => jetstream::store_dir(draft, value)?,
        "default_js_domain" => {
            let message = |data: &Data| {
                format!(
                    "error default_js_domain config: unsupported type {}",
                    data.go_type()
                )
            };
            let mut domains = BTreeMap::new();
            for (account, domain) in map_or(value, message)?.iter() {
                domains.insert(account.to_owned(), text(domain)?);
            }
            draft.options.default_js_domain = domains;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn block(context: &mut Context, draft: &mut Draft, key: &str, value: &Value) -> Result<bool, Diagnostic> {
    match key {
        "authorization" => authorization::apply(context, draft, value)?,
        "accounts" => accounts::apply(context, draft, value)?,
        "mappings" | "maps" => mappings::apply_global(context, draft, value)?,
        "no_auth_user" => draft.options.auth.no_auth_user = some_text(value)?,
        "system_account" | "system" => match &value.data {
            Data::Text(name) if name.is_empty() => {}
            Data::Text(name) => draft.options.system_account = Some(name.clone()),
            _ => return refuse(value, "system account name must be a string"),
        },
        "no_system_account" | "no_system" | "no_sys_acc" => {
            // An account named on purpose stays.
            let unnamed = draft.options.system_account == draft.defaults.system_account;
            if boolean(value)? && unnamed {
                draft.options.system_account = None;
            }
        }
        "jetstream" => jetstream::apply(context, draft, value)?,
        "tls" => draft.options.tls = Some(tls::read(value)?),
        "allow_non_tls" => draft.options.allow_non_tls = boolean(value)?,
        "leaf" | "leafnodes" => {
            draft.options.leafnodes = Some(leafnodes::read(context, value)?);
            return refuse(value, not_built("leafnodes"));
        }
        "websocket" | "ws" => {
            draft.options.websocket = Some(websocket::read(context, value)?);
            return refuse(value, not_built("websocket"));
        }
        "mqtt" => {
            draft.options.mqtt = Some(mqtt::read(context, value)?);
            return refuse(value, not_built("mqtt"));
        }
        "cluster" | "gateway" => return refuse(value, format!("{key}: {ALONE}")),
        _ => return Ok(false),
    }
    Ok(true)
}

/// What only JWTs, certificates and proxies need, all of it still to come.
fn trust(key: &str, value: &Value) -> Result<bool, Diagnostic> {
    match key {
        "operator"
        | "operators"
        | "roots"
        | "root"
        | "root_operators"
        | "root_operator"
        | "resolver"
        | "account_resolver"
        | "accounts_resolver"
        | "resolver_tls"
        | "resolver_preload"
        | "resolver_pinned_accounts"
        | "trusted"
        | "trusted_keys"
        | "default_sentinel"
        | "proxies" => refuse(value, not_built(key)),
        "ocsp" | "ocsp_cache" => match &value.data {
            Data::Bool(false) => Ok(true),
            _ => refuse(value, not_built(key)),
        },
        _ => Ok(false),
    }
}

fn text_map(field: &str, value: &Value) -> Result<BTreeMap<String, String>, Diagnostic> {
    let message = |data: &Data| format!("error parsing {field}: unsupported type {}", data.go_type());
    map_or(value, message)?
        .iter()
        .map(|(key, value)| Ok((key.to_owned(), text(value)?)))
        .collect()
}

fn feature_flags(value: &Value) -> Result<BTreeMap<String, bool>, Diagnostic> {
    let message = |data: &Data| format!("error parsing feature flags: unsupported type {}", data.go_type());
    map_or(value, message)?
        .iter()
        .map(|(key, value)| match value.data {
            Data::Bool(on) => Ok((key.to_owned(), on)),
            ref other => refuse(
                value,
                format!(
                    "error parsing feature flag {key:?}: expected bool, got {}",
                    other.go_type()
                ),
            ),
        })
        .collect()
}
