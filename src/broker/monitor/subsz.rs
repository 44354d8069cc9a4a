//! Subscriptions: how many, and which.

use serde::{Deserialize, Serialize};

use super::connz::{Subscription, page_size};
use super::query::{BadRequest, Query};
use super::source::{Source, TreeSnapshot};
use crate::broker::subjects::CacheFigures;
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

/// Figures of subject trees. A match is a subject whose way is not the same as that of the connection's last message,
/// and a hit one whose way a worker remembered.
#[derive(Debug, Default, Serialize)]
pub struct SublistStats {
    num_subscriptions: u64,
    num_cache: usize,
    num_inserts: u64,
    num_removes: u64,
    num_matches: u64,
    cache_hit_rate: f64,
    max_fanout: usize,
    avg_fanout: f64,
}

impl SublistStats {
    /// Of all these trees together.
    pub fn new(trees: &[TreeSnapshot]) -> SublistStats {
        let sum = |of: fn(&TreeSnapshot) -> u64| trees.iter().map(of).sum::<u64>();
        let (inserts, removes) = (sum(|tree| tree.inserts), sum(|tree| tree.removes));
        let cache = trees
            .iter()
            .fold(CacheFigures::default(), |sum, tree| sum + tree.cache);
        let share = |part: u64, whole: u64| {
            if whole == 0 {
                0.0
            } else {
                part as f64 / whole as f64
            }
        };
        SublistStats {
            num_subscriptions: inserts - removes,
            num_cache: cache.routes,
            num_inserts: inserts,
            num_removes: removes,
            num_matches: cache.matches,
            cache_hit_rate: share(cache.hits, cache.matches),
            max_fanout: cache.fanout_max,
            avg_fanout: share(cache.fanout as u64, cache.routes as u64),
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
        stats: SublistStats::new(&source.subject_trees(&options.account)),
        total: list.len(),
        offset,
        limit,
        subscriptions_list: list.into_iter().skip(offset).take(limit).collect(),
    })
}
