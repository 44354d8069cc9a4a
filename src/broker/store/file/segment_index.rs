//! What a closed segment holds, in short, so that opening a store need not read every payload.
//!
//! An index can be thrown away at any time; it is made again from its segment. It is written beside its place (see
//! `index_draft`) and renamed, once, after its segment was closed, and deleted before a message in the segment is
//! erased. `<number>.idx`, all numbers little-endian:
//!
//! | at | bytes | what |
//! | --- | --- | --- |
//! | 0 | 8 | `GNATSIDX` |
//! | 8 | 4 | format version, 1 |
//! | 12 | 4 | the stream's salt |
//! | 16 | 4 | length of the segment |
//! | 20 | 4 | checksum of the segment's last record |
//! | 24 | 4 | 1 when the entries are sealed, else 0 |
//! | 28 | | an entry for each record, sealed as one when the stream is |
//! | at the end | 4 | CRC-32 of all before |
//!
//! An entry:
//!
//! | at | bytes | what |
//! | --- | --- | --- |
//! | 0 | 1 | kind, as in the record |
//! | 1 | 2 | length of the text |
//! | 3 | 8 | sequence |
//! | 11 | 8 | time, nanoseconds since 1970 |
//! | 19 | 4 | length of the record |
//! | 23 | 4 | bytes of the message's parts before packing; the highest bit says that it has headers |
//! | 27 | | text: a message's subject, a mark's payload |
//!
//! It is used only if all of it fits: format, salt, checksum, and the length and the last record of the
//! segment that lies there now.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::pack::{Packing, Scratch};
use super::record::{Frame, Kind, Record, word};
use super::scan::FILE_HEAD;
use super::segment::{self, Number, Weight};
use crate::broker::store::StoreError;
use crate::broker::store::seal::{NONCE, Seal};
use crate::util::time::Timestamp;

const MAGIC: &[u8; 8] = b"GNATSIDX";
const VERSION: u32 = 1;
/// What the name of an unfinished index ends with.
pub const UNFINISHED: &str = ".idx.new";
/// Bytes before the entries.
pub const HEAD: usize = 28;
/// Bytes of an entry before its text.
const ENTRY: usize = 27;
/// Bytes of the checksum at the end.
const SUM: usize = 4;

/// What a record says, without headers and payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    pub kind: Kind,
    pub seq: u64,
    pub time: Timestamp,
    /// Where the record begins.
    pub at: u32,
    /// Its bytes on disk.
    pub length: u32,
    pub weight: Weight,
    /// A message's subject, a mark's payload.
    pub text: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The entry of a record. None when it cannot be unpacked.
    pub fn of(
        at: usize,
        frame: &Frame<'a>,
        packing: &Packing,
        scratch: &'a mut Scratch,
    ) -> Option<Entry<'a>> {
        let record = frame.unpack(packing, scratch)?;
        Some(Entry {
            at: u32::try_from(at).ok()?,
            length: u32::try_from(frame.len()).ok()?,
            ..Entry::of_record(&record)
        })
    }

    /// The entry of a record whose place is not known yet.
    pub fn of_record(record: &Record<'a>) -> Entry<'a> {
        Entry {
            kind: record.kind,
            seq: record.seq,
            time: record.time,
            at: 0,
            length: 0,
            weight: Weight::of(record),
            text: match record.kind {
                Kind::Message => record.subject,
                Kind::Mark => record.payload,
                Kind::Removed => b"",
            },
        }
    }

    /// Writes it behind the others. None when its text is too long for that.
    pub fn encode(&self, out: &mut Vec<u8>) -> Option<()> {
        let text_length = u16::try_from(self.text.len()).ok()?;
        out.push(self.kind.number());
        out.extend_from_slice(&text_length.to_le_bytes());
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.time.nanos().to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.weight.0.to_le_bytes());
        out.extend_from_slice(self.text);
        Some(())
    }

    /// The entry of the record at `at` that the bytes begin with, and what is behind.
    fn decode(at: u32, bytes: &'a [u8]) -> Option<(Entry<'a>, &'a [u8])> {
        let (entry, rest) = bytes.split_at_checked(ENTRY)?;
        let text_length = u16::from_le_bytes(*entry[1..].first_chunk()?);
        let (text, rest) = rest.split_at_checked(usize::from(text_length))?;
        let entry = Entry {
            kind: Kind::from_number(entry[0])?,
            seq: u64::from_le_bytes(*entry[3..].first_chunk()?),
            time: Timestamp::from_nanos(i64::from_le_bytes(*entry[11..].first_chunk()?)),
            at,
            length: u32::from_le_bytes(*entry[19..].first_chunk()?),
            weight: Weight(u32::from_le_bytes(*entry[23..].first_chunk()?)),
            text,
        };
        Some((entry, rest))
    }
}

/// The entries of a segment's index.
#[derive(Debug)]
pub struct Index {
    bytes: Vec<u8>,
    entries: std::ops::Range<usize>,
}

