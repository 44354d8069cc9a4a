//! A stream with one consumer, a hand-set clock, and an outlet that writes down what leaves.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::{AckToken, Consumer, Consumers, Fate, Limits, New};
use crate::broker::jetstream::{Delivery, Home, Outlet, Sink};
use crate::broker::store::{MemoryStore, Store};
use crate::proto::api::consumer::{ConsumerAction, ConsumerConfig};
use crate::proto::api::error::ApiError;
use crate::proto::api::stream::StreamConfig;
use crate::proto::api::{Unknown, decode};
use crate::proto::headers;
use crate::proto::subject;
use crate::util::time::Timestamp;

/// When every scenario begins.
pub const START: Timestamp = Timestamp::from_nanos(1_700_000_000_000_000_000);

pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Writes down what leaves, one line a message.
#[derive(Default)]
pub struct Recorder {
    pub lines: Vec<String>,
    /// Acknowledgement subjects of the messages that left, in their order.
    pub replies: Vec<Vec<u8>>,
    /// Who listens: patterns, with `subject|group` for members of a queue group.
    pub listeners: BTreeSet<String>,
}

impl Outlet for Recorder {
    fn deliver(&mut self, message: Delivery<'_>) -> bool {
        if !self.has_interest(message.route, None) {
            return false;
        }
        self.lines.push(line(&message));
        if AckToken::parse(message.reply).is_some() {
            self.replies.push(message.reply.to_vec());
        }
        true
    }

    fn has_interest(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        self.listeners.iter().any(|listener| {
            let (pattern, group) = listener.split_once('|').unwrap_or((listener, ""));
            subject::matches(pattern.as_bytes(), subject) && queue.is_none_or(|q| q == group.as_bytes())
        })
    }

    fn is_subscribed(&self, subject: &[u8]) -> bool {
        self.has_interest(subject, None)
    }

    fn is_awaited(&self, subject: &[u8], group: Option<&[u8]>) -> bool {
        self.listeners.iter().any(|listener| {
            let (pattern, of) = listener.split_once('|').unwrap_or((listener, ""));
            pattern.as_bytes() == subject && group.unwrap_or_default() == of.as_bytes()
        })
    }

    fn is_heard(&self, subject: &[u8]) -> bool {
        self.has_interest(subject, None)
    }

    fn bind(&mut self, _: &[u8], _: Sink) {}

    fn unbind(&mut self, _: &[u8], _: &Sink) {}
}

/// `in s.a 1.7.3 p0` is a message: delivered once, stream sequence 7, consumer sequence 3, none pending.
fn line(message: &Delivery<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let route = text(message.route);
    if let Some(token) = AckToken::parse(message.reply) {
        let reply = text(message.reply);
        let pending = reply.rsplit('.').next().unwrap_or_default();
        let AckToken {
            delivered,
            stream_seq,
            consumer_seq,
        } = token;
        return format!(
            "{route} {} {delivered}.{stream_seq}.{consumer_seq} p{pending}",
            text(message.subject)
        );
    }
    if let Some((code, description)) = headers::status(message.headers) {
        assert_eq!(message.subject, message.route, "a status shows its inbox");
        let mut line = format!("{route} {code} {description}");
        for (key, value) in headers::iter(message.headers) {
            let key = text(key).replace("Nats-", "").replace("Pending-", "");
            line += &format!(" {key}={}", text(value));
        }
        return line;
    }
    if message.payload.is_empty() {
        return format!("{route} +");
    }
    let event: serde_json::Value = serde_json::from_slice(message.payload).unwrap();
    let kind = route
        .strip_prefix("$JS.EVENT.")
        .unwrap()
        .split('.')
        .nth(2)
        .unwrap()
        .to_owned();
    let fields = event.as_object().unwrap().iter();
    let shown = fields.filter(|(key, _)| {
        !matches!(
            key.as_str(),
            "type" | "id" | "timestamp" | "account" | "stream" | "consumer"
        )
    });
    shown.fold(format!("! {kind}"), |line, (key, value)| {
        format!("{line} {key}={value}")
    })
}

pub struct Bench {
    pub now: Timestamp,
    pub store: MemoryStore,
    pub stream: StreamConfig,
    pub consumer: Consumer,
    pub out: Recorder,
    pub fate: Fate,
}

pub fn stream(json: &str) -> StreamConfig {
    let mut stream: StreamConfig = decode(json.as_bytes(), Unknown::Refuse).unwrap();
    stream.name = "S".to_owned();
    stream.num_replicas = 1;
    stream
}

pub fn config(json: &str) -> ConsumerConfig {
    decode(json.as_bytes(), Unknown::Refuse).unwrap()
}

/// Adds a consumer of this configuration to an empty set.
pub fn add(json: &str, of: &StreamConfig) -> Result<ConsumerConfig, ApiError> {
    let new = New {
        config: config(json),
        action: ConsumerAction::Create,
        pedantic: false,
    };
    let (mut store, mut out) = (MemoryStore::new(), Recorder::default());
    let mut set = Consumers::default();
    let added = set.add(START, new, of, &Limits::default(), &mut store, &mut out)?;
    let added = set.get_mut(added).expect("it was added");
    Ok(added.config().clone())
}

