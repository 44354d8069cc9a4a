//! The store in files: an append log in segments, and an index in memory.
//!
//! Nothing is rewritten in place: a message that goes leaves a record that says so, and what is first
//! is told by marks. (Only an erased message is overwritten, by a removal of its own length.) The index is
//! the [`MemoryStore`], which keeps in place of each message where its record lies. It is rebuilt from the
//! segments when the store is opened; see [`recover`]. All numbers are little-endian.
//!
//! A segment file, `<number>.log`, begins with 16 bytes:
//!
//! | at | bytes | what |
//! | --- | --- | --- |
//! | 0 | 8 | `GNATSLOG` |
//! | 8 | 4 | format version, 1 |
//! | 12 | 4 | CRC-32 of the 12 bytes before |
//!
//! and holds records behind one another:
//!
//! | at | bytes | what |
//! | --- | --- | --- |
//! | 0 | 4 | the stream's salt, a random number from its `meta` file |
//! | 4 | 4 | CRC-32 of all that follows, begun with the salt |
//! | 8 | 4 | length of the record, these 40 bytes included |
//! | 12 | 4 | kind: 1 message, 2 removed, 3 mark |
//! | 16 | 4 | length of the subject |
//! | 20 | 4 | length of the headers |
//! | 24 | 8 | sequence |
//! | 32 | 8 | time, nanoseconds since 1970 |
//! | 40 | | subject, headers, payload |
//!
//! A removal's sequence is that of the message that is gone. A mark's sequence and time are the last ones given
//! out; its payload, 8 bytes, is the lowest sequence that may be held. Every segment but the first begins
//! with a mark.
//!
//! What goes wrong: a record that was not written whole at the end of the last segment is cut off. A
//! damaged one anywhere else costs itself; reading goes on with the next good one, and its sequence is
//! reported as lost. Payloads cannot pass for records, since nobody outside knows the salt. After a write
//! that failed the store refuses every change.

mod log;
mod record;
mod recover;
mod scan;
mod segment;
#[cfg(test)]
mod tests;
mod tidy;

use std::collections::BTreeSet;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use log::{Log, Write};
use record::{HEAD, Kind, Record};
use segment::{Number, PLACE, Place};

use super::{MemoryStore, State, Store, StoreError, Stored, SubjectState};
use crate::proto::api::stream::LostData;
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// What nats-server counts for a message beside its parts, and what more when it has headers.
const OVERHEAD: u64 = 22 + 8;
const HEADERS_OVERHEAD: u64 = 4;

/// Messages in files.
#[derive(Debug)]
pub struct FileStore {
    /// Everything of this stream, which [`Store::delete`] takes away.
    folder: PathBuf,
    index: MemoryStore,
    log: Log,
    bytes: u64,
    lost: LostData,
    /// The first or the last sequence moved without a record that says so.
    mark_due: bool,
    sync_always: bool,
    /// Segments that may be worth deleting or moving together.
    untidy: BTreeSet<Number>,
}

/// What a record counts in [`State::bytes`].
fn counted(length: u32, has_headers: bool) -> u64 {
    let parts = u64::from(length).saturating_sub(HEAD as u64);
    parts + OVERHEAD + if has_headers { HEADERS_OVERHEAD } else { 0 }
}

impl FileStore {
    /// The store in a stream's folder, with what it held before. With `sync_always` every flush is a sync.
    ///
    /// # Errors
    /// When it cannot be read, or was written in a format of a later version.
    pub fn open(folder: &Path, salt: u32, sync_always: bool) -> Result<FileStore, StoreError> {
        FileStore::open_with(folder, salt, sync_always, |file, bytes, at| {
            file.write_all_at(bytes, at)
        })
    }

    fn open_with(folder: &Path, salt: u32, sync_always: bool, write: Write) -> Result<FileStore, StoreError> {
        let segments = folder.join("msgs");
        std::fs::create_dir_all(&segments).map_err(|e| StoreError::io(&segments, e))?;
        let found = recover::recover(&segments, salt)?;
        if found.lost.bytes > 0 {
            tracing::error!(folder = %folder.display(), messages = ?found.lost.msgs, bytes = found.lost.bytes,
                "damaged records are lost");
        }
        let untidy = found.segments.keys().copied().collect();
        Ok(FileStore {
            folder: folder.to_owned(),
            index: found.index,
            log: Log::open(&segments, salt, found.segments, write)?,
            bytes: found.bytes,
            lost: found.lost,
            mark_due: false,
            sync_always,
            untidy,
        })
    }

