//! Where a consumer stands in its stream, and how many messages are still to come.
//!
//! The count is kept by what happens, never by counting again: one more when a message that passes the
//! filter is stored, one less when it is delivered or removed. Only a purge or a new filter recounts.

use serde::{Deserialize, Serialize};

use crate::broker::store::{Store, StoreError, Stored};
use crate::proto::api::consumer::{ConsumerConfig, DeliverPolicy};
use crate::proto::api::stream::StreamConfig;
use crate::proto::subject::Filter;

/// The next message to deliver for the first time.
#[derive(Debug)]
pub(super) struct Cursor {
    /// Everything before this stream sequence has been considered.
    next: u64,
    /// Messages from there on that pass the filter.
    pending: u64,
    /// The last message of each subject, while those are being delivered.
    skip: Option<SkipList>,
}

/// Where [`DeliverPolicy::LastPerSubject`] jumps to.
#[derive(Debug)]
struct SkipList {
    /// Sequences, ascending.
    seqs: Vec<u64>,
    /// How many of them are behind us.
    done: usize,
    /// The last sequence of the stream when the list was made. All behind it is delivered as usual.
    last_seq: u64,
}

/// A cursor as it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SavedCursor {
    next: u64,
    /// What is left of a skip list, and the last sequence of the stream when it was made.
    skip: Option<(Vec<u64>, u64)>,
}

/// Where a consumer stands that begins with `from`: further on if the first messages of its filters are all behind
/// that. It would come there anyway; nats-server shows it there from the beginning.
fn first_behind(from: u64, filter: &Filter, store: &mut dyn Store) -> Result<u64, StoreError> {
    let last_seq = store.state().last_seq;
    let patterns: Vec<Box<[u8]>> = filter.patterns().map(Into::into).collect();
    let mut nearest = last_seq;
    for pattern in patterns {
        let first = store
            .next(0, &Filter::any([pattern]))?
            .map_or(0, |message| message.seq);
        if (from..nearest).contains(&first) {
            nearest = first;
        }
    }
    Ok(if nearest < last_seq {
        from.max(nearest)
    } else {
        from
    })
}

impl SkipList {
    /// The last message of each subject, as far as it is at or behind `seq`.
    fn from(seq: u64, filter: &Filter, store: &mut dyn Store) -> SkipList {
        let mut seqs = Vec::new();
        store.for_each_subject(filter, &mut |_, subject| seqs.push(subject.last_seq));
        seqs.retain(|last| *last >= seq);
        seqs.sort_unstable();
        SkipList {
            seqs,
            done: 0,
            last_seq: store.state().last_seq,
        }
    }

    fn rest(&self) -> &[u64] {
        &self.seqs[self.done..]
    }
}

impl Cursor {
    /// Stands where the configuration says.
    pub(super) fn start(
        config: &ConsumerConfig,
        filter: &Filter,
        stream: &StreamConfig,
        store: &mut dyn Store,
    ) -> Result<Cursor, StoreError> {
        let state = store.state();
        let mut skip = None;
        let wanted = match config.deliver_policy {
            DeliverPolicy::All => state.first_seq,
            DeliverPolicy::New => state.last_seq + 1,
            DeliverPolicy::Last => store.last(filter).unwrap_or(0),
            DeliverPolicy::ByStartSequence => config.opt_start_seq,
            DeliverPolicy::ByStartTime => {
                let from = store.seq_at(config.opt_start_time.unwrap_or_default());
                first_behind(from, filter, store)?
            }
            // With one message per subject the last ones are all there are.
            DeliverPolicy::LastPerSubject if stream.max_msgs_per_subject == 1 => state.first_seq,
            DeliverPolicy::LastPerSubject => {
                let list = SkipList::from(0, filter, store);
                let first = list.seqs.first().copied().unwrap_or(state.last_seq);
                skip = Some(list);
                first
            }
        };
        // Only a start sequence may lie in the future.
        let latest = if config.opt_start_seq > 0 {
            u64::MAX
        } else {
            state.last_seq + 1
        };
        let mut cursor = Cursor {
            next: wanted.min(latest).max(state.first_seq),
            pending: 0,
            skip,
        };
        cursor.recount(filter, store);
        Ok(cursor)
    }

    /// To be written down.
    pub(super) fn save(&self) -> SavedCursor {
        SavedCursor {
            next: self.next,
            skip: self
                .skip
                .as_ref()
                .map(|skip| (skip.rest().to_vec(), skip.last_seq)),
        }
    }

