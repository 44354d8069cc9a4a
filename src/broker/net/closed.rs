//! What is known of a connection at one moment, and of those that are gone.

use std::net::SocketAddr;

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::connection::{About, Connection};
use crate::proto::errors::CloseReason;
use crate::util::time::Timestamp;

/// A connection at one moment.
#[derive(Debug, Clone)]
pub struct ConnectionSnapshot {
    /// Client id.
    pub id: u64,
    /// The client's address.
    pub peer: SocketAddr,
    /// Connection name.
    pub name: String,
    /// Language of the library.
    pub lang: String,
    /// Version of the library.
    pub version: String,
    /// Its account.
    pub account: String,
    /// Its user, when it logged in as one.
    pub user: Option<Arc<str>>,
    /// When it was accepted.
    pub started: Timestamp,
    /// When it last published or subscribed.
    pub last_activity: Timestamp,
    /// When it ended, and why; for those that are gone.
    pub ended: Option<(Timestamp, CloseReason)>,
    /// Round trip, when known.
    pub rtt: Option<Duration>,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Bytes it has yet to be sent.
    pub pending: usize,
    /// What went through.
    pub stats: ConnectionStats,
}

/// Messages and bytes of one connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectionStats {
    /// Messages from the client.
    pub in_messages: u64,
    /// Their size.
    pub in_bytes: u64,
    /// Messages to the client.
    pub out_messages: u64,
    /// Their size.
    pub out_bytes: u64,
    /// How often it was made to wait for a slow receiver.
    pub stalls: u64,
}

impl Connection {
    /// The connection as it is now.
    pub fn snapshot(&self) -> ConnectionSnapshot {
        let about: About = self.about.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let counters = &self.counters;
        let rtt = counters.rtt.load(Ordering::Relaxed);
        ConnectionSnapshot {
            id: self.id,
            peer: self.peer,
            name: about.name,
            lang: about.lang,
            version: about.version,
            account: about.account,
            user: about.user,
            started: self.started,
            last_activity: Timestamp::from_nanos(counters.last_activity.load(Ordering::Relaxed)),
            ended: None,
            rtt: (rtt > 0).then_some(Duration::from_nanos(rtt)),
            subscriptions: self.subscriptions().len(),
            pending: self.pending(),
            stats: ConnectionStats {
                in_messages: counters.in_messages.load(Ordering::Relaxed),
                in_bytes: counters.in_bytes.load(Ordering::Relaxed),
                out_messages: counters.out_messages.load(Ordering::Relaxed),
                out_bytes: counters.out_bytes.load(Ordering::Relaxed),
                stalls: counters.stalls.load(Ordering::Relaxed),
            },
        }
    }
}
