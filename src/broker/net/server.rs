//! What all connections of a broker share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use ring::agreement::{EphemeralPrivateKey, X25519};
use ring::rand::SystemRandom;
use tokio::sync::watch;

use super::account::{Account, Traffic, make_accounts};
use super::complaints;
use super::connection::Connection;
use super::exchange::Alarm;
use super::reload::Reread;
use super::settings::Settings;
use super::system::Door;
use super::tls::Tls;
use super::watch::Watch;
use super::worker::{Worker, Workers};
use crate::broker::auth::curve_key_text;
use crate::broker::conf::{GLOBAL_ACCOUNT, Options, SYSTEM_ACCOUNT};
use crate::broker::jetstream::{self, Rooms};
use crate::broker::monitor::{ConnectionSnapshot, SubscriptionSnapshot};
use crate::broker::store::Stores;
use crate::broker::tap::Taps;
use crate::proto::errors::CloseReason;
use crate::proto::info::Info;
use crate::util::ring::Ring;
use crate::util::time::Timestamp;

/// The version of Go that INFO names.
const GO_VERSION: &str = "go1.26";

/// Bytes of subscriptions that connections remembered after their end may have, all together; older
/// ones are forgotten first.
const CLOSED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A running broker.
#[derive(Debug)]
pub struct Server {
    /// What it was started with. Connections keep to [`Server::settings`], which a reload replaces.
    pub options: Options,
    settings: RwLock<Arc<Settings>>,
    /// The port that clients come in by.
    pub port: u16,
    /// When it started.
    pub started: Timestamp,
    /// The account of clients that name none.
    pub global: Arc<Account>,
    /// The account in which the server itself speaks.
    pub system: Arc<Account>,
    /// Those two and all others, by name.
    accounts: RwLock<HashMap<String, Arc<Account>>>,
    /// The number of the next account. None is used twice: what is remembered of a route knows its account
    /// by it.
    next_account: AtomicU32,
    /// How to read the settings again, when somebody asks in the system account.
    pub reread: OnceLock<Reread>,
    /// Bytes that streams have, and may have, in all accounts.
    pub rooms: Arc<Rooms>,
    /// Where file streams lie, while JetStream is on.
    pub stores: RwLock<Option<Stores>>,
    /// Held while an account comes or goes.
    pub tenancy: Mutex<()>,
    /// Where connections live.
    pub workers: Vec<Arc<Worker>>,
    /// Where those are served who watch.
    pub watcher: Arc<Worker>,
    /// Where JetStream's timers run.
    pub keeper: Arc<Worker>,
    /// Who looks at what passes.
    pub taps: Arc<Taps>,
    /// The way into the system account's task.
    pub door: Door,
    /// Tells when an answer to another account is overdue.
    pub alarm: Arc<Alarm>,
    /// What only watchers need.
    pub watch: Watch,
    /// What came in, and what went out to connections that have ended; all accounts together.
    pub traffic: Traffic,
    /// Clients cut off because they read too slowly.
    pub slow_consumers: AtomicU64,
    /// Clients cut off because they did not answer.
    pub stale_connections: AtomicU64,
    /// Connections ever accepted.
    pub accepted: AtomicU64,
    info: RwLock<Info>,
    connections: Mutex<HashMap<u64, Arc<Connection>>>,
    closed: Mutex<Ring<ConnectionSnapshot>>,
    next_connection: AtomicU64,
    next_subscription: AtomicU64,
    /// Counts what every connection must be told of.
    news: AtomicU64,
    /// Tells the listener to take no more clients.
    door_closed: watch::Sender<bool>,
    /// Every connection is to end.
    stopped: AtomicBool,
}

/// The public half of a fresh x25519 key. What is sealed for a server is an answer of auth callout, which this one does
/// not have: so nobody keeps the other half.
fn curve_key() -> String {
    let own = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new());
    let public = own.and_then(|own| own.compute_public_key());
    // Without it there is nothing to say, as with a nats-server that is held to FIPS 140.
    public.map_or_else(|_| String::new(), |public| curve_key_text(public.as_ref()))
}

