//! Which message ids a stream has seen within its window.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::headers::PublishHeaders;
use crate::broker::store::{Store, StoreError};
use crate::util::time::Timestamp;

/// The most ids one stream remembers, about 400 MB of them; beyond it the oldest is forgotten before
/// its time.
const IDS_MAX: usize = 4_000_000;

/// The ids of the window, oldest first. Old ones are forgotten in passing.
#[derive(Debug, Default)]
pub struct Dedupe {
    seqs: HashMap<Arc<[u8]>, u64>,
    order: VecDeque<(Timestamp, Arc<[u8]>)>,
}

impl Dedupe {
    /// The ids of the messages that a store holds from within the window.
    pub fn rebuild(store: &mut dyn Store, now: Timestamp, window: Duration) -> Result<Dedupe, StoreError> {
        let mut dedupe = Dedupe::default();
        let mut seq = store.seq_at(now - window);
        while let Some(message) = store.next_with_headers(seq)? {
            if let Some(id) = PublishHeaders::read(message.headers).msg_id {
                dedupe.insert(id, message.seq, message.time, window);
            }
            seq = message.seq + 1;
        }
        Ok(dedupe)
    }

    /// The sequence of the message that had this id within the window.
    pub fn seq(&mut self, id: &[u8], now: Timestamp, window: Duration) -> Option<u64> {
        self.forget(now, window);
        self.seqs.get(id).copied()
    }

    /// Remembers an id.
    pub fn insert(&mut self, id: &[u8], seq: u64, now: Timestamp, window: Duration) {
        if window.is_zero() {
            return;
        }
        self.forget(now, window);
        if self.order.len() >= IDS_MAX
            && let Some((_, oldest)) = self.order.pop_front()
        {
            self.seqs.remove(&oldest);
        }
        let id: Arc<[u8]> = id.into();
        self.seqs.insert(Arc::clone(&id), seq);
        self.order.push_back((now, id));
    }

    fn forget(&mut self, now: Timestamp, window: Duration) {
        while let Some((_, id)) = self.order.pop_front_if(|(time, _)| now.since(*time) >= window) {
            self.seqs.remove(&id);
        }
        if self.order.is_empty() && self.order.capacity() > 1024 {
            *self = Dedupe::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_last_as_long_as_the_window() {
        let at = |seconds: i64| Timestamp::from_nanos(seconds * 1_000_000_000);
        let window = Duration::from_secs(10);
        let mut dedupe = Dedupe::default();
        dedupe.insert(b"a", 1, at(0), window);
        dedupe.insert(b"b", 2, at(5), window);
        assert_eq!(dedupe.seq(b"a", at(9), window), Some(1));
        assert_eq!(dedupe.seq(b"a", at(10), window), None);
        assert_eq!(dedupe.seq(b"b", at(10), window), Some(2));
        assert_eq!(dedupe.seq(b"b", at(11), Duration::from_secs(1)), None);
    }
}