    /// Goes on where it was when it was written down, or where the stream ends by now, if that is before.
    pub(super) fn restore(&mut self, saved: SavedCursor, filter: &Filter, store: &mut dyn Store) {
        // A start sequence in the future is still where this cursor stands.
        self.next = saved.next.min(self.next.max(store.state().last_seq + 1));
        self.skip = saved.skip.map(|(seqs, last_seq)| SkipList {
            seqs,
            done: 0,
            // What the stream has lost by now it gives out anew.
            last_seq: last_seq.min(store.state().last_seq),
        });
        self.recount(filter, store);
    }

    /// The first sequence that has not been considered.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Messages that are still to be delivered for the first time.
    pub(super) fn pending(&self) -> u64 {
        self.pending
    }

    /// The next message, which stays the next one until [`Cursor::advance`].
    pub(super) fn peek<'s>(
        &mut self,
        filter: &Filter,
        store: &'s mut dyn Store,
    ) -> Result<Option<Stored<'s>>, StoreError> {
        if let Some(seq) = self.peek_skip_list(store)? {
            return store.load(seq);
        }
        let last_seq = store.state().last_seq;
        if self.next > last_seq {
            return Ok(None);
        }
        let found = store.next(self.next, filter)?;
        self.next = found.as_ref().map_or(last_seq + 1, |message| message.seq);
        if found.is_none() {
            self.pending = 0;
        }
        Ok(found)
    }

    /// The next sequence of the skip list that is still there. Without one the list is dropped.
    fn peek_skip_list(&mut self, store: &mut dyn Store) -> Result<Option<u64>, StoreError> {
        let Some(skip) = &mut self.skip else {
            return Ok(None);
        };
        while let Some(seq) = skip.rest().first().copied() {
            if store.load(seq)?.is_some() {
                self.next = seq;
                return Ok(Some(seq));
            }
            skip.done += 1;
        }
        self.next = skip.last_seq + 1;
        self.skip = None;
        Ok(None)
    }

    /// Is it left out, since its subject has a newer message?
    pub(super) fn supersedes(&self, seq: u64) -> bool {
        self.skip
            .as_ref()
            .is_some_and(|skip| seq <= skip.last_seq && skip.seqs.binary_search(&seq).is_err())
    }

    /// The message that [`Cursor::peek`] showed was delivered.
    pub(super) fn advance(&mut self, seq: u64) {
        self.next = seq + 1;
        self.pending = self.pending.saturating_sub(1);
        if let Some(skip) = &mut self.skip {
            skip.done += 1;
            if skip.rest().is_empty() {
                self.next = skip.last_seq + 1;
                self.skip = None;
            }
        }
    }

    /// A message that passes the filter was stored.
    pub(super) fn stored(&mut self, seq: u64) {
        if seq >= self.next {
            self.pending += 1;
        }
    }

    /// A message that passes the filter is gone.
    pub(super) fn removed(&mut self, seq: u64) {
        let counted = match &self.skip {
            Some(skip) if seq <= skip.last_seq => skip.rest().binary_search(&seq).is_ok(),
            _ => seq >= self.next,
        };
        if counted {
            self.pending = self.pending.saturating_sub(1);
        }
    }

    /// Goes on with `seq`, if that is ahead.
    pub(super) fn skip_to(&mut self, seq: u64) {
        if seq <= self.next {
            return;
        }
        self.next = seq;
        if let Some(skip) = &mut self.skip {
            skip.done = skip.seqs.partition_point(|s| *s < seq);
            if seq > skip.last_seq {
                self.skip = None;
            }
        }
    }

    /// Goes on with `seq`, wherever that is; where only the last message of each subject is wanted, with those that
    /// are it by now.
    pub(super) fn reset(&mut self, seq: u64, policy: DeliverPolicy, filter: &Filter, store: &mut dyn Store) {
        self.next = seq;
        let last_of_each = policy == DeliverPolicy::LastPerSubject;
        self.skip = last_of_each.then(|| SkipList::from(seq, filter, store));
        self.recount(filter, store);
    }

    /// Counts anew. The cost is that of [`Store::count_from`].
    pub(super) fn recount(&mut self, filter: &Filter, store: &mut dyn Store) {
        self.pending = match &mut self.skip {
            Some(skip) => {
                skip.seqs.drain(..skip.done);
                skip.done = 0;
                skip.seqs.retain(|seq| match store.load(*seq) {
                    Ok(Some(message)) => filter.matches(message.subject),
                    Ok(None) | Err(_) => false,
                });
                skip.seqs.len() as u64 + store.count_from(skip.last_seq + 1, filter, false)
            }
            None => store.count_from(self.next, filter, false),
        };
    }
}