/// What INFO tells of the server itself.
fn describe(settings: &Settings, server_id: String) -> Info {
    let options = &settings.options;
    let server_name = options.server_name.clone().unwrap_or_else(|| {
        // The first characters of an id are the same for all; these tell servers apart.
        format!("goingnats-{}", server_id[1..9].to_ascii_lowercase())
    });
    Info {
        server_id,
        xkey: curve_key(),
        server_name,
        version: jetstream::SERVER_VERSION.to_owned(),
        proto: 1,
        go: GO_VERSION.to_owned(),
        headers: !options.no_header_support,
        ..Info::default()
    }
}

/// What INFO tells that a reload may change. `port` is the one that was bound.
fn describe_settings(info: &mut Info, settings: &Settings, port: u16) {
    let options = &settings.options;
    let jetstream = options.jetstream.as_ref();
    (info.host, info.port) = match &options.client_advertise {
        Some(address) => advertised(address, port),
        None => (options.host.clone(), port),
    };
    let tls = settings.tls.as_ref();
    info.tls_required = tls.is_some_and(|tls| !tls.optional);
    info.tls_available = tls.is_some_and(|tls| tls.optional);
    info.tls_verify = tls.is_some_and(|tls| tls.verify);
    info.max_payload = options.max_payload;
    info.auth_required = settings.authenticator.is_required_in_info();
    info.jetstream = jetstream.is_some();
    info.domain = jetstream.and_then(|js| js.domain.clone()).unwrap_or_default();
    info.api_lvl = jetstream::API_LEVEL.unsigned_abs();
}

/// Where clients are told to go: a host, and a port unless it is ours. What cannot be read is taken for a host.
fn advertised(address: &str, port: u16) -> (String, u16) {
    let (host, given) = match address.rsplit_once(':') {
        Some((host, given)) if !host.contains(':') || host.starts_with('[') => {
            (host, given.trim().parse().ok())
        }
        _ => (address, None),
    };
    let host = host.trim().trim_start_matches('[').trim_end_matches(']');
    (host.to_owned(), given.filter(|given| *given != 0).unwrap_or(port))
}

impl Server {
    /// A server without connections.
    pub fn new(options: Options, tls: Option<Arc<Tls>>, port: u16, workers: Workers, door: Door) -> Server {
        let accounts = make_accounts(&options);
        let settings = Settings::new(options.clone(), tls);
        let identity = nkeys::KeyPair::new_server().public_key();
        let mut info = describe(&settings, identity);
        describe_settings(&mut info, &settings, port);
        Server {
            port,
            started: Timestamp::now(),
            global: accounts[GLOBAL_ACCOUNT].clone(),
            system: accounts[options.system_account.as_deref().unwrap_or(SYSTEM_ACCOUNT)].clone(),
            next_account: AtomicU32::new(u32::try_from(accounts.len()).unwrap_or(u32::MAX) + 1),
            accounts: RwLock::new(accounts),
            reread: OnceLock::new(),
            rooms: Arc::default(),
            stores: RwLock::default(),
            tenancy: Mutex::default(),
            settings: RwLock::new(Arc::new(settings)),
            workers: workers.serving,
            watcher: workers.watcher,
            keeper: workers.keeper,
            taps: workers.taps,
            door,
            alarm: Arc::default(),
            watch: Watch::default(),
            traffic: Traffic::default(),
            slow_consumers: AtomicU64::new(0),
            stale_connections: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            info: RwLock::new(info),
            connections: Mutex::default(),
            closed: Mutex::new(Ring::new(options.max_closed_clients, CLOSED_BYTES_MAX)),
            next_connection: AtomicU64::new(1),
            next_subscription: AtomicU64::new(1),
            news: AtomicU64::new(0),
            door_closed: watch::Sender::new(false),
            stopped: AtomicBool::new(false),
            options,
        }
    }

