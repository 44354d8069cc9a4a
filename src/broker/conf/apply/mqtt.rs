//! The `mqtt` block.

use super::context::{Context, refuse, unknown};
use super::read::{boolean, count, duration, integer, limit, listen, map_or, port, some_text};
use super::{doors, tls};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::MqttOptions;
use crate::broker::conf::value::Value;

/// Reads the block.
pub(super) fn read(context: &mut Context, value: &Value) -> Result<MqttOptions, Diagnostic> {
    let map = map_or(value, |data| {
        format!("Expected mqtt to be a map, got {}", data.go_type())
    })?;
    let mut door = MqttOptions::default();
    context.each(map, |context, key, value| field(context, &mut door, key, value));
    Ok(door)
}

fn field(context: &mut Context, door: &mut MqttOptions, key: &str, value: &Value) -> Result<(), Diagnostic> {
    match key.to_lowercase().as_str() {
        "listen" => {
            let listen = listen(value)?;
            (door.host, door.port) = (listen.host, listen.port);
        }
        "port" => door.port = port(value)?,
        "host" | "net" => door.host = some_text(value)?,
        "tls" => door.tls = Some(tls::read(value)?),
        "authorization" | "authentication" => door.auth = Some(doors::auth(context, value)?),
        "no_auth_user" => door.no_auth_user = some_text(value)?,
        "ack_wait" | "ackwait" => door.ack_wait = duration(context, "ack_wait", value)?,
        "js_api_timeout" | "api_timeout" => {
            door.js_api_timeout = duration(context, "js_api_timeout", value)?;
        }
        "max_ack_pending" | "max_pending" | "max_inflight" => match integer(value)? {
            0..=0xFFFF => door.max_ack_pending = count(value)?,
            n => {
                return refuse(value, format!("invalid value {n}, should in [0..65535] range"));
            }
        },
        "js_domain" => door.js_domain = some_text(value)?,
        "stream_replicas" => door.stream_replicas = limit(value)?,
        "consumer_replicas" => context.warn(
            key,
            value,
            "consumer replicas setting ignored in this server version",
        ),
        "consumer_memory_storage" => door.consumer_memory_storage = boolean(value)?,
        "consumer_inactive_threshold" | "consumer_auto_cleanup" => {
            door.consumer_inactive_threshold = Some(duration(context, "consumer_inactive_threshold", value)?);
        }
        "reject_qos2_publish" => door.reject_qos2_publish = boolean(value)?,
        "downgrade_qos2_subscribe" => door.downgrade_qos2_subscribe = boolean(value)?,
        _ => return unknown(key, value),
    }
    Ok(())
}
