//! What the stage may look at: the wire text of connections, and for each message why somebody got it or
//! did not.
//!
//! The broker asks [`Taps::is_open`], which is one look at a number, and does nothing more when nobody
//! holds a [`Tap`]. A tap that is not read in time loses what is oldest; the broker never waits for it.
//! Nothing here delivers or decides: `net` does, and tells. Start with [`Taps`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::util::lock::lock;
use crate::util::ring::Ring;
use crate::util::time::Timestamp;

mod missed;

pub use missed::Missed;

/// Observations that a tap keeps until they are read.
const OBSERVATIONS_MAX: usize = 4096;
/// Bytes of text that they may have.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Receivers that are listed for one message; of more, only the first are.
pub const RECEIVERS_MAX: usize = 256;
/// Bytes of one line on the wire that are shown.
pub const LINE_MAX: usize = 8 * 1024;

/// Something that a tap has seen.
#[derive(Debug, Clone)]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// The client id of the connection: the speaker's, or for [`Event::Told`] the listener's.
    pub connection: u64,
    /// What it was.
    pub event: Event,
}

/// What there is to see.
#[derive(Debug, Clone)]
pub enum Event {
    /// A line that a client sent, decoded: `PUB a 2`. Secrets of a CONNECT are left out.
    Heard(String),
    /// A line that a client was sent: `MSG a 1 2`.
    Told(String),
    /// A client published a message, and this became of it.
    Published(Published),
}

/// What became of one message.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// The subject, after the account's mappings.
    pub subject: String,
    /// Why nobody could get it at all: the publisher was not allowed to.
    pub refused: Option<String>,
    /// Every subscription in the account, those that match first, up to [`RECEIVERS_MAX`].
    pub receivers: Vec<Receiver>,
    /// The streams that were offered it, each with the reason if it refused.
    pub streams: Vec<(String, Option<String>)>,
}

/// A subscription, and whether it got the message.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// The client id of its connection.
    pub connection: u64,
    /// The client's name for it.
    pub sid: String,
    /// Subject or pattern.
    pub pattern: String,
    /// Its queue group.
    pub queue: Option<String>,
    /// Why it did not get the message; `None` when it did.
    pub missed: Option<Missed>,
}

/// All taps of a broker.
#[derive(Debug, Default)]
pub struct Taps {
    open: AtomicUsize,
    rings: Mutex<Vec<Arc<Mutex<Ring<Observation>>>>>,
}

/// One who looks. Dropping it ends the looking.
#[derive(Debug)]
pub struct Tap {
    taps: Arc<Taps>,
    ring: Arc<Mutex<Ring<Observation>>>,
}

impl Taps {
    /// Does anybody look?
    #[inline]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    /// Begins to look: from now on, everything is noted.
    pub fn open(self: &Arc<Taps>) -> Tap {
        let ring = Arc::new(Mutex::new(Ring::new(OBSERVATIONS_MAX, BYTES_MAX)));
        self.rings().push(ring.clone());
        self.open.fetch_add(1, Ordering::Relaxed);
        Tap {
            taps: self.clone(),
            ring,
        }
    }

    /// Notes something for everybody who looks.
    #[cold]
    pub fn note(&self, connection: u64, event: &Event) {
        let observation = Observation {
            at: Timestamp::now(),
            connection,
            event: event.clone(),
        };
        let weight = event.weight();
        for ring in self.rings().iter() {
            lock(ring).push(observation.clone(), weight);
        }
    }

    fn rings(&self) -> MutexGuard<'_, Vec<Arc<Mutex<Ring<Observation>>>>> {
        lock(&self.rings)
    }
}

impl Tap {
    /// What was seen since the last call, the oldest first, and how much was lost before it because nobody
    /// came for it in time.
    pub fn take(&self) -> (Vec<Observation>, u64) {
        let fresh = Ring::new(OBSERVATIONS_MAX, BYTES_MAX);
        let seen = std::mem::replace(&mut *lock(&self.ring), fresh);
        let lost = seen.pushed() - seen.len() as u64;
        (seen.iter().cloned().collect(), lost)
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.taps.open.fetch_sub(1, Ordering::Relaxed);
        self.taps.rings().retain(|ring| !Arc::ptr_eq(ring, &self.ring));
    }
}

impl Event {
    fn weight(&self) -> usize {
        size_of::<Observation>()
            + match self {
                Event::Heard(text) | Event::Told(text) => text.len(),
                Event::Published(published) => {
                    published.subject.len() + published.receivers.iter().map(Receiver::weight).sum::<usize>()
                }
            }
    }
}

impl Receiver {
    fn weight(&self) -> usize {
        size_of::<Receiver>() + self.pattern.len() + self.sid.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_that_is_not_read_loses_the_oldest() {
        let taps = Arc::new(Taps::default());
        assert!(!taps.is_open());
        let tap = taps.open();
        for number in 0..OBSERVATIONS_MAX + 3 {
            taps.note(1, &Event::Heard(format!("PUB {number} 0")));
        }
        let (seen, lost) = tap.take();
        assert_eq!((seen.len(), lost), (OBSERVATIONS_MAX, 3));
        assert!(matches!(&seen[0].event, Event::Heard(text) if text == "PUB 3 0"));
        assert!(tap.take().0.is_empty());
        drop(tap);
        assert!(!taps.is_open());
    }
}
