//! The stream as a strip of cells: messages appear, grow old, are acknowledged, and vanish by the policy that
//! removes them. Pure: what the API says at a time in, cells out.
//!
//! The strip always spans the whole stream. One cell is one message while there is room, and as many as it takes
//! beyond that; a cell's shade is then the share of them that is still there. What vanished stays for a moment,
//! marked with the reason, which is read off the stream's configuration.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::time::Duration;

use crate::util::time::Timestamp;

/// How long a vanished message is shown as such.
pub const FADE: Duration = Duration::from_secs(3);
/// Looks at the stream that are remembered, to tell how old a message is.
const SAMPLES_MAX: usize = 4_096;
/// Ranges that vanished lately.
const VANISHED_MAX: usize = 512;
/// Messages removed from the middle that are told apart; a stream with more shows its ends only.
pub const HOLES_MAX: u64 = 10_000;

/// What removes messages from a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// An ack of every consumer that wants it removes a message (interest and work queue).
    pub by_ack: bool,
    /// Older ones go; zero for never.
    pub age_max: Duration,
    /// More than so many are not kept; 0 for any number.
    pub messages_max: u64,
    /// More than so many bytes are not kept.
    pub bytes_max: u64,
    /// More than so many of one subject are not kept.
    pub per_subject_max: u64,
}

/// Where a consumer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Its name.
    pub name: String,
    /// The last sequence that was delivered.
    pub delivered: u64,
    /// Everything up to this sequence is acknowledged.
    pub ack_floor: u64,
    /// Messages still to be delivered.
    pub pending: u64,
    /// Messages delivered and not acknowledged.
    pub ack_pending: u64,
}

/// The stream at a time.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Lowest sequence in it.
    pub first: u64,
    /// Last sequence given out.
    pub last: u64,
    /// Messages in it.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When the lowest was stored.
    pub first_at: Timestamp,
    /// When the last was stored.
    pub last_at: Timestamp,
    /// Sequences between that are gone, where there are no more than [`HOLES_MAX`].
    pub holes: BTreeSet<u64>,
    /// What removes messages.
    pub policy: Policy,
    /// Its consumers.
    pub consumers: Vec<Position>,
}

/// Why messages are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// They were acknowledged.
    Acked,
    /// They were too old.
    Age,
    /// There were too many.
    Messages,
    /// They took too much room.
    Bytes,
    /// There were newer ones of their subject.
    Subject,
    /// The stream was purged.
    Purged,
    /// They were deleted one by one.
    Deleted,
}

/// How old a message is, for its shade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// It has just come.
    New,
    /// In the first third of what it may become, or of ten seconds.
    Young,
    /// In the second.
    Grown,
    /// Older.
    Old,
}

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// There is nothing there, and has not been for a while.
    Empty,
    /// Messages, as a share of what the cell has room for.
    Held {
        /// From 0 to 1.
        share: f64,
        /// How old the newest of them is.
        age: Age,
        /// Every consumer has acknowledged them.
        acked: bool,
    },
    /// Messages vanished a moment ago.
    Vanished(Reason),
}

/// The strip.
#[derive(Debug, Default)]
pub struct Strip {
    now: Snapshot,
    at: Timestamp,
    taken: bool,
    samples: VecDeque<(u64, Timestamp)>,
    vanished: VecDeque<(Range<u64>, Timestamp, Reason)>,
    /// How many vanished for the last reason in a row.
    told: Option<(Reason, u64)>,
}

impl Strip {
    /// Takes what the stream looks like now.
    pub fn take(&mut self, at: Timestamp, now: Snapshot) {
        let is_other = now.last < self.now.last;
        if !self.taken || is_other {
            *self = Strip {
                samples: VecDeque::from([(now.last, now.last_at)]),
                now,
                at,
                taken: true,
                ..Strip::default()
            };
            return;
        }
        if now.last > self.now.last {
            if self.samples.len() == SAMPLES_MAX {
                self.samples.pop_front();
            }
            self.samples.push_back((now.last, at));
        }
        self.note_vanished(at, &now);
        self.vanished.retain(|(_, since, _)| at.since(*since) < FADE);
        (self.now, self.at) = (now, at);
    }

