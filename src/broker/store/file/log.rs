//! The append log: records go in at the end of the newest segment and are read from any.
//!
//! The end of the newest segment lies in memory too: what is not written yet, and before it up to
//! [`CACHE_MAX`] bytes for readers that have kept up. Others read through one window of the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use super::super::{StoreError, Syncing};
use super::index_draft::Draft;
use super::pack::Packing;
use super::record::{Frame, Record, word};
use super::scan;
use super::segment::{self, Number, Place, SEGMENT_MAX, Segment, Weight};
use super::segment_index::{self, Entry};
use super::window::Window;

/// Bytes of the newest segment that stay in memory after they were written.
const CACHE_MAX: usize = 512 * 1024;
/// Bytes that may wait to be written; then they are, whether or not somebody asked for it.
const WAITING_MAX: usize = 1024 * 1024;

/// How bytes get into a file, so that a test can let it fail.
pub type Write = fn(&File, &[u8], u64) -> io::Result<()>;

/// The segments of one stream.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    salt: u32,
    /// The segments that are closed.
    closed: BTreeMap<Number, Segment>,
    active: Number,
    newest: Segment,
    /// The index of the newest segment, if it was followed from its beginning.
    draft: Option<Draft>,
    file: Arc<File>,
    /// The bytes of the active segment from `tail_start` on.
    tail: Vec<u8>,
    tail_start: usize,
    /// How much of the active segment is in the file.
    written: usize,
    /// Files with bytes that may not be on the medium.
    unsynced: Vec<Arc<File>>,
    /// Those of them that are on their way there.
    syncing: Vec<Arc<File>>,
    is_synced: bool,
    window: Window,
    write: Write,
    /// How messages are packed.
    pub packing: Packing,
    /// Files came or went since the folder was last synced.
    folder_changed: bool,
    /// That is on its way to the medium.
    folder_syncing: bool,
    /// Writes the index of the segment that was closed last.
    indexer: Option<JoinHandle<()>>,
    /// How often the medium was waited for.
    #[cfg(test)]
    pub syncs: u64,
    /// Why nothing can be written any more.
    failed: Option<String>,
}

impl Log {
    /// The log in a folder with these segments, perhaps none.
    pub fn open(
        folder: &Path,
        salt: u32,
        packing: Packing,
        mut segments: BTreeMap<Number, Segment>,
        write: Write,
    ) -> Result<Log, StoreError> {
        let (active, newest) = segments.pop_last().unwrap_or((1, Segment::default()));
        let size = newest.size;
        let mut log = Log {
            folder: folder.to_owned(),
            salt,
            closed: segments,
            active,
            newest,
            draft: None,
            file: Arc::new(segment::open(folder, active)?),
            tail: Vec::new(),
            tail_start: size,
            written: size,
            unsynced: Vec::new(),
            syncing: Vec::new(),
            is_synced: false,
            window: Window::default(),
            write,
            packing,
            folder_changed: true,
            folder_syncing: false,
            indexer: None,
            #[cfg(test)]
            syncs: 0,
            failed: None,
        };
        if size < scan::FILE_HEAD {
            log.begin(active)?;
        }
        Ok(log)
    }

    /// What this stream's records begin with.
    pub fn salt(&self) -> u32 {
        self.salt
    }

    /// A message of so many bytes was copied from a segment to the newest one.
    pub fn moved(&mut self, from: Number, length: usize) {
        if let Some(old) = self.segment_mut(from) {
            old.live -= 1;
            old.live_bytes -= length;
        }
        self.stored(length);
    }

    /// A message of so many bytes was added to the newest segment.
    pub fn stored(&mut self, length: usize) {
        self.newest.live += 1;
        self.newest.live_bytes += length;
    }

    /// What is known of a segment that is there.
    pub fn segment(&self, number: Number) -> Option<&Segment> {
        match number == self.active {
            true => Some(&self.newest),
            false => self.closed.get(&number),
        }
    }

    /// As [`Log::segment`], to be changed.
    pub fn segment_mut(&mut self, number: Number) -> Option<&mut Segment> {
        match number == self.active {
            true => Some(&mut self.newest),
            false => self.closed.get_mut(&number),
        }
    }

    /// All segments.
    pub fn segments_mut(&mut self) -> impl Iterator<Item = (Number, &mut Segment)> {
        let closed = self.closed.iter_mut().map(|(number, segment)| (*number, segment));
        closed.chain([(self.active, &mut self.newest)])
    }

    /// The number of the newest segment.
    pub fn active(&self) -> Number {
        self.active
    }

