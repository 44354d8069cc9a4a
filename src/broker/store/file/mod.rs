//! The store in files: an append log in segments, and an index in memory.
//!
//! Nothing is rewritten in place: a message that goes leaves a record that says so, and what is first
//! is told by marks. (Only an erased message is overwritten, by a removal of its own length.) The [`Index`]
//! keeps of each message where its record lies. It is rebuilt from the
//! segments when the store is opened; see [`recover`]. A closed segment has a file beside it that says in
//! short what is in it, so that opening is quick; see [`segment_index`]. All numbers are little-endian.
//!
//! A segment file, `<number>.log`, begins with 16 bytes:
//!
//! | at | bytes | what |
//! | --- | --- | --- |
//! | 0 | 8 | `GNATSLOG` |
//! | 8 | 4 | format version, 2 (version 1 knew no packed records) |
//! | 12 | 4 | CRC-32 of the 12 bytes before |
//!
//! and holds records behind one another:
//!
//! | at | bytes | what |
//! | --- | --- | --- |
//! | 0 | 4 | the stream's salt, a random number from its `meta` file |
//! | 4 | 4 | CRC-32 of all that follows, begun with the salt |
//! | 8 | 4 | length of the record, these 40 bytes included |
//! | 12 | 1 | kind: 1 message, 2 removed, 3 mark |
//! | 13 | 1 | 1: the body is sealed; 2: headers and payload are compressed |
//! | 14 | 2 | 0 |
//! | 16 | 4 | length of the subject |
//! | 20 | 4 | length of the headers |
//! | 24 | 8 | sequence |
//! | 32 | 8 | time, nanoseconds since 1970 |
//! | 40 | | the body: subject, headers, payload |
//!
//! Compressed headers and payload are one S2 block. A sealed body begins with a nonce (12 bytes) and ends
//! with a tag (16 bytes); bytes 12 to 40 of the record are authenticated with it. Both can be mixed within
//! a segment, since a stream may be told to compress, and a server to encrypt, at any time.
//!
//! A removal's sequence is that of the message that is gone. A mark's sequence and time are the last ones given
//! out; its payload, 8 bytes, is the lowest sequence that may be held. Every segment but the first begins
//! with a mark.
//!
//! What goes wrong: a record that was not written whole at the end of the last segment is cut off. A
//! damaged one costs itself; reading goes on with the next good one, and its sequence is
//! reported as lost. Payloads cannot pass for records, since nobody outside knows the salt. After a write
//! that failed the store refuses every change.

mod index_draft;
pub(super) mod inspect;
mod log;
mod pack;
mod places;
mod record;
mod recover;
mod scan;
mod segment;
mod segment_index;
#[cfg(test)]
mod tests;
mod tidy;
mod window;

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use log::{Log, Write};
use pack::{Packing, Scratch};
use places::Places;
use record::{Frame, HEAD, Kind, Record};
use segment::{Number, Place, counted};
use tidy::{DEAD_PER_FLUSH, DEAD_PER_SYNC};

use super::index::Index;
use super::seal::Seal;
use super::sheet::sync_folder;
use super::{Catalogue, State, Store, StoreError, Stored, Syncing};
use crate::proto::api::stream::{Compression, LostData};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// Messages in files.
#[derive(Debug)]
pub struct FileStore {
    /// Everything of this stream, which [`Store::delete`] takes away.
    folder: PathBuf,
    index: Index<Places>,
    log: Log,
    /// Where the message lies that was asked for last, if it was packed.
    scratch: Scratch,
    bytes: u64,
    lost: LostData,
    /// The first or the last sequence moved without a record that says so.
    mark_due: bool,
    sync_always: bool,
    /// The medium may not know yet that there is this stream.
    is_new: bool,
    /// The medium hears of it with the sync that is under way.
    place_syncing: bool,
    /// Segments that may go once the sync that is under way is over.
    let_go: Vec<Number>,
    /// Segments that may be worth deleting or moving together.
    untidy: BTreeSet<Number>,
}

/// How a store is opened.
#[derive(Debug, Default)]
pub struct Opening {
    /// What the stream's records begin with.
    pub salt: u32,
    /// Every flush is a sync.
    pub sync_always: bool,
    /// How messages are compressed from now on.
    pub compression: Compression,
    /// What they are sealed with.
    pub seal: Option<Arc<Seal>>,
}

