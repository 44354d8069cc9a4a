//! Who is connected, to what they subscribe, and what each of them got.

use std::time::Duration;

use serde_json::{Value, json};

use super::seen::Seen;
use super::{Eye, OWN_NAME};
use crate::lab::check::Kind;
use crate::lab::compare::{Expected, shorten};
use crate::proto::subject;

/// Connections that are asked for at a time.
const CONNECTIONS_MAX: u64 = 1024;

impl Eye {
    pub(super) async fn clients(&mut self, kind: &Kind) -> Seen {
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
