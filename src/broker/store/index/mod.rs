//! Which messages a store holds, by sequence, by time and by subject; the memory and the file store stand on it.
//!
//! Messages lie in [`block`]s of up to 1024, whose numbers are packed into [`column`]s of as few bits as they need
//! once a block is full. Blocks stand in a queue ordered by sequence. Messages of one subject form a chain through all
//! blocks, whose ends are in the [`SubjectTable`]. What else is kept of a message is its body: its bytes in memory, its
//! place in a file. With n messages and s subjects:
//!
//! | operation | cost |
//! | --- | --- |
//! | `append`, `find`, `remove` | a hash look-up of the subject or a binary search of the blocks; a block that is full is packed, and one that is mostly holes is moved together, which is paid for by the messages that came or went |
//! | `next`, no filter | as `find`, and the holes of one block |
//! | `next`, one subject | one step along its chain after a message of it; from elsewhere, the least of: the messages in between, the subject's messages before, those behind |
//! | `next`, patterns | up to 256 messages are looked at in order; after that, as above for each subject that matches, or more messages in order where many subjects match |
//! | `last`, `for_each_subject` | the subjects that match |
//! | `count_from` | without filter the blocks behind; else the least of: for each matching subject that `seq` cuts in two, its messages on the shorter side; all messages on the shorter side |
//! | `seq_at` | binary search of the blocks, then one block |
//! | `deleted` | n and the holes |
//!
//! Memory per message beside its body: 4 bytes where one subject is published to at an even pace, about 12 where
//! 100,000 take turns at random; 48 in the newest block of each stream. Per subject what [`SubjectTable`] says; per
//! block about 600 bytes.

mod block;
mod column;
mod search;

use std::collections::VecDeque;

use block::Block;
pub use block::Bodies;
pub use column::Column;

use super::subject_table::{SubjectId, SubjectTable};
use super::{State, SubjectState, work};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// The messages of a store.
#[derive(Debug)]
pub struct Index<B> {
    blocks: VecDeque<Block<B>>,
    /// Where each block begins, side by side, since every look-up searches them.
    bases: VecDeque<u64>,
    /// Memory for the next block.
    spare: Block<B>,
    subjects: SubjectTable,
    state: State,
}

/// Where a message is: in which block of the queue, and where in that.
type At = (usize, usize);

/// A message that is held.
#[derive(Debug)]
pub struct Held<'a, T> {
    pub seq: u64,
    pub time: Timestamp,
    pub subject: &'a [u8],
    pub body: T,
}

