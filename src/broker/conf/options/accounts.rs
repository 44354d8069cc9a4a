//! Accounts as the configuration says them. Their users stand with all other users.

use super::{Exports, Imports, Permissions};
pub use crate::broker::subjects::mapping::{Destination as MappingDestination, Mapping};

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountOptions {
    /// The name, unique.
    pub name: String,
    /// Public key of the account (`A…`).
    pub nkey: Option<String>,
    /// Upper bounds.
    pub limits: AccountLimits,
    /// JetStream for this account, when it has it.
    pub jetstream: Option<AccountJetStream>,
    /// What published subjects are turned into, in the order of the file.
    pub mappings: Vec<Mapping>,
    /// For its users that have none of their own; they are already given to those users.
    pub default_permissions: Option<Permissions>,
    /// What it lets others have.
    pub exports: Exports,
    /// What it takes from others.
    pub imports: Imports,
    /// Where to report the way of a message that carries a sampled `traceparent`.
    pub trace: Option<TraceDestination>,
}

impl AccountOptions {
    /// An account without limits, mappings and JetStream.
    pub fn new(name: impl Into<String>) -> AccountOptions {
        AccountOptions {
            name: name.into(),
            ..AccountOptions::default()
        }
    }
}

/// Upper bounds of an account; absent means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountLimits {
    /// Connections at a time.
    pub max_connections: Option<u32>,
    /// Subscriptions of one connection.
    pub max_subscriptions: Option<u32>,
    /// Longest message in bytes.
    pub max_payload: Option<u32>,
    /// Leaf nodes at a time.
    pub max_leafnodes: Option<u32>,
}

/// What an account may use of JetStream; absent means no limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountJetStream {
    /// Bytes of memory streams.
    pub max_memory: Option<u64>,
    /// Bytes of file streams.
    pub max_file: Option<u64>,
    /// Streams.
    pub max_streams: Option<u32>,
    /// Consumers.
    pub max_consumers: Option<u32>,
    /// Unacknowledged messages of one consumer.
    pub max_ack_pending: Option<u32>,
    /// Bytes of one memory stream.
    pub memory_max_stream_bytes: Option<u64>,
    /// Bytes of one file stream.
    pub file_max_stream_bytes: Option<u64>,
    /// Every stream must say its `max_bytes`.
    pub max_bytes_required: bool,
}

/// Where traces of an account's messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceDestination {
    /// The subject.
    pub subject: String,
    /// Per cent of the messages, 1 to 100.
    pub sampling: u8,
}
