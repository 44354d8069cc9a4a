//! The broker as `monitor` looks at it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use super::account::Account;
use super::connection::Connection;
use super::exchange::Answer;
use super::server::Server;
use super::usage::{Meter, memory_bytes};
use crate::broker::conf::Options;
use crate::broker::monitor::{
    AccountSnapshot, AnswerSnapshot, ConnectionSnapshot, ConnectionStats, Depth, JetStreamSnapshot, Source,
    Totals, TreeSnapshot, Usage,
};
use crate::broker::subjects::CacheFigures;
use crate::proto::api::stream::Storage;
use crate::proto::info::Info;
use crate::util::time::Timestamp;

/// What only watchers need to know and no connection touches.
#[derive(Debug, Default)]
pub struct Watch {
    meter: Meter,
    http_requests: Mutex<BTreeMap<String, u64>>,
    http_port: std::sync::OnceLock<u16>,
    https_port: std::sync::OnceLock<u16>,
}

impl Watch {
    /// Counts a request over HTTP.
    pub fn count_request(&self, endpoint: &str) {
        let mut counts = self.http_requests.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(endpoint.to_owned()).or_default() += 1;
    }

    /// Notes where the HTTP or HTTPS door is.
    pub fn opened(&self, port: u16, secure: bool) {
        let door = if secure { &self.https_port } else { &self.http_port };
        // It is opened once, when the server starts.
        let _ = door.set(port);
    }
}

impl Server {
    /// Everything in one sum: connections that are gone, and those that are open.
    fn traffic(&self) -> ConnectionStats {
        let gone = self.traffic.gone();
        let open = self.connections();
        let open = open.values().map(|connection| connection.counters.stats());
        let mut all = open.fold(gone, sum);
        // What comes in is counted for the server as it comes.
        (all.in_messages, all.in_bytes) = (gone.in_messages, gone.in_bytes);
        all
    }

    fn connections_now(&self) -> Vec<Arc<Connection>> {
        self.connections().values().cloned().collect()
    }

    fn account_snapshot(&self, account: &Account, open: &[Arc<Connection>]) -> AccountSnapshot {
        let gone = account.traffic.gone();
        let own = open.iter().filter(|connection| connection.is_in(&account.name));
        let mut traffic = own.map(|connection| connection.counters.stats()).fold(gone, sum);
        (traffic.in_messages, traffic.in_bytes) = (gone.in_messages, gone.in_bytes);
        AccountSnapshot {
            name: account.name.clone(),
            clients: account.clients.load(Relaxed),
            subscriptions: account.subjects.len(),
            traffic,
            slow_consumers: account.slow_consumers.load(Relaxed),
            jetstream: account.jetstream().is_some(),
            answers: account.expected_answers().iter().map(describe).collect(),
        }
    }
}

fn describe((subject, answer): &(Arc<[u8]>, Answer)) -> AnswerSnapshot {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    AnswerSnapshot {
        subject: text(subject),
        account: answer.to.name.clone(),
        reply: text(&answer.reply),
        share: answer.share,
        tracking: answer.tracked.is_some(),
    }
}

fn sum(a: ConnectionStats, b: ConnectionStats) -> ConnectionStats {
    ConnectionStats {
        in_messages: a.in_messages + b.in_messages,
        in_bytes: a.in_bytes + b.in_bytes,
        out_messages: a.out_messages + b.out_messages,
        out_bytes: a.out_bytes + b.out_bytes,
        stalls: a.stalls + b.stalls,
    }
}

impl Source for Server {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn options(&self) -> Arc<Options> {
        self.settings().options.clone()
    }

    fn info(&self) -> Info {
        Server::info(self)
    }

    fn totals(&self) -> Totals {
        // A statement of its own, since the lock is held to the end of one.
        let connections = self.connections().len();
        Totals {
            started: self.started,
            settings_loaded: self.settings().loaded,
            connections,
            connections_total: self.accepted.load(Relaxed),
            subscriptions: self
                .all_accounts()
                .iter()
                .map(|account| account.subjects.len())
                .sum(),
            traffic: self.traffic(),
            slow_consumers: self.slow_consumers.load(Relaxed),
            stale_connections: self.stale_connections.load(Relaxed),
            auth_required: self.settings().authenticator.is_required(),
            jetstream_bytes_max: [Storage::Memory, Storage::File]
                .map(|storage| self.rooms.max(storage).unwrap_or_default())
                .into(),
            http_port: self.watch.http_port.get().copied(),
            https_port: self.watch.https_port.get().copied(),
        }
    }

    fn usage(&self) -> Usage {
        Usage {
            memory_bytes: memory_bytes(),
            cpu_percent: self.watch.meter.cpu_percent(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            workers: self.workers.len(),
        }
    }

    fn threads(&self) -> String {
        super::usage::threads()
    }

    fn open_connections(&self, subscriptions: bool) -> Vec<ConnectionSnapshot> {
        let open = self.connections_now();
        let snapshots = open.iter().map(|connection| match subscriptions {
            true => connection.full_snapshot(),
            false => connection.snapshot(),
        });
        snapshots.collect()
    }

    fn closed_connections(&self) -> Vec<ConnectionSnapshot> {
        Server::closed_connections(self)
    }

    fn has_account(&self, name: &str) -> bool {
        self.account(name).is_some()
    }

    fn accounts(&self) -> Vec<AccountSnapshot> {
        let open = self.connections_now();
        let accounts = self.all_accounts();
        let mut all: Vec<_> = accounts
            .iter()
            .map(|account| self.account_snapshot(account, &open))
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    fn subject_trees(&self, account: &str) -> Vec<TreeSnapshot> {
        let mut accounts = self.all_accounts();
        accounts.retain(|known| account.is_empty() || known.name == account);
        let snapshot = |account: &Arc<Account>| {
            let (inserts, removes) = account.subjects.changes();
            let cache = CacheFigures::default();
            TreeSnapshot {
                inserts,
                removes,
                cache,
            }
        };
        let mut trees: Vec<_> = accounts.iter().map(snapshot).collect();
        for worker in self.workers.iter().chain([&self.watcher, &self.keeper]) {
            let desk = worker.desk();
            for (tree, account) in trees.iter_mut().zip(&accounts) {
                tree.cache = tree.cache + desk.remembered(account);
            }
        }
        trees
    }

    fn jetstream(&self, depth: Depth) -> Vec<JetStreamSnapshot> {
        let mut all = Vec::new();
        for account in self.all_accounts() {
            let Some(host) = account.jetstream() else {
                continue;
            };
            let streams = match depth {
                Depth::Usage => Vec::new(),
                _ => self
                    .watcher
                    .desk()
                    .look_at_streams(&account, depth == Depth::Consumers),
            };
            all.push(JetStreamSnapshot {
                account: account.name.clone(),
                info: host.usage(),
                streams,
                ailments: host.ailments(),
            });
        }
        all.sort_by(|a, b| a.account.cmp(&b.account));
        all
    }

    fn http_requests(&self) -> BTreeMap<String, u64> {
        self.watch
            .http_requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