impl Index {
    /// The index that lies beside a segment, if it is sound and belongs to it.
    pub fn read(folder: &Path, number: Number, salt: u32, seal: Option<&Seal>) -> Option<Index> {
        let mut bytes = std::fs::read(segment::index_path(folder, number)).ok()?;
        let end = sound_end(&bytes, salt)?;
        let (length, last_sum, sealed) = (word(&bytes, 16), word(&bytes, 20), word(&bytes, 24) == 1);
        let entries = match (sealed, seal) {
            (false, None) => HEAD..end,
            (true, Some(seal)) => {
                let (head, body) = bytes.split_at_mut(HEAD);
                let opened = seal.open(head, &mut body[..end - HEAD])?.len();
                HEAD + NONCE..HEAD + NONCE + opened
            }
            _ => return None,
        };
        let index = Index { bytes, entries };
        (index.last_sum(folder, number, length) == Some(last_sum)).then_some(index)
    }

    /// The checksum of the last record as it lies in the segment, if the segment has this length.
    fn last_sum(&self, folder: &Path, number: Number, length: u32) -> Option<u32> {
        let last = self.entries().last()?;
        let file = File::open(segment::path(folder, number)).ok()?;
        let is_length = |n: u64| n == u64::from(length);
        let fits =
            is_length(file.metadata().ok()?.len()) && is_length(u64::from(last.at) + u64::from(last.length));
        let mut sum = [0; 4];
        file.read_exact_at(&mut sum, u64::from(last.at) + 4).ok()?;
        fits.then(|| u32::from_le_bytes(sum))
    }

    /// The entries, in the order of the segment.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut rest = &self.bytes[self.entries.clone()];
        let mut at = FILE_HEAD as u32;
        std::iter::from_fn(move || {
            let (entry, behind) = Entry::decode(at, rest)?;
            rest = behind;
            at = at.checked_add(entry.length)?;
            Some(entry)
        })
    }
}

/// Where the entries of an index end whose checksum holds and which is of this stream.
fn sound_end(bytes: &[u8], salt: u32) -> Option<usize> {
    let end = bytes.len().checked_sub(SUM).filter(|end| *end >= HEAD)?;
    let is_ours = bytes.starts_with(MAGIC) && word(bytes, 8) == VERSION && word(bytes, 12) == salt;
    (is_ours && word(bytes, end) == crc32fast::hash(&bytes[..end])).then_some(end)
}

/// Is there an index that does not fit its segment, as far as can be told without the key?
pub fn is_wrong(folder: &Path, number: Number, salt: u32) -> bool {
    let Ok(bytes) = std::fs::read(segment::index_path(folder, number)) else {
        return false;
    };
    let length = std::fs::metadata(segment::path(folder, number)).map_or(0, |m| m.len());
    sound_end(&bytes, salt).is_none() || u64::from(word(&bytes, 16)) != length
}

/// Where an index is written before it is renamed to its place.
pub fn unfinished_path(folder: &Path, number: Number) -> PathBuf {
    folder.join(format!("{number}{UNFINISHED}"))
}

/// Writes the index of a segment that takes no more records, unless anything in it is damaged. A segment
/// without index is read as a whole when the store is opened, so that failing costs time only.
pub fn write(folder: &Path, number: Number, salt: u32, seal: Option<&Arc<Seal>>) -> Result<(), StoreError> {
    let path = segment::path(folder, number);
    let segment = std::fs::read(&path).map_err(|e| StoreError::io(&path, e))?;
    let Some(index) = encode(&segment, salt, seal) else {
        return Ok(());
    };
    let path = segment::index_path(folder, number);
    let unfinished = unfinished_path(folder, number);
    std::fs::write(&unfinished, index)
        .and_then(|()| std::fs::rename(&unfinished, &path))
        .map_err(|e| StoreError::io(&path, e))
}

/// What an index begins with.
pub fn head(salt: u32, length: u32, last_sum: u32, is_sealed: bool) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(MAGIC);
    let words = [VERSION, salt, length, last_sum, u32::from(is_sealed)];
    for (field, word) in head[8..].chunks_exact_mut(4).zip(words) {
        field.copy_from_slice(&word.to_le_bytes());
    }
    head
}

fn encode(segment: &[u8], salt: u32, seal: Option<&Arc<Seal>>) -> Option<Vec<u8>> {
    let packing = Packing {
        seal: seal.cloned(),
        ..Packing::default()
    };
    let mut scratch = Scratch::default();
    let mut out = vec![0; HEAD + if seal.is_some() { NONCE } else { 0 }];
    let (mut at, mut last_sum) = (FILE_HEAD, 0);
    while at < segment.len() {
        // The bytes were checked or written a moment ago, and are checked again whenever they are served.
        let frame = Frame::glance(salt, &segment[at..])?;
        Entry::of(at, &frame, &packing, &mut scratch)?.encode(&mut out)?;
        at += frame.len();
        last_sum = frame.checksum();
    }
    let length = u32::try_from(segment.len()).ok()?;
    let head = head(salt, length, last_sum, seal.is_some());
    out[..HEAD].copy_from_slice(&head);
    if let Some(seal) = seal {
        seal.seal(&head, &mut out, HEAD);
    }
    let sum = crc32fast::hash(&out);
    out.extend_from_slice(&sum.to_le_bytes());
    Some(out)
}
