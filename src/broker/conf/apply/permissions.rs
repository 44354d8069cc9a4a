//! What users may do.

use std::time::Duration;

use super::context::{Context, at, refuse, unknown_as};
use super::read::{integer, map_or};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::{Permissions, ResponsePermission, SubjectPermission};
use crate::broker::conf::value::{Data, Value};
use crate::proto::subject::is_valid_pattern;
use crate::util::duration;

/// Reads a `permissions` block.
pub(super) fn read(context: &mut Context, value: &Value) -> Result<Permissions, Diagnostic> {
    let map = map_or(value, |data| {
        format!("Expected permissions to be a map/struct, got {data}")
    })?;
    let mut permissions = Permissions::default();
    context.each(map, |context, key, value| {
        match key.to_lowercase().as_str() {
            "pub" | "publish" | "import" => permissions.publish = subjects(context, value, false)?,
            "sub" | "subscribe" | "export" => permissions.subscribe = subjects(context, value, true)?,
            "publish_allow_responses" | "allow_responses" => {
                permissions.responses = responses(context, value)?;
            }
            _ => return unknown_as(value, format!("Unknown field {key:?} parsing permissions")),
        }
        Ok(())
    });
    if permissions.responses.is_some() {
        // The right to answer would mean little beside the right to publish everywhere.
        let publish = permissions.publish.get_or_insert_default();
        publish.allow.get_or_insert_default();
    }
    Ok(permissions)
}

/// A list of what is allowed, or `allow` and `deny`.
fn subjects(
    context: &mut Context,
    value: &Value,
    with_queue: bool,
) -> Result<Option<SubjectPermission>, Diagnostic> {
    let Data::Map(map) = &value.data else {
        return Ok(Some(SubjectPermission {
            allow: allowed(subject_list(value, with_queue)?),
            deny: Vec::new(),
        }));
    };
    if map.is_empty() {
        return Ok(None);
    }
    let mut permission = SubjectPermission::default();
    context.each(map, |_, key, value| {
        match key.to_lowercase().as_str() {
            "allow" => permission.allow = allowed(subject_list(value, with_queue)?),
            "deny" => permission.deny = subject_list(value, with_queue)?,
            _ => {
                return unknown_as(
                    value,
                    format!(
                        "Unknown field name {key:?} parsing subject permissions, only 'allow' or 'deny' are permitted"
                    ),
                );
            }
        }
        Ok(())
    });
    Ok(Some(permission))
}

/// nats-server takes an empty list for none, which allows everything.
fn allowed(subjects: Vec<String>) -> Option<Vec<String>> {
    Some(subjects).filter(|s| !s.is_empty())
}

/// One subject or an array of them, checked.
pub(super) fn subject_list(value: &Value, with_queue: bool) -> Result<Vec<String>, Diagnostic> {
    let subjects = match &value.data {
        Data::Text(subject) => vec![subject.clone()],
        Data::Array(items) => items
            .iter()
            .map(|item| match &item.data {
                Data::Text(subject) => Ok(subject.clone()),
                _ => refuse(item, "Subject in permissions array cannot be cast to string"),
            })
            .collect::<Result<_, _>>()?,
        other => {
            return refuse(
                value,
                format!(
                    "Expected subject permissions to be a subject, or array of subjects, got {}",
                    other.go_type()
                ),
            );
        }
    };
    for subject in &subjects {
        check(subject, with_queue).map_err(|message| at(value, message))?;
    }
    Ok(subjects)
}

fn check(subject: &str, with_queue: bool) -> Result<(), String> {
    let invalid = |subject: &str| Err(format!("subject {subject:?} is not a valid subject"));
    if is_valid_pattern(subject.as_bytes()) {
        return Ok(());
    }
    let parts: Vec<&str> = subject.split_whitespace().collect();
    match parts.as_slice() {
        [name, queue] if with_queue => {
            if !is_valid_pattern(name.as_bytes()) {
                return invalid(name);
            }
            if !is_valid_pattern(queue.as_bytes()) {
                return Err(format!("queue {queue:?} is not a valid queue"));
            }
            Ok(())
        }
        _ => invalid(subject),
    }
}

/// `true`, `false`, or a map.
fn responses(context: &mut Context, value: &Value) -> Result<Option<ResponsePermission>, Diagnostic> {
    let map = match &value.data {
        Data::Bool(on) => return Ok(on.then_some(ResponsePermission::DEFAULT)),
        Data::Map(map) => map,
        _ => {
            return refuse(
                value,
                "error parsing response permissions, expected a boolean or a map",
            );
        }
    };
    let mut permission = ResponsePermission::DEFAULT;
    context.each(map, |_, key, value| {
        match key.to_lowercase().as_str() {
            "max" | "max_msgs" | "max_messages" | "max_responses" => match integer(value)? {
                0 => {}
                n => permission.max = u32::try_from(n).ok(),
            },
            "expires" | "expiration" | "ttl" => expires(&mut permission.expires, value)?,
            _ => return unknown_as(value, format!("Unknown field {key:?} parsing permissions")),
        }
        Ok(())
    });
    Ok(Some(permission))
}

/// What is below 0 never expires; 0 means the default.
fn expires(expires: &mut Option<Duration>, value: &Value) -> Result<(), Diagnostic> {
    let Data::Text(text) = &value.data else {
        return refuse(value, "error parsing expires, not a duration string");
    };
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.as_str()),
    };
    let ttl = duration::parse(text).map_err(|e| at(value, format!("error parsing expires: {e}")))?;
    if !ttl.is_zero() {
        *expires = (!negative).then_some(ttl);
    }
    Ok(())
}
