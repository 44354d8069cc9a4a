//! The flags of `nats stream add` and `edit`, and the configuration that they describe.
//!
//! Only what was given is written, so the same flags make a new configuration and change an old one.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

use super::super::typed::{object_of, parse_bytes, parse_duration, parse_pair, split_subjects};

#[derive(Debug, Default, clap::Args)]
pub(super) struct ConfigFlags {
    /// Subjects that are consumed by the stream
    #[arg(long)]
    pub subjects: Vec<String>,
    /// Sets a contextual description for the stream
    #[arg(long)]
    description: Option<String>,
    /// Compression algorithm to use (file storage only)
    #[arg(long, value_parser = ["none", "s2"])]
    compression: Option<String>,
    /// When clustered, how many replicas of the data to create
    #[arg(long)]
    pub replicas: Option<String>,
    /// Place the stream on servers that has specific tags (pass multiple times)
    #[arg(long = "tag", alias = "tags")]
    tags: Vec<String>,
    /// Place the stream on a specific cluster
    #[arg(long)]
    cluster: Option<String>,
    /// Acknowledge publishes (--no-ack turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    ack: Option<bool>,
    /// Defines a retention policy
    #[arg(long, value_parser = ["limits", "interest", "workq", "work"])]
    pub retention: Option<String>,
    /// Defines the discard policy
    #[arg(long, value_parser = ["new", "old"])]
    pub discard: Option<String>,
    /// Sets the 'new' discard policy and applies it to every subject in the stream
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    discard_per_subject: Option<bool>,
    /// Maximum age of messages to keep
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub max_age: Option<String>,
    /// Maximum bytes to keep
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true)]
    pub max_bytes: Option<String>,
    /// Maximum number of consumers to allow
    #[arg(long, allow_hyphen_values = true)]
    max_consumers: Option<i64>,
    /// Maximum size any 1 message may be
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true)]
    pub max_msg_size: Option<String>,
    /// Maximum amount of messages to keep
    #[arg(long, allow_hyphen_values = true)]
    pub max_msgs: Option<String>,
    /// Maximum amount of messages to keep per subject
    #[arg(long, allow_hyphen_values = true)]
    pub max_msgs_per_subject: Option<String>,
    /// Duration of the duplicate message tracking window
    #[arg(long, value_name = "DURATION")]
    pub dupe_window: Option<String>,
    /// Completely mirror another stream: its name, or JSON
    #[arg(long)]
    pub mirror: Option<String>,
    /// Source data from other streams, merging into this one: names, or JSON
    #[arg(long = "source", value_name = "STREAM")]
    pub sources: Vec<String>,
    /// Allow atomic batch publishing
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_batch: Option<bool>,
    /// Allow fast batch publishing
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_fast: Option<bool>,
    /// Configures the stream as a distributed counter
    #[arg(long)]
    allow_counter: bool,
    /// Allows roll-ups to be done by publishing messages with special headers
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_rollup: Option<bool>,
    /// Deny messages from being deleted via the API
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    deny_delete: Option<bool>,
    /// Deny entire stream or subject purges via the API
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    deny_purge: Option<bool>,
    /// Allows fast, direct, access to stream data via the direct get API
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_direct: Option<bool>,
    /// Allows fast, direct, access to stream data via the direct get API on mirrors
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_mirror_direct: Option<bool>,
    /// Allows per-message TTL handling
    #[arg(long)]
    allow_msg_ttl: bool,
    /// Allows message schedules
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_schedules: Option<bool>,
    /// How long delete markers should persist in the stream
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    subject_del_markers_ttl: Option<Duration>,
    /// Stream subject transform source
    #[arg(long, value_name = "SOURCE", requires = "transform_destination")]
    transform_source: Option<String>,
    /// Stream subject transform destination
    #[arg(long, value_name = "DEST")]
    transform_destination: Option<String>,
    /// Adds metadata to the stream
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    metadata: Vec<(String, String)>,
    /// Republish messages to --republish-destination
    #[arg(long, value_name = "SOURCE", requires = "republish_destination")]
    republish_source: Option<String>,
    /// Republish destination for messages in --republish-source
    #[arg(long, value_name = "DEST")]
    republish_destination: Option<String>,
    /// Republish only message headers, no bodies
    #[arg(long)]
    republish_headers: bool,
}

