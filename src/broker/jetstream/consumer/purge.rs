//! Messages that leave the stream under a consumer's feet, and a consumer that is sent back or ahead.

use super::advisory::Event;
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

    /// Many messages are gone: all, or those of a subject or pattern. As with nats-server, events tell of the
    /// deliveries that are lost with them only when not everything was purged.
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
        // When all we want was purged, everything before the first that is left is done.
        let filter = &self.filter;
        let within =
            purged.filter(|p| !filter.is_all() && filter.patterns().all(|f| subject::is_subset(f, p)));
        let first_left = match within {
            Some(purged) => store
                .next(0, &Filter::any([purged]))
                .ok()
                .flatten()
                .map(|m| m.seq),
            None => Some(store.state().first_seq),
        };
        let state = store.state();
        self.cursor.skip_to(first_left.unwrap_or(state.last_seq + 1));
        self.cursor.recount(&self.filter, store);

        let entries: Vec<Entry> = self.pending.iter().copied().collect();
        for entry in entries {
            if !matches!(store.load(entry.stream_seq), Ok(None)) {
                continue;
            }
            if purged.is_some() {
                self.lose(now, entry.stream_seq, outlet);
            } else {
                self.pending.remove(entry.stream_seq);
                self.move_floor(&entry);
                self.floor.last_active = Some(now);
            }
        }
        self.pending
            .forgive_through(state.first_seq.saturating_sub(1), |_| {});
        self.delivered.stream_seq = self.delivered.stream_seq.max(self.cursor.next() - 1);
        if self.pending.is_empty() {
            self.floor.consumer_seq = self.delivered.consumer_seq;
            self.floor.stream_seq = self.delivered.stream_seq;
        }
    }

    /// Goes on with `seq`, or right behind the ack floor when that is 0 (ADR-60). Returns the sequence.
    ///
    /// # Errors
    /// 10204 where the deliver policy does not allow it.
    pub fn reset(
        &mut self,
        now: Timestamp,
        seq: u64,
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) -> Result<u64, ApiError> {
        let refuse = |why: &str| Err(error::CONSUMER_INVALID_RESET.because(why));
        let seq = match self.config.deliver_policy {
            _ if seq == 0 => self.floor.stream_seq + 1,
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
        self.cursor.reset(seq);
        self.start = seq;
        self.cursor.recount(&self.filter, store);
        self.delivered = SequenceInfo {
            stream_seq: seq - 1,
            ..SequenceInfo::default()
        };
        self.floor = self.delivered;
        self.pump(now, store, outlet);
        Ok(seq)
    }

    /// The client that is pinned in this group loses its place.
    pub fn unpin(&mut self, now: Timestamp, group: &str, store: &mut dyn Store, outlet: &mut dyn Outlet) {
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
        self.pump(now, store, outlet);
    }
}
