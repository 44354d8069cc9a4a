//! Finding out from the segments what a store holds.
//!
//! The records speak for themselves, in whatever order they lie: a message is held when there is a record
//! of it, none that says it was removed, and its sequence is not before the highest mark. So copies that
//! moving together left behind do no harm. Of a closed segment its index tells as much, if it is sound.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::super::StoreError;
use super::super::index::Index as MessageIndex;
use super::super::subject_table::SubjectId;
use super::pack::{Packing, Scratch};
use super::places::Places;
use super::record::{HEAD, Kind};
use super::scan::{self, End, Part};
use super::segment::{self, Number, Place, Segment};
use super::segment_index::{self, Entry, Index, UNFINISHED};

use crate::proto::api::stream::LostData;
use crate::util::time::Timestamp;

/// What the segments tell.
#[derive(Debug)]
pub struct Recovered {
    pub index: MessageIndex<Places>,
    pub segments: BTreeMap<Number, Segment>,
    pub bytes: u64,
    pub lost: LostData,
}

struct Found {
    seq: u64,
    time: Timestamp,
    subject: SubjectId,
    place: Place,
}

/// Sequences between these two were in a stretch of so many bytes that cannot be read.
struct Damage {
    after: u64,
    before: u64,
    length: usize,
}

#[derive(Default)]
struct Survey {
    found: Vec<Found>,
    /// Knows the subjects from the beginning, and gets the messages at the end.
    index: MessageIndex<Places>,
    removals: Vec<(u64, Number)>,
    damage: Vec<Damage>,
    first_seq: u64,
    last: (u64, Timestamp),
    /// The message that was read last.
    recent_seq: u64,
    scratch: Scratch,
}

/// Reads all segments of a folder. The end of the last one is cut where it was not written whole.
pub fn recover(folder: &Path, salt: u32, packing: &Packing) -> Result<Recovered, StoreError> {
    let numbers = segment::list(folder).map_err(|e| StoreError::io(folder, e))?;
    let mut survey = Survey {
        last: (0, Timestamp::ZERO),
        ..Survey::default()
    };
    let mut segments = BTreeMap::new();
    for number in &numbers {
        let is_last = Some(number) == numbers.last();
        let damage_before = survey.damage.len();
        let index = (!is_last).then(|| Index::read(folder, *number, salt, packing.seal.as_deref()));
        let size = match index.flatten() {
            Some(index) => survey.take_index(*number, &index),
            None => survey.scan(folder, *number, salt, packing, is_last)?,
        };
        let segment = Segment {
            size,
            damaged: survey.damage.len() > damage_before,
            ..Segment::default()
        };
        segments.insert(*number, segment);
    }
    drop_orphans(folder, &segments);
    survey.build(segments)
}

/// Indexes of segments that are gone and such that were not finished, which a crash can leave behind.
fn drop_orphans(folder: &Path, segments: &BTreeMap<Number, Segment>) {
    let finished = segment::numbers(folder, ".idx").unwrap_or_default();
    let orphans = finished
        .into_iter()
        .filter(|number| !segments.contains_key(number))
        .map(|number| segment::index_path(folder, number));
    let unfinished = segment::numbers(folder, UNFINISHED).unwrap_or_default();
    let drafts = unfinished
        .into_iter()
        .map(|number| segment_index::unfinished_path(folder, number));
    for path in orphans.chain(drafts) {
        // It does no harm where it is.
        let _ = std::fs::remove_file(path);
    }
}

impl Survey {
    fn take_index(&mut self, number: Number, index: &Index) -> usize {
        let mut end = 0;
        for entry in index.entries() {
            if entry.kind == Kind::Message {
                self.recent_seq = entry.seq;
            }
            self.take(number, &entry);
            end = entry.at as usize + entry.length as usize;
        }
        end
    }

    /// Reads a segment, and gives its length.
    fn scan(
        &mut self,
        folder: &Path,
        number: Number,
        salt: u32,
        packing: &Packing,
        is_last: bool,
    ) -> Result<usize, StoreError> {
        let path = segment::path(folder, number);
        let bytes = std::fs::read(&path).map_err(|e| StoreError::io(&path, e))?;
        match scan::version(&bytes) {
            Some(version) if !scan::is_known(version) => {
                let path = path.display().to_string();
                return Err(StoreError::Version { path, version });
            }
            Some(_) => {}
            None => tracing::warn!(file = %path.display(), "the head of a segment is damaged"),
        }
        let damage_before = self.damage.len();
        if let Some(end) = self.read(number, salt, packing, &bytes, is_last) {
            tracing::warn!(file = %path.display(), cut = bytes.len() - end, "cut the end that was not written whole");
            let file = segment::open(folder, number)?;
            file.set_len(end as u64).map_err(|e| StoreError::io(&path, e))?;
            return Ok(end);
        }
        if !is_last && self.damage.len() == damage_before {
            segment_index::write(folder, number, salt, packing.seal.as_ref())
                .unwrap_or_else(|error| tracing::warn!(%error, "a segment stays without index"));
        }
        Ok(bytes.len())
    }