impl ConfigFlags {
    /// Writes what was given into a configuration.
    pub fn apply(&self, config: &mut Map<String, Value>) -> anyhow::Result<()> {
        let mut set = |field: &str, value: Option<Value>| {
            if let Some(value) = value {
                config.insert(field.to_owned(), value);
            }
        };
        let subjects = split_subjects(&self.subjects);
        set("subjects", (!subjects.is_empty()).then(|| json!(subjects)));
        set("description", self.description.clone().map(Value::from));
        set("compression", self.compression.clone().map(Value::from));
        set("retention", self.retention.as_deref().map(retention));
        set("discard", self.discard.clone().map(Value::from));
        set(
            "discard_new_per_subject",
            self.discard_per_subject.map(Value::from),
        );
        set("no_ack", self.ack.map(|ack| (!ack).into()));
        set("max_consumers", self.max_consumers.map(Value::from));
        set("num_replicas", number("--replicas", &self.replicas)?);
        set("max_msgs", number("--max-msgs", &self.max_msgs)?.map(unlimited));
        set(
            "max_msgs_per_subject",
            number("--max-msgs-per-subject", &self.max_msgs_per_subject)?.map(unlimited),
        );
        set("max_bytes", size("--max-bytes", &self.max_bytes)?.map(unlimited));
        set(
            "max_msg_size",
            size("--max-msg-size", &self.max_msg_size)?.map(unlimited),
        );
        set("max_age", span("--max-age", &self.max_age)?);
        set("duplicate_window", span("--dupe-window", &self.dupe_window)?);
        set("allow_atomic", self.allow_batch.map(Value::from));
        set("allow_batched", self.allow_fast.map(Value::from));
        set("allow_msg_counter", self.allow_counter.then_some(true.into()));
        set("allow_rollup_hdrs", self.allow_rollup.map(Value::from));
        set("deny_delete", self.deny_delete.map(Value::from));
        set("deny_purge", self.deny_purge.map(Value::from));
        set("allow_direct", self.allow_direct.map(Value::from));
        set("mirror_direct", self.allow_mirror_direct.map(Value::from));
        set("allow_msg_ttl", self.allow_msg_ttl.then_some(true.into()));
        set("allow_msg_schedules", self.allow_schedules.map(Value::from));
        set(
            "subject_delete_marker_ttl",
            self.subject_del_markers_ttl.map(nanos),
        );
        set("mirror", self.mirror.as_deref().map(source).transpose()?);
        set("sources", self.sources()?);
        set("placement", self.placement());
        set("metadata", object_of(&self.metadata));
        set("subject_transform", self.transform());
        set("republish", self.republish());
        Ok(())
    }

    fn sources(&self) -> anyhow::Result<Option<Value>> {
        if self.sources.is_empty() {
            return Ok(None);
        }
        let sources: Vec<Value> = self
            .sources
            .iter()
            .map(|text| source(text))
            .collect::<Result<_, _>>()?;
        Ok(Some(sources.into()))
    }

    fn placement(&self) -> Option<Value> {
        if self.cluster.is_none() && self.tags.is_empty() {
            return None;
        }
        let cluster = self.cluster.as_deref().unwrap_or("");
        Some(json!({ "cluster": cluster, "tags": self.tags }))
    }

    fn transform(&self) -> Option<Value> {
        let destination = self.transform_destination.as_ref()?;
        Some(json!({ "src": self.transform_source.as_deref().unwrap_or(""), "dest": destination }))
    }

    fn republish(&self) -> Option<Value> {
        let destination = self.republish_destination.as_ref()?;
        let source = self.republish_source.as_deref().unwrap_or("");
        Some(json!({ "src": source, "dest": destination, "headers_only": self.republish_headers }))
    }
}

fn retention(word: &str) -> Value {
    match word {
        "work" | "workq" => "workqueue".into(),
        other => other.into(),
    }
}

fn number(flag: &str, given: &Option<String>) -> anyhow::Result<Option<Value>> {
    let parse = |text: &String| text.trim().parse::<i64>().map(Value::from);
    given
        .as_ref()
        .map(parse)
        .transpose()
        .with_context(|| format!("{flag} must be a whole number"))
}

