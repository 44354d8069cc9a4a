//! A value of the wrong type, in the words of Go's `encoding/json`, down to its structs and types.
//!
//! Clients show these texts to people, who look for them on the web. The Rust types carry the names of Go's
//! structs (`#[serde(rename = "…")]`); the types of fields follow from ours but for those listed here.

use std::fmt;

use serde::de::Unexpected;
use serde_json::{Number, Value};

/// Fields that are an `int` in Go; other signed numbers are an `int64`.
const INTS: [&str; 12] = [
    "batch",
    "chunk_size",
    "max_ack_pending",
    "max_batch",
    "max_bytes",
    "max_consumers",
    "max_deliver",
    "max_waiting",
    "num_replicas",
    "offset",
    "priority",
    "window_size",
];

/// What was found where something else is wanted, and where that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    found: String,
    wanted: String,
    /// The innermost struct.
    owner: Option<String>,
    /// The field's name behind those of the structs around it.
    path: String,
}

/// What Go calls a value.
pub(super) fn kind(found: &Unexpected) -> &'static str {
    match found {
        Unexpected::Bool(_) => "bool",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "number",
        Unexpected::Str(_) => "string",
        Unexpected::Seq => "array",
        _ => "object",
    }
}

impl Mismatch {
    pub(super) fn new(found: &str, wanted: String) -> Mismatch {
        let wanted = match wanted.as_str() {
            "a string" => "string".to_owned(),
            "a boolean" => "bool".to_owned(),
            "a sequence" => "[]string".to_owned(),
            "a map" => "map[string]string".to_owned(),
            "i32" => "int32".to_owned(),
            "i64" => "int64".to_owned(),
            "u64" => "uint64".to_owned(),
            _ => wanted,
        };
        Mismatch {
            found: found.to_owned(),
            wanted,
            owner: None,
            path: String::new(),
        }
    }

    /// A value that should have been this struct.
    pub(super) fn of_struct(name: &str, found: &Value) -> Mismatch {
        let found = match found {
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            _ => "array",
        };
        Mismatch::new(found, format!("server.{name}"))
    }

    pub(super) fn found_number(&mut self, number: &Number) {
        if self.wanted.starts_with("int") || self.wanted.starts_with("uint") {
            self.found = format!("number {number}");
        }
    }

    /// What was wanted stands for this type.
    pub(super) fn of_newtype(&mut self, name: &str) {
        if name == "Nanos" {
            self.wanted = "time.Duration".to_owned();
        }
    }

    pub(super) fn within(&mut self, owner: &str, field: &str) {
        if self.owner.is_none() {
            self.owner = Some(owner.to_owned());
            self.wanted = match (self.wanted.as_str(), field) {
                ("int64", "max_bytes") if owner == "StreamConfig" => "int64",
                ("int64", _) if INTS.contains(&field) => "int",
                ("[]string", "backoff") => "[]time.Duration",
                ("[]string", "sources") => "[]*server.StreamSource",
                ("[]string", "subject_transforms") => "[]server.SubjectTransformConfig",
                (wanted, _) => wanted,
            }
            .to_owned();
        }
        let behind = std::mem::take(&mut self.path);
        let embedded = if field == "offset" { "ApiPagedRequest." } else { "" };
        let dot = if behind.is_empty() { "" } else { "." };
        self.path = format!("{embedded}{field}{dot}{behind}");
    }

    pub(super) fn embedded(&mut self, inner: &str, outer: &str) {
        if self.path.is_empty() {
            self.wanted = format!("server.{outer}");
            return;
        }
        if self.owner.as_deref() == Some(inner) {
            self.owner = Some(outer.to_owned());
        }
        self.path = format!("{inner}.{}", self.path);
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} into Go ", self.found)?;
        match &self.owner {
            Some(owner) => write!(f, "struct field {owner}.{}", self.path)?,
            None => f.write_str("value")?,
        }
        write!(f, " of type {}", self.wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::consumer::CreateConsumerRequest;
    use super::super::stream::StreamConfig;
    use super::super::stream_request::InfoRequest;
    use super::super::{Unknown, decode};

    fn said<T: serde::de::DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        decode::<T>(text.as_bytes(), Unknown::Refuse)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_field_of_the_wrong_type() {
        for (field, words) in [
            (r#""ack_wait":"1s""#, "string # ack_wait of type time.Duration"),
            (r#""max_deliver":1.5"#, "number 1.5 # max_deliver of type int"),
            (r#""backoff":["x"]"#, "string # backoff of type time.Duration"),
            (r#""backoff":{}"#, "object # backoff of type []time.Duration"),
            (
                r#""filter_subjects":"x""#,
                "string # filter_subjects of type []string",
            ),
            (
                r#""filter_subjects":[1]"#,
                "number # filter_subjects of type string",
            ),
            (r#""metadata":[]"#, "array # metadata of type map[string]string"),
            (r#""metadata":{"a":1}"#, "number # metadata of type string"),
            (
                r#""opt_start_seq":-1"#,
                "number -1 # opt_start_seq of type uint64",
            ),
            (r#""headers_only":1"#, "number # headers_only of type bool"),
        ] {
            let words = words.replace('#', "into Go struct field ConsumerConfig.config.");
            let words = words.replace("config. ", "config.");
            assert_eq!(
                said::<CreateConsumerRequest>(&format!(r#"{{"config":{{{field}}}}}"#)),
                format!("json: cannot unmarshal {words}")
            );
        }
        assert_eq!(
            said::<CreateConsumerRequest>(r#"{"config":{"opt_start_time":5}}"#),
            "Time.UnmarshalJSON: input is not a JSON string"
        );
    }

    #[test]
    fn a_whole_struct_of_the_wrong_type() {
        for (text, words) in [
            ("[]", "array into Go value of type server.CreateConsumerRequest"),
            (
                r#"{"config":"x"}"#,
                "string into Go struct field CreateConsumerRequest.config of type server.ConsumerConfig",
            ),
        ] {
            let words = format!("json: cannot unmarshal {words}");
            assert_eq!(said::<CreateConsumerRequest>(text), words);
        }
        assert_eq!(
            said::<InfoRequest>(r#"{"offset":"x"}"#),
            "json: cannot unmarshal string into Go struct field JSApiStreamInfoRequest.ApiPagedRequest.offset of type int"
        );
    }

    #[test]
    fn a_struct_within_another_that_has_no_name() {
        for (text, words) in [
            (
                r#"{"max_bytes":"1"}"#,
                "string # StreamConfigRequest.StreamConfig.max_bytes of type int64",
            ),
            (
                r#"{"sources":[{"name":1}]}"#,
                "number # StreamSource.StreamConfig.sources.name of type string",
            ),
            (
                r#"{"mirror":{"external":{"api":1}}}"#,
                "number # ExternalStream.StreamConfig.mirror.external.api of type string",
            ),
        ] {
            let words = words.replace('#', "into Go struct field");
            let error = decode::<StreamConfig>(text.as_bytes(), Unknown::Refuse).unwrap_err();
            let said = error.embedded("StreamConfig", "StreamConfigRequest").to_string();
            assert_eq!(said, format!("json: cannot unmarshal {words}"));
        }
    }
}
