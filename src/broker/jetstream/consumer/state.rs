//! A consumer as it is written down, and how it comes back after a restart.

use serde::{Deserialize, Serialize};

use super::Consumer;
use super::cursor::SavedCursor;
use super::dead_letter::Death;
use super::floor::{AckFloor, Pair};
use super::pending::SavedEntry;
use crate::broker::jetstream::{Home, Outlet};
use crate::broker::store::Store;
use crate::proto::api::consumer::ConsumerConfig;
use crate::proto::api::consumer_info::SequenceInfo;
use crate::proto::api::error::ApiError;
use crate::proto::api::stream::StreamConfig;
use crate::util::time::Timestamp;

/// All that a consumer needs to go on where it was. Waiting requests are not among it: their clients are
/// gone when it is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    name: String,
    created: Timestamp,
    config: ConsumerConfig,
    cursor: SavedCursor,
    /// Consumer and stream sequence.
    delivered: (u64, u64),
    floor: (u64, u64),
    pending: Vec<SavedEntry>,
    exhausted: Vec<u64>,
    #[serde(default)]
    start: u64,
    /// Dead messages whose copies may not be safe.
    #[serde(default)]
    letters: Vec<(u64, Death)>,
}

/// What has changed whenever there is something new to write down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Position {
    next: u64,
    delivered: u64,
    floor: Pair,
    pending: usize,
    redelivered: usize,
    letters: usize,
    /// A wait for an acknowledgement begins anew without any other change.
    last_active: Option<Timestamp>,
    pause_until: Option<Timestamp>,
}

impl Consumer {
    /// Does it outlive the server?
    pub fn is_kept(&self) -> bool {
        !self.config.mem_storage && !self.config.direct
    }

    /// Has it got on since the last call?
    pub fn has_moved(&mut self) -> bool {
        let position = Position {
            next: self.cursor.next(),
            delivered: self.delivered.consumer_seq,
            floor: self.floor.shown(),
            pending: self.pending.len(),
            redelivered: self.pending.redelivered_len(),
            letters: self.letters.len(),
            last_active: self.delivered.last_active,
            pause_until: self.config.pause_until,
        };
        let before = std::mem::replace(&mut self.known_position, position);
        before != self.known_position
    }

    /// Its state, to be written down.
    pub fn snapshot(&self) -> Snapshot {
        let floor = self.floor.shown();
        Snapshot {
            name: self.name().to_owned(),
            created: self.created,
            config: self.config.clone(),
            cursor: self.cursor.save(),
            delivered: (self.delivered.consumer_seq, self.delivered.stream_seq),
            floor: (floor.consumer_seq, floor.stream_seq),
            pending: self.pending.save(),
            exhausted: self.pending.exhausted().collect(),
            start: self.start,
            letters: self.letters.save(),
        }
    }

    /// The consumer of a snapshot.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn restore(
        now: Timestamp,
        snapshot: Snapshot,
        stream: &StreamConfig,
        home: &Home,
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) -> Result<Consumer, ApiError> {
        let Snapshot { name, config, .. } = snapshot;
        let mut consumer = Consumer::build(now, &name, config, stream, home, store)?;
        let info = |(consumer_seq, stream_seq)| SequenceInfo {
            consumer_seq,
            stream_seq,
            last_active: None,
        };
        consumer.created = snapshot.created;
        consumer.start = snapshot.start;
        consumer.cursor.restore(snapshot.cursor, &consumer.filter, store);
        // After a power failure the stream may end before what was written down here. It will give the sequences
        // out anew, for other messages.
        let reached = consumer.cursor.next() - 1;
        let known = |(consumer_seq, stream_seq): (u64, u64)| info((consumer_seq, stream_seq.min(reached)));
        consumer.delivered = known(snapshot.delivered);
        consumer.floor = AckFloor::starting(known(snapshot.floor).into());
        let pending = snapshot.pending.into_iter().filter(|entry| entry.0 <= reached);
        let exhausted = snapshot.exhausted.into_iter().filter(|seq| *seq <= reached);
        consumer.pending.restore(pending.collect(), exhausted.collect());
        consumer.letters.restore(now, snapshot.letters);
        consumer.has_moved();
        consumer.begin(now, store, outlet);
        Ok(consumer)
    }
}