fn size(flag: &str, given: &Option<String>) -> anyhow::Result<Option<Value>> {
    let parsed = given.as_deref().map(parse_bytes).transpose();
    Ok(parsed
        .map_err(|e| anyhow::anyhow!("{flag}: {e}"))?
        .map(Value::from))
}

fn span(flag: &str, given: &Option<String>) -> anyhow::Result<Option<Value>> {
    match given.as_deref() {
        Some("-1") => Ok(Some(0.into())),
        Some(text) => match parse_duration(text) {
            Ok(duration) => Ok(Some(nanos(duration))),
            Err(error) => bail!("{flag}: {error}"),
        },
        None => Ok(None),
    }
}

/// 0 is "no limit" on the command line, and -1 is in a configuration.
fn unlimited(value: Value) -> Value {
    if value.as_i64().is_some_and(|number| number <= 0) {
        (-1).into()
    } else {
        value
    }
}

/// The API takes durations as whole nanoseconds.
pub(in super::super) fn nanos(duration: Duration) -> Value {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).into()
}

/// Another stream, by name or as JSON.
fn source(text: &str) -> anyhow::Result<Value> {
    if !text.trim_start().starts_with('{') {
        return Ok(json!({ "name": text }));
    }
    let source: Value = serde_json::from_str(text).context("invalid source")?;
    if source["name"].as_str().is_none_or(str::is_empty) {
        bail!("invalid source: name is required");
    }
    Ok(source)
}

/// A configuration from a file, which may also hold what `stream info --json` gives.
pub(in super::super) fn load(path: &std::path::Path) -> anyhow::Result<Map<String, Value>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let mut value: Value = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    if value.get("config").is_some() {
        value = value["config"].take();
    }
    let Value::Object(mut config) = value else {
        bail!("{}: not a configuration", path.display());
    };
    if let Some(Value::Object(metadata)) = config.get_mut("metadata") {
        metadata.retain(|key, _| !key.starts_with("_nats."));
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        flags: ConfigFlags,
    }

    fn configured(line: &str) -> anyhow::Result<Value> {
        let flags = Typed::try_parse_from(format!("x {line}").split_whitespace())?.flags;
        let mut config = Map::new();
        flags.apply(&mut config)?;
        Ok(config.into())
    }

    #[test]
    fn only_what_is_given_is_written() {
        for (line, expected) in [
            ("", json!({})),
            (
                "--subjects a,b --subjects c",
                json!({"subjects": ["a", "b", "c"]}),
            ),
            (
                "--retention work --discard new",
                json!({"retention": "workqueue", "discard": "new"}),
            ),
            (
                "--max-age 1h --dupe-window 30s",
                json!({"max_age": 3_600_000_000_000_u64, "duplicate_window": 30_000_000_000_u64}),
            ),
            (
                "--max-age -1 --max-msgs -1 --max-bytes 0",
                json!({"max_age": 0, "max_msgs": -1, "max_bytes": -1}),
            ),
            (
                "--max-bytes 1GB --max-msg-size 64K",
                json!({"max_bytes": 1 << 30, "max_msg_size": 65536}),
            ),
            (
                "--allow-direct=false --deny-purge --ack=false",
                json!({"allow_direct": false, "deny_purge": true, "no_ack": true}),
            ),
            (
                "--metadata a=b --metadata c:d",
                json!({"metadata": {"a": "b", "c": "d"}}),
            ),
            ("--mirror ORDERS", json!({"mirror": {"name": "ORDERS"}})),
            (
                r#"--source {"name":"A","filter_subject":"x"}"#,
                json!({"sources": [{"name": "A", "filter_subject": "x"}]}),
            ),
            (
                "--republish-source a --republish-destination b",
                json!({"republish": {"src": "a", "dest": "b", "headers_only": false}}),
            ),
        ] {
            assert_eq!(configured(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn nonsense_is_refused_by_flag() {
        for (line, flag) in [
            ("--max-msgs many", "--max-msgs"),
            ("--max-age soon", "--max-age"),
            ("--max-bytes 5X", "--max-bytes"),
            ("--retention forever", "--retention"),
            ("--source {}", "source"),
            ("--republish-source a", "republish"),
        ] {
            let error = configured(line).unwrap_err().to_string();
            assert!(error.contains(flag), "{line}: {error}");
        }
    }
}
