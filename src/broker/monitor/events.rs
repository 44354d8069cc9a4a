//! What the server says of its own accord in the system account.

use std::collections::BTreeMap;

use serde::Serialize;

use super::accountz::AccountStat;
use super::connz::rounded;
use super::source::{AccountSnapshot, ConnectionSnapshot, Source};
use super::statsz::Data;
use super::varz::feature_flags;
use crate::proto::errors::CloseReason;
use crate::util::time::Timestamp;

/// Who speaks. It stands at the head of every answer and event.
#[derive(Debug, Serialize)]
pub struct ServerInfo {
    name: String,
    host: String,
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    domain: String,
    ver: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    feature_flags: BTreeMap<String, bool>,
    jetstream: bool,
    flags: u64,
    seq: u64,
    time: Timestamp,
}

/// Has JetStream, sends binary snapshots, keeps its groups' traffic in their accounts: what a
/// nats-server with JetStream says.
const JETSTREAM_FLAGS: u64 = 7;

impl ServerInfo {
    /// The server now; `seq` counts what it says.
    pub fn new(source: &dyn Source, seq: u64) -> ServerInfo {
        let (info, options) = (source.info(), source.options());
        ServerInfo {
            name: info.server_name,
            host: info.host,
            id: info.server_id,
            domain: info.domain,
            ver: info.version,
            tags: options.server_tags.clone(),
            metadata: options.server_metadata.clone(),
            feature_flags: feature_flags(source),
            jetstream: info.jetstream,
            flags: if info.jetstream { JETSTREAM_FLAGS } else { 0 },
            seq,
            time: source.now(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Event<'a, T> {
    r#type: &'static str,
    id: String,
    timestamp: Timestamp,
    server: &'a ServerInfo,
    #[serde(flatten)]
    what: T,
}

#[derive(Debug, Serialize)]
struct Connected {
    client: Client,
}

#[derive(Debug, Serialize)]
struct Disconnected {
    client: Client,
    sent: Data,
    received: Data,
    reason: &'static str,
}

/// A client in an event.
#[derive(Debug, Serialize)]
struct Client {
    start: Timestamp,
    host: String,
    id: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    acc: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    lang: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    ver: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<Timestamp>,
    #[serde(skip_serializing_if = "String::is_empty")]
    name_tag: String,
    kind: &'static str,
    client_type: &'static str,
}

impl Client {
    fn new(connection: &ConnectionSnapshot) -> Client {
        let ended = connection.ended.is_some();
        let rtt = connection.rtt.filter(|_| ended);
        Client {
            start: connection.started,
            host: connection.host(),
            id: connection.id,
            acc: connection.account.clone(),
            user: connection.user.as_deref().map(str::to_owned),
            name: connection.name.clone(),
            lang: connection.lang.clone(),
            ver: connection.version.clone(),
            rtt: rtt.map(|rtt| rounded(rtt).as_nanos() as u64),
            stop: connection.ended.map(|(at, _)| at),
            name_tag: connection.account.clone(),
            kind: "Client",
            client_type: "nats",
        }
    }
}

/// The body of `$SYS.ACCOUNT.<account>.CONNECT`.
pub fn connect(server: &ServerInfo, id: String, connection: &ConnectionSnapshot) -> Vec<u8> {
    let what = Connected {
        client: Client::new(connection),
    };
    event(
        server,
        "io.nats.server.advisory.v1.client_connect",
        id,
        server.time,
        what,
    )
}

/// The body of `$SYS.ACCOUNT.<account>.DISCONNECT`, and of the event about a login that failed. What
/// the client sent is "sent", seen from its side.
pub fn disconnect(server: &ServerInfo, id: String, connection: &ConnectionSnapshot) -> Vec<u8> {
    let (at, reason) = connection
        .ended
        .unwrap_or((server.time, CloseReason::ClientClosed));
    let what = Disconnected {
        client: Client::new(connection),
        sent: Data {
            msgs: connection.stats.in_messages,
            bytes: connection.stats.in_bytes,
        },
        received: Data {
            msgs: connection.stats.out_messages,
            bytes: connection.stats.out_bytes,
        },
        reason: reason.text(),
    };
    event(
        server,
        "io.nats.server.advisory.v1.client_disconnect",
        id,
        at,
        what,
    )
}

/// The body of `$SYS.ACCOUNT.<account>.SERVER.CONNS`, also the answer to a request for it.
pub fn account_connections(server: &ServerInfo, id: String, account: AccountSnapshot) -> Vec<u8> {
    let kind = "io.nats.server.advisory.v1.account_connections";
    event(server, kind, id, server.time, AccountStat::new(account))
}

/// The body of the server's last words: who it is, and nothing else.
pub fn shutdown(server: &ServerInfo) -> Vec<u8> {
    encode(server)
}

fn event<T: Serialize>(
    server: &ServerInfo,
    kind: &'static str,
    id: String,
    timestamp: Timestamp,
    what: T,
) -> Vec<u8> {
    encode(&Event {
        r#type: kind,
        id,
        timestamp,
        server,
        what,
    })
}

/// JSON text. Values of ours have string keys and finite numbers only, so nothing can go wrong.
pub(super) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("values with string keys become JSON")
}
