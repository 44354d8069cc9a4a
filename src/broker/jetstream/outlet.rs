//! The door between JetStream and the rest of the broker.

use std::sync::Arc;

use serde::Serialize;

use super::{JetStream, Sink};
use crate::proto::parser::Publish;
use crate::util::time::Timestamp;

/// A message that arrives on a subject JetStream has bound.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The subject it was published to.
    pub subject: &'a [u8],
    /// Where the publisher wants its answer; empty when nowhere.
    pub reply: &'a [u8],
    /// The whole header block, or empty.
    pub headers: &'a [u8],
    /// The body.
    pub payload: &'a [u8],
}

/// A message that JetStream sends.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Whose subscribers get it: an inbox, a deliver subject, an advisory subject.
    pub route: &'a [u8],
    /// The subject that stands on the wire. A stored message shows the subject it was stored
    /// under, though it travels to an inbox.
    pub subject: &'a [u8],
    /// The reply subject on the wire (`$JS.ACK.…` for messages that want one), or empty.
    pub reply: &'a [u8],
    /// The whole header block, or empty.
    pub headers: &'a [u8],
    /// The body.
    pub payload: &'a [u8],
}

impl<'a> From<&Publish<'a>> for Delivery<'a> {
    fn from(message: &Publish<'a>) -> Delivery<'a> {
        Delivery {
            route: message.subject,
            subject: message.subject,
            reply: message.reply,
            headers: message.headers,
            payload: message.payload,
        }
    }
}

impl<'a> Delivery<'a> {
    /// A message that shows the subject it travels to, and wants no answer.
    pub fn open(subject: &'a [u8], headers: &'a [u8], payload: &'a [u8]) -> Delivery<'a> {
        Delivery {
            route: subject,
            subject,
            reply: b"",
            headers,
            payload,
        }
    }

    /// The same message on its way to another subject. Where it shows the subject that it travels to, it goes on to.
    pub fn towards(&self, route: &'a [u8]) -> Delivery<'a> {
        let is_open = self.subject == self.route;
        Delivery {
            route,
            subject: if is_open { route } else { self.subject },
            ..*self
        }
    }

    /// What a binding takes in of it. A copy is stored under the subject that it has on the wire, not the one that
    /// it travels to.
    pub fn taken_by(&self, sink: &Sink) -> Incoming<'a> {
        Incoming {
            subject: match sink.takes_copies() {
                true => self.subject,
                false => self.route,
            },
            reply: self.reply,
            headers: self.headers,
            payload: self.payload,
        }
    }
}

/// A client as advisories show it (nats-server `ClientInfo`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Requester {
    /// When it connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Its address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// Client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Its account.
    pub acc: String,
    /// The account that its request came to, when that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub svc: Option<String>,
    /// Its user, when it logged in as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Connection name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Language of the library.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lang: String,
    /// Version of the library.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ver: String,
    /// Round trip in nanoseconds, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtt: Option<u64>,
    /// Name of the server it is connected to.
    pub server: String,
    /// What kind of connection it is.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub kind: &'static str,
    /// What protocol it speaks.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub client_type: &'static str,
}

/// What JetStream needs of the account it lives in. The broker's is backed by the account's subject
/// tree and the subscribers' buffers; a test's is a list.
///
/// It is called while a stream is locked. It may therefore copy and queue, but never call back
/// into JetStream: a delivery whose route is itself bound by JetStream is put aside and received
/// after the lock is gone.
pub trait Outlet {
    /// Sends a message to the subscribers of its route: every plain one, and one of each queue group.
    /// False when nobody could take it.
    fn deliver(&mut self, message: Delivery<'_>) -> bool;

    /// Sends the answer to a message that asked for one. It may wait for the end of the batch, so that all answers to a
    /// batch leave together; what the same client is delivered later still comes behind it.
    fn answer(&mut self, reply: &[u8], payload: &[u8]) {
        self.deliver(Delivery::open(reply, b"", payload));
    }

    /// Would [`Outlet::deliver`] on this subject reach a client? With a queue name only members of
    /// that group count, otherwise any subscription does. Bindings of JetStream itself never count.
    fn has_interest(&self, subject: &[u8], queue: Option<&[u8]>) -> bool;

    /// Does a client subscribe to exactly this subject? A pattern that it matches does not count: the inboxes of
    /// clients have one from the beginning, and what comes there before the client knows of it is lost.
    fn is_subscribed(&self, subject: &[u8]) -> bool;

    /// Does somebody wait for the deliveries of a push consumer: a plain subscriber to exactly this subject, or with a
    /// group one of its members? As in nats-server (`Sublist.registerNotification`) a pattern does not count, and
    /// without a group no member of one does. Bindings that take copies always count.
    fn is_awaited(&self, subject: &[u8], group: Option<&[u8]>) -> bool;

    /// Would [`Outlet::deliver`] on this subject reach anybody: a client, or a stream that stores it?
    fn is_heard(&self, subject: &[u8]) -> bool;

    /// The client that sent the request that is being received; none when JetStream sent it to itself.
    fn requester(&self) -> Option<Requester> {
        None
    }

    /// JetStream of another account, when requests to its API by this prefix are answered there, and what it would
    /// deliver for a copy of the stream comes back here.
    fn neighbour(&self, _api_prefix: &str, _deliver_prefix: &str, _stream: &str) -> Option<Arc<JetStream>> {
        None
    }

    /// From now on messages to this subject or pattern come to `sink`. Like all of these it may be called while
    /// JetStream holds locks of its own, so the broker must hold none here that it holds when it calls in.
    fn bind(&mut self, subject: &[u8], sink: Sink);

    /// Ends what [`Outlet::bind`] began.
    fn unbind(&mut self, subject: &[u8], sink: &Sink);
}
