//! What an account uses of its limits, kept in step by its streams.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::proto::api::ApiError;
use crate::proto::api::account::AccountLimits;
use crate::proto::api::error::{ACCOUNT_RESOURCES_EXCEEDED, INSUFFICIENT_RESOURCES};
use crate::proto::api::stream::Storage;

/// What the settings say of all accounts together; absent and 0 for nats-server's own limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServerLimits {
    /// Largest `max_ack_pending` of a consumer.
    pub max_ack_pending: i64,
    /// Largest `max_batch` of a pull consumer, and its default.
    pub max_request_batch: i64,
    /// For batches of messages.
    pub batches: BatchLimits,
    /// Messages that may wait in front of a stream.
    pub buffered_messages: usize,
    /// Their bytes.
    pub buffered_bytes: u64,
}

impl ServerLimits {
    /// How many messages may wait in front of a stream, and their bytes.
    pub fn buffered(&self) -> (usize, usize) {
        let or = |limit: usize, default| if limit == 0 { default } else { limit };
        let bytes = usize::try_from(self.buffered_bytes).unwrap_or(usize::MAX);
        (or(self.buffered_messages, 100_000), or(bytes, 128 << 20))
    }
}

/// What the settings say of batches of messages; absent for nats-server's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchLimits {
    /// Open batches of either kind in one stream.
    pub per_stream: Option<u32>,
    /// Open batches of either kind in one account.
    pub total: Option<u32>,
    /// Messages of one atomic batch.
    pub size: Option<u32>,
    /// How long an open batch waits for its next message.
    pub timeout: Option<Duration>,
}

impl BatchLimits {
    /// How long an open batch waits for its next message.
    pub fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(10))
    }

    /// Messages of one atomic batch.
    pub fn size(&self) -> u64 {
        self.size.map_or(1000, u64::from)
    }
}

/// The two kinds of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchKind {
    /// All or nothing.
    Atomic,
    /// As fast as the stream can take them.
    Fast,
}

/// Bytes of one kind of storage: how many there may be, are, and are set aside.
#[derive(Debug)]
struct Room {
    max: AtomicU64,
    used: AtomicU64,
    reserved: AtomicU64,
}

/// No limit.
const BOUNDLESS: u64 = u64::MAX;

impl Room {
    fn new(max: Option<u64>) -> Room {
        Room {
            max: AtomicU64::new(max.unwrap_or(BOUNDLESS)),
            used: AtomicU64::new(0),
            reserved: AtomicU64::new(0),
        }
    }

    /// The figure was `before` and is now `after`.
    fn change(figure: &AtomicU64, before: u64, after: u64) {
        if before != after {
            // Wrapping addition of a negative difference is subtraction.
            figure.fetch_add(after.wrapping_sub(before), Relaxed);
        }
    }
}

/// Room in memory and in files.
#[derive(Debug)]
pub struct Rooms {
    memory: Room,
    file: Room,
}

impl Default for Rooms {
    fn default() -> Rooms {
        Rooms::new(None, None)
    }
}

impl Rooms {
    /// Empty rooms of this many bytes; `None` for no limit.
    pub fn new(memory_max: Option<u64>, file_max: Option<u64>) -> Rooms {
        Rooms {
            memory: Room::new(memory_max),
            file: Room::new(file_max),
        }
    }

    fn of_account(limits: &AccountLimits) -> Rooms {
        let max = |storage| account_bytes_max(limits, storage);
        Rooms::new(max(Storage::Memory), max(Storage::File))
    }

    fn room(&self, storage: Storage) -> &Room {
        match storage {
            Storage::Memory => &self.memory,
            Storage::File => &self.file,
        }
    }

    /// Bytes that there may be.
    pub fn max(&self, storage: Storage) -> Option<u64> {
        let max = self.room(storage).max.load(Relaxed);
        (max != BOUNDLESS).then_some(max)
    }

    /// Allows another number of bytes.
    pub fn set_max(&self, storage: Storage, max: Option<u64>) {
        self.room(storage).max.store(max.unwrap_or(BOUNDLESS), Relaxed);
    }

    /// Bytes that streams have set aside with `max_bytes`.
    pub fn reserved(&self, storage: Storage) -> u64 {
        self.room(storage).reserved.load(Relaxed)
    }

    fn used(&self, storage: Storage) -> u64 {
        self.room(storage).used.load(Relaxed)
    }
}

