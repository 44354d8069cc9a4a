//! What streams tell the world on `$JS.EVENT.ADVISORY.STREAM.…` (nats-server `jetstream_events.go`).

use serde::Serialize;

use super::{Delivery, Outlet};
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
    outlet.deliver(Delivery {
        route: subject.as_bytes(),
        subject: subject.as_bytes(),
        reply: b"",
        headers: b"",
        payload: &serde_json::to_vec(&advisory).unwrap_or_default(),
    });
}
