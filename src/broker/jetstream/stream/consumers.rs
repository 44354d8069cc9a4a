//! Where a stream and its consumers meet.

use super::Stream;
use crate::broker::jetstream::Outlet;
use crate::broker::jetstream::consumer::{
    AckToken, Consumer, ConsumerId, Consumers, Decision, End, Fate, Limits, New,
};
use crate::broker::jetstream::usage::Usage;
use crate::broker::store::{Store, StoreError};
use crate::proto::api::ApiError;
use crate::proto::api::consumer::AckPolicy;
use crate::proto::api::consumer_info::ConsumerInfo;
use crate::proto::api::error::{CONSUMER_NOT_FOUND, STREAM_UPDATE};
use crate::proto::api::stream::{Retention, StreamConfig};
use crate::proto::subject::{self, Filter};
use crate::util::time::Timestamp;

/// A message from a client to a consumer.
#[derive(Debug, Clone, Copy)]
pub enum ToConsumer<'a> {
    /// A pull request.
    Pull {
        reply: &'a [u8],
        headers: &'a [u8],
        payload: &'a [u8],
    },
    /// The answer to a delivery.
    Ack {
        token: AckToken,
        reply: &'a [u8],
        payload: &'a [u8],
    },
    /// The answer to flow control.
    FlowControl { subject: &'a [u8], headers: &'a [u8] },
    /// A stream's answer to the dead letter of this sequence.
    DeadLetter { seq: u64, answer: &'a [u8] },
}

impl Stream {
    /// How many consumers there are.
    pub fn consumer_count(&self) -> usize {
        self.consumers.public().count()
    }

    /// The consumers, to be looked at.
    pub fn consumers(&self) -> &Consumers {
        &self.consumers
    }

    /// Makes a consumer, or changes the one of that name. Returns its name.
    pub fn add_consumer(
        &mut self,
        now: Timestamp,
        new: New,
        limits: &Limits,
        outlet: &mut dyn Outlet,
    ) -> Result<String, ApiError> {
        let known = self.consumers.get(new.config.consumer_name());
        let old_filter = known.map(|consumer| consumer.filter().clone());
        let store = self.store.as_mut();
        let id = self
            .consumers
            .add(now, new, &self.config, limits, store, outlet)?;
        self.consumers_changed = true;
        self.settle(now, id, outlet);
        if let Some(old) = old_filter.filter(|_| self.config.retention == Retention::Interest)
            && self
                .consumers
                .get_mut(id)
                .is_some_and(|consumer| *consumer.filter() != old)
        {
            self.let_go_of_unneeded(now, &old, outlet);
        }
        let name = self.consumers.get_mut(id).map(|c| c.name().to_owned());
        let name = name.ok_or_else(|| CONSUMER_NOT_FOUND.err())?;
        self.save_consumer(&name)?;
        Ok(name)
    }

    /// Ends a consumer. False when there is none of that name.
    pub fn remove_consumer(&mut self, now: Timestamp, name: &str, outlet: &mut dyn Outlet) -> bool {
        let Some(mut consumer) = self.consumers.remove(name) else {
            return false;
        };
        self.consumers_changed = true;
        self.forget_consumer(name);
        consumer.close(now, End::Deleted, outlet);
        if self.config.retention == Retention::Interest {
            self.let_go_of_unneeded(now, consumer.filter(), outlet);
        }
        true
    }

    /// A consumer as the API shows it.
    pub fn consumer_info(
        &mut self,
        now: Timestamp,
        name: &str,
        outlet: &mut dyn Outlet,
    ) -> Result<ConsumerInfo, ApiError> {
        let id = self.consumers.id(name);
        let consumer = id.and_then(|id| self.consumers.get_mut(id));
        let consumer = consumer.ok_or_else(|| CONSUMER_NOT_FOUND.err())?;
        Ok(consumer.info(now, self.store.as_mut(), outlet))
    }

