//! The ack floor: everything up to there is done.
//!
//! There are two of them, since nats-server keeps two (`consumer.moveAckFloor` and `consumerFileStore.UpdateAcks`).
//! The one by which acknowledgements are judged moves whenever an entry is not pending any more. The one that is
//! shown and written down moves with acknowledgements alone: it stays below a message that was given up after
//! `max_deliver`, until nothing is pending any more or the consumer is purged. After a restart both stand where the
//! second one stood.

use super::pending::{Entry, Pending};
use crate::proto::api::consumer_info::SequenceInfo;
use crate::util::time::Timestamp;

/// A consumer sequence and a stream sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pair {
    pub(super) consumer_seq: u64,
    pub(super) stream_seq: u64,
}

impl From<SequenceInfo> for Pair {
    fn from(info: SequenceInfo) -> Pair {
        Pair {
            consumer_seq: info.consumer_seq,
            stream_seq: info.stream_seq,
        }
    }
}

impl Pair {
    /// Where a floor that stood here stands after `done` left, which did not leave `pending` empty: it moves when that
    /// was the entry right above it, and then up to the next that is left.
    fn after(self, done: &Entry, pending: &Pending) -> Pair {
        if done.consumer_seq != self.consumer_seq + 1 {
            return self;
        }
        match pending.after(done.stream_seq) {
            Some(next) => Pair {
                consumer_seq: next.consumer_seq - 1,
                stream_seq: next.stream_seq - 1,
            },
            None => Pair {
                consumer_seq: done.consumer_seq,
                stream_seq: done.stream_seq,
            },
        }
    }
}

/// Both floors of a consumer.
#[derive(Debug, Default)]
pub(super) struct AckFloor {
    judges: Pair,
    shown: Pair,
    last_active: Option<Timestamp>,
}

impl AckFloor {
    /// Both at `at`, untouched.
    pub(super) fn starting(at: Pair) -> AckFloor {
        AckFloor {
            judges: at,
            shown: at,
            last_active: None,
        }
    }

    /// What acknowledgements are judged by: up to there none is awaited.
    pub(super) fn judges(&self) -> Pair {
        self.judges
    }

    /// What is written down.
    pub(super) fn shown(&self) -> Pair {
        self.shown
    }

    /// What is shown.
    pub(super) fn info(&self) -> SequenceInfo {
        SequenceInfo {
            consumer_seq: self.shown.consumer_seq,
            stream_seq: self.shown.stream_seq,
            last_active: self.last_active,
        }
    }

    /// An acknowledgement came.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.last_active = Some(now);
    }

    /// Both move to `at`.
    pub(super) fn set(&mut self, at: Pair) {
        (self.judges, self.shown) = (at, at);
    }

    /// Everything up to `at` was acknowledged at once. What is shown follows only when `at` itself was pending.
    pub(super) fn acknowledged_through(&mut self, at: Pair, was_pending: bool) {
        self.judges = at;
        if was_pending {
            self.shown = at;
        }
    }

    /// `done` was acknowledged, and is not in `pending` any more.
    pub(super) fn acknowledged(&mut self, done: &Entry, pending: &Pending, delivered: Pair) {
        self.given_up(done, pending, delivered);
        self.shown = match pending.is_empty() {
            true => delivered,
            false => self.shown.after(done, pending),
        };
    }

    /// `done` is not in `pending` any more, but nobody acknowledged it.
    pub(super) fn given_up(&mut self, done: &Entry, pending: &Pending, delivered: Pair) {
        self.judges = match pending.is_empty() {
            true => delivered,
            false => self.judges.after(done, pending),
        };
    }
}
