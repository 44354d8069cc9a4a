//! Connections, open and closed.

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize};

use super::query::{BadRequest, Query};
use super::source::{ConnectionSnapshot, Source, SubscriptionSnapshot};
use super::uptime;
use crate::broker::auth::Certificate;
use crate::broker::conf::GLOBAL_ACCOUNT;
use crate::proto::api::is_default;
use crate::proto::subject;
use crate::util::duration;
use crate::util::time::Timestamp;

/// Connections or subscriptions on one page, when the request says nothing else.
pub const PAGE: usize = 1024;

/// What to list, as a request in the system account says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConnzOptions {
    sort: String,
    #[serde(rename = "auth")]
    login: bool,
    subscriptions: bool,
    subscriptions_detail: bool,
    offset: i64,
    limit: i64,
    cid: u64,
    mqtt_client: String,
    state: State,
    user: String,
    #[serde(rename = "acc")]
    account: String,
    filter_subject: String,
}

/// Which connections; a number in requests, as Go's constants count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    Closed,
    All,
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<State, D::Error> {
        Ok(match u8::deserialize(deserializer)? {
            0 => State::Open,
            1 => State::Closed,
            _ => State::All,
        })
    }
}

impl ConnzOptions {
    /// Reads the parameters of `/connz`.
    pub fn from_query(query: &Query<'_>) -> Result<ConnzOptions, BadRequest> {
        let (subscriptions, subscriptions_detail) = query.subs()?;
        let state = query.text("state");
        Ok(ConnzOptions {
            sort: query.text("sort").to_owned(),
            login: query.flag("auth")?,
            subscriptions,
            subscriptions_detail,
            offset: query.int("offset")?,
            limit: query.int("limit")?,
            cid: query.unsigned("cid")?,
            mqtt_client: query.text("mqtt_client").to_owned(),
            state: match state.to_ascii_lowercase().as_str() {
                "" | "open" => State::Open,
                "closed" => State::Closed,
                "any" | "all" => State::All,
                _ => return Err(BadRequest(format!("Error decoding state for {state}"))),
            },
            user: query.text("user").to_owned(),
            account: query.text("acc").to_owned(),
            // Over HTTP there is no such parameter; in the system account there is.
            filter_subject: String::new(),
        })
    }

    /// The same, for one account only.
    pub fn of_account(self, account: &str) -> ConnzOptions {
        ConnzOptions {
            account: account.to_owned(),
            ..self
        }
    }

    fn shows_subscriptions(&self) -> bool {
        self.subscriptions || self.subscriptions_detail
    }

    /// The subject that subscriptions must meet, if one is asked for.
    fn filter(&self) -> Result<Option<&str>, BadRequest> {
        match self.filter_subject.as_str() {
            "" | ">" => Ok(None),
            _ if self.account.is_empty() => {
                let text = "filter by subject only valid with account filtering";
                Err(BadRequest(text.to_owned()))
            }
            filter => Ok(Some(filter)),
        }
    }

