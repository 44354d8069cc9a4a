//! Every setting of the broker with nats-server's defaults.

use std::path::PathBuf;
use std::time::Duration;

/// What a broker is started with. [`Options::default`] is nats-server's default, except that we
/// listen on loopback only.
#[derive(Debug, Clone)]
pub struct Options {
    /// Interface to listen on.
    pub host: String,
    /// Client port; 0 asks the system for a free one.
    pub port: u16,
    /// Shown in INFO; a name of our own when absent.
    pub server_name: Option<String>,
    /// Longest protocol line in bytes, CRLF not counted.
    pub max_control_line: usize,
    /// Longest message in bytes, headers included.
    pub max_payload: usize,
    /// Bytes a client may leave unread before it is cut off as a slow consumer.
    pub max_pending: usize,
    /// Clients at a time.
    pub max_connections: usize,
    /// Subscriptions of one client; 0 for no limit.
    pub max_subscriptions: usize,
    /// Longest time one write to a client may take.
    pub write_deadline: Duration,
    /// Time between the server's pings.
    pub ping_interval: Duration,
    /// Unanswered pings before a connection is stale.
    pub ping_max: u32,
    /// How long a client may take to log in.
    pub auth_timeout: Duration,
    /// JetStream, when it is on.
    pub jetstream: Option<JetStreamOptions>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            host: "127.0.0.1".to_owned(),
            port: 4222,
            server_name: None,
            max_control_line: 4096,
            max_payload: 1024 * 1024,
            max_pending: 64 * 1024 * 1024,
            max_connections: 65_536,
            max_subscriptions: 0,
            write_deadline: Duration::from_secs(10),
            ping_interval: Duration::from_secs(120),
            ping_max: 2,
            auth_timeout: Duration::from_secs(2),
            jetstream: None,
        }
    }
}

/// JetStream's own settings.
#[derive(Debug, Clone, Default)]
pub struct JetStreamOptions {
    /// Where file streams lie.
    pub store_dir: Option<PathBuf>,
    /// Bytes for memory streams; absent means three quarters of the machine's memory, as nats-server does.
    pub max_memory: Option<u64>,
    /// Bytes for file streams.
    pub max_file: Option<u64>,
    /// JetStream domain.
    pub domain: Option<String>,
}
