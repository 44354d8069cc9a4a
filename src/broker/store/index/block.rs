//! A run of messages: a few columns of numbers for them, and their bodies.

use super::column::Column;
use crate::broker::store::subject_table::SubjectId;
use crate::util::time::Timestamp;

/// Messages after which a block takes no more.
const MESSAGES_MAX: usize = 1024;
/// Fewer messages than this are not worth tidying up.
const TIDY_MIN: usize = 64;

/// What a block keeps of its messages beside subject and time, in the same order.
pub trait Bodies: std::fmt::Debug + Default + Send {
    /// What is kept of one.
    type Body<'a>;

    /// Can it take this one, too?
    fn has_room(&self, body: &Self::Body<'_>) -> bool;

    /// Adds the next one.
    fn push(&mut self, body: Self::Body<'_>);

    /// The body at an index that is not removed.
    fn get(&self, index: usize) -> Self::Body<'_>;

    /// The body at an index is not needed any more; with `erase` nothing of it stays in memory.
    fn remove(&mut self, index: usize, erase: bool);

    /// Do the removed ones take up too much?
    fn is_sparse(&self) -> bool;

    /// Leaves out the bodies whose `gone` is not 0.
    fn retain(&mut self, gone: &Column);

    /// No more are coming: gives back memory that it will not need. What the next block can use is returned.
    fn close(&mut self) -> Self;

    /// None, in the memory that these have.
    fn emptied(self) -> Self;
}

/// Messages whose sequences are `base` and up, in order, perhaps with holes.
#[derive(Debug, Default)]
pub struct Block<B> {
    base: u64,
    first_time: Timestamp,
    columns: Columns,
    bodies: B,
    /// No message before this one is live.
    head: usize,
    live: usize,
}

/// A number for each message in every column.
#[derive(Debug, Default)]
struct Columns {
    // The first three are what a publish looks at of the message of its subject before it, in whatever block.
    /// How many sequences up to its own have no place here.
    skipped: Column,
    /// 1 when the message is gone.
    gone: Column,
    /// How far away the message of the same subject behind it is.
    to_next: Column,
    /// How far away the one before it is.
    to_prev: Column,
    subject: Column,
    time: Column,
}

impl Columns {
    fn all(&mut self) -> [&mut Column; 6] {
        [
            &mut self.skipped,
            &mut self.gone,
            &mut self.to_next,
            &mut self.to_prev,
            &mut self.subject,
            &mut self.time,
        ]
    }

    fn close(&mut self) -> Columns {
        let [skipped, gone, to_next, to_prev, subject, time] = self.all().map(Column::close);
        Columns {
            skipped,
            gone,
            to_next,
            to_prev,
            subject,
            time,
        }
    }
}

/// A time as a number that keeps the order.
fn number_of(time: Timestamp) -> u64 {
    time.nanos().cast_unsigned() ^ 1 << 63
}

fn time_of(number: u64) -> Timestamp {
    Timestamp::from_nanos((number ^ 1 << 63).cast_signed())
}

impl<B: Bodies> Block<B> {
    /// An empty block for messages from `base` on, in memory that another has left over.
    pub fn new(base: u64, time: Timestamp, left_over: Block<B>) -> Block<B> {
        Block {
            base,
            first_time: time,
            ..left_over
        }
    }

    /// The time of the first message it was given.
    pub fn first_time(&self) -> Timestamp {
        self.first_time
    }

    /// How many messages are still there.
    pub fn live(&self) -> usize {
        self.live
    }

    fn len(&self) -> usize {
        self.columns.gone.len()
    }

    /// Can it take this message?
    pub fn has_room(&self, body: &B::Body<'_>) -> bool {
        self.len() == 0 || self.len() < MESSAGES_MAX && self.bodies.has_room(body)
    }

    /// It takes no more messages. Gives the memory that it will not need to the next block.
    pub fn close(&mut self) -> Block<B> {
        Block {
            columns: self.columns.close(),
            bodies: self.bodies.close(),
            ..Block::default()
        }
    }

    /// Its memory, for another block.
    pub fn emptied(mut self) -> Block<B> {
        self.columns.all().into_iter().for_each(Column::clear);
        Block {
            columns: self.columns,
            bodies: self.bodies.emptied(),
            ..Block::default()
        }
    }

    /// Adds a message, which there must be room for. `prev` is the one of its subject before it, or itself.
    pub fn push(&mut self, seq: u64, time: Timestamp, subject: SubjectId, prev: u64, body: B::Body<'_>) {
        let skipped = seq - self.base - self.len() as u64;
        self.columns.skipped.push(skipped);
        self.columns.time.push(number_of(time));
        self.columns.subject.push(u64::from(subject));
        self.columns.to_prev.push(seq - prev);
        self.columns.to_next.push(0);
        self.columns.gone.push(0);
        self.bodies.push(body);
        self.live += 1;
    }

    /// The sequence of a message.
    pub fn seq(&self, index: usize) -> u64 {
        self.base + index as u64 + self.columns.skipped.get(index)
    }

    /// Its subject.
    pub fn subject(&self, index: usize) -> SubjectId {
        self.columns.subject.get(index) as SubjectId
    }

    /// When it was stored.
    pub fn time(&self, index: usize) -> Timestamp {
        time_of(self.columns.time.get(index))
    }

    /// The message of its subject before it. Meaningless unless it is at or behind the subject's first.
    pub fn prev(&self, index: usize) -> u64 {
        self.seq(index) - self.columns.to_prev.get(index)
    }

    /// The message of its subject behind it. Meaningless unless it is at or before the subject's last.
    pub fn next(&self, index: usize) -> u64 {
        self.seq(index) + self.columns.to_next.get(index)
    }

    /// Says which message of its subject is before it.
    pub fn set_prev(&mut self, index: usize, prev: u64) {
        let distance = self.seq(index) - prev;
        self.columns.to_prev.set(index, distance);
    }

    /// Says which message of its subject is behind it.
    pub fn set_next(&mut self, index: usize, next: u64) {
        let distance = next - self.seq(index);
        self.columns.to_next.set(index, distance);
    }

    fn is_live(&self, index: usize) -> bool {
        self.columns.gone.get(index) == 0
    }

    /// The first message at or behind a sequence, live or not; their number when there is none.
    pub fn position(&self, seq: u64) -> usize {
        let offset = seq.saturating_sub(self.base);
        // Without holes the offset is the index.
        match usize::try_from(offset) {
            Ok(index) if index < self.len() && self.columns.skipped.get(index) == 0 => index,
            _ => self.partition_point(|index| index as u64 + self.columns.skipped.get(index) < offset),
        }
    }

    /// The first index for which `before` does not hold.
    fn partition_point(&self, before: impl Fn(usize) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if before(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The live message of a sequence.
    pub fn find(&self, seq: u64) -> Option<usize> {
        let index = self.position(seq);
        (index < self.len() && self.is_live(index) && self.seq(index) == seq).then_some(index)
    }

    /// The first live message at or behind an index.
    pub fn next_live(&self, index: usize) -> Option<usize> {
        let from = index.max(self.head);
        (from..self.len()).find(|index| self.is_live(*index))
    }

    /// The last live message.
    pub fn last_live(&self) -> Option<usize> {
        (0..self.len()).rev().find(|index| self.is_live(*index))
    }

    /// How many messages there are at or behind an index.
    pub fn live_from(&self, index: usize) -> usize {
        if index <= self.head {
            return self.live;
        }
        if self.columns.gone.is_all(0) {
            return self.len() - index;
        }
        (index..self.len()).filter(|index| self.is_live(*index)).count()
    }

    /// The body of a live message.
    pub fn body(&self, index: usize) -> B::Body<'_> {
        self.bodies.get(index)
    }

    /// All bodies.
    pub fn bodies_mut(&mut self) -> &mut B {
        &mut self.bodies
    }

    /// Lets go of a live message; with `erase` nothing of its body stays in memory.
    pub fn remove(&mut self, index: usize, erase: bool) {
        self.bodies.remove(index, erase);
        self.columns.gone.set(index, 1);
        self.live -= 1;
        if index == self.head {
            self.head = self.next_live(index).unwrap_or(self.len());
        }
        self.tidy();
    }

    /// Moves the messages together once most of the block is holes. Each one moved was paid for by a
    /// removed one, so it costs nothing in the long run.
    fn tidy(&mut self) {
        let is_sparse = self.len() >= TIDY_MIN && self.live * 2 < self.len();
        if self.live == 0 || !(is_sparse || self.bodies.is_sparse()) {
            return;
        }
        let gone = self.columns.gone.clone();
        let mut dropped = 0;
        for index in 0..gone.len() {
            let skipped = self.columns.skipped.get(index);
            self.columns.skipped.set(index, skipped + dropped);
            dropped += gone.get(index);
        }
        self.bodies.retain(&gone);
        for column in self.columns.all() {
            column.retain(&gone);
        }
        self.head = 0;
    }
}
