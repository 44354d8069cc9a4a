//! The consumers of one stream, and the rules among them (nats-server `addConsumer`).

use super::check::check;
use super::defaults::set_defaults;
use super::roster::{ConsumerId, Roster};
use super::state::Snapshot;
use super::{Consumer, Limits};
use crate::broker::jetstream::{Home, Outlet};
use crate::broker::store::Store;
use crate::proto::api::consumer::{AckPolicy, ConsumerAction, ConsumerConfig, DeliverPolicy};
use crate::proto::api::error::{self, ApiError};
use crate::proto::api::stream::{Retention, StreamConfig};
use crate::proto::subject;
use crate::util::time::Timestamp;

/// Characters of a generated name.
const NAME_LEN: usize = 8;

/// The consumers of one stream.
#[derive(Debug, Default)]
pub struct Consumers {
    roster: Roster,
    home: Home,
}

/// A consumer that a client wants.
#[derive(Debug, Clone)]
pub struct New {
    /// Its configuration, as it came.
    pub config: ConsumerConfig,
    /// Create, update, or either.
    pub action: ConsumerAction,
    /// Are values that would be corrected an error?
    pub pedantic: bool,
}

impl Consumers {
    /// No consumers yet; they will live there.
    pub fn new(home: &Home) -> Consumers {
        Consumers {
            roster: Roster::default(),
            home: home.clone(),
        }
    }

    /// Creates a consumer, or updates the one of that name. Returns its number.
    ///
    /// # Errors
    /// Whatever is wrong with the configuration, or with it in this company.
    pub fn add(
        &mut self,
        now: Timestamp,
        new: New,
        stream: &StreamConfig,
        limits: &Limits,
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) -> Result<ConsumerId, ApiError> {
        let New {
            mut config,
            action,
            pedantic,
        } = new;
        set_defaults(&mut config, stream, limits, pedantic)?;
        check(&config, stream, limits)?;
        let name = config.consumer_name().to_owned();
        let known = self.roster.id(&name);
        if let Some((id, old)) = known.and_then(|id| Some((id, self.roster.get(id)?))) {
            if action == ConsumerAction::Create && !same(&config, &old.config) {
                return Err(error::CONSUMER_ALREADY_EXISTS.err());
            }
            if stream.retention == Retention::WorkQueue && !self.is_disjoint(&name, &config) {
                return Err(error::CONSUMER_WQ_CONSUMER_NOT_UNIQUE.err());
            }
            let consumer = self.roster.get_mut(id).expect("it was found a moment ago");
            consumer.update(now, config, stream, store, outlet)?;
            self.roster.note_filter(id);
            return Ok(id);
        }
        if action == ConsumerAction::Update {
            return Err(error::CONSUMER_DOES_NOT_EXIST.err());
        }
        self.check_room(stream, limits)?;
        self.check_work_queue(&name, &config, stream)?;
        let name = if name.is_empty() { self.free_name() } else { name };
        let consumer = Consumer::create(now, &name, config, stream, &self.home, store, outlet)?;
        Ok(self.roster.insert(consumer))
    }

