//! Accounts: each has its own subjects, its own JetStream and its own figures, and sees nothing of the
//! others but what they export and it imports.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::exchange::Exchange;
use super::jetstream::Host;
use super::subscription::Endpoint;
use crate::broker::conf::{GLOBAL_ACCOUNT, Options, SYSTEM_ACCOUNT};
use crate::broker::monitor::ConnectionStats;
use crate::broker::subjects::Subjects;

/// One account.
#[derive(Debug)]
pub struct Account {
    /// Small number, unique in the server.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Who subscribes to what.
    pub subjects: Subjects<Endpoint>,
    /// What passes between it and other accounts.
    pub exchange: Exchange,
    /// JetStream, once it was on in this account; see [`Account::jetstream`].
    pub host: OnceLock<Host>,
    /// Clients connected now.
    pub clients: AtomicUsize,
    /// What came in, and what went out to connections that have ended.
    pub traffic: Traffic,
    /// Clients cut off because they read too slowly.
    pub slow_consumers: AtomicU64,
    /// It is removed: what serves it may end.
    pub gone: AtomicBool,
}

/// Messages and bytes, both ways.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Messages from clients.
    pub in_messages: AtomicU64,
    /// Their size.
    pub in_bytes: AtomicU64,
    /// Messages to clients.
    pub out_messages: AtomicU64,
    /// Their size.
    pub out_bytes: AtomicU64,
    /// How often a client was made to wait for a slow receiver.
    pub stalls: AtomicU64,
}

impl Traffic {
    /// Counts what clients sent.
    pub fn count_in(&self, messages: u64, bytes: u64) {
        self.in_messages.fetch_add(messages, Ordering::Relaxed);
        self.in_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes over what a connection got that has ended. Of open ones, each knows its own.
    pub fn count_gone(&self, stats: &ConnectionStats) {
        self.out_messages.fetch_add(stats.out_messages, Ordering::Relaxed);
        self.out_bytes.fetch_add(stats.out_bytes, Ordering::Relaxed);
        self.stalls.fetch_add(stats.stalls, Ordering::Relaxed);
    }

    /// What is counted here.
    pub fn gone(&self) -> ConnectionStats {
        ConnectionStats {
            in_messages: self.in_messages.load(Ordering::Relaxed),
            in_bytes: self.in_bytes.load(Ordering::Relaxed),
            out_messages: self.out_messages.load(Ordering::Relaxed),
            out_bytes: self.out_bytes.load(Ordering::Relaxed),
            stalls: self.stalls.load(Ordering::Relaxed),
        }
    }
}

impl Account {
    /// An account in which nobody subscribes yet.
    pub fn new(number: u32, name: &str) -> Account {
        Account {
            number,
            name: name.to_owned(),
            subjects: Subjects::default(),
            exchange: Exchange::default(),
            host: OnceLock::new(),
            clients: AtomicUsize::new(0),
            traffic: Traffic::default(),
            slow_consumers: AtomicU64::new(0),
            gone: AtomicBool::new(false),
        }
    }

    /// JetStream, while it is on in this account.
    pub fn jetstream(&self) -> Option<&Host> {
        self.host.get().filter(|host| host.is_on())
    }
}

/// Every account of a server: the two that always exist, and those in the settings.
pub fn make_accounts(options: &Options) -> HashMap<String, Arc<Account>> {
    let system = options.system_account.as_deref().unwrap_or(SYSTEM_ACCOUNT);
    let mut accounts = HashMap::new();
    let configured = options.accounts.iter().map(|account| account.name.as_str());
    for (number, name) in (1..).zip(configured.chain([GLOBAL_ACCOUNT, system])) {
        let make = || Arc::new(Account::new(number, name));
        accounts.entry(name.to_owned()).or_insert_with(make);
    }
    accounts
}
