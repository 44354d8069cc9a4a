//! What streams tell the world on `$JS.EVENT.ADVISORY.STREAM.…` (nats-server `jetstream_events.go`).

use std::borrow::Cow;

use serde::Serialize;

use super::{Delivery, Outlet, Requester};
use crate::proto::api::stream::StreamState;
use crate::proto::api::to_json;
use crate::util::time::Timestamp;

/// Something happened to a stream as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamAction {
    /// It was made.
    Create,
    /// It is gone.
    Delete,
    /// It is configured differently.
    Modify,
}

#[derive(Debug, Serialize)]
struct Advisory<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    timestamp: Timestamp,
    stream: &'a str,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a str>,
}

/// Why an atomic batch came to nothing before it was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Abandoned {
    /// Its next message did not come in time.
    Timeout,
    /// It has too many messages.
    Large,
    /// A message is missing.
    Incomplete,
    /// It needs a higher API level.
    Unsupported,
}

#[derive(Debug, Serialize)]
struct BatchAbandoned<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    timestamp: Timestamp,
    stream: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a str>,
    batch: &'a str,
    reason: Abandoned,
}

/// Tells who listens that an atomic batch came to nothing.
pub fn tell_abandoned(
    now: Timestamp,
    stream: &str,
    batch: &[u8],
    reason: Abandoned,
    domain: Option<&str>,
    outlet: &mut dyn Outlet,
) {
    let subject = format!("$JS.EVENT.ADVISORY.STREAM.BATCH_ABANDONED.{stream}");
    let advisory = BatchAbandoned {
        kind: "io.nats.jetstream.advisory.v1.stream_batch_abandoned",
        id: nuid::next().to_string(),
        timestamp: now,
        stream,
        domain,
        batch: &String::from_utf8_lossy(batch),
        reason,
    };
    send(&subject, &advisory, outlet);
}

/// A stream leaves the server or comes to it.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Transfer {
    /// A snapshot begins.
    SnapshotCreate { state: StreamState },
    /// A snapshot was sent.
    SnapshotComplete { start: Timestamp, end: Timestamp },
    /// A restore begins.
    RestoreCreate {},
    /// A restore is over, one way or the other.
    RestoreComplete {
        start: Timestamp,
        end: Timestamp,
        bytes: u64,
    },
}

#[derive(Debug, Serialize)]
struct TransferAdvisory<'a> {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    timestamp: Timestamp,
    stream: &'a str,
    #[serde(flatten)]
    transfer: Transfer,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a Requester>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a str>,
}

/// Tells who listens how a snapshot or a restore gets on that this client asked for.
pub fn tell_transfer(
    now: Timestamp,
    stream: &str,
    transfer: Transfer,
    client: Option<&Requester>,
    domain: Option<&str>,
    outlet: &mut dyn Outlet,
) {
    let name = match transfer {
        Transfer::SnapshotCreate { .. } => "snapshot_create",
        Transfer::SnapshotComplete { .. } => "snapshot_complete",
        Transfer::RestoreCreate {} => "restore_create",
        Transfer::RestoreComplete { .. } => "restore_complete",
    };
    let subject = format!("$JS.EVENT.ADVISORY.STREAM.{}.{stream}", name.to_uppercase());
    let advisory = TransferAdvisory {
        kind: format!("io.nats.jetstream.advisory.v1.{name}"),
        id: nuid::next().to_string(),
        timestamp: now,
        stream,
        transfer,
        client,
        domain,
    };
    send(&subject, &advisory, outlet);
}

/// A request to the API and what was answered, word for word.
#[derive(Debug, Clone, Copy)]
pub struct Audit<'a> {
    /// Name of the server.
    pub server: &'a str,
    /// The JetStream domain.
    pub domain: Option<&'a str>,
    /// What was asked for.
    pub subject: &'a [u8],
    /// The request's payload.
    pub request: &'a [u8],
    /// The answer's.
    pub response: &'a [u8],
}

#[derive(Debug, Serialize)]
struct AuditAdvisory<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    timestamp: Timestamp,
    server: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Requester>,
    subject: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    request: Cow<'a, str>,
    response: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a str>,
}

/// Tells who listens what was asked and answered. Without anybody who does it costs a look.
pub fn tell_audit(now: Timestamp, audit: Audit<'_>, outlet: &mut dyn Outlet) {
    const SUBJECT: &str = "$JS.EVENT.ADVISORY.API";
    if !outlet.is_heard(SUBJECT.as_bytes()) {
        return;
    }
    let advisory = AuditAdvisory {
        kind: "io.nats.jetstream.advisory.v1.api_audit",
        id: nuid::next().to_string(),
        timestamp: now,
        server: audit.server,
        client: outlet.requester(),
        subject: String::from_utf8_lossy(audit.subject),
        request: String::from_utf8_lossy(audit.request),
        response: String::from_utf8_lossy(audit.response),
        domain: audit.domain,
    };
    send(SUBJECT, &advisory, outlet);
}

fn send(subject: &str, advisory: &impl Serialize, outlet: &mut dyn Outlet) {
    outlet.deliver(Delivery::open(subject.as_bytes(), b"", &to_json(advisory)));
}

/// Tells who listens; that may be another stream.
pub fn tell_stream(
    now: Timestamp,
    stream: &str,
    action: StreamAction,
    domain: Option<&str>,
    outlet: &mut dyn Outlet,
) {
    let (token, action) = match action {
        StreamAction::Create => ("CREATED", "create"),
        StreamAction::Delete => ("DELETED", "delete"),
        StreamAction::Modify => ("UPDATED", "modify"),
    };
    let subject = format!("$JS.EVENT.ADVISORY.STREAM.{token}.{stream}");
    let advisory = Advisory {
        kind: "io.nats.jetstream.advisory.v1.stream_action",
        id: nuid::next().to_string(),
        timestamp: now,
        stream,
        action,
        domain,
    };
    send(&subject, &advisory, outlet);
}
