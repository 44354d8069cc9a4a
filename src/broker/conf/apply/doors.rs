//! What the doors beside the client port have in common: a simple login of their own.

use std::time::Duration;

use super::context::{Context, unknown};
use super::read::{map, secret, some_text};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::DoorAuth;
use crate::broker::conf::value::{Data, Value};

/// Reads `authorization` of a door.
pub(super) fn auth(context: &mut Context, value: &Value) -> Result<DoorAuth, Diagnostic> {
    let mut auth = DoorAuth::default();
    context.each(map(value)?, |_, key, value| {
        match key.to_lowercase().as_str() {
            "user" | "username" => auth.user = some_text(value)?,
            "pass" | "password" => auth.password = secret(value)?,
            "token" => auth.token = secret(value)?,
            "timeout" => auth.timeout = Some(seconds(value)),
            _ => return unknown(key, value),
        }
        Ok(())
    });
    Ok(auth)
}

/// Seconds as a number; everything else means one second here.
fn seconds(value: &Value) -> Duration {
    match value.data {
        Data::Integer(n) => Duration::from_secs(n.try_into().unwrap_or(1)),
        Data::Float(n) => Duration::try_from_secs_f64(n).unwrap_or(Duration::from_secs(1)),
        _ => Duration::from_secs(1),
    }
}
