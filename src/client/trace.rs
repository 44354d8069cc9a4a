//! The way of one message through the servers, as they tell it to `Nats-Trace-Dest` (ADR-41): asking, and reading what
//! comes. What is said of it is up to whoever asks.

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::{Client, HeaderMap, PublishError, StatusCode, SubscribeError};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::util::time::Timestamp;

/// Servers before this version do not know the headers, and would deliver the message.
pub const SERVER_VERSION_MIN: (i64, i64, i64) = (2, 11, 0);
/// Headers that ask servers to tell.
const DESTINATION: &str = "Nats-Trace-Dest";
const ONLY: &str = "Nats-Trace-Only";
/// The header that ties an event to the hop that led to it.
const HOP: &str = "Nats-Trace-Hop";
/// Events of one message; it passes few servers.
const EVENTS_MAX: usize = 1_000;

/// What one server tells of the message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceEvent {
    /// The server's name.
    pub server: String,
    /// Its version.
    pub version: String,
    /// Its cluster, or empty.
    pub cluster: String,
    /// When it told.
    pub time: Option<Timestamp>,
    /// The hop that led to it; empty for the server that the message was published to.
    pub hop: String,
    /// What happened there, in order.
    pub steps: Vec<TraceStep>,
}

/// Something that happened to the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceStep {
    /// What.
    pub what: Step,
    /// When.
    pub at: Option<Timestamp>,
    /// Why it went wrong; empty where it did not.
    pub error: String,
}

/// What can happen to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It came in.
    Ingress(Peer),
    /// The account's mappings gave it another subject.
    Mapped {
        /// Which.
        to: String,
    },
    /// It went on to the account whose service it asks for.
    ServiceImport {
        /// The subject before.
        from: String,
        /// The subject there.
        to: String,
        /// That account.
        account: String,
    },
    /// It went on to an account that imports the stream of messages.
    StreamExport {
        /// The subject there.
        to: String,
        /// That account.
        account: String,
    },
    /// A stream of JetStream was offered it.
    JetStream {
        /// The stream's name.
        stream: String,
        /// The subject that it would be stored with.
        subject: String,
        /// Nobody would have been interested.
        no_interest: bool,
    },
    /// It went out.
    Egress {
        /// To whom.
        to: Peer,
        /// The account, where it is another one.
        account: String,
        /// The subscription's pattern.
        subject: String,
        /// The queue group.
        queue: String,
        /// The hop that this leads to; empty where it leads nowhere.
        hop: String,
    },
}

/// The other end of a connection of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// What it is.
    pub kind: PeerKind,
    /// The connection's number.
    pub id: u64,
    /// What it is called, or empty.
    pub name: String,
}

/// What a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeerKind {
    /// A client.
    Client,
    /// A server of the same cluster.
    Router,
    /// Another cluster.
    Gateway,
    /// A leaf node, or what it belongs to.
    Leaf,
    /// JetStream.
    JetStream,
    /// The server itself.
    Internal,
}

impl PeerKind {
    /// By nats-server's numbers.
    fn of(number: Option<u64>) -> PeerKind {
        match number {
            Some(0) => PeerKind::Client,
            Some(1) => PeerKind::Router,
            Some(2) => PeerKind::Gateway,
            Some(4) => PeerKind::Leaf,
            Some(5) => PeerKind::JetStream,
            _ => PeerKind::Internal,
        }
    }

    /// True where another server has it next.
    pub fn leads_on(self) -> bool {
        matches!(self, PeerKind::Router | PeerKind::Gateway | PeerKind::Leaf)
    }
}