impl Bench {
    /// A consumer on a stream that already holds one message per subject given.
    pub fn with(json: &str, subjects: &[&str]) -> Bench {
        Bench::on(stream("{}"), json, subjects, &["in.>", "!"])
    }

    /// Somebody listens on `in.>` and `push`, and to all events but those of being made.
    pub fn new(json: &str) -> Bench {
        Bench::with(json, &[])
    }

    pub fn on(stream: StreamConfig, json: &str, subjects: &[&str], listeners: &[&str]) -> Bench {
        let (mut store, mut out) = (MemoryStore::new(), Recorder::default());
        out.listeners = listeners.iter().map(|l| (*l).to_owned()).collect();
        let mut now = START;
        for subject in subjects {
            store.append(now, subject.as_bytes(), b"", b"x").unwrap();
            now = now + ms(2);
        }
        let mut config = config(json);
        let limits = Limits::default();
        super::super::defaults::set_defaults(&mut config, &stream, &limits, false).unwrap();
        super::super::check::check(&config, &stream, &limits).unwrap();
        let consumer =
            Consumer::create(now, "C", config, &stream, &Home::default(), &mut store, &mut out).unwrap();
        if out.listeners.remove("!") {
            out.listeners.insert("$JS.EVENT.>".to_owned());
        }
        Bench {
            now,
            store,
            stream,
            consumer,
            out,
            fate: Fate::Keep,
        }
    }

    /// Stores a message.
    pub fn publish(&mut self, subject: &str) -> u64 {
        self.publish_with(subject, b"", b"x")
    }

    pub fn publish_with(&mut self, subject: &str, headers: &[u8], payload: &[u8]) -> u64 {
        let seq = self
            .store
            .append(self.now, subject.as_bytes(), headers, payload)
            .unwrap();
        if self.consumer.on_stored(seq, subject.as_bytes()) {
            self.consumer.pump(self.now, &mut self.store, &mut self.out);
        }
        seq
    }

    /// Removes a message from the stream.
    pub fn remove(&mut self, seq: u64) {
        let Some(subject) = self.store.load(seq).unwrap().map(|m| m.subject.to_vec()) else {
            return;
        };
        self.store.remove(seq, false).unwrap();
        if self.consumer.on_removed(self.now, seq, &subject, &mut self.out) {
            self.consumer.pump(self.now, &mut self.store, &mut self.out);
        }
    }

    pub fn pull(&mut self, inbox: &str, payload: &str) {
        let (inbox, payload) = (inbox.as_bytes(), payload.as_bytes());
        self.consumer
            .on_pull(self.now, inbox, b"", payload, &mut self.store, &mut self.out);
    }

    pub fn reset(&mut self, seq: u64) -> Result<u64, ApiError> {
        let reset = self.consumer.reset(seq, &mut self.store);
        self.consumer.pump(self.now, &mut self.store, &mut self.out);
        reset
    }

    /// Answers the delivery that came as number `n`, counted from 0, and wants an answer to that.
    pub fn ack(&mut self, n: usize, payload: &str) {
        let token = AckToken::parse(&self.out.replies[n]).unwrap();
        let (store, out) = (&mut self.store, &mut self.out);
        self.consumer
            .on_ack(self.now, token, b"in.ack", payload.as_bytes(), store, out);
    }

    /// Lets time pass, and everything happen that is due in it.
    pub fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(deadline) = self.consumer.next_deadline().filter(|d| *d <= end) {
            self.now = self.now.max(deadline);
            if self.consumer.tick(self.now, &mut self.store, &mut self.out) == Fate::Delete {
                self.fate = Fate::Delete;
                break;
            }
            let next = self.consumer.next_deadline();
            assert!(next.is_none_or(|d| d > self.now), "a tick leaves nothing undone");
        }
        self.now = self.now.max(end);
    }

    /// What left since the last time.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.out.lines)
    }

    #[track_caller]
    pub fn expect(&mut self, lines: &[&str]) {
        assert_eq!(self.take(), lines);
    }

    /// delivered (consumer.stream), floor (consumer.stream), ack pending, redelivered, waiting, pending.
    #[track_caller]
    pub fn expect_info(&mut self, expected: &str) {
        let info = self.consumer.info(self.now, &mut self.store, &mut self.out);
        let text = format!(
            "d{}.{} f{}.{} a{} r{} w{} p{}",
            info.delivered.consumer_seq,
            info.delivered.stream_seq,
            info.ack_floor.consumer_seq,
            info.ack_floor.stream_seq,
            info.num_ack_pending,
            info.num_redelivered,
            info.num_waiting,
            info.num_pending
        );
        assert_eq!(text, expected);
    }
}
