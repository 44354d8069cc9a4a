//! Message stores: where a stream keeps its messages.
//!
//! One trait, [`Store`], with a memory and a file store behind it, both checked by the same
//! model test. A store keeps messages and finds them again; it knows no limits, no consumers and
//! no time of its own: the stream decides what goes.
//!
//! Beside them [`Stores`] keeps the configurations and consumers of file streams (`folder`), on request
//! encrypted (`seal`). A folder can be looked over ([`check`]) and copied ([`copy`]) while a server runs on it.
//!
//! Cost rule: whatever a consumer or a request asks costs in proportion to what it gets, not to
//! what is stored, also at a million messages and 100,000 subjects. Start with [`Store`].

mod batch_file;
mod check;
mod copy;
#[cfg(test)]
mod cost;
mod file;
mod folder;
mod index;
#[cfg(test)]
pub mod latch;
mod memory;
#[cfg(test)]
mod model;
mod seal;
mod sheet;
mod subject_table;
mod syncing;
pub mod work;

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use folder::Folder;

use crate::proto::api::stream::{Compression, LostData, Storage, StreamConfig};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

pub use batch_file::BatchFile;
pub use check::{Finding, Report, check};
pub use copy::{Copied, copy};
pub use file::{FileStore, try_record};
pub use folder::Meta;
pub use index::Catalogue;
pub use memory::MemoryStore;
pub use seal::{Keys, Locked};
pub use sheet::Draft;
pub use syncing::Syncing;

/// A message as it lies in a store, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored<'a> {
    /// The stream sequence, from 1.
    pub seq: u64,
    /// When the stream took it.
    pub time: Timestamp,
    /// The subject, after any transform.
    pub subject: &'a [u8],
    /// The whole header block with its `NATS/1.0` line, or empty.
    pub headers: &'a [u8],
    /// The body.
    pub payload: &'a [u8],
}

/// What a store holds. `first_seq` is `last_seq + 1` when it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    /// Messages held.
    pub messages: u64,
    /// Their size with the store's overhead per message, as nats-server counts it
    /// (memory: 16 bytes; file: 22 + 8, and 4 more with headers).
    pub bytes: u64,
    /// Sequence of the first message held.
    pub first_seq: u64,
    /// Its time; zero when empty.
    pub first_time: Timestamp,
    /// The last sequence given out.
    pub last_seq: u64,
    /// The time of the last message that was stored.
    pub last_time: Timestamp,
    /// Holes between `first_seq` and `last_seq`.
    pub deleted: u64,
    /// Different subjects held.
    pub subjects: u64,
}

/// Why a store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The medium failed; the stream must take no more until somebody has looked.
    #[error("store {path}: {source}")]
    Io {
        /// File or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no store of this kind here.
    #[error("no {0:?} storage here")]
    Unavailable(Storage),
    /// A record whose checksum does not hold. It costs at most itself.
    #[error("message {seq} is damaged")]
    Damaged {
        /// The sequence that was asked for.
        seq: u64,
    },
    /// A file whose format is not known here, as it was written by a later version.
    #[error("store {path}: format version {version} is not known here")]
    Version {
        /// The file.
        path: String,
        /// Its version.
        version: u32,
    },
    /// A file beside the messages whose checksum or contents are wrong.
    #[error("store {0}: damaged or not ours")]
    Unreadable(String),
    /// A stream that is encrypted, and not with the key at hand.
    #[error("stream {stream}: {reason}")]
    Locked {
        /// Account and stream.
        stream: String,
        /// Why.
        reason: Locked,
    },
    /// A copy is not mixed with what is there.
    #[error("{0}: not empty")]
    NotEmpty(String),
    /// Another broker has the folder.
    #[error("store {0}: another server is running on this folder")]
    Taken(String),
}

impl StoreError {
    fn io(path: &Path, source: std::io::Error) -> StoreError {
        StoreError::Io {
            path: path.display().to_string(),
            source,
        }
    }
}

