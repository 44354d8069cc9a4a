//! What an account uses of its limits, kept in step by its streams.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::proto::api::account::AccountLimits;
use crate::proto::api::stream::Storage;

/// Sums over all streams. Each is exact between two batches of messages.
#[derive(Debug, Default)]
pub struct Usage {
    memory_bytes: AtomicU64,
    file_bytes: AtomicU64,
}

impl Usage {
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

    /// Would this many bytes more be too many for the account?
    pub fn would_exceed(&self, storage: Storage, more: u64, limits: &AccountLimits) -> bool {
        let limit = match storage {
            Storage::Memory => limits.max_memory,
            Storage::File => limits.max_storage,
        };
        u64::try_from(limit).is_ok_and(|limit| self.bytes(storage) + more > limit)
    }
}