impl TraceEvent {
    /// Reads what a server told. Steps of kinds that are not known are left out.
    pub fn read(told: &Value) -> TraceEvent {
        let server = &told["server"];
        TraceEvent {
            server: text(&server["name"]),
            version: text(&server["ver"]),
            cluster: text(&server["cluster"]),
            time: time(&server["time"]),
            hop: text(&told["request"]["header"][HOP][0]),
            steps: told["events"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(step)
                .collect(),
        }
    }

    /// How it came in, where that is told.
    pub fn ingress(&self) -> Option<(&Peer, &TraceStep)> {
        self.steps.iter().find_map(|step| match &step.what {
            Step::Ingress(peer) => Some((peer, step)),
            _ => None,
        })
    }

    /// True when it came from a client, was not refused, and went to nobody.
    pub fn is_unheard(&self) -> bool {
        let accepted = self
            .ingress()
            .is_some_and(|(peer, step)| peer.kind == PeerKind::Client && step.error.is_empty());
        let went_out = |step: &TraceStep| matches!(step.what, Step::Egress { .. });
        accepted && !self.steps.iter().any(went_out)
    }

    /// The hops that it tells of.
    fn onward(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.what {
            Step::Egress { hop, .. } if !hop.is_empty() => Some(hop.as_str()),
            _ => None,
        })
    }
}

/// The event of the server that the message was published to.
pub fn first(events: &[TraceEvent]) -> Option<&TraceEvent> {
    events.iter().find(|event| event.hop.is_empty())
}

/// The event that a hop led to, if that server told.
pub fn behind<'a>(events: &'a [TraceEvent], hop: &str) -> Option<&'a TraceEvent> {
    events.iter().find(|event| !hop.is_empty() && event.hop == hop)
}

