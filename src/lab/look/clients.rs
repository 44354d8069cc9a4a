//! Who is connected, to what they subscribe, and what each of them got.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::seen::Seen;
use super::{Eye, OWN_NAME};
use crate::lab::check::Kind;
use crate::lab::compare::{Expected, shorten};
use crate::lab::texts;
use crate::proto::subject;

/// Connections that are asked for at a time.
const CONNECTIONS_MAX: u64 = 1024;
/// Subscriptions of which is said why they do not fit.
const MISFITS_MAX: usize = 3;
/// Members whose share is spelled out.
const SHARES_MAX: usize = 8;

impl Eye {
    pub(super) async fn clients(&mut self, kind: &Kind) -> Seen {
        let all = match self.connections().await {
            Ok(all) => all.clone(),
            Err(why) => return Seen::unable(expected_of(kind), why),
        };
        let expected = expected_of(kind);
        match kind {
            Kind::Connection { name, count } => {
                let names: Vec<&str> = all
                    .iter()
                    .map(|c| c["name"].as_str().unwrap_or_default())
                    .collect();
                let fitting = names.iter().filter(|n| name.accepts(&(**n).into())).count();
                let shown = names
                    .iter()
                    .map(|n| if n.is_empty() { texts::unnamed() } else { n });
                let seen = texts::names(fitting, &shown.collect::<Vec<_>>().join(", "));
                Seen::of(count.accepts(&fitting.into()), expected, shorten(&seen))
            }
            Kind::Subscribed {
                catches,
                misses,
                pattern,
                queue,
                members,
            } => {
                let subscriptions = subscriptions(&all);
                let fits = |s: &&Subscription<'_>| {
                    let hits = |subject: &String| subject::matches(s.subject.as_bytes(), subject.as_bytes());
                    pattern.as_ref().is_none_or(|pattern| s.subject == *pattern)
                        && queue.as_ref().is_none_or(|queue| s.queue == *queue)
                        && catches.iter().all(hits)
                        && !misses.iter().any(hits)
                };
                let fitting = subscriptions.iter().filter(fits).count();
                let passed = members.accepts(&fitting.into());
                let why = misfits(&subscriptions, catches, misses).filter(|_| !passed);
                let seen = why.unwrap_or_else(|| listed(&subscriptions));
                Seen::of(passed, expected, seen).share(fitting as f64, members.goal())
            }
            Kind::Delivered {
                subject,
                queue,
                members,
                each,
                total,
            } => {
                let subscriptions = subscriptions(&all);
                let shares = subscriptions
                    .iter()
                    .filter(|s| s.is_on(subject, queue.as_deref()))
                    .map(|s| s.messages);
                shared(shares.collect(), (members, *each, total), expected)
            }
            Kind::Distribution {
                subject,
                queue,
                members,
                each,
                total,
            } => {
                self.tally.take(&all);
                let shares = self.tally.shares(subject, queue.as_deref());
                let board = shares.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
                let counts = shares.iter().map(|(_, n)| *n).collect();
                Seen {
                    board,
                    ..shared(counts, (members, *each, total), expected)
                }
            }
            _ => Seen::default(),
        }
    }

    /// The account's connections with their subscriptions, our own left out; asked for once a round.
    pub(super) async fn connections(&mut self) -> Result<&Vec<Value>, String> {
        let asked = match self.connections.take() {
            Some(asked) => asked,
            None => self.ask_connections().await,
        };
        self.connections.insert(asked).as_ref().map_err(Clone::clone)
    }

    async fn ask_connections(&self) -> Result<Vec<Value>, String> {
        let ask = json!({"subscriptions": true, "subscriptions_detail": true, "limit": CONNECTIONS_MAX});
        let request = async_nats::Request::new()
            .payload(ask.to_string().into())
            .timeout(Some(Duration::from_secs(2)));
        let answer = self
            .client
            .send_request("$SYS.REQ.ACCOUNT.PING.CONNZ", request)
            .await
            .map_err(|_| texts::needs_connz().to_owned())?;
        let mut answer: Value = serde_json::from_slice(&answer.payload).unwrap_or_default();
        let Value::Array(mut all) = answer["data"]["connections"].take() else {
            return Err(texts::silent_connz().to_owned());
        };
        all.retain(|connection| connection["name"] != OWN_NAME);
        Ok(all)
    }
}

fn expected_of(kind: &Kind) -> String {
    let in_queue = |queue: &Option<String>| match queue.as_deref() {
        None => String::new(),
        Some("") => texts::in_no_queue().to_owned(),
        Some(queue) => texts::in_queue(queue),
    };
    match kind {
        Kind::Connection { name, count } => texts::connections(count, name),
        Kind::Subscribed {
            catches,
            pattern,
            queue,
            members,
            ..
        } => {
            let mut expected = texts::subscriptions(members);
            expected += &pattern.as_deref().map_or(String::new(), texts::on);
            expected += &in_queue(queue);
            if !catches.is_empty() {
                expected += texts::just_right();
            }
            expected
        }
        Kind::Delivered {
            subject,
            queue,
            members,
            each,
            total,
        }
        | Kind::Distribution {
            subject,
            queue,
            members,
            each,
            total,
        } => texts::delivered(members, subject, &in_queue(queue), *each, total),
        _ => String::new(),
    }
}

/// One subscription of a client.
struct Subscription<'a> {
    connection: u64,
    name: &'a str,
    sid: &'a str,
    subject: &'a str,
    queue: &'a str,
    messages: u64,
}