/// A place for the messages of one stream.
pub trait Store: Send + std::fmt::Debug {
    /// What is held now. Cheap.
    fn state(&self) -> State;

    /// What can be said without reading any message.
    fn catalogue(&self) -> &dyn Catalogue;

    /// What a message of these parts counts in [`State::bytes`].
    fn size_of(&self, subject: &[u8], headers: &[u8], payload: &[u8]) -> u64;

    /// Adds a message under `last_seq + 1`, which it returns. Durable only after [`Store::flush`].
    fn append(
        &mut self,
        time: Timestamp,
        subject: &[u8],
        headers: &[u8],
        payload: &[u8],
    ) -> Result<u64, StoreError>;

    /// Gives out sequences up to and with `seq` without storing anything under them.
    fn skip_to(&mut self, seq: u64, time: Timestamp) -> Result<(), StoreError>;

    /// The message under `seq`, if it is held.
    fn load(&mut self, seq: u64) -> Result<Option<Stored<'_>>, StoreError>;

    /// The first message at or after `seq` that the filter lets through.
    fn next(&mut self, seq: u64, filter: &Filter) -> Result<Option<Stored<'_>>, StoreError>;

    /// The first message at or after `seq` that has headers. A store that knows that without reading passes the others
    /// over quickly.
    fn next_with_headers(&mut self, mut seq: u64) -> Result<Option<Stored<'_>>, StoreError> {
        while let Some(message) = self.next(seq, &Filter::all())? {
            seq = message.seq;
            if !message.headers.is_empty() {
                return self.load(seq);
            }
            seq += 1;
        }
        Ok(None)
    }

    /// The sequence of the last message that the filter lets through.
    fn last(&self, filter: &Filter) -> Option<u64> {
        self.catalogue().last(filter)
    }

    /// The first and the last sequence and the count of one literal subject.
    fn subject_state(&self, subject: &[u8]) -> Option<SubjectState> {
        self.catalogue().subject_state(subject)
    }

    /// Every subject that the filter lets through with its state, in no order.
    fn for_each_subject(&self, filter: &Filter, each: &mut dyn FnMut(&[u8], SubjectState)) {
        self.catalogue().for_each_subject(filter, each);
    }

    /// How many messages at or after `seq` the filter lets through. With `last_per_subject` only the
    /// newest of each subject counts.
    fn count_from(&self, seq: u64, filter: &Filter, last_per_subject: bool) -> u64 {
        self.catalogue().count_from(seq, filter, last_per_subject)
    }

    /// The first sequence whose time is `time` or later; `last_seq + 1` when none is.
    fn seq_at(&self, time: Timestamp) -> u64 {
        self.catalogue().seq_at(time)
    }

    /// Takes out one message. False when it was not there. With `erase` its bytes are overwritten.
    fn remove(&mut self, seq: u64, erase: bool) -> Result<bool, StoreError>;

    /// Takes out everything before `seq`; afterwards `first_seq` is at least `seq`, and `last_seq`
    /// at least `seq - 1`. Returns how many messages went.
    fn compact(&mut self, seq: u64) -> Result<u64, StoreError>;

    /// Sequences between `first_seq` and `last_seq` that are not held, in order.
    fn deleted(&self) -> Vec<u64> {
        self.catalogue().deleted()
    }

    /// How messages are compressed from now on; those that are held stay as they are.
    fn set_compression(&mut self, _compression: Compression) {}

    /// What the store knows to have lost to damage.
    fn lost(&self) -> Option<LostData> {
        None
    }

    /// Hands everything appended or removed so far to the kernel. Acknowledgements wait for it.
    fn flush(&mut self) -> Result<(), StoreError>;

    /// As [`Store::flush`], and on to the medium.
    fn sync(&mut self) -> Result<(), StoreError> {
        let synced = self.begin_sync()?.run();
        self.end_sync(synced)
    }

    /// As [`Store::sync`], up to where the medium has to be waited for: that is [`Syncing::run`], for which nobody needs
    /// the store. It may be changed, flushed and even synced meanwhile.
    fn begin_sync(&mut self) -> Result<Syncing, StoreError> {
        self.flush()?;
        Ok(Syncing::default())
    }

    /// What [`Store::begin_sync`] began is over. Only one is under way at a time.
    fn end_sync(&mut self, synced: Result<(), StoreError>) -> Result<(), StoreError> {
        synced
    }

    /// Does [`Store::flush`] wait for the medium? Then one for many is worth waiting for.
    fn flush_is_slow(&self) -> bool {
        false
    }

    /// How often the medium was waited for.
    #[cfg(test)]
    fn syncs(&self) -> u64 {
        0
    }

    /// Takes away everything, the store's own place included.
    fn delete(self: Box<Self>) -> Result<(), StoreError>;
}

