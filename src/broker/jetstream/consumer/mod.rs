//! A consumer: a cursor over a stream that hands messages to clients and knows which are done.
//!
//! A pure state machine. It has no clock (every call brings `now`), no socket (messages leave through
//! the [`Outlet`]) and no copy of any message (they stay in the stream's [`Store`]); it keeps a few
//! words per delivery that waits for an acknowledgement, and nothing per stored message.
//!
//! ```text
//!   a message was stored   ──► on_stored ──► true: pump
//!   a message is gone      ──► on_removed, on_purged
//!   a client asks          ──► on_pull
//!   a client acknowledges  ──► on_ack ──► take_finished: what the stream may let go of
//!   a client kept up       ──► on_flow_control
//!   a dead letter is safe  ──► on_letter_kept
//!   subscriptions changed  ──► on_interest
//!   next_deadline() passed ──► tick ──► Fate::Delete: it was not used for long enough
//! ```
//!
//! Start reading with `delivery`, the way of a message; `acks` is the way back, and `explain` says of any message
//! why it was delivered or not. `defaults` and `check` are
//! the rules of a configuration, `set` the consumers of one stream. The behaviour is that of nats-server v2.14.5,
//! `consumer.go`, except where a comment says why not.

mod ack_subject;
mod acks;
mod advisory;
mod check;
mod cursor;
mod dead_letter;
mod defaults;
mod delivery;
mod explain;
mod floor;
mod info;
mod lifetime;
mod pace;
mod pending;
mod pull;
mod pull_request;
mod purge;
mod push;
mod random;
mod redelivery;
mod roster;
mod set;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod update;
mod waiting;

use std::time::Duration;

pub use ack_subject::AckToken;
pub use check::is_valid_group;
pub use dead_letter::{STREAM_KEY, SUBJECT_KEY, subject_in};
pub use explain::{Decision, Hold};
pub use info::required_level;
pub use roster::ConsumerId;
pub use set::{Consumers, New};
pub use state::Snapshot;

use self::ack_subject::AckSubject;
use self::advisory::{Event, Source};
use self::cursor::Cursor;
use self::dead_letter::DeadLetters;
use self::floor::AckFloor;
use self::lifetime::Lifetime;
use self::pace::Pace;
use self::pending::Pending;
use self::pull::Pull;
use self::push::Push;
pub(super) use self::random::Random;
use self::state::Position;
use super::{Home, Outlet};
use crate::broker::store::Store;
use crate::proto::api::consumer::{AckPolicy, ConsumerConfig};
use crate::proto::api::consumer_info::SequenceInfo;
use crate::proto::api::error::{self, ApiError};
use crate::proto::api::stream::{Retention, StreamConfig};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// Limits of server and account; 0 or less for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Largest `max_ack_pending`.
    pub max_ack_pending: i64,
    /// Largest `max_batch` of a pull consumer, and its default.
    pub max_request_batch: i64,
    /// Consumers of one stream.
    pub max_consumers: i64,
}

/// What is to become of a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Fate {
    /// It stays.
    Keep,
    /// It was not used for longer than its `inactive_threshold`.
    Delete,
}

/// Why a consumer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It, or its stream, is deleted.
    Deleted,
    /// The server stops.
    Shutdown,
}

/// One consumer of one stream.
#[derive(Debug)]
pub struct Consumer {
    source: Source,
    created: Timestamp,
    config: ConsumerConfig,
    retention: Retention,
    filter: Filter,
    cursor: Cursor,
    /// Where it began.
    start: u64,
    delivered: SequenceInfo,
    floor: AckFloor,
    pending: Pending,
    letters: DeadLetters,
    mode: Mode,
    ack_subject: AckSubject,
    pace: Pace,
    lifetime: Lifetime,
    random: Random,
    sample_percent: u32,
    /// When the pause that is running now ends.
    paused_until: Option<Timestamp>,
    /// Sequences this consumer is done with, for streams that let go of messages then.
    finished: Vec<u64>,
    /// Headers that are not as stored are put together here.
    scratch: Vec<u8>,
    /// Where it stood when [`Consumer::has_moved`] was asked.
    known_position: Position,
}

/// Who takes the first step.
#[derive(Debug)]
enum Mode {
    /// The client, with a request.
    Pull(Pull),
    /// The consumer, as soon as somebody listens.
    Push(Push),
}

