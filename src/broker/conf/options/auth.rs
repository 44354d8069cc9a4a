//! Who may connect, and what they may do, as the configuration says it.

use std::time::Duration;

use super::Secret;

/// Logins. With none of them set everybody may connect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthOptions {
    /// There is an `authorization` block, whatever it says.
    pub block_defined: bool,
    /// The one user there is.
    pub user: Option<String>,
    /// That user's password, plain or bcrypt.
    pub password: Option<Secret>,
    /// The token everybody shares, plain or bcrypt.
    pub token: Option<Secret>,
    /// Users of all accounts; no two have the same name.
    pub users: Vec<User>,
    /// The user whose rights a client has that brings no login.
    pub no_auth_user: Option<String>,
}

/// One user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// How this user proves who it is.
    pub credential: Credential,
    /// The account it lives in; the global one when absent.
    pub account: Option<String>,
    /// What it may do; everything when absent.
    pub permissions: Option<Permissions>,
    /// The doors it may come through; every door when empty.
    pub connection_types: Vec<ConnectionType>,
}

impl User {
    /// Name, or public key of one who logs in with a key. Unique among all users.
    pub fn name(&self) -> &str {
        match &self.credential {
            Credential::Password { user, .. } => user,
            Credential::Nkey(key) => key,
        }
    }
}

/// How a user proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// By name and password.
    Password {
        /// The name.
        user: String,
        /// The password, plain or bcrypt.
        password: Secret,
    },
    /// By signing our nonce with the key whose public half (`U…`) stands here.
    Nkey(String),
}

/// What a user may do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// Subjects to publish to; all when absent.
    pub publish: Option<SubjectPermission>,
    /// Subjects to subscribe to; all when absent. An entry may be `subject queue`.
    pub subscribe: Option<SubjectPermission>,
    /// The right to answer what was asked, beside `publish`.
    pub responses: Option<ResponsePermission>,
}

/// Subjects that are allowed and denied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubjectPermission {
    /// Absent means everything, an empty list nothing.
    pub allow: Option<Vec<String>>,
    /// Wins over `allow`.
    pub deny: Vec<String>,
}

/// The right to publish to a reply subject one has received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponsePermission {
    /// Answers to one request; no limit when absent.
    pub max: Option<u32>,
    /// Time after the request; no limit when absent.
    pub expires: Option<Duration>,
}

impl ResponsePermission {
    /// What `allow_responses: true` means.
    pub const DEFAULT: ResponsePermission = ResponsePermission {
        max: Some(1),
        expires: Some(Duration::from_secs(120)),
    };
}

/// The doors a client can come through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionType {
    /// The client port.
    Standard,
    /// The WebSocket port.
    Websocket,
    /// The leaf node port.
    Leafnode,
    /// A leaf node over WebSocket.
    LeafnodeWs,
    /// The MQTT port.
    Mqtt,
    /// MQTT over WebSocket.
    MqttWs,
    /// No socket at all.
    InProcess,
}

impl ConnectionType {
    /// Reads a name as the configuration and JWTs write it, in any case.
    pub fn from_name(name: &str) -> Option<ConnectionType> {
        use ConnectionType::*;
        [Standard, Websocket, Leafnode, LeafnodeWs, Mqtt, MqttWs, InProcess]
            .into_iter()
            .find(|t| t.name().eq_ignore_ascii_case(name))
    }

    /// The name as NATS writes it.
    pub fn name(self) -> &'static str {
        match self {
            ConnectionType::Standard => "STANDARD",
            ConnectionType::Websocket => "WEBSOCKET",
            ConnectionType::Leafnode => "LEAFNODE",
            ConnectionType::LeafnodeWs => "LEAFNODE_WS",
            ConnectionType::Mqtt => "MQTT",
            ConnectionType::MqttWs => "MQTT_WS",
            ConnectionType::InProcess => "IN_PROCESS",
        }
    }
}
