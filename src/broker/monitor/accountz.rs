//! Accounts: their names, one in detail, and what goes through them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agreements::{self, Export, Import};
use super::query::{BadRequest, Query};
use super::source::{AccountSnapshot, Source};
use super::subsz::SublistStats;
use crate::broker::conf::Mapping;
use crate::util::time::Timestamp;

/// Which account, if only one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AccountzOptions {
    account: String,
}

impl AccountzOptions {
    /// Reads the parameters of `/accountz`.
    pub fn from_query(query: &Query<'_>) -> AccountzOptions {
        AccountzOptions {
            account: query.text("acc").to_owned(),
        }
    }
}

/// The answer: all names, or one account.
#[derive(Debug, Serialize)]
pub struct Accountz {
    server_id: String,
    now: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accounts: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_detail: Option<AccountInfo>,
}

/// One account. None has a JWT.
#[derive(Debug, Serialize)]
pub struct AccountInfo {
    account_name: String,
    update_time: Timestamp,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_system: bool,
    expired: bool,
    complete: bool,
    jetstream_enabled: bool,
    leafnode_connections: usize,
    client_connections: usize,
    subscriptions: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    mappings: BTreeMap<String, Vec<MappingDestination>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exports: Vec<Export>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    imports: Vec<Import>,
    name_tag: String,
    sublist_stats: SublistStats,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    responses: BTreeMap<String, Import>,
}

#[derive(Debug, Serialize)]
struct MappingDestination {
    subject: String,
    weight: u8,
    #[serde(skip_serializing_if = "String::is_empty")]
    cluster: String,
}

/// Names all accounts, or describes one.
pub fn accountz(source: &dyn Source, options: &AccountzOptions) -> Result<Accountz, BadRequest> {
    let one = !options.account.is_empty();
    let names = || {
        source
            .accounts()
            .into_iter()
            .map(|account| account.name)
            .collect()
    };
    Ok(Accountz {
        server_id: source.info().server_id,
        now: source.now(),
        system_account: source.options().system_account.clone(),
        accounts: (!one).then(names),
        account_detail: match one {
            true => Some(account_info(source, &options.account)?),
            false => None,
        },
    })
}

/// Describes one account.
pub fn account_info(source: &dyn Source, name: &str) -> Result<AccountInfo, BadRequest> {
    let mut accounts = source.accounts().into_iter();
    let account = accounts
        .find(|account| account.name == name)
        .ok_or_else(|| BadRequest(format!("Account {name} does not exist")))?;
    let options = source.options();
    let configured = options.accounts.iter().find(|known| known.name == name);
    let mappings = configured.map_or(&[][..], |configured| &configured.mappings);
    Ok(AccountInfo {
        update_time: source.totals().started,
        is_system: options.system_account.as_deref() == Some(name),
        expired: false,
        complete: true,
        jetstream_enabled: account.jetstream,
        leafnode_connections: 0,
        client_connections: account.clients,
        subscriptions: account.subscriptions,
        mappings: mappings.iter().map(describe).collect(),
        exports: agreements::exports(&options, configured, name),
        imports: agreements::imports(&options, configured, name),
        responses: agreements::responses(&account.answers),
        name_tag: account.name.clone(),
        sublist_stats: SublistStats::new(&source.subject_trees(name)),
        account_name: account.name,
    })
}

fn describe(mapping: &Mapping) -> (String, Vec<MappingDestination>) {
    let destinations = mapping.destinations.iter().map(|destination| MappingDestination {
        subject: destination.subject.clone(),
        weight: destination.weight,
        cluster: destination.cluster.clone().unwrap_or_default(),
    });
    (mapping.source.clone(), destinations.collect())
}

/// Which accounts' traffic.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AccountStatzOptions {
    pub(super) accounts: Vec<String>,
    pub(super) include_unused: bool,
}

impl AccountStatzOptions {
    /// Reads the parameters of `/accstatz`.
    pub fn from_query(query: &Query<'_>) -> Result<AccountStatzOptions, BadRequest> {
        Ok(AccountStatzOptions {
            accounts: Vec::new(),
            include_unused: query.flag("unused")?,
        })
    }
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct AccountStatz {
    server_id: String,
    now: Timestamp,
    pub(super) account_statz: Vec<AccountStat>,
}

/// What goes through one account.
#[derive(Debug, Serialize)]
pub struct AccountStat {
    acc: String,
    name: String,
    conns: usize,
    leafnodes: usize,
    total_conns: usize,
    num_subscriptions: usize,
    sent: Data,
    received: Data,
    slow_consumers: u64,
}

#[derive(Debug, Default, Serialize)]
struct Count {
    msgs: u64,
    bytes: u64,
}

/// Messages and bytes, with how many of them went between servers: none.
#[derive(Debug, Serialize)]
struct Data {
    msgs: u64,
    bytes: u64,
    gateways: Count,
    routes: Count,
    leafs: Count,
}

impl Data {
    fn new(msgs: u64, bytes: u64) -> Data {
        Data {
            msgs,
            bytes,
            gateways: Count::default(),
            routes: Count::default(),
            leafs: Count::default(),
        }
    }
}

impl AccountStat {
    /// Of this account.
    pub fn new(account: AccountSnapshot) -> AccountStat {
        let traffic = account.traffic;
        AccountStat {
            name: account.name.clone(),
            acc: account.name,
            conns: account.clients,
            leafnodes: 0,
            total_conns: account.clients,
            num_subscriptions: account.subscriptions,
            sent: Data::new(traffic.out_messages, traffic.out_bytes),
            received: Data::new(traffic.in_messages, traffic.in_bytes),
            slow_consumers: account.slow_consumers,
        }
    }
}

/// Lists what goes through accounts; those without clients only when asked for.
pub fn accstatz(source: &dyn Source, options: &AccountStatzOptions) -> AccountStatz {
    let mut accounts = source.accounts();
    accounts.retain(|account| {
        let named = options.accounts.is_empty() || options.accounts.contains(&account.name);
        named && (options.include_unused || account.clients > 0)
    });
    AccountStatz {
        server_id: source.info().server_id,
        now: source.now(),
        account_statz: accounts.into_iter().map(AccountStat::new).collect(),
    }
}
