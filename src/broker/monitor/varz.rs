//! The server itself: settings and counters.

use std::collections::BTreeMap;

use serde::Serialize;

use super::jsz::JetStreamVarz;
use super::source::Source;
use super::uptime;
use crate::broker::conf::{Options, WriteTimeout};
use crate::proto::api::is_default;
use crate::util::time::Timestamp;

/// The switches that nats-server 2.14 has, all of them off unless the settings say otherwise.
const FEATURE_FLAGS: [&str; 2] = ["js_ack_fc_v2", "js_raft_delete_range"];

/// The answer. Blocks of doors that are not open are there, and empty.
#[derive(Debug, Serialize)]
pub struct Varz {
    server_id: String,
    server_name: String,
    version: String,
    proto: u8,
    go: String,
    host: String,
    port: u16,
    #[serde(skip_serializing_if = "is_default")]
    auth_required: bool,
    #[serde(skip_serializing_if = "is_default")]
    tls_required: bool,
    #[serde(skip_serializing_if = "is_default")]
    tls_verify: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    connect_urls: Vec<String>,
    max_connections: usize,
    #[serde(skip_serializing_if = "is_default")]
    max_subscriptions: usize,
    ping_interval: u64,
    ping_max: u32,
    http_host: String,
    http_port: u16,
    http_base_path: String,
    https_port: u16,
    auth_timeout: f64,
    max_control_line: usize,
    max_payload: usize,
    max_pending: usize,
    cluster: Empty,
    gateway: Empty,
    leaf: Empty,
    mqtt: Empty,
    websocket: Empty,
    jetstream: JetStreamVarz,
    tls_timeout: f64,
    write_deadline: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    write_timeout: Option<&'static str>,
    start: Timestamp,
    now: Timestamp,
    uptime: String,
    mem: u64,
    cores: usize,
    gomaxprocs: usize,
    cpu: f64,
    connections: usize,
    total_connections: u64,
    routes: usize,
    remotes: usize,
    leafnodes: usize,
    in_msgs: u64,
    in_bytes: u64,
    in_client_msgs: u64,
    in_client_bytes: u64,
    out_msgs: u64,
    out_bytes: u64,
    out_client_msgs: u64,
    out_client_bytes: u64,
    slow_consumers: u64,
    stale_connections: u64,
    stalled_clients: u64,
    subscriptions: usize,
    http_req_stats: BTreeMap<String, u64>,
    config_load_time: Timestamp,
    config_digest: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    feature_flags: BTreeMap<String, bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_account: Option<String>,
    slow_consumer_stats: ByKind,
    stale_connection_stats: ByKind,
    disk_io_wait_stats: DiskWaits,
}

/// A block with nothing in it.
#[derive(Debug, Serialize)]
struct Empty {}

/// A count by kind of connection. There are only clients.
#[derive(Debug, Default, Serialize)]
pub struct ByKind {
    clients: u64,
    routes: u64,
    gateways: u64,
    leafs: u64,
}

impl ByKind {
    /// So many, all of them clients.
    pub fn clients(clients: u64) -> ByKind {
        ByKind {
            clients,
            ..ByKind::default()
        }
    }
}

/// How long stores waited for their turn on the disk: never, since they take no turns.
#[derive(Debug, Default, Serialize)]
struct DiskWaits {
    waiters: u64,
    waits: u64,
    wait_time: u64,
    max_wait_time: u64,
}

/// nats-server's switches with their defaults, and what the settings say instead.
pub fn feature_flags(source: &dyn Source) -> BTreeMap<String, bool> {
    let mut flags: BTreeMap<_, _> = FEATURE_FLAGS
        .iter()
        .map(|name| ((*name).to_owned(), false))
        .collect();
    flags.extend(source.options().feature_flags.clone());
    flags
}

/// How long a TLS handshake may take, in seconds.
fn tls_timeout(options: &Options) -> f64 {
    let timeout = options.tls.as_ref().and_then(|tls| tls.timeout);
    timeout.map_or(2.0, |timeout| timeout.as_secs_f64())
}

/// Describes the server.
pub fn varz(source: &dyn Source) -> Varz {
    let (info, options, totals, usage) = (source.info(), source.options(), source.totals(), source.usage());
    let (now, traffic) = (source.now(), totals.traffic);
    let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let auth_timeout = options.auth_timeout.as_secs_f64();
    Varz {
        server_id: info.server_id,
        server_name: info.server_name,
        version: info.version,
        proto: info.proto,
        go: info.go,
        host: info.host,
        port: info.port,
        auth_required: totals.auth_required,
        tls_required: info.tls_required,
        tls_verify: info.tls_verify,
        connect_urls: info.connect_urls,
        max_connections: options.max_connections,
        max_subscriptions: options.max_subscriptions,
        ping_interval: nanos(options.ping_interval),
        ping_max: options.ping_max,
        http_host: options
            .monitor
            .host
            .clone()
            .unwrap_or_else(|| options.host.clone()),
        http_port: totals.http_port.unwrap_or(0),
        http_base_path: options.monitor.base_path.trim_end_matches('/').to_owned(),
        https_port: totals.https_port.unwrap_or(0),
        auth_timeout,
        max_control_line: options.max_control_line,
        max_payload: options.max_payload,
        max_pending: options.max_pending,
        cluster: Empty {},
        gateway: Empty {},
        leaf: Empty {},
        mqtt: Empty {},
        websocket: Empty {},
        jetstream: JetStreamVarz::new(source, true),
        tls_timeout: tls_timeout(&options),
        write_deadline: nanos(options.write_deadline),
        write_timeout: match options.write_timeout {
            WriteTimeout::Default => None,
            WriteTimeout::Close => Some("close"),
            WriteTimeout::Retry => Some("retry"),
        },
        start: totals.started,
        now,
        uptime: uptime::format(now.since(totals.started)),
        mem: usage.memory_bytes,
        cores: usage.cores,
        gomaxprocs: usage.workers,
        cpu: usage.cpu_percent,
        connections: totals.connections,
        total_connections: totals.connections_total,
        routes: 0,
        remotes: 0,
        leafnodes: 0,
        in_msgs: traffic.in_messages,
        in_bytes: traffic.in_bytes,
        in_client_msgs: traffic.in_messages,
        in_client_bytes: traffic.in_bytes,
        out_msgs: traffic.out_messages,
        out_bytes: traffic.out_bytes,
        out_client_msgs: traffic.out_messages,
        out_client_bytes: traffic.out_bytes,
        slow_consumers: totals.slow_consumers,
        stale_connections: totals.stale_connections,
        stalled_clients: traffic.stalls,
        subscriptions: totals.subscriptions,
        http_req_stats: source.http_requests(),
        config_load_time: totals.settings_loaded,
        config_digest: options.config_digest.clone().unwrap_or_default(),
        tags: options.server_tags.clone(),
        metadata: options.server_metadata.clone(),
        feature_flags: feature_flags(source),
        system_account: options.system_account.clone(),
        slow_consumer_stats: ByKind::clients(totals.slow_consumers),
        stale_connection_stats: ByKind::clients(totals.stale_connections),
        disk_io_wait_stats: DiskWaits::default(),
    }
}
