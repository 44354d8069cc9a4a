//! Reading one value as the type a setting has.

use std::path::PathBuf;
use std::time::Duration;

use super::context::{Context, at, refuse};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::flags;
use crate::broker::conf::options::Secret;
use crate::broker::conf::value::{Data, Map, Value};
use crate::util::duration;

/// The original lets Go's runtime say that a type is wrong, in these words.
fn wrong_type<T>(value: &Value, expected: &str) -> Result<T, Diagnostic> {
    let found = value.data.go_type();
    refuse(
        value,
        format!("interface conversion: interface {{}} is {found}, not {expected}"),
    )
}

pub(super) fn text(value: &Value) -> Result<String, Diagnostic> {
    match &value.data {
        Data::Text(text) => Ok(text.clone()),
        _ => wrong_type(value, "string"),
    }
}

/// An empty text is taken for none.
pub(super) fn some_text(value: &Value) -> Result<Option<String>, Diagnostic> {
    text(value).map(|text| Some(text).filter(|t| !t.is_empty()))
}

pub(super) fn secret(value: &Value) -> Result<Option<Secret>, Diagnostic> {
    Ok(some_text(value)?.map(Secret::from))
}

pub(super) fn path(value: &Value) -> Result<Option<PathBuf>, Diagnostic> {
    Ok(some_text(value)?.map(PathBuf::from))
}

pub(super) fn boolean(value: &Value) -> Result<bool, Diagnostic> {
    match value.data {
        Data::Bool(on) => Ok(on),
        _ => wrong_type(value, "bool"),
    }
}

pub(super) fn integer(value: &Value) -> Result<i64, Diagnostic> {
    match value.data {
        Data::Integer(n) => Ok(n),
        _ => wrong_type(value, "int64"),
    }
}

/// A count; below 0 there is nothing to count.
pub(super) fn count<T: TryFrom<i64> + Default>(value: &Value) -> Result<T, Diagnostic> {
    let n = integer(value)?.max(0);
    T::try_from(n).map_err(|_| at(value, format!("{n} is too big")))
}

/// An upper bound; 0 and below mean that there is none.
pub(super) fn limit<T: TryFrom<i64> + Default>(value: &Value) -> Result<Option<T>, Diagnostic> {
    Ok(if integer(value)? <= 0 {
        None
    } else {
        Some(count(value)?)
    })
}

/// As [`limit`], where 0 is a bound as well.
pub(super) fn limit_from_zero<T: TryFrom<i64> + Default>(value: &Value) -> Result<Option<T>, Diagnostic> {
    Ok(if integer(value)? < 0 {
        None
    } else {
        Some(count(value)?)
    })
}

pub(super) fn map(value: &Value) -> Result<&Map, Diagnostic> {
    match &value.data {
        Data::Map(map) => Ok(map),
        _ => wrong_type(value, "map[string]interface {}"),
    }
}

/// As [`map`], with the message of a block that has one.
pub(super) fn map_or(value: &Value, message: impl FnOnce(&Data) -> String) -> Result<&Map, Diagnostic> {
    match &value.data {
        Data::Map(map) => Ok(map),
        other => refuse(value, message(other)),
    }
}

/// As [`array`], with the message of a block that has one.
pub(super) fn array_or(value: &Value, message: impl FnOnce(&Data) -> String) -> Result<&[Value], Diagnostic> {
    match &value.data {
        Data::Array(items) => Ok(items),
        other => refuse(value, message(other)),
    }
}

pub(super) fn array(value: &Value) -> Result<&[Value], Diagnostic> {
    match &value.data {
        Data::Array(items) => Ok(items),
        _ => wrong_type(value, "[]interface {}"),
    }
}

/// One text or an array of them.
pub(super) fn texts(field: &str, value: &Value) -> Result<Vec<String>, Diagnostic> {
    match &value.data {
        Data::Text(text) => Ok(vec![text.clone()]),
        Data::Array(items) => items
            .iter()
            .map(|item| match &item.data {
                Data::Text(text) => Ok(text.clone()),
                other => refuse(
                    item,
                    format!(
                        "error parsing {field}: unsupported type in array {}",
                        other.go_type()
                    ),
                ),
            })
            .collect(),
        other => refuse(
            value,
            format!("error parsing {field}: unsupported type {}", other.go_type()),
        ),
    }
}

