//! The dead letter queue: a place for messages that a consumer has given up.
//!
//! Off unless the consumer's metadata asks for it, with one of
//!
//! - `dead_letter_subject`: a literal subject to publish them on,
//! - `dead_letter_stream`: a stream to keep them; its first subject is taken, where `>` becomes
//!   `<stream>.<consumer>` and `*` the consumer's name.
//!
//! A message dies when it was delivered `max_deliver` times in vain, or when a client terminates it. Its copy
//! has the same body and headers, without those that would steer the publish, and says
//!
//! | header | value |
//! | --- | --- |
//! | `Nats-Dead-Letter-Stream`, `-Consumer`, `-Subject`, `-Sequence` | where it is from |
//! | `Nats-Dead-Letter-Reason` | `max_deliver`, `terminated`, or `terminated: ` and the client's reason |
//! | `Nats-Dead-Letter-Deliveries` | how often it was delivered |
//! | `Nats-Msg-Id` | the same for every copy of it, so that a stream keeps one |
//!
//! No copy is lost: the message stays pending, and so on disk, until a stream has acknowledged the copy, and is
//! sent again until then, also after a crash. Only then is the consumer done with it, and a work queue lets go
//! of it. While nothing listens on the subject, or the stream refuses, dead messages pile up as pending until
//! `max_ack_pending` stops the consumer. A plain subscriber acknowledges nothing; one copy is for it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Consumer;
use super::ack_subject::AckToken;
use super::pending::NEVER;
use crate::broker::jetstream::{Delivery, Outlet};
use crate::broker::store::{Store, Stored};
use crate::proto::api::consumer::{AckPolicy, ConsumerConfig};
use crate::proto::api::error::{self, ApiError};
use crate::proto::api::stream::StreamConfig;
use crate::proto::headers::{self, Builder};
use crate::proto::subject;
use crate::util::time::Timestamp;

/// Metadata with the subject for dead messages.
pub const SUBJECT_KEY: &str = "dead_letter_subject";
/// Metadata with the stream for dead messages.
pub const STREAM_KEY: &str = "dead_letter_stream";
/// How long a copy may go without an acknowledgement.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Beginnings of headers that mean something to the stream that takes a publish.
const STEERING: [&str; 8] = [
    "Nats-Msg-Id",
    "Nats-Expected-",
    "Nats-Rollup",
    "Nats-TTL",
    "Nats-Incr",
    "Nats-Batch-",
    "Nats-Schedule",
    "Nats-Dead-Letter-",
];

/// Dead messages whose copies are not safe yet, by sequence.
#[derive(Debug, Default)]
pub(super) struct DeadLetters(BTreeMap<u64, Letter>);

/// Why a message died.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Death {
    pub(super) reason: String,
    pub(super) deliveries: u64,
}

impl Death {
    pub(super) fn terminated(token: AckToken, reason: &str) -> Death {
        let reason = match reason {
            "" => "terminated".to_owned(),
            reason => format!("terminated: {reason}"),
        };
        Death {
            reason,
            deliveries: token.delivered,
        }
    }
}

#[derive(Debug)]
struct Letter {
    death: Death,
    /// When to send it.
    due: Timestamp,
    /// A client that acknowledges nothing has it.
    taken: bool,
}

impl DeadLetters {
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.0.values().map(|letter| letter.due).min()
    }

    pub(super) fn get(&self, seq: u64) -> Option<&Death> {
        self.0.get(&seq).map(|letter| &letter.death)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// To be written down.
    pub(super) fn save(&self) -> Vec<(u64, Death)> {
        self.0
            .iter()
            .map(|(seq, letter)| (*seq, letter.death.clone()))
            .collect()
    }

    /// Takes up what was written down.
    pub(super) fn restore(&mut self, now: Timestamp, saved: Vec<(u64, Death)>) {
        for (seq, death) in saved {
            self.add(now, seq, death);
        }
    }

    fn add(&mut self, due: Timestamp, seq: u64, death: Death) {
        self.0.insert(
            seq,
            Letter {
                death,
                due,
                taken: false,
            },
        );
    }
}

/// The subject for dead messages, if there is one.
fn subject_of(config: &ConsumerConfig) -> Option<&str> {
    config.metadata.get(SUBJECT_KEY).map(String::as_str)
}

/// The subject under which a stream with these subjects takes the dead messages of a consumer.
pub fn subject_in(target: &StreamConfig, stream: &str, consumer: &str) -> Option<String> {
    let tokens = target.subjects.first()?.split('.').map(|token| match token {
        "*" => consumer.to_owned(),
        ">" => format!("{stream}.{consumer}"),
        literal => literal.to_owned(),
    });
    Some(tokens.collect::<Vec<_>>().join("."))
}