    /// What INFO says at the moment, without what belongs to one connection.
    pub fn info(&self) -> Info {
        self.info.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same with what belongs to one connection, as far as everybody may know it.
    pub fn info_for(&self, connection: &Connection) -> Info {
        let address = connection.client_address();
        let mut info = Info {
            client_id: connection.id,
            client_ip: address.map_or_else(String::new, |address| address.ip().to_string()),
            ..self.info()
        };
        let began_with_tls = connection.secured().is_some_and(|secured| secured.first);
        if connection.is_in_process() && info.tls_required && !began_with_tls {
            // Nobody else reads what it says.
            (info.tls_required, info.tls_available) = (false, true);
        }
        info
    }

    /// The account of this name.
    pub fn account(&self, name: &str) -> Option<Arc<Account>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(name).cloned()
    }

    /// Every account there is.
    pub fn all_accounts(&self) -> Vec<Arc<Account>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().cloned().collect()
    }

    /// Makes an account. None when there is one of that name.
    pub fn add_account(&self, name: &str) -> Option<Arc<Account>> {
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        match accounts.entry(name.to_owned()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                let number = self.next_account.fetch_add(1, Ordering::Relaxed);
                Some(place.insert(Arc::new(Account::new(number, name))).clone())
            }
        }
    }

    /// Forgets an account.
    pub fn remove_account(&self, name: &str) -> Option<Arc<Account>> {
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.remove(name)
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
        let max = self.settings().options.max_connections;
        let mut connections = self.connections();
        if connections.len() >= max {
            return false;
        }
        connections.insert(connection.id, connection.clone());
        // The stop may have come after it was accepted and before it was in the list.
        if self.stopped.load(Ordering::Acquire) {
            connection.close(CloseReason::ServerShutdown);
        }
        true
    }

    /// Remembers how a connection ended.
    pub fn dismiss(&self, connection: &Connection, reason: CloseReason) {
        self.connections().remove(&connection.id);
        let snapshot = ConnectionSnapshot {
            ended: Some((Timestamp::now(), reason)),
            ..connection.full_snapshot()
        };
        let account = self.account(&snapshot.account);
        match reason {
            CloseReason::SlowConsumerPendingBytes | CloseReason::SlowConsumerWriteDeadline => {
                self.slow_consumers.fetch_add(1, Ordering::Relaxed);
                if let Some(account) = &account {
                    account.slow_consumers.fetch_add(1, Ordering::Relaxed);
                }
                if reason == CloseReason::SlowConsumerPendingBytes {
                    let complaint = complaints::of_pending(self.options.max_pending);
                    tracing::info!("{connection} - {complaint}");
                }
            }
            CloseReason::StaleConnection => {
                self.stale_connections.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        self.traffic.count_gone(&snapshot.stats);
        if let Some(account) = account {
            account.traffic.count_gone(&snapshot.stats);
        }
        self.ended(&snapshot);
        let size = snapshot
            .subscription_list
            .iter()
            .map(SubscriptionSnapshot::size)
            .sum();
        self.closed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(snapshot, size);
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
        self.stopped.store(true, Ordering::Release);
        self.close_door();
        for connection in self.connections().values() {
            connection.close(CloseReason::ServerShutdown);
        }
    }

    /// Takes no more clients.
    pub fn close_door(&self) {
        self.door_closed.send_replace(true);
    }

    /// Becomes true when no more clients are taken.
    pub fn door_closed(&self) -> watch::Receiver<bool> {
        self.door_closed.subscribe()
    }

    /// A number that changes when there is something that every connection must be told of.
    pub fn news(&self) -> u64 {
        self.news.load(Ordering::Acquire)
    }

    /// What holds at the moment.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts other settings in the place of those that hold, and lets every connection know.
    pub fn replace_settings(&self, options: Options, tls: Option<Arc<Tls>>) {
        let settings = Arc::new(Settings::new(options, tls));
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings.clone();
        self.announce(|info| describe_settings(info, &settings, self.port));
    }

    /// Changes INFO, and lets every connection know that something has changed.
    pub fn announce(&self, change: impl FnOnce(&mut Info)) {
        change(&mut self.info.write().unwrap_or_else(PoisonError::into_inner));
        self.news.fetch_add(1, Ordering::Release);
        for connection in self.connections().values() {
            connection.wake();
        }
    }
}
