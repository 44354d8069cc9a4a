//! What an account uses of its limits, kept in step by its streams.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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
