//! The server in short, as it says itself every few seconds.

use serde::Serialize;

use super::jsz::JetStreamVarz;
use super::source::Source;
use super::varz::ByKind;
use crate::proto::api::is_default;
use crate::util::time::Timestamp;

/// What `nats server ls` and `nats server ping` live on.
#[derive(Debug, Serialize)]
pub struct Statsz {
    start: Timestamp,
    mem: u64,
    cores: usize,
    cpu: f64,
    connections: usize,
    total_connections: u64,
    active_accounts: usize,
    subscriptions: usize,
    sent: Data,
    sent_to_clients: Data,
    received: Data,
    received_from_clients: Data,
    slow_consumers: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    slow_consumer_stats: Option<ByKind>,
    #[serde(skip_serializing_if = "is_default")]
    stale_connections: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_connection_stats: Option<ByKind>,
    #[serde(skip_serializing_if = "is_default")]
    stalled_clients: u64,
    active_servers: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    jetstream: Option<JetStreamVarz>,
    gomaxprocs: usize,
}

/// Messages and bytes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Data {
    /// Messages.
    pub msgs: u64,
    /// Their size.
    pub bytes: u64,
}

/// Describes the server in short.
pub fn statsz(source: &dyn Source) -> Statsz {
    let (totals, usage) = (source.totals(), source.usage());
    let sent = Data {
        msgs: totals.traffic.out_messages,
        bytes: totals.traffic.out_bytes,
    };
    let received = Data {
        msgs: totals.traffic.in_messages,
        bytes: totals.traffic.in_bytes,
    };
    let by_kind = |clients: u64| (clients > 0).then(|| ByKind::clients(clients));
    let accounts = source.accounts();
    Statsz {
        start: totals.started,
        mem: usage.memory_bytes,
        cores: usage.cores,
        cpu: usage.cpu_percent,
        connections: totals.connections,
        total_connections: totals.connections_total,
        active_accounts: accounts.iter().filter(|account| account.clients > 0).count(),
        subscriptions: totals.subscriptions,
        sent,
        sent_to_clients: sent,
        received,
        received_from_clients: received,
        slow_consumers: totals.slow_consumers,
        slow_consumer_stats: by_kind(totals.slow_consumers),
        stale_connections: totals.stale_connections,
        stale_connection_stats: by_kind(totals.stale_connections),
        stalled_clients: totals.traffic.stalls,
        active_servers: 1,
        jetstream: source
            .options()
            .jetstream
            .is_some()
            .then(|| JetStreamVarz::new(source, false)),
        gomaxprocs: usage.workers,
    }
}
