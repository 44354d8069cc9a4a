//! A stream's configuration, state and info, as JSON has them (nats-server `stream.go`).
//!
//! Field order and what is left out when empty are Go's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ApiError, Nanos, is_default};
use crate::util::time::Timestamp;

/// When a stream lets go of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retention {
    /// Only when a limit is reached.
    #[default]
    Limits,
    /// When every consumer that wants a message has acknowledged it.
    Interest,
    /// When one consumer has acknowledged it.
    WorkQueue,
}

/// What gives way at a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Discard {
    /// The oldest message.
    #[default]
    Old,
    /// The new one.
    New,
}

/// Where messages lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// On disk.
    #[default]
    File,
    /// In memory.
    Memory,
}

/// How a file store packs its blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not.
    #[default]
    None,
    /// With S2.
    S2,
}

/// Does an acknowledgement wait for the kernel?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersistMode {
    /// Yes.
    #[default]
    #[serde(alias = "")]
    Default,
    /// No: it may come before the message is safe.
    Async,
}

/// What a stream is to be. Limits are −1 for none; [`Nanos::ZERO`] means "not set".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // The names are NATS' own, and what they mean is NATS' documentation.
pub struct StreamConfig {
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    #[serde(skip_serializing_if = "is_default")]
    pub subjects: Vec<String>,
    pub retention: Retention,
    pub max_consumers: i64,
    pub max_msgs: i64,
    pub max_bytes: i64,
    pub max_age: Nanos,
    pub max_msgs_per_subject: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub max_msg_size: i32,
    pub discard: Discard,
    pub storage: Storage,
    pub num_replicas: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub no_ack: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub duplicate_window: Nanos,
    #[serde(skip_serializing_if = "is_default")]
    pub placement: Option<Placement>,
    #[serde(skip_serializing_if = "is_default")]
    pub mirror: Option<StreamSource>,
    #[serde(skip_serializing_if = "is_default")]
    pub sources: Vec<StreamSource>,
    pub compression: Compression,
    #[serde(skip_serializing_if = "is_default")]
    pub first_seq: u64,
    #[serde(skip_serializing_if = "is_default")]
    pub subject_transform: Option<SubjectTransform>,
    #[serde(skip_serializing_if = "is_default")]
    pub republish: Option<Republish>,
    pub allow_direct: bool,
    pub mirror_direct: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub discard_new_per_subject: bool,
    pub sealed: bool,
    pub deny_delete: bool,
    pub deny_purge: bool,
    pub allow_rollup_hdrs: bool,
    pub consumer_limits: ConsumerLimits,
    pub allow_msg_ttl: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub subject_delete_marker_ttl: Nanos,
    #[serde(skip_serializing_if = "is_default")]
    pub allow_msg_counter: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub allow_atomic: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub allow_msg_schedules: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub persist_mode: PersistMode,
    #[serde(skip_serializing_if = "is_default")]
    pub allow_batched: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub metadata: BTreeMap<String, String>,
}

/// Defaults and bounds for the consumers of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename = "StreamConsumerLimits")]
pub struct ConsumerLimits {
    /// Longest (and default) time an unused consumer stays.
    #[serde(skip_serializing_if = "is_default")]
    pub inactive_threshold: Nanos,
    /// Most (and default number of) unacknowledged messages.
    #[serde(skip_serializing_if = "is_default")]
    pub max_ack_pending: i64,
}

/// Rewrites subjects that match `src` into `dest`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename = "SubjectTransformConfig")]
pub struct SubjectTransform {
    /// The pattern.
    pub src: String,
    /// The form of the new subject.
    pub dest: String,
}

/// Sends every stored message on under another subject.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename = "RePublish")]
pub struct Republish {
    /// The pattern; empty for all.
    #[serde(skip_serializing_if = "is_default")]
    pub src: String,
    /// The form of the new subject.
    pub dest: String,
    /// Without the body.
    #[serde(skip_serializing_if = "is_default")]
    pub headers_only: bool,
}

/// Where a cluster is to put a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Placement {
    /// Cluster name.
    #[serde(skip_serializing_if = "is_default")]
    pub cluster: String,
    /// Tags that servers must have.
    #[serde(skip_serializing_if = "is_default")]
    pub tags: Vec<String>,
    /// Preferred server.
    #[serde(skip_serializing_if = "is_default")]
    pub preferred: String,
}

