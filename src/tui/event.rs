//! How background work asks for a new frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks the screen's thread for a frame. Cheap enough to call for every message: only the first
/// call since the last frame does anything, and frames come at most 30 times a second.
#[derive(Clone)]
pub struct Waker {
    pending: Arc<AtomicBool>,
    signal: Arc<dyn Fn() + Send + Sync>,
}

impl Waker {
    /// A waker that runs `signal` when a frame is wanted and none is pending yet.
    pub fn new(signal: impl Fn() + Send + Sync + 'static) -> Waker {
        Waker {
            pending: Arc::default(),
            signal: Arc::new(signal),
        }
    }

    /// Asks for a frame.
    pub fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            (self.signal)();
        }
    }

    /// Says that a frame is about to be drawn. True when one had been asked for.
    pub fn take(&self) -> bool {
        self.pending.swap(false, Ordering::AcqRel)
    }
}

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waker")
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}