    fn note_vanished(&mut self, at: Timestamp, now: &Snapshot) {
        let before = &self.now;
        let mut gone: Vec<Range<u64>> = Vec::new();
        let front = before.first.max(1)..now.first.min(now.last + 1);
        if before.messages > 0 && !front.is_empty() {
            gone.push(front);
        }
        let holes = now.holes.difference(&before.holes);
        for hole in holes.filter(|hole| **hole >= now.first) {
            match gone.last_mut().filter(|range| range.end == *hole) {
                Some(range) => range.end += 1,
                None => gone.push(*hole..*hole + 1),
            }
        }
        for range in gone {
            let reason = self.reason(at, now, &range);
            let count = range.clone().filter(|seq| !self.now.holes.contains(seq)).count() as u64;
            self.told = match self.told {
                Some((own, so_far)) if own == reason => Some((own, so_far + count)),
                _ => Some((reason, count)),
            };
            if self.vanished.len() == VANISHED_MAX {
                self.vanished.pop_front();
            }
            self.vanished.push_back((range, at, reason));
        }
    }

    /// Why these are gone, by what the stream is configured to remove and how it stands.
    fn reason(&self, at: Timestamp, now: &Snapshot, range: &Range<u64>) -> Reason {
        let policy = &now.policy;
        let newest = range.end - 1;
        let acked_by_all = !now.consumers.is_empty() && now.consumers.iter().all(|c| c.delivered >= newest);
        let is_front = range.end <= now.first;
        // A look at the stream may be late by as long as it takes to ask.
        let slack = Duration::from_millis(500);
        if policy.by_ack && acked_by_all {
            return Reason::Acked;
        }
        if !policy.age_max.is_zero() && self.age_at(newest, at) + slack >= policy.age_max {
            return Reason::Age;
        }
        if is_front && policy.messages_max > 0 && now.messages >= policy.messages_max {
            return Reason::Messages;
        }
        // A stream that is full of bytes has no room for one more message of the usual size.
        let usual = now.bytes / now.messages.max(1);
        if is_front && policy.bytes_max > 0 && now.bytes + 2 * usual >= policy.bytes_max {
            return Reason::Bytes;
        }
        if !is_front && policy.per_subject_max > 0 {
            return Reason::Subject;
        }
        match is_front {
            true if now.messages == 0 || range.end - range.start > 1 => Reason::Purged,
            true if policy.per_subject_max > 0 => Reason::Subject,
            _ => Reason::Deleted,
        }
    }

    /// When a message was stored, as far as is known.
    fn stored_at(&self, seq: u64) -> Timestamp {
        let at = self.samples.partition_point(|(last, _)| *last < seq);
        match self.samples.get(at) {
            // Before the first look lie those that were there already: between the first and the last of them
            // time is taken to have passed evenly.
            Some((last, seen)) if at == 0 => {
                let (first, first_at) = (self.now.first, self.now.first_at);
                let span = seen.since(first_at).as_secs_f64();
                let share = seq.saturating_sub(first) as f64 / last.saturating_sub(first).max(1) as f64;
                let nanos = first_at.nanos() + (span * share.min(1.0) * 1e9) as i64;
                Timestamp::from_nanos(nanos)
            }
            Some((_, seen)) => *seen,
            None => self.at,
        }
    }

    fn age_at(&self, seq: u64, at: Timestamp) -> Duration {
        at.since(self.stored_at(seq))
    }

    fn age(&self, seq: u64) -> Age {
        let age = self.age_at(seq, self.at);
        let span = match self.now.policy.age_max {
            Duration::ZERO => Duration::from_secs(30),
            age_max => age_max,
        };
        match () {
            () if age < Duration::from_secs(1).min(span / 4) => Age::New,
            () if age < span / 3 => Age::Young,
            () if age < span * 2 / 3 => Age::Grown,
            () => Age::Old,
        }
    }

