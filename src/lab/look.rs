//! Looks at one check: what was expected, what is there.

use std::collections::HashMap;
use std::time::Duration;

use async_nats::Client;
use base64::Engine;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::check::{AnswerKind, Check, Field, Kind};
use super::compare::{Expected, shorten, show};
use super::numbers;
use super::watch::Watch;
use crate::client::api::{Api, ApiError};
use crate::client::{ConnectSettings, connect, connect_watched};
use crate::proto::subject;

/// Name of the lab's own connections: what they subscribe to is not the learner's.
pub const OWN_NAME: &str = "goingnats lab";
/// How long a probe of the lab waits for an answer.
const PROBE_TIME: Duration = Duration::from_millis(400);
/// Connections that are asked for at a time.
const CONNECTIONS_MAX: u64 = 1024;

/// What a look found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// It is as expected.
    pub passed: bool,
    /// What was expected, in bokmål.
    pub expected: String,
    /// What there is, in bokmål.
    pub seen: String,
    /// How far a count has come.
    pub share: Option<(u64, u64)>,
}

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
            } => probe_crossing(from, to, subject, *crosses).await,
            Kind::MayPublish {
                login,
                subject,
                allowed,
            } => probe_publish(login, subject, *allowed).await,
            Kind::Answer(answer) => self.answer(&answer.kind, answers.get(&check.id)).await,
        }
    }

    async fn stream(&self, name: &str, exists: bool, fields: &[Field]) -> Seen {
        let expected = match exists {
            true => format!("streamen {name}{}", listed(fields)),
            false => format!("ingen stream {name}"),
        };
        match self
            .api
            .request(&format!("STREAM.INFO.{name}"), &Value::Null)
            .await
        {
            Ok(info) if exists => fields_of(&info, fields, expected),
            Ok(_) => Seen::of(false, expected, format!("streamen {name} finnes")),
            Err(ApiError::Refused { status: 404, .. }) => {
                Seen::of(!exists, expected, format!("ingen stream {name}"))
            }
            Err(error) => Seen::of(false, expected, trouble(&error)),
        }
    }

    async fn consumer(&self, stream: &str, name: Option<&str>, fields: &[Field]) -> Seen {
        let which = name.map_or("en consumer".to_owned(), |name| format!("consumeren {name}"));
        let expected = format!("{which} på {stream}{}", listed(fields));
        let listed = self
            .api
            .list(&format!("CONSUMER.LIST.{stream}"), "consumers", &Value::Null)
            .await;
        let all = match listed {
            Ok(all) => all,
            Err(error) => return Seen::of(false, expected, trouble(&error)),
        };
        let mut looks = all
            .iter()
            .filter(|info| name.is_none_or(|name| info["name"] == *name))
            .map(|info| fields_of(info, fields, expected.clone()));
        let Some(first) = looks.next() else {
            return Seen::of(false, expected, format!("ingen slik consumer på {stream}"));
        };
        match first.passed {
            true => first,
            false => looks.find(|seen| seen.passed).unwrap_or(first),
        }
    }

    async fn key(&self, bucket: &str, key: &str, fields: &[Field]) -> Seen {
        let expected = format!("nøkkelen {key} i {bucket}{}", listed(fields));
        match self.key_now(bucket, key).await {
            Ok(Some(found)) => fields_of(&found, fields, expected),
            Ok(None) => Seen::of(false, expected, format!("ingen nøkkel {key}")),
            Err(error) => Seen::of(false, expected, trouble(&error)),
        }
    }

    async fn key_now(&self, bucket: &str, key: &str) -> Result<Option<Value>, ApiError> {
        let stream = format!("KV_{bucket}");
        let subject = format!("$KV.{bucket}.{key}");
        let ask = json!({"last_by_subj": subject});
        let answer = match self.api.request(&format!("STREAM.MSG.GET.{stream}"), &ask).await {
            Ok(answer) => answer,
            Err(ApiError::Refused { code: 10037, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let message = &answer["message"];
        let headers = numbers::text(&message["hdrs"]);
        let operation = headers
            .lines()
            .find_map(|line| line.strip_prefix("KV-Operation: "))
            .unwrap_or("PUT");
        Ok(Some(json!({
            "value": numbers::text(&message["data"]),
            "revision": message["seq"],
            "operation": operation,
            "history": numbers::reduce(&self.api, "count", &stream, &subject).await?,
        })))
    }

    async fn same_keys(&self, bucket: &str, from: &str, to: &str) -> Seen {
        let expected = format!("det som står under {to}. er likt det under {from}.");
        let ask = json!({"subjects_filter": format!("$KV.{bucket}.{from}.>")});
        let info = match self.api.request(&format!("STREAM.INFO.KV_{bucket}"), &ask).await {
            Ok(info) => info,
            Err(error) => return Seen::of(false, expected, trouble(&error)),
        };
        let subjects = info["state"]["subjects"].as_object().cloned().unwrap_or_default();
        let prefix = format!("$KV.{bucket}.{from}.");
        for subject in subjects.keys() {
            let name = subject.strip_prefix(&prefix).unwrap_or(subject);
            let value = |found: Result<Option<Value>, ApiError>| {
                found
                    .ok()
                    .flatten()
                    .map_or(Value::Null, |found| found["value"].clone())
            };
            let wanted = value(self.key_now(bucket, &format!("{from}.{name}")).await);
            let actual = value(self.key_now(bucket, &format!("{to}.{name}")).await);
            if wanted != actual {
                let seen = format!(
                    "{from}.{name} = {}, men {to}.{name} = {}",
                    show(&wanted),
                    show(&actual)
                );
                return Seen::of(false, expected, seen);
            }
        }
        Seen::of(
            !subjects.is_empty(),
            expected,
            format!("{} nøkler er like", subjects.len()),
        )
    }

    async fn object(&self, bucket: &str, name: &str, fields: &[Field]) -> Seen {
        let expected = format!("objektet {name} i {bucket}{}", listed(fields));
        let encoded = base64::engine::general_purpose::URL_SAFE.encode(name);
        let ask = json!({"last_by_subj": format!("$O.{bucket}.M.{encoded}")});
        match self
            .api
            .request(&format!("STREAM.MSG.GET.OBJ_{bucket}"), &ask)
            .await
        {
            Ok(answer) => {
                let meta = serde_json::from_str(&numbers::text(&answer["message"]["data"]));
                fields_of(&meta.unwrap_or_default(), fields, expected)
            }
            Err(error) => Seen::of(false, expected, trouble(&error)),
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

    async fn clients(&mut self, kind: &Kind) -> Seen {
        if self.connections.is_none() {
            self.connections = Some(self.ask_connections().await);
        }
        let all = match self.connections.as_ref().expect("it was filled in above") {
            Ok(all) => all,
            Err(why) => return Seen::of(false, "svar om tilkoblingene".to_owned(), why.clone()),
        };
        match kind {
            Kind::Connection { name, count } => {
                let names: Vec<&str> = all.iter().filter_map(|c| c["name"].as_str()).collect();
                let fitting = names.iter().filter(|n| name.accepts(&(**n).into())).count();
                let shown = names.iter().map(|n| if n.is_empty() { "(uten navn)" } else { n });
                let seen = format!("{fitting}; navnene er: {}", shown.collect::<Vec<_>>().join(", "));
                let expected = format!("{count} tilkobling(er) med navn {name}");
                Seen::of(count.accepts(&fitting.into()), expected, shorten(&seen))
            }
            Kind::Subscribed {
                catches,
                misses,
                pattern,
                queue,
                members,
            } => subscribed(
                &subscriptions(all),
                (catches, misses),
                pattern.as_deref(),
                queue.as_deref(),
                members,
            ),
            Kind::Delivered {
                subject,
                queue,
                members,
                each,
                total,
            } => delivered(
                &subscriptions(all),
                subject,
                queue.as_deref(),
                members,
                *each,
                total,
            ),
            _ => Seen::default(),
        }
    }

    /// The account's connections with their subscriptions, our own left out.
    async fn ask_connections(&self) -> Result<Vec<Value>, String> {
        let ask = json!({"subscriptions": true, "subscriptions_detail": true, "limit": CONNECTIONS_MAX});
        let request = async_nats::Request::new()
            .payload(ask.to_string().into())
            .timeout(Some(Duration::from_secs(2)));
        let answer = self
            .client
            .send_request("$SYS.REQ.ACCOUNT.PING.CONNZ", request)
            .await
            .map_err(|_| {
                "serveren svarer ikke på $SYS.REQ.ACCOUNT.PING.CONNZ, som denne sjekken trenger".to_owned()
            })?;
        let mut answer: Value = serde_json::from_slice(&answer.payload).unwrap_or_default();
        let Value::Array(mut all) = answer["data"]["connections"].take() else {
            return Err("serveren forteller ikke om tilkoblingene".to_owned());
        };
        all.retain(|connection| connection["name"] != OWN_NAME);
        Ok(all)
    }
}

impl Seen {
    fn of(passed: bool, expected: String, seen: String) -> Seen {
        Seen {
            passed,
            expected,
            seen,
            share: None,
        }
    }

    fn share(self, now: f64, goal: Option<f64>) -> Seen {
        let share = goal.filter(|goal| *goal > 1.0 && now >= 0.0);
        Seen {
            share: share.map(|goal| (now.min(goal) as u64, goal as u64)),
            ..self
        }
    }
}

/// One subscription of a client.
struct Subscription<'a> {
    subject: &'a str,
    queue: &'a str,
    messages: u64,
}

fn subscriptions(connections: &[Value]) -> Vec<Subscription<'_>> {
    let details = connections
        .iter()
        .filter_map(|connection| connection["subscriptions_list_detail"].as_array())
        .flatten();
    details
        .map(|detail| Subscription {
            subject: detail["subject"].as_str().unwrap_or_default(),
            queue: detail["qgroup"].as_str().unwrap_or_default(),
            messages: detail["msgs"].as_u64().unwrap_or(0),
        })
        .filter(|s| !s.subject.starts_with("_INBOX") && !s.subject.starts_with("$JS.API"))
        .collect()
}

fn subscribed(
    all: &[Subscription<'_>],
    (catches, misses): (&[String], &[String]),
    pattern: Option<&str>,
    queue: Option<&str>,
    members: &Expected,
) -> Seen {
    let fits = |s: &&Subscription<'_>| {
        let hits = |subject: &String| subject::matches(s.subject.as_bytes(), subject.as_bytes());
        pattern.is_none_or(|pattern| s.subject == pattern)
            && queue.is_none_or(|queue| s.queue == queue)
            && catches.iter().all(hits)
            && !misses.iter().any(hits)
    };
    let fitting = all.iter().filter(fits).count();
    let mut expected = format!("{members} abonnement");
    if let Some(pattern) = pattern {
        expected += &format!(" på {pattern}");
    }
    if let Some(queue) = queue {
        expected += &format!(" i køgruppen {queue}");
    }
    if !catches.is_empty() {
        expected += " som får akkurat det oppgaven ber om";
    }
    let mut shown: Vec<String> = all
        .iter()
        .map(|s| match s.queue {
            "" => s.subject.to_owned(),
            queue => format!("{} [{queue}]", s.subject),
        })
        .collect();
    shown.sort_unstable();
    let seen = match shown.is_empty() {
        true => "ingen abonnement".to_owned(),
        false => shorten(&shown.join(", ")),
    };
    Seen::of(members.accepts(&fitting.into()), expected, seen).share(fitting as f64, members.goal())
}

fn delivered(
    all: &[Subscription<'_>],
    subject: &str,
    queue: Option<&str>,
    members: &Expected,
    each: u64,
    total: &Expected,
) -> Seen {
    let own: Vec<&Subscription<'_>> = all
        .iter()
        .filter(|s| s.subject == subject && queue.map_or(s.queue.is_empty(), |queue| s.queue == queue))
        .filter(|s| s.messages >= each)
        .collect();
    let sum: u64 = own.iter().map(|s| s.messages).sum();
    let passed = members.accepts(&own.len().into()) && total.accepts(&sum.into());
    let expected = format!("{members} abonnement på {subject} med minst {each} hver, {total} i alt");
    let each: Vec<String> = own.iter().map(|s| s.messages.to_string()).collect();
    let seen = format!("{} abonnement, {sum} i alt ({})", own.len(), each.join(" + "));
    Seen::of(passed, expected, seen).share(sum as f64, total.goal())
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

/// The first field that is not as expected, else all of them.
fn fields_of(info: &Value, fields: &[Field], expected: String) -> Seen {
    let value = |name: &str| {
        [
            &info[name],
            &info["config"][name],
            &info["state"][name],
            &info["options"][name],
        ]
        .into_iter()
        .find(|value| !value.is_null())
        .cloned()
        .unwrap_or_default()
    };
    for field in fields {
        let found = value(&field.name);
        // Go leaves out what is zero, empty or false.
        let zero = found.is_null()
            && [json!(0), json!(false), json!("")]
                .iter()
                .any(|v| field.expected.accepts(v));
        if !zero && !field.expected.accepts(&found) {
            let seen = format!("{} = {}", field.name, show(&found));
            let share = found.as_f64().unwrap_or(-1.0);
            return Seen::of(false, expected, seen).share(share, field.expected.goal());
        }
    }
    Seen::of(true, expected, "slik det skal være".to_owned())
}

fn listed(fields: &[Field]) -> String {
    let texts: Vec<String> = fields
        .iter()
        .map(|f| format!("{} {}", f.name, f.expected))
        .collect();
    match texts.is_empty() {
        true => String::new(),
        false => format!(" med {}", texts.join(", ")),
    }
}

fn trouble(error: &ApiError) -> String {
    match error {
        ApiError::NoResponders => "JetStream er ikke på i denne kontoen".to_owned(),
        ApiError::TimedOut => "serveren svarte ikke i tide".to_owned(),
        ApiError::Refused { description, .. } => format!("serveren sier: {description}"),
        error => error.to_string(),
    }
}

/// Settings for one of the learner's own logins.
fn login(url: &str) -> ConnectSettings {
    ConnectSettings {
        timeout: PROBE_TIME * 2,
        ..ConnectSettings::to_server(url).named(OWN_NAME)
    }
}

async fn probe_crossing(from: &str, to: &str, subject: &str, crosses: bool) -> Seen {
    let expected = match crosses {
        true => format!("{subject} når fram til den andre kontoen"),
        false => format!("{subject} blir i sin egen konto"),
    };
    let (from, to) = (login(from), login(to));
    let (from, to) = tokio::join!(connect(&from), connect(&to));
    let (from, to) = match (from, to) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(error), _) | (_, Err(error)) => return Seen::of(false, expected, error.to_string()),
    };
    let Ok(mut messages) = to.subscribe(subject.to_owned()).await else {
        return Seen::of(false, expected, "kan ikke abonnere".to_owned());
    };
    let sent = async {
        to.flush().await.ok()?;
        // The answer to a request tells that the server has the subscription.
        let _ = to.request("goingnats.probe", "".into()).await;
        from.publish(subject.to_owned(), "prøve".into()).await.ok()?;
        from.flush().await.ok()
    };
    let _ = sent.await;
    let arrived = matches!(
        tokio::time::timeout(PROBE_TIME, messages.next()).await,
        Ok(Some(_))
    );
    let seen = if arrived {
        "meldingen kom fram"
    } else {
        "meldingen kom ikke fram"
    };
    Seen::of(arrived == crosses, expected, seen.to_owned())
}

async fn probe_publish(url: &str, subject: &str, allowed: bool) -> Seen {
    let may = if allowed { "får" } else { "får ikke" };
    let expected = format!("brukeren {may} publisere til {subject}");
    let (tell, mut told) = tokio::sync::mpsc::channel(4);
    let settings = login(url);
    let connected = connect_watched(&settings, move |event| {
        if let async_nats::Event::ServerError(error) = event {
            let _ = tell.try_send(error.to_string());
        }
    });
    let client = match connected.await {
        Ok(client) => client,
        Err(error) => return Seen::of(false, expected, error.to_string()),
    };
    let _ = client.publish(subject.to_owned(), "prøve".into()).await;
    let _ = client.flush().await;
    let refused = tokio::time::timeout(PROBE_TIME, told.recv()).await.ok().flatten();
    let seen = match &refused {
        Some(error) => shorten(error),
        None => "serveren tok imot meldingen".to_owned(),
    };
    Seen::of(refused.is_none() == allowed, expected, seen)
}
