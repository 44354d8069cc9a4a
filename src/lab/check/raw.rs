//! Takes the mapping of a check apart, a key at a time; what is left in the end is unknown.

use std::time::Duration;

use serde_json::{Map, Value};

use super::kind::Field;
use crate::lab::compare::Expected;
use crate::util::duration;

pub(super) struct Raw(Map<String, Value>);

impl Raw {
    pub(super) fn of(value: Value) -> Result<Raw, String> {
        match value {
            Value::Object(map) => Ok(Raw(map)),
            _ => Err("a check must be a mapping".to_owned()),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key)
    }

    /// Takes in the keys of another mapping.
    pub(super) fn extend(&mut self, inner: Map<String, Value>) {
        self.0.extend(inner);
    }

    /// A key that nobody took.
    pub(super) fn left(&self) -> Option<&String> {
        self.0.keys().next()
    }

    pub(super) fn text(&mut self, key: &str) -> Result<String, String> {
        self.optional_text(key).ok_or_else(|| format!("no {key}"))
    }

    pub(super) fn optional_text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> Result<Option<bool>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(format!("{key} must be true or false")),
        }
    }

    pub(super) fn count(&mut self, key: &str, otherwise: u64) -> Result<u64, String> {
        match self.take(key) {
            None => Ok(otherwise),
            Some(value) => value.as_u64().ok_or_else(|| format!("{key} must be a number")),
        }
    }

    /// A time as Go writes it, such as `2s`.
    pub(super) fn time(&mut self, key: &str) -> Result<Option<Duration>, String> {
        self.optional_text(key)
            .map(|text| duration::parse(&text).map_err(|_| format!("{key} must be a time such as 2s")))
            .transpose()
    }

    pub(super) fn list(&mut self, key: &str) -> Result<Vec<String>, String> {
        let Some(value) = self.take(key) else {
            return Ok(Vec::new());
        };
        serde_json::from_value(value).map_err(|_| format!("{key} must be a list of texts"))
    }

    pub(super) fn expected(&mut self, key: &str) -> Result<Option<Expected>, String> {
        self.take(key).map(|value| Expected::parse(&value)).transpose()
    }

    pub(super) fn expected_or(&mut self, key: &str, otherwise: &str) -> Result<Expected, String> {
        match self.expected(key)? {
            Some(expected) => Ok(expected),
            None => Expected::parse(&otherwise.into()),
        }
    }

    pub(super) fn header(&mut self) -> Result<Option<(String, Expected)>, String> {
        let Some(value) = self.take("header") else {
            return Ok(None);
        };
        let pair = value.as_object().and_then(|map| map.iter().next());
        let (name, expected) = pair.ok_or("header must be {Name: expected}")?;
        Ok(Some((name.clone(), Expected::parse(expected)?)))
    }

    /// Everything that is left.
    pub(super) fn fields(&mut self) -> Result<Vec<Field>, String> {
        let field =
            |(name, value): (String, Value)| Expected::parse(&value).map(|expected| Field { name, expected });
        std::mem::take(&mut self.0).into_iter().map(field).collect()
    }
}
