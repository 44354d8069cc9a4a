//! Reading a store's segments without opening it, for those who check and copy.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::pack::{Packing, Scratch};
use super::record::{Frame, Kind};
use super::scan::{self, End, Part};
use super::segment::{self, Number};
use super::segment_index;
use crate::broker::store::StoreError;

/// Something in a segment.
#[derive(Debug)]
pub enum Piece {
    /// A segment begins, of so many bytes.
    Segment { bytes: u64 },
    /// A message of this sequence.
    Message(u64),
    /// It is gone.
    Removed(u64),
    /// Everything before this sequence is gone.
    First(u64),
    /// Bytes that are no good record: offset and length, and which messages they may have been.
    Damaged {
        place: (u64, u64),
        sequences: Option<(u64, u64)>,
    },
    /// A record at the end that was not written whole.
    Torn { place: (u64, u64) },
    /// A file that is wrong as a whole.
    Wrong { is_damage: bool, what: &'static str },
}

/// Tells of every piece of every segment, in order.
pub fn segments(folder: &Path, salt: u32, each: &mut dyn FnMut(&Path, Piece)) -> Result<(), StoreError> {
    let numbers = segment::list(folder).map_err(|e| StoreError::io(folder, e))?;
    let mut recent_seq = 0;
    for number in &numbers {
        let path = segment::path(folder, *number);
        let bytes = std::fs::read(&path).map_err(|e| StoreError::io(&path, e))?;
        each(
            &path,
            Piece::Segment {
                bytes: bytes.len() as u64,
            },
        );
        match scan::version(&bytes) {
            Some(version) if !scan::is_known(version) => {
                let what = "was written by a later version";
                each(
                    &path,
                    Piece::Wrong {
                        is_damage: true,
                        what,
                    },
                );
                continue;
            }
            Some(_) => {}
            None => {
                let what = "the head of the file is damaged, which costs nothing";
                each(
                    &path,
                    Piece::Wrong {
                        is_damage: false,
                        what,
                    },
                );
            }
        }
        let is_last = Some(number) == numbers.last();
        pieces(salt, &bytes, is_last, &mut recent_seq, &mut |piece| {
            each(&path, piece)
        });
        if segment_index::is_wrong(folder, *number, salt) {
            let what = "does not fit its segment, and will be made again";
            let index = segment::index_path(folder, *number);
            each(
                &index,
                Piece::Wrong {
                    is_damage: false,
                    what,
                },
            );
        }
    }
    Ok(())
}

fn pieces(salt: u32, bytes: &[u8], is_last: bool, recent_seq: &mut u64, each: &mut dyn FnMut(Piece)) {
    let mut bad: Option<(u64, u64)> = None;
    let mut scratch = Scratch::default();
    for part in scan::parts(salt, bytes) {
        match part {
            Part::Bad(at, length) => {
                let place = (at as u64, length as u64);
                let at_end = is_last && at + length == bytes.len();
                if at_end && End::of(salt, &bytes[at..]) == End::Torn {
                    each(Piece::Torn { place });
                } else {
                    bad = Some(place);
                }
            }
            Part::Good(at, frame) if !is_readable(&frame, &mut scratch) => {
                bad = Some((at as u64, frame.len() as u64));
            }
            Part::Good(_, frame) => {
                if frame.kind == Kind::Message {
                    if let Some(place) = bad.take() {
                        let sequences = Some((*recent_seq + 1, frame.seq - 1)).filter(|(a, b)| a <= b);
                        each(Piece::Damaged { place, sequences });
                    }
                    *recent_seq = frame.seq;
                }
                tell(&frame, &mut scratch, each);
            }
        }
    }
    if let Some(place) = bad {
        let sequences = Some((*recent_seq + 1, *recent_seq + 1)).filter(|_| is_last);
        each(Piece::Damaged { place, sequences });
    }
}

/// Does a record that nobody sealed make sense?
fn is_readable(frame: &Frame<'_>, scratch: &mut Scratch) -> bool {
    frame.is_sealed() || frame.unpack(&Packing::default(), scratch).is_some()
}

fn tell(frame: &Frame<'_>, scratch: &mut Scratch, each: &mut dyn FnMut(Piece)) {
    match frame.kind {
        Kind::Message => each(Piece::Message(frame.seq)),
        Kind::Removed => each(Piece::Removed(frame.seq)),
        Kind::Mark => {
            let record = frame.unpack(&Packing::default(), scratch);
            let first = record.and_then(|r| r.payload.first_chunk().map(|b| u64::from_le_bytes(*b)));
            each(Piece::First(first.unwrap_or(0)));
        }
    }
}

/// Rounds after which the segments must have been copied: in each, all but the newest are done.
const ROUNDS_MAX: usize = 100;

/// Copies the segments of a store that may be written to meanwhile; returns the bytes.
///
/// A segment that vanishes had its messages copied to a newer one before, and those come later; so the rounds go on
/// until only the newest has grown.
pub fn copy_segments(from: &Path, to: &Path) -> Result<u64, StoreError> {
    let mut copied: BTreeMap<Number, u64> = BTreeMap::new();
    for round in 0..ROUNDS_MAX {
        let numbers = segment::list(from).map_err(|e| StoreError::io(from, e))?;
        let mut grown = Vec::new();
        for number in &numbers {
            let length = std::fs::metadata(segment::path(from, *number)).map_or(0, |m| m.len());
            if copied.get(number) != Some(&length) {
                grown.push(*number);
            }
        }
        if round > 0
            && grown
                .iter()
                .all(|number| Some(number) == numbers.last() && copied.contains_key(number))
        {
            break;
        }
        for number in grown {
            match copy_file(&segment::path(from, number), &segment::path(to, number))? {
                Some(length) => drop(copied.insert(number, length)),
                None => continue,
            }
        }
    }
    Ok(copied.values().sum())
}

/// Copies a file on to the medium. None when it is not there any more.
pub fn copy_file(from: &Path, to: &Path) -> Result<Option<u64>, StoreError> {
    let copied = std::fs::copy(from, to).and_then(|length| {
        File::open(to)?.sync_all()?;
        Ok(length)
    });
    match copied {
        Ok(length) => Ok(Some(length)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !from.exists() => Ok(None),
        Err(e) => Err(StoreError::io(from, e)),
    }
}