/// What a store knows of one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectState {
    /// Messages held.
    pub messages: u64,
    /// Sequence of the oldest.
    pub first_seq: u64,
    /// Sequence of the newest.
    pub last_seq: u64,
}

/// Opens stores of every kind, and keeps what belongs to file streams beside their messages.
#[derive(Debug, Clone, Default)]
pub struct Stores {
    folder: Option<Folder>,
    sync: SyncPolicy,
}

/// When what was written has to be on the medium.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncPolicy {
    /// With every flush, so that acknowledgements wait for it.
    pub always: bool,
    /// Else no later than this after it was written.
    pub interval: Duration,
}

impl Stores {
    /// Stores with file streams under a `store_dir`, which nobody else may use meanwhile. With `keys` they are
    /// encrypted.
    ///
    /// # Errors
    /// [`StoreError::Taken`], or when the folder cannot be made.
    pub fn in_folder(store_dir: &Path, sync: SyncPolicy, keys: Option<Keys>) -> Result<Stores, StoreError> {
        let folder = Some(Folder::open(store_dir, sync.always, keys)?);
        Ok(Stores { folder, sync })
    }

    /// How long what was written may wait for [`Store::sync`].
    pub fn sync_interval(&self) -> Duration {
        self.sync.interval
    }

    /// The stores of one account.
    pub fn of_account(&self, account: &str) -> Stores {
        Stores {
            folder: self.folder.as_ref().map(|folder| folder.of_account(account)),
            sync: self.sync,
        }
    }

    /// The store of a stream, empty or with what it held before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a kind that there is no store of; else when it cannot be read.
    pub fn open(&self, created: Timestamp, config: &StreamConfig) -> Result<Box<dyn Store>, StoreError> {
        match (config.storage, &self.folder) {
            (Storage::Memory, _) => Ok(Box::new(MemoryStore::new())),
            (Storage::File, Some(folder)) => Ok(Box::new(folder.open_stream(created, config)?)),
            (Storage::File, None) => Err(StoreError::Unavailable(Storage::File)),
        }
    }

    /// The store of a stream that is about to be restored, empty. It outlives the server only after
    /// [`Stores::end_restore`].
    ///
    /// # Errors
    /// As [`Stores::open`].
    pub fn open_restored(
        &self,
        created: Timestamp,
        config: &StreamConfig,
    ) -> Result<Box<dyn Store>, StoreError> {
        match self.folder_of(config) {
            Some(folder) => Ok(Box::new(folder.open_restored(created, config)?)),
            None => self.open(created, config),
        }
    }