    fn begin(&mut self, number: Number) -> Result<(), StoreError> {
        self.file = Arc::new(segment::open(&self.folder, number)?);
        self.folder_changed = true;
        self.active = number;
        self.newest = Segment::default();
        self.draft = match self.packing.seal {
            None => Draft::begin(&self.folder, number, self.salt).ok(),
            Some(_) => None,
        };
        self.tail.clear();
        self.tail.extend_from_slice(&scan::file_head());
        self.tail_start = 0;
        self.written = 0;
        self.note_size();
        Ok(())
    }

    /// Closes the newest segment and begins another.
    pub fn roll(&mut self) -> Result<(), StoreError> {
        self.write_out()?;
        self.unsynced.push(Arc::clone(&self.file));
        let closed = std::mem::take(&mut self.newest);
        match self.draft.take().filter(|_| !closed.damaged) {
            Some(draft) => draft
                .finish()
                .unwrap_or_else(|error| tracing::warn!(%error, "a segment stays without index")),
            None => self.write_index(&closed),
        }
        self.closed.insert(self.active, closed);
        self.begin(self.active + 1)
    }

    /// Has the index of the newest segment, which is closed, written while publishers go on.
    fn write_index(&mut self, segment: &Segment) {
        self.await_indexer();
        if segment.damaged {
            return;
        }
        let (folder, number, salt, seal) = (
            self.folder.clone(),
            self.active,
            self.salt,
            self.packing.seal.as_ref().map(Arc::clone),
        );
        let write = move || {
            segment_index::write(&folder, number, salt, seal.as_ref())
                .unwrap_or_else(|error| tracing::warn!(%error, "a segment stays without index"));
        };
        let spawned = std::thread::Builder::new()
            .name("segment-index".into())
            .spawn(write);
        // Without a thread there is no index, which costs time when the store is opened.
        self.indexer = spawned.ok();
    }

    /// Waits until no index is being written.
    pub fn await_indexer(&mut self) {
        if self.indexer.take().is_some_and(|indexer| indexer.join().is_err()) {
            tracing::error!(folder = %self.folder.display(), "a segment stays without index");
        }
    }

