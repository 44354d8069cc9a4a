//! Consumers in the API: the configuration a client asks for.
//!
//! Source: `ConsumerConfig` in nats-server's `consumer.go`. Numbers are signed where Go's are, since
//! a negative one has an error of its own; which values are refused is `broker::jetstream`'s
//! business. Answers are in [`super::consumer_info`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Nanos, is_default};
use crate::util::time::Timestamp;

/// Where in the stream a consumer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliverPolicy {
    /// With the first message held.
    #[default]
    #[serde(alias = "undefined")]
    All,
    /// With the last message that passes the filter.
    Last,
    /// With what is stored after the consumer was made.
    New,
    /// With `opt_start_seq`.
    ByStartSequence,
    /// With the first message at or after `opt_start_time`.
    ByStartTime,
    /// With the last message of every subject, and then all that follow.
    LastPerSubject,
}

/// What a client owes for a delivered message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AckPolicy {
    /// Nothing: delivered is done.
    #[default]
    None,
    /// An acknowledgement of one message counts for all before it.
    All,
    /// An acknowledgement for every message.
    Explicit,
    /// As [`AckPolicy::All`], carried by the answers to flow control (ADR-60).
    FlowControl,
}

/// How fast messages that are already stored are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayPolicy {
    /// As fast as they can be taken.
    #[default]
    Instant,
    /// With the pauses they were stored with.
    Original,
}

/// How a pull consumer chooses among waiting requests (ADR-42).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorityPolicy {
    /// In turn.
    #[default]
    None,
    /// A request may set how much must be pending before it gets anything.
    Overflow,
    /// One client gets everything until it goes away.
    PinnedClient,
    /// The lowest `priority` number first.
    Prioritized,
}

/// The configuration of a consumer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsumerConfig {
    /// Name of a durable consumer; empty for an ephemeral one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub durable_name: String,
    /// Name of the consumer.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// A text for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where to begin.
    pub deliver_policy: DeliverPolicy,
    /// First sequence, for [`DeliverPolicy::ByStartSequence`].
    #[serde(skip_serializing_if = "is_default")]
    pub opt_start_seq: u64,
    /// First moment, for [`DeliverPolicy::ByStartTime`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opt_start_time: Option<Timestamp>,
    /// What a client owes.
    pub ack_policy: AckPolicy,
    /// How long a delivery may go without an acknowledgement.
    #[serde(skip_serializing_if = "is_default")]
    pub ack_wait: Nanos,
    /// How often a message is delivered at most; −1 for no limit.
    #[serde(skip_serializing_if = "is_default")]
    pub max_deliver: i64,
    /// Waits for the first, second … delivery in place of `ack_wait`; the last one repeats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backoff: Vec<Nanos>,
    /// The one subject or pattern wanted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter_subject: String,
    /// Several subjects or patterns wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filter_subjects: Vec<String>,
    /// How fast.
    pub replay_policy: ReplayPolicy,
    /// Bits per second at most, push only; 0 for no limit.
    #[serde(skip_serializing_if = "is_default")]
    pub rate_limit_bps: u64,
    /// Share of acknowledgements that are reported, like `50%`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sample_freq: String,
    /// Pull requests that may wait at once.
    #[serde(skip_serializing_if = "is_default")]
    pub max_waiting: i64,
    /// Deliveries that may be without an acknowledgement at once; −1 for no limit.
    #[serde(skip_serializing_if = "is_default")]
    pub max_ack_pending: i64,
    /// Does the client tell when it has kept up? Push only.
    #[serde(skip_serializing_if = "is_default")]
    pub flow_control: bool,
    /// Are bodies left out?
    #[serde(skip_serializing_if = "is_default")]
    pub headers_only: bool,
    /// Largest `batch` of a pull request.
    #[serde(skip_serializing_if = "is_default")]
    pub max_batch: i64,
    /// Longest `expires` of a pull request.
    #[serde(skip_serializing_if = "is_default")]
    pub max_expires: Nanos,
    /// Largest `max_bytes` of a pull request.
    #[serde(skip_serializing_if = "is_default")]
    pub max_bytes: i64,
    /// Where a push consumer sends; empty for a pull consumer.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub deliver_subject: String,
    /// The queue group on `deliver_subject` that must be there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub deliver_group: String,
    /// Sign of life after so much silence, push only.
    #[serde(skip_serializing_if = "is_default")]
    pub idle_heartbeat: Nanos,
    /// The consumer is deleted after so long without use.
    #[serde(skip_serializing_if = "is_default")]
    pub inactive_threshold: Nanos,
    /// Copies in a cluster; 0 for as many as the stream.
    pub num_replicas: i64,
    /// Is its state kept in memory though the stream is in files?
    #[serde(skip_serializing_if = "is_default")]
    pub mem_storage: bool,
    /// Made by a server for a mirror or source, and not shown to people.
    #[serde(skip_serializing_if = "is_default")]
    pub direct: bool,
    /// A `direct` one that keeps its place (ADR-60).
    #[serde(skip_serializing_if = "is_default")]
    pub sourcing: bool,
    /// Whatever the client likes to keep with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Nothing is delivered before then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_until: Option<Timestamp>,
    /// Groups a pull request may name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub priority_groups: Vec<String>,
    /// How requests of a group are chosen.
    #[serde(skip_serializing_if = "is_default")]
    pub priority_policy: PriorityPolicy,
    /// How long a pinned client may be silent.
    #[serde(skip_serializing_if = "is_default")]
    pub priority_timeout: Nanos,
}