    /// What has become of a message at a consumer. None when there is no such consumer.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn explain(&mut self, name: &str, seq: u64) -> Option<Result<Decision, StoreError>> {
        let id = self.consumers.id(name)?;
        let consumer = self.consumers.get_mut(id)?;
        Some(consumer.explain(seq, self.store.as_mut()))
    }

    /// Does something with a consumer that may send messages, and then what follows from it.
    pub fn with_consumer<T>(
        &mut self,
        now: Timestamp,
        name: &str,
        outlet: &mut dyn Outlet,
        act: impl FnOnce(&mut Consumer, &StreamConfig, &mut dyn Store, &mut dyn Outlet) -> T,
    ) -> Option<T> {
        // What is not safe yet must not be delivered.
        self.flush(now);
        let may_deliver = self.is_safe();
        let id = self.consumers.id(name)?;
        let consumer = self.consumers.get_mut(id)?;
        let result = act(consumer, &self.config, self.store.as_mut(), outlet);
        self.settle(now, id, outlet);
        // What one consumer is done with may let another one go on.
        if may_deliver {
            self.pump_consumers(now, outlet);
        }
        Some(result)
    }

    /// As [`Stream::with_consumer`], but what the consumer has to deliver then waits for [`Stream::go_on`], since a
    /// client is answered first.
    pub fn change_consumer<T>(
        &mut self,
        now: Timestamp,
        name: &str,
        outlet: &mut dyn Outlet,
        change: impl FnOnce(&mut Consumer, &mut dyn Store, &mut dyn Outlet) -> T,
    ) -> Option<T> {
        let id = self.consumers.id(name)?;
        let consumer = self.consumers.get_mut(id)?;
        let result = change(consumer, self.store.as_mut(), outlet);
        self.settle(now, id, outlet);
        self.consumers.queue(id);
        Some(result)
    }

    /// Sends a consumer to a sequence, or back to its ack floor when that is 0. Returns what it says of itself then,
    /// and where it stands. It delivers with [`Stream::go_on`].
    ///
    /// # Errors
    /// 10204 where its deliver policy does not allow that, 10014 when there is no such consumer.
    pub fn reset_consumer(
        &mut self,
        now: Timestamp,
        name: &str,
        seq: u64,
        outlet: &mut dyn Outlet,
    ) -> Result<(ConsumerInfo, u64), ApiError> {
        let reset = self.change_consumer(now, name, outlet, |consumer, store, outlet| {
            let seq = consumer.reset(seq, store)?;
            Ok((consumer.info(now, store, outlet), seq, consumer.filter().clone()))
        });
        let (info, seq, filter) = reset.unwrap_or_else(|| Err(CONSUMER_NOT_FOUND.err()))?;
        if self.config.retention == Retention::Interest {
            self.let_go_of_unneeded(now, &filter, outlet);
        }
        Ok((info, seq))
    }

    /// Lets the consumers deliver what they can.
    pub fn go_on(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        // What is not safe yet must not be delivered.
        if self.flush(now) {
            self.pump_consumers(now, outlet);
        }
    }

    /// Hands a client's message on. False when there is no such consumer, or it takes no such messages.
    pub fn tell_consumer(
        &mut self,
        now: Timestamp,
        name: &str,
        message: ToConsumer<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> bool {
        if !self.is_safe() {
            self.commit_due |= self.dirty;
            return self.wait_to_tell(name, message, usage);
        }
        let told = self.with_consumer(now, name, outlet, |consumer, _, store, outlet| match message {
            ToConsumer::Pull {
                reply,
                headers,
                payload,
            } => {
                consumer.on_pull(now, reply, headers, payload, store, outlet);
                true
            }
            ToConsumer::Ack { .. } if consumer.config().ack_policy == AckPolicy::None => false,
            ToConsumer::Ack {
                token,
                reply,
                payload,
            } => {
                consumer.on_ack(now, token, reply, payload, store, outlet);
                true
            }
            ToConsumer::DeadLetter { seq, answer } => {
                consumer.on_letter_kept(now, seq, answer, store, outlet);
                true
            }
            ToConsumer::FlowControl { .. } if !consumer.config().flow_control => false,
            ToConsumer::FlowControl { subject, headers } => {
                consumer.on_flow_control(now, subject, headers, store, outlet);
                true
            }
        });
        told.unwrap_or(false)
    }

    /// After a consumer did something: notes its deadline, and lets go of what it is done with, where the
    /// retention says so.
    fn settle(&mut self, now: Timestamp, id: ConsumerId, outlet: &mut dyn Outlet) {
        self.consumers.note_deadline(id);
        self.note_moved(now, id);
        if self.config.retention == Retention::Limits {
            return;
        }
        let finished = self.consumers.get_mut(id).map(Consumer::take_finished);
        for seq in finished.unwrap_or_default() {
            if let Err(e) = self.let_go(now, seq, outlet) {
                return self.freeze(&e);
            }
        }
    }

    pub(super) fn let_go(
        &mut self,
        now: Timestamp,
        seq: u64,
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        if self.config.retention == Retention::Interest {
            let Some(message) = self.store.load(seq)? else {
                return Ok(());
            };
            if self.consumers.need(seq, message.subject) || self.claims.need(seq, message.subject) {
                return Ok(());
            }
        }
        self.remove(now, seq, false, outlet).map(drop)
    }

    /// Lets go of every message that nobody needs (any more), as interest retention has it.
    pub(super) fn let_go_of_unneeded(&mut self, now: Timestamp, filter: &Filter, outlet: &mut dyn Outlet) {
        let mut from = 0;
        loop {
            let (seq, needed) = match self.store.next(from, filter) {
                Ok(Some(message)) => {
                    let (seq, subject) = (message.seq, message.subject);
                    let claimed = self.claims.need(seq, subject);
                    (seq, claimed || self.consumers.need(seq, subject))
                }
                Ok(None) => return,
                Err(e) => return self.freeze(&e),
            };
            if !needed && let Err(e) = self.remove(now, seq, false, outlet) {
                return self.freeze(&e);
            }
            from = seq + 1;
        }
    }

    /// Does an interest stream have a taker for the next message, on this subject?
    pub(super) fn is_wanted(&self, subject: &[u8]) -> bool {
        let next = self.store.state().last_seq + 1;
        self.consumers.want(subject) || self.claims.need(next, subject)
    }

    /// A message was stored.
    pub(super) fn announce_stored(&mut self, seq: u64, subject: &[u8]) {
        self.consumers.on_stored(seq, subject);
    }

    /// A message is about to be removed.
    pub(super) fn announce_removed(
        &mut self,
        now: Timestamp,
        seq: u64,
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        if self.consumers.is_empty() {
            return Ok(());
        }
        if let Some(message) = self.store.load(seq)? {
            self.consumers.on_removed(now, seq, message.subject, outlet);
        }
        Ok(())
    }

    /// Messages that the filter lets through were removed, perhaps all of them.
    pub(super) fn announce_purged(&mut self, now: Timestamp, filter: &Filter, outlet: &mut dyn Outlet) {
        let pattern = filter.patterns().next();
        for (_, consumer) in self.consumers.iter_mut() {
            consumer.on_purged(now, pattern, self.store.as_mut(), outlet);
        }
        self.consumers.queue_all();
    }

    /// Lets the consumers have what was stored, once it is safe.
    pub(super) fn pump_consumers(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        for id in self.consumers.take_queue() {
            if let Some(consumer) = self.consumers.get_mut(id) {
                consumer.pump(now, self.store.as_mut(), outlet);
                self.settle(now, id, outlet);
            }
        }
    }

    /// Lets every consumer do what is due, and ends those that nobody uses.
    pub(super) fn tick_consumers(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        for id in self.consumers.take_due(now) {
            let Some(consumer) = self.consumers.get_mut(id) else {
                continue;
            };
            let due = consumer.next_deadline().is_some_and(|due| due <= now);
            if due && consumer.tick(now, self.store.as_mut(), outlet) == Fate::Delete {
                let name = consumer.name().to_owned();
                self.remove_consumer(now, &name, outlet);
            } else {
                self.settle(now, id, outlet);
            }
        }
    }

    /// The subjects that push consumers deliver to.
    pub fn deliver_subjects(&self) -> impl Iterator<Item = &str> {
        self.consumers
            .iter()
            .map(|c| c.config().deliver_subject.as_str())
            .filter(|s| !s.is_empty())
    }

    /// The deliver subjects that came and went since the last call, if any did.
    pub fn moved_deliver_subjects(&mut self) -> Option<(Vec<String>, Vec<String>)> {
        if !std::mem::take(&mut self.consumers_changed) {
            return None;
        }
        let now: Vec<String> = self.deliver_subjects().map(str::to_owned).collect();
        let old = std::mem::replace(&mut self.known_deliver_subjects, now.clone());
        let removed = old
            .iter()
            .filter(|subject| !now.contains(subject))
            .cloned()
            .collect();
        let added = now.into_iter().filter(|subject| !old.contains(subject)).collect();
        Some((added, removed))
    }

    /// Subscriptions on a subject came or went.
    pub fn interest_changed(&mut self, now: Timestamp, pattern: &[u8], outlet: &mut dyn Outlet) {
        let mut concerned = Vec::new();
        for (id, consumer) in self.consumers.iter_mut() {
            if subject::collide(consumer.config().deliver_subject.as_bytes(), pattern) {
                consumer.on_interest(now, self.store.as_mut(), outlet);
                concerned.push(id);
            }
        }
        for id in concerned {
            self.settle(now, id, outlet);
        }
    }

    /// Would a consumer be beyond the bounds of a new configuration?
    pub(super) fn check_consumers_fit(&self, new: &StreamConfig) -> Result<(), ApiError> {
        let (bounds, old) = (&new.consumer_limits, &self.config.consumer_limits);
        let moved = |new: i64, old: i64| if new > 0 && new != old { new } else { i64::MAX };
        let threshold = moved(bounds.inactive_threshold.0, old.inactive_threshold.0);
        let pending = moved(bounds.max_ack_pending, old.max_ack_pending);
        let beyond: Vec<&str> = self
            .consumers
            .iter()
            .filter(|c| c.config().inactive_threshold.0 > threshold || c.config().max_ack_pending > pending)
            .map(Consumer::name)
            .collect();
        if beyond.is_empty() {
            return Ok(());
        }
        let names = beyond.join(", ");
        Err(STREAM_UPDATE.because(format_args!("change to limits violates consumers: {names}")))
    }

    /// Ends all consumers, with the stream or with the server.
    pub fn close_consumers(&mut self, now: Timestamp, end: End, outlet: &mut dyn Outlet) {
        for (_, consumer) in self.consumers.iter_mut() {
            consumer.close(now, end, outlet);
        }
    }
}
