//! Looks at one check: what was expected, what is there.
//!
//! Asks the server and listens to it; never changes what the learner made, and never speaks to the broker
//! but over the socket. Start with [`Eye::look`]: each kind of check has its own way from there.

mod clients;
mod probe;
mod seen;
mod stored;

use std::collections::HashMap;
use std::time::Duration;

use async_nats::Client;
use serde_json::Value;

use super::check::{AnswerKind, Check, Kind};
use super::compare::{Expected, shorten};
use super::numbers;
use super::watch::Watch;
use crate::client::api::Api;
use crate::proto::subject;
pub use seen::Seen;
use seen::trouble;

/// Name of the lab's own connections: what they subscribe to is not the learner's.
pub const OWN_NAME: &str = "goingnats lab";
/// How long a probe of the lab waits for an answer.
const PROBE_TIME: Duration = Duration::from_millis(400);

/// What looks stand on.
pub struct Eye {
    client: Client,
    api: Api,
    connections: Option<Result<Vec<Value>, String>>,
}

impl Eye {
    /// An eye that looks through this client.
    pub fn new(client: Client, api: Api) -> Eye {
        Eye {
            client,
            api,
            connections: None,
        }
    }

    /// Forgets what may have changed since the last round.
    pub fn blink(&mut self) {
        self.connections = None;
    }

    /// Looks at a check.
    pub async fn look(
        &mut self,
        check: &Check,
        watch: Option<&Watch>,
        answers: &HashMap<String, String>,
    ) -> Seen {
        match &check.kind {
            Kind::Stream { name, exists, fields } => self.stream(name, *exists, fields).await,
            Kind::Consumer { stream, name, fields } => self.consumer(stream, name.as_deref(), fields).await,
            Kind::Values {
                stream,
                filter,
                reduce,
                is,
            } => {
                let expected = format!("{reduce} av {filter} i {stream}: {is}");
                match numbers::reduce(&self.api, reduce, stream, filter).await {
                    Ok(value) => Seen::of(is.accepts(&value.into()), expected, value.to_string())
                        .share(value, is.goal()),
                    Err(error) => Seen::of(false, expected, trouble(&error)),
                }
            }
            Kind::Key { bucket, key, fields } => self.key(bucket, key, fields).await,
            Kind::SameKeys { bucket, from, to } => self.same_keys(bucket, from, to).await,
            Kind::Object { bucket, name, fields } => self.object(bucket, name, fields).await,
            Kind::Published { .. } => published(&check.kind, watch),
            Kind::Subscribed { .. } | Kind::Delivered { .. } | Kind::Connection { .. } => {
                self.clients(&check.kind).await
            }
            Kind::Request {
                subject,
                payload,
                reply,
            } => self.request(subject, payload, reply).await,
            Kind::Crosses {
                from,
                to,
                subject,
                crosses,
            } => probe::crossing(from, to, subject, *crosses).await,
            Kind::MayPublish {
                login,
                subject,
                allowed,
            } => probe::publish(login, subject, *allowed).await,
            Kind::Answer(answer) => self.answer(&answer.kind, answers.get(&check.id)).await,
        }
    }

    async fn request(&self, subject: &str, payload: &str, reply: &Expected) -> Seen {
        let expected = format!("svar på {subject} «{payload}»: {reply}");
        let request = async_nats::Request::new()
            .payload(payload.to_owned().into())
            .timeout(Some(PROBE_TIME));
        let seen = match self.client.send_request(subject.to_owned(), request).await {
            Ok(answer) => {
                let text = String::from_utf8_lossy(&answer.payload).into_owned();
                let shown = format!("svaret «{}»", shorten(&text));
                return Seen::of(reply.accepts(&text.into()), expected, shown);
            }
            Err(error) if error.kind() == async_nats::RequestErrorKind::NoResponders => "ingen som svarer",
            Err(_) => "ikke noe svar i tide",
        };
        Seen::of(false, expected, seen.to_owned())
    }

    async fn answer(&self, kind: &AnswerKind, given: Option<&String>) -> Seen {
        let expected = match kind {
            AnswerKind::Choice { choices, .. } => format!("et tall fra 1 til {}", choices.len()),
            AnswerKind::Computed { .. } => "et tall".to_owned(),
            AnswerKind::Pattern { .. } => "et mønster".to_owned(),
            AnswerKind::Text(_) => "svaret ditt".to_owned(),
        };
        let Some(text) = given else {
            return Seen::of(false, expected, "ikke noe svar ennå".to_owned());
        };
        let right = match kind {
            AnswerKind::Text(wanted) => wanted.accepts(&text.as_str().into()),
            AnswerKind::Choice { right, .. } => text.trim().parse() == Ok(*right),
            AnswerKind::Pattern { catches, misses } => {
                let pattern = text.trim().as_bytes();
                let hits = |s: &String| subject::matches(pattern, s.as_bytes());
                subject::is_valid_pattern(pattern) && catches.iter().all(hits) && !misses.iter().any(hits)
            }
            AnswerKind::Computed {
                reduce,
                stream,
                filter,
                tolerance,
            } => {
                let value = numbers::reduce(&self.api, reduce, stream, filter).await;
                let given = text.trim().replace(',', ".").parse::<f64>();
                match (value, given) {
                    (Ok(value), Ok(given)) => (value - given).abs() <= *tolerance,
                    _ => false,
                }
            }
        };
        let word = if right { "riktig" } else { "ikke riktig" };
        Seen::of(right, expected, format!("«{}»: {word}", shorten(text)))
    }
}

fn published(kind: &Kind, watch: Option<&Watch>) -> Seen {
    let Kind::Published {
        subject,
        count,
        payload,
        header,
    } = kind
    else {
        return Seen::default();
    };
    let mut expected = format!("minst {count} på {subject}");
    if let Some(payload) = payload {
        expected += &format!(" med innhold {payload}");
    }
    if let Some((name, value)) = header {
        expected += &format!(" med headeren {name}: {value}");
    }
    let heard = watch.map(Watch::heard).unwrap_or_default();
    let seen = match heard.other {
        Some(other) if heard.fitting < *count => format!("{}, og noe annet: {other}", heard.fitting),
        _ => heard.fitting.to_string(),
    };
    Seen::of(heard.fitting >= *count, expected, seen).share(heard.fitting as f64, Some(*count as f64))
}
