//! When a delivery has waited too long, and when it was tried often enough.

use std::time::Duration;

use super::Consumer;
use super::ack_subject::AckToken;
use super::advisory::Event;
use super::dead_letter::Death;
use super::pending::{Entry, NEVER};
use crate::broker::jetstream::Outlet;
use crate::proto::api::consumer::ConsumerConfig;
use crate::util::time::Timestamp;

/// Said of a message that was deleted while somebody worked on it.
const DELETED_UNACKED: &str = "Unacknowledged message was deleted";

/// How long a delivery may wait under `config` that had `redeliveries` before it; `None` for ever.
pub(super) fn wait(config: &ConsumerConfig, redeliveries: u32) -> Option<Duration> {
    let waits = &config.backoff;
    let last = waits.len().saturating_sub(1);
    let at = usize::try_from(redeliveries).unwrap_or(usize::MAX).min(last);
    waits.get(at).unwrap_or(&config.ack_wait).positive()
}

impl Consumer {
    /// How long a delivery may wait that had `redeliveries` before it; `None` for ever.
    pub(super) fn wait(&self, redeliveries: u32) -> Option<Duration> {
        wait(&self.config, redeliveries)
    }

    /// When a delivery made now is due again.
    pub(super) fn due(&self, now: Timestamp, redeliveries: u32) -> Timestamp {
        self.wait(redeliveries).map_or(NEVER, |wait| now + wait)
    }

    /// Has it been delivered as often as it may?
    pub(super) fn is_exhausted(&self, entry: &Entry) -> bool {
        let max = self.config.max_deliver;
        max > 0 && i64::from(entry.redeliveries) + 1 >= max
    }

    /// Queues everything whose wait is over, in the order of the stream. What was tried often enough is given up when
    /// its turn comes, see [`Consumer::queue_again`].
    pub(super) fn expire(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        for seq in self.pending.take_due(now) {
            self.queue_again(now, seq, outlet);
        }
    }

    /// Queues a message to be delivered again, or gives it up.
    ///
    /// As in nats-server a message that was tried often enough stays pending until somebody would take the next one,
    /// unless once was enough. A dead letter is not left waiting for that.
    pub(super) fn queue_again(&mut self, now: Timestamp, seq: u64, outlet: &mut dyn Outlet) {
        let Some(entry) = self.pending.get(seq).copied() else {
            return;
        };
        let at_once = self.config.max_deliver == 1 || self.keeps_dead_letters();
        if at_once && self.is_exhausted(&entry) {
            self.give_up(now, &entry, outlet);
            return;
        }
        self.pending.queue(seq, self.due(now, entry.redeliveries));
    }

    pub(super) fn give_up(&mut self, now: Timestamp, entry: &Entry, outlet: &mut dyn Outlet) {
        let deliveries = u64::from(entry.redeliveries) + 1;
        let death = Death {
            reason: "max_deliver".to_owned(),
            deliveries,
        };
        if !self.bury(now, entry.stream_seq, death) {
            self.pending.exhaust(entry.stream_seq);
            self.floor.given_up(entry, &self.pending, self.delivered.into());
        }
        let event = Event::MaxDeliveries {
            stream_seq: entry.stream_seq,
            deliveries,
        };
        self.source.tell(now, event, outlet);
    }

    /// Forgets a delivery whose message is gone from the stream.
    pub(super) fn lose(&mut self, now: Timestamp, seq: u64, outlet: &mut dyn Outlet) {
        let Some(entry) = self.pending.remove(seq) else {
            return;
        };
        self.floor
            .acknowledged(&entry, &self.pending, self.delivered.into());
        self.floor.touch(now);
        let token = AckToken {
            delivered: u64::from(entry.redeliveries) + 1,
            stream_seq: seq,
            consumer_seq: entry.consumer_seq,
        };
        self.source
            .tell(now, Event::terminated(token, DELETED_UNACKED), outlet);
    }
}
