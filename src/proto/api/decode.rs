//! Reading JSON as Go's `encoding/json` reads it into a struct.
//!
//! Keys match in any case, of duplicate keys the last one wins, `null` leaves a field as it was,
//! and an unknown key is an error or not as the caller says (nats-server: an error in API requests since
//! 2.12, nowhere else). The types read must be `#[serde(default)]`, as every Go struct is.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde_json::{Map, Value};

use super::mismatch::{self, Mismatch};
use crate::util::time::Timestamp;

/// What to do with a key that the type does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// An error, as in API requests.
    Refuse,
    /// Nothing, as in pull requests and CONNECT.
    Ignore,
}

/// Why a text could not be read, in Go's words where clients or people know them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// In these words.
    #[error("{0}")]
    Said(String),
    /// A value is not of the type that its field has.
    #[error("json: cannot unmarshal {0}")]
    Mismatch(Box<Mismatch>),
}

impl serde::de::Error for DecodeError {
    fn custom<T: std::fmt::Display>(text: T) -> DecodeError {
        DecodeError::Said(text.to_string())
    }

    fn invalid_type(found: Unexpected, wanted: &dyn Expected) -> DecodeError {
        let wanted = wanted.to_string();
        if wanted == Timestamp::EXPECTED {
            return DecodeError::Said("Time.UnmarshalJSON: input is not a JSON string".to_owned());
        }
        DecodeError::Mismatch(Box::new(Mismatch::new(mismatch::kind(&found), wanted)))
    }

    fn invalid_value(found: Unexpected, wanted: &dyn Expected) -> DecodeError {
        let number = match found {
            Unexpected::Unsigned(n) => format!("number {n}"),
            Unexpected::Signed(n) => format!("number {n}"),
            other => mismatch::kind(&other).to_owned(),
        };
        DecodeError::Mismatch(Box::new(Mismatch::new(&number, wanted.to_string())))
    }

    fn unknown_variant(variant: &str, _: &'static [&'static str]) -> DecodeError {
        DecodeError::Said(format!("can not unmarshal {:?}", format!("{variant:?}")))
    }
}

impl DecodeError {
    /// The error of a value that is this field of this Go struct.
    pub fn within(mut self, owner: &str, field: &str) -> DecodeError {
        if let DecodeError::Mismatch(mismatch) = &mut self {
            mismatch.within(owner, field);
        }
        self
    }

    /// The error of a Go struct that is a part of another without a name of its own.
    pub fn embedded(mut self, inner: &str, outer: &str) -> DecodeError {
        if let DecodeError::Mismatch(mismatch) = &mut self {
            mismatch.embedded(inner, outer);
        }
        self
    }
}

