//! What the values are made of: the broker at one moment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::broker::auth::Certificate;
use crate::broker::conf::Options;
use crate::broker::jetstream::{Ailment, StreamDetails};
use crate::broker::subjects::CacheFigures;
use crate::proto::api::account::AccountInfo;
use crate::proto::errors::CloseReason;
use crate::proto::info::Info;
use crate::util::time::Timestamp;

/// The broker, as far as it can be looked at. Each call may lock something for a moment.
pub trait Source {
    /// The time.
    fn now(&self) -> Timestamp;
    /// Its settings.
    fn options(&self) -> Arc<Options>;
    /// What INFO says.
    fn info(&self) -> Info;
    /// Figures of the whole server.
    fn totals(&self) -> Totals;
    /// What the process uses.
    fn usage(&self) -> Usage;
    /// The process' threads, a line each.
    fn threads(&self) -> String;
    /// Clients that are connected, in no order; their subscriptions only when asked for.
    fn open_connections(&self, subscriptions: bool) -> Vec<ConnectionSnapshot>;
    /// Clients that are gone, the oldest first.
    fn closed_connections(&self) -> Vec<ConnectionSnapshot>;
    /// Is there an account of this name?
    fn has_account(&self, name: &str) -> bool;
    /// Every account, by name.
    fn accounts(&self) -> Vec<AccountSnapshot>;
    /// The subject tree of the account of this name, or, where it is empty, of every account.
    fn subject_trees(&self, account: &str) -> Vec<TreeSnapshot>;
    /// JetStream of every account that has it, by name.
    fn jetstream(&self, depth: Depth) -> Vec<JetStreamSnapshot>;
    /// How often each HTTP path was asked for.
    fn http_requests(&self) -> BTreeMap<String, u64>;
}

/// How much to tell of JetStream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// What the account uses.
    Usage,
    /// Its streams too.
    Streams,
    /// And their consumers.
    Consumers,
}

/// Figures of the whole server.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// When it started.
    pub started: Timestamp,
    /// When the settings that hold were read.
    pub settings_loaded: Timestamp,
    /// Connections now.
    pub connections: usize,
    /// Connections ever accepted.
    pub connections_total: u64,
    /// Subscriptions now, those of the server itself included.
    pub subscriptions: usize,
    /// What clients sent, and what they got.
    pub traffic: ConnectionStats,
    /// Clients cut off because they read too slowly.
    pub slow_consumers: u64,
    /// Clients cut off because they did not answer.
    pub stale_connections: u64,
    /// Must clients log in, unless somebody stands in for those who don't?
    pub auth_required: bool,
    /// Bytes for memory streams and for file streams, as set or as the machine has them.
    pub jetstream_bytes_max: (u64, u64),
    /// Port of the HTTP door, if it is open.
    pub http_port: Option<u16>,
    /// Port of the HTTPS door, if it is open.
    pub https_port: Option<u16>,
}

/// What the process uses.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Resident memory in bytes.
    pub memory_bytes: u64,
    /// Processor time in percent of one core.
    pub cpu_percent: f64,
    /// Cores it may use.
    pub cores: usize,
    /// Threads that serve connections.
    pub workers: usize,
}

/// A connection at one moment.
#[derive(Debug, Clone)]
pub struct ConnectionSnapshot {
    /// Client id.
    pub id: u64,
    /// The client's address; one in this process has none.
    pub peer: Option<SocketAddr>,
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
    /// Number of its subscriptions.
    pub subscriptions: usize,
    /// Those subscriptions, when asked for.
    pub subscription_list: Vec<SubscriptionSnapshot>,
    /// Bytes it has yet to be sent.
    pub pending: usize,
    /// What went through.
    pub stats: ConnectionStats,
    /// How it is encrypted, if it is.
    pub tls: Option<TlsSnapshot>,
}

impl ConnectionSnapshot {
    /// The client's host as text, which is empty where it has none.
    pub fn host(&self) -> String {
        self.peer.map_or_else(String::new, |peer| peer.ip().to_string())
    }
}

/// How a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSnapshot {
    /// Version of TLS.
    pub version: &'static str,
    /// Name of the cipher suite.
    pub suite: String,
    /// The handshake came before INFO.
    pub first: bool,
    /// The client's certificate and those that vouch for it.
    pub certificates: Vec<Arc<Certificate>>,
}

/// Messages and bytes, of one connection or of many.
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

/// A subscription at one moment.
#[derive(Debug, Clone)]
pub struct SubscriptionSnapshot {
    /// The subject or pattern.
    pub subject: String,
    /// Its queue group.
    pub queue: Option<String>,
    /// The client's name for it.
    pub sid: String,
    /// Messages delivered.
    pub delivered: u64,
    /// Ends after that many; 0 for no end.
    pub max: u64,
}

impl SubscriptionSnapshot {
    /// About the bytes it takes to remember.
    pub fn size(&self) -> usize {
        let texts = self.subject.len() + self.queue.as_ref().map_or(0, String::len) + self.sid.len();
        size_of::<SubscriptionSnapshot>() + texts
    }
}

/// An account at one moment.
#[derive(Debug, Clone)]
pub struct AccountSnapshot {
    /// Its name.
    pub name: String,
    /// Clients in it.
    pub clients: usize,
    /// Subscriptions in it, those of the server itself included.
    pub subscriptions: usize,
    /// What its clients sent, and what they got.
    pub traffic: ConnectionStats,
    /// Clients cut off because they read too slowly.
    pub slow_consumers: u64,
    /// Has it JetStream?
    pub jetstream: bool,
    /// Answers to other accounts that it is expected to give.
    pub answers: Vec<AnswerSnapshot>,
}

/// An account's subject tree at one moment, and what workers remember of where subjects lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TreeSnapshot {
    /// Subscriptions that were ever put in.
    pub inserts: u64,
    /// Subscriptions that were taken out.
    pub removes: u64,
    /// What is remembered, and how often that was of use.
    pub cache: CacheFigures,
}

/// An answer that one account owes another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerSnapshot {
    /// Where it is expected.
    pub subject: String,
    /// The account that asked.
    pub account: String,
    /// Where that account wants it.
    pub reply: String,
    /// The answering account may know who asks.
    pub share: bool,
    /// Its time is taken.
    pub tracking: bool,
}

/// An account's JetStream at one moment.
#[derive(Debug, Clone)]
pub struct JetStreamSnapshot {
    /// The account.
    pub account: String,
    /// What it uses.
    pub info: AccountInfo,
    /// Its streams, when asked for.
    pub streams: Vec<StreamDetails>,
    /// Its streams that are not well.
    pub ailments: Vec<Ailment>,
}
