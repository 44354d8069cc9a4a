//! Status messages: a first line, a few headers, no body.

use crate::broker::jetstream::{Delivery, Outlet};
use crate::proto::headers::Builder;

/// Header with the messages a pull request still wanted when it ended.
const PENDING_MESSAGES: &str = "Nats-Pending-Messages";
/// Header with the bytes it still wanted.
const PENDING_BYTES: &str = "Nats-Pending-Bytes";

/// The block of a heartbeat. `stalled` is the flow control reply that the client owes, if any.
pub(super) fn heartbeat(consumer_seq: u64, stream_seq: u64, stalled: Option<&[u8]>) -> Vec<u8> {
    let block = Builder::status(100, "Idle Heartbeat")
        .add("Nats-Last-Consumer", consumer_seq.to_string())
        .add("Nats-Last-Stream", stream_seq.to_string());
    match stalled {
        Some(reply) => block.add("Nats-Consumer-Stalled", reply).build(),
        None => block.build(),
    }
}

/// Sends a status that ends a request, or refuses one.
pub(super) fn send(outlet: &mut dyn Outlet, inbox: &[u8], code: u16, text: &str) {
    deliver(outlet, inbox, b"", &Builder::status(code, text).build());
}

/// As [`send`], with what the request had still wanted.
pub(super) fn send_pending(
    outlet: &mut dyn Outlet,
    inbox: &[u8],
    (code, text): (u16, &str),
    messages: i64,
    bytes: i64,
) {
    let block = Builder::status(code, text)
        .add(PENDING_MESSAGES, messages.to_string())
        .add(PENDING_BYTES, bytes.to_string());
    deliver(outlet, inbox, b"", &block.build());
}

/// Sends a finished block; the inbox is the subject on the wire.
pub(super) fn deliver(outlet: &mut dyn Outlet, inbox: &[u8], reply: &[u8], headers: &[u8]) -> bool {
    outlet.deliver(Delivery {
        reply,
        ..Delivery::open(inbox, headers, b"")
    })
}
