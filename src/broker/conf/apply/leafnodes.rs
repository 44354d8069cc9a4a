//! The `leafnodes` block.

use std::collections::HashSet;

use super::context::{Context, at, not_built, refuse, unknown};
use super::permissions::subject_list;
use super::read::{
    array, array_or, boolean, duration, listen, map, map_or, path, port, secret, some_text, strict_duration,
    text, timeout, warn_of_long_timeout,
};
use super::{tls, top};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::{
    Compression, Credential, HttpProxy, LeafAuth, LeafOptions, LeafRemote, User,
};
use crate::broker::conf::value::{Data, Value};

/// Reads the block.
pub(super) fn read(context: &mut Context, value: &Value) -> Result<LeafOptions, Diagnostic> {
    let map = map_or(value, |data| {
        format!("Expected map to define a leafnode, got {}", data.go_type())
    })?;
    let mut leaf = LeafOptions::default();
    context.each(map, |context, key, value| field(context, &mut leaf, key, value));
    Ok(leaf)
}

fn field(context: &mut Context, leaf: &mut LeafOptions, key: &str, value: &Value) -> Result<(), Diagnostic> {
    match key.to_lowercase().as_str() {
        "listen" => {
            let listen = listen(value)?;
            (leaf.host, leaf.port) = (listen.host, listen.port);
        }
        "port" => leaf.port = port(value)?,
        "host" | "net" => leaf.host = some_text(value)?,
        "authorization" => leaf.auth = auth(context, value)?,
        "remotes" => leaf.remotes = remotes(context, value)?,
        "reconnect" | "reconnect_delay" | "reconnect_interval" => {
            leaf.reconnect = duration(context, "reconnect", value)?;
        }
        "dial_timeout" => leaf.dial_timeout = duration(context, key, value)?,
        "tls" => leaf.tls = Some(tls::read(value)?),
        "leafnode_advertise" | "advertise" => leaf.advertise = some_text(value)?,
        "no_advertise" => leaf.no_advertise = boolean(value)?,
        "min_version" | "minimum_version" => leaf.min_version = some_text(value)?,
        "compression" => leaf.compression = compression(key, value)?,
        "isolate_leafnode_interest" | "isolate" => leaf.isolate_interest = boolean(value)?,
        "write_deadline" => leaf.write_deadline = Some(duration(context, key, value)?),
        "write_timeout" => leaf.write_timeout = top::write_timeout(value)?,
        _ => return unknown(key, value),
    }
    Ok(())
}

fn auth(context: &mut Context, value: &Value) -> Result<LeafAuth, Diagnostic> {
    let mut auth = LeafAuth::default();
    context.each(map(value)?, |context, key, value| {
        match key.to_lowercase().as_str() {
            "user" | "username" => auth.user = some_text(value)?,
            "pass" | "password" => auth.password = secret(value)?,
            "nkey" => auth.nkey = some_text(value)?,
            "timeout" => {
                auth.timeout = timeout("leafnode authorization", value)?;
                warn_of_long_timeout(context, key, value, auth.timeout);
            }
            "users" => auth.users = users(context, value)?,
            "account" => auth.account = some_text(value)?,
            "proxy_required" => {
                if boolean(value)? {
                    return refuse(value, not_built(key));
                }
            }
            _ => return unknown(key, value),
        }
        Ok(())
    });
    Ok(auth)
}

fn users(context: &mut Context, value: &Value) -> Result<Vec<User>, Diagnostic> {
    let items = array_or(value, |data| {
        format!("Expected users field to be an array, got {data}")
    })?;
    let mut users = Vec::with_capacity(items.len());
    for item in items {
        let map = map_or(item, |data| {
            format!("Expected user entry to be a map/struct, got {data}")
        })?;
        let (mut name, mut password, mut account) = (String::new(), String::new(), None);
        context.each(map, |_, key, value| {
            match key.to_lowercase().as_str() {
                "user" | "username" => name = text(value)?,
                "pass" | "password" => password = text(value)?,
                "account" => account = some_text(value)?,
                "proxy_required" => drop(boolean(value)?),
                _ => return unknown(key, value),
            }
            Ok(())
        });
        users.push(User {
            credential: Credential::Password {
                user: name,
                password: password.into(),
            },
            account,
            permissions: None,
            connection_types: Vec::new(),
        });
    }
    Ok(users)
}

fn remotes(context: &mut Context, value: &Value) -> Result<Vec<LeafRemote>, Diagnostic> {
    let items = array_or(value, |data| {
        format!("Expected remotes field to be an array, got {}", data.go_type())
    })?;
    let mut remotes: Vec<LeafRemote> = Vec::with_capacity(items.len());
    let mut seen = HashSet::new();
    for item in items {
        let map = map_or(item, |data| {
            format!("Expected remote leafnode entry to be a map/struct, got {data}")
        })?;
        let mut remote = LeafRemote::default();
        context.each(map, |context, key, value| {
            remote_field(context, &mut remote, key, value)
        });
        if !seen.insert((remote.urls.clone(), remote.account.clone())) {
            context
                .errors
                .push(at(item, format!("duplicate remote urls={:?}", remote.urls)));
            continue;
        }
        remotes.push(remote);
    }
    Ok(remotes)
}

