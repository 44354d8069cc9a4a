//! Reading a whole segment: every good record, and what lies between them.

use super::record::Record;

/// The first bytes of a segment file.
const MAGIC: &[u8; 8] = b"GNATSLOG";
/// The format that is written.
const VERSION: u32 = 1;
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
    version == VERSION
}

/// A stretch of a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A good record and where it begins.
    Good(usize, Record<'a>),
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
        if let Some(record) = Record::decode(salt, rest) {
            at += record.len();
            return Some(Part::Good(begin, record));
        }
        // A record begins with the salt, which nobody outside knows, so that a payload can hold none.
        let salt_bytes = salt.to_le_bytes();
        let mut beginnings = memchr::memmem::find_iter(&rest[1..], &salt_bytes).map(|i| i + 1);
        let good = beginnings.find(|i| Record::decode(salt, &rest[*i..]).is_some());
        let length = good.unwrap_or(rest.len());
        at += length;
        Some(Part::Bad(begin, length))
    })
}
