//! Every setting of the broker with nats-server's defaults.
//!
//! The settings of one block of the configuration file stand in one struct of their own; what
//! stands at the file's top level stands in [`Options`]. A port of 0 asks the system for a free one
//! (nats-server writes that as -1); what is off altogether is `None`. Start with [`Options`].

mod accounts;
mod auth;
mod exchange;
mod jetstream;
mod leafnodes;
mod log;
mod mqtt;
mod secret;
mod tls;
mod validate;
mod websocket;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use accounts::{
    AccountJetStream, AccountLimits, AccountOptions, Mapping, MappingDestination, TraceDestination,
};
pub use auth::{
    AuthOptions, ConnectionType, Credential, Permissions, ResponsePermission, SubjectPermission, User,
};
pub use exchange::{
    ExportAccess, Exports, Imports, Latency, RESPONSE_THRESHOLD, ResponseType, ServiceExport, ServiceImport,
    StreamExport, StreamImport,
};
pub use jetstream::{JetStreamLimits, JetStreamOptions, StoreCipher};
pub use leafnodes::{Compression, HttpProxy, LeafAuth, LeafOptions, LeafRemote};
pub use log::LogOptions;
pub use mqtt::MqttOptions;
pub use secret::Secret;
pub use tls::{CertificatePair, HANDSHAKE_FIRST_FALLBACK, TlsOptions};
pub use websocket::{DoorAuth, WebsocketOptions};

/// The account of everybody who was put in no other.
pub const GLOBAL_ACCOUNT: &str = "$G";

/// The account of the server's own events and requests.
pub const SYSTEM_ACCOUNT: &str = "$SYS";