impl ConsumerConfig {
    /// Does it outlive its clients?
    pub fn is_durable(&self) -> bool {
        !self.durable_name.is_empty()
    }

    /// The name it is to have; empty when that is left to the server.
    pub fn consumer_name(&self) -> &str {
        if self.is_durable() {
            &self.durable_name
        } else {
            &self.name
        }
    }

    /// Does it send by itself, rather than on request?
    pub fn is_push(&self) -> bool {
        !self.deliver_subject.is_empty()
    }

    /// The subjects and patterns wanted; none for everything.
    pub fn filters(&self) -> impl Iterator<Item = &str> {
        let one = Some(self.filter_subject.as_str()).filter(|f| !f.is_empty());
        self.filter_subjects.iter().map(String::as_str).chain(one)
    }
}

/// What a request to create a consumer allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ConsumerAction {
    /// Create it, or update the one there is.
    #[default]
    #[serde(rename = "")]
    CreateOrUpdate,
    /// Only update.
    #[serde(rename = "update")]
    Update,
    /// Only create; one that is there already must be the same.
    #[serde(rename = "create")]
    Create,
}

/// Body of `$JS.API.CONSUMER.CREATE…` and `$JS.API.CONSUMER.DURABLE.CREATE…`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateConsumerRequest {
    /// The stream, which the subject names too.
    pub stream_name: String,
    /// The consumer wanted.
    pub config: ConsumerConfig,
    /// What is allowed.
    pub action: ConsumerAction,
    /// Is a value that would be corrected silently an error?
    #[serde(skip_serializing_if = "is_default")]
    pub pedantic: bool,
}

/// Body of `$JS.API.CONSUMER.PAUSE…`; without a time it resumes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename = "JSApiConsumerPauseRequest")]
pub struct PauseConsumerRequest {
    /// Nothing is delivered before then.
    #[serde(skip_serializing_if = "is_default")]
    pub pause_until: Timestamp,
}

/// Body of `$JS.API.CONSUMER.NAMES…` and `$JS.API.CONSUMER.LIST…`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename = "JSApiConsumersRequest")]
pub struct PageRequest {
    /// How many to leave out.
    pub offset: i64,
}

/// Body of `$JS.API.CONSUMER.RESET…`; without a sequence it goes back to the ack floor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename = "JSApiConsumerResetRequest")]
pub struct ResetConsumerRequest {
    /// The sequence to go on with.
    #[serde(skip_serializing_if = "is_default")]
    pub seq: u64,
}

/// Body of `$JS.API.CONSUMER.UNPIN…`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename = "JSApiConsumerUnpinRequest")]
pub struct UnpinConsumerRequest {
    /// The group whose client loses its place.
    pub group: String,
}

/// Body of `$JS.API.CONSUMER.MSG.NEXT…` when it is JSON (ADR-13, ADR-42).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename = "JSApiConsumerGetNextRequest")]
pub struct PullRequest {
    /// How long the request may wait.
    pub expires: Nanos,
    /// How many messages.
    pub batch: i64,
    /// How many bytes at most.
    pub max_bytes: i64,
    /// Is it over as soon as there is nothing to deliver?
    pub no_wait: bool,
    /// Sign of life after so much silence.
    pub idle_heartbeat: Nanos,
    /// The priority group.
    pub group: String,
    /// Overflow: enough when at least so many messages are pending.
    pub min_pending: i64,
    /// Overflow: enough when at least so many acknowledgements are outstanding.
    pub min_ack_pending: i64,
    /// Pinned client: the pin this client was given.
    pub id: String,
    /// Prioritized: 0 (first) to 9.
    pub priority: i64,
}

#[cfg(test)]
mod tests {
    use super::super::{Unknown, decode};
    use super::*;

    #[test]
    fn written_and_read_as_go_does() {
        let text =
            br#"{"stream_name":"S","Action":"create","config":{"durable_name":"D","ack_policy":"explicit",
            "opt_start_time":null,"ack_wait":-5,"priority_policy":"overflow","deliver_policy":"undefined"}}"#;
        let request: CreateConsumerRequest = decode(text, Unknown::Refuse).unwrap();
        assert_eq!(request.action, ConsumerAction::Create);
        assert_eq!(request.config.ack_wait, Nanos(-5));
        let written = serde_json::to_string(&request.config).unwrap();
        assert_eq!(
            written,
            r#"{"durable_name":"D","deliver_policy":"all","ack_policy":"explicit","ack_wait":-5,"replay_policy":"instant","num_replicas":0,"priority_policy":"overflow"}"#
        );
        for bad in [
            r#"{"config":{"ack_policy":"some"}}"#,
            r#"{"action":"delete"}"#,
            r#"{"x":1}"#,
        ] {
            assert!(
                decode::<CreateConsumerRequest>(bad.as_bytes(), Unknown::Refuse).is_err(),
                "{bad}"
            );
        }
    }
}
