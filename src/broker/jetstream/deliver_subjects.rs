//! Which streams have push consumers that deliver to a subject.
//!
//! Subscriptions come and go all the time, most of them on inboxes that no push consumer has heard of; this
//! is where that is found out quickly.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cell::{StreamCell, StreamRef};
use crate::proto::subject;

/// Deliver subjects of all streams.
#[derive(Debug, Default)]
pub struct DeliverSubjects {
    streams: Mutex<HashMap<String, Vec<StreamRef>>>,
    count: AtomicUsize,
}

impl DeliverSubjects {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<StreamRef>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stream now delivers to these subjects and no longer to those.
    pub fn change(&self, cell: &Arc<StreamCell>, added: &[String], removed: &[String]) {
        if added.is_empty() && removed.is_empty() {
            return;
        }
        let stream = StreamRef(Arc::clone(cell));
        let mut streams = self.lock();
        for subject in removed {
            if let Some(cells) = streams.get_mut(subject) {
                cells.retain(|cell| *cell != stream);
                if cells.is_empty() {
                    streams.remove(subject);
                }
            }
        }
        for subject in added {
            let cells = streams.entry(subject.clone()).or_default();
            if !cells.contains(&stream) {
                cells.push(stream.clone());
            }
        }
        self.count.store(streams.len(), Relaxed);
    }

    /// The streams that deliver to a subject which this pattern matches.
    pub fn find(&self, pattern: &[u8]) -> Vec<StreamRef> {
        if self.count.load(Relaxed) == 0 {
            return Vec::new();
        }
        let streams = self.lock();
        if subject::is_literal(pattern) {
            let pattern = std::str::from_utf8(pattern).ok();
            return pattern.and_then(|p| streams.get(p)).cloned().unwrap_or_default();
        }
        let matching = streams
            .iter()
            .filter(|(s, _)| subject::matches(pattern, s.as_bytes()));
        matching.flat_map(|(_, cells)| cells.iter().cloned()).collect()
    }
}
