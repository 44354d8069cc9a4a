//! What an account uses of its limits, kept in step by its streams.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::proto::api::ApiError;
use crate::proto::api::account::AccountLimits;
use crate::proto::api::error::{ACCOUNT_RESOURCES_EXCEEDED, INSUFFICIENT_RESOURCES};
use crate::proto::api::stream::Storage;

/// Bytes that the server has for streams; absent for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServerLimits {
    /// In memory.
    pub memory_bytes_max: Option<u64>,
    /// In files.
    pub file_bytes_max: Option<u64>,
    /// For batches of messages.
    pub batches: BatchLimits,
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

/// Bytes that the streams of all accounts have set aside with `max_bytes`.
#[derive(Debug, Default)]
pub struct Reserved {
    memory_bytes: AtomicU64,
    file_bytes: AtomicU64,
}

impl Reserved {
    fn bytes_of(&self, storage: Storage) -> &AtomicU64 {
        match storage {
            Storage::Memory => &self.memory_bytes,
            Storage::File => &self.file_bytes,
        }
    }

    /// Sets aside for streams of this kind.
    pub fn bytes(&self, storage: Storage) -> u64 {
        self.bytes_of(storage).load(Relaxed)
    }

    /// A stream that had set this many bytes aside now has that many.
    pub fn change(&self, storage: Storage, before: u64, after: u64) {
        // Wrapping addition of a negative difference is subtraction.
        self.bytes_of(storage)
            .fetch_add(after.wrapping_sub(before), Relaxed);
    }
}

impl ServerLimits {
    /// The limit for this kind of stream.
    pub fn bytes_max(&self, storage: Storage) -> Option<u64> {
        match storage {
            Storage::Memory => self.memory_bytes_max,
            Storage::File => self.file_bytes_max,
        }
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

/// Sums over all streams, and what they may come to. Each is exact between two batches of messages.
#[derive(Debug, Default)]
pub struct Usage {
    account: AccountLimits,
    server: ServerLimits,
    memory_bytes: AtomicU64,
    file_bytes: AtomicU64,
    atomic_batches: AtomicU64,
    fast_batches: AtomicU64,
}

impl Usage {
    /// No use yet of these limits.
    pub fn new(account: AccountLimits, server: ServerLimits) -> Usage {
        Usage {
            account,
            server,
            ..Usage::default()
        }
    }

    fn bytes_of(&self, storage: Storage) -> &AtomicU64 {
        match storage {
            Storage::Memory => &self.memory_bytes,
            Storage::File => &self.file_bytes,
        }
    }

    /// Bytes in streams of this kind.
    pub fn bytes(&self, storage: Storage) -> u64 {
        self.bytes_of(storage).load(Relaxed)
    }

    /// A stream that had this many bytes now has that many.
    pub fn change_bytes(&self, storage: Storage, before: u64, after: u64) {
        // Wrapping addition of a negative difference is subtraction.
        self.bytes_of(storage)
            .fetch_add(after.wrapping_sub(before), Relaxed);
    }

    /// What the settings say of batches.
    pub fn batch_limits(&self) -> &BatchLimits {
        &self.server.batches
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
        let used = self.bytes(storage);
        if self.server.bytes_max(storage).is_some_and(|max| used > max) {
            return Err(INSUFFICIENT_RESOURCES.err());
        }
        if account_bytes_max(&self.account, storage).is_some_and(|max| used + more > max) {
            return Err(ACCOUNT_RESOURCES_EXCEEDED.err());
        }
        Ok(())
    }
}