    /// Brings a consumer back that was written down.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn restore(
        &mut self,
        now: Timestamp,
        snapshot: Snapshot,
        stream: &StreamConfig,
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        let consumer = Consumer::restore(now, snapshot, stream, &self.home, store, outlet)?;
        self.roster.insert(consumer);
        Ok(())
    }

    fn check_room(&self, stream: &StreamConfig, limits: &Limits) -> Result<(), ApiError> {
        let limit = [stream.max_consumers, limits.max_consumers]
            .into_iter()
            .filter(|l| *l > 0)
            .min();
        match limit.and_then(|l| usize::try_from(l).ok()) {
            Some(limit) if self.public().count() >= limit => Err(error::MAXIMUM_CONSUMERS_LIMIT.err()),
            _ => Ok(()),
        }
    }

    /// A message of a work queue is for one consumer only.
    fn check_work_queue(
        &self,
        name: &str,
        config: &ConsumerConfig,
        stream: &StreamConfig,
    ) -> Result<(), ApiError> {
        if stream.retention != Retention::WorkQueue || config.direct {
            return Ok(());
        }
        if !matches!(config.ack_policy, AckPolicy::Explicit | AckPolicy::FlowControl) {
            return Err(error::CONSUMER_WQ_REQUIRES_EXPLICIT_ACK.err());
        }
        if config.deliver_policy != DeliverPolicy::All {
            return Err(error::CONSUMER_WQ_CONSUMER_NOT_DELIVER_ALL.err());
        }
        if self.public().next().is_none() {
            return Ok(());
        }
        if config.filters().next().is_none() {
            return Err(error::CONSUMER_WQ_MULTIPLE_UNFILTERED.err());
        }
        if !self.is_disjoint(name, config) {
            return Err(error::CONSUMER_WQ_CONSUMER_NOT_UNIQUE.err());
        }
        Ok(())
    }

    /// Does no other consumer want what this one wants? One without filters is not asked.
    fn is_disjoint(&self, name: &str, config: &ConsumerConfig) -> bool {
        let mut others = self
            .roster
            .iter()
            .filter(|o| o.name() != name && !o.config.direct);
        config.filters().next().is_none()
            || others.all(|other| {
                other.config.filters().next().is_some()
                    && other.config.filters().all(|theirs| {
                        config
                            .filters()
                            .all(|ours| !subject::collide(ours.as_bytes(), theirs.as_bytes()))
                    })
            })
    }

    fn free_name(&self) -> String {
        loop {
            let id = nuid::next();
            let name = id[id.len() - NAME_LEN..].to_owned();
            if self.roster.id(&name).is_none() {
                return name;
            }
        }
    }

    /// The number of the consumer of that name.
    pub fn id(&self, name: &str) -> Option<ConsumerId> {
        self.roster.id(name)
    }

    /// The consumer of that name.
    pub fn get(&self, name: &str) -> Option<&Consumer> {
        self.roster.get(self.roster.id(name)?)
    }

    /// The consumer of that number, to do something with it. Afterwards [`Consumers::note_deadline`].
    pub fn get_mut(&mut self, id: ConsumerId) -> Option<&mut Consumer> {
        self.roster.get_mut(id)
    }

    /// Takes a consumer out. It still has to be closed, and its subjects unbound.
    pub fn remove(&mut self, name: &str) -> Option<Consumer> {
        self.roster.remove(name)
    }

    /// All consumers, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Consumer> {
        self.roster.iter()
    }

    /// All consumers in the order in which they were made, to do something with them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ConsumerId, &mut Consumer)> {
        self.roster.iter_mut()
    }

    /// The consumers that are shown to people, by name.
    pub fn public(&self) -> impl Iterator<Item = &Consumer> {
        self.roster.iter().filter(|c| !c.config.direct)
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.roster.is_empty()
    }

    /// A message was stored. What that costs depends on how many want it, not on how many there are.
    pub fn on_stored(&mut self, seq: u64, subject: &[u8]) {
        self.roster
            .tell(subject, |consumer| consumer.on_stored(seq, subject));
    }

    /// A message is about to be removed.
    pub fn on_removed(&mut self, now: Timestamp, seq: u64, subject: &[u8], outlet: &mut dyn Outlet) {
        self.roster
            .tell(subject, |consumer| consumer.on_removed(now, seq, subject, outlet));
    }

    /// Must an interest or work queue stream keep this message?
    pub fn need(&self, seq: u64, subject: &[u8]) -> bool {
        self.roster.any(subject, |c| c.needs(seq, subject))
    }

    /// Is there one whose filter lets this subject through?
    pub fn want(&self, subject: &[u8]) -> bool {
        self.roster.any(subject, |c| c.filter().matches(subject))
    }

    /// This consumer may have something to deliver.
    pub fn queue(&mut self, id: ConsumerId) {
        self.roster.queue(id);
    }

    /// Every consumer may have something to deliver.
    pub fn queue_all(&mut self) {
        self.roster.queue_all();
    }

    /// Those that have something to deliver since the last call.
    pub fn take_queue(&mut self) -> Vec<ConsumerId> {
        self.roster.take_queue()
    }

    /// A consumer did something, so its deadline may be an earlier one.
    pub fn note_deadline(&mut self, id: ConsumerId) {
        self.roster.note_deadline(id);
    }

    /// The earliest moment at which one of them has something to do; perhaps too early, never too late.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.roster.next_deadline()
    }

    /// Those that may have something to do by now. Each has to be noted again.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<ConsumerId> {
        self.roster.take_due(now)
    }
}

/// Are they the same, but for what the server adds by itself?
fn same(new: &ConsumerConfig, old: &ConsumerConfig) -> bool {
    fn without_server_metadata(config: &ConsumerConfig) -> ConsumerConfig {
        let mut config = config.clone();
        config.metadata.retain(|key, _| !key.starts_with("_nats."));
        config
    }
    without_server_metadata(new) == without_server_metadata(old)
}
