//! The store in memory.
//!
//! Messages lie in [`block`]s of up to 1024 messages and 128 KiB: one buffer of bytes, and 32 bytes
//! of slot a message, so that storing one allocates nothing. Blocks stand in a queue ordered by
//! sequence. Slots of one subject form a chain through all blocks, whose ends are in the
//! [`SubjectTable`]. With n messages and s subjects:
//!
//! | operation | cost |
//! | --- | --- |
//! | `append`, `load`, `remove` | a hash look-up of the subject or a binary search of the blocks; a block that is mostly holes is moved together, which is paid for by the removals |
//! | `next`, no filter | as `load`, and the holes of one block |
//! | `next`, one subject | one step along its chain after a message of it; from elsewhere, the least of: the messages in between, the subject's messages before, those behind |
//! | `next`, patterns | up to 256 messages are looked at in order; after that, as above for each subject that matches, or more messages in order where many subjects match |
//! | `last`, `for_each_subject` | the subjects that match |
//! | `count_from` | without filter the blocks behind; else the least of: for each matching subject that `seq` cuts in two, its messages on the shorter side; all messages on the shorter side |
//! | `seq_at` | binary search of the blocks, then one block |
//! | `compact` | the messages that go, and nothing for each when all go |
//! | `deleted` | n and the holes |
//!
//! Memory per message: 44 bytes, its headers and its payload; per subject what [`SubjectTable`] says; per run of up to
//! 1024 messages about 100 bytes.

mod block;

use std::collections::VecDeque;

use block::{Block, Record, Slot};

use super::subject_table::{SubjectId, SubjectTable};
use super::{State, Store, StoreError, Stored, SubjectState, work};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// What nats-server counts for a message beside its subject, headers and payload.
const OVERHEAD: u64 = 16;
/// How many messages are looked at for a pattern before the matching subjects are asked instead, if they are not
/// more than those; else so many times more messages, and so on. Tests see little messages.
const SCAN_MAX: usize = if cfg!(test) { 8 } else { 256 };
const SCAN_GROWTH: usize = 8;
/// A step along a chain costs about as much as looking at so many messages in order.
const CHAIN_STEP: u64 = 16;
/// How far to scan before taking one step along a chain, which costs about as much.
const SCAN_STRIDE: usize = 16;

/// Messages in memory.
#[derive(Debug)]
pub struct MemoryStore {
    blocks: VecDeque<Block>,
    /// Where each block begins, side by side, since every look-up searches them.
    bases: VecDeque<u64>,
    /// A block that has become empty, whose memory the next one will use.
    spare: Block,
    subjects: SubjectTable,
    state: State,
}