impl FileStore {
    /// The store in a stream's folder, with what it held before.
    ///
    /// # Errors
    /// When it cannot be read, or was written in a format of a later version.
    pub fn open(folder: &Path, opening: Opening) -> Result<FileStore, StoreError> {
        FileStore::open_with(folder, opening, |file, bytes, at| file.write_all_at(bytes, at))
    }

    fn open_with(folder: &Path, opening: Opening, write: Write) -> Result<FileStore, StoreError> {
        let segments = folder.join("msgs");
        std::fs::create_dir_all(&segments).map_err(|e| StoreError::io(&segments, e))?;
        let mut packing = Packing {
            seal: opening.seal,
            ..Packing::default()
        };
        packing.compressor.switch(opening.compression == Compression::S2);
        let found = recover::recover(&segments, opening.salt, &packing)?;
        if found.lost.bytes > 0 {
            tracing::error!(folder = %folder.display(), messages = ?found.lost.msgs, bytes = found.lost.bytes,
                "damaged records are lost");
        }
        let untidy = found.segments.keys().copied().collect();
        Ok(FileStore {
            folder: folder.to_owned(),
            index: found.index,
            log: Log::open(&segments, opening.salt, packing, found.segments, write)?,
            scratch: Scratch::default(),
            bytes: found.bytes,
            lost: found.lost,
            mark_due: false,
            sync_always: opening.sync_always,
            is_new: true,
            place_syncing: false,
            let_go: Vec::new(),
            untidy,
        })
    }

    fn place(&self, seq: u64) -> Option<Place> {
        self.index.body(seq)
    }

    fn put(&mut self, record: &Record<'_>) -> Result<Place, StoreError> {
        if !self.log.has_room(record.len_max()) {
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
        self.index.remove(seq, false);
        self.bytes -= place.weight.counted();
        if let Some(segment) = self.log.segment_mut(place.segment) {
            segment.live -= 1;
            segment.live_bytes -= place.length as usize;
            if segment.live == 0 || segment.is_sparse() {
                self.untidy.insert(place.segment);
            }
        }
        Ok(())
    }

    /// Has the medium know of the stream itself.
    fn add_place(&self, syncing: &mut Syncing) -> Result<(), StoreError> {
        if let Ok(file) = File::open(self.folder.join("meta")) {
            syncing.add_whole(Arc::new(file));
        }
        // The folder of the stream, of the account's streams, of the account, of all accounts.
        let mut folders = self.folder.ancestors().take(4);
        folders.try_for_each(|folder| syncing.add_path(folder))
    }

    /// A record turned out to be damaged.
    fn lose(&mut self, seq: u64, place: Place) -> Result<(), StoreError> {
        tracing::error!(folder = %self.folder.display(), seq, "a damaged record is lost");
        self.lost.msgs.push(seq);
        self.lost.bytes += u64::from(place.length);
        if let Some(segment) = self.log.segment_mut(place.segment) {
            segment.damaged = true;
        }
        self.log.drop_index(place.segment)?;
        self.drop_message(seq, place)
    }

    fn erase(&mut self, seq: u64, place: Place) -> Result<(), StoreError> {
        let nothing = vec![0; place.length as usize - HEAD];
        let time = self.index.state().last_time;
        self.log
            .overwrite(place, &Record::bare(Kind::Removed, seq, time, &nothing))
    }

    /// Unpacks a message into memory, where [`FileStore::stored`] finds it. False when it is damaged.
    fn bring(&mut self, seq: u64, place: Place) -> Result<bool, StoreError> {
        if !self.log.bring(place)? {
            return Ok(false);
        }
        let frame = self.log.frame(place).filter(|frame| frame.seq == seq);
        Ok(frame.is_some_and(|frame| frame.unpack_into(&self.log.packing, &mut self.scratch).is_some()))
    }

    /// The message that [`FileStore::bring`] brought.
    fn stored(&self, place: Place) -> Option<Stored<'_>> {
        let record = self.log.frame(place)?.view(&self.scratch)?;
        Some(Stored {
            seq: record.seq,
            time: record.time,
            subject: record.subject,
            headers: record.headers,
            payload: record.payload,
        })
    }
}

/// Reads what may be a record, whatever its checksum, and gives the bytes of its parts: what a fuzzer needs to get
/// behind the checksum. The bytes begin with `salt`.
pub fn try_record(salt: u32, bytes: &[u8]) -> Option<usize> {
    let frame = Frame::glance(salt, bytes)?;
    let mut scratch = Scratch::default();
    let record = frame.unpack(&Packing::default(), &mut scratch)?;
    Some(record.size())
}

