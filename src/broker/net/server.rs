//! What all connections of a broker share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::watch;

use super::account::{Account, GLOBAL, SYSTEM, Traffic};
use super::closed::{CLOSED_MAX, ConnectionSnapshot};
use super::connection::Connection;
use super::worker::Worker;
use crate::broker::conf::Options;
use crate::proto::errors::CloseReason;
use crate::proto::info::Info;
use crate::util::ring::Ring;
use crate::util::time::Timestamp;

/// The version of nats-server that we stand for on the wire; clients switch features on by it.
pub const VERSION: &str = "2.14.5";
/// The version of Go that INFO names.
const GO_VERSION: &str = "go1.26";

/// A running broker.
#[derive(Debug)]
pub struct Server {
    /// Its settings.
    pub options: Options,
    /// When it started.
    pub started: Timestamp,
    /// The account of clients that name none.
    pub global: Arc<Account>,
    /// The account in which the server itself speaks.
    pub system: Arc<Account>,
    /// Where connections live.
    pub workers: Vec<Arc<Worker>>,
    /// What went through, all accounts together.
    pub traffic: Traffic,
    /// Clients cut off because they read too slowly.
    pub slow_consumers: AtomicU64,
    /// Connections ever accepted.
    pub accepted: AtomicU64,
    info: RwLock<Info>,
    connections: Mutex<HashMap<u64, Arc<Connection>>>,
    closed: Mutex<Ring<ConnectionSnapshot>>,
    next_connection: AtomicU64,
    next_subscription: AtomicU64,
    /// Tells the listener and the workers to stop.
    stop: watch::Sender<bool>,
}

/// What INFO tells of the server itself.
pub fn describe(options: &Options, server_id: String, port: u16) -> Info {
    let server_name = options.server_name.clone().unwrap_or_else(|| {
        // The first characters of an id are the same for all; these tell servers apart.
        format!("goingnats-{}", server_id[1..9].to_ascii_lowercase())
    });
    Info {
        server_id,
        server_name,
        version: VERSION.to_owned(),
        proto: 1,
        go: GO_VERSION.to_owned(),
        host: options.host.clone(),
        port,
        headers: true,
        max_payload: options.max_payload,
        jetstream: options.jetstream.is_some(),
        domain: options
            .jetstream
            .as_ref()
            .and_then(|js| js.domain.clone())
            .unwrap_or_default(),
        ..Info::default()
    }
}

impl Server {
    /// A server without connections.
    pub fn new(options: Options, info: Info, workers: Vec<Arc<Worker>>, stop: watch::Sender<bool>) -> Server {
        Server {
            options,
            started: Timestamp::now(),
            global: Arc::new(Account::new(1, GLOBAL)),
            system: Arc::new(Account::new(2, SYSTEM)),
            workers,
            traffic: Traffic::default(),
            slow_consumers: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            info: RwLock::new(info),
            connections: Mutex::default(),
            closed: Mutex::new(Ring::new(CLOSED_MAX, usize::MAX)),
            next_connection: AtomicU64::new(1),
            next_subscription: AtomicU64::new(1),
            stop,
        }
    }

    /// What INFO says at the moment, without what belongs to one connection.
    pub fn info(&self) -> Info {
        self.info.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of a new connection.
    pub fn connection_id(&self) -> u64 {
        self.next_connection.fetch_add(1, Ordering::Relaxed)
    }

    /// The number of a new subscription.
    pub fn subscription_id(&self) -> u64 {
        self.next_subscription.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes a connection in, unless there are as many as may be.
    pub fn admit(&self, connection: &Arc<Connection>) -> bool {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        let mut connections = self.connections();
        if connections.len() >= self.options.max_connections {
            return false;
        }
        connections.insert(connection.id, connection.clone());
        // The stop may have come after it was accepted and before it was in the list.
        if *self.stop.borrow() {
            connection.close(CloseReason::ServerShutdown);
        }
        true
    }

    /// Remembers how a connection ended.
    pub fn dismiss(&self, connection: &Connection, reason: CloseReason) {
        self.connections().remove(&connection.id);
        if matches!(
            reason,
            CloseReason::SlowConsumerPendingBytes | CloseReason::SlowConsumerWriteDeadline
        ) {
            self.slow_consumers.fetch_add(1, Ordering::Relaxed);
            tracing::info!(client = connection.id, peer = %connection.peer, "{}", reason.text());
        }
        let snapshot = ConnectionSnapshot {
            ended: Some((Timestamp::now(), reason)),
            ..connection.snapshot()
        };
        self.closed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(snapshot, 0);
    }

    /// Every open connection, by id.
    pub fn connections(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connections that have ended, the oldest first.
    pub fn closed_connections(&self) -> Vec<ConnectionSnapshot> {
        self.closed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    /// Asks every connection to end, and the listener to take no more.
    pub fn stop(&self) {
        self.stop.send_replace(true);
        for connection in self.connections().values() {
            connection.close(CloseReason::ServerShutdown);
        }
    }

    /// Becomes true when the broker is to stop.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }
}
