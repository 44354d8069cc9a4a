//! The buffers that connections' bytes wait in, and where their memory comes from.
//!
//! ```text
//!   a worker's Pool ──► a few buffers of its own, used again and again
//!        │ none left: there is a backlog
//!        ▼
//!   the Depot of all workers ──► pieces of slabs; a slab goes back to the system as a whole
//! ```
//!
//! A receiver that falls behind may leave 64 MiB waiting. Were its buffers allocated one by one among everything else,
//! the allocator could hardly ever give their memory back, so that one flood would be seen in the process for ever.

use std::fmt;
use std::mem::take;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use tokio::sync::Notify;

/// Size of the buffers that messages are written into.
pub const CHUNK_SIZE: usize = 64 * 1024;
/// Size of a piece of a slab. Buffers are told apart by it.
const PIECE_SIZE: usize = CHUNK_SIZE + 4 * 1024;
/// Size of a slab. glibc returns only what is larger than 32 MiB to the system for certain: below, it takes ever more
/// of it for worth keeping.
const SLAB_SIZE: usize = 33 * 1024 * 1024;
/// Buffers that a pool keeps, and so many for each pool that are allocated one by one.
const KEPT_MAX: usize = 64;
/// How often slabs are looked at that nobody may need any more. One goes after two looks.
const TIDY_INTERVAL: Duration = Duration::from_secs(1);

/// A buffer. Dropped, it goes back to where it came from.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: BytesMut,
    /// None for one without memory, and one that is larger than all others.
    depot: Option<Arc<Depot>>,
}

impl Deref for Buffer {
    type Target = BytesMut;
    #[inline]
    fn deref(&self) -> &BytesMut {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut BytesMut {
        &mut self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(depot) = self.depot.take() {
            depot.take_back(take(&mut self.bytes));
        }
    }
}

/// A worker's buffers, so that a message costs no allocation.
#[derive(Debug, Default)]
pub struct Pool {
    kept: Vec<Buffer>,
    depot: Arc<Depot>,
}

impl Pool {
    /// An empty pool that gets its buffers from there.
    pub fn new(depot: Arc<Depot>) -> Pool {
        let kept = Vec::new();
        Pool { kept, depot }
    }

    /// An empty buffer with room for at least `size` bytes.
    pub fn take(&mut self, size: usize) -> Buffer {
        if size > CHUNK_SIZE {
            return Buffer {
                bytes: BytesMut::with_capacity(size),
                depot: None,
            };
        }
        self.kept.pop().unwrap_or_else(|| Depot::buffer(&self.depot))
    }

    /// Takes back a buffer.
    pub fn give(&mut self, mut buffer: Buffer) {
        if buffer.capacity() == CHUNK_SIZE && self.kept.len() < KEPT_MAX {
            buffer.clear();
            self.kept.push(buffer);
        }
    }
}

/// Where all workers' buffers come from.
#[derive(Default)]
pub struct Depot {
    /// Buffers that were allocated one by one.
    single: AtomicUsize,
    /// How many there may be.
    single_max: usize,
    slabs: Mutex<Vec<Slab>>,
    /// The first slab is there.
    has_slabs: Notify,
}

impl fmt::Debug for Depot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Depot").finish_non_exhaustive()
    }
}

/// A large piece of memory that is cut into equal buffers.
struct Slab {
    start: usize,
    /// What was not cut yet.
    rest: BytesMut,
    free: Vec<BytesMut>,
    /// Pieces in use.
    used: usize,
    /// None was at the last look.
    idle: bool,
}

impl Slab {
    fn new() -> Slab {
        let rest = BytesMut::with_capacity(SLAB_SIZE);
        Slab {
            start: rest.as_ptr().addr(),
            rest,
            free: Vec::new(),
            used: 0,
            idle: false,
        }
    }

    /// A piece, if one is left. One that was used before comes first: its memory is warm.
    fn cut(&mut self) -> Option<BytesMut> {
        let fresh = |rest: &mut BytesMut| {
            let piece = rest.split_off(rest.capacity() - PIECE_SIZE);
            Some(piece)
        };
        let piece = match self.free.pop() {
            None if self.rest.capacity() >= PIECE_SIZE => fresh(&mut self.rest),
            free => free,
        };
        self.used += usize::from(piece.is_some());
        piece
    }

