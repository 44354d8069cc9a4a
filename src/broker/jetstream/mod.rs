//! JetStream: streams and consumers as state machines, and the `$JS.API` that manages them.
//!
//! Nothing here has a socket, a thread or a clock. What comes in is a message on one of the
//! subjects that JetStream bound ([`Sink`]) together with the time; what goes out is handed to an
//! [`Outlet`]. So a test drives ten minutes of redelivery in microseconds.
//!
//! ```text
//!   message on a bound subject ──► JetStream::receive(now, sink, message, outlet)
//!   end of the reader's batch   ──► JetStream::commit(now, sink, outlet)      (flush, then acks)
//!   a subscription came or went ──► JetStream::interest_changed(now, subject, outlet)
//!   the earliest deadline       ──► JetStream::tick(now, outlet) ──► what has to be on the medium
//!   it is there                 ──► JetStream::end_sync(now, ended, outlet)
//! ```
//!
//! One [`JetStream`] serves one account and may be called from any number of threads. A stream with its
//! store and its consumers lies behind one lock, so that publishing to one never waits for another,
//! and what a stream does, it does in one order. The registry of names has a lock of its own, which
//! is taken before a stream's and never while one is held. Start reading with [`stream`].

mod account;
mod advisory;
mod api;
mod cell;
mod consumer;
mod copying;
mod deliver_subjects;
mod details;
pub mod disabled;
mod home;
mod outlet;
mod recovery;
mod stream;
mod syncing;
#[cfg(test)]
mod tests;
mod transfer;
mod usage;

use cell::StreamRef;
use home::Home;

use crate::proto::headers;

pub use account::{JetStream, JetStreamConfig};
pub use consumer::{Decision, Hold};
pub use details::{Ailment, StreamDetails};
pub use outlet::{Delivery, Incoming, Outlet, Requester};
pub use stream::Rehearsal;
pub use syncing::{EndedSync, PendingSync};
pub use usage::{BatchLimits, Rooms, ServerLimits, account_bytes_max};

/// The API level that account info and INFO claim (ADR-44): that of nats-server 2.14.
pub const API_LEVEL: i64 = 4;

/// Do a request's headers want a higher API level than ours?
fn wants_higher_level(headers: &[u8]) -> bool {
    let level = headers::get_str(headers, "Nats-Required-Api-Level").filter(|level| !level.is_empty());
    level.is_some_and(|level| !level.parse::<i64>().is_ok_and(|level| level <= API_LEVEL))
}

/// The version of nats-server that we answer like, as clients switch on features by it.
pub const SERVER_VERSION: &str = "2.14.5";

/// A binding: what JetStream wants to do with messages on one of its subjects. Opaque to the broker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sink(pub(crate) SinkKind);

impl Sink {
    /// Are these requests, of which others may be told who sent them?
    pub fn takes_requests(&self) -> bool {
        matches!(self.0, SinkKind::Api)
    }

    /// Does a stream take in here what comes, whoever it comes from?
    pub fn takes_messages(&self) -> bool {
        matches!(self.0, SinkKind::Publish(_) | SinkKind::Copy(_))
    }

    /// Does a stream take in here what a consumer of another one delivers?
    pub fn takes_copies(&self) -> bool {
        matches!(self.0, SinkKind::Copy(_))
    }
}

/// The kinds of bindings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SinkKind {
    /// `$JS.API.>`: requests to manage something, direct gets, and pulls.
    Api,
    /// `$JS.ACK.>`: answers to deliveries.
    Ack,
    /// `$JS.FC.>`: answers to flow control.
    FlowControl,
    /// `$JS.SNAPSHOT.ACK.>`: answers to the chunks of snapshots.
    Snapshot,
    /// `$JS.SNAPSHOT.RESTORE.>`: chunks of streams that are being restored.
    Restore,
    /// `$JS.DLQ.>`: answers to dead letters.
    DeadLetter,
    /// A stream's own subjects: messages to store.
    Publish(StreamRef),
    /// The deliver subject of a consumer that a stream copies through.
    Copy(StreamRef),
}

/// What became of a message that was handed to [`JetStream::receive`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Nobody is behind that subject. The binding does not count as a responder: a publisher that asked for
    /// it gets its 503, as for a pull from a consumer that does not exist.
    Nobody,
    /// Done with.
    Done,
    /// Taken, but not yet safe or acknowledged: [`JetStream::commit`] must be called with the same sink
    /// at the end of this read batch, and at the latest before the reader waits.
    CommitDue,
}
