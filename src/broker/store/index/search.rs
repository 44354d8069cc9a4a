//! Finding and counting messages by their subjects.

use super::super::subject_table::SubjectId;
use super::super::{SubjectState, work};
use super::block::Block;
use super::{At, Bodies, Held, Index};
use crate::proto::subject::Filter;

/// How many messages are looked at for a pattern before the matching subjects are asked instead, if they are not
/// more than those; else so many times more messages, and so on. Tests see little messages.
const SCAN_MAX: usize = if cfg!(test) { 8 } else { 256 };
const SCAN_GROWTH: usize = 8;
/// A step along a chain costs about as much as looking at so many messages in order.
const CHAIN_STEP: u64 = 16;
/// How far to scan before taking one step along a chain, which costs about as much.
const SCAN_STRIDE: usize = 16;

impl<B: Bodies> Index<B> {
    /// The first message at or after `seq` that the filter lets through.
    pub fn next(&self, seq: u64, filter: &Filter) -> Option<Held<'_, B::Body<'_>>> {
        self.first_match(seq, filter).map(|at| self.held(at))
    }

    /// See [`Catalogue::count_from`](super::Catalogue::count_from).
    pub(super) fn count(&self, seq: u64, filter: &Filter, last_per_subject: bool) -> u64 {
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

    fn first_match(&self, seq: u64, filter: &Filter) -> Option<At> {
        if seq > self.state.last_seq {
            None
        } else if filter.is_all() {
            self.first_from(seq)
        } else if let Some(subject) = filter.literal() {
            let id = self.subjects.id(subject)?;
            self.next_of_subject(seq, id).and_then(|seq| self.at(seq))
        } else {
            self.next_of_patterns(seq, filter)
        }
    }

    fn next_of_patterns(&self, seq: u64, filter: &Filter) -> Option<At> {
        let mut at = self.first_from(seq);
        let mut scan = SCAN_MAX;
        loop {
            for _ in 0..scan {
                let place = at?;
                work::step(1);
                if filter.matches(self.subjects.name(self.subject(place))) {
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
    fn next_of_any(&self, seq: u64, subjects: &[SubjectId]) -> Option<At> {
        let mut found = u64::MAX;
        for id in subjects {
            let state = self.subjects.state(*id);
            if state.first_seq < found && state.last_seq >= seq {
                found = found.min(self.next_of_subject(seq, *id).unwrap_or(u64::MAX));
            }
        }
        self.at(found)
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
        if let Some(before) = seq.checked_sub(1).and_then(|before| self.at(before))
            && self.subject(before) == id
        {
            return Some(self.blocks[before.0].next(before.1));
        }
        let (mut from_first, mut from_last) = (state.first_seq, state.last_seq);
        let mut scan = self.first_from(seq);
        loop {
            for _ in 0..SCAN_STRIDE {
                let place = scan?;
                work::step(1);
                if self.subject(place) == id {
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
                counted += u64::from(wanted[self.subject(place) as usize]);
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
}
