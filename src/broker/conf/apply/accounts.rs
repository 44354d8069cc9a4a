//! The `accounts` block.

use super::agreements::{self, Wishes};
use super::context::{Context, at, refuse, unknown, unknown_as};
use super::read::{limit_from_zero, map, map_or, text};
use super::{exports, imports, jetstream, mappings, permissions, trace, users};
use crate::broker::conf::draft::Draft;
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::{AccountLimits, AccountOptions, GLOBAL_ACCOUNT, User};
use crate::broker::conf::value::{Data, Map, Value};

/// Reads the block into the draft: an array of names, or a map.
pub(super) fn apply(context: &mut Context, draft: &mut Draft, value: &Value) -> Result<(), Diagnostic> {
    match &value.data {
        Data::Array(names) => {
            for name in names {
                if let Err(error) = named(draft, name) {
                    context.errors.push(error);
                }
            }
            Ok(())
        }
        _ => {
            let mut wishes = Wishes::default();
            context.each(map(value)?, |context, name, value| {
                // A map that others refer to is a variable, no account.
                if value.is_variable {
                    return Ok(());
                }
                let map = map_or(value, |_| "Expected map entries for accounts".to_owned())?;
                reserved(name, value)?;
                account(context, draft, &mut wishes, name, map)
            });
            agreements::settle(context, draft, value, wishes);
            Ok(())
        }
    }
}

fn reserved(name: &str, value: &Value) -> Result<(), Diagnostic> {
    if name == GLOBAL_ACCOUNT {
        return refuse(value, format!("{name:?} is a Reserved Account"));
    }
    Ok(())
}

fn named(draft: &mut Draft, value: &Value) -> Result<(), Diagnostic> {
    let name = text(value)?;
    reserved(&name, value)?;
    if draft.options.accounts.iter().any(|account| account.name == name) {
        return refuse(value, format!("Duplicate Account Entry: {name}"));
    }
    draft.options.accounts.push(AccountOptions::new(name));
    Ok(())
}

/// The users of an account, and where they stand.
type Users<'v> = Option<(&'v Value, Vec<User>)>;

fn account(
    context: &mut Context,
    draft: &mut Draft,
    wishes: &mut Wishes,
    name: &str,
    map: &Map,
) -> Result<(), Diagnostic> {
    let mut account = AccountOptions::new(name);
    let mut found: Users<'_> = None;
    for (key, value) in map.iter() {
        let read = match key.to_lowercase().as_str() {
            "exports" => exports::read(context, value).map(|exports| {
                let exports = exports.into_iter().map(|export| (name.to_owned(), export));
                wishes.exports.extend(exports);
            }),
            "imports" => imports::read(context, value).map(|imports| {
                let imports = imports.into_iter().map(|import| (name.to_owned(), import));
                wishes.imports.extend(imports);
            }),
            _ => field(context, &mut account, &mut found, key, value),
        };
        if let Err(error) = read {
            context.errors.push(error);
        }
    }
    if let Some((value, mut list)) = found {
        let auth = &mut draft.options.auth;
        if !list.is_empty() && auth.user.is_some() {
            return refuse(value, "Can not have a single user/pass and accounts");
        }
        if !list.is_empty() && auth.token.is_some() {
            return refuse(value, "Can not have a token and accounts");
        }
        users::apply_default(&mut list, account.default_permissions.as_ref());
        for user in &mut list {
            user.account = Some(name.to_owned());
        }
        users::add(context, &mut auth.users, value, list);
    }
    draft.options.accounts.push(account);
    Ok(())
}

fn field<'v>(
    context: &mut Context,
    account: &mut AccountOptions,
    found: &mut Users<'v>,
    key: &str,
    value: &'v Value,
) -> Result<(), Diagnostic> {
    match key.to_lowercase().as_str() {
        "nkey" => match &value.data {
            Data::Text(key) if users::is_account_key(key) => account.nkey = Some(key.clone()),
            other => {
                return refuse(
                    value,
                    format!("Not a valid public nkey for an account: {:?}", other.to_string()),
                );
            }
        },
        "users" => *found = Some((value, users::read(context, value)?)),
        "default_permissions" => account.default_permissions = Some(permissions::read(context, value)?),
        "mappings" | "maps" => account.mappings = mappings::read(context, value)?,
        "limits" => account.limits = limits(context, value)?,
        "jetstream" => account.jetstream = jetstream::account(context, value)?,
        "msg_trace" | "trace_dest" => account.trace = trace::read(context, key, value)?,
        _ => return unknown(key, value),
    }
    Ok(())
}

fn limits(context: &mut Context, value: &Value) -> Result<AccountLimits, Diagnostic> {
    let map = map_or(value, |data| {
        format!("Expected account limits to be a map/struct, got {data}")
    })?;
    let mut limits = AccountLimits::default();
    context.each(map, |_, key, value| {
        let limit = match key.to_lowercase().as_str() {
            "max_connections" | "max_conn" => &mut limits.max_connections,
            "max_subscriptions" | "max_subs" => &mut limits.max_subscriptions,
            "max_payload" | "max_pay" => &mut limits.max_payload,
            "max_leafnodes" | "max_leafs" => &mut limits.max_leafnodes,
            _ => return unknown_as(value, format!("Unknown field {key:?} parsing account limits")),
        };
        *limit = limit_from_zero(value).map_err(|e| at(value, e.message))?;
        Ok(())
    });
    Ok(limits)
}
