//! A stream: takes messages in one order, checks them, keeps them in a store within its limits, and
//! tells its consumers.
//!
//! A state machine behind one lock; time and outlet come with every call. The way of a message is in
//! [`publish`]; beside it lie what it may be called on its way in and out ([`rewrite`]) and what it may add
//! up to ([`counter`]); messages that come in batches take the way through [`batch`], and those that are to be
//! published later, or again and again, are looked after by [`schedule`]. What makes it go again is in
//! [`limits`], [`expiry`] and [`purge`], how it is read in [`read`]. What it copies from other streams is in
//! [`copies`], what others have still to copy in [`claims`]. How it waits for the disk without holding up anybody is in
//! [`medium`]. What a stream may be configured to be is in [`check`] and [`check_update`].
//! Start with [`publish`].

mod acks;
mod batch;
pub mod check;
mod check_copies;
mod check_update;
mod claims;
mod consumers;
mod copies;
mod counter;
mod cron;
mod dedupe;
mod expiry;
mod headers;
mod info;
mod keep;
mod limits;
mod medium;
pub mod metadata;
mod publish;
mod purge;
mod read;
mod rewrite;
mod schedule;
mod schedule_time;
mod update;

pub use consumers::ToConsumer;
pub use copies::{Batch, Wanted};
pub use publish::Rehearsal;

use acks::Acks;
use batch::Batches;
use claims::Claims;
use copies::Copies;
use dedupe::Dedupe;
use expiry::Expiries;
use keep::Keeper;
use medium::Medium;
use rewrite::Rewrite;
use schedule::Schedules;

use super::account::reserved_bytes;
use super::consumer::{Consumers, End};
use super::usage::Usage;
use super::{Home, Outlet};
use crate::broker::store::{Store, StoreError, Stores};
use crate::proto::api::error::{STORAGE_RESOURCES_EXCEEDED, STREAM_INVALID_CONFIG, STREAM_STORE_FAILED};
use crate::proto::api::stream::StreamConfig;
use crate::proto::api::{ApiError, ErrorKind};
use crate::util::time::Timestamp;

/// A stream with everything that belongs to it.
#[derive(Debug)]
pub struct Stream {
    config: StreamConfig,
    created: Timestamp,
    store: Box<dyn Store>,
    consumers: Consumers,
    /// Consumers came, went or were changed since [`Stream::moved_deliver_subjects`] was asked.
    consumers_changed: bool,
    /// The deliver subjects that [`Stream::moved_deliver_subjects`] has told of.
    known_deliver_subjects: Vec<String>,
    dedupe: Dedupe,
    /// What goes when; only kept where `Nats-TTL` is allowed.
    expiries: Expiries,
    batches: Batches,
    schedules: Schedules,
    /// `Nats-Msg-Id` of the last message; empty when it had none.
    last_msg_id: Vec<u8>,
    rewrite: Rewrite,
    copies: Copies,
    claims: Claims,
    acks: Acks,
    /// Something was stored or removed since the store was last flushed.
    dirty: bool,
    /// It is to be flushed with the next tick.
    commit_due: bool,
    /// Why the stream takes nothing any more.
    frozen: Option<String>,
    keeper: Keeper,
    medium: Medium,
    /// Bytes of this stream that [`Usage`] knows of.
    counted_bytes: u64,
    /// Bytes set aside for it that [`Usage`] knows of.
    counted_reserved: u64,
}

impl Stream {
    /// Opens the store of a checked configuration.
    ///
    /// # Errors
    /// When there is no such store, or it cannot be read.
    pub fn open(
        now: Timestamp,
        config: StreamConfig,
        home: &Home,
        stores: &Stores,
    ) -> Result<Stream, ApiError> {
        let store = stores.open(now, &config).map_err(|e| match e {
            StoreError::Unavailable(_) => STORAGE_RESOURCES_EXCEEDED.err(),
            e => STREAM_STORE_FAILED.because(e),
        })?;
        Stream::with_store(now, config, home, stores, store)
    }

    /// The stream of a store that is open.
    fn with_store(
        now: Timestamp,
        config: StreamConfig,
        home: &Home,
        stores: &Stores,
        mut store: Box<dyn Store>,
    ) -> Result<Stream, ApiError> {
        let failed = |e: StoreError| STREAM_STORE_FAILED.because(e);
        if config.first_seq > 1 && store.state().last_seq == 0 {
            store
                .skip_to(config.first_seq - 1, Timestamp::ZERO)
                .map_err(failed)?;
        }
        let last_seq = store.state().last_seq;
        let last = store.load(last_seq).map_err(failed)?;
        let last_msg_id = last.and_then(|m| {
            headers::PublishHeaders::read(m.headers)
                .msg_id
                .map(<[u8]>::to_vec)
        });
        let window = config.duplicate_window.duration();
        let dedupe = Dedupe::rebuild(store.as_mut(), now, window).map_err(failed)?;
        let expiries = if config.allow_msg_ttl {
            Expiries::rebuild(store.as_mut()).map_err(failed)?
        } else {
            Expiries::default()
        };
        let schedules = if config.allow_msg_schedules {
            Schedules::rebuild(store.as_mut(), now).map_err(failed)?
        } else {
            Schedules::default()
        };
        let rewrite = Rewrite::new(now, &config).map_err(|e| STREAM_INVALID_CONFIG.because(e))?;
        let copies = Copies::new(&config, store.as_mut(), stores.positions(&config))
            .map_err(|e| STREAM_INVALID_CONFIG.because(e))?;
        Ok(Stream {
            acks: Acks::new(&config.name, home.domain()),
            medium: Medium::new(store.flush_is_slow(), last_seq),
            config,
            created: now,
            store,
            consumers: Consumers::new(home),
            consumers_changed: false,
            known_deliver_subjects: Vec::new(),
            dedupe,
            expiries,
            batches: Batches::new(home.domain()),
            schedules,
            rewrite,
            copies,
            claims: Claims::default(),
            last_msg_id: last_msg_id.unwrap_or_default(),
            dirty: false,
            commit_due: false,
            frozen: None,
            keeper: Keeper::new(stores),
            counted_bytes: 0,
            counted_reserved: 0,
        })
    }

