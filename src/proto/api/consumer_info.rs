//! What the API says about consumers.
//!
//! Source: `ConsumerInfo` and the `JSApiConsumer…Response` types of nats-server.

use serde::Serialize;

use super::consumer::ConsumerConfig;
use super::{Nanos, Paged, ResponseBody, is_default};
use crate::util::time::Timestamp;

/// A pair of sequences, and when they last moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SequenceInfo {
    /// Counted by the consumer: one more for every delivery, redeliveries included.
    pub consumer_seq: u64,
    /// The stream's own.
    pub stream_seq: u64,
    /// When it last moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_active: Option<Timestamp>,
}

/// A priority group and who is pinned there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PriorityGroupState {
    /// The group.
    pub group: String,
    /// The pin of the client that gets everything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pinned_client_id: String,
    /// Since when.
    pub pinned_ts: Timestamp,
}

/// A consumer and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ConsumerInfo {
    /// Its stream.
    pub stream_name: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its configuration, with all defaults.
    pub config: ConsumerConfig,
    /// The last delivery.
    pub delivered: SequenceInfo,
    /// Everything up to here is done.
    pub ack_floor: SequenceInfo,
    /// Deliveries without an acknowledgement.
    pub num_ack_pending: usize,
    /// Messages that were delivered more than once and are not done.
    pub num_redelivered: usize,
    /// Pull requests that wait.
    pub num_waiting: usize,
    /// Messages that were never delivered and are still to come.
    pub num_pending: u64,
    /// Is somebody listening on the deliver subject?
    #[serde(skip_serializing_if = "is_default")]
    pub push_bound: bool,
    /// Is it paused?
    #[serde(skip_serializing_if = "is_default")]
    pub paused: bool,
    /// For how much longer.
    #[serde(skip_serializing_if = "is_default")]
    pub pause_remaining: Nanos,
    /// When this was written.
    pub ts: Timestamp,
    /// The priority groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub priority_groups: Vec<PriorityGroupState>,
}

/// Answer to a request to create a consumer.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct ConsumerCreated(pub ConsumerInfo);

impl ResponseBody for ConsumerCreated {
    const NAME: &'static str = "consumer_create_response";
}

impl ResponseBody for ConsumerInfo {
    const NAME: &'static str = "consumer_info_response";
}

/// Answer to a request to delete a consumer.
#[derive(Debug, Serialize)]
pub struct ConsumerDeleted {
    /// Always true; failures have an `error` instead.
    pub success: bool,
}

impl ResponseBody for ConsumerDeleted {
    const NAME: &'static str = "consumer_delete_response";
}

/// Answer to a request to pause or resume a consumer.
#[derive(Debug, Default, Serialize)]
pub struct ConsumerPaused {
    /// Is it paused now?
    pub paused: bool,
    /// Until when.
    pub pause_until: Timestamp,
    /// For how much longer.
    #[serde(skip_serializing_if = "is_default")]
    pub pause_remaining: Nanos,
}

impl ResponseBody for ConsumerPaused {
    const NAME: &'static str = "consumer_pause_response";

    fn beside_error() -> Option<ConsumerPaused> {
        Some(ConsumerPaused::default())
    }
}

/// Answer to a request to reset a consumer.
#[derive(Debug, Serialize)]
pub struct ConsumerReset {
    /// The consumer afterwards; nothing beside an error.
    #[serde(flatten)]
    pub info: Option<ConsumerInfo>,
    /// The sequence it goes on with.
    pub reset_seq: u64,
}

impl ResponseBody for ConsumerReset {
    const NAME: &'static str = "consumer_reset_response";

    fn beside_error() -> Option<ConsumerReset> {
        Some(ConsumerReset {
            info: None,
            reset_seq: 0,
        })
    }
}

/// Answer to a request to unpin a client.
#[derive(Debug, Serialize)]
pub struct ConsumerUnpinned {}

impl ResponseBody for ConsumerUnpinned {
    const NAME: &'static str = "consumer_unpin_response";
}

/// The names of a stream's consumers.
#[derive(Debug, Default, Serialize)]
pub struct ConsumerNames {
    /// Which page this is.
    #[serde(flatten)]
    pub paged: Paged,
    /// The names, sorted.
    pub consumers: Vec<String>,
}

impl ResponseBody for ConsumerNames {
    const NAME: &'static str = "consumer_names_response";

    fn beside_error() -> Option<ConsumerNames> {
        Some(ConsumerNames::default())
    }
}

/// A stream's consumers.
#[derive(Debug, Default, Serialize)]
pub struct ConsumerList {
    /// Which page this is.
    #[serde(flatten)]
    pub paged: Paged,
    /// The consumers, sorted by name.
    pub consumers: Vec<ConsumerInfo>,
}

impl ResponseBody for ConsumerList {
    const NAME: &'static str = "consumer_list_response";

    fn beside_error() -> Option<ConsumerList> {
        Some(ConsumerList::default())
    }
}