impl<B: Bodies> Default for Index<B> {
    fn default() -> Index<B> {
        Index {
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
}

impl<B: Bodies> Index<B> {
    /// What is held. Bytes are counted by who knows the bodies.
    pub fn state(&self) -> State {
        self.state
    }

    /// The message under `seq`, if it is held.
    pub fn find(&self, seq: u64) -> Option<Held<'_, B::Body<'_>>> {
        self.at(seq).map(|at| self.held(at))
    }

    /// The body of the message under `seq`, if it is held.
    pub fn body(&self, seq: u64) -> Option<B::Body<'_>> {
        self.at(seq).map(|(block, index)| self.blocks[block].body(index))
    }

    /// The bodies that the one of `seq` is among, and where, so that it can be changed.
    pub fn bodies_mut(&mut self, seq: u64) -> Option<(&mut B, usize)> {
        let (block, index) = self.at(seq)?;
        Some((self.blocks[block].bodies_mut(), index))
    }

    fn held(&self, at: At) -> Held<'_, B::Body<'_>> {
        let block = &self.blocks[at.0];
        Held {
            seq: block.seq(at.1),
            time: block.time(at.1),
            subject: self.subjects.name(block.subject(at.1)),
            body: block.body(at.1),
        }
    }

    fn subject(&self, (block, index): At) -> SubjectId {
        self.blocks[block].subject(index)
    }

    fn seq(&self, (block, index): At) -> u64 {
        self.blocks[block].seq(index)
    }

    /// The block that `seq` is or would be in.
    fn block_of(&self, seq: u64) -> Option<usize> {
        match self.bases.back() {
            Some(base) if *base <= seq => Some(self.bases.len() - 1),
            _ => self.bases.partition_point(|base| *base <= seq).checked_sub(1),
        }
    }

    fn at(&self, seq: u64) -> Option<At> {
        let block = self.block_of(seq)?;
        Some((block, self.blocks[block].find(seq)?))
    }

    /// The first message at or behind `seq`.
    fn first_from(&self, seq: u64) -> Option<At> {
        let block = self.block_of(seq).unwrap_or(0);
        let index = self.blocks.get(block)?.position(seq);
        self.live_from((block, index))
    }

    /// The first message that is there at or behind a place. No block in the queue is empty.
    fn live_from(&self, (block, index): At) -> Option<At> {
        if let Some(index) = self.blocks.get(block)?.next_live(index) {
            return Some((block, index));
        }
        let index = self.blocks.get(block + 1)?.next_live(0)?;
        Some((block + 1, index))
    }

    /// The message behind `seq` in its subject's chain. `seq` must be held.
    fn chain_next(&self, seq: u64) -> u64 {
        work::step(1);
        self.at(seq)
            .map_or(u64::MAX, |(block, index)| self.blocks[block].next(index))
    }

    /// As [`Index::chain_next`], the one before.
    fn chain_prev(&self, seq: u64) -> u64 {
        self.at(seq)
            .map_or(0, |(block, index)| self.blocks[block].prev(index))
    }

    /// The number of a subject that messages will be appended to, or that [`Index::forget_unused`] takes away.
    pub fn subject_id(&mut self, subject: &[u8]) -> SubjectId {
        self.subjects.intern(subject)
    }

    /// Forgets subjects that were given a number and no message.
    pub fn forget_unused(&mut self) {
        self.subjects.release_unused();
        self.state.subjects = self.subjects.len() as u64;
    }

    /// Adds a message; returns its sequence.
    pub fn append(&mut self, subject: &[u8], time: Timestamp, body: B::Body<'_>) -> u64 {
        let id = self.subjects.intern(subject);
        self.append_to(id, time, body)
    }

    /// Adds a message to a subject that has a number; returns its sequence.
    pub fn append_to(&mut self, id: SubjectId, time: Timestamp, body: B::Body<'_>) -> u64 {
        let seq = self.state.last_seq + 1;
        let before = self.subjects.state(id);
        let mut prev = seq;
        if before.messages > 0 {
            prev = before.last_seq;
            if let Some((block, index)) = self.at(prev) {
                self.blocks[block].set_next(index, seq);
            }
        }
        self.tail(seq, time, &body).push(seq, time, id, prev, body);
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
        self.state.last_seq = seq;
        self.state.last_time = time;
        self.state.subjects = self.subjects.len() as u64;
        seq
    }

    /// Gives out sequences up to and with `seq` without storing anything under them.
    pub fn skip_to(&mut self, seq: u64, time: Timestamp) {
        if seq > self.state.last_seq {
            self.state.last_seq = seq;
            self.state.last_time = time;
            if self.state.messages == 0 {
                self.state.first_seq = seq + 1;
            }
            self.count_holes();
        }
    }

    /// Takes out one message that is held, with all of its body where `erase` says so.
    pub fn remove(&mut self, seq: u64, erase: bool) {
        let Some((block, index)) = self.at(seq) else {
            return;
        };
        self.state.messages -= 1;
        self.unlink(seq, (block, index));
        self.blocks[block].remove(index, erase);
        if self.blocks[block].live() == 0 {
            self.spare = self.blocks.remove(block).map(Block::emptied).unwrap_or_default();
            self.bases.remove(block);
        }
        if seq == self.state.first_seq {
            self.find_first();
        }
        self.count_holes();
    }

    /// Takes out everything. The next sequence is `next`, which is not before the one it would be.
    pub fn clear(&mut self, next: u64) {
        self.blocks.clear();
        self.bases.clear();
        self.subjects.clear();
        self.state.messages = 0;
        self.state.last_seq = next - 1;
        self.find_first();
        self.count_holes();
    }

    /// Takes a message out of its subject's chain.
    fn unlink(&mut self, seq: u64, (block, index): At) {
        let block = &self.blocks[block];
        let (subject, prev, next) = (block.subject(index), block.prev(index), block.next(index));
        let state = self.subjects.state_mut(subject);
        state.messages -= 1;
        if state.messages == 0 {
            self.subjects.release(subject);
        } else if seq == state.first_seq {
            state.first_seq = next;
        } else if seq == state.last_seq {
            state.last_seq = prev;
        } else {
            if let Some((block, index)) = self.at(prev) {
                self.blocks[block].set_next(index, next);
            }
            if let Some((block, index)) = self.at(next) {
                self.blocks[block].set_prev(index, prev);
            }
        }
    }

    /// Works out anew where the store begins.
    fn find_first(&mut self) {
        match self.live_from((0, 0)) {
            Some((block, index)) => {
                self.state.first_seq = self.seq((block, index));
                self.state.first_time = self.blocks[block].time(index);
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
    fn tail(&mut self, seq: u64, time: Timestamp, body: &B::Body<'_>) -> &mut Block<B> {
        let full = self.blocks.back_mut().filter(|tail| !tail.has_room(body));
        if let Some(full) = full {
            self.spare = full.close();
        }
        if self.blocks.back().is_none_or(|tail| !tail.has_room(body)) {
            let spare = std::mem::take(&mut self.spare);
            self.blocks.push_back(Block::new(seq, time, spare));
            self.bases.push_back(seq);
        }
        self.blocks
            .back_mut()
            .expect("a block was just put there if there was none")
    }
}

/// What can be said of the messages of a store without looking at any of them. The methods of [`Store`] of the same
/// names tell what each gives.
///
/// [`Store`]: super::Store
pub trait Catalogue {
    /// The sequence of the last message that the filter lets through.
    fn last(&self, filter: &Filter) -> Option<u64>;

    /// The first and the last sequence and the count of one literal subject.
    fn subject_state(&self, subject: &[u8]) -> Option<SubjectState>;

    /// Every subject that the filter lets through with its state, in no order.
    fn for_each_subject(&self, filter: &Filter, each: &mut dyn FnMut(&[u8], SubjectState));

    /// How many messages at or behind `seq` the filter lets through. With `last_per_subject` only the newest of each
    /// subject counts.
    fn count_from(&self, seq: u64, filter: &Filter, last_per_subject: bool) -> u64;

    /// The first sequence whose time is `time` or later; `last_seq + 1` when none is.
    fn seq_at(&self, time: Timestamp) -> u64;

    /// The sequences from the first to the last that are not held.
    fn deleted(&self) -> Vec<u64>;
}

impl<B: Bodies> Catalogue for Index<B> {
    fn last(&self, filter: &Filter) -> Option<u64> {
        if filter.is_all() {
            let tail = self.blocks.back()?;
            return tail.last_live().map(|index| tail.seq(index));
        }
        let mut last = None;
        self.subjects
            .for_each(filter, &mut |_, _, state| last = last.max(Some(state.last_seq)));
        last
    }

    fn subject_state(&self, subject: &[u8]) -> Option<SubjectState> {
        self.subjects.id(subject).map(|id| self.subjects.state(id))
    }

    fn for_each_subject(&self, filter: &Filter, each: &mut dyn FnMut(&[u8], SubjectState)) {
        self.subjects
            .for_each(filter, &mut |_, name, state| each(name, state));
    }

    fn count_from(&self, seq: u64, filter: &Filter, last_per_subject: bool) -> u64 {
        self.count(seq, filter, last_per_subject)
    }

    fn seq_at(&self, time: Timestamp) -> u64 {
        let block = self
            .blocks
            .partition_point(|b| b.first_time() < time)
            .saturating_sub(1);
        let mut at = self.live_from((block, 0));
        while let Some((block, index)) = at {
            if self.blocks[block].time(index) >= time {
                return self.seq((block, index));
            }
            at = self.live_from((block, index + 1));
        }
        self.state.last_seq + 1
    }

    fn deleted(&self) -> Vec<u64> {
        let mut holes = Vec::new();
        let mut expected = self.state.first_seq;
        let mut at = self.live_from((0, 0));
        while let Some((block, index)) = at {
            let seq = self.seq((block, index));
            holes.extend(expected..seq);
            expected = seq + 1;
            at = self.live_from((block, index + 1));
        }
        if self.state.messages > 0 {
            holes.extend(expected..=self.state.last_seq);
        }
        holes
    }
}