    /// The sequences that the strip spans.
    pub fn span(&self) -> Range<u64> {
        let first = self.now.first.max(1);
        let vanished = self.vanished.iter().map(|(range, _, _)| range.start).min();
        let start = vanished.map_or(first, |start| start.min(first));
        start.min(self.now.last + 1)..self.now.last + 1
    }

    /// How many sequences one of `width` cells stands for: 1, 2, 5, 10 and so on.
    pub fn scale(&self, width: usize) -> u64 {
        let span = self.span();
        let length = span.end - span.start;
        let width = width.max(1) as u64;
        let mut unit = 1;
        loop {
            for scale in [unit, unit * 2, unit * 5] {
                if length.div_ceil(scale) <= width {
                    return scale;
                }
            }
            unit *= 10;
        }
    }

    /// The cells, oldest first; no more than `width`.
    pub fn cells(&self, width: usize) -> Vec<Cell> {
        let (span, scale) = (self.span(), self.scale(width));
        let mut cells = Vec::with_capacity(width);
        let mut from = span.start;
        while from < span.end {
            let to = (from + scale).min(span.end);
            cells.push(self.cell(from..to));
            from = to;
        }
        cells
    }

    fn cell(&self, range: Range<u64>) -> Cell {
        let held_from = range.start.max(self.now.first);
        let held = range.end.saturating_sub(held_from);
        let holes = match held_from < range.end {
            true => self.now.holes.range(held_from..range.end).count() as u64,
            false => 0,
        };
        let present = match self.now.messages {
            0 => 0,
            _ => held - holes,
        };
        if present > 0 {
            let newest = range.end - 1;
            let consumers = &self.now.consumers;
            return Cell::Held {
                share: present as f64 / (range.end - range.start) as f64,
                age: self.age(newest),
                acked: !consumers.is_empty() && consumers.iter().all(|c| c.ack_floor >= newest),
            };
        }
        let overlaps = |(gone, _, _): &&(Range<u64>, Timestamp, Reason)| {
            gone.start < range.end && range.start < gone.end
        };
        match self.vanished.iter().rev().find(overlaps) {
            Some((_, _, reason)) => Cell::Vanished(*reason),
            None => Cell::Empty,
        }
    }

    /// The cell of a sequence, for a strip of `width` cells; none when it lies before it.
    pub fn place(&self, seq: u64, width: usize) -> Option<usize> {
        let span = self.span();
        let offset = seq.min(span.end).checked_sub(span.start)?;
        usize::try_from(offset / self.scale(width)).ok()
    }

    /// The consumers.
    pub fn consumers(&self) -> &[Position] {
        &self.now.consumers
    }

    /// What vanished last, and how many for that reason in a row.
    pub fn told(&self) -> Option<(Reason, u64)> {
        self.told
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: f64) -> Timestamp {
        Timestamp::from_nanos((seconds * 1e9) as i64)
    }

    fn stream(first: u64, last: u64, policy: Policy) -> Snapshot {
        Snapshot {
            first,
            last,
            messages: (last + 1).saturating_sub(first),
            bytes: 10 * (last + 1).saturating_sub(first),
            first_at: at(1.0),
            last_at: at(1.0),
            policy,
            ..Snapshot::default()
        }
    }

    fn consumer(delivered: u64, ack_floor: u64) -> Position {
        Position {
            name: "c".to_owned(),
            delivered,
            ack_floor,
            pending: 0,
            ack_pending: delivered - ack_floor,
        }
    }

    fn picture(strip: &Strip) -> String {
        let mark = |cell: &Cell| match cell {
            Cell::Empty => ' ',
            Cell::Held { acked: true, .. } => 'a',
            Cell::Held { share, .. } if *share < 1.0 => 'p',
            Cell::Held { age: Age::New, .. } => 'N',
            Cell::Held { age: Age::Young, .. } => 'y',
            Cell::Held { age: Age::Grown, .. } => 'g',
            Cell::Held { age: Age::Old, .. } => 'o',
            Cell::Vanished(_) => 'x',
        };
        strip.cells(20).iter().map(mark).collect()
    }