    /// Takes away a segment's index, before the segment stops being what the index says.
    pub fn drop_index(&mut self, number: Number) -> Result<(), StoreError> {
        self.await_indexer();
        if number == self.active
            && let Some(draft) = self.draft.take()
        {
            draft.discard();
        }
        let path = segment::index_path(&self.folder, number);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&path, e)),
            _ => Ok(()),
        }
    }

    /// Has the newest segment room for so many bytes more?
    pub fn has_room(&self, length: usize) -> bool {
        let end = self.end();
        end <= scan::FILE_HEAD || end + length <= SEGMENT_MAX
    }

    fn end(&self) -> usize {
        self.tail_start + self.tail.len()
    }

    fn note_size(&mut self) {
        self.newest.size = self.end();
    }

    /// The newest segment's account.
    pub fn active_segment(&mut self) -> &mut Segment {
        &mut self.newest
    }

    /// Adds a record.
    pub fn append(&mut self, record: &Record<'_>) -> Result<Place, StoreError> {
        self.check()?;
        let at = self.end();
        record.encode(self.salt, &mut self.packing, &mut self.tail);
        self.added(at, Entry::of_record(record))
    }

    /// Adds a message's record that is encoded already.
    pub fn append_frame(&mut self, frame: &Frame<'_>, weight: Weight) -> Result<Place, StoreError> {
        self.check()?;
        let at = self.end();
        self.tail.extend_from_slice(frame.bytes());
        let entry = Entry {
            kind: frame.kind,
            seq: frame.seq,
            time: frame.time,
            at: 0,
            length: 0,
            weight,
            text: frame.open_subject(),
        };
        self.added(at, entry)
    }

    /// A record was put behind the others in memory, from `at` on.
    fn added(&mut self, at: usize, entry: Entry<'_>) -> Result<Place, StoreError> {
        self.note_size();
        self.is_synced = false;
        let place = Place {
            segment: self.active,
            at: u32::try_from(at).expect("only one record reaches beyond SEGMENT_MAX"),
            length: u32::try_from(self.end() - at).expect("a message is shorter than 4 GiB"),
            weight: entry.weight,
        };
        let checksum = word(&self.tail, at - self.tail_start + 4);
        let entry = Entry {
            at: place.at,
            length: place.length,
            ..entry
        };
        if let Some(draft) = &mut self.draft
            && !draft.add(&entry, checksum)
        {
            self.draft = None;
        }
        if self.end() - self.written >= WAITING_MAX {
            self.write_out()?;
        }
        Ok(place)
    }

    /// The error that every change meets after a write failed.
    pub fn check(&self) -> Result<(), StoreError> {
        match &self.failed {
            Some(reason) => Err(StoreError::io(&self.folder, io::Error::other(reason.clone()))),
            None => Ok(()),
        }
    }

    fn fail(&mut self, error: io::Error) -> StoreError {
        self.failed.get_or_insert_with(|| error.to_string());
        StoreError::io(&segment::path(&self.folder, self.active), error)
    }

    /// Hands all that waits to the kernel, in one write.
    pub fn write_out(&mut self) -> Result<(), StoreError> {
        self.check()?;
        let waiting = &self.tail[self.written - self.tail_start..];
        if waiting.is_empty() {
            return Ok(());
        }
        if let Err(e) = (self.write)(&self.file, waiting, self.written as u64) {
            return Err(self.fail(e));
        }
        self.written = self.end();
        if self.tail.len() > 2 * CACHE_MAX {
            let cut = self.tail.len() - CACHE_MAX;
            self.tail.drain(..cut);
            self.tail.shrink_to(3 * CACHE_MAX);
            self.tail_start += cut;
        }
        Ok(())
    }

    /// As [`Log::write_out`], and adds what is not on the medium: what is on its way there, too.
    pub fn begin_sync(&mut self, syncing: &mut Syncing) -> Result<(), StoreError> {
        self.write_out()?;
        if !self.is_synced {
            #[cfg(test)]
            {
                self.syncs += 1;
            }
            self.syncing.append(&mut self.unsynced);
            self.syncing.push(Arc::clone(&self.file));
            self.folder_syncing |= std::mem::take(&mut self.folder_changed);
            self.is_synced = true;
        }
        for file in &self.syncing {
            syncing.add_data(Arc::clone(file));
        }
        if self.folder_syncing {
            syncing.add_path(&self.folder)?;
        }
        Ok(())
    }

    /// What was on its way is on the medium, or nobody knows where it is.
    pub fn end_sync(&mut self, synced: Result<(), StoreError>) -> Result<(), StoreError> {
        if let Err(e) = synced {
            self.failed.get_or_insert_with(|| e.to_string());
            return Err(e);
        }
        self.syncing.clear();
        self.folder_syncing = false;
        Ok(())
    }

    /// Writes a record of the same length over one, here and in the file.
    pub fn overwrite(&mut self, place: Place, record: &Record<'_>) -> Result<(), StoreError> {
        self.write_out()?;
        self.drop_index(place.segment)?;
        let mut bytes = Vec::new();
        record.encode(self.salt, &mut self.packing, &mut bytes);
        debug_assert_eq!(bytes.len(), place.length as usize);
        let file = segment::open(&self.folder, place.segment)?;
        if let Err(e) = (self.write)(&file, &bytes, u64::from(place.at)) {
            return Err(self.fail(e));
        }
        if place.segment != self.active {
            self.unsynced.push(Arc::new(file));
        }
        self.is_synced = false;
        self.window.forget(place.segment);
        if place.segment == self.active
            && let Some(at) = (place.at as usize).checked_sub(self.tail_start)
        {
            self.tail[at..][..bytes.len()].copy_from_slice(&bytes);
        } else if place.segment == self.active {
            // It may lie half in the cache.
            let end = place.at as usize + bytes.len();
            if let Some(inside) = end.checked_sub(self.tail_start) {
                self.tail[..inside].copy_from_slice(&bytes[bytes.len() - inside..]);
            }
        }
        Ok(())
    }

    /// Deletes a segment's file.
    pub fn delete(&mut self, number: Number) -> Result<(), StoreError> {
        self.window.forget(number);
        self.drop_index(number)?;
        self.closed.remove(&number);
        self.folder_changed = true;
        let path = segment::path(&self.folder, number);
        std::fs::remove_file(&path).map_err(|e| StoreError::io(&path, e))
    }

    /// A whole segment.
    pub fn read_all(&self, number: Number) -> Result<Vec<u8>, StoreError> {
        let path = segment::path(&self.folder, number);
        std::fs::read(&path).map_err(|e| StoreError::io(&path, e))
    }

    /// Brings a record into memory, where [`Log::frame`] finds it. False when it is damaged.
    pub fn bring(&mut self, place: Place) -> Result<bool, StoreError> {
        if self.in_tail(place) {
            return Ok(true);
        }
        self.window.bring(&self.folder, place)?;
        let record = self.window.record(place);
        let frame = record.and_then(|bytes| Frame::decode(self.salt, bytes));
        Ok(frame.is_some_and(|frame| frame.len() == place.length as usize))
    }

    fn in_tail(&self, place: Place) -> bool {
        place.segment == self.active && place.at as usize >= self.tail_start
    }

    /// The record that [`Log::bring`] brought.
    pub fn frame(&self, place: Place) -> Option<Frame<'_>> {
        let (at, length) = (place.at as usize, place.length as usize);
        let bytes = if self.in_tail(place) {
            &self.tail[at - self.tail_start..][..length]
        } else {
            self.window.record(place)?
        };
        Frame::glance(self.salt, bytes)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.await_indexer();
    }
}
