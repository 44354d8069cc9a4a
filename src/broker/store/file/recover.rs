//! Finding out from the segments what a store holds.
//!
//! The records speak for themselves, in whatever order they lie: a message is held when there is a record
//! of it, none that says it was removed, and its sequence is not before the highest mark. So copies that
//! moving together left behind do no harm.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::super::{MemoryStore, Store, StoreError};
use super::counted;
use super::record::{HEAD, Kind, Record};
use super::scan::{self, Part};
use super::segment::{self, Number, Place, Segment};

use crate::proto::api::stream::LostData;
use crate::util::time::Timestamp;

/// What the segments tell.
#[derive(Debug)]
pub struct Recovered {
    pub index: MemoryStore,
    pub segments: BTreeMap<Number, Segment>,
    pub bytes: u64,
    pub lost: LostData,
}

struct Found {
    seq: u64,
    time: Timestamp,
    subject: usize,
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
    subject_numbers: HashMap<Box<[u8]>, usize>,
    subjects: Vec<Box<[u8]>>,
    removals: Vec<(u64, Number)>,
    damage: Vec<Damage>,
    first_seq: u64,
    last: (u64, Timestamp),
    /// The message that was read last.
    recent_seq: u64,
}

/// Reads all segments of a folder. The end of the last one is cut where it was not written whole.
pub fn recover(folder: &Path, salt: u32) -> Result<Recovered, StoreError> {
    let io = |e| StoreError::io(folder, e);
    let numbers = segment::list(folder).map_err(io)?;
    let mut survey = Survey {
        last: (0, Timestamp::ZERO),
        ..Survey::default()
    };
    let mut segments = BTreeMap::new();
    for number in &numbers {
        let path = segment::path(folder, *number);
        let mut bytes = std::fs::read(&path).map_err(|e| StoreError::io(&path, e))?;
        match scan::version(&bytes) {
            Some(version) if !scan::is_known(version) => {
                let path = path.display().to_string();
                return Err(StoreError::Version { path, version });
            }
            Some(_) => {}
            None => tracing::warn!(file = %path.display(), "the head of a segment is damaged"),
        }
        let is_last = Some(number) == numbers.last();
        if let Some(end) = survey.read(*number, salt, &bytes, is_last) {
            tracing::warn!(file = %path.display(), cut = bytes.len() - end, "cut the end that was not written whole");
            let file = segment::open(folder, *number)?;
            file.set_len(end as u64).map_err(|e| StoreError::io(&path, e))?;
            bytes.truncate(end);
        }
        let size = bytes.len();
        segments.insert(
            *number,
            Segment {
                size,
                ..Segment::default()
            },
        );
    }
    survey.build(segments)
}

impl Survey {
    /// Takes in a segment. Gives the length of its good part, if it is to be cut to that.
    fn read(&mut self, number: Number, salt: u32, bytes: &[u8], is_last: bool) -> Option<usize> {
        let mut bad: Option<usize> = None;
        for part in scan::parts(salt, bytes) {
            match part {
                Part::Bad(at, length) if is_last && at + length == bytes.len() => return Some(at),
                Part::Bad(_, length) => bad = Some(length),
                Part::Good(at, record) => {
                    if record.kind == Kind::Message {
                        if let Some(length) = bad.take() {
                            self.note_damage(record.seq, length);
                        }
                        self.recent_seq = record.seq;
                    }
                    self.take(number, at, &record);
                }
            }
        }
        if let Some(length) = bad {
            self.note_damage(u64::MAX, length);
        }
        None
    }

    fn note_damage(&mut self, before: u64, length: usize) {
        self.damage.push(Damage {
            after: self.recent_seq,
            before,
            length,
        });
    }

    fn take(&mut self, number: Number, at: usize, record: &Record<'_>) {
        let note_last = |last: &mut (u64, Timestamp)| {
            if record.seq >= last.0 {
                *last = (record.seq, record.time);
            }
        };
        match record.kind {
            Kind::Removed => self.removals.push((record.seq, number)),
            Kind::Mark => {
                let first = record.payload.first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
                self.first_seq = self.first_seq.max(first);
                note_last(&mut self.last);
            }
            Kind::Message => {
                note_last(&mut self.last);
                let subject = self.subject_number(record.subject);
                self.found.push(Found {
                    seq: record.seq,
                    time: record.time,
                    subject,
                    place: Place {
                        segment: number,
                        at: u32::try_from(at).unwrap_or(u32::MAX),
                        length: u32::try_from(record.len()).unwrap_or(u32::MAX),
                        has_headers: !record.headers.is_empty(),
                    },
                });
            }
        }
    }

    fn subject_number(&mut self, subject: &[u8]) -> usize {
        if let Some(number) = self.subject_numbers.get(subject) {
            return *number;
        }
        self.subjects.push(subject.into());
        self.subject_numbers
            .insert(subject.into(), self.subjects.len() - 1);
        self.subjects.len() - 1
    }

    fn build(mut self, mut segments: BTreeMap<Number, Segment>) -> Result<Recovered, StoreError> {
        // Of two copies the later one stays, since the segment of the other may already be given up.
        self.found.sort_by_key(|found| found.seq);
        let mut index = MemoryStore::new();
        let mut bytes = 0;
        let removed: HashMap<u64, Number> = self.removals.iter().copied().collect();
        let mut held = HashSet::new();
        let wants_holes = !self.damage.is_empty();
        for (i, found) in self.found.iter().enumerate() {
            let is_copy = self.found.get(i + 1).is_some_and(|next| next.seq == found.seq);
            if wants_holes {
                held.insert(found.seq);
            }
            if let Some(by) = removed.get(&found.seq)
                && let Some(segment) = segments.get_mut(by)
            {
                segment.removals.push((found.seq, found.place.segment));
            }
            if is_copy || found.seq < self.first_seq || removed.contains_key(&found.seq) {
                continue;
            }
            index.skip_to(found.seq - 1, found.time)?;
            index.append(
                found.time,
                &self.subjects[found.subject],
                b"",
                &found.place.encode(),
            )?;
            bytes += counted(found.place.length, found.place.has_headers);
            if let Some(segment) = segments.get_mut(&found.place.segment) {
                segment.live += 1;
                segment.live_bytes += found.place.length as usize;
            }
        }
        let gone = self.removals.iter().map(|(seq, _)| *seq).max().unwrap_or(0);
        index.skip_to(self.last.0.max(gone), self.last.1)?;
        let last_seq = index.state().last_seq;
        let is_known = |seq: u64| held.contains(&seq) || removed.contains_key(&seq);
        let mut lost = LostData::default();
        for damage in &self.damage {
            let most = damage.length / HEAD + 1;
            let from = (damage.after + 1).max(self.first_seq);
            let missing = (from..damage.before.min(last_seq + 1)).filter(|seq| !is_known(*seq));
            lost.msgs.extend(missing.take(most));
            lost.bytes += damage.length as u64;
        }
        Ok(Recovered {
            index,
            segments,
            bytes,
            lost,
        })
    }
}