    fn place(&mut self, seq: u64) -> Option<Place> {
        let stored = self.index.load(seq).ok().flatten()?;
        Some(Place::decode(stored.payload))
    }

    fn put(&mut self, record: &Record<'_>) -> Result<Place, StoreError> {
        if !self.log.has_room(record.len()) {
            self.roll()?;
        }
        self.log.append(record)
    }

    fn roll(&mut self) -> Result<(), StoreError> {
        self.untidy.insert(self.log.active());
        self.log.roll()?;
        self.put_mark()
    }

    fn put_mark(&mut self) -> Result<(), StoreError> {
        let state = self.index.state();
        let first = state.first_seq.to_le_bytes();
        let mark = Record::bare(Kind::Mark, state.last_seq, state.last_time, &first);
        self.log.append(&mark)?;
        self.mark_due = false;
        Ok(())
    }

    fn put_removal(&mut self, seq: u64, of: Number) -> Result<(), StoreError> {
        let time = self.index.state().last_time;
        self.put(&Record::bare(Kind::Removed, seq, time, b""))?;
        self.log.active_segment().removals.push((seq, of));
        Ok(())
    }

    /// Takes a message out of the index and the accounts.
    fn drop_message(&mut self, seq: u64, place: Place) -> Result<(), StoreError> {
        self.index.remove(seq, false)?;
        self.bytes -= counted(place.length, place.has_headers);
        if let Some(segment) = self.log.segments.get_mut(&place.segment) {
            segment.live -= 1;
            segment.live_bytes -= place.length as usize;
            if segment.live == 0 || segment.is_sparse() {
                self.untidy.insert(place.segment);
            }
        }
        Ok(())
    }

    /// A record turned out to be damaged.
    fn lose(&mut self, seq: u64, place: Place) -> Result<(), StoreError> {
        tracing::error!(folder = %self.folder.display(), seq, "a damaged record is lost");
        self.lost.msgs.push(seq);
        self.lost.bytes += u64::from(place.length);
        self.drop_message(seq, place)
    }

    fn erase(&mut self, seq: u64, place: Place) -> Result<(), StoreError> {
        let nothing = vec![0; place.length as usize - HEAD];
        let time = self.index.state().last_time;
        self.log
            .overwrite(place, &Record::bare(Kind::Removed, seq, time, &nothing))
    }

    fn view(&self, seq: u64, place: Place) -> Option<Stored<'_>> {
        let record = Record::view(self.log.bytes(place))?;
        (record.seq == seq).then_some(Stored {
            seq,
            time: record.time,
            subject: record.subject,
            headers: record.headers,
            payload: record.payload,
        })
    }
}

impl Store for FileStore {
    fn state(&self) -> State {
        State {
            bytes: self.bytes,
            ..self.index.state()
        }
    }

    fn size_of(&self, subject: &[u8], headers: &[u8], payload: &[u8]) -> u64 {
        let parts = (subject.len() + headers.len() + payload.len()) as u64;
        parts + OVERHEAD + if headers.is_empty() { 0 } else { HEADERS_OVERHEAD }
    }

    fn append(
        &mut self,
        time: Timestamp,
        subject: &[u8],
        headers: &[u8],
        payload: &[u8],
    ) -> Result<u64, StoreError> {
        let seq = self.index.state().last_seq + 1;
        let place = self.put(&Record {
            kind: Kind::Message,
            seq,
            time,
            subject,
            headers,
            payload,
        })?;
        self.index.append(time, subject, b"", &place.encode())?;
        self.bytes += counted(place.length, place.has_headers);
        self.log.stored(place.length as usize);
        Ok(seq)
    }

    fn skip_to(&mut self, seq: u64, time: Timestamp) -> Result<(), StoreError> {
        self.log.check()?;
        self.mark_due |= seq > self.index.state().last_seq;
        self.index.skip_to(seq, time)
    }

