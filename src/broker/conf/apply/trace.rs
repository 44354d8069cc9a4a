//! An account's `msg_trace`.

use super::context::{Context, at, refuse, unknown_as};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::TraceDestination;
use crate::broker::conf::value::{Data, Value};
use crate::proto::subject::is_valid_literal;

/// A subject, or a map of subject and sampling.
pub(super) fn read(
    context: &mut Context,
    field: &str,
    value: &Value,
) -> Result<Option<TraceDestination>, Diagnostic> {
    let map = match &value.data {
        Data::Text(_) => {
            return Ok(Some(TraceDestination {
                subject: destination(field, value)?,
                sampling: 100,
            }));
        }
        Data::Map(map) => map,
        other => {
            let found = other.go_type();
            return refuse(
                value,
                format!(
                    "Expected account message trace {field:?} to be a string or a map/struct, got {found}"
                ),
            );
        }
    };
    let (mut subject, mut sampling) = (None, None);
    for (key, value) in map.iter() {
        match key.to_lowercase().as_str() {
            "dest" => subject = Some(destination(key, value)?),
            "sampling" => sampling = Some(per_cent(key, value)?),
            _ => unknown_as(
                value,
                format!("Unknown field {key:?} parsing account message trace map/struct {field:?}"),
            )?,
        }
    }
    if subject.is_none() && sampling.is_some() {
        context.warnings.push(at(
            value,
            "Trace destination sampling ignored since no destination was set",
        ));
    }
    Ok(subject.map(|subject| TraceDestination {
        subject,
        sampling: sampling.unwrap_or(100),
    }))
}

fn destination(field: &str, value: &Value) -> Result<String, Diagnostic> {
    match &value.data {
        Data::Text(subject) if is_valid_literal(subject.as_bytes()) => Ok(subject.clone()),
        Data::Text(subject) => refuse(value, format!("Trace destination {subject:?} is not valid")),
        other => refuse(
            value,
            format!("Field {field:?} should be a string, got {}", other.go_type()),
        ),
    }
}

fn per_cent(field: &str, value: &Value) -> Result<u8, Diagnostic> {
    let number = match &value.data {
        Data::Integer(n) => *n,
        Data::Text(text) => {
            let invalid = || {
                at(
                    value,
                    format!("Invalid trace destination sampling value {text:?}"),
                )
            };
            text.strip_suffix('%')
                .unwrap_or(text)
                .parse()
                .map_err(|_| invalid())?
        }
        other => {
            let found = other.go_type();
            return refuse(
                value,
                format!(
                    "Trace destination sampling field {field:?} should be an integer or a percentage, got {found}"
                ),
            );
        }
    };
    match u8::try_from(number) {
        Ok(n @ 1..=100) => Ok(n),
        // The doubled letter is the original's.
        _ => refuse(
            value,
            format!("Ttrace destination sampling value {number} is invalid, needs to be [1..100]"),
        ),
    }
}