impl Subscription<'_> {
    /// On this subject, and in this group or in none.
    fn is_on(&self, subject: &str, queue: Option<&str>) -> bool {
        self.subject == subject && self.queue == queue.unwrap_or_default()
    }
}

fn subscriptions(connections: &[Value]) -> Vec<Subscription<'_>> {
    let details = connections.iter().flat_map(|connection| {
        let details = connection["subscriptions_list_detail"].as_array();
        details
            .into_iter()
            .flatten()
            .map(move |detail| (connection, detail))
    });
    details
        .map(|(connection, detail)| Subscription {
            connection: connection["cid"].as_u64().unwrap_or(0),
            name: connection["name"].as_str().unwrap_or_default(),
            sid: detail["sid"].as_str().unwrap_or_default(),
            subject: detail["subject"].as_str().unwrap_or_default(),
            queue: detail["qgroup"].as_str().unwrap_or_default(),
            messages: detail["msgs"].as_u64().unwrap_or(0),
        })
        .filter(|s| !s.subject.starts_with("_INBOX") && !s.subject.starts_with("$JS.API"))
        .collect()
}

fn listed(subscriptions: &[Subscription<'_>]) -> String {
    let mut shown: Vec<String> = subscriptions
        .iter()
        .map(|s| match s.queue {
            "" => s.subject.to_owned(),
            queue => format!("{} [{queue}]", s.subject),
        })
        .collect();
    shown.sort_unstable();
    match shown.is_empty() {
        true => texts::no_subscriptions().to_owned(),
        false => shorten(&shown.join(", ")),
    }
}

/// Why some of these are not what is asked for, where that is a matter of what they get.
fn misfits(subscriptions: &[Subscription<'_>], catches: &[String], misses: &[String]) -> Option<String> {
    if catches.is_empty() || subscriptions.is_empty() {
        return None;
    }
    let why = |s: &Subscription<'_>| {
        let hits = |subject: &&String| subject::matches(s.subject.as_bytes(), subject.as_bytes());
        let caught = misses
            .iter()
            .find(hits)
            .map(|other| texts::gets_too(s.subject, other));
        let missed = || catches.iter().find(|subject| !hits(subject));
        caught.or_else(|| missed().map(|other| texts::gets_not(s.subject, other)))
    };
    let whys: Vec<String> = subscriptions.iter().filter_map(why).take(MISFITS_MAX).collect();
    Some(whys.join("; ")).filter(|whys| !whys.is_empty())
}

/// How so many messages fell on each.
fn shared(shares: Vec<u64>, (members, each, total): (&Expected, u64, &Expected), expected: String) -> Seen {
    let enough = shares.iter().filter(|share| **share >= each).count();
    let sum: u64 = shares.iter().sum();
    let passed = members.accepts(&enough.into()) && total.accepts(&sum.into());
    let mut texts: Vec<String> = shares.iter().take(SHARES_MAX).map(u64::to_string).collect();
    if shares.len() > SHARES_MAX {
        texts.push("…".to_owned());
    }
    let seen = match sum {
        0 if shares.is_empty() => texts::given_nothing().to_owned(),
        0 => texts::given_none(shares.len()),
        sum => texts::given(shares.len(), sum, &texts.join(" + ")),
    };
    Seen::of(passed, expected, seen).share(sum as f64, total.goal())
}

/// What each subscription was given since a step began. Those that have left keep what they had when they
/// were seen last.
#[derive(Debug, Default)]
pub(super) struct Tally(HashMap<(u64, String), Count>);

#[derive(Debug)]
struct Count {
    name: String,
    subject: String,
    queue: String,
    before: u64,
    now: u64,
}

impl Tally {
    /// What was given before does not count.
    pub(super) fn begin(&mut self, connections: &[Value]) {
        self.take(connections);
        for count in self.0.values_mut() {
            count.before = count.now;
        }
    }

    fn take(&mut self, connections: &[Value]) {
        for s in subscriptions(connections) {
            let count = self
                .0
                .entry((s.connection, s.sid.to_owned()))
                .or_insert_with(|| Count {
                    name: s.name.to_owned(),
                    subject: s.subject.to_owned(),
                    queue: s.queue.to_owned(),
                    before: 0,
                    now: 0,
                });
            count.now = s.messages;
        }
    }

    /// Who was given how many, the most first; those who have been given nothing are left out.
    fn shares(&self, subject: &str, queue: Option<&str>) -> Vec<(&str, u64)> {
        let mut shares: Vec<(&str, u64)> = self
            .0
            .values()
            .filter(|count| count.subject == subject && count.queue == queue.unwrap_or_default())
            .map(|count| (count.name.as_str(), count.now.saturating_sub(count.before)))
            .filter(|(_, share)| *share > 0)
            .collect();
        shares.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(cid: u64, name: &str, messages: u64) -> Value {
        json!({"cid": cid, "name": name, "subscriptions_list_detail": [
            {"subject": "jobb", "qgroup": "kokker", "sid": "1", "msgs": messages},
        ]})
    }

    #[test]
    fn a_tally_counts_from_its_beginning_and_remembers_those_who_left() {
        let mut tally = Tally::default();
        tally.begin(&[connection(1, "kari", 7), connection(2, "ola", 5)]);
        tally.take(&[connection(1, "kari", 9), connection(2, "ola", 10)]);
        // Ola leaves; a new one comes under his name.
        tally.take(&[connection(1, "kari", 9), connection(3, "ola", 1)]);
        assert_eq!(
            tally.shares("jobb", Some("kokker")),
            [("ola", 5), ("kari", 2), ("ola", 1)]
        );
        assert!(tally.shares("jobb", None).is_empty());
    }
}
