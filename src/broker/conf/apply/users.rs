//! Lists of users.

use std::collections::HashSet;

use super::context::{Context, at, not_built, refuse, unknown};
use super::permissions;
use super::read::{array_or, boolean, text, texts};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::{ConnectionType, Credential, Permissions, User};
use crate::broker::conf::value::{Data, Map, Value};

/// Reads a `users` array. A user that cannot be read is noted and left out.
pub(super) fn read(context: &mut Context, value: &Value) -> Result<Vec<User>, Diagnostic> {
    let items = array_or(value, |data| {
        format!("Expected users field to be an array, got {data}")
    })?;
    let mut users = Vec::with_capacity(items.len());
    for item in items {
        let Data::Map(map) = &item.data else {
            context.errors.push(at(
                item,
                format!("Expected user entry to be a map/struct, got {}", item.data),
            ));
            continue;
        };
        users.push(user(context, item, map)?);
    }
    Ok(users)
}

/// What stands in one entry, before it is known what kind of user that makes.
#[derive(Default)]
struct Entry {
    nkey: String,
    user: String,
    password: String,
    permissions: Option<Permissions>,
    connection_types: Vec<ConnectionType>,
}

fn user(context: &mut Context, item: &Value, map: &Map) -> Result<User, Diagnostic> {
    let mut entry = Entry::default();
    context.each(map, |context, key, value| field(context, &mut entry, key, value));
    // The place the original reports is that of the entry's last key.
    let place = map.iter().last().map_or(item, |(_, value)| value);
    let credential = if entry.nkey.is_empty() {
        if entry.user.is_empty() {
            return refuse(place, "User entry requires a user");
        }
        Credential::Password {
            user: entry.user,
            password: entry.password.into(),
        }
    } else {
        if !is_user_key(&entry.nkey) {
            return refuse(place, "Not a valid public nkey for a user");
        }
        if !entry.user.is_empty() || !entry.password.is_empty() {
            return refuse(place, "Nkey users do not take usernames or passwords");
        }
        Credential::Nkey(entry.nkey)
    };
    Ok(User {
        credential,
        account: None,
        permissions: entry.permissions,
        connection_types: entry.connection_types,
    })
}

fn field(context: &mut Context, entry: &mut Entry, key: &str, value: &Value) -> Result<(), Diagnostic> {
    match key.to_lowercase().as_str() {
        "nkey" => entry.nkey = text(value)?,
        "user" | "username" => entry.user = text(value)?,
        "pass" | "password" => entry.password = text(value)?,
        "permission" | "permissions" | "authorization" => {
            entry.permissions = Some(permissions::read(context, value)?);
        }
        "allowed_connection_types" | "connection_types" | "clients" => {
            entry.connection_types = connection_types(value)?;
        }
        "proxy_required" => {
            if boolean(value)? {
                return refuse(value, not_built("proxy_required"));
            }
        }
        _ => return unknown(key, value),
    }
    Ok(())
}

fn connection_types(value: &Value) -> Result<Vec<ConnectionType>, Diagnostic> {
    let names = texts("allowed connection types", value)?;
    let (known, unknown): (Vec<_>, Vec<_>) = names
        .iter()
        .map(|name| ConnectionType::from_name(name).ok_or(name))
        .partition(Result::is_ok);
    if unknown.is_empty() {
        return Ok(known.into_iter().flatten().collect());
    }
    let quoted: Vec<String> = unknown
        .into_iter()
        .filter_map(Result::err)
        .map(|name| format!("{:?}", name.to_uppercase()))
        .collect();
    refuse(value, format!("invalid connection types [{}]", quoted.join(" ")))
}

fn is_user_key(key: &str) -> bool {
    key.starts_with('U') && nkeys::KeyPair::from_public_key(key).is_ok()
}

/// True for the public key of an account.
pub(super) fn is_account_key(key: &str) -> bool {
    key.starts_with('A') && nkeys::KeyPair::from_public_key(key).is_ok()
}

/// Gives the users that have no permissions of their own those of their block.
pub(super) fn apply_default(users: &mut [User], default: Option<&Permissions>) {
    let Some(default) = default else {
        return;
    };
    for user in users.iter_mut().filter(|user| user.permissions.is_none()) {
        user.permissions = Some(default.clone());
    }
}

/// Adds users to those that are known. Names are unique in the whole server.
pub(super) fn add(context: &mut Context, known: &mut Vec<User>, value: &Value, users: Vec<User>) {
    let mut names: HashSet<String> = known.iter().map(|user| user.name().to_owned()).collect();
    for user in users {
        if names.insert(user.name().to_owned()) {
            known.push(user);
            continue;
        }
        let kind = match user.credential {
            Credential::Password { .. } => "user",
            Credential::Nkey(_) => "nkey",
        };
        let message = format!("Duplicate {kind} {:?} detected", user.name());
        context.errors.push(at(value, message));
    }
}
