//! Subscriptions: how many, and which.

use serde::{Deserialize, Serialize};

use super::connz::{Subscription, page_size};
use super::query::{BadRequest, Query};
use super::source::Source;
use crate::proto::subject;
use crate::util::time::Timestamp;

/// What to tell, as a request in the system account says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SubszOptions {
    offset: i64,
    limit: i64,
    subscriptions: bool,
    account: String,
    test: String,
}

impl SubszOptions {
    /// Reads the parameters of `/subsz`.
    pub fn from_query(query: &Query<'_>) -> Result<SubszOptions, BadRequest> {
        Ok(SubszOptions {
            subscriptions: query.flag("subs")?,
            offset: query.int("offset")?,
            limit: query.int("limit")?,
            account: query.text("acc").to_owned(),
            test: query.text("test").to_owned(),
        })
    }

    /// The list of one account.
    pub fn of_account(self, account: &str) -> SubszOptions {
        SubszOptions {
            subscriptions: true,
            account: account.to_owned(),
            ..self
        }
    }
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Subsz {
    server_id: String,
    now: Timestamp,
    #[serde(flatten)]
    stats: SublistStats,
    total: usize,
    offset: usize,
    limit: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subscriptions_list: Vec<Subscription>,
}

/// Figures of the subject tree. Ours counts neither matches nor its caches, which would cost every
/// message something; so those figures are 0.
#[derive(Debug, Default, Serialize)]
pub struct SublistStats {
    num_subscriptions: usize,
    num_cache: usize,
    num_inserts: u64,
    num_removes: u64,
    num_matches: u64,
    cache_hit_rate: f64,
    max_fanout: usize,
    avg_fanout: f64,
}

impl SublistStats {
    /// Of a tree with so many subscriptions, into which so many ever came.
    pub fn new(subscriptions: usize, inserts: u64) -> SublistStats {
        let present = subscriptions as u64;
        SublistStats {
            num_subscriptions: subscriptions,
            num_inserts: inserts.max(present),
            num_removes: inserts.saturating_sub(present),
            ..SublistStats::default()
        }
    }
}

/// Counts subscriptions, and lists those of clients when asked to.
pub fn subsz(source: &dyn Source, options: &SubszOptions) -> Result<Subsz, BadRequest> {
    let test = options.test.as_bytes();
    if !test.is_empty() && !subject::is_valid_literal(test) {
        return Err(BadRequest(format!(
            "invalid test subject, must be valid publish subject: {}",
            options.test
        )));
    }
    let wanted = |account: &str| options.account.is_empty() || account == options.account;
    let accounts = source.accounts();
    let counted = accounts.iter().filter(|account| wanted(&account.name));
    let subscriptions = counted.map(|account| account.subscriptions).sum();
    let inserts = if options.account.is_empty() {
        source.totals().subscriptions_total
    } else {
        0
    };
    let mut list = Vec::new();
    if options.subscriptions {
        let mut connections = source.open_connections(true);
        connections.sort_by_key(|connection| connection.id);
        for connection in connections.into_iter().filter(|c| wanted(&c.account)) {
            let account = &connection.account;
            let own = connection.subscription_list.into_iter();
            let matching = own.filter(|s| test.is_empty() || subject::matches(s.subject.as_bytes(), test));
            list.extend(matching.map(|s| Subscription::new(connection.id, Some(account), s)));
        }
    }
    let (offset, limit) = (
        usize::try_from(options.offset).unwrap_or(0),
        page_size(options.limit),
    );
    Ok(Subsz {
        server_id: source.info().server_id,
        now: source.now(),
        stats: SublistStats::new(subscriptions, inserts),
        total: list.len(),
        offset,
        limit,
        subscriptions_list: list.into_iter().skip(offset).take(limit).collect(),
    })
}
