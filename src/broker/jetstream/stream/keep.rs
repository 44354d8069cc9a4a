//! What outlives the server: recovery at start, syncs in the background, and the states of consumers.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Stream;
use crate::broker::jetstream::consumer::{Consumer, ConsumerId, End, Snapshot};
use crate::broker::jetstream::transfer::Built;
use crate::broker::jetstream::{Home, Outlet};
use crate::broker::store::{Meta, Stores};
use crate::proto::api::ApiError;
use crate::proto::api::error::{CONSUMER_STORE_FAILED, STREAM_STORE_FAILED};
use crate::proto::api::stream::{Retention, Storage, StreamConfig};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// How long what happened to a consumer may wait until it is written down.
const SAVE_INTERVAL: Duration = Duration::from_millis(100);

/// What is to be done for a stream's safety, and when.
#[derive(Debug, Default)]
pub struct Keeper {
    stores: Stores,
    sync_at: Option<Timestamp>,
    save_at: Option<Timestamp>,
    /// Consumers that are not written down as they are.
    unsaved: BTreeSet<String>,
}

impl Keeper {
    /// With nothing to do.
    pub fn new(stores: &Stores) -> Keeper {
        Keeper {
            stores: stores.clone(),
            ..Keeper::default()
        }
    }

    /// Where the stream lies.
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    pub fn note_unsaved(&mut self, now: Timestamp, name: &str) {
        if !self.unsaved.contains(name) {
            self.unsaved.insert(name.to_owned());
        }
        self.save_at = self.save_at.or(Some(now + SAVE_INTERVAL));
    }

    /// When a sync is due or [`Stream::keep_safe`] has something to do. While a sync is under way no other begins.
    pub fn deadline(&self, under_way: bool) -> Option<Timestamp> {
        let sync_at = self.sync_at.filter(|_| !under_way);
        [sync_at, self.save_at].into_iter().flatten().min()
    }

    /// Is a sync due by then?
    pub fn syncs_by(&self, now: Timestamp) -> bool {
        self.sync_at.is_some_and(|due| due <= now)
    }

    /// Are consumers to be written down by then?
    pub fn saves_by(&self, now: Timestamp) -> bool {
        self.save_at.is_some_and(|due| due <= now)
    }

    /// A sync has begun.
    pub fn note_synced(&mut self) {
        self.sync_at = None;
    }

    /// Nothing is to be done any more.
    pub fn give_up(&mut self) {
        (self.sync_at, self.save_at) = (None, None);
        self.unsaved.clear();
    }

    /// The consumers that are to be written down.
    pub fn take_unsaved(&mut self) -> Vec<String> {
        self.save_at = None;
        std::mem::take(&mut self.unsaved).into_iter().collect()
    }
}

impl Stream {
    /// Opens a stream that was there before, with its consumers.
    ///
    /// # Errors
    /// When its store cannot be read.
    pub fn recover(
        now: Timestamp,
        meta: Meta,
        home: &Home,
        stores: &Stores,
        outlet: &mut dyn Outlet,
    ) -> Result<Stream, ApiError> {
        let mut stream = Stream::open(now, meta.config, home, stores)?;
        stream.created = meta.created;
        let consumers = stores.consumers::<Snapshot>(&stream.config);
        stream.bring_back(now, consumers, outlet)?;
        stream.finish_batch(outlet)?;
        Ok(stream)
    }

    /// The stream of a store that was filled from an archive, and its consumers.
    ///
    /// # Errors
    /// When it cannot be read or written down.
    pub fn restore(
        now: Timestamp,
        config: StreamConfig,
        built: Built,
        home: &Home,
        stores: &Stores,
        outlet: &mut dyn Outlet,
    ) -> Result<Stream, ApiError> {
        let mut stream = Stream::with_store(now, config, home, stores, built.store)?;
        stream.created = built.created;
        stream.bring_back(now, built.consumers, outlet)?;
        let names: Vec<String> = stream.consumers.iter().map(|c| c.name().to_owned()).collect();
        for name in names {
            stream.save_consumer(&name)?;
        }
        let ended = stores.end_restore(&stream.config);
        ended.map_err(|e| STREAM_STORE_FAILED.because(e))?;
        Ok(stream)
    }