/// Where a text stops being JSON. API requests, which know no unknown keys, tell the offset, counted from 1;
/// elsewhere Go tells what it looked for.
fn syntax_error(text: &[u8], error: &serde_json::Error, unknown: Unknown) -> String {
    if error.is_eof() {
        return match unknown {
            Unknown::Refuse => "unexpected EOF".to_owned(),
            Unknown::Ignore => "unexpected end of JSON input".to_owned(),
        };
    }
    let before: usize = text
        .split_inclusive(|b| *b == b'\n')
        .take(error.line() - 1)
        .map(<[u8]>::len)
        .sum();
    let offset = before + error.column();
    let at = text.get(offset.saturating_sub(1)).copied().unwrap_or(b' ');
    let at = char::from(at);
    let literal = broken_literal(text, offset);
    if unknown == Unknown::Refuse {
        let literal = literal.map_or_else(String::new, |literal| format!(" {literal}"));
        return format!("invalid character {at:?}{literal} at offset {offset}");
    }
    if let Some(literal) = literal {
        return format!("invalid character {at:?} {literal}");
    }
    let said = error.to_string();
    let looked_for = [
        ("trailing characters", "after top-level value"),
        (
            "key must be a string",
            "looking for beginning of object key string",
        ),
        ("expected `:`", "after object key"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
    ]
    .into_iter()
    .find(|(ours, _)| said.starts_with(ours))
    .map_or("looking for beginning of value", |(_, go)| go);
    format!("invalid character {at:?} {looked_for}")
}

/// What the character at this offset, counted from 1, should have been, if it breaks one of JSON's three words.
fn broken_literal(text: &[u8], offset: usize) -> Option<String> {
    let before = text.get(..offset.checked_sub(1)?)?;
    let begun = before.iter().rev().take_while(|b| b.is_ascii_lowercase()).count();
    let begun = &before[before.len() - begun..];
    let mut words = ["null", "true", "false"].into_iter();
    let word = words.find(|word| !begun.is_empty() && word.as_bytes().starts_with(begun))?;
    let expected = char::from(*word.as_bytes().get(begun.len())?);
    Some(format!("in literal {word} (expecting {expected:?})"))
}

/// Reads a value. An empty text is an error, as in Go; who takes an empty request checks first.
pub fn decode<T: DeserializeOwned>(text: &[u8], unknown: Unknown) -> Result<T, DecodeError> {
    let value =
        serde_json::from_slice(text).map_err(|e| DecodeError::Said(syntax_error(text, &e, unknown)))?;
    decode_value(value, unknown)
}

/// Reads a value out of JSON that is already taken apart.
pub fn decode_value<T: DeserializeOwned>(value: Value, unknown: Unknown) -> Result<T, DecodeError> {
    T::deserialize(Go { value, unknown })
}

/// A text, as it stands in the JSON, that is none of an enumeration's.
fn wrong_variant(name: &str, text: &str) -> DecodeError {
    DecodeError::Said(match name {
        "PriorityPolicy" => format!("unknown priority policy: {text}"),
        "ConsumerAction" => format!("unknown consumer action: {text}"),
        "Compression" if text.starts_with('"') => "unknown compression algorithm".to_owned(),
        _ => format!("can not unmarshal {text:?}"),
    })
}

struct Go {
    value: Value,
    unknown: Unknown,
}

impl<'de> Deserializer<'de> for Go {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let unknown = self.unknown;
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(b),
            Value::String(s) => visitor.visit_string(s),
            Value::Number(n) => match (n.as_u64(), n.as_i64(), n.as_f64()) {
                (Some(u), _, _) => visitor.visit_u64(u),
                (_, Some(i), _) => visitor.visit_i64(i),
                (_, _, f) => visitor.visit_f64(f.unwrap_or(f64::NAN)).map_err(|mut error| {
                    // Go says of a number without a place in the type what it was.
                    if let DecodeError::Mismatch(mismatch) = &mut error {
                        mismatch.found_number(&n);
                    }
                    error
                }),
            },
            Value::Array(items) => visitor.visit_seq(Items {
                items: items.into_iter(),
                unknown,
            }),
            Value::Object(fields) => visitor.visit_map(Fields::new(fields, unknown)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.value.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let read: Result<_, DecodeError> = visitor.visit_newtype_struct(self);
        read.map_err(|mut error| {
            if let DecodeError::Mismatch(mismatch) = &mut error {
                mismatch.of_newtype(name);
            }
            error
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::String(s) => {
                let read: Result<_, DecodeError> = visitor.visit_enum(s.as_str().into_deserializer());
                read.map_err(|_| wrong_variant(name, &format!("{s:?}")))
            }
            other => Err(wrong_variant(name, &other.to_string())),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let given = match self.value {
            Value::Object(given) => given,
            Value::Null => Map::new(),
            // A derived type would take a list of its fields, which Go does not.
            other => return Err(DecodeError::Mismatch(Box::new(Mismatch::of_struct(name, &other)))),
        };
        let mut fields = Map::new();
        for (key, value) in given {
            match known.iter().find(|k| k.eq_ignore_ascii_case(&key)) {
                Some(_) if value.is_null() => {}
                Some(known) => drop(fields.insert((*known).to_owned(), value)),
                None if self.unknown == Unknown::Refuse => {
                    return Err(DecodeError::Said(format!("json: unknown field {key:?}")));
                }
                None => {}
            }
        }
        visitor.visit_map(Fields {
            owner: Some(name),
            ..Fields::new(fields, self.unknown)
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items {
    items: std::vec::IntoIter<Value>,
    unknown: Unknown,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let unknown = self.unknown;
        self.items
            .next()
            .map(|value| seed.deserialize(Go { value, unknown }))
            .transpose()
    }
}

struct Fields {
    /// The struct whose fields they are; none for a map's keys.
    owner: Option<&'static str>,
    fields: serde_json::map::IntoIter,
    key: String,
    value: Value,
    unknown: Unknown,
}

impl Fields {
    fn new(fields: Map<String, Value>, unknown: Unknown) -> Fields {
        Fields {
            owner: None,
            fields: fields.into_iter(),
            key: String::new(),
            value: Value::Null,
            unknown,
        }
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.fields.next() else {
            return Ok(None);
        };
        (self.key, self.value) = (key, value);
        seed.deserialize(StrDeserializer::new(&self.key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let value = self.value.take();
        let unknown = self.unknown;
        let read = seed.deserialize(Go { value, unknown });
        read.map_err(|error: DecodeError| match self.owner {
            Some(owner) => error.within(owner, &self.key),
            None => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Default, serde::Deserialize)]
    #[serde(default)]
    struct Sample {
        name: String,
        max_msgs: i64,
        inner: Option<Box<Sample>>,
        list: Vec<Sample>,
    }

    fn read(text: &str) -> Result<Sample, String> {
        decode(text.as_bytes(), Unknown::Refuse).map_err(|e| e.to_string())
    }

    #[test]
    fn keys_in_any_case_last_wins_null_is_nothing() {
        let value = read(r#"{"NAME":"a","Name":"b","max_msgs":null,"inner":{"Max_Msgs":-3}}"#).unwrap();
        assert_eq!(value.max_msgs, 0);
        assert_eq!(value.name, "b");
        assert_eq!(value.inner.unwrap().max_msgs, -3);
        assert_eq!(read(r#"{"max_msgs":1,"max_msgs":2}"#).unwrap().max_msgs, 2);
    }

    #[test]
    fn errors_in_gos_words() {
        for (text, error) in [
            (r#"{"x":1}"#, r#"json: unknown field "x""#),
            (r#"{"list":[{"y":1}]}"#, r#"json: unknown field "y""#),
            ("", "unexpected EOF"),
            (r#"{"name":"#, "unexpected EOF"),
        ] {
            assert_eq!(read(text).unwrap_err(), error, "{text}");
        }
        assert!(
            read(r#"{"name":1}"#)
                .unwrap_err()
                .starts_with("json: cannot unmarshal number")
        );
        assert!(decode::<Sample>(br#"{"x":1}"#, Unknown::Ignore).is_ok());
        for (text, error) in [
            ("{", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("{}x", "invalid character 'x' after top-level value"),
            ("nope", "invalid character 'o' in literal null (expecting 'u')"),
            ("[falsy", "invalid character 'y' in literal false (expecting 'e')"),
            (
                "{x",
                "invalid character 'x' looking for beginning of object key string",
            ),
        ] {
            let said = decode::<Sample>(text.as_bytes(), Unknown::Ignore).unwrap_err();
            assert_eq!(said.to_string(), error, "{text}");
        }
    }
}