/// Checks what the metadata says of dead messages.
pub(super) fn check(config: &ConsumerConfig, stream: &StreamConfig) -> Result<(), ApiError> {
    let refuse = |why: &str| Err(error::CONSUMER_CREATE.because(why));
    let Some(to) = subject_of(config) else {
        return Ok(());
    };
    if !subject::is_valid_literal(to.as_bytes()) || to.starts_with('$') {
        return refuse("dead letter subject must be a literal subject outside of '$'");
    }
    if config.ack_policy != AckPolicy::Explicit {
        return refuse("dead letters require explicit acknowledgements");
    }
    let own = |pattern: &String| subject::matches(pattern.as_bytes(), to.as_bytes());
    if stream.subjects.iter().any(own) {
        return refuse("dead letter subject forms a cycle");
    }
    Ok(())
}

impl Consumer {
    /// Has it a place for messages that it gives up?
    pub(super) fn keeps_dead_letters(&self) -> bool {
        subject_of(&self.config).is_some()
    }

    /// The message is given up. True when a copy has to be safe first; until then it stays pending.
    pub(super) fn bury(&mut self, now: Timestamp, seq: u64, death: Death) -> bool {
        if !self.keeps_dead_letters() || self.pending.get(seq).is_none() {
            return false;
        }
        self.pending.unqueue(seq);
        self.pending.postpone(seq, NEVER);
        if self.letters.get(seq).is_none() {
            self.letters.add(now, seq, death);
        }
        true
    }

    /// Sends the copies that are due.
    pub(super) fn send_letters(&mut self, now: Timestamp, store: &mut dyn Store, outlet: &mut dyn Outlet) {
        if self.letters.deadline().is_none_or(|due| due > now) {
            return;
        }
        let due = |(seq, letter): (&u64, &Letter)| (letter.due <= now).then_some((*seq, letter.taken));
        let all: Vec<(u64, bool)> = self.letters.0.iter().filter_map(due).collect();
        for (seq, taken) in all {
            let held = store.load(seq).ok().flatten();
            let wanted = self.pending.get(seq).is_some();
            match (held, subject_of(&self.config)) {
                (Some(message), Some(to)) if wanted && !taken => {
                    let to = to.as_bytes().to_vec();
                    self.send_letter(now, &to, &message, outlet);
                }
                _ => self.close_letter(seq),
            }
        }
    }

    fn send_letter(&mut self, now: Timestamp, to: &[u8], message: &Stored<'_>, outlet: &mut dyn Outlet) {
        let Some(letter) = self.letters.0.get_mut(&message.seq) else {
            return;
        };
        let (stream, consumer) = (&self.source.stream, &self.source.consumer);
        let born = self.created.nanos();
        let block = without_steering(message.headers)
            .add("Nats-Dead-Letter-Stream", stream)
            .add("Nats-Dead-Letter-Consumer", consumer)
            .add("Nats-Dead-Letter-Subject", message.subject)
            .add("Nats-Dead-Letter-Sequence", message.seq.to_string())
            .add("Nats-Dead-Letter-Reason", &letter.death.reason)
            .add("Nats-Dead-Letter-Deliveries", letter.death.deliveries.to_string())
            .add(
                "Nats-Msg-Id",
                format!("dead.{stream}.{consumer}.{born}.{}", message.seq),
            )
            .build();
        let reply = format!("$JS.DLQ.{stream}.{consumer}.{}", message.seq);
        letter.due = now + RETRY_AFTER;
        let sent = outlet.deliver(Delivery {
            reply: reply.as_bytes(),
            ..Delivery::open(to, &block, message.payload)
        });
        letter.taken = sent && outlet.has_interest(to, None);
    }

    /// A stream answered a copy: it is safe there, or it was refused and is sent again later.
    pub fn on_letter_kept(
        &mut self,
        now: Timestamp,
        seq: u64,
        answer: &[u8],
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) {
        if self.letters.get(seq).is_none() {
            return;
        }
        let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
        if answer["seq"].as_u64().is_none_or(|seq| seq == 0) || answer.get("error").is_some() {
            let (stream, consumer) = (&self.source.stream, &self.source.consumer);
            tracing::warn!(stream, consumer, seq, %answer, "dead letter was refused");
            return;
        }
        self.close_letter(seq);
        self.pump(now, store, outlet);
    }

    /// The consumer is done with the message.
    fn close_letter(&mut self, seq: u64) {
        self.letters.0.remove(&seq);
        if let Some(entry) = self.pending.remove(seq) {
            self.floor
                .acknowledged(&entry, &self.pending, self.delivered.into());
            self.finish(seq);
        }
    }
}

/// A block with the headers that mean nothing to the stream that takes it.
fn without_steering(block: &[u8]) -> Builder {
    headers::iter(block)
        .filter(|(key, _)| !STEERING.iter().any(|s| key.starts_with(s.as_bytes())))
        .fold(Builder::new(), |builder, (key, value)| {
            builder.add(&String::from_utf8_lossy(key), value)
        })
}
