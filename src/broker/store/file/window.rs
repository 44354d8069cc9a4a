//! Reading records from a segment's file, with a look ahead for who reads one after the other.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::scan::FILE_HEAD;
use super::segment::{self, Number, Place};
use crate::broker::store::StoreError;

/// How far a reader that reads one record after the other reads ahead.
const READ_AHEAD: usize = 64 * 1024;

/// A stretch of a segment that was read from the file.
#[derive(Debug, Default)]
pub struct Window {
    file: Option<(Number, File)>,
    start: usize,
    bytes: Vec<u8>,
    /// Where the record behind the one that was read last begins.
    expected: usize,
}

impl Window {
    /// Reads what lies at a place, unless it is there already. There may be less than the place says.
    pub fn bring(&mut self, folder: &Path, place: Place) -> Result<(), StoreError> {
        let (at, length) = (place.at as usize, place.length as usize);
        if self.record(place).is_none() {
            self.open(folder, place.segment)?;
            let ahead = if self.expected == at { READ_AHEAD } else { 0 };
            self.fill(at, length.max(ahead))
                .map_err(|e| StoreError::io(&segment::path(folder, place.segment), e))?;
        }
        self.expected = at + length;
        Ok(())
    }

    /// The bytes at a place, if all of them are here.
    pub fn record(&self, place: Place) -> Option<&[u8]> {
        let start = (place.at as usize).checked_sub(self.start)?;
        self.bytes
            .get(start..start + place.length as usize)
            .filter(|_| self.is_of(place.segment))
    }

    /// Lets go of what was read of a segment.
    pub fn forget(&mut self, number: Number) {
        if self.is_of(number) {
            *self = Window::default();
        }
    }

    fn is_of(&self, number: Number) -> bool {
        self.file.as_ref().is_some_and(|(n, _)| *n == number)
    }

    fn open(&mut self, folder: &Path, number: Number) -> Result<(), StoreError> {
        if self.is_of(number) {
            return Ok(());
        }
        // Who comes over from the segment before reads on.
        let goes_on = self.file.as_ref().is_some_and(|(n, _)| n + 1 == number);
        let file = segment::open(folder, number)?;
        self.file = Some((number, file));
        self.expected = if goes_on { FILE_HEAD } else { 0 };
        self.bytes.clear();
        Ok(())
    }

    /// Reads from `at` on what there is of `wanted` bytes.
    fn fill(&mut self, at: usize, wanted: usize) -> io::Result<()> {
        let Some((_, file)) = &self.file else {
            return Ok(());
        };
        self.start = at;
        self.bytes.resize(wanted, 0);
        self.bytes.shrink_to(2 * READ_AHEAD.max(wanted));
        let mut read = 0;
        while read < wanted {
            match file.read_at(&mut self.bytes[read..], (at + read) as u64) {
                Ok(0) => break,
                Ok(n) => read += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.bytes.clear();
                    return Err(e);
                }
            }
        }
        self.bytes.truncate(read);
        Ok(())
    }
}
