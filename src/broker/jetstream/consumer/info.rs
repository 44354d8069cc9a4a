//! What a consumer says about itself.

use super::{Consumer, Mode};
use crate::broker::jetstream::Outlet;
use crate::broker::store::Store;
use crate::proto::api::consumer::{AckPolicy, ConsumerConfig, PriorityPolicy};
use crate::proto::api::consumer_info::{ConsumerInfo, PriorityGroupState};
use crate::util::time::Timestamp;

/// The API level that a server must have to run a consumer like this (ADR-44).
pub fn required_level(config: &ConsumerConfig) -> u32 {
    let paused = config.pause_until.is_some_and(|until| !until.is_zero());
    if config.ack_policy == AckPolicy::FlowControl {
        4
    } else if paused || config.priority_policy != PriorityPolicy::None {
        1
    } else {
        0
    }
}

impl Consumer {
    /// How far it has come. Requests that are over leave the queue on this occasion.
    pub fn info(&mut self, now: Timestamp, store: &mut dyn Store, outlet: &mut dyn Outlet) -> ConsumerInfo {
        debug_assert!(self.cursor.pending() <= store.state().messages);
        let beat = (self.delivered.consumer_seq, self.cursor.next() - 1);
        let (num_waiting, push_bound) = match &mut self.mode {
            Mode::Pull(pull) => {
                pull.sweep(now, false, beat, outlet);
                (pull.waiting.len(), false)
            }
            Mode::Push(push) => (0, push.is_active()),
        };
        // With a single delivery there are no redeliveries to speak of.
        let num_redelivered = match self.config.max_deliver {
            1 => 0,
            _ => self.pending.redelivered_len(),
        };
        let mut delivered = self.delivered;
        if delivered.consumer_seq == 0 && delivered.stream_seq == 0 {
            // Until it has delivered something, this says how far it has looked.
            delivered.stream_seq = beat.1;
        }
        ConsumerInfo {
            stream_name: self.source.stream.clone(),
            name: self.source.consumer.clone(),
            created: self.created,
            config: self.config.clone(),
            delivered,
            ack_floor: self.floor.info(),
            num_ack_pending: self.pending.len(),
            num_redelivered,
            num_waiting,
            num_pending: self.cursor.pending(),
            push_bound,
            paused: self.paused_until.is_some_and(|until| until > now),
            pause_remaining: self
                .paused_until
                .map(|until| until.since(now))
                .unwrap_or_default()
                .into(),
            ts: now,
            priority_groups: self.priority_groups(),
        }
    }

    fn priority_groups(&self) -> Vec<PriorityGroupState> {
        let Some(group) = self.config.priority_groups.first() else {
            return Vec::new();
        };
        let pin = match &self.mode {
            Mode::Pull(pull) => pull.pin(),
            Mode::Push(_) => None,
        };
        vec![PriorityGroupState {
            group: group.clone(),
            pinned_client_id: pin.map(|p| p.id.clone()).unwrap_or_default(),
            pinned_ts: pin.map(|p| p.since).unwrap_or_default(),
        }]
    }
}
