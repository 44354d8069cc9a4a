//! Deliveries that wait for an acknowledgement, and the queue of those to deliver again.
//!
//! First deliveries come in the order of the stream, so the entries lie in a row sorted by stream
//! sequence; one that is done leaves a gap, and gaps at the front go at once. Deadlines lie in a
//! heap that may hold stale ones: an entry's own `due` decides. Row, heap and queue are swept when
//! more than half of them is stale, so all cost stays constant per delivery on average.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

use crate::util::time::Timestamp;

/// Stale items that are put up with, whatever the number of live ones.
const STALE_MIN: usize = 64;

/// A due time that never comes.
pub(super) const NEVER: Timestamp = Timestamp::from_nanos(i64::MAX);

/// One message that was delivered and is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) stream_seq: u64,
    /// The number of its first delivery; 0 marks a gap.
    pub(super) consumer_seq: u64,
    /// When it is to be delivered again.
    pub(super) due: Timestamp,
    /// How often it was delivered after the first time.
    pub(super) redeliveries: u32,
    /// Its place in the queue, 0 when it is not in there.
    ticket: u32,
}

/// An entry as it is written down: stream and consumer sequence, when it is due, how often delivered again.
pub(super) type SavedEntry = (u64, u64, i64, u32);

impl Entry {
    fn live(&self) -> bool {
        self.consumer_seq != 0
    }

    /// Is it in the queue of messages to deliver again?
    pub(super) fn queued(&self) -> bool {
        self.ticket != 0
    }
}

/// Everything a consumer waits for.
#[derive(Debug, Default)]
pub(super) struct Pending {
    row: VecDeque<Entry>,
    live: usize,
    redelivered: usize,
    due: BinaryHeap<Reverse<(Timestamp, u64)>>,
    queue: VecDeque<(u64, u32)>,
    queued: usize,
    last_ticket: u32,
    /// Messages that were delivered as often as allowed. They are not pending any more, but an
    /// interest stream keeps them, and they count as redelivered.
    exhausted: BTreeSet<u64>,
}

impl Pending {
    pub(super) fn len(&self) -> usize {
        self.live
    }

    pub(super) fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// How many wait to be delivered again right now.
    pub(super) fn queued_len(&self) -> usize {
        self.queued
    }

    /// Messages delivered more than once that are not done, exhausted ones included.
    pub(super) fn redelivered_len(&self) -> usize {
        self.redelivered + self.exhausted.len()
    }

    pub(super) fn get(&self, seq: u64) -> Option<&Entry> {
        self.position(seq).map(|at| &self.row[at])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.row.iter().filter(|e| e.live())
    }

    /// The first entry behind `seq`.
    pub(super) fn after(&self, seq: u64) -> Option<&Entry> {
        let from = match self.row.front() {
            Some(front) if front.stream_seq > seq => 0,
            _ => self.row.partition_point(|e| e.stream_seq <= seq),
        };
        self.row.range(from..).find(|e| e.live())
    }

    fn position(&self, seq: u64) -> Option<usize> {
        let offset = seq.checked_sub(self.row.front()?.stream_seq)?;
        // Without holes in what was delivered, the distance is the place.
        let guess = usize::try_from(offset)
            .ok()
            .filter(|g| self.row.get(*g).is_some_and(|e| e.stream_seq == seq));
        let at = guess.or_else(|| self.row.binary_search_by_key(&seq, |e| e.stream_seq).ok())?;
        self.row[at].live().then_some(at)
    }

    /// To be written down.
    pub(super) fn save(&self) -> Vec<SavedEntry> {
        self.iter()
            .map(|e| (e.stream_seq, e.consumer_seq, e.due.nanos(), e.redeliveries))
            .collect()
    }

    /// The messages that were delivered as often as allowed.
    pub(super) fn exhausted(&self) -> impl Iterator<Item = u64> {
        self.exhausted.iter().copied()
    }

    /// Takes up what was written down.
    pub(super) fn restore(&mut self, entries: Vec<SavedEntry>, exhausted: Vec<u64>) {
        for (stream_seq, consumer_seq, due, redeliveries) in entries {
            self.insert(stream_seq, consumer_seq, Timestamp::from_nanos(due));
            if let Some(entry) = self.row.back_mut() {
                entry.redeliveries = redeliveries;
                self.redelivered += usize::from(redeliveries > 0);
            }
        }
        self.exhausted.extend(exhausted);
    }

    /// A first delivery. Its sequence is higher than that of any before it.
    pub(super) fn insert(&mut self, stream_seq: u64, consumer_seq: u64, due: Timestamp) {
        debug_assert!(self.row.back().is_none_or(|e| e.stream_seq < stream_seq));
        self.row.push_back(Entry {
            stream_seq,
            consumer_seq,
            due,
            redeliveries: 0,
            ticket: 0,
        });
        self.live += 1;
        self.remember(stream_seq, due);
    }

    /// The message is done; gives its entry back.
    pub(super) fn remove(&mut self, seq: u64) -> Option<Entry> {
        let at = self.position(seq)?;
        let entry = self.row[at];
        self.row[at].consumer_seq = 0;
        self.forget(&entry);
        while self.row.front().is_some_and(|e| !e.live()) {
            self.row.pop_front();
        }
        if self.row.len() > 2 * self.live + STALE_MIN {
            self.row.retain(Entry::live);
        }
        Some(entry)
    }