impl Consumer {
    /// Makes a consumer of a configuration that has its defaults and was checked. It lives in `home`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn create(
        now: Timestamp,
        name: &str,
        config: ConsumerConfig,
        stream: &StreamConfig,
        home: &Home,
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) -> Result<Consumer, ApiError> {
        let mut consumer = Consumer::build(now, name, config, stream, home, store)?;
        consumer.source.tell(now, Event::created(), outlet);
        consumer.begin(now, store, outlet);
        Ok(consumer)
    }

    fn build(
        now: Timestamp,
        name: &str,
        mut config: ConsumerConfig,
        stream: &StreamConfig,
        home: &Home,
        store: &mut dyn Store,
    ) -> Result<Consumer, ApiError> {
        let filter = Filter::any(config.filters());
        let cursor = Cursor::start(&config, &filter, stream, store)
            .map_err(|e| error::CONSUMER_STORE_FAILED.because(e))?;
        let mut random = Random::seeded(name, now.nanos());
        let lifetime = Lifetime::new(&mut config, &mut random);
        let mode = if config.is_push() {
            Mode::Push(Push::new(now, &config))
        } else {
            Mode::Pull(Pull::new(&config))
        };
        let before = SequenceInfo {
            stream_seq: cursor.next().saturating_sub(1),
            ..SequenceInfo::default()
        };
        Ok(Consumer {
            source: Source {
                stream: stream.name.clone(),
                consumer: name.to_owned(),
                home: home.clone(),
            },
            created: now,
            retention: stream.retention,
            start: cursor.next(),
            cursor,
            delivered: before,
            floor: AckFloor::starting(before.into()),
            pending: Pending::default(),
            letters: DeadLetters::default(),
            mode,
            ack_subject: AckSubject::new(home, &stream.name, name),
            pace: Pace::new(&config, stream, store.state().last_seq),
            lifetime,
            random,
            sample_percent: check::sample_percent(&config.sample_freq).unwrap_or(0),
            paused_until: None,
            finished: Vec::new(),
            scratch: Vec::new(),
            known_position: Position::default(),
            filter,
            config,
        })
    }

    fn begin(&mut self, now: Timestamp, store: &mut dyn Store, outlet: &mut dyn Outlet) {
        self.pause(now, outlet);
        self.lifetime.start(now);
        self.on_interest(now, store, outlet);
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.source.consumer
    }

    /// Its configuration, with all defaults.
    pub fn config(&self) -> &ConsumerConfig {
        &self.config
    }

    /// The subjects it wants.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// A message was stored. True when [`Consumer::pump`] has something to do.
    pub fn on_stored(&mut self, seq: u64, subject: &[u8]) -> bool {
        if !self.filter.matches(subject) {
            return false;
        }
        self.cursor.stored(seq);
        seq >= self.cursor.next() && self.has_taker()
    }

    /// Sequences that this consumer is done with since the last call. Only kept for streams with interest
    /// or work queue retention.
    pub fn take_finished(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.finished)
    }

    fn finish(&mut self, seq: u64) {
        if self.retention != Retention::Limits {
            self.finished.push(seq);
        }
    }

    /// The first sequence that it has not considered.
    pub fn reached(&self) -> u64 {
        self.cursor.next()
    }

    /// Must an interest stream keep this message for this consumer?
    pub fn needs(&self, seq: u64, subject: &[u8]) -> bool {
        if !self.filter.matches(subject) {
            return false;
        }
        let untouched = seq >= self.cursor.next();
        match self.config.ack_policy {
            AckPolicy::None => untouched,
            _ => untouched || self.pending.get(seq).is_some() || self.pending.is_exhausted(seq),
        }
    }

    /// The moment to call [`Consumer::tick`]. It may turn out to have been too early, never too late.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        /// Deliveries of one moment are to expire together.
        const GATHER: Duration = Duration::from_millis(1);
        let mode = match &self.mode {
            Mode::Pull(pull) => pull.deadline(),
            Mode::Push(push) => push.deadline(),
        };
        let acks = self.pending.next_due().map(|due| due + GATHER);
        [
            acks,
            mode,
            self.lifetime.deadline(),
            self.paused_until,
            self.pace.deadline(),
            self.letters.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what is due. Afterwards [`Consumer::next_deadline`] lies ahead.
    pub fn tick(&mut self, now: Timestamp, store: &mut dyn Store, outlet: &mut dyn Outlet) -> Fate {
        if self.paused_until.is_some_and(|until| until <= now) {
            self.pause(now, outlet);
        }
        self.expire(now, outlet);
        if let Mode::Pull(pull) = &mut self.mode {
            pull.expire_pin(now, &self.source, outlet);
        }
        self.pump(now, store, outlet);
        self.keep_alive(now, outlet);
        self.check_lifetime(now, outlet)
    }

    /// Ends it: waiting clients are told.
    pub fn close(&mut self, now: Timestamp, end: End, outlet: &mut dyn Outlet) {
        if end == End::Deleted {
            self.source.tell(now, Event::deleted(), outlet);
        }
        if let Mode::Pull(pull) = &mut self.mode {
            pull.close(end, outlet);
        }
    }
}
