//! Who asks, as the header `Nats-Request-Info` and latency metrics tell it (nats-server's `ClientInfo`).

use serde::{Deserialize, Serialize};

use crate::broker::net::connection::Connection;
use crate::proto::api::is_default;
use crate::util::time::Timestamp;

/// The header.
pub const HEADER: &str = "Nats-Request-Info";

/// Who asks. Without the importer's consent, account and round trip are all that is told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestInfo {
    /// When it connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Its address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// Its client id.
    #[serde(skip_serializing_if = "is_default")]
    pub id: u64,
    /// Its account.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub acc: String,
    /// The account on the way that the request came from last, when it passed more than one border.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub svc: String,
    /// Its user.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Its connection's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its library's language.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lang: String,
    /// Its library's version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ver: String,
    /// Its round trip in nanoseconds.
    #[serde(skip_serializing_if = "is_default")]
    pub rtt: u64,
    /// The server it is connected to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server: String,
    /// What kind of connection it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// What protocol it speaks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_type: String,
}

impl RequestInfo {
    /// A client, with all that is known of it or the least.
    pub fn new(connection: &Connection, server: &str, detailed: bool) -> RequestInfo {
        let snapshot = connection.snapshot();
        let rtt = snapshot.rtt.unwrap_or_default().as_nanos();
        let host = snapshot.host();
        let least = RequestInfo {
            acc: snapshot.account,
            rtt: u64::try_from(rtt).unwrap_or(u64::MAX),
            ..RequestInfo::default()
        };
        if !detailed {
            return least;
        }
        RequestInfo {
            start: Some(snapshot.started),
            host,
            id: snapshot.id,
            user: snapshot.user.as_deref().unwrap_or_default().to_owned(),
            name: snapshot.name,
            lang: snapshot.lang,
            ver: snapshot.version,
            server: server.to_owned(),
            kind: "Client".to_owned(),
            client_type: "nats".to_owned(),
            ..least
        }
    }

    /// JSON text, as it stands in the header.
    pub fn text(&self) -> String {
        // Strings and numbers only: nothing can go wrong.
        serde_json::to_string(self).unwrap_or_default()
    }
}