    /// Everything up to and with `seq` is done.
    pub(super) fn remove_through(&mut self, seq: u64, mut each: impl FnMut(u64)) {
        while let Some(front) = self.row.front().copied().filter(|e| e.stream_seq <= seq) {
            self.row.pop_front();
            if front.live() {
                self.forget(&front);
                each(front.stream_seq);
            }
        }
        while self.row.front().is_some_and(|e| !e.live()) {
            self.row.pop_front();
        }
    }

    fn forget(&mut self, entry: &Entry) {
        self.live -= 1;
        self.redelivered -= usize::from(entry.redeliveries > 0);
        self.queued -= usize::from(entry.queued());
    }

    pub(super) fn clear(&mut self) {
        *self = Pending::default();
    }

    /// It was delivered again, and has until `due`.
    pub(super) fn redelivered(&mut self, seq: u64, due: Timestamp) {
        self.unqueue(seq);
        let Some(at) = self.position(seq) else { return };
        let entry = &mut self.row[at];
        self.redelivered += usize::from(entry.redeliveries == 0);
        entry.redeliveries = entry.redeliveries.saturating_add(1);
        entry.due = due;
        self.remember(seq, due);
    }

    /// Puts off its next delivery until `due`.
    pub(super) fn postpone(&mut self, seq: u64, due: Timestamp) {
        if let Some(at) = self.position(seq) {
            self.row[at].due = due;
            self.remember(seq, due);
        }
    }

    /// Gives every entry a new due time.
    pub(super) fn postpone_all(&mut self, due: impl Fn(&Entry) -> Timestamp) {
        for entry in self.row.iter_mut().filter(|e| e.live()) {
            entry.due = due(entry);
        }
        self.sweep_due();
    }

    fn remember(&mut self, seq: u64, due: Timestamp) {
        if due == NEVER {
            return;
        }
        self.due.push(Reverse((due, seq)));
        if self.due.len() > 2 * self.live + STALE_MIN {
            self.sweep_due();
        }
    }

    fn sweep_due(&mut self) {
        let live = self
            .row
            .iter()
            .filter(|e| e.live() && !e.queued() && e.due != NEVER);
        self.due.clear();
        self.due.extend(live.map(|e| Reverse((e.due, e.stream_seq))));
    }

    /// The earliest due time. It may be that of a message which is done by now.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.peek().map(|Reverse((due, _))| *due)
    }

    /// Takes out the deadlines that have passed: the sequences they are for, in the stream's order.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<u64> {
        let mut seqs = Vec::new();
        while let Some(&Reverse((due, seq))) = self.due.peek().filter(|Reverse((due, _))| *due <= now) {
            self.due.pop();
            if self.get(seq).is_some_and(|e| e.due == due && !e.queued()) {
                seqs.push(seq);
            }
        }
        seqs.sort_unstable();
        seqs.dedup();
        seqs
    }

    /// Puts it at the end of the queue, unless it is in there already. Until `busy` somebody may still
    /// be at work on it.
    pub(super) fn queue(&mut self, seq: u64, busy: Timestamp) {
        let ticket = self.last_ticket.checked_add(1).unwrap_or(1);
        let Some(at) = self.position(seq).filter(|at| !self.row[*at].queued()) else {
            return;
        };
        self.row[at].ticket = ticket;
        self.row[at].due = busy;
        self.last_ticket = ticket;
        self.queued += 1;
        self.queue.push_back((seq, ticket));
        if self.queue.len() > 2 * self.queued + STALE_MIN {
            let queue = std::mem::take(&mut self.queue);
            self.queue = queue.into_iter().filter(|item| self.holds(*item)).collect();
        }
    }

    /// Takes it out of the queue.
    pub(super) fn unqueue(&mut self, seq: u64) {
        if let Some(at) = self.position(seq).filter(|at| self.row[*at].queued()) {
            self.row[at].ticket = 0;
            self.queued -= 1;
        }
    }

    fn holds(&self, (seq, ticket): (u64, u32)) -> bool {
        self.get(seq).is_some_and(|e| e.ticket == ticket)
    }

    /// The message to deliver again next. It stays in the queue.
    pub(super) fn next_queued(&mut self) -> Option<Entry> {
        while let Some(item) = self.queue.front().copied() {
            if self.holds(item) {
                return self.get(item.0).copied();
            }
            self.queue.pop_front();
        }
        None
    }

    /// It is not pending any more, but was delivered as often as allowed without success.
    pub(super) fn exhaust(&mut self, seq: u64) -> Option<Entry> {
        let entry = self.remove(seq)?;
        self.exhausted.insert(seq);
        Some(entry)
    }

    pub(super) fn is_exhausted(&self, seq: u64) -> bool {
        self.exhausted.contains(&seq)
    }

    /// Forgets that it was exhausted: it is done after all, or gone from the stream.
    pub(super) fn forgive(&mut self, seq: u64) -> bool {
        self.exhausted.remove(&seq)
    }

    /// As [`Pending::forgive`], for all up to and with `seq`.
    pub(super) fn forgive_through(&mut self, seq: u64, mut each: impl FnMut(u64)) {
        while let Some(first) = self.exhausted.first().copied().filter(|s| *s <= seq) {
            self.exhausted.remove(&first);
            each(first);
        }
    }
}
