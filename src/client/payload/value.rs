//! A decoded payload as a tree, whatever it was written in: JSON, MessagePack or CBOR.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::neutralise;

/// How deep a payload may be nested.
pub const DEPTH_MAX: usize = 64;
/// Values that one payload may hold; one with more is shown as bytes.
pub const VALUES_MAX: usize = 100_000;

/// A value. Maps keep the order of their keys, and doubled ones.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
    /// Values in a row.
    List(Vec<Value>),
    /// Values by key.
    Map(Vec<(String, Value)>),
    /// A value with a mark of what it means: CBOR's tags and MessagePack's extensions.
    Marked(String, Box<Value>),
}

/// Why bytes are not what they were taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They end too early.
    #[error("it ends too early")]
    Short,
    /// There is something behind the value.
    #[error("there is more behind the value")]
    Trailing,
    /// A byte that means nothing there.
    #[error("byte {0:#04x} means nothing there")]
    Byte(u8),
    /// A text that is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// Nested deeper than [`DEPTH_MAX`], or more than [`VALUES_MAX`] values.
    #[error("too deep or too large")]
    Large,
}

impl Value {
    /// Reads JSON.
    pub fn of_json(bytes: &[u8]) -> Option<Value> {
        serde_json::from_slice(bytes).ok()
    }

    /// The value at a path of keys and places, such as `["readings", "0", "temp"]`.
    pub fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Value> {
        let mut value = self;
        for step in path {
            value = match value {
                Value::Map(pairs) => &pairs.iter().rev().find(|(key, _)| key == step)?.1,
                Value::List(items) => items.get(step.parse::<usize>().ok()?)?,
                Value::Marked(_, inner) => inner.at([step])?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// The number that the value is, or spells.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(text) | Value::Text(text) => super::number(text.as_bytes()),
            Value::Marked(_, inner) => inner.number(),
            _ => None,
        }
    }

    /// Values below, where there can be any.
    pub fn children(&self) -> usize {
        match self {
            Value::List(items) => items.len(),
            Value::Map(pairs) => pairs.len(),
            Value::Marked(_, inner) => inner.children(),
            _ => 0,
        }
    }

    /// The value on one line, with everything visible that a terminal would obey.
    pub fn line(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(truth) => truth.to_string(),
            Value::Number(text) => text.clone(),
            Value::Text(text) => format!("\"{}\"", neutralise(text)),
            Value::Bytes(bytes) => hex(bytes),
            Value::List(items) => format!("[{}]", items.len()),
            Value::Map(pairs) => format!("{{{}}}", pairs.len()),
            Value::Marked(mark, inner) => format!("{mark}({})", inner.line()),
        }
    }
}

/// The beginning of some bytes.
fn hex(bytes: &[u8]) -> String {
    const SHOWN_MAX: usize = 32;
    let mut text = String::from("h'");
    text.extend(bytes.iter().take(SHOWN_MAX).map(|byte| format!("{byte:02x}")));
    text += if bytes.len() > SHOWN_MAX { "…'" } else { "'" };
    text
}

/// A row of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeRow {
    /// Where it lies: `.readings[0].temp`.
    pub path: String,
    /// How deep, from 0.
    pub depth: usize,
    /// Key or place; empty for the root.
    pub name: String,
    /// The value on one line.
    pub line: String,
    /// Whether there is anything below.
    pub has_children: bool,
}

/// The rows of a tree, without what is below the paths that `is_closed` names; no more than `rows_max`.
pub fn tree_rows(value: &Value, is_closed: &dyn Fn(&str) -> bool, rows_max: usize) -> Vec<TreeRow> {
    let mut rows = Vec::new();
    push_rows(value, "", String::new(), 0, is_closed, rows_max, &mut rows);
    rows
}