/// A duration as text. A bare number means seconds, with a warning.
pub(super) fn duration(context: &mut Context, field: &str, value: &Value) -> Result<Duration, Diagnostic> {
    match &value.data {
        Data::Text(text) => {
            duration::parse(text).map_err(|e| at(value, format!("error parsing {field}: {e}")))
        }
        _ => {
            context.warn(field, value, format!("{field} should be converted to a duration"));
            Ok(Duration::from_secs(count(value)?))
        }
    }
}

/// A duration as text only.
pub(super) fn strict_duration(value: &Value) -> Result<Duration, Diagnostic> {
    duration::parse(&text(value)?).map_err(|e| at(value, e.to_string()))
}

/// A timeout: whole or broken seconds, or a duration. 0 means the default.
pub(super) fn timeout(block: &str, value: &Value) -> Result<Option<Duration>, Diagnostic> {
    let wrong = |why: String| at(value, format!("error parsing {block} config, 'timeout' {why}"));
    let timeout = match &value.data {
        Data::Integer(n) => Duration::from_secs((*n).try_into().unwrap_or(0)),
        Data::Float(n) => Duration::try_from_secs_f64(*n).unwrap_or_default(),
        Data::Text(text) => duration::parse(text).map_err(|e| wrong(e.to_string()))?,
        _ => return Err(wrong("wrong type".to_owned())),
    };
    Ok(Some(timeout).filter(|t| !t.is_zero()))
}

/// Says so when a login may take very long, which is mostly a forgotten unit.
pub(super) fn warn_of_long_timeout(
    context: &mut Context,
    field: &str,
    value: &Value,
    timeout: Option<Duration>,
) {
    let Some(timeout) = timeout.filter(|t| *t > Duration::from_secs(60)) else {
        return;
    };
    let reason = format!(
        "timeout of {} ({:.6} seconds) is high, consider keeping it under 60 seconds. possibly caused by \
         unquoted duration; use '1m' instead of 1m, for example",
        value.data,
        timeout.as_secs_f64()
    );
    context.warn(field, value, reason);
}

/// A size in bytes: a number, or a text that ends in K, M, G or T, in 1024s.
pub(super) fn storage_size(value: &Value) -> Result<i64, String> {
    let text = match &value.data {
        Data::Integer(n) => return Ok(*n),
        Data::Text(text) if text.is_empty() => return Ok(0),
        Data::Text(text) => text,
        _ => return Err("must be int64 or string".to_owned()),
    };
    let wrong_unit = || "sizes defined as strings must end in K, M, G, T".to_owned();
    let (at, unit) = text.char_indices().next_back().ok_or_else(wrong_unit)?;
    let number: i64 = text[..at]
        .parse()
        .map_err(|_| format!("strconv.ParseInt: parsing {:?}: invalid syntax", &text[..at]))?;
    let shift = match unit {
        'K' => 10,
        'M' => 20,
        'G' => 30,
        'T' => 40,
        _ => return Err(wrong_unit()),
    };
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| "value out of range".to_owned())
}

/// A port; 0 is none, -1 a free one.
pub(super) fn port(value: &Value) -> Result<Option<u16>, Diagnostic> {
    flags::port(integer(value)?).map_err(|e| at(value, e))
}

/// A host and a port, or a port alone.
pub(super) struct Listen {
    pub host: Option<String>,
    pub port: Option<u16>,
}

/// Reads `listen` and its kin.
pub(super) fn listen(value: &Value) -> Result<Listen, Diagnostic> {
    let address = match &value.data {
        Data::Integer(_) => {
            return Ok(Listen {
                host: None,
                port: port(value)?,
            });
        }
        Data::Text(text) => text,
        other => {
            return refuse(
                value,
                format!("expected port or host:port, got {}", other.go_type()),
            );
        }
    };
    let (host, port) = split_address(address)
        .ok_or_else(|| at(value, format!("could not parse address string {address:?}")))?;
    let number = port
        .parse()
        .map_err(|_| at(value, format!("could not parse port {port:?}")))?;
    Ok(Listen {
        host: Some(host.to_owned()).filter(|h| !h.is_empty()),
        port: flags::port(number).map_err(|e| at(value, e))?,
    })
}

/// Splits at the last colon; an IPv6 address stands in brackets.
fn split_address(address: &str) -> Option<(&str, &str)> {
    let (host, port) = address.rsplit_once(':')?;
    match host.strip_prefix('[') {
        Some(host) => Some((host.strip_suffix(']')?, port)),
        None if host.contains([':', '[', ']']) => None,
        None => Some((host, port)),
    }
}
