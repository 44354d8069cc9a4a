//! The last messages of a stream: which of them to fetch, and which to keep.
//!
//! They are fetched by sequence instead of through a consumer. So the pane shows up in no consumer
//! count, and takes no message from a work queue.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use crate::tui::panes::jetstream::Stored;

/// The most messages kept.
pub const RECENT_MAX: u64 = 32;

/// The last messages, oldest first.
#[derive(Debug, Default)]
pub struct Recent {
    created: Option<i128>,
    newest_asked: u64,
    messages: VecDeque<Stored>,
}

impl Recent {
    /// Compares with the stream's state: forgets what is no longer there, and says which sequences to
    /// fetch. `created` tells a stream from one of the same name before it.
    pub fn missing(&mut self, created: i128, first: u64, last: u64) -> RangeInclusive<u64> {
        if self.created != Some(created) || last < self.newest_asked {
            *self = Recent {
                created: Some(created),
                ..Recent::default()
            };
        }
        self.messages.retain(|m| m.sequence >= first);
        let oldest_wanted = (last + 1).saturating_sub(RECENT_MAX);
        let from = oldest_wanted.max(first).max(self.newest_asked + 1).max(1);
        self.newest_asked = last;
        from..=last
    }

    /// Takes what was fetched, in order of sequence.
    pub fn take(&mut self, fetched: impl IntoIterator<Item = Stored>) {
        self.messages.extend(fetched);
        while self.messages.len() as u64 > RECENT_MAX {
            self.messages.pop_front();
        }
    }

    /// The messages, oldest first.
    pub fn messages(&self) -> &VecDeque<Stored> {
        &self.messages
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::util::time::Timestamp;

    pub(in super::super) fn stored(sequence: u64) -> Stored {
        Stored {
            sequence,
            subject: "a".to_owned(),
            at: Timestamp::ZERO,
            headers: Vec::new(),
            payload: Vec::new(),
            payload_bytes: 0,
        }
    }

    fn sequences(recent: &Recent) -> Vec<u64> {
        recent.messages().iter().map(|m| m.sequence).collect()
    }

    #[test]
    fn only_new_messages_are_fetched_and_removed_ones_leave() {
        let mut recent = Recent::default();
        assert!(recent.missing(1, 0, 0).is_empty());
        assert_eq!(recent.missing(1, 1, 2), 1..=2);
        recent.take([stored(1), stored(2)]);
        assert!(recent.missing(1, 1, 2).is_empty());
        assert_eq!(recent.missing(1, 2, 3), 3..=3);
        recent.take([stored(3)]);
        assert_eq!(sequences(&recent), [2, 3]);
        assert_eq!(recent.missing(1, 900, 1_000), 969..=1_000);
        recent.take((969..=1_000).map(stored));
        assert_eq!(sequences(&recent).len() as u64, RECENT_MAX);
        assert!(recent.missing(1, 1_001, 1_000).is_empty(), "purged");
        assert_eq!(sequences(&recent), [0u64; 0]);
    }

    #[test]
    fn a_new_stream_of_the_same_name_begins_anew() {
        let mut recent = Recent::default();
        recent.missing(1, 1, 5);
        recent.take((1..=5).map(stored));
        assert_eq!(recent.missing(2, 1, 7), 1..=7);
        assert_eq!(sequences(&recent), [0u64; 0]);
    }
}
