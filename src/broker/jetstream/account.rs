//! One account's JetStream: the registry of its streams, and the doors that the broker calls.

use std::collections::BTreeMap;
use std::sync::atomic::{
    AtomicI64, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::cell::{NEVER, StreamCell, StreamRef};
use super::consumer::{AckToken, Limits};
use super::copying::Followers;
use super::deliver_subjects::DeliverSubjects;
use super::stream::Rehearsal;
use super::stream::{Stream, ToConsumer};
use super::syncing::PendingSync;
use super::transfer::Transfers;
use super::usage::{Rooms, ServerLimits, Usage};
use super::{API_LEVEL, Ailment, Home, Incoming, Outlet, Received, Sink, SinkKind, api};
use crate::broker::store::Stores;
use crate::proto::api::ApiError;
use crate::proto::api::account::{AccountInfo, AccountLimits, AccountTier, ApiStats};
use crate::proto::api::error::STREAM_NOT_FOUND;
use crate::proto::api::stream::{Storage, StreamConfig};
use crate::proto::subject;
use crate::util::time::Timestamp;

/// What one account's JetStream is made with.
#[derive(Debug, Default)]
pub struct JetStreamConfig {
    /// Name of the server, which "leads" every stream.
    pub server_name: String,
    /// The JetStream domain, shown in answers and acknowledgements.
    pub domain: Option<String>,
    /// Name of the account.
    pub account: String,
    /// Do the subjects of acknowledgements name domain and account (`js_ack_fc_v2`)?
    pub long_replies: bool,
    /// What the account may use at first; see [`JetStream::set_limits`].
    pub limits: AccountLimits,
    /// What the server has for the streams of all accounts, and what they use of it.
    pub server: Arc<Rooms>,
    /// What the settings say of all accounts.
    pub server_limits: ServerLimits,
    /// The longest `duplicate_window` a stream may have; zero for no limit.
    pub duplicates_max: Duration,
    /// Where streams lie at first; see [`JetStream::set_stores`].
    pub stores: Stores,
}

/// One account's streams and consumers.
#[derive(Debug)]
pub struct JetStream {
    pub(super) config: JetStreamConfig,
    pub(super) usage: Usage,
    pub(super) home: Home,
    stores: RwLock<Stores>,
    streams: RwLock<BTreeMap<String, Arc<StreamCell>>>,
    pub(super) transfers: Transfers,
    deliver_subjects: DeliverSubjects,
    pub(super) followers: Followers,
    /// The earliest deadline of all streams, or earlier. Whoever moves it forward then looks whether the timer is set to
    /// go off in time, and the timer looks here once it is set: hence `SeqCst`.
    deadline: AtomicI64,
    /// Streams that could not be recovered, and why.
    unrecovered: RwLock<BTreeMap<String, String>>,
    pub(super) requests: AtomicU64,
    pub(super) failures: AtomicU64,
}

/// Tokens of an acknowledgement's subject in its first form.
const V1_TOKENS: usize = 9;

/// The subjects that are bound for the account's whole life.
const BINDINGS: [(&str, SinkKind); 6] = [
    ("$JS.API.>", SinkKind::Api),
    ("$JS.ACK.>", SinkKind::Ack),
    ("$JS.FC.>", SinkKind::FlowControl),
    ("$JS.DLQ.>", SinkKind::DeadLetter),
    ("$JS.SNAPSHOT.ACK.>", SinkKind::Snapshot),
    ("$JS.SNAPSHOT.RESTORE.>", SinkKind::Restore),
];

impl JetStream {
    /// An account without streams. [`JetStream::start`] opens it for business.
    pub fn new(mut config: JetStreamConfig) -> JetStream {
        JetStream {
            stores: RwLock::new(std::mem::take(&mut config.stores)),
            usage: Usage::new(config.limits, config.server.clone(), config.server_limits),
            home: Home::new(config.domain.as_deref(), &config.account, config.long_replies),
            config,
            streams: RwLock::default(),
            transfers: Transfers::default(),
            deliver_subjects: DeliverSubjects::default(),
            followers: Followers::default(),
            deadline: AtomicI64::new(NEVER),
            unrecovered: RwLock::default(),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// The name of the server.
    pub fn server_name(&self) -> &str {
        &self.config.server_name
    }

    /// Binds what every account has, and brings its streams back.
    pub fn start(&self, now: Timestamp, outlet: &mut dyn Outlet) {
        for (subject, kind) in BINDINGS {
            outlet.bind(subject.as_bytes(), Sink(kind));
        }
        if let Some(domain) = &self.config.domain {
            outlet.bind(format!("$JS.{domain}.API.>").as_bytes(), Sink(SinkKind::Api));
        }
        self.recover(now, outlet);
    }

    /// Has streams lie elsewhere from now on, which concerns those that are not open yet.
    pub fn set_stores(&self, stores: Stores) {
        *self.stores.write().unwrap_or_else(PoisonError::into_inner) = stores;
    }

    /// Where streams lie.
    pub(super) fn stores(&self) -> Stores {
        self.stores.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets the account use more or less from now on. What is there stays.
    pub fn set_limits(&self, limits: AccountLimits) {
        self.usage.set_limits(limits);
    }

    /// Gives up all streams; the caller takes the bindings away. [`JetStream::start`] brings back what is in
    /// files.
    pub fn close(&self, now: Timestamp, outlet: &mut dyn Outlet) {
        self.stop(now, outlet);
        let cells = self.change_registry(std::mem::take);
        for cell in cells.values() {
            if let Some(mut stream) = self.take_stream(cell) {
                stream.give_up(&self.usage);
            }
        }
    }

    /// Takes a message on a bound subject.
    pub fn receive(
        &self,
        now: Timestamp,
        sink: &Sink,
        message: Incoming<'_>,
        outlet: &mut dyn Outlet,
    ) -> Received {
        match &sink.0 {
            SinkKind::Api => api::receive(self, now, &message, outlet),
            SinkKind::Ack => self.acknowledge(now, &message, outlet),
            SinkKind::FlowControl => self.flow_control(now, &message, outlet),
            SinkKind::Snapshot => self.snapshot_answer(now, &message, outlet),
            SinkKind::Restore => self.restore_chunk(now, &message, outlet),
            SinkKind::DeadLetter => self.dead_letter(now, &message, outlet),
            SinkKind::Publish(stream) => self.publish(now, stream, &message, outlet),
            SinkKind::Copy(stream) => self.take_delivered(now, stream, &message, outlet),
        }
    }

    fn publish(
        &self,
        now: Timestamp,
        stream: &StreamRef,
        message: &Incoming<'_>,
        outlet: &mut dyn Outlet,
    ) -> Received {
        match stream.0.lock().as_mut() {
            Some(stream) => {
                stream.publish(now, message, &self.usage, outlet);
                Received::CommitDue
            }
            None => Received::Nobody,
        }
    }

    /// What the stream behind a binding would do with a message. None when there is no stream behind it.
    pub fn rehearse(&self, now: Timestamp, sink: &Sink, message: &Incoming<'_>) -> Option<Rehearsal> {
        let SinkKind::Publish(stream) = &sink.0 else {
            return None;
        };
        let mut guard = stream.0.lock();
        Some(guard.as_mut()?.rehearse(now, message, &self.usage))
    }

    /// `$JS.ACK.<stream>.<consumer>.…` of nine tokens, or `$JS.ACK.<domain>.<account>.<stream>.<consumer>.…`
    /// of more (ADR-15).
    fn acknowledge(&self, now: Timestamp, message: &Incoming<'_>, outlet: &mut dyn Outlet) -> Received {
        let Some(token) = AckToken::parse(message.subject) else {
            return Received::Nobody;
        };
        let skip = if subject::tokens(message.subject).count() > V1_TOKENS {
            4
        } else {
            2
        };
        let mut tokens = subject::tokens(message.subject).skip(skip);
        let (stream, consumer) = (tokens.next(), tokens.next());
        let ack = ToConsumer::Ack {
            token,
            reply: message.reply,
            payload: message.payload,
        };
        self.tell_consumer(now, stream, consumer, ack, outlet)
    }

    /// `$JS.FC.<stream>.<consumer>.<id>`, or `$JS.FC.<domain>.<account>.<stream>.<consumer>.<id>`
    fn flow_control(&self, now: Timestamp, message: &Incoming<'_>, outlet: &mut dyn Outlet) -> Received {
        let short = subject::tokens(message.subject).count() == 5;
        let mut tokens = subject::tokens(message.subject).skip(if short { 2 } else { 4 });
        let (stream, consumer) = (tokens.next(), tokens.next());
        let answer = ToConsumer::FlowControl {
            subject: message.subject,
            headers: message.headers,
        };
        self.tell_consumer(now, stream, consumer, answer, outlet)
    }

    /// `$JS.DLQ.<stream>.<consumer>.<sequence>`: what a stream answered to a dead letter.
    fn dead_letter(&self, now: Timestamp, message: &Incoming<'_>, outlet: &mut dyn Outlet) -> Received {
        let mut tokens = subject::tokens(message.subject).skip(2);
        let (stream, consumer) = (tokens.next(), tokens.next());
        let Some(seq) = text(tokens.next()).and_then(|seq| seq.parse().ok()) else {
            return Received::Nobody;
        };
        let answer = ToConsumer::DeadLetter {
            seq,
            answer: message.payload,
        };
        self.tell_consumer(now, stream, consumer, answer, outlet)
    }

    /// Hands a message on to the consumer that its subject names, if there is one.
    pub(super) fn tell_consumer(
        &self,
        now: Timestamp,
        stream: Option<&[u8]>,
        consumer: Option<&[u8]>,
        message: ToConsumer<'_>,
        outlet: &mut dyn Outlet,
    ) -> Received {
        let (Some(stream), Some(consumer)) = (text(stream), text(consumer)) else {
            return Received::Nobody;
        };
        let cell = self.cell(stream);
        let told = cell.and_then(|cell| {
            self.with_cell(&cell, |s| {
                s.tell_consumer(now, consumer, message, &self.usage, outlet)
            })
        });
        if told == Some(true) {
            Received::Done
        } else {
            Received::Nobody
        }
    }

    /// Makes what came through this sink safe, acknowledges it, and lets the consumers have it. Where that waits for the
    /// medium it is due with the next tick, once for all that came by then.
    pub fn commit(&self, now: Timestamp, sink: &Sink, outlet: &mut dyn Outlet) {
        if let SinkKind::Publish(stream) | SinkKind::Copy(stream) = &sink.0 {
            self.with_cell(&stream.0, |stream| stream.commit(now, &self.usage, outlet));
        }
    }

    /// A client's subscription on `subject` came or went; the outlet knows already.
    pub fn interest_changed(&self, now: Timestamp, subject: &[u8], outlet: &mut dyn Outlet) {
        for stream in self.deliver_subjects.find(subject) {
            self.with_cell(&stream.0, |stream| stream.interest_changed(now, subject, outlet));
        }
    }

    /// Does what is due, and returns what has to be on the medium: each of them is to be run, where that holds up
    /// nobody, and then ended. Afterwards [`JetStream::next_deadline`] lies ahead, unless there is so much to do that
    /// others should have their turn first.
    #[must_use]
    pub fn tick(&self, now: Timestamp, outlet: &mut dyn Outlet) -> Vec<PendingSync> {
        let mut syncs = Vec::new();
        // A deadline that a stream notes from here on is lower than this and stays.
        self.deadline.store(NEVER, SeqCst);
        for cell in self.cells() {
            let mut syncing = None;
            if cell.deadline() <= now.nanos() {
                self.with_cell(&cell, |stream| {
                    stream.tick(now, &self.usage, outlet);
                    if stream.take_copies_due(now) {
                        cell.wake_copy();
                    } else {
                        syncing = stream.begin_sync(now, &self.usage, outlet);
                    }
                });
            }
            let mut copied = Vec::new();
            if syncing.is_none() && cell.take_copy_due() {
                copied = self.copy(now, &cell, outlet);
                self.with_cell(&cell, |stream| {
                    syncing = stream.begin_sync(now, &self.usage, outlet)
                });
            } else {
                self.deadline.fetch_min(cell.deadline(), SeqCst);
            }
            if let Some(syncing) = syncing {
                syncs.push(PendingSync {
                    cell,
                    syncing,
                    copied,
                });
            }
        }
        self.tick_transfers(now, outlet);
        syncs
    }

    /// Something is due then, or later.
    pub(super) fn note_deadline(&self, deadline: Timestamp) {
        self.deadline.fetch_min(deadline.nanos(), SeqCst);
    }

    /// The server stops: clients that wait for messages are told, and what is known is made safe. What clients say
    /// from then on meets nobody: it would be confirmed and forgotten.
    pub fn stop(&self, now: Timestamp, outlet: &mut dyn Outlet) {
        for cell in self.cells() {
            if let Some(mut stream) = cell.take() {
                stream.commit_now(now, &self.usage, outlet);
                stream.stop(now, outlet);
            }
        }
    }

    /// When to call [`JetStream::tick`] next. It may turn out to have been too early, never too late, and can
    /// move forward with every other call.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let deadline = self.deadline.load(SeqCst);
        (deadline != NEVER).then(|| Timestamp::from_nanos(deadline))
    }

    /// The next tick should come as soon as it can.
    pub(super) fn be_due_at_once(&self) {
        self.deadline.store(0, SeqCst);
    }

    /// Does something with a stream that may move its deadline. None when it is gone.
    pub(super) fn with_cell<T>(
        &self,
        cell: &Arc<StreamCell>,
        act: impl FnOnce(&mut Stream) -> T,
    ) -> Option<T> {
        let mut guard = cell.lock();
        let stream = guard.as_mut()?;
        let result = act(stream);
        self.deadline.fetch_min(cell.note_deadline(stream), SeqCst);
        if let Some((added, removed)) = stream.moved_deliver_subjects() {
            self.deliver_subjects.change(cell, &added, &removed);
        }
        if cell.note_last_seq(stream.last_seq()) {
            self.wake_followers(cell.name());
        }
        Some(result)
    }

    /// Takes a stream out of its cell, for ever.
    pub(super) fn take_stream(&self, cell: &Arc<StreamCell>) -> Option<Stream> {
        let stream = cell.take()?;
        let subjects: Vec<String> = stream.deliver_subjects().map(str::to_owned).collect();
        self.deliver_subjects.change(cell, &[], &subjects);
        Some(stream)
    }

    /// As [`JetStream::with_cell`], by name, with the error of the API.
    pub(super) fn with_stream<T>(
        &self,
        name: &str,
        act: impl FnOnce(&mut Stream) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let cell = self.cell(name).ok_or_else(|| STREAM_NOT_FOUND.err())?;
        self.with_cell(&cell, act)
            .unwrap_or_else(|| Err(STREAM_NOT_FOUND.err()))
    }

    /// The registered stream of this name.
    pub(super) fn cell(&self, name: &str) -> Option<Arc<StreamCell>> {
        self.streams
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// All streams, by name.
    pub(super) fn cells(&self) -> Vec<Arc<StreamCell>> {
        self.streams
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Changes the registry, with nobody else looking.
    pub(super) fn change_registry<T>(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Arc<StreamCell>>) -> T,
    ) -> T {
        change(&mut self.streams.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// A stream could not be recovered.
    pub(super) fn note_unrecovered(&self, stream: String, reason: String) {
        let mut unrecovered = self.unrecovered.write().unwrap_or_else(PoisonError::into_inner);
        unrecovered.insert(stream, reason);
    }

    /// The streams that could not be recovered.
    pub(super) fn unrecovered(&self) -> Vec<Ailment> {
        let unrecovered = self.unrecovered.read().unwrap_or_else(PoisonError::into_inner);
        let ailments = unrecovered.iter().map(|(stream, reason)| Ailment::Unrecovered {
            stream: stream.clone(),
            reason: reason.clone(),
        });
        ailments.collect()
    }

    /// What consumers of this account have to keep to.
    pub(super) fn consumer_limits(&self) -> Limits {
        let (own, server) = (self.usage.limits(), self.usage.server_limits());
        let bounds = [own.max_ack_pending, server.max_ack_pending];
        Limits {
            max_ack_pending: bounds.into_iter().filter(|bound| *bound > 0).min().unwrap_or(-1),
            max_consumers: own.max_consumers,
            max_request_batch: server.max_request_batch,
        }
    }

    /// Usage and limits of the account.
    pub fn account_info(&self) -> AccountInfo {
        let mut tier = AccountTier {
            memory: self.usage.bytes(Storage::Memory),
            storage: self.usage.bytes(Storage::File),
            limits: self.usage.limits(),
            ..AccountTier::default()
        };
        for cell in self.cells() {
            let guard = cell.lock();
            let Some(stream) = guard.as_ref() else { continue };
            tier.streams += 1;
            tier.consumers += stream.consumer_count();
            let reserved = reserved_bytes(stream.config());
            match stream.config().storage {
                Storage::Memory => tier.reserved_memory += reserved,
                Storage::File => tier.reserved_storage += reserved,
            }
        }
        let (total, errors) = (self.requests.load(Relaxed), self.failures.load(Relaxed));
        let api = ApiStats {
            level: API_LEVEL,
            total,
            errors,
        };
        AccountInfo {
            tier,
            domain: self.config.domain.clone(),
            api,
            tiers: BTreeMap::new(),
        }
    }
}

/// What a stream has set aside with `max_bytes`.
pub(super) fn reserved_bytes(config: &StreamConfig) -> u64 {
    u64::try_from(config.max_bytes).unwrap_or(0)
}

fn text(token: Option<&[u8]>) -> Option<&str> {
    std::str::from_utf8(token?).ok()
}
