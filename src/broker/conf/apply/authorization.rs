//! The `authorization` block.

use super::context::{Context, not_built, refuse, unknown};
use super::read::{boolean, map, secret, some_text, timeout, warn_of_long_timeout};
use super::{permissions, users};
use crate::broker::conf::draft::Draft;
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::{Permissions, Secret, User};
use crate::broker::conf::value::Value;

#[derive(Default)]
struct Block {
    user: Option<String>,
    password: Option<Secret>,
    token: Option<Secret>,
    users: Option<Vec<User>>,
    default_permissions: Option<Permissions>,
}

/// Reads the block into the draft.
pub(super) fn apply(context: &mut Context, draft: &mut Draft, value: &Value) -> Result<(), Diagnostic> {
    let mut block = Block::default();
    context.each(map(value)?, |context, key, value| {
        field(context, draft, &mut block, key, value)
    });
    let auth = &mut draft.options.auth;
    auth.block_defined = true;
    if (block.user.is_some() || block.password.is_some()) && block.token.is_some() {
        return refuse(value, "Cannot have a user/pass and token");
    }
    if block.users.is_some() || !auth.users.is_empty() {
        if block.user.is_some() {
            return refuse(value, "Can not have a single user/pass and a users array");
        }
        if block.token.is_some() {
            return refuse(value, "Can not have a token and a users array");
        }
    }
    (auth.user, auth.password, auth.token) = (block.user, block.password, block.token);
    let mut list = block.users.unwrap_or_default();
    users::apply_default(&mut list, block.default_permissions.as_ref());
    users::add(context, &mut auth.users, value, list);
    Ok(())
}

fn field(
    context: &mut Context,
    draft: &mut Draft,
    block: &mut Block,
    key: &str,
    value: &Value,
) -> Result<(), Diagnostic> {
    match key.to_lowercase().as_str() {
        "user" | "username" => block.user = some_text(value)?,
        "pass" | "password" => block.password = secret(value)?,
        "token" => block.token = secret(value)?,
        "timeout" => {
            draft.auth_timeout = timeout("authorization", value)?;
            warn_of_long_timeout(context, key, value, draft.auth_timeout);
        }
        "users" => block.users = Some(users::read(context, value)?),
        "default_permission" | "default_permissions" | "permissions" => {
            block.default_permissions = Some(permissions::read(context, value)?);
        }
        "auth_callout" | "auth_hook" => return refuse(value, not_built("auth_callout")),
        "proxy_required" => {
            if boolean(value)? {
                return refuse(value, not_built("proxy_required"));
            }
        }
        _ => return unknown(key, value),
    }
    Ok(())
}