fn step(told: &Value) -> Option<TraceStep> {
    let field = |name: &str| text(&told[name]);
    let peer = || Peer {
        kind: PeerKind::of(told["kind"].as_u64()),
        id: told["cid"].as_u64().unwrap_or(0),
        name: field("name"),
    };
    let what = match told["type"].as_str()? {
        "in" => Step::Ingress(peer()),
        "sm" => Step::Mapped { to: field("to") },
        "si" => Step::ServiceImport {
            from: field("from"),
            to: field("to"),
            account: field("acc"),
        },
        "se" => Step::StreamExport {
            to: field("to"),
            account: field("acc"),
        },
        "js" => Step::JetStream {
            stream: field("stream"),
            subject: field("subject"),
            no_interest: told["nointerest"].as_bool().unwrap_or(false),
        },
        "eg" => Step::Egress {
            to: peer(),
            account: field("acc"),
            subject: field("sub"),
            queue: field("queue"),
            hop: field("hop"),
        },
        _ => return None,
    };
    Some(TraceStep {
        what,
        at: time(&told["ts"]),
        error: field("error"),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// A message that is to be followed.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Where it is published.
    pub subject: String,
    /// Its own headers.
    pub headers: HeaderMap,
    /// Its payload.
    pub payload: Bytes,
    /// Those whom it is for get it, too.
    pub deliver: bool,
}

/// Why nothing is known of the way.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The answers cannot be listened to.
    #[error(transparent)]
    Subscribe(#[from] SubscribeError),
    /// The message cannot be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The connection ended.
    #[error(transparent)]
    Flush(#[from] async_nats::client::FlushError),
    /// A server told something else than JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// No server told anything in time: it may not be allowed, or the message did not get there.
    #[error("nats: timeout")]
    Silent,
}

/// Sends the message, and takes what servers tell until every hop that one tells of has told of itself, for `wait` at
/// most. `overhear` sees each answer as it came.
///
/// # Errors
/// See [`TraceError`].
pub async fn ask(
    client: &Client,
    question: Question,
    wait: Duration,
    mut overhear: impl FnMut(&[u8]),
) -> Result<Vec<TraceEvent>, TraceError> {
    let inbox = client.new_inbox();
    let mut told = client.subscribe(inbox.clone()).await?;
    let mut headers = question.headers;
    headers.insert(DESTINATION, inbox.as_str());
    if !question.deliver {
        headers.insert(ONLY, "true");
    }
    client
        .publish_with_headers(question.subject, headers, question.payload)
        .await?;
    client.flush().await?;
    let until = tokio::time::Instant::now() + wait;
    let mut events: Vec<TraceEvent> = Vec::new();
    // The first comes from the server that we are connected to, and has no hop.
    let mut awaited = BTreeSet::from([String::new()]);
    while !awaited.is_empty() && events.len() < EVENTS_MAX {
        let Ok(Some(message)) = tokio::time::timeout_at(until, told.next()).await else {
            break;
        };
        if message.status == Some(StatusCode::NO_RESPONDERS) {
            continue;
        }
        overhear(&message.payload);
        let event = TraceEvent::read(&serde_json::from_slice(&message.payload)?);
        awaited.remove(&event.hop);
        awaited.extend(event.onward().map(str::to_owned));
        events.push(event);
    }
    match events.is_empty() {
        true => Err(TraceError::Silent),
        false => Ok(events),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_server_tells_is_read() {
        let told = json!({
            "server": {"name": "oslo", "ver": "2.14.5", "cluster": "C", "time": "2026-11-24T18:00:01Z"},
            "request": {"header": {HOP: ["1.2"]}},
            "events": [
                {"type": "in", "kind": 4, "cid": 5, "name": "hamar", "ts": "2026-11-24T18:00:00Z"},
                {"type": "sm", "to": "b"},
                {"type": "si", "from": "a", "to": "b", "acc": "X"},
                {"type": "se", "to": "c", "acc": "Y"},
                {"type": "js", "stream": "S", "subject": "b", "nointerest": true, "error": "full"},
                {"type": "eg", "kind": 1, "cid": 9, "sub": "b.*", "queue": "q", "acc": "Z", "hop": "1.2.1"},
                {"type": "new kind"},
            ],
        });
        let event = TraceEvent::read(&told);
        let names = [&event.server, &event.version, &event.cluster, &event.hop];
        assert_eq!(names, ["oslo", "2.14.5", "C", "1.2"]);
        assert_eq!(event.steps.len(), 6, "what is not known is left out");
        let (from, step) = event.ingress().unwrap();
        assert_eq!(
            (from.kind, from.id, from.name.as_str()),
            (PeerKind::Leaf, 5, "hamar")
        );
        assert_eq!(step.at, Some("2026-11-24T18:00:00Z".parse().unwrap()));
        assert_eq!(event.steps[4].error, "full");
        assert!(matches!(
            &event.steps[4].what,
            Step::JetStream {
                no_interest: true,
                ..
            }
        ));
        assert_eq!(event.onward().collect::<Vec<_>>(), ["1.2.1"]);
        assert!(!event.is_unheard());
        assert_eq!(TraceEvent::read(&json!([])), TraceEvent::default());
    }

    #[test]
    fn hops_lead_from_one_event_to_the_next() {
        let at = |hop: &str| TraceEvent {
            hop: hop.to_owned(),
            ..TraceEvent::default()
        };
        let events = [at("1"), at(""), at("2")];
        assert_eq!(first(&events), Some(&events[1]));
        assert_eq!(behind(&events, "2"), Some(&events[2]));
        assert_eq!((behind(&events, ""), behind(&events, "3")), (None, None));
    }

    #[test]
    fn a_message_that_came_and_went_to_nobody_is_unheard() {
        let of = |events: Value| TraceEvent::read(&json!({"events": events})).is_unheard();
        assert!(of(json!([{"type": "in", "kind": 0}])));
        assert!(of(
            json!([{"type": "in", "kind": 0}, {"type": "js", "stream": "S"}])
        ));
        assert!(!of(json!([{"type": "in", "kind": 0, "error": "no"}])));
        assert!(!of(json!([{"type": "in", "kind": 0}, {"type": "eg", "kind": 0}])));
        assert!(
            !of(json!([{"type": "in", "kind": 1}])),
            "another server sent it here"
        );
    }
}