    /// Is this one of the connections asked for, the account apart?
    fn wants(&self, connection: &ConnectionSnapshot) -> bool {
        let user = connection.user.as_deref().unwrap_or_default();
        // Nobody comes in by MQTT, so nobody has an MQTT client's id.
        (self.cid == 0 || connection.id == self.cid)
            && (self.user.is_empty() || user == self.user)
            && self.mqtt_client.is_empty()
    }
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Connz {
    server_id: String,
    now: Timestamp,
    num_connections: usize,
    total: usize,
    offset: usize,
    limit: usize,
    /// Null for an account that there is not.
    connections: Option<Vec<Connection>>,
}

/// One connection in it. What a client without TLS, JWT and MQTT has not, is left out.
#[derive(Debug, Serialize)]
struct Connection {
    cid: u64,
    kind: &'static str,
    r#type: &'static str,
    ip: String,
    port: u16,
    start: Timestamp,
    last_activity: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    rtt: String,
    uptime: String,
    idle: String,
    pending_bytes: usize,
    in_msgs: u64,
    out_msgs: u64,
    in_bytes: u64,
    out_bytes: u64,
    #[serde(skip_serializing_if = "is_default")]
    stalls: u64,
    subscriptions: usize,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    lang: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_cipher_suite: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tls_peer_certs: Vec<PeerCertificate>,
    #[serde(skip_serializing_if = "is_default")]
    tls_first: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorized_user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subscriptions_list: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subscriptions_list_detail: Vec<Subscription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_tag: Option<String>,
}

/// A certificate that a client brought.
#[derive(Debug, Serialize)]
struct PeerCertificate {
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    spki_sha256: String,
    cert_sha256: String,
}

impl PeerCertificate {
    fn new(certificate: &Certificate) -> PeerCertificate {
        PeerCertificate {
            subject: certificate.subject.clone(),
            spki_sha256: certificate.spki_sha256.clone(),
            cert_sha256: certificate.cert_sha256.clone(),
        }
    }
}

/// One subscription, in connz and subsz.
#[derive(Debug, Serialize)]
pub struct Subscription {
    /// Only subsz says whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The account's name again: without JWT it has no other tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_tag: Option<String>,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    qgroup: Option<String>,
    sid: String,
    msgs: u64,
    #[serde(skip_serializing_if = "is_default")]
    max: u64,
    cid: u64,
}

impl Subscription {
    /// A client's subscription.
    pub fn new(cid: u64, account: Option<&str>, subscription: SubscriptionSnapshot) -> Subscription {
        Subscription {
            account: account.map(str::to_owned),
            account_tag: account.map(str::to_owned),
            subject: subscription.subject,
            qgroup: subscription.queue,
            sid: subscription.sid,
            msgs: subscription.delivered,
            max: subscription.max,
            cid,
        }
    }
}

/// Lists connections.
pub fn connz(source: &dyn Source, options: &ConnzOptions) -> Result<Connz, BadRequest> {
    let order = Order::parse(&options.sort, options.state)?;
    let filter = options.filter()?;
    let now = source.now();
    let offset = usize::try_from(options.offset).unwrap_or(0);
    let limit = match options.limit {
        _ if options.cid > 0 => 1,
        limit => page_size(limit),
    };
    if !options.account.is_empty() && !source.has_account(&options.account) {
        return Ok(Connz {
            server_id: String::new(),
            now,
            num_connections: 0,
            total: 0,
            offset,
            limit,
            connections: None,
        });
    }
    let with_list = options.shows_subscriptions() || filter.is_some();
    let mut found = Vec::new();
    if options.state != State::Closed {
        found.extend(source.open_connections(with_list));
    }
    if options.state != State::Open {
        found.extend(source.closed_connections());
    }
    found.retain(|connection| options.account.is_empty() || connection.account == options.account);
    // As in nats-server, the total knows of the account but of no other filter.
    let total = found.len();
    found.retain(|connection| options.wants(connection) && meets(connection, filter));
    order.sort(&mut found, now);
    let page = found.into_iter().skip(offset).take(limit);
    let connections: Vec<_> = page
        .map(|connection| Connection::new(connection, options, now))
        .collect();
    Ok(Connz {
        server_id: source.info().server_id,
        now,
        num_connections: connections.len(),
        total,
        offset,
        limit,
        connections: Some(connections),
    })
}

/// The size of a page; the default when a request asks for none.
pub fn page_size(limit: i64) -> usize {
    usize::try_from(limit)
        .ok()
        .filter(|limit| *limit > 0)
        .unwrap_or(PAGE)
}

/// Has an open connection a subscription that could share a message with the filter? Closed ones
/// are not asked.
fn meets(connection: &ConnectionSnapshot, filter: Option<&str>) -> bool {
    let Some(filter) = filter.filter(|_| connection.ended.is_none()) else {
        return true;
    };
    let mut subscriptions = connection.subscription_list.iter();
    subscriptions.any(|subscription| subject::collide(filter.as_bytes(), subscription.subject.as_bytes()))
}

impl Connection {
    fn new(connection: ConnectionSnapshot, options: &ConnzOptions, now: Timestamp) -> Connection {
        let until = connection.ended.map_or(now, |(at, _)| at);
        let ip = connection.host();
        // As nats-server has it, what a client subscribed to is said with its account once it is gone, asked for or not.
        let left = connection.ended.is_some().then(|| connection.account.clone());
        let account = Some(connection.account).filter(|_| options.login);
        let mut listed = Connection {
            cid: connection.id,
            kind: "Client",
            r#type: "nats",
            ip,
            port: connection.peer.map_or(0, |peer| peer.port()),
            start: connection.started,
            last_activity: connection.last_activity,
            stop: connection.ended.map(|(at, _)| at),
            reason: connection.ended.map(|(_, reason)| reason.text()),
            rtt: duration::format(rounded(connection.rtt.unwrap_or_default())),
            uptime: uptime::format(until.since(connection.started)),
            idle: uptime::format(until.since(connection.last_activity)),
            pending_bytes: connection.pending,
            in_msgs: connection.stats.in_messages,
            out_msgs: connection.stats.out_messages,
            in_bytes: connection.stats.in_bytes,
            out_bytes: connection.stats.out_bytes,
            stalls: connection.stats.stalls,
            subscriptions: connection.subscriptions,
            name: connection.name,
            lang: connection.lang,
            version: connection.version,
            tls_peer_certs: match (&connection.tls, options.login) {
                (Some(tls), true) => tls.certificates.iter().map(|c| PeerCertificate::new(c)).collect(),
                _ => Vec::new(),
            },
            tls_version: connection.tls.as_ref().map(|tls| tls.version),
            tls_first: connection.tls.as_ref().is_some_and(|tls| tls.first),
            tls_cipher_suite: connection.tls.map(|tls| tls.suite),
            authorized_user: connection
                .user
                .filter(|_| options.login)
                .map(|user| user.to_string()),
            account: account
                .clone()
                .filter(|name| name != GLOBAL_ACCOUNT && !name.is_empty()),
            subscriptions_list: Vec::new(),
            subscriptions_list_detail: Vec::new(),
            name_tag: account.filter(|name| !name.is_empty()),
        };
        let subscriptions = connection.subscription_list.into_iter();
        if options.subscriptions_detail {
            listed.subscriptions_list_detail = subscriptions
                .map(|subscription| Subscription::new(connection.id, left.as_deref(), subscription))
                .collect();
        } else if options.subscriptions {
            listed.subscriptions_list = subscriptions.map(|subscription| subscription.subject).collect();
        }
        listed
    }
}

/// Below a millisecond, microseconds are exact enough.
pub fn rounded(rtt: std::time::Duration) -> std::time::Duration {
    let micros = rtt.as_micros() as u64;
    match micros {
        1..1000 => std::time::Duration::from_micros(micros),
        _ => rtt,
    }
}

/// What the list is sorted by. By number and by reason upwards, by everything else downwards.
#[derive(Debug, Clone, Copy)]
enum Order {
    Cid,
    Subs,
    Pending,
    MsgsTo,
    MsgsFrom,
    BytesTo,
    BytesFrom,
    Last,
    Idle,
    Uptime,
    Stop,
    Reason,
    Rtt,
}

impl Order {
    fn parse(text: &str, state: State) -> Result<Order, BadRequest> {
        Ok(match text {
            "" | "cid" | "start" => Order::Cid,
            "subs" => Order::Subs,
            "pending" => Order::Pending,
            "msgs_to" => Order::MsgsTo,
            "msgs_from" => Order::MsgsFrom,
            "bytes_to" => Order::BytesTo,
            "bytes_from" => Order::BytesFrom,
            "last" => Order::Last,
            "idle" => Order::Idle,
            "uptime" => Order::Uptime,
            "rtt" => Order::Rtt,
            "stop" | "reason" if state != State::Closed => {
                return Err(BadRequest(format!(
                    "sort by {text} only valid on closed connections"
                )));
            }
            "stop" => Order::Stop,
            "reason" => Order::Reason,
            other => return Err(BadRequest(format!("invalid sorting option: {other}"))),
        })
    }

