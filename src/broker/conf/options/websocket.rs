//! The WebSocket door.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Secret, TlsOptions};

/// The `websocket` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WebsocketOptions {
    /// Interface; all when absent.
    pub host: Option<String>,
    /// Port; 0 asks for a free one. Without a port there is no door.
    pub port: Option<u16>,
    /// `host:port` told to clients.
    pub advertise: Option<String>,
    /// Plain HTTP, on purpose.
    pub no_tls: bool,
    /// TLS of this door.
    pub tls: Option<TlsOptions>,
    /// The `Origin` header must be the request's host.
    pub same_origin: bool,
    /// The only origins let in; all when empty.
    pub allowed_origins: Vec<String>,
    /// Time for the upgrade, TLS included; two seconds when absent.
    pub handshake_timeout: Option<Duration>,
    /// Frames may be compressed.
    pub compression: bool,
    /// A login of this door's own.
    pub auth: Option<DoorAuth>,
    /// The user of a client that brings no login.
    pub no_auth_user: Option<String>,
    /// Cookie read as `jwt`.
    pub jwt_cookie: Option<String>,
    /// Cookie read as `user`.
    pub user_cookie: Option<String>,
    /// Cookie read as `pass`.
    pub pass_cookie: Option<String>,
    /// Cookie read as `auth_token`.
    pub token_cookie: Option<String>,
    /// Headers of the answer to the upgrade.
    pub headers: BTreeMap<String, String>,
    /// Time between pings, when it differs from the other clients'.
    pub ping_interval: Option<Duration>,
}

/// A login that holds for one door instead of the server's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DoorAuth {
    /// The user.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Or a token.
    pub token: Option<Secret>,
    /// How long the login may take.
    pub timeout: Option<Duration>,
}
