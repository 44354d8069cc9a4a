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
//!   the earliest deadline       ──► JetStream::tick(now, outlet)
//! ```
//!
//! One `JetStream` serves one account. Start reading with `stream`.

mod outlet;

pub use outlet::{Delivery, Incoming, Outlet};

/// A binding: what JetStream wants to do with messages on one of its subjects. Opaque to the broker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sink(pub(crate) SinkKind);

/// The kinds of bindings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SinkKind {
    /// `$JS.API.>`: one request to manage something.
    Api,
}
