//! The index of the newest segment, written while the segment is.
//!
//! Entries go to `<number>.idx.new` as they come; when the segment is closed, head and checksum complete it and it
//! takes its place. So nothing of the segment has to be read again. A segment that was not followed from its first
//! record on, or whose entries are sealed as one, gets its index from [`segment_index::write`] instead.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::scan::FILE_HEAD;
use super::segment::Number;
use super::segment_index::{self, Entry, HEAD};

/// Entries that wait to be written.
const WAITING_MAX: usize = 16 * 1024;

/// An index that is not finished.
#[derive(Debug)]
pub struct Draft {
    file: File,
    path: PathBuf,
    salt: u32,
    /// Entries that are not in the file yet, and how many bytes of others are.
    waiting: Vec<u8>,
    written: usize,
    sum: crc32fast::Hasher,
    last_sum: u32,
    /// Where the next record begins.
    end: usize,
}

impl Draft {
    /// For a segment that is about to get its first record.
    pub fn begin(folder: &Path, number: Number, salt: u32) -> io::Result<Draft> {
        let path = segment_index::unfinished_path(folder, number);
        Ok(Draft {
            file: File::create(&path)?,
            path,
            salt,
            waiting: Vec::new(),
            written: 0,
            sum: crc32fast::Hasher::new(),
            last_sum: 0,
            end: FILE_HEAD,
        })
    }

    /// The next record. False when it cannot be followed.
    #[must_use]
    pub fn add(&mut self, entry: &Entry<'_>, checksum: u32) -> bool {
        self.end += entry.length as usize;
        self.last_sum = checksum;
        let encoded = entry.encode(&mut self.waiting).is_some();
        encoded && (self.waiting.len() < WAITING_MAX || self.write_out().is_ok())
    }

    fn write_out(&mut self) -> io::Result<()> {
        self.sum.update(&self.waiting);
        let at = (HEAD + self.written) as u64;
        self.file.write_all_at(&self.waiting, at)?;
        self.written += self.waiting.len();
        self.waiting.clear();
        Ok(())
    }

    /// The segment is closed.
    pub fn finish(mut self) -> io::Result<()> {
        self.write_out()?;
        let length = u32::try_from(self.end).map_err(io::Error::other)?;
        let head = segment_index::head(self.salt, length, self.last_sum, false);
        let mut sum = crc32fast::Hasher::new();
        sum.update(&head);
        sum.combine(&self.sum);
        self.file.write_all_at(&head, 0)?;
        let end = (HEAD + self.written) as u64;
        self.file.write_all_at(&sum.finalize().to_le_bytes(), end)?;
        std::fs::rename(&self.path, self.path.with_extension(""))
    }

    /// The segment is not what it would say.
    pub fn discard(self) {
        // It is overwritten or deleted later where that fails.
        let _ = std::fs::remove_file(&self.path);
    }
}