/// The stream that a mirror or source copies from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StreamSource {
    /// Its name.
    pub name: String,
    /// First sequence to copy.
    #[serde(skip_serializing_if = "is_default")]
    pub opt_start_seq: u64,
    /// First time to copy.
    #[serde(skip_serializing_if = "is_default")]
    pub opt_start_time: Option<Timestamp>,
    /// Pattern of what to copy.
    #[serde(skip_serializing_if = "is_default")]
    pub filter_subject: String,
    /// Several patterns, with new subjects.
    #[serde(skip_serializing_if = "is_default")]
    pub subject_transforms: Vec<SubjectTransform>,
    /// In another account or domain.
    #[serde(skip_serializing_if = "is_default")]
    pub external: Option<ExternalStream>,
    /// A durable consumer to copy through.
    #[serde(skip_serializing_if = "is_default")]
    pub consumer: Option<ConsumerSource>,
}

/// Prefixes of a stream outside this account or domain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalStream {
    /// Prefix of its API.
    pub api: String,
    /// Prefix of its deliveries.
    pub deliver: String,
}

/// The durable consumer that a source copies through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename = "StreamConsumerSource")]
pub struct ConsumerSource {
    /// Its name.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Where it delivers.
    #[serde(skip_serializing_if = "is_default")]
    pub deliver_subject: String,
}

/// What a stream holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StreamState {
    /// Number of messages.
    pub messages: u64,
    /// Their bytes, overhead included.
    pub bytes: u64,
    /// Sequence of the first one.
    pub first_seq: u64,
    /// Its time.
    pub first_ts: Timestamp,
    /// Last sequence given out.
    pub last_seq: u64,
    /// Time of the last message.
    pub last_ts: Timestamp,
    /// Number of subjects.
    #[serde(skip_serializing_if = "is_default")]
    pub num_subjects: u64,
    /// Messages per subject, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subjects: Option<BTreeMap<String, u64>>,
    /// Holes between first and last.
    #[serde(skip_serializing_if = "is_default")]
    pub num_deleted: u64,
    /// Their sequences, when asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub deleted: Vec<u64>,
    /// What a damaged store has lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<LostData>,
    /// Number of consumers.
    pub consumer_count: usize,
}

/// Messages that a store cannot read any more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LostData {
    /// Their sequences.
    pub msgs: Vec<u64>,
    /// Their bytes.
    pub bytes: u64,
}

/// How a mirror or source is getting on.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SourceInfo {
    /// The stream it copies from.
    pub name: String,
    /// Prefixes of a stream elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalStream>,
    /// Messages it is behind.
    pub lag: u64,
    /// Time since it last heard something; −1 for never.
    pub active: Nanos,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// Pattern of what it copies.
    #[serde(skip_serializing_if = "is_default")]
    pub filter_subject: String,
    /// Several patterns, with new subjects.
    #[serde(skip_serializing_if = "is_default")]
    pub subject_transforms: Vec<SubjectTransform>,
}

/// Where a stream or consumer runs. On a single server that is the server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ClusterInfo {
    /// Name of the server that leads.
    pub leader: String,
}

/// A stream as STREAM.INFO shows it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct StreamInfo {
    /// Its configuration with all defaults and the server's metadata.
    pub config: StreamConfig,
    /// When it was created.
    pub created: Timestamp,
    /// What it holds.
    pub state: StreamState,
    /// The JetStream domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Who leads it; only STREAM.INFO says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterInfo>,
    /// Its mirror's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<SourceInfo>,
    /// Its sources' states.
    #[serde(skip_serializing_if = "is_default")]
    pub sources: Vec<SourceInfo>,
    /// When this was gathered.
    pub ts: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::super::{Unknown, decode};
    use super::*;

    #[test]
    fn what_is_left_out_is_what_go_leaves_out() {
        let config = StreamConfig {
            name: "A".into(),
            max_msg_size: -1,
            ..StreamConfig::default()
        };
        assert_eq!(
            serde_json::to_string(&config).unwrap(),
            concat!(
                r#"{"name":"A","retention":"limits","max_consumers":0,"max_msgs":0,"max_bytes":0,"#,
                r#""max_age":0,"max_msgs_per_subject":0,"max_msg_size":-1,"discard":"old","#,
                r#""storage":"file","num_replicas":0,"compression":"none","allow_direct":false,"#,
                r#""mirror_direct":false,"sealed":false,"deny_delete":false,"deny_purge":false,"#,
                r#""allow_rollup_hdrs":false,"consumer_limits":{},"allow_msg_ttl":false}"#
            )
        );
    }

    #[test]
    fn unknown_values_are_refused_in_gos_words() {
        let error = |text: &str| {
            decode::<StreamConfig>(text.as_bytes(), Unknown::Refuse)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error(r#"{"retention":"x"}"#), r#"can not unmarshal "\"x\"""#);
        assert_eq!(error(r#"{"mirror":{"nam":"x"}}"#), r#"json: unknown field "nam""#);
        let config: StreamConfig = decode(
            br#"{"Name":"A","retention":"workqueue","persist_mode":""}"#,
            Unknown::Refuse,
        )
        .unwrap();
        assert_eq!(
            (config.name.as_str(), config.retention),
            ("A", Retention::WorkQueue)
        );
    }
}