    /// A stream is restored, with everything that belongs to it.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub fn end_restore(&self, stream: &StreamConfig) -> Result<(), StoreError> {
        self.folder_of(stream)
            .map_or(Ok(()), |folder| folder.end_restore(&stream.name))
    }

    /// The file streams that there are, by the names of their folders, and why one cannot be read.
    pub fn streams(&self) -> Vec<(String, Result<Meta, StoreError>)> {
        self.folder.as_ref().map(Folder::streams).unwrap_or_default()
    }

    fn folder_of(&self, stream: &StreamConfig) -> Option<&Folder> {
        self.folder.as_ref().filter(|_| stream.storage == Storage::File)
    }

    /// Writes down the new configuration of a stream.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn save(&self, stream: &StreamConfig) -> Result<(), StoreError> {
        self.folder_of(stream)
            .map_or(Ok(()), |folder| folder.save(stream))
    }

    /// Writes down a consumer of a stream.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn save_consumer(
        &self,
        stream: &StreamConfig,
        name: &str,
        state: &impl Serialize,
    ) -> Result<(), StoreError> {
        self.folder_of(stream)
            .map_or(Ok(()), |folder| folder.save_consumer(&stream.name, name, state))
    }

    /// Begins to write down a consumer, which is not in its place until [`Draft::finish`]. None for memory streams.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn draft_consumer(
        &self,
        stream: &StreamConfig,
        name: &str,
        state: &impl Serialize,
    ) -> Result<Option<Draft>, StoreError> {
        let folder = self.folder_of(stream);
        folder
            .map(|folder| folder.draft_consumer(&stream.name, name, state))
            .transpose()
    }

    /// Has the medium know where drafts are that were finished.
    ///
    /// # Errors
    /// When their folders cannot be opened.
    pub fn add_places(&self, stream: &StreamConfig, syncing: &mut Syncing) -> Result<(), StoreError> {
        self.folder_of(stream)
            .map_or(Ok(()), |folder| folder.add_places(&stream.name, syncing))
    }

    /// Forgets a consumer of a stream.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn remove_consumer(&self, stream: &StreamConfig, name: &str) -> Result<(), StoreError> {
        self.folder_of(stream)
            .map_or(Ok(()), |folder| folder.remove_consumer(&stream.name, name))
    }

    /// Writes down a batch of messages that is about to be stored; for memory streams there is nothing to do.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn save_batch(&self, stream: &StreamConfig, batch: &BatchFile) -> Result<(), StoreError> {
        self.folder_of(stream)
            .map_or(Ok(()), |folder| folder.save_batch(&stream.name, batch))
    }

    /// The batch that was being stored when the broker died.
    ///
    /// # Errors
    /// When it is there but cannot be read.
    pub fn batch(&self, stream: &StreamConfig) -> Result<Option<BatchFile>, StoreError> {
        self.folder_of(stream)
            .map_or(Ok(None), |folder| folder.batch(&stream.name))
    }

    /// Forgets the batch, which is stored.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn remove_batch(&self, stream: &StreamConfig) -> Result<(), StoreError> {
        self.folder_of(stream)
            .map_or(Ok(()), |folder| folder.remove_batch(&stream.name))
    }

    /// Writes down how far a stream has copied its sources.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save_positions(
        &self,
        stream: &StreamConfig,
        positions: &impl serde::Serialize,
    ) -> Result<(), StoreError> {
        self.folder_of(stream)
            .map_or(Ok(()), |folder| folder.save_positions(&stream.name, positions))
    }

    /// As [`Stores::save_positions`], but not in its place until [`Draft::finish`]. None for memory streams.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn draft_positions(
        &self,
        stream: &StreamConfig,
        positions: &impl serde::Serialize,
    ) -> Result<Option<Draft>, StoreError> {
        let folder = self.folder_of(stream);
        folder
            .map(|folder| folder.draft_positions(&stream.name, positions))
            .transpose()
    }

    /// How far a stream has copied its sources, as far as that was written down.
    pub fn positions<T: DeserializeOwned + Default>(&self, stream: &StreamConfig) -> T {
        self.folder_of(stream)
            .map(|folder| folder.positions(&stream.name))
            .unwrap_or_default()
    }

    /// The consumers of a stream that were written down.
    pub fn consumers<T: DeserializeOwned>(&self, stream: &StreamConfig) -> Vec<T> {
        self.folder_of(stream)
            .map(|folder| folder.consumers(&stream.name))
            .unwrap_or_default()
    }
}