/// Where a slot is: which block of the queue, which slot in it.
type Place = (usize, usize);

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::new()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore {
            blocks: VecDeque::new(),
            bases: VecDeque::new(),
            spare: Block::default(),
            subjects: SubjectTable::default(),
            state: State {
                first_seq: 1,
                ..State::default()
            },
        }
    }

    /// The payload of a message that is held, to be overwritten.
    pub(super) fn payload_mut(&mut self, seq: u64) -> Option<&mut [u8]> {
        let (block, index) = self.find(seq)?;
        Some(self.blocks[block].payload_mut(index))
    }

    fn slot(&self, (block, index): Place) -> &Slot {
        self.blocks[block].slot(index)
    }

    fn seq(&self, (block, index): Place) -> u64 {
        self.blocks[block].seq(index)
    }

    /// The block that `seq` is or would be in.
    fn block_of(&self, seq: u64) -> Option<usize> {
        match self.bases.back() {
            Some(base) if *base <= seq => Some(self.bases.len() - 1),
            _ => self.bases.partition_point(|base| *base <= seq).checked_sub(1),
        }
    }

    fn find(&self, seq: u64) -> Option<Place> {
        let block = self.block_of(seq)?;
        Some((block, self.blocks[block].find(seq)?))
    }

    /// The first message at or behind `seq`.
    fn first_from(&self, seq: u64) -> Option<Place> {
        let block = self.block_of(seq).unwrap_or(0);
        let index = self.blocks.get(block)?.position(seq);
        self.live_from((block, index))
    }

    /// The first live slot at or behind a place. No block in the queue is empty.
    fn live_from(&self, (block, index): Place) -> Option<Place> {
        if let Some(index) = self.blocks.get(block)?.next_live(index) {
            return Some((block, index));
        }
        let index = self.blocks.get(block + 1)?.next_live(0)?;
        Some((block + 1, index))
    }

    /// The message behind `seq` in its subject's chain. `seq` must be held.
    fn chain_next(&self, seq: u64) -> u64 {
        work::step(1);
        self.find(seq).map_or(u64::MAX, |place| self.slot(place).next)
    }

    /// As [`MemoryStore::chain_next`], the one before.
    fn chain_prev(&self, seq: u64) -> u64 {
        self.find(seq).map_or(0, |place| self.slot(place).prev)
    }

    fn stored(&self, place: Place) -> Stored<'_> {
        let record = self.blocks[place.0].record(place.1);
        Stored {
            seq: self.seq(place),
            time: record.time,
            subject: self.subjects.name(self.slot(place).subject),
            headers: record.headers,
            payload: record.payload,
        }
    }

    fn find_next(&self, seq: u64, filter: &Filter) -> Option<Place> {
        if seq > self.state.last_seq {
            None
        } else if filter.is_all() {
            self.first_from(seq)
        } else if let Some(subject) = filter.literal() {
            let id = self.subjects.id(subject)?;
            self.next_of_subject(seq, id).and_then(|seq| self.find(seq))
        } else {
            self.next_of_patterns(seq, filter)
        }
    }

    fn next_of_patterns(&self, seq: u64, filter: &Filter) -> Option<Place> {
        let mut at = self.first_from(seq);
        let mut scan = SCAN_MAX;
        loop {
            for _ in 0..scan {
                let place = at?;
                work::step(1);
                if filter.matches(self.subjects.name(self.slot(place).subject)) {
                    return at;
                }
                at = self.live_from((place.0, place.1 + 1));
            }
            let from = self.seq(at?);
            if let Some(subjects) = self.subjects.at_most(filter, scan) {
                return self.next_of_any(from, &subjects);
            }
            scan *= SCAN_GROWTH;
        }
    }

    /// The first message of one of these subjects at or behind `seq`.
    fn next_of_any(&self, seq: u64, subjects: &[SubjectId]) -> Option<Place> {
        let mut found = u64::MAX;
        for id in subjects {
            let state = self.subjects.state(*id);
            if state.first_seq < found && state.last_seq >= seq {
                found = found.min(self.next_of_subject(seq, *id).unwrap_or(u64::MAX));
            }
        }
        self.find(found)
    }

    /// The first message of a subject at or behind `seq`: found from `seq` on, or along the chain from
    /// either end, whichever comes first.
    fn next_of_subject(&self, seq: u64, id: SubjectId) -> Option<u64> {
        let state = self.subjects.state(id);
        if state.last_seq < seq {
            return None;
        }
        if state.first_seq >= seq {
            return Some(state.first_seq);
        }
        if let Some(before) = seq.checked_sub(1).and_then(|before| self.find(before))
            && self.slot(before).subject == id
        {
            return Some(self.slot(before).next);
        }
        let (mut from_first, mut from_last) = (state.first_seq, state.last_seq);
        let mut scan = self.first_from(seq);
        loop {
            for _ in 0..SCAN_STRIDE {
                let place = scan?;
                work::step(1);
                if self.slot(place).subject == id {
                    return Some(self.seq(place));
                }
                scan = self.live_from((place.0, place.1 + 1));
            }
            from_first = self.chain_next(from_first);
            if from_first >= seq {
                return Some(from_first);
            }
            let before = self.chain_prev(from_last);
            if before < seq {
                return Some(from_last);
            }
            from_last = before;
        }
    }

    /// How many messages of a subject are at or behind `seq`. None when it would take more steps than these.
    fn count_of_subject(&self, seq: u64, state: SubjectState, steps_left: &mut u64) -> Option<u64> {
        if state.first_seq >= seq {
            return Some(state.messages);
        }
        if state.last_seq < seq {
            return Some(0);
        }
        let (mut from_first, mut from_last) = (state.first_seq, state.last_seq);
        let mut steps = 0;
        loop {
            work::step(1);
            steps += 1;
            *steps_left = steps_left.checked_sub(1)?;
            from_first = self.chain_next(from_first);
            if from_first >= seq {
                return Some(state.messages - steps);
            }
            from_last = self.chain_prev(from_last);
            if from_last < seq {
                return Some(steps);
            }
        }
    }

    /// Counts along the chains of the subjects; None when that takes longer than looking at all messages on
    /// the shorter side of `seq`.
    fn count_by_subject(&self, seq: u64, filter: &Filter) -> Option<u64> {
        let behind = self.count_all_from(seq);
        let shorter = behind.min(self.state.messages - behind);
        let mut steps_left = shorter / CHAIN_STEP + CHAIN_STEP;
        let mut count = Some(0);
        self.subjects.for_each(filter, &mut |_, _, state| {
            let of_subject = count.and_then(|_| self.count_of_subject(seq, state, &mut steps_left));
            count = count.zip(of_subject).map(|(count, more)| count + more);
        });
        count
    }

    /// Counts by looking at all messages on the shorter side of `seq`.
    fn count_by_scan(&self, seq: u64, filter: &Filter) -> u64 {
        let mut wanted = vec![false; self.subjects.ids_end()];
        let mut total = 0;
        self.subjects.for_each(filter, &mut |id, _, state| {
            wanted[id as usize] = true;
            total += state.messages;
        });
        let behind = self.count_all_from(seq);
        let count = |from: u64, to: u64| {
            let mut counted = 0;
            let mut at = self.first_from(from);
            while let Some(place) = at.filter(|place| self.seq(*place) < to) {
                work::step(1);
                counted += u64::from(wanted[self.slot(place).subject as usize]);
                at = self.live_from((place.0, place.1 + 1));
            }
            counted
        };
        if behind * 2 > self.state.messages {
            total - count(0, seq)
        } else {
            count(seq, u64::MAX)
        }
    }

    fn count_all_from(&self, seq: u64) -> u64 {
        let Some((block, index)) = self.first_from(seq) else {
            return 0;
        };
        let behind: usize = self.blocks.iter().skip(block + 1).map(Block::live).sum();
        (self.blocks[block].live_from(index) + behind) as u64
    }

    /// The number of a subject that messages will be appended to, or that [`MemoryStore::forget_unused`] takes away.
    pub(super) fn subject_id(&mut self, subject: &[u8]) -> SubjectId {
        self.subjects.intern(subject)
    }

    /// Forgets subjects that were given a number and no message.
    pub(super) fn forget_unused(&mut self) {
        self.subjects.release_unused();
        self.state.subjects = self.subjects.len() as u64;
    }

    /// Adds a message to a subject that has a number; returns its sequence.
    pub(super) fn append_to(
        &mut self,
        id: SubjectId,
        time: Timestamp,
        headers: &[u8],
        payload: &[u8],
    ) -> u64 {
        let seq = self.state.last_seq + 1;
        let before = self.subjects.state(id);
        if before.messages > 0
            && let Some((block, index)) = self.find(before.last_seq)
        {
            self.blocks[block].slot_mut(index).next = seq;
        }
        let tail = self.tail(seq, time, headers.len() + payload.len());
        tail.push(
            seq,
            id,
            before.last_seq,
            Record {
                time,
                headers,
                payload,
            },
        );
        let after = self.subjects.state_mut(id);
        after.messages += 1;
        after.last_seq = seq;
        if after.messages == 1 {
            after.first_seq = seq;
        }
        if self.state.messages == 0 {
            self.state.first_seq = seq;
            self.state.first_time = time;
        }
        self.state.messages += 1;
        self.state.bytes += size_of(self.subjects.name(id), headers, payload);
        self.state.last_seq = seq;
        self.state.last_time = time;
        self.state.subjects = self.subjects.len() as u64;
        seq
    }

    /// Takes a slot out of its subject's chain.
    fn unlink(&mut self, seq: u64, slot: Slot) {
        let state = self.subjects.state_mut(slot.subject);
        state.messages -= 1;
        if state.messages == 0 {
            self.subjects.release(slot.subject);
        } else if seq == state.first_seq {
            state.first_seq = slot.next;
        } else if seq == state.last_seq {
            state.last_seq = slot.prev;
        } else {
            if let Some((block, index)) = self.find(slot.prev) {
                self.blocks[block].slot_mut(index).next = slot.next;
            }
            if let Some((block, index)) = self.find(slot.next) {
                self.blocks[block].slot_mut(index).prev = slot.prev;
            }
        }
    }

    fn remove_at(&mut self, place: Place, erase: bool) {
        let (seq, slot) = (self.seq(place), *self.slot(place));
        let (block, index) = place;
        let record = self.blocks[block].record(index);
        let size = size_of(self.subjects.name(slot.subject), record.headers, record.payload);
        self.state.messages -= 1;
        self.state.bytes -= size;
        self.unlink(seq, slot);
        self.blocks[block].remove(index, erase);
        if self.blocks[block].live() == 0 {
            self.spare = self.blocks.remove(block).unwrap_or_default();
            self.bases.remove(block);
        }
        if seq == self.state.first_seq {
            self.find_first();
        }
        self.count_holes();
    }

    /// Works out anew where the store begins.
    fn find_first(&mut self) {
        match self.live_from((0, 0)) {
            Some(place) => {
                self.state.first_seq = self.seq(place);
                self.state.first_time = self.blocks[place.0].record(place.1).time;
            }
            None => {
                self.state.first_seq = self.state.last_seq + 1;
                self.state.first_time = Timestamp::ZERO;
            }
        }
    }

    fn count_holes(&mut self) {
        let span = self.state.last_seq + 1 - self.state.first_seq;
        self.state.deleted = if self.state.messages == 0 {
            0
        } else {
            span - self.state.messages
        };
        self.state.subjects = self.subjects.len() as u64;
    }

    /// The block for the next message, a new one if need be.
    fn tail(&mut self, seq: u64, time: Timestamp, size: usize) -> &mut Block {
        let full = self.blocks.back_mut().filter(|tail| !tail.has_room(seq, size));
        let full = full.map(Block::close).is_some();
        if full || self.blocks.is_empty() {
            let spare = std::mem::take(&mut self.spare);
            self.blocks.push_back(Block::new(seq, time, spare));
            self.bases.push_back(seq);
        }
        self.blocks
            .back_mut()
            .expect("a block was just put there if there was none")
    }
}

