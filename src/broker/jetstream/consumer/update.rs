//! What of a configuration may change, and what a change does (nats-server `updateConfig`).

use super::Consumer;
use super::advisory::Event;
use super::check::sample_percent;
use super::lifetime::Lifetime;
use crate::broker::jetstream::Outlet;
use crate::broker::store::Store;
use crate::proto::api::consumer::ConsumerConfig;
use crate::proto::api::error::{self, ApiError};
use crate::proto::api::stream::StreamConfig;
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

impl Consumer {
    /// Takes on a configuration that has its defaults and was checked.
    ///
    /// # Errors
    /// 10012 with the name of a field that is fixed, or 10013 when the deliver subject is in use.
    pub fn update(
        &mut self,
        now: Timestamp,
        mut config: ConsumerConfig,
        stream: &StreamConfig,
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        check_update(&self.config, &config, outlet)?;
        if config.inactive_threshold != self.config.inactive_threshold {
            self.lifetime = Lifetime::new(&mut config, &mut self.random);
            self.lifetime.start(now);
        }
        let old = std::mem::replace(&mut self.config, config);
        self.sample_percent = sample_percent(&self.config.sample_freq).unwrap_or(0);
        if old.rate_limit_bps != self.config.rate_limit_bps {
            self.pace.set_limit(self.config.rate_limit_bps, stream);
        }
        if old.ack_wait != self.config.ack_wait || old.backoff != self.config.backoff {
            self.change_waits(&old);
        }
        self.pause(now, outlet);
        if self.paused_until.is_some() {
            self.tell_pause(now, outlet);
        }
        if !old.filters().eq(self.config.filters()) {
            self.filter = Filter::any(self.config.filters());
            self.cursor.recount(&self.filter, store);
        }
        if old.deliver_subject != self.config.deliver_subject {
            let pending: Vec<u64> = self.pending.iter().map(|e| e.stream_seq).collect();
            for seq in pending {
                self.queue_again(now, seq, outlet);
            }
        }
        self.on_interest(now, store, outlet);
        self.pump(now, store, outlet);
        Ok(())
    }

    /// Moves what is due by the difference between the old and the new waits.
    fn change_waits(&mut self, old: &ConsumerConfig) {
        let mut pending = std::mem::take(&mut self.pending);
        pending.postpone_all(|entry| {
            let before = super::redelivery::wait(old, entry.redeliveries).unwrap_or_default();
            let after = super::redelivery::wait(&self.config, entry.redeliveries).unwrap_or_default();
            entry.due - before + after
        });
        self.pending = pending;
    }

    /// Takes up `pause_until` from the configuration, and tells if that changes anything.
    pub(super) fn pause(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        let until = self.config.pause_until.filter(|until| *until > now);
        if until == self.paused_until {
            return;
        }
        self.paused_until = until;
        self.tell_pause(now, outlet);
    }

    fn tell_pause(&self, now: Timestamp, outlet: &mut dyn Outlet) {
        let event = Event::Pause {
            paused: self.paused_until.is_some(),
            pause_until: self.config.pause_until.unwrap_or_default(),
        };
        self.source.tell(now, event, outlet);
    }

    /// Delivers nothing until then; `None` to go on at once.
    pub fn pause_until(
        &mut self,
        now: Timestamp,
        until: Option<Timestamp>,
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) {
        let until = until.filter(|until| !until.is_zero());
        if until != self.config.pause_until {
            self.config.pause_until = until;
            self.paused_until = until.filter(|until| *until > now);
            self.tell_pause(now, outlet);
        }
        self.pump(now, store, outlet);
    }
}

fn check_update(old: &ConsumerConfig, new: &ConsumerConfig, outlet: &dyn Outlet) -> Result<(), ApiError> {
    for (differs, what) in [
        (
            old.deliver_policy != new.deliver_policy,
            "deliver policy can not be updated",
        ),
        (
            old.mem_storage != new.mem_storage,
            "storage type can not be updated",
        ),
        (
            old.opt_start_seq != new.opt_start_seq,
            "start sequence can not be updated",
        ),
        (
            old.opt_start_time != new.opt_start_time,
            "start time can not be updated",
        ),
        (old.ack_policy != new.ack_policy, "ack policy can not be updated"),
        (
            old.replay_policy != new.replay_policy,
            "replay policy can not be updated",
        ),
        (
            old.idle_heartbeat != new.idle_heartbeat,
            "heart beats can not be updated",
        ),
        (
            old.flow_control != new.flow_control,
            "flow control can not be updated",
        ),
        (
            !old.is_push() && new.is_push(),
            "can not update pull consumer to push based",
        ),
        (
            old.is_push() && !new.is_push(),
            "can not update push consumer to pull based",
        ),
    ] {
        if differs {
            return Err(error::CONSUMER_CREATE.because(what));
        }
    }
    let moved = old.deliver_subject != new.deliver_subject;
    if moved && outlet.has_interest(old.deliver_subject.as_bytes(), None) {
        return Err(error::CONSUMER_NAME_EXIST.err());
    }
    if old.max_waiting != new.max_waiting {
        return Err(error::CONSUMER_CREATE.because("max waiting can not be updated"));
    }
    Ok(())
}
