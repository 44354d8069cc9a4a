//! What consumers tell the world on `$JS.EVENT.…`: made, deleted, paused, and what became of a message.
//!
//! Source: `jetstream_events.go` of nats-server. Nothing is written when nobody listens.

use serde::Serialize;

use super::ack_subject::AckToken;
use crate::broker::jetstream::{Delivery, Home, Outlet};
use crate::proto::api::to_json;
use crate::util::time::Timestamp;

/// Whose events they are.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) stream: String,
    pub(super) consumer: String,
    pub(super) home: Home,
}

/// An event, with the fields that only its kind has.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Event<'a> {
    Action {
        action: &'static str,
    },
    Pause {
        paused: bool,
        pause_until: Timestamp,
    },
    MaxDeliveries {
        stream_seq: u64,
        deliveries: u64,
    },
    Nak {
        consumer_seq: u64,
        stream_seq: u64,
        deliveries: u64,
    },
    Terminated {
        consumer_seq: u64,
        stream_seq: u64,
        deliveries: u64,
        #[serde(skip_serializing_if = "str::is_empty")]
        reason: &'a str,
    },
    /// A sampled acknowledgement; `ack_time` in nanoseconds.
    Acked {
        consumer_seq: u64,
        stream_seq: u64,
        ack_time: i64,
        deliveries: u64,
    },
    Pinned {
        group: &'a str,
        pinned_id: &'a str,
    },
    Unpinned {
        group: &'a str,
        reason: &'static str,
    },
}

impl<'a> Event<'a> {
    pub(super) fn created() -> Event<'a> {
        Event::Action { action: "create" }
    }

    pub(super) fn deleted() -> Event<'a> {
        Event::Action { action: "delete" }
    }

    pub(super) fn nak(token: AckToken) -> Event<'a> {
        Event::Nak {
            consumer_seq: token.consumer_seq,
            stream_seq: token.stream_seq,
            deliveries: token.delivered,
        }
    }

    pub(super) fn terminated(token: AckToken, reason: &'a str) -> Event<'a> {
        Event::Terminated {
            consumer_seq: token.consumer_seq,
            stream_seq: token.stream_seq,
            deliveries: token.delivered,
            reason,
        }
    }

    /// The middle of the subject, and the `type`.
    fn names(&self) -> (&'static str, &'static str) {
        match self {
            Event::Action { action: "create" } => {
                ("ADVISORY.CONSUMER.CREATED", "advisory.v1.consumer_action")
            }
            Event::Action { .. } => ("ADVISORY.CONSUMER.DELETED", "advisory.v1.consumer_action"),
            Event::Pause { .. } => ("ADVISORY.CONSUMER.PAUSE", "advisory.v1.consumer_pause"),
            Event::MaxDeliveries { .. } => ("ADVISORY.CONSUMER.MAX_DELIVERIES", "advisory.v1.max_deliver"),
            Event::Nak { .. } => ("ADVISORY.CONSUMER.MSG_NAKED", "advisory.v1.nak"),
            Event::Terminated { .. } => ("ADVISORY.CONSUMER.MSG_TERMINATED", "advisory.v1.terminated"),
            Event::Acked { .. } => ("METRIC.CONSUMER.ACK", "metric.v1.consumer_ack"),
            Event::Pinned { .. } => ("ADVISORY.CONSUMER.PINNED", "advisory.v1.consumer_group_pinned"),
            Event::Unpinned { .. } => (
                "ADVISORY.CONSUMER.UNPINNED",
                "advisory.v1.consumer_group_unpinned",
            ),
        }
    }
}

/// The whole JSON of an event.
#[derive(Serialize)]
struct Message<'a> {
    r#type: String,
    id: String,
    timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    stream: &'a str,
    consumer: &'a str,
    #[serde(flatten)]
    event: Event<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a str>,
}

impl Source {
    /// Sends an event to whoever listens.
    pub(super) fn tell(&self, now: Timestamp, event: Event<'_>, outlet: &mut dyn Outlet) {
        let (middle, kind) = event.names();
        let subject = format!("$JS.EVENT.{middle}.{}.{}", self.stream, self.consumer);
        if !outlet.is_heard(subject.as_bytes()) {
            return;
        }
        let names_account = matches!(event, Event::Pinned { .. } | Event::Unpinned { .. });
        let message = Message {
            r#type: format!("io.nats.jetstream.{kind}"),
            id: nuid::next().to_string(),
            timestamp: now,
            account: names_account.then(|| self.home.account()),
            stream: &self.stream,
            consumer: &self.consumer,
            event,
            domain: self.home.domain(),
        };
        let payload = to_json(&message);
        outlet.deliver(Delivery::open(subject.as_bytes(), b"", &payload));
    }
}
