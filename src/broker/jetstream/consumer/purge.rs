//! Messages that leave the stream under a consumer's feet, and a consumer that is sent back or ahead.

use super::advisory::Event;
use super::floor::AckFloor;
use super::pending::Entry;
use super::{Consumer, Mode};
use crate::broker::jetstream::Outlet;
use crate::broker::store::Store;
use crate::proto::api::consumer::DeliverPolicy;
use crate::proto::api::consumer_info::SequenceInfo;
use crate::proto::api::error::{self, ApiError};
use crate::proto::subject::{self, Filter};
use crate::util::time::Timestamp;

impl Consumer {
    /// One message is gone: by a limit, deleted, or done with. True when [`Consumer::pump`] has
    /// something to do.
    pub fn on_removed(&mut self, now: Timestamp, seq: u64, subject: &[u8], outlet: &mut dyn Outlet) -> bool {
        if self.filter.matches(subject) {
            self.cursor.removed(seq);
        }
        let was_stalled = self.was_stalled();
        if self.pending.get(seq).is_some() {
            self.lose(now, seq, outlet);
        } else {
            self.pending.forgive(seq);
        }
        was_stalled
    }

    /// Many messages are gone: of all, or of those of a subject or pattern (nats-server `consumer.purge`).
    pub fn on_purged(
        &mut self,
        now: Timestamp,
        purged: Option<&[u8]>,
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) {
        let concerned = purged
            .is_none_or(|p| self.filter.is_all() || self.filter.patterns().any(|f| subject::collide(f, p)));
        if !concerned {
            return;
        }
        let state = store.state();
        let start = self.purged_through(purged, store).map_or(0, |seq| seq + 1);
        self.cursor.skip_to(start);
        self.cursor.recount(&self.filter, store);
        let entries: Vec<Entry> = self.pending.iter().copied().collect();
        let (gone, others) = entries.split_at(entries.partition_point(|e| e.stream_seq < start));
        let mut floor = self.floor.judges();
        if floor.stream_seq < start {
            floor.stream_seq = start - 1;
        }
        for entry in gone {
            self.pending.remove(entry.stream_seq);
            floor.consumer_seq = floor.consumer_seq.max(entry.consumer_seq);
            self.floor.touch(now);
        }
        self.floor.set(floor);
        for entry in others {
            if matches!(store.load(entry.stream_seq), Ok(None)) {
                self.lose(now, entry.stream_seq, outlet);
            }
        }
        self.pending
            .forgive_through(state.first_seq.saturating_sub(1), |_| {});
        self.delivered.stream_seq = self.delivered.stream_seq.max(self.cursor.next() - 1);
        if self.pending.is_empty() {
            self.floor.set(self.delivered.into());
        }
    }

    /// Up to where nothing is left for this consumer after a purge; none when the purge says nothing of that. A
    /// purge of all that one of its filters lets through moves the consumer to the first message that is left of
    /// those.
    fn purged_through(&self, purged: Option<&[u8]>, store: &mut dyn Store) -> Option<u64> {
        let state = store.state();
        let Some(purged) = purged else {
            return Some(state.first_seq.saturating_sub(1));
        };
        let mut filters = self.filter.patterns();
        if filters.any(|filter| subject::is_subset(filter, purged)) {
            let left = store.next(0, &Filter::any([purged])).ok().flatten();
            return Some(left.map_or(state.last_seq, |message| message.seq - 1));
        }
        let mut filters = self.filter.patterns();
        let wider = self.filter.is_all() || filters.any(|filter| subject::is_subset(purged, filter));
        wider.then(|| state.first_seq.saturating_sub(1))
    }

    /// Goes on with `seq`, or right behind the ack floor when that is 0 (ADR-60), once it is pumped. Returns the
    /// sequence.
    ///
    /// # Errors
    /// 10204 where the deliver policy does not allow it.
    pub fn reset(&mut self, seq: u64, store: &mut dyn Store) -> Result<u64, ApiError> {
        let refuse = |why: &str| Err(error::CONSUMER_INVALID_RESET.because(why));
        let seq = match self.config.deliver_policy {
            _ if seq == 0 => self.floor.judges().stream_seq + 1,
            DeliverPolicy::All => seq,
            DeliverPolicy::ByStartSequence if seq < self.config.opt_start_seq => {
                return refuse("below start seq");
            }
            DeliverPolicy::ByStartTime
                if seq < store.seq_at(self.config.opt_start_time.unwrap_or_default()) =>
            {
                return refuse("below start time");
            }
            DeliverPolicy::ByStartSequence | DeliverPolicy::ByStartTime => seq,
            DeliverPolicy::Last | DeliverPolicy::New | DeliverPolicy::LastPerSubject => {
                return refuse("not allowed");
            }
        };
        self.pending.clear();
        self.letters.clear();
        let policy = self.config.deliver_policy;
        self.cursor.reset(seq, policy, &self.filter, store);
        self.start = seq;
        self.delivered = SequenceInfo {
            stream_seq: seq - 1,
            ..SequenceInfo::default()
        };
        self.floor = AckFloor::starting(self.delivered.into());
        Ok(seq)
    }

    /// The client that is pinned in this group loses its place; another one gets it once the consumer is pumped.
    pub fn unpin(&mut self, now: Timestamp, group: &str, outlet: &mut dyn Outlet) {
        if let Mode::Pull(pull) = &mut self.mode {
            pull.unpin();
        }
        self.source.tell(
            now,
            Event::Unpinned {
                group,
                reason: "admin",
            },
            outlet,
        );
    }
}