fn remote_field(
    context: &mut Context,
    remote: &mut LeafRemote,
    key: &str,
    value: &Value,
) -> Result<(), Diagnostic> {
    let both = "Remote leafnode can not have both creds and nkey defined";
    match key.to_lowercase().as_str() {
        "no_randomize" | "dont_randomize" => remote.no_randomize = boolean(value)?,
        "url" | "urls" => remote.urls = urls(value)?,
        "account" | "local" => remote.account = some_text(value)?,
        "creds" | "credentials" if remote.nkey.is_some() => return refuse(value, both),
        "creds" | "credentials" => remote.credentials = path(value)?,
        "nkey" | "seed" if remote.credentials.is_some() => return refuse(value, both),
        "nkey" | "seed" => remote.nkey = secret(value)?,
        "tls" => remote.tls = Some(tls::read(value)?),
        "hub" => remote.hub = boolean(value)?,
        "deny_imports" | "deny_import" => remote.deny_imports = subject_list(value, false)?,
        "deny_exports" | "deny_export" => remote.deny_exports = subject_list(value, false)?,
        "ws_compress" | "ws_compression" | "websocket_compress" | "websocket_compression" => {
            remote.ws_compression = boolean(value)?;
        }
        "ws_no_masking" | "websocket_no_masking" => remote.ws_no_masking = boolean(value)?,
        // Leaders move between a cluster's servers; here there is one.
        "jetstream_cluster_migrate" | "js_cluster_migrate" => {}
        "isolate_leafnode_interest" | "isolate" => remote.isolate_interest = boolean(value)?,
        "request_isolation" => remote.request_isolation = boolean(value)?,
        "compression" => remote.compression = compression(key, value)?,
        "first_info_timeout" => remote.first_info_timeout = duration(context, key, value)?,
        "dial_timeout" => remote.dial_timeout = Some(duration(context, key, value)?),
        "disabled" => remote.disabled = boolean(value)?,
        "ignore_discovered_servers" => remote.ignore_discovered_servers = boolean(value)?,
        "proxy" => remote.proxy = Some(proxy(context, value)?),
        _ => return unknown(key, value),
    }
    Ok(())
}

fn urls(value: &Value) -> Result<Vec<String>, Diagnostic> {
    match &value.data {
        Data::Text(url) => Ok(vec![url.trim().to_owned()]),
        Data::Array(items) => items
            .iter()
            .map(|item| Ok(text(item)?.trim().to_owned()))
            .collect(),
        other => refuse(
            value,
            format!("Expected remote leafnode url to be an array or string, got {other}"),
        ),
    }
}

fn proxy(context: &mut Context, value: &Value) -> Result<HttpProxy, Diagnostic> {
    let map = map_or(value, |data| {
        format!("Expected proxy to be a map, got {}", data.go_type())
    })?;
    let mut proxy = HttpProxy::default();
    context.each(map, |context, key, value| {
        match key.to_lowercase().as_str() {
            "url" => proxy.url = text(value)?,
            "username" => proxy.username = some_text(value)?,
            "password" => proxy.password = secret(value)?,
            "timeout" => proxy.timeout = Some(duration(context, "proxy timeout", value)?),
            _ => return unknown(key, value),
        }
        Ok(())
    });
    Ok(proxy)
}

/// A mode, a truth value, or a map of mode and thresholds.
fn compression(key: &str, value: &Value) -> Result<Compression, Diagnostic> {
    let mut compression = Compression::default();
    let map = match &value.data {
        Data::Bool(true) => return Ok(compression),
        Data::Bool(false) => {
            compression.mode = "off".to_owned();
            return Ok(compression);
        }
        Data::Text(mode) => {
            compression.mode.clone_from(mode);
            return Ok(compression);
        }
        Data::Map(map) => map,
        other => {
            let found = other.go_type();
            return refuse(
                value,
                format!("field {key:?} should be a boolean or a structure, got {found}"),
            );
        }
    };
    for (key, value) in map.iter() {
        match key.to_lowercase().as_str() {
            "mode" => compression.mode = text(value)?,
            "rtt_thresholds" | "thresholds" | "rtts" | "rtt" => {
                compression.rtt_thresholds = array(value)?
                    .iter()
                    .map(strict_duration)
                    .collect::<Result<_, _>>()?;
            }
            _ => unknown(key, value)?,
        }
    }
    Ok(compression)
}
