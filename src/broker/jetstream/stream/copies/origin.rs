//! The origin's part: what a copy wants of it, and the next batch of that.

use super::super::Stream;
use crate::broker::store::StoreError;
use crate::proto::api::ApiError;
use crate::proto::api::error::STREAM_STORE_FAILED;
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// Messages in one batch.
const BATCH_MAX: usize = 1000;
/// Bytes after which a batch is full.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// What a copy wants of its origin next.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The origin's name.
    pub origin: String,
    /// The prefix of the API that it is reached through, where that is not this account's own.
    pub api_prefix: Option<String>,
    /// What the subjects begin with that the origin would deliver on there.
    pub deliver_prefix: String,
    pub(super) filter: Filter,
    pub(super) start: Start,
    /// The incarnation of the origin that `start` was found in.
    pub(super) of: Option<Timestamp>,
}

/// Where to go on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    After { looked: u64, copied: u64 },
    At(Timestamp),
}

impl Wanted {
    /// What of the origin is wanted.
    pub(in super::super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The last sequence of this incarnation of the origin that is done with.
    pub(in super::super) fn reached_in(&self, origin: Timestamp) -> u64 {
        match self.start {
            Start::At(_) => 0,
            Start::After { looked, copied } if self.of == Some(origin) => looked.max(copied),
            Start::After { copied, .. } => copied,
        }
    }
}

/// A message on its way from one stream to another.
#[derive(Debug)]
pub struct Copied {
    pub seq: u64,
    pub time: Timestamp,
    pub subject: Vec<u8>,
    pub headers: Vec<u8>,
    pub payload: Vec<u8>,
}

/// What an origin has for a copy.
#[derive(Debug, Default)]
pub struct Batch {
    pub messages: Vec<Copied>,
    /// The origin has nothing for the copy up to and with this.
    pub(super) looked: u64,
    /// How much is left.
    pub(super) lag: u64,
    pub(super) origin: Timestamp,
}

impl Batch {
    /// Was it read from this incarnation of the origin?
    pub(in super::super) fn is_of(&self, origin: Timestamp) -> bool {
        self.origin == origin
    }

    /// The origin has nothing more for the copy up to and with this.
    pub(in super::super) fn looked(&self) -> u64 {
        self.looked
    }
}

impl Stream {
    /// An origin's part: the next messages for a copy. What is not safe yet is not copied.
    pub fn read_for_copy(&mut self, now: Timestamp, wanted: &Wanted) -> Result<Batch, ApiError> {
        self.flush(now);
        self.check_frozen(&STREAM_STORE_FAILED)?;
        let created = self.created;
        self.read_batch(wanted, created)
            .map_err(|e| STREAM_STORE_FAILED.because(e))
    }

    fn read_batch(&mut self, wanted: &Wanted, created: Timestamp) -> Result<Batch, StoreError> {
        let state = self.store.state();
        let safe_seq = self.safe_seq();
        let mut from = match wanted.start {
            Start::At(time) => self.store.seq_at(time),
            Start::After { .. } => wanted.reached_in(created) + 1,
        };
        let mut batch = Batch {
            origin: created,
            ..Batch::default()
        };
        let mut bytes = 0;
        while batch.messages.len() < BATCH_MAX && bytes < BATCH_BYTES_MAX {
            let next = self.store.next(from, &wanted.filter)?;
            let Some(message) = next.filter(|message| message.seq <= safe_seq) else {
                batch.looked = state.last_seq.min(safe_seq).max(from.saturating_sub(1));
                return Ok(batch);
            };
            bytes += message.subject.len() + message.headers.len() + message.payload.len();
            from = message.seq + 1;
            batch.messages.push(Copied {
                seq: message.seq,
                time: message.time,
                subject: message.subject.to_vec(),
                headers: message.headers.to_vec(),
                payload: message.payload.to_vec(),
            });
        }
        batch.looked = from - 1;
        batch.lag = self.store.count_from(from, &wanted.filter, false);
        Ok(batch)
    }
}
