//! A stream with its lock around it.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::stream::Stream;
use crate::util::time::Timestamp;

/// No deadline, as a number that is later than all others.
pub const NEVER: i64 = i64::MAX;

/// A registered stream. It is empty from the moment the stream is deleted.
#[derive(Debug)]
pub struct StreamCell {
    name: String,
    stream: Mutex<Option<Stream>>,
    deadline: AtomicI64,
    copy_due: AtomicBool,
    last_seq: AtomicU64,
}

impl StreamCell {
    /// A stream that lives.
    pub fn new(stream: Stream) -> StreamCell {
        StreamCell {
            name: stream.config().name.clone(),
            stream: Mutex::new(Some(stream)),
            deadline: AtomicI64::new(NEVER),
            copy_due: AtomicBool::new(false),
            last_seq: AtomicU64::new(0),
        }
    }

    /// The stream's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The stream, for as long as the guard lives; nothing in it when it was deleted. A panic under the lock
    /// ends one connection's task, not the stream.
    pub fn lock(&self) -> MutexGuard<'_, Option<Stream>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the stream out, for ever.
    pub fn take(&self) -> Option<Stream> {
        let stream = self.lock().take();
        self.deadline.store(NEVER, Relaxed);
        stream
    }

    /// When the stream wants its tick, in nanoseconds; [`NEVER`] when it does not.
    pub fn deadline(&self) -> i64 {
        self.deadline.load(Relaxed)
    }

    /// What the stream copies may have got on: it should look.
    pub fn wake_copy(&self) {
        self.copy_due.store(true, Relaxed);
    }

    /// Should it look? Says so once.
    pub fn take_copy_due(&self) -> bool {
        self.copy_due.load(Relaxed) && self.copy_due.swap(false, Relaxed)
    }

    /// Notes the last sequence of the stream; true when it has moved since.
    pub fn note_last_seq(&self, seq: u64) -> bool {
        self.last_seq.swap(seq, Relaxed) != seq
    }

    /// Notes the stream's deadline, while it is locked; returns it.
    pub fn note_deadline(&self, stream: &Stream) -> i64 {
        let deadline = stream.next_deadline().map_or(NEVER, Timestamp::nanos);
        self.deadline.store(deadline, Relaxed);
        deadline
    }
}

/// One stream among others, compared by identity: a stream that is deleted and made anew is another one.
#[derive(Debug, Clone)]
pub struct StreamRef(pub Arc<StreamCell>);

impl PartialEq for StreamRef {
    fn eq(&self, other: &StreamRef) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for StreamRef {}

impl Hash for StreamRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}