    fn load(&mut self, seq: u64) -> Result<Option<Stored<'_>>, StoreError> {
        let Some(place) = self.place(seq) else {
            return Ok(None);
        };
        if !self.log.bring(place)? {
            self.lose(seq, place)?;
            return Ok(None);
        }
        Ok(self.view(seq, place))
    }

    fn next(&mut self, seq: u64, filter: &Filter) -> Result<Option<Stored<'_>>, StoreError> {
        loop {
            let Some(found) = self.index.next(seq, filter)? else {
                return Ok(None);
            };
            let (seq, place) = (found.seq, Place::decode(found.payload));
            if self.log.bring(place)? {
                return Ok(self.view(seq, place));
            }
            self.lose(seq, place)?;
        }
    }

    fn last(&mut self, filter: &Filter) -> Result<Option<u64>, StoreError> {
        self.index.last(filter)
    }

    fn subject_state(&self, subject: &[u8]) -> Option<SubjectState> {
        self.index.subject_state(subject)
    }

    fn for_each_subject(&self, filter: &Filter, each: &mut dyn FnMut(&[u8], SubjectState)) {
        self.index.for_each_subject(filter, each);
    }

    fn count_from(&mut self, seq: u64, filter: &Filter, last_per_subject: bool) -> u64 {
        self.index.count_from(seq, filter, last_per_subject)
    }

    fn seq_at(&mut self, time: Timestamp) -> u64 {
        self.index.seq_at(time)
    }

    fn remove(&mut self, seq: u64, erase: bool) -> Result<bool, StoreError> {
        self.log.check()?;
        let Some(place) = self.place(seq) else {
            return Ok(false);
        };
        let is_first = seq == self.index.state().first_seq;
        if erase {
            self.erase(seq, place)?;
        }
        if is_first {
            self.mark_due = true;
        } else {
            self.put_removal(seq, place.segment)?;
        }
        self.drop_message(seq, place)?;
        Ok(true)
    }

    fn compact(&mut self, seq: u64) -> Result<u64, StoreError> {
        self.log.check()?;
        let before = self.index.state();
        self.mark_due = true;
        if seq > before.last_seq {
            self.bytes = 0;
            for (number, segment) in &mut self.log.segments {
                (segment.live, segment.live_bytes) = (0, 0);
                self.untidy.insert(*number);
            }
            return self.index.compact(seq);
        }
        while let first = self.index.state().first_seq
            && first < seq
            && let Some(place) = self.place(first)
        {
            self.drop_message(first, place)?;
        }
        Ok(before.messages - self.index.state().messages)
    }

    fn deleted(&self) -> Vec<u64> {
        self.index.deleted()
    }

    fn lost(&self) -> Option<LostData> {
        (self.lost.bytes > 0).then(|| self.lost.clone())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.sync_always {
            return self.sync();
        }
        if self.mark_due {
            self.put_mark()?;
        }
        self.log.write_out()?;
        self.tidy()
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        if self.mark_due {
            self.put_mark()?;
        }
        self.log.sync()?;
        for (number, segment) in &mut self.log.segments {
            if std::mem::take(&mut segment.waits_for_sync) {
                self.untidy.insert(*number);
            }
        }
        self.tidy()
    }

    fn delete(self: Box<Self>) -> Result<(), StoreError> {
        // Half a folder must not pass for a stream.
        let doomed = self.folder.with_extension("new");
        if doomed.exists() {
            std::fs::remove_dir_all(&doomed).map_err(|e| StoreError::io(&doomed, e))?;
        }
        let renamed = std::fs::rename(&self.folder, &doomed);
        renamed
            .and_then(|()| std::fs::remove_dir_all(&doomed))
            .map_err(|e| StoreError::io(&self.folder, e))
    }
}

impl Drop for FileStore {
    fn drop(&mut self) {
        // A stream that is deleted or has failed has nothing left to save.
        if self.folder.exists() && self.log.check().is_ok() {
            self.sync()
                .unwrap_or_else(|error| tracing::error!(%error, "not all was written at the end"));
        }
    }
}

const _: () = assert!(PLACE < HEAD);
