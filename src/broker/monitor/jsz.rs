//! JetStream: what it uses, its streams and their consumers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::connz::page_size;
use super::query::{BadRequest, Query};
use super::source::{Depth, JetStreamSnapshot, Source};
use crate::broker::conf::JetStreamOptions;
use crate::broker::jetstream::{API_LEVEL, StreamDetails};
use crate::proto::api::stream::{ClusterInfo, SourceInfo, StreamConfig, StreamState};
use crate::util::time::Timestamp;

/// What to tell, as a request in the system account says it. A lone server leads everything, so
/// `leader_only` changes nothing, and `raft` only counts what it leads.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct JszOptions {
    account: String,
    accounts: bool,
    streams: bool,
    consumer: bool,
    config: bool,
    offset: i64,
    limit: i64,
    raft: bool,
}

impl JszOptions {
    /// Reads the parameters of `/jsz`.
    pub fn from_query(query: &Query<'_>) -> Result<JszOptions, BadRequest> {
        for ignored in ["direct-consumers", "leader-only", "stream-leader-only"] {
            query.flag(ignored)?;
        }
        Ok(JszOptions {
            account: query.text("acc").to_owned(),
            accounts: query.flag("accounts")?,
            streams: query.flag("streams")?,
            consumer: query.flag("consumers")?,
            config: query.flag("config")?,
            offset: query.int("offset")?,
            limit: query.int("limit")?,
            raft: query.flag("raft")?,
        })
    }

    /// The same, for one account only.
    pub fn of_account(self, account: &str) -> JszOptions {
        JszOptions {
            account: account.to_owned(),
            ..self
        }
    }

    fn shows_streams(&self) -> bool {
        self.streams || self.consumer
    }

    fn depth(&self) -> Depth {
        if self.consumer {
            Depth::Consumers
        } else {
            Depth::Streams
        }
    }
}

/// The part of varz and statsz.
#[derive(Debug, Default, Serialize)]
pub struct JetStreamVarz {
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Config>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
}

impl JetStreamVarz {
    /// Empty when JetStream is off. `folder` says where streams lie, which not everybody should know.
    pub fn new(source: &dyn Source, folder: bool) -> JetStreamVarz {
        let options = source.options();
        let Some(options) = &options.jetstream else {
            return JetStreamVarz::default();
        };
        JetStreamVarz {
            config: Some(Config::new(options, source.totals().jetstream_bytes_max, folder)),
            stats: Some(Stats::new(&source.jetstream(Depth::Usage))),
            limits: Some(Limits::new(options)),
        }
    }
}

/// JetStream's settings.
#[derive(Debug, Default, Serialize)]
struct Config {
    max_memory: u64,
    max_storage: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_dir: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_interval: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sync_always: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    /// Here nats-server says that both limits were set.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    compress_ok: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict: bool,
}

impl Config {
    fn new(options: &JetStreamOptions, (max_memory, max_storage): (u64, u64), folder: bool) -> Config {
        let store_dir = options.store_dir.as_ref().filter(|_| folder);
        Config {
            max_memory,
            max_storage,
            store_dir: store_dir.map(|dir| dir.join("jetstream").display().to_string()),
            sync_interval: Some(options.sync_interval.as_nanos() as u64),
            sync_always: options.sync_always,
            domain: options.domain.clone(),
            compress_ok: [options.max_memory, options.max_file]
                .iter()
                .all(|limit| limit.is_some_and(|limit| limit > 0)),
            strict: options.strict,
        }
    }
}

/// The limits that were set.
#[derive(Debug, Default, Serialize)]
struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_request_batch: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_ack_pending: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_ha_assets: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_duplicate_window: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_batch_inflight_per_stream: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_batch_inflight_total: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_batch_size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_batch_timeout: Option<u64>,
}

impl Limits {
    fn new(options: &JetStreamOptions) -> Limits {
        let limits = &options.limits;
        let nanos = |time: std::time::Duration| time.as_nanos() as u64;
        Limits {
            max_request_batch: limits.max_request_batch,
            max_ack_pending: limits.max_ack_pending,
            max_ha_assets: limits.max_ha_assets,
            max_duplicate_window: limits.duplicate_window.map(nanos),
            max_batch_inflight_per_stream: limits.batch_max_inflight_per_stream,
            max_batch_inflight_total: limits.batch_max_inflight_total,
            max_batch_size: limits.batch_max_msgs,
            max_batch_timeout: limits.batch_timeout.map(nanos),
        }
    }
}

/// What JetStream uses.
#[derive(Debug, Default, Serialize)]
struct Stats {
    memory: u64,
    storage: u64,
    reserved_memory: u64,
    reserved_storage: u64,
    accounts: usize,
    ha_assets: usize,
    api: Api,
}

#[derive(Debug, Default, Serialize)]
struct Api {
    level: i64,
    total: u64,
    errors: u64,
}