fn size_of(subject: &[u8], headers: &[u8], payload: &[u8]) -> u64 {
    (subject.len() + headers.len() + payload.len()) as u64 + OVERHEAD
}

impl Store for MemoryStore {
    fn state(&self) -> State {
        self.state
    }

    fn size_of(&self, subject: &[u8], headers: &[u8], payload: &[u8]) -> u64 {
        size_of(subject, headers, payload)
    }

    fn append(
        &mut self,
        time: Timestamp,
        subject: &[u8],
        headers: &[u8],
        payload: &[u8],
    ) -> Result<u64, StoreError> {
        let id = self.subjects.intern(subject);
        Ok(self.append_to(id, time, headers, payload))
    }

    fn skip_to(&mut self, seq: u64, time: Timestamp) -> Result<(), StoreError> {
        if seq > self.state.last_seq {
            self.state.last_seq = seq;
            self.state.last_time = time;
            if self.state.messages == 0 {
                self.state.first_seq = seq + 1;
            }
            self.count_holes();
        }
        Ok(())
    }

    fn load(&mut self, seq: u64) -> Result<Option<Stored<'_>>, StoreError> {
        Ok(self.find(seq).map(|place| self.stored(place)))
    }

    fn next(&mut self, seq: u64, filter: &Filter) -> Result<Option<Stored<'_>>, StoreError> {
        Ok(self.find_next(seq, filter).map(|place| self.stored(place)))
    }

    fn last(&mut self, filter: &Filter) -> Result<Option<u64>, StoreError> {
        if filter.is_all() {
            let tail = self.blocks.back();
            return Ok(tail
                .and_then(|tail| tail.last_live())
                .map(|i| self.seq((self.blocks.len() - 1, i))));
        }
        let mut last = None;
        self.subjects
            .for_each(filter, &mut |_, _, state| last = last.max(Some(state.last_seq)));
        Ok(last)
    }

    fn subject_state(&self, subject: &[u8]) -> Option<SubjectState> {
        self.subjects.id(subject).map(|id| self.subjects.state(id))
    }

    fn for_each_subject(&self, filter: &Filter, each: &mut dyn FnMut(&[u8], SubjectState)) {
        self.subjects
            .for_each(filter, &mut |_, name, state| each(name, state));
    }

    fn count_from(&mut self, seq: u64, filter: &Filter, last_per_subject: bool) -> u64 {
        if filter.is_all() && !last_per_subject {
            return self.count_all_from(seq);
        }
        if last_per_subject {
            let mut count = 0;
            self.subjects.for_each(filter, &mut |_, _, state| {
                count += u64::from(state.last_seq >= seq);
            });
            return count;
        }
        self.count_by_subject(seq, filter)
            .unwrap_or_else(|| self.count_by_scan(seq, filter))
    }

    fn seq_at(&mut self, time: Timestamp) -> u64 {
        let block = self
            .blocks
            .partition_point(|b| b.first_time() < time)
            .saturating_sub(1);
        let mut at = self.live_from((block, 0));
        while let Some(place) = at {
            if self.blocks[place.0].record(place.1).time >= time {
                return self.seq(place);
            }
            at = self.live_from((place.0, place.1 + 1));
        }
        self.state.last_seq + 1
    }

    fn remove(&mut self, seq: u64, erase: bool) -> Result<bool, StoreError> {
        let place = self.find(seq);
        if let Some(place) = place {
            self.remove_at(place, erase);
        }
        Ok(place.is_some())
    }

    fn compact(&mut self, seq: u64) -> Result<u64, StoreError> {
        let before = self.state.messages;
        if seq > self.state.last_seq {
            self.blocks.clear();
            self.bases.clear();
            self.subjects.clear();
            self.state.messages = 0;
            self.state.bytes = 0;
            self.state.last_seq = seq - 1;
            self.find_first();
            self.count_holes();
            return Ok(before);
        }
        while self.state.messages > 0 && self.state.first_seq < seq {
            let Some(place) = self.live_from((0, 0)) else {
                break;
            };
            self.remove_at(place, false);
        }
        Ok(before - self.state.messages)
    }

    fn deleted(&self) -> Vec<u64> {
        let mut holes = Vec::new();
        let mut expected = self.state.first_seq;
        let mut at = self.live_from((0, 0));
        while let Some(place) = at {
            let seq = self.seq(place);
            holes.extend(expected..seq);
            expected = seq + 1;
            at = self.live_from((place.0, place.1 + 1));
        }
        if self.state.messages > 0 {
            holes.extend(expected..=self.state.last_seq);
        }
        holes
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn delete(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}