/// What a broker is started with. [`Options::default`] is nats-server's default, except that we
/// listen on loopback only.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The file the settings came from.
    pub config_file: Option<PathBuf>,
    /// Digest of that file's contents as `-t` and `/varz` show it, `sha256:…`.
    pub config_digest: Option<String>,

    /// Clients come in by [`connect_in_process`](crate::broker::Handle::connect_in_process) alone. No file can say so.
    pub dont_listen: bool,
    /// Interface to listen on.
    pub host: String,
    /// Client port; 0 asks the system for a free one.
    pub port: u16,
    /// `host:port` that INFO names instead of the address we listen on.
    pub client_advertise: Option<String>,
    /// Shown in INFO; a name of our own when absent.
    pub server_name: Option<String>,
    /// Shown in `/varz`; requests to the system account can select on them.
    pub server_tags: Vec<String>,
    /// Shown in `/varz`.
    pub server_metadata: BTreeMap<String, String>,
    /// Features switched on or off by name.
    pub feature_flags: BTreeMap<String, bool>,
    /// Connections may begin with a PROXY protocol header.
    pub proxy_protocol: bool,

    /// Longest protocol line in bytes, CRLF not counted.
    pub max_control_line: usize,
    /// Longest message in bytes, headers included.
    pub max_payload: usize,
    /// Bytes a client may leave unread before it is cut off as a slow consumer.
    pub max_pending: usize,
    /// Clients at a time; 0 lets nobody in, as in nats-server.
    pub max_connections: usize,
    /// Subscriptions of one client; 0 for no limit.
    pub max_subscriptions: usize,
    /// Tokens of a subject that is subscribed to; 0 for no limit.
    pub max_sub_tokens: usize,
    /// Closed connections that `/connz` remembers.
    pub max_closed_clients: usize,
    /// Longest time one write to a client may take.
    pub write_deadline: Duration,
    /// What happens to a client whose write took longer.
    pub write_timeout: WriteTimeout,
    /// Time between the server's pings.
    pub ping_interval: Duration,
    /// Unanswered pings before a connection is stale.
    pub ping_max: u32,
    /// How long a client may take to log in.
    pub auth_timeout: Duration,
    /// Time over which lame duck mode spreads the closing of clients.
    pub lame_duck_duration: Duration,
    /// Time lame duck mode waits before it closes the first.
    pub lame_duck_grace_period: Duration,
    /// A message for a full receiver is dropped at once; its publisher is not held back.
    pub no_fast_producer_stall: bool,
    /// Subjects are matched without a cache.
    pub disable_sublist_cache: bool,
    /// Headers are neither offered nor taken.
    pub no_header_support: bool,
    /// A first connection that fails is reported every so many attempts.
    pub connect_error_reports: u32,
    /// As `connect_error_reports`, for a connection that was lost.
    pub reconnect_error_reports: u32,

    /// What is logged, and where to.
    pub log: LogOptions,
    /// The HTTP doors for those who watch.
    pub monitor: MonitorOptions,
    /// File for the process id.
    pub pid_file: Option<PathBuf>,
    /// Folder for the file that lists our ports.
    pub ports_file_dir: Option<PathBuf>,

    /// Who may connect.
    pub auth: AuthOptions,
    /// Accounts beyond the two that always exist. `$G` stands here only when it has mappings.
    pub accounts: Vec<AccountOptions>,
    /// Name of the system account; `None` when it was switched off.
    pub system_account: Option<String>,

    /// TLS for clients.
    pub tls: Option<TlsOptions>,
    /// With TLS, clients without are let in too.
    pub allow_non_tls: bool,

    /// JetStream, when it is on.
    pub jetstream: Option<JetStreamOptions>,
    /// The JetStream domain that an account's clients mean when they name none.
    pub default_js_domain: BTreeMap<String, String>,

    /// Doors for other servers and to them.
    pub leafnodes: Option<LeafOptions>,
    /// The WebSocket door.
    pub websocket: Option<WebsocketOptions>,
    /// The MQTT door.
    pub mqtt: Option<MqttOptions>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            config_file: None,
            config_digest: None,
            dont_listen: false,
            host: "127.0.0.1".to_owned(),
            port: 4222,
            client_advertise: None,
            server_name: None,
            server_tags: Vec::new(),
            server_metadata: BTreeMap::new(),
            feature_flags: BTreeMap::new(),
            proxy_protocol: false,
            max_control_line: 4096,
            max_payload: 1024 * 1024,
            max_pending: 64 * 1024 * 1024,
            max_connections: 65_536,
            max_subscriptions: 0,
            max_sub_tokens: 0,
            max_closed_clients: 10_000,
            write_deadline: Duration::from_secs(10),
            write_timeout: WriteTimeout::Default,
            ping_interval: Duration::from_secs(120),
            ping_max: 2,
            auth_timeout: Duration::from_secs(2),
            lame_duck_duration: Duration::from_secs(120),
            lame_duck_grace_period: Duration::from_secs(10),
            no_fast_producer_stall: false,
            disable_sublist_cache: false,
            no_header_support: false,
            connect_error_reports: 3600,
            reconnect_error_reports: 1,
            log: LogOptions::default(),
            monitor: MonitorOptions::default(),
            pid_file: None,
            ports_file_dir: None,
            auth: AuthOptions::default(),
            accounts: Vec::new(),
            system_account: Some(SYSTEM_ACCOUNT.to_owned()),
            tls: None,
            allow_non_tls: false,
            jetstream: None,
            default_js_domain: BTreeMap::new(),
            leafnodes: None,
            websocket: None,
            mqtt: None,
        }
    }
}

impl Options {
    /// A server for this machine alone, with JetStream in a folder; port 0 asks the system for a free one.
    pub fn local(port: u16, store_dir: impl Into<PathBuf>) -> Options {
        Options {
            port,
            jetstream: Some(JetStreamOptions {
                store_dir: Some(store_dir.into()),
                ..JetStreamOptions::default()
            }),
            ..Options::default()
        }
    }

    /// The defaults of the `nats-server` command, which listens on all interfaces.
    pub fn nats_server() -> Options {
        Options {
            host: "0.0.0.0".to_owned(),
            ..Options::default()
        }
    }
}

/// The HTTP doors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorOptions {
    /// Interface; that of the clients when absent.
    pub host: Option<String>,
    /// Port for HTTP; 0 asks for a free one.
    pub http_port: Option<u16>,
    /// Port for HTTPS; 0 asks for a free one.
    pub https_port: Option<u16>,
    /// What every path begins with: `/`, or a path without a slash at its end.
    pub base_path: String,
    /// Port for profiling, which we have none of; kept so that files that set it still start.
    pub profile_port: Option<u16>,
}

impl Default for MonitorOptions {
    fn default() -> MonitorOptions {
        MonitorOptions {
            host: None,
            http_port: None,
            https_port: None,
            base_path: "/".to_owned(),
            profile_port: None,
        }
    }
}

/// What happens to a connection whose write passed its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteTimeout {
    /// The kind of connection decides: clients are closed.
    #[default]
    Default,
    /// The connection is closed.
    Close,
    /// What is left is tried again.
    Retry,
}