impl Stats {
    fn new(accounts: &[JetStreamSnapshot]) -> Stats {
        let sum = |figure: fn(&JetStreamSnapshot) -> u64| accounts.iter().map(figure).sum();
        Stats {
            memory: sum(|js| js.info.tier.memory),
            storage: sum(|js| js.info.tier.storage),
            reserved_memory: sum(|js| js.info.tier.reserved_memory),
            reserved_storage: sum(|js| js.info.tier.reserved_storage),
            accounts: accounts.len(),
            ha_assets: 0,
            api: Api {
                level: API_LEVEL,
                total: sum(|js| js.info.api.total),
                errors: sum(|js| js.info.api.errors),
            },
        }
    }
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Jsz {
    #[serde(flatten)]
    stats: Stats,
    server_id: String,
    now: Timestamp,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
    config: Config,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    streams: usize,
    consumers: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    streams_leader: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumers_leader: Option<usize>,
    messages: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    account_details: Vec<AccountDetail>,
    total: usize,
}

/// One account in it.
#[derive(Debug, Serialize)]
pub struct AccountDetail {
    name: String,
    id: String,
    #[serde(flatten)]
    stats: Stats,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stream_detail: Vec<StreamDetail>,
}

#[derive(Debug, Serialize)]
struct StreamDetail {
    name: String,
    created: Timestamp,
    cluster: ClusterInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<StreamConfig>,
    state: StreamState,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consumer_detail: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mirror: Option<SourceInfo>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<SourceInfo>,
}

/// Describes JetStream of all accounts.
pub fn jsz(source: &dyn Source, options: &JszOptions) -> Jsz {
    let settings = source.options();
    let settings = settings.jetstream.as_ref();
    let accounts = match settings {
        Some(_) => source.jetstream(options.depth()),
        None => Vec::new(),
    };
    let streams = || accounts.iter().flat_map(|account| &account.streams);
    let (info, total) = (source.info(), accounts.len());
    let consumers = streams().map(|stream| stream.info.state.consumer_count).sum();
    let led = |count: usize| Some(count).filter(|count| options.raft && *count > 0);
    let mut answer = Jsz {
        stats: settings.map_or_else(Stats::default, |_| Stats::new(&accounts)),
        server_id: info.server_id,
        now: source.now(),
        disabled: settings.is_none(),
        config: settings.map_or_else(Config::default, |settings| {
            Config::new(settings, source.totals().jetstream_bytes_max, true)
        }),
        limits: settings.map(Limits::new),
        streams: streams().count(),
        consumers,
        streams_leader: led(streams().count()),
        consumers_leader: led(consumers),
        messages: streams().map(|stream| stream.info.state.messages).sum(),
        bytes: streams().map(|stream| stream.info.state.bytes).sum(),
        account_details: Vec::new(),
        total,
    };
    let leader = info.server_name;
    let detail = |account: JetStreamSnapshot| AccountDetail::new(account, options, &leader);
    let named = accounts.iter().any(|account| account.account == options.account);
    answer.account_details = if named {
        let wanted = accounts
            .into_iter()
            .filter(|account| account.account == options.account);
        wanted.map(detail).collect()
    } else if options.accounts || (options.shows_streams() && options.account.is_empty()) {
        let offset = usize::try_from(options.offset).unwrap_or(0);
        let page = accounts.into_iter().skip(offset).take(page_size(options.limit));
        page.map(detail).collect()
    } else {
        Vec::new()
    };
    answer
}

/// Describes JetStream of one account.
pub fn jsz_account(source: &dyn Source, options: &JszOptions) -> Result<AccountDetail, BadRequest> {
    if source.options().jetstream.is_none() {
        return Err(BadRequest("jetstream not enabled".to_owned()));
    }
    let account = &options.account;
    let mut snapshots = source.jetstream(options.depth()).into_iter();
    if let Some(snapshot) = snapshots.find(|snapshot| snapshot.account == *account) {
        return Ok(AccountDetail::new(snapshot, options, &source.info().server_name));
    }
    let exists = source.accounts().iter().any(|known| known.name == *account);
    let missing = if exists {
        "not jetstream enabled"
    } else {
        "not found"
    };
    Err(BadRequest(format!("account \"{account}\" {missing}")))
}

impl AccountDetail {
    fn new(account: JetStreamSnapshot, options: &JszOptions, leader: &str) -> AccountDetail {
        let limits = &account.info.tier.limits;
        let mut stats = Stats::new(std::slice::from_ref(&account));
        // Here nats-server shows what the account may use, as Go turns −1 into an unsigned number,
        // and counts neither accounts nor levels.
        stats.reserved_memory = limits.max_memory as u64;
        stats.reserved_storage = limits.max_storage as u64;
        (stats.accounts, stats.api.level) = (0, 0);
        let streams = account.streams.into_iter().filter(|_| options.shows_streams());
        AccountDetail {
            stats,
            stream_detail: streams
                .map(|stream| StreamDetail::new(stream, options, leader))
                .collect(),
            id: account.account.clone(),
            name: account.account,
        }
    }
}

impl StreamDetail {
    fn new(stream: StreamDetails, options: &JszOptions, leader: &str) -> StreamDetail {
        let StreamDetails { info, consumers } = stream;
        let consumers = consumers.iter().filter_map(|consumer| {
            let mut shown = serde_json::to_value(consumer).ok()?;
            if !options.config {
                shown.as_object_mut()?.remove("config");
            }
            Some(shown)
        });
        StreamDetail {
            name: info.config.name.clone(),
            created: info.created,
            cluster: ClusterInfo {
                leader: leader.to_owned(),
            },
            consumer_detail: consumers.filter(|_| options.consumer).collect(),
            config: Some(info.config).filter(|_| options.config),
            state: info.state,
            mirror: info.mirror,
            sources: info.sources,
        }
    }
}