fn push_rows(
    value: &Value,
    name: &str,
    path: String,
    depth: usize,
    is_closed: &dyn Fn(&str) -> bool,
    rows_max: usize,
    rows: &mut Vec<TreeRow>,
) {
    if rows.len() >= rows_max {
        return;
    }
    rows.push(TreeRow {
        path: path.clone(),
        depth,
        name: neutralise(name).into_owned(),
        line: value.line(),
        has_children: value.children() > 0,
    });
    if is_closed(&path) {
        return;
    }
    let inner = match value {
        Value::Marked(_, inner) => inner,
        other => other,
    };
    match inner {
        Value::List(items) => {
            for (place, item) in items.iter().enumerate() {
                let below = format!("{path}[{place}]");
                push_rows(
                    item,
                    &place.to_string(),
                    below,
                    depth + 1,
                    is_closed,
                    rows_max,
                    rows,
                );
            }
        }
        Value::Map(pairs) => {
            for (key, item) in pairs {
                let below = format!("{path}.{key}");
                push_rows(item, key, below, depth + 1, is_closed, rows_max, rows);
            }
        }
        _ => {}
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(pair) = pairs.next_entry()? {
            map.push(pair);
        }
        Ok(Value::Map(map))
    }
}

/// Bytes that are read from the front, within the limits of a payload.
pub(super) struct Input<'a> {
    rest: &'a [u8],
    values: usize,
}

impl<'a> Input<'a> {
    /// Reads the whole of `bytes` with `read`.
    pub fn whole(
        bytes: &'a [u8],
        read: impl FnOnce(&mut Input<'a>) -> Result<Value, DecodeError>,
    ) -> Result<Value, DecodeError> {
        let mut input = Input {
            rest: bytes,
            values: 0,
        };
        let value = read(&mut input)?;
        match input.rest.is_empty() {
            true => Ok(value),
            false => Err(DecodeError::Trailing),
        }
    }

    /// Counts a value that begins at this depth.
    pub fn begin(&mut self, depth: usize) -> Result<u8, DecodeError> {
        self.values += 1;
        if depth > DEPTH_MAX || self.values > VALUES_MAX {
            return Err(DecodeError::Large);
        }
        Ok(self.take(1)?[0])
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(DecodeError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next byte, which stays.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// A whole number of `count` bytes, the highest first.
    pub fn unsigned(&mut self, count: usize) -> Result<u64, DecodeError> {
        let bytes = self.take(count)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A text of so many bytes.
    pub fn text(&mut self, count: usize) -> Result<String, DecodeError> {
        let bytes = self.take(count)?;
        let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::Text)?;
        Ok(text.to_owned())
    }

    /// A length that at least as many bytes must follow, so that a lie costs no memory.
    pub fn length(&self, length: u64) -> Result<usize, DecodeError> {
        let length = usize::try_from(length).map_err(|_| DecodeError::Short)?;
        match length <= self.rest.len() {
            true => Ok(length),
            false => Err(DecodeError::Short),
        }
    }
}

/// A key as it is shown: a text is itself.
pub(super) fn key_text(key: Value) -> String {
    match key {
        Value::Text(text) => text,
        other => other.line(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_paths_and_closes() {
        let value = Value::of_json(br#"{"b":[1,{"x":null}],"a":"\u001b[2J","b":true}"#).unwrap();
        let all: Vec<String> = tree_rows(&value, &|_| false, 99)
            .into_iter()
            .map(|row| format!("{}={}", row.path, row.line))
            .collect();
        assert_eq!(
            all,
            [
                "={3}",
                ".b=[2]",
                ".b[0]=1",
                ".b[1]={1}",
                ".b[1].x=null",
                ".a=\"␛[2J\"",
                ".b=true"
            ]
        );
        assert_eq!(tree_rows(&value, &|path| path == ".b", 99).len(), 4);
        assert_eq!(tree_rows(&value, &|_| false, 2).len(), 2);
        assert_eq!(
            value.at(["b"]),
            Some(&Value::Bool(true)),
            "the last of two counts"
        );
        let list = Value::of_json(b"[[5]]").unwrap();
        assert_eq!(list.at(["0", "0"]).and_then(Value::number), Some(5.0));
    }
}