    /// Equal ones stand in the order of their numbers.
    fn sort(self, connections: &mut [ConnectionSnapshot], now: Timestamp) {
        connections.sort_by(|a, b| self.compare(a, b, now).then(a.id.cmp(&b.id)));
    }

    fn compare(self, a: &ConnectionSnapshot, b: &ConnectionSnapshot, now: Timestamp) -> Ordering {
        let until = |c: &ConnectionSnapshot| c.ended.map_or(now, |(at, _)| at);
        let idle = |c: &ConnectionSnapshot| until(c).since(c.last_activity);
        let uptime = |c: &ConnectionSnapshot| until(c).since(c.started);
        let stop = |c: &ConnectionSnapshot| c.ended.map(|(at, _)| at);
        let reason = |c: &ConnectionSnapshot| c.ended.map(|(_, reason)| reason.text());
        match self {
            Order::Cid => Ordering::Equal,
            Order::Subs => b.subscriptions.cmp(&a.subscriptions),
            Order::Pending => b.pending.cmp(&a.pending),
            Order::MsgsTo => b.stats.out_messages.cmp(&a.stats.out_messages),
            Order::MsgsFrom => b.stats.in_messages.cmp(&a.stats.in_messages),
            Order::BytesTo => b.stats.out_bytes.cmp(&a.stats.out_bytes),
            Order::BytesFrom => b.stats.in_bytes.cmp(&a.stats.in_bytes),
            Order::Last => b.last_activity.cmp(&a.last_activity),
            Order::Idle => idle(b).cmp(&idle(a)),
            Order::Uptime => uptime(a).cmp(&uptime(b)),
            Order::Stop => stop(b).cmp(&stop(a)),
            Order::Reason => reason(a).cmp(&reason(b)),
            Order::Rtt => b.rtt.cmp(&a.rtt),
        }
    }
}