/// The account's limit for this kind of stream.
pub fn account_bytes_max(limits: &AccountLimits, storage: Storage) -> Option<u64> {
    let limit = match storage {
        Storage::Memory => limits.max_memory,
        Storage::File => limits.max_storage,
    };
    u64::try_from(limit).ok()
}

/// Sums over all streams of an account, and what they may come to. Each is exact between two batches of messages.
#[derive(Debug, Default)]
pub struct Usage {
    limits: RwLock<AccountLimits>,
    account: Rooms,
    /// Those of all accounts.
    server: Arc<Rooms>,
    server_limits: ServerLimits,
    atomic_batches: AtomicU64,
    fast_batches: AtomicU64,
}

impl Usage {
    /// No use yet of these limits.
    pub fn new(limits: AccountLimits, server: Arc<Rooms>, server_limits: ServerLimits) -> Usage {
        Usage {
            account: Rooms::of_account(&limits),
            limits: RwLock::new(limits),
            server,
            server_limits,
            ..Usage::default()
        }
    }

    /// What the account may use.
    pub fn limits(&self) -> AccountLimits {
        *self.limits.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the account use more or less from now on. What is there stays.
    pub fn set_limits(&self, limits: AccountLimits) {
        for storage in [Storage::Memory, Storage::File] {
            self.account.set_max(storage, account_bytes_max(&limits, storage));
        }
        *self.limits.write().unwrap_or_else(PoisonError::into_inner) = limits;
    }

    /// What the settings say of all accounts.
    pub fn server_limits(&self) -> &ServerLimits {
        &self.server_limits
    }

    /// Bytes in streams of this kind.
    pub fn bytes(&self, storage: Storage) -> u64 {
        self.account.used(storage)
    }

    /// A stream that had this many bytes now has that many.
    pub fn change_bytes(&self, storage: Storage, before: u64, after: u64) {
        for rooms in [&self.account, &*self.server] {
            Room::change(&rooms.room(storage).used, before, after);
        }
    }

    /// A stream that had set aside this many bytes has now set aside that many.
    pub fn change_reserved(&self, storage: Storage, before: u64, after: u64) {
        for rooms in [&self.account, &*self.server] {
            Room::change(&rooms.room(storage).reserved, before, after);
        }
    }

    /// Can a stream set this many bytes aside, in the place of `old` ones?
    pub fn may_reserve(&self, storage: Storage, old: u64, new: u64) -> bool {
        [&self.account, &*self.server].into_iter().all(|rooms| {
            let others = rooms.reserved(storage).saturating_sub(old);
            rooms
                .max(storage)
                .is_none_or(|max| others.saturating_add(new) <= max)
        })
    }

    /// What the settings say of batches.
    pub fn batch_limits(&self) -> &BatchLimits {
        &self.server_limits.batches
    }

    fn open_batches(&self, kind: BatchKind) -> &AtomicU64 {
        match kind {
            BatchKind::Atomic => &self.atomic_batches,
            BatchKind::Fast => &self.fast_batches,
        }
    }

    /// Counts one more open batch, unless there are too many; `open` are those of the stream.
    pub fn open_batch(&self, kind: BatchKind, open: usize) -> bool {
        let (per_stream, total) = match kind {
            BatchKind::Atomic => (50, 1000),
            BatchKind::Fast => (1000, 50_000),
        };
        let limits = self.batch_limits();
        let per_stream = limits.per_stream.map_or(per_stream, |limit| limit as usize);
        let total = limits.total.map_or(total, u64::from);
        if open >= per_stream {
            return false;
        }
        let added = self
            .open_batches(kind)
            .fetch_update(Relaxed, Relaxed, |open| (open < total).then_some(open + 1));
        added.is_ok()
    }

    /// Batches are over.
    pub fn close_batches(&self, kind: BatchKind, count: usize) {
        self.open_batches(kind).fetch_sub(count as u64, Relaxed);
    }

    /// Is there room for this many bytes more?
    pub fn check_room(&self, storage: Storage, more: u64) -> Result<(), ApiError> {
        let over = |rooms: &Rooms, more| {
            rooms
                .max(storage)
                .is_some_and(|max| rooms.used(storage) + more > max)
        };
        if over(&self.server, 0) {
            return Err(INSUFFICIENT_RESOURCES.err());
        }
        if over(&self.account, more) {
            return Err(ACCOUNT_RESOURCES_EXCEEDED.err());
        }
        Ok(())
    }
}
