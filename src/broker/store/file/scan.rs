//! Reading a whole segment: every good record, and what lies between them.

use super::record::{Frame, HEAD, Kind, checksum_of, word};

/// The first bytes of a segment file.
const MAGIC: &[u8; 8] = b"GNATSLOG";
/// The format that is written. Version 1 knew no packed records.
const VERSION: u32 = 2;
/// Bytes before the first record.
pub const FILE_HEAD: usize = 16;

/// The head of a new segment file.
pub fn file_head() -> [u8; FILE_HEAD] {
    let mut head = [0; FILE_HEAD];
    head[..8].copy_from_slice(MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_le_bytes());
    let sum = crc32fast::hash(&head[..12]);
    head[12..].copy_from_slice(&sum.to_le_bytes());
    head
}

/// The format version of a segment, if its head is sound. Records can be read without the head, since each
/// has its own checksum.
pub fn version(bytes: &[u8]) -> Option<u32> {
    let head: &[u8; FILE_HEAD] = bytes.first_chunk()?;
    let sound = &head[..8] == MAGIC && crc32fast::hash(&head[..12]).to_le_bytes() == head[12..];
    sound.then(|| u32::from_le_bytes([head[8], head[9], head[10], head[11]]))
}

/// Can this program read segments of that version?
pub fn is_known(version: u32) -> bool {
    (1..=VERSION).contains(&version)
}

/// A stretch of a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A good record and where it begins.
    Good(usize, Frame<'a>),
    /// So many bytes from here on are no record.
    Bad(usize, usize),
}

/// The parts of a segment in their order.
pub fn parts(salt: u32, bytes: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut at = FILE_HEAD.min(bytes.len());
    std::iter::from_fn(move || {
        let rest = &bytes[at..];
        if rest.is_empty() {
            return None;
        }
        let begin = at;
        if let Some(frame) = Frame::decode(salt, rest) {
            at += frame.len();
            return Some(Part::Good(begin, frame));
        }
        // A record begins with the salt, which nobody outside knows, so that a payload can hold none.
        let salt_bytes = salt.to_le_bytes();
        let mut beginnings = memchr::memmem::find_iter(&rest[1..], &salt_bytes).map(|i| i + 1);
        let good = beginnings.find(|i| Frame::decode(salt, &rest[*i..]).is_some());
        let length = good.unwrap_or(rest.len());
        at += length;
        Some(Part::Bad(begin, length))
    })
}

/// What the bytes at the end of the last segment are that are no good record.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// A record that was not written whole: nobody was told of it.
    Torn,
    /// A record that is all there, but damaged. True when it is a message as far as one can see.
    Damaged { is_message: bool },
}

impl End {
    /// Judges by the length: a write that was cut short left less than it says.
    pub fn of(salt: u32, bytes: &[u8]) -> End {
        let is_whole = |length: usize| {
            word(bytes, 8) as usize == length || word(bytes, 4) == checksum_of(salt, bytes, length)
        };
        if bytes.len() >= HEAD && is_whole(bytes.len()) {
            let is_message = bytes[12] == Kind::Message.number();
            End::Damaged { is_message }
        } else {
            End::Torn
        }
    }
}