    /// Takes in a segment. Gives the length of its good part, if it is to be cut to that.
    fn read(
        &mut self,
        number: Number,
        salt: u32,
        packing: &Packing,
        bytes: &[u8],
        is_last: bool,
    ) -> Option<usize> {
        let (mut bad, mut cut): (Option<usize>, Option<usize>) = (None, None);
        let mut scratch = std::mem::take(&mut self.scratch);
        for part in scan::parts(salt, bytes) {
            match part {
                Part::Bad(at, length) => {
                    if is_last && at + length == bytes.len() {
                        match End::of(salt, &bytes[at..]) {
                            End::Torn => {
                                cut = Some(at);
                                break;
                            }
                            // Its sequence was given out and must not be given out again.
                            End::Damaged { is_message } => self.last.0 += u64::from(is_message),
                        }
                    }
                    bad = Some(length + bad.unwrap_or(0));
                }
                Part::Good(at, frame) => {
                    let Some(entry) = Entry::of(at, &frame, packing, &mut scratch) else {
                        bad = Some(frame.len() + bad.unwrap_or(0));
                        continue;
                    };
                    if entry.kind == Kind::Message {
                        if let Some(length) = bad.take() {
                            self.note_damage(entry.seq, length);
                        }
                        self.recent_seq = entry.seq;
                    }
                    self.take(number, &entry);
                }
            }
        }
        if let Some(length) = bad {
            self.note_damage(u64::MAX, length);
        }
        self.scratch = scratch;
        cut
    }

    fn note_damage(&mut self, before: u64, length: usize) {
        self.damage.push(Damage {
            after: self.recent_seq,
            before,
            length,
        });
    }

    fn take(&mut self, number: Number, entry: &Entry<'_>) {
        match entry.kind {
            Kind::Removed => self.removals.push((entry.seq, number)),
            Kind::Mark => {
                let first = entry.text.first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
                self.first_seq = self.first_seq.max(first);
                self.note_last(entry);
            }
            Kind::Message => {
                self.note_last(entry);
                let subject = self.index.subject_id(entry.text);
                self.found.push(Found {
                    seq: entry.seq,
                    time: entry.time,
                    subject,
                    place: Place {
                        segment: number,
                        at: entry.at,
                        length: entry.length,
                        weight: entry.weight,
                    },
                });
            }
        }
    }

    fn note_last(&mut self, entry: &Entry<'_>) {
        if entry.seq >= self.last.0 {
            self.last = (entry.seq, entry.time);
        }
    }

    fn build(mut self, mut segments: BTreeMap<Number, Segment>) -> Result<Recovered, StoreError> {
        // Of two copies the later one stays, since the segment of the other may already be given up.
        self.found.sort_by_key(|found| found.seq);
        // Of two removals, too.
        self.removals.sort_by_key(|(seq, _)| *seq);
        let mut index = self.index;
        let mut removals = self.removals.iter().peekable();
        let mut bytes = 0;
        let mut held = HashSet::new();
        let wants_holes = !self.damage.is_empty();
        for (i, found) in self.found.iter().enumerate() {
            let is_copy = self.found.get(i + 1).is_some_and(|next| next.seq == found.seq);
            if wants_holes {
                held.insert(found.seq);
            }
            while removals.next_if(|(seq, _)| *seq < found.seq).is_some() {}
            let mut removed = removals
                .clone()
                .take_while(|(seq, _)| *seq == found.seq)
                .peekable();
            let is_removed = removed.peek().is_some();
            if let Some((_, by)) = removed.last()
                && let Some(segment) = segments.get_mut(by)
            {
                segment.removals.push((found.seq, found.place.segment));
            }
            if is_copy || found.seq < self.first_seq || is_removed {
                continue;
            }
            index.skip_to(found.seq - 1, found.time);
            index.append_to(found.subject, found.time, found.place);
            bytes += found.place.weight.counted();
            if let Some(segment) = segments.get_mut(&found.place.segment) {
                segment.live += 1;
                segment.live_bytes += found.place.length as usize;
            }
        }
        index.forget_unused();
        let gone = self.removals.last().map_or(0, |(seq, _)| *seq);
        index.skip_to(self.last.0.max(gone), self.last.1);
        let last_seq = index.state().last_seq;
        let is_removed = |seq: u64| self.removals.binary_search_by_key(&seq, |(seq, _)| *seq).is_ok();
        let is_known = |seq: u64| held.contains(&seq) || is_removed(seq);
        let lost = missing(&self.damage, self.first_seq, last_seq, &is_known);
        Ok(Recovered {
            index,
            segments,
            bytes,
            lost,
        })
    }
}

/// The sequences that must have been where nothing can be read.
fn missing(damage: &[Damage], first_seq: u64, last_seq: u64, is_known: &dyn Fn(u64) -> bool) -> LostData {
    let mut lost = LostData::default();
    for damage in damage {
        let most = damage.length / HEAD + 1;
        let from = (damage.after + 1).max(first_seq);
        let missing = (from..damage.before.min(last_seq + 1)).filter(|seq| !is_known(*seq));
        lost.msgs.extend(missing.take(most));
        lost.bytes += damage.length as u64;
    }
    lost
}
