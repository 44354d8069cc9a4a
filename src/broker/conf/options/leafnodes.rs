//! Leaf nodes: the door for them, and the servers we are a leaf of.

use std::path::PathBuf;
use std::time::Duration;

use super::{Secret, TlsOptions, User, WriteTimeout};

/// The `leafnodes` block.
#[derive(Debug, Clone, PartialEq)]
pub struct LeafOptions {
    /// Interface; all when absent.
    pub host: Option<String>,
    /// Port; 0 asks for a free one. Without a port there is no door.
    pub port: Option<u16>,
    /// Who may connect.
    pub auth: LeafAuth,
    /// TLS of this door.
    pub tls: Option<TlsOptions>,
    /// `host:port` told to leaf nodes.
    pub advertise: Option<String>,
    /// Nothing is told.
    pub no_advertise: bool,
    /// Oldest version let in.
    pub min_version: Option<String>,
    /// Compression of the connections.
    pub compression: Compression,
    /// Leaf nodes do not hear of each other's interest.
    pub isolate_interest: bool,
    /// Longest time one write may take.
    pub write_deadline: Option<Duration>,
    /// What happens when it takes longer.
    pub write_timeout: WriteTimeout,
    /// Time between two attempts to connect.
    pub reconnect: Duration,
    /// Longest time an attempt may take.
    pub dial_timeout: Duration,
    /// The servers we are a leaf of.
    pub remotes: Vec<LeafRemote>,
}

impl Default for LeafOptions {
    fn default() -> LeafOptions {
        LeafOptions {
            host: None,
            port: None,
            auth: LeafAuth::default(),
            tls: None,
            advertise: None,
            no_advertise: false,
            min_version: None,
            compression: Compression::default(),
            isolate_interest: false,
            write_deadline: None,
            write_timeout: WriteTimeout::Default,
            reconnect: Duration::from_secs(1),
            dial_timeout: Duration::from_secs(1),
            remotes: Vec::new(),
        }
    }
}

/// Logins of leaf nodes. With none of them set the clients' logins hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeafAuth {
    /// The one user there is.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Or a public key.
    pub nkey: Option<String>,
    /// Or several users, each with its account.
    pub users: Vec<User>,
    /// The account of the one user.
    pub account: Option<String>,
    /// How long the login may take.
    pub timeout: Option<Duration>,
}

/// Compression of a connection between servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compression {
    /// `off`, `accept`, `s2_auto`, `s2_fast`, `s2_better`, `s2_best` and so on, as written.
    pub mode: String,
    /// Round trip times at which `s2_auto` goes one step up.
    pub rtt_thresholds: Vec<Duration>,
}

impl Default for Compression {
    fn default() -> Compression {
        Compression {
            mode: "s2_auto".to_owned(),
            rtt_thresholds: Vec::new(),
        }
    }
}

/// A server we are a leaf of.
#[derive(Debug, Clone, PartialEq)]
pub struct LeafRemote {
    /// Where it can be reached, tried in random order.
    pub urls: Vec<String>,
    /// They are tried in the order written.
    pub no_randomize: bool,
    /// Our account that is joined to it; the global one when absent.
    pub account: Option<String>,
    /// File with JWT and seed.
    pub credentials: Option<PathBuf>,
    /// Or a seed.
    pub nkey: Option<Secret>,
    /// TLS of the connection.
    pub tls: Option<TlsOptions>,
    /// We are the hub, although we connect.
    pub hub: bool,
    /// Subjects that do not come in.
    pub deny_imports: Vec<String>,
    /// Subjects that do not go out.
    pub deny_exports: Vec<String>,
    /// Compressed frames when the URL is a WebSocket's.
    pub ws_compression: bool,
    /// Unmasked frames when the URL is a WebSocket's.
    pub ws_no_masking: bool,
    /// Compression of the connection.
    pub compression: Compression,
    /// Longest time until the other side's INFO.
    pub first_info_timeout: Duration,
    /// Longest time an attempt to connect may take, when it differs from the block's.
    pub dial_timeout: Option<Duration>,
    /// Our interest is not told to this remote.
    pub isolate_interest: bool,
    /// The remote is asked not to tell us other leaf nodes' interest.
    pub request_isolation: bool,
    /// Only the URLs above are used.
    pub ignore_discovered_servers: bool,
    /// Not connected, until a reload says otherwise.
    pub disabled: bool,
    /// A proxy on the way, for WebSocket URLs.
    pub proxy: Option<HttpProxy>,
}

impl Default for LeafRemote {
    fn default() -> LeafRemote {
        LeafRemote {
            urls: Vec::new(),
            no_randomize: false,
            account: None,
            credentials: None,
            nkey: None,
            tls: None,
            hub: false,
            deny_imports: Vec::new(),
            deny_exports: Vec::new(),
            ws_compression: false,
            ws_no_masking: false,
            compression: Compression::default(),
            first_info_timeout: Duration::from_secs(1),
            dial_timeout: None,
            isolate_interest: false,
            request_isolation: false,
            ignore_discovered_servers: false,
            disabled: false,
            proxy: None,
        }
    }
}

/// An HTTP proxy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpProxy {
    /// Where it is.
    pub url: String,
    /// User there.
    pub username: Option<String>,
    /// Password there.
    pub password: Option<Secret>,
    /// Longest time to get through it.
    pub timeout: Option<Duration>,
}