impl Store for FileStore {
    fn state(&self) -> State {
        State {
            bytes: self.bytes,
            ..self.index.state()
        }
    }

    fn catalogue(&self) -> &dyn Catalogue {
        &self.index
    }

    fn size_of(&self, subject: &[u8], headers: &[u8], payload: &[u8]) -> u64 {
        let parts = subject.len() + headers.len() + payload.len();
        counted(parts as u64, !headers.is_empty())
    }

    fn set_compression(&mut self, compression: Compression) {
        self.log.packing.compressor.switch(compression == Compression::S2);
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
        self.index.append(subject, time, place);
        self.bytes += place.weight.counted();
        self.log.stored(place.length as usize);
        Ok(seq)
    }

    fn skip_to(&mut self, seq: u64, time: Timestamp) -> Result<(), StoreError> {
        self.log.check()?;
        self.mark_due |= seq > self.index.state().last_seq;
        self.index.skip_to(seq, time);
        Ok(())
    }

    fn load(&mut self, seq: u64) -> Result<Option<Stored<'_>>, StoreError> {
        let Some(place) = self.place(seq) else {
            return Ok(None);
        };
        if !self.bring(seq, place)? {
            self.lose(seq, place)?;
            return Ok(None);
        }
        Ok(self.stored(place))
    }

    fn next(&mut self, seq: u64, filter: &Filter) -> Result<Option<Stored<'_>>, StoreError> {
        loop {
            let Some(found) = self.index.next(seq, filter) else {
                return Ok(None);
            };
            let (seq, place) = (found.seq, found.body);
            if self.bring(seq, place)? {
                return Ok(self.stored(place));
            }
            self.lose(seq, place)?;
        }
    }

    fn next_with_headers(&mut self, mut seq: u64) -> Result<Option<Stored<'_>>, StoreError> {
        while let Some(found) = self.index.next(seq, &Filter::all()) {
            let place = found.body;
            seq = found.seq;
            if place.weight.has_headers() {
                if self.bring(seq, place)? {
                    return Ok(self.stored(place));
                }
                self.lose(seq, place)?;
            }
            seq += 1;
        }
        Ok(None)
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
            for (number, segment) in self.log.segments_mut() {
                (segment.live, segment.live_bytes) = (0, 0);
                self.untidy.insert(number);
            }
            self.index.clear(seq);
            return Ok(before.messages);
        }
        while let first = self.index.state().first_seq
            && first < seq
            && let Some(place) = self.place(first)
        {
            self.drop_message(first, place)?;
        }
        Ok(before.messages - self.index.state().messages)
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
        self.tidy(DEAD_PER_FLUSH)
    }

    fn begin_sync(&mut self) -> Result<Syncing, StoreError> {
        if self.mark_due {
            self.put_mark()?;
        }
        let mut syncing = Syncing::of(&self.folder);
        self.log.begin_sync(&mut syncing)?;
        self.place_syncing |= std::mem::take(&mut self.is_new);
        if self.place_syncing {
            self.add_place(&mut syncing)?;
        }
        let waiting = self
            .log
            .segments_mut()
            .filter(|(_, segment)| segment.waits_for_sync);
        self.let_go = waiting.map(|(number, _)| number).collect();
        Ok(syncing)
    }

    fn end_sync(&mut self, synced: Result<(), StoreError>) -> Result<(), StoreError> {
        self.log.end_sync(synced)?;
        self.place_syncing = false;
        for number in std::mem::take(&mut self.let_go) {
            if let Some(segment) = self.log.segment_mut(number) {
                segment.waits_for_sync = false;
                self.untidy.insert(number);
            }
        }
        self.tidy(if self.sync_always {
            DEAD_PER_FLUSH
        } else {
            DEAD_PER_SYNC
        })
    }

    fn flush_is_slow(&self) -> bool {
        self.sync_always
    }

    #[cfg(test)]
    fn syncs(&self) -> u64 {
        self.log.syncs
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
            .map_err(|e| StoreError::io(&self.folder, e))?;
        match self.folder.parent().filter(|_| self.sync_always) {
            Some(parent) => sync_folder(parent),
            None => Ok(()),
        }
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
