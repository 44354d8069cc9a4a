//! The files of a log: how they are named, opened and accounted for.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use super::super::StoreError;
use super::record::Record;

/// A segment that would become longer is closed; a longer record gets one to itself.
pub const SEGMENT_MAX: usize = 8 * 1024 * 1024;

/// Segments are numbered from 1, and no number is used twice while a file of it may be there.
pub type Number = u32;

/// What is known of a segment.
#[derive(Debug, Default)]
pub struct Segment {
    /// Length of the file.
    pub size: usize,
    /// Messages in it that are held.
    pub live: usize,
    /// Their bytes.
    pub live_bytes: usize,
    /// Removals that are recorded here, with the segment that the removed message lies in.
    pub removals: Vec<(u64, Number)>,
    /// Something in it cannot be read, so that it has no index.
    pub damaged: bool,
    /// Its messages were copied, and it may go as soon as the copies are on the medium.
    pub waits_for_sync: bool,
}

impl Segment {
    /// Is it worth moving together? Then there is little to copy.
    pub fn is_sparse(&self) -> bool {
        self.live_bytes * 4 < self.size
    }
}

/// Where a message's record lies: what the index keeps for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub segment: Number,
    pub at: u32,
    /// Bytes of the record on disk.
    pub length: u32,
    /// What the message counts.
    pub weight: Weight,
}

/// The bytes of a message's parts before packing, and, in the highest bit, whether there are headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight(pub u32);

impl Weight {
    const HEADERS: u32 = 1 << 31;

    /// Of a message with these parts.
    pub fn of(record: &Record<'_>) -> Weight {
        let size = u32::try_from(record.size()).unwrap_or(u32::MAX);
        Weight::new(size, !record.headers.is_empty())
    }

    /// Of a message whose parts have so many bytes.
    pub fn new(size: u32, has_headers: bool) -> Weight {
        let headers = if has_headers { Weight::HEADERS } else { 0 };
        Weight(size & !Weight::HEADERS | headers)
    }

    /// The bytes of its parts.
    pub fn size(self) -> u32 {
        self.0 & !Weight::HEADERS
    }

    /// Does the message have headers?
    pub fn has_headers(self) -> bool {
        self.0 & Weight::HEADERS != 0
    }

    /// What it counts in [`State::bytes`](crate::broker::store::State::bytes).
    pub fn counted(self) -> u64 {
        counted(u64::from(self.size()), self.has_headers())
    }
}

/// What nats-server counts for a message beside its parts, and what more when it has headers.
const OVERHEAD: u64 = 22 + 8;
const HEADERS_OVERHEAD: u64 = 4;

/// What a message counts whose parts have so many bytes.
pub fn counted(size: u64, has_headers: bool) -> u64 {
    size + OVERHEAD + if has_headers { HEADERS_OVERHEAD } else { 0 }
}

/// The file of a segment.
pub fn path(folder: &Path, number: Number) -> PathBuf {
    folder.join(format!("{number}.log"))
}

/// The file of its index, see `segment_index`.
pub fn index_path(folder: &Path, number: Number) -> PathBuf {
    folder.join(format!("{number}.idx"))
}

/// The numbers of all segments in a folder, ascending.
pub fn list(folder: &Path) -> std::io::Result<Vec<Number>> {
    numbers(folder, ".log")
}

/// The numbers of all files of a kind.
pub fn numbers(folder: &Path, suffix: &str) -> std::io::Result<Vec<Number>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(suffix));
        numbers.extend(number.and_then(|number| number.parse::<Number>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Opens a segment's file, which is made if need be.
pub fn open(folder: &Path, number: Number) -> Result<File, StoreError> {
    let path = path(folder, number);
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| StoreError::io(&path, e))
}