    #[test]
    fn messages_appear_grow_old_and_vanish_by_age() {
        let policy = Policy {
            age_max: Duration::from_secs(9),
            ..Policy::default()
        };
        let mut strip = Strip::default();
        strip.take(at(1.0), stream(1, 2, policy));
        strip.take(at(5.0), stream(1, 4, policy));
        assert_eq!(picture(&strip), "ggNN");
        strip.take(at(10.2), stream(3, 4, policy));
        assert_eq!(picture(&strip), "xxgg");
        assert_eq!(strip.told(), Some((Reason::Age, 2)));
        strip.take(at(14.5), stream(5, 4, policy));
        assert_eq!(picture(&strip), "xx", "the first two have faded");
        strip.take(at(30.0), stream(5, 4, policy));
        assert_eq!(picture(&strip), "");
        assert_eq!(strip.told(), Some((Reason::Age, 4)));
    }

    #[test]
    fn each_policy_is_named_as_the_reason() {
        let queue = Policy {
            by_ack: true,
            ..Policy::default()
        };
        let few = Policy {
            messages_max: 3,
            ..Policy::default()
        };
        let small = Policy {
            bytes_max: 35,
            ..Policy::default()
        };
        let last = Policy {
            per_subject_max: 1,
            ..Policy::default()
        };
        let acked = Snapshot {
            consumers: vec![consumer(2, 2)],
            ..stream(3, 3, queue)
        };
        let hole = Snapshot {
            holes: BTreeSet::from([2]),
            messages: 2,
            ..stream(1, 3, last)
        };
        let deleted = Snapshot {
            policy: Policy::default(),
            ..hole.clone()
        };
        for (before, after, expected) in [
            (stream(1, 3, queue), acked, Reason::Acked),
            (stream(1, 3, few), stream(2, 4, few), Reason::Messages),
            (stream(1, 3, small), stream(2, 4, small), Reason::Bytes),
            (stream(1, 3, last), hole, Reason::Subject),
            (stream(1, 3, Policy::default()), deleted, Reason::Deleted),
            (
                stream(1, 3, Policy::default()),
                stream(4, 3, Policy::default()),
                Reason::Purged,
            ),
        ] {
            let mut strip = Strip::default();
            strip.take(at(1.0), before);
            strip.take(at(1.2), after);
            assert_eq!(strip.told().map(|(reason, _)| reason), Some(expected));
        }
    }

    #[test]
    fn consumers_stand_on_the_strip_and_what_all_acked_is_marked() {
        let mut strip = Strip::default();
        let mut now = stream(11, 20, Policy::default());
        now.consumers = vec![consumer(15, 13), consumer(20, 12)];
        strip.take(at(2.0), now);
        assert!(picture(&strip).starts_with("aa"));
        assert_eq!(picture(&strip).matches('a').count(), 2);
        assert_eq!(
            (strip.place(15, 20), strip.place(11, 20), strip.place(3, 20)),
            (Some(4), Some(0), None)
        );
        assert_eq!(strip.scale(5), 2);
        assert_eq!(strip.place(15, 5), Some(2));
    }

    proptest! {
        #[test]
        fn a_strip_fits_and_spans_the_whole(first in 1_u64..1_000_000, length in 0_u64..5_000_000, width in 1_usize..300) {
            let mut strip = Strip::default();
            strip.take(at(1.0), stream(first, first + length, Policy::default()));
            let cells = strip.cells(width);
            prop_assert!(cells.len() <= width);
            let all_held = cells.iter().all(|cell| matches!(cell, Cell::Held { share, .. } if *share == 1.0));
            prop_assert!(all_held);
            prop_assert!(strip.place(first + length, width).unwrap() < width);
        }
    }
}
