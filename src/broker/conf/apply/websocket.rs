//! The `websocket` block.

use super::context::{Context, refuse, unknown};
use super::doors;
use super::read::{boolean, duration, listen, map_or, port, some_text, texts};
use super::tls;
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::WebsocketOptions;
use crate::broker::conf::value::{Data, Value};

/// Reads the block.
pub(super) fn read(context: &mut Context, value: &Value) -> Result<WebsocketOptions, Diagnostic> {
    let map = map_or(value, |data| {
        format!("Expected websocket to be a map, got {}", data.go_type())
    })?;
    let mut door = WebsocketOptions::default();
    context.each(map, |context, key, value| field(context, &mut door, key, value));
    Ok(door)
}

fn field(
    context: &mut Context,
    door: &mut WebsocketOptions,
    key: &str,
    value: &Value,
) -> Result<(), Diagnostic> {
    match key.to_lowercase().as_str() {
        "listen" => {
            let listen = listen(value)?;
            (door.host, door.port) = (listen.host, listen.port);
        }
        "port" => door.port = port(value)?,
        "host" | "net" => door.host = some_text(value)?,
        "advertise" => door.advertise = some_text(value)?,
        "no_tls" => door.no_tls = boolean(value)?,
        "tls" => door.tls = Some(tls::read(value)?),
        "same_origin" => door.same_origin = boolean(value)?,
        "allowed_origins" | "allowed_origin" | "allow_origins" | "allow_origin" | "origins" | "origin" => {
            door.allowed_origins = texts("allowed origins", value)?;
        }
        "handshake_timeout" => door.handshake_timeout = Some(tls::handshake_timeout(value)?),
        "compress" | "compression" => door.compression = boolean(value)?,
        "authorization" | "authentication" => door.auth = Some(doors::auth(context, value)?),
        "jwt_cookie" => door.jwt_cookie = some_text(value)?,
        "user_cookie" => door.user_cookie = some_text(value)?,
        "pass_cookie" => door.pass_cookie = some_text(value)?,
        "token_cookie" => door.token_cookie = some_text(value)?,
        "no_auth_user" => door.no_auth_user = some_text(value)?,
        "headers" => headers(context, door, value)?,
        "ping_interval" => door.ping_interval = Some(duration(context, key, value)?),
        _ => return unknown(key, value),
    }
    Ok(())
}

fn headers(context: &mut Context, door: &mut WebsocketOptions, value: &Value) -> Result<(), Diagnostic> {
    let map = map_or(value, |data| {
        format!("error parsing headers: unsupported type {}", data.go_type())
    })?;
    context.each(map, |_, name, value| match &value.data {
        Data::Text(text) => {
            door.headers.insert(name.to_owned(), text.clone());
            Ok(())
        }
        other => refuse(
            value,
            format!(
                "error parsing header key {name}: unsupported type {}",
                other.go_type()
            ),
        ),
    });
    Ok(())
}