    fn bring_back(
        &mut self,
        now: Timestamp,
        consumers: Vec<Snapshot>,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        for snapshot in consumers {
            let store = self.store.as_mut();
            self.consumers
                .restore(now, snapshot, &self.config, store, outlet)?;
        }
        self.consumers_changed = true;
        Ok(())
    }

    /// Lets go of what everybody was done with, where that got lost and their states did not. Streams that copy
    /// from this one have to be there by now.
    pub fn let_go_of_leftovers(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        let reached = self.consumers.iter().map(Consumer::reached);
        let reached = reached.chain(self.claims.reached()).max();
        let Some(reached) = reached.filter(|_| self.config.retention != Retention::Limits) else {
            return;
        };
        let mut from = 0;
        loop {
            let (seq, finished) = match self.store.next(from, &Filter::all()) {
                Ok(Some(message)) if message.seq < reached => {
                    let (seq, subject) = (message.seq, message.subject);
                    let had = self.consumers.want(subject)
                        || self.config.retention == Retention::Interest && self.claims.have_had(seq, subject);
                    let needed = self.consumers.need(seq, subject) || self.claims.need(seq, subject);
                    (seq, had && !needed)
                }
                Ok(_) => return,
                Err(e) => return self.freeze(&e),
            };
            if finished && let Err(e) = self.remove(now, seq, false, outlet) {
                return self.freeze(&e);
            }
            from = seq + 1;
        }
    }

    /// The store was flushed: some time it has to be synced.
    pub(super) fn note_flushed(&mut self, now: Timestamp) {
        if self.config.storage == Storage::File {
            let due = || now + self.keeper.stores.sync_interval();
            self.keeper.sync_at = self.keeper.sync_at.or_else(|| Some(due()));
        }
    }

    /// Notes that a consumer is to be written down, if it has got on.
    pub(super) fn note_moved(&mut self, now: Timestamp, id: ConsumerId) {
        if self.config.storage != Storage::File {
            return;
        }
        let consumer = self.consumers.get_mut(id).filter(|c| c.is_kept());
        if let Some(consumer) = consumer
            && consumer.has_moved()
        {
            self.keeper.note_unsaved(now, consumer.name());
        }
    }

    /// Writes a new or changed consumer down before anybody hears of it.
    pub(super) fn save_consumer(&mut self, name: &str) -> Result<(), ApiError> {
        self.keeper.unsaved.remove(name);
        self.medium.drop_draft(name);
        match self.consumers.get(name).filter(|c| c.is_kept()) {
            Some(consumer) => self
                .keeper
                .stores
                .save_consumer(&self.config, name, &consumer.snapshot())
                .map_err(|e| CONSUMER_STORE_FAILED.because(e)),
            None => Ok(()),
        }
    }

    pub(super) fn forget_consumer(&mut self, name: &str) {
        self.keeper.unsaved.remove(name);
        self.medium.drop_draft(name);
        if let Err(error) = self.keeper.stores.remove_consumer(&self.config, name) {
            tracing::error!(stream = self.config.name, consumer = name, %error, "deleted consumer leaves its state");
        }
    }

    pub(super) fn save_config(&self) -> Result<(), crate::broker::store::StoreError> {
        self.keeper.stores.save(&self.config)
    }

    /// Writes down every consumer that has got on. The store must be flushed.
    fn save_consumers(&mut self) {
        for name in self.keeper.take_unsaved() {
            if let Err(error) = self.save_consumer(&name) {
                tracing::error!(stream = self.config.name, consumer = name, %error, "consumer is not written down");
            }
        }
    }

    /// Writes down what is due, where that need not be on the medium: else it is part of a sync.
    pub(super) fn keep_safe(&mut self, now: Timestamp) {
        if !self.medium.awaited && self.keeper.saves_by(now) {
            // What a consumer did must not be known while what it did it to is not.
            if self.flush(now) {
                self.save_consumers();
            }
            self.keeper.save_at = None;
        }
    }

    /// The server stops: everybody is told, and all that is known is made safe.
    pub fn stop(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        self.close_consumers(now, End::Shutdown, outlet);
        self.recall_drafts();
        self.keeper.sync_at = None;
        if self.frozen.is_none() {
            match self.store.sync() {
                Ok(()) => {
                    self.acks.send(outlet);
                    self.save_consumers();
                    self.save_positions();
                }
                Err(e) => self.freeze(&e),
            }
        }
    }
}