    fn owns(&self, piece: &BytesMut) -> bool {
        (self.start..self.start + SLAB_SIZE).contains(&piece.as_ptr().addr())
    }
}

impl Depot {
    /// Of so many pools.
    pub fn new(pools: usize) -> Depot {
        Depot {
            single_max: pools * KEPT_MAX,
            ..Depot::default()
        }
    }

    fn slabs(&self) -> MutexGuard<'_, Vec<Slab>> {
        self.slabs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn buffer(depot: &Arc<Depot>) -> Buffer {
        let more = |count| (count < depot.single_max).then_some(count + 1);
        let bytes = match depot.single.fetch_update(Relaxed, Relaxed, more) {
            Ok(_) => BytesMut::with_capacity(CHUNK_SIZE),
            Err(_) => depot.piece(),
        };
        Buffer {
            bytes,
            depot: Some(depot.clone()),
        }
    }

    /// A piece of the oldest slab that has one, so that the younger ones may go.
    fn piece(&self) -> BytesMut {
        let mut slabs = self.slabs();
        if let Some(piece) = slabs.iter_mut().find_map(Slab::cut) {
            return piece;
        }
        let mut slab = Slab::new();
        let piece = slab.cut().unwrap_or_default();
        slabs.push(slab);
        if slabs.len() == 1 {
            self.has_slabs.notify_one();
        }
        piece
    }

    fn take_back(&self, mut bytes: BytesMut) {
        if bytes.capacity() == CHUNK_SIZE {
            self.single.fetch_sub(1, Relaxed);
            return;
        }
        bytes.clear();
        let mut slabs = self.slabs();
        if let Some(slab) = slabs.iter_mut().find(|slab| slab.owns(&bytes)) {
            slab.used -= 1;
            slab.free.push(bytes);
        }
    }

    /// Lets go of slabs that nobody has used since the last time. False when none is left.
    fn tidy(&self) -> bool {
        let mut slabs = self.slabs();
        slabs.retain_mut(|slab| {
            let was_idle = std::mem::replace(&mut slab.idle, slab.used == 0);
            !(was_idle && slab.idle)
        });
        !slabs.is_empty()
    }

    /// Gives back what is not needed any more, for as long as there is a broker.
    pub async fn keep_tidy(self: Arc<Depot>) {
        loop {
            self.has_slabs.notified().await;
            loop {
                tokio::time::sleep(TIDY_INTERVAL).await;
                if !self.tidy() {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_lies_in_slabs_that_go_when_it_is_over() {
        let depot = Arc::new(Depot::new(1));
        let mut pool = Pool::new(depot.clone());
        let per_slab = SLAB_SIZE / PIECE_SIZE;
        let mut backlog: Vec<Buffer> = (0..KEPT_MAX + per_slab + 1)
            .map(|n| {
                let mut buffer = pool.take(100);
                assert!(buffer.is_empty() && buffer.capacity() >= CHUNK_SIZE);
                buffer.extend_from_slice(&n.to_le_bytes());
                buffer
            })
            .collect();
        for (n, buffer) in backlog.iter().enumerate() {
            assert_eq!(buffer[..], n.to_le_bytes(), "no two share memory");
        }
        assert_eq!(depot.slabs().len(), 2);
        // What is used again comes from the first slab.
        drop(backlog.pop());
        drop(backlog.remove(KEPT_MAX));
        assert_eq!(depot.slabs()[1].used, 0);
        backlog.push(pool.take(1));
        assert_eq!(depot.slabs()[0].used, per_slab);
        assert!(depot.tidy() && depot.slabs().len() == 2);
        assert!(depot.tidy() && depot.slabs().len() == 1);
        for buffer in backlog.drain(..) {
            pool.give(buffer);
        }
        assert_eq!(pool.kept.len(), KEPT_MAX);
        assert!(depot.tidy());
        assert!(!depot.tidy());
        assert!(pool.take(1).is_empty());
        drop(pool);
        assert_eq!(depot.single.load(Relaxed), 0);
    }

    #[test]
    fn what_is_larger_than_all_others_is_kept_by_nobody() {
        let mut pool = Pool::new(Arc::new(Depot::new(1)));
        let large = pool.take(CHUNK_SIZE + 1);
        assert!(large.capacity() > CHUNK_SIZE);
        pool.give(large);
        assert!(pool.kept.is_empty());
    }
}
