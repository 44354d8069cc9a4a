//! Accounts: each has its own subjects, its own JetStream and its own figures, and sees nothing of the
//! others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::jetstream::Host;
use super::subscription::Endpoint;
use crate::broker::conf::{AccountLimits, AccountOptions, GLOBAL_ACCOUNT, Options, SYSTEM_ACCOUNT};
use crate::broker::subjects::Subjects;
use crate::broker::subjects::mapping::Mappings;

/// One account.
#[derive(Debug)]
pub struct Account {
    /// Small number, unique in the server.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// What it may have at most.
    pub limits: AccountLimits,
    /// What becomes of the subjects its clients publish to.
    pub mappings: Mappings,
    /// Who subscribes to what.
    pub subjects: Subjects<Endpoint>,
    /// JetStream, when it is on in this account.
    pub jetstream: OnceLock<Host>,
    /// Clients connected now.
    pub clients: AtomicUsize,
    /// What went through.
    pub traffic: Traffic,
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
}

impl Traffic {
    /// Counts what clients sent.
    pub fn count_in(&self, messages: u64, bytes: u64) {
        self.in_messages.fetch_add(messages, Ordering::Relaxed);
        self.in_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts what clients got.
    pub fn count_out(&self, messages: u64, bytes: u64) {
        self.out_messages.fetch_add(messages, Ordering::Relaxed);
        self.out_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Account {
    /// An account in which nobody subscribes yet.
    pub fn new(number: u32, options: &AccountOptions) -> Account {
        Account {
            number,
            name: options.name.clone(),
            limits: options.limits,
            mappings: mappings(options),
            subjects: Subjects::default(),
            jetstream: OnceLock::new(),
            clients: AtomicUsize::new(0),
            traffic: Traffic::default(),
        }
    }

    /// Has it as many clients as it may have?
    pub fn is_full(&self) -> bool {
        let clients = self.clients.load(Ordering::Relaxed);
        self.limits
            .max_connections
            .is_some_and(|max| clients >= max as usize)
    }
}

/// Every account of a server: the two that always exist, and those in the settings.
pub fn make_accounts(options: &Options) -> HashMap<String, Arc<Account>> {
    let system = options.system_account.as_deref().unwrap_or(SYSTEM_ACCOUNT);
    let mut accounts = HashMap::new();
    let always = [GLOBAL_ACCOUNT, system].map(AccountOptions::new);
    for (number, account) in (1..).zip(options.accounts.iter().chain(&always)) {
        let make = || Arc::new(Account::new(number, account));
        accounts.entry(account.name.clone()).or_insert_with(make);
    }
    accounts
}

fn mappings(options: &AccountOptions) -> Mappings {
    Mappings::new(&options.mappings).unwrap_or_else(|error| {
        // Who reads a file has checked them; who writes options by hand finds it in the log.
        tracing::error!("Account {:?} goes without its mappings: {error}", options.name);
        Mappings::default()
    })
}