    /// The last sequence given out.
    pub fn last_seq(&self) -> u64 {
        self.store.state().last_seq
    }

    /// What it is configured to be.
    pub fn config(&self) -> &StreamConfig {
        &self.config
    }

    /// When it was made.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// How often its store waited for the medium.
    #[cfg(test)]
    pub fn syncs(&self) -> u64 {
        self.store.syncs()
    }

    /// Makes everything so far safe, then acknowledges it, then lets the consumers have it. Where that waits for the
    /// medium it is due with the next tick, once for all that come by then.
    pub fn commit(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        if self.is_safe() || !self.medium.awaited {
            self.commit_now(now, usage, outlet);
        } else {
            self.commit_due |= self.dirty;
            self.count(usage);
        }
    }

    /// As [`Stream::commit`], and waits for the medium where that must be.
    pub fn commit_now(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        self.commit_due = false;
        if self.flush_now(now) {
            self.rewrite.send(outlet);
            self.acks.send(outlet);
        } else {
            self.give_up_acks(outlet);
        }
        self.count(usage);
        self.pump_consumers(now, outlet);
    }

    /// Hands what was stored to the kernel. False when that failed, which freezes the stream: what it holds
    /// unacknowledged must never be acknowledged. Where that waits for the medium it is due with the next tick, and
    /// this is false until it is there.
    fn flush(&mut self, now: Timestamp) -> bool {
        if self.medium.awaited {
            self.commit_due |= self.dirty;
            return self.is_safe() && self.frozen.is_none();
        }
        self.flush_now(now)
    }

    /// As [`Stream::flush`], and waits for the medium where that must be.
    fn flush_now(&mut self, now: Timestamp) -> bool {
        if self.dirty || self.medium.is_waiting() {
            match self.store.flush() {
                Ok(()) => {
                    self.dirty = false;
                    self.medium.note_safe(self.store.state().last_seq);
                    self.note_flushed(now);
                }
                Err(e) => self.freeze(&e),
            }
        }
        self.frozen.is_none()
    }

    fn freeze(&mut self, error: &StoreError) {
        tracing::error!(stream = self.config.name, %error, "stream takes no more messages");
        self.frozen.get_or_insert_with(|| error.to_string());
    }

    /// Why it takes nothing any more, if so.
    pub fn frozen(&self) -> Option<&str> {
        self.frozen.as_deref()
    }

    /// The error that a frozen stream answers everything with that would change it.
    fn check_frozen(&self, kind: &ErrorKind) -> Result<(), ApiError> {
        match &self.frozen {
            Some(reason) => Err(kind.because(reason)),
            None => Ok(()),
        }
    }

    /// Tells the account how many bytes there are now, and how many are set aside.
    pub fn count(&mut self, usage: &Usage) {
        self.note_usage(usage, self.store.state().bytes, reserved_bytes(&self.config));
    }

    fn note_usage(&mut self, usage: &Usage, bytes: u64, reserved: u64) {
        let storage = self.config.storage;
        usage.change_bytes(storage, self.counted_bytes, bytes);
        usage.change_reserved(storage, self.counted_reserved, reserved);
        (self.counted_bytes, self.counted_reserved) = (bytes, reserved);
    }

    /// Ends the stream in this process; what it has in files stays.
    pub fn give_up(&mut self, usage: &Usage) {
        self.drop_batches(true, true, usage);
        self.note_usage(usage, 0, 0);
    }

    /// Ends the stream and takes away what it holds.
    pub fn delete(mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        self.close_consumers(now, End::Deleted, outlet);
        self.give_up(usage);
        if let Err(error) = self.store.delete() {
            tracing::error!(stream = self.config.name, %error, "deleted stream leaves something behind");
        }
    }

    /// Does it wait for the medium before it acknowledges and delivers?
    pub fn waits_for_medium(&self) -> bool {
        self.medium.awaited
    }

    /// When [`Stream::tick`] or [`Stream::begin_sync`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.medium.is_waiting() {
            return None;
        }
        let due = self.commit_due || self.medium.is_due();
        [
            self.age_deadline(),
            self.ttl_deadline(),
            self.batch_deadline(),
            self.schedule_deadline(),
            self.consumers.next_deadline(),
            self.keeper.deadline(self.medium.is_under_way()),
            self.copies.deadline(),
            due.then_some(Timestamp::ZERO),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what is due, [`Stream::begin_sync`] apart.
    pub fn tick(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        if self.medium.is_waiting() {
            return;
        }
        self.expire(now, usage, outlet);
        self.expire_by_ttl(now, usage, outlet);
        self.abandon_batches(now, usage, outlet);
        self.publish_scheduled(now, usage, outlet);
        self.tick_consumers(now, outlet);
        self.commit(now, usage, outlet);
        self.keep_safe(now);
    }
}
