//! Mirrors and sources: a stream that copies what another one holds (ADR-6, `stream.go`).
//!
//! nats-server copies through consumers that it hides. Within one server that is a detour: here a copy
//! reads its origin's store a batch at a time ([`Stream::read_for_copy`]), and takes the batch in under its own
//! lock ([`Stream::take_copies`]), so that never two streams are locked at once. Who runs the
//! two is [`copying`](super::super::copying). As with nats-server's hidden consumers, neither counts in the origin's
//! `consumer_count`, nor is it seen in its list of consumers.
//!
//! Only where a copy is told to go through a durable consumer, that consumer delivers to it ([`link`]): so one stream
//! can copy, once and in order, what a workqueue gives out.
//!
//! A mirror keeps sequences and times: what its origin has lost it skips. A source's messages get sequences of their
//! own and say in `Nats-Stream-Source` where they come from, which is also how the source knows after a restart where
//! it was; for what it no longer has, that is written down beside it. What becomes of an origin's messages once they
//! are copied is in [`claims`](super::claims).

mod copier;
mod incoming;
mod link;
mod name;
mod origin;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use name::index_name;
pub use origin::{Batch, Copied, Wanted};

use super::Stream;
use crate::broker::jetstream::consumer::Random;
use crate::broker::store::{Draft, Store, StoreError};
use crate::broker::subjects::mapping::TransformError;
use crate::proto::api::ApiError;
use crate::proto::api::stream::{SourceInfo, Storage, StreamConfig};
use crate::util::time::Timestamp;

use copier::Copier;
use name::find_positions;

/// How long a copy that could not store something waits until it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The last sequence that is copied of each origin, by [`index_name`].
pub type Positions = BTreeMap<String, u64>;

/// All that a stream copies from.
#[derive(Debug)]
pub struct Copies {
    copiers: Vec<Copier>,
    retry_at: Option<Timestamp>,
    random: Random,
    /// Deliver subjects of consumers that nothing is copied through any more.
    unlinked: Vec<String>,
    /// The positions as they were last written down.
    saved: Positions,
}

impl Copies {
    /// What this configuration copies from, and how far that has come: in this store, or once before.
    pub fn new(
        config: &StreamConfig,
        store: &mut dyn Store,
        saved: Positions,
    ) -> Result<Copies, CopiesError> {
        let sources = config.mirror.iter().chain(&config.sources);
        let mut copiers = sources.map(Copier::new).collect::<Result<Vec<_>, _>>()?;
        if config.mirror.is_some() {
            copiers[0].copied = store.state().last_seq;
        } else {
            find_positions(&mut copiers, store)?;
            for copier in &mut copiers {
                let before = saved.get(&copier.index).copied().unwrap_or(0);
                copier.copied = copier.copied.max(before);
            }
        }
        Ok(Copies {
            copiers,
            retry_at: None,
            unlinked: Vec::new(),
            saved,
            random: Random::seeded(&config.name, 0),
        })
    }

    /// The names of the origins.
    pub fn origins(&self) -> BTreeSet<String> {
        self.copiers
            .iter()
            .map(|copier| copier.source.name.clone())
            .collect()
    }

    /// When to look again at what could not be stored, or at a consumer that is silent.
    pub fn deadline(&self) -> Option<Timestamp> {
        let silent = self.copiers.iter().filter_map(Copier::silent_at);
        silent.chain(self.retry_at).min()
    }

    fn positions(&self) -> Positions {
        let copied = self.copiers.iter().filter(|copier| copier.copied > 0);
        copied
            .map(|copier| (copier.index.clone(), copier.copied))
            .collect()
    }

    /// The subject that a message from this origin is stored under, if it is another.
    pub(super) fn rename(&mut self, at: usize, subject: &[u8]) -> Option<Vec<u8>> {
        self.copiers.get(at)?.rename(subject, &mut self.random)
    }

    /// Says where a message from this origin comes from.
    pub(super) fn header(&self, at: usize, message: &Copied) -> Vec<u8> {
        self.copiers
            .get(at)
            .map(|copier| copier.header(message))
            .unwrap_or_default()
    }

    /// Takes over what is known of origins that were there before, too.
    fn continue_from(&mut self, old: Copies) {
        self.unlinked = old.unlinked;
        for before in old.copiers {
            match self.copiers.iter_mut().find(|c| c.source == before.source) {
                Some(copier) => *copier = before,
                None => self.unlinked.extend(before.linked_subject().map(str::to_owned)),
            }
        }
    }
}

/// Why it cannot be known how far copies have come.
#[derive(Debug, thiserror::Error)]
pub enum CopiesError {
    /// A transform is none.
    #[error(transparent)]
    Transform(#[from] TransformError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Stream {
    /// What it copies from.
    pub fn copies(&self) -> &Copies {
        &self.copies
    }

    /// What each origin that is read is asked for next, and its number. Nothing while the stream takes nothing.
    pub fn wanted_copies(&self) -> Vec<(usize, Wanted)> {
        if self.takes_no_copies() || self.medium.is_waiting() {
            return Vec::new();
        }
        let copiers = self.copies.copiers.iter().enumerate();
        copiers
            .filter(|(_, copier)| copier.source.consumer.is_none())
            .map(|(at, copier)| (at, copier.wanted()))
            .collect()
    }

    fn takes_no_copies(&self) -> bool {
        self.frozen.is_some() || self.config.sealed
    }

    /// Has the time come to look again? Says so once.
    pub fn take_copies_due(&mut self, now: Timestamp) -> bool {
        let retry = self.copies.retry_at.take_if(|due| *due <= now).is_some();
        let mut copiers = self.copies.copiers.iter();
        retry || copiers.any(|copier| copier.silent_at().is_some_and(|due| due <= now))
    }

    /// Writes down how far the sources are copied. The store must have been synced: what is copied is known by what is
    /// stored, and never before it.
    pub(super) fn save_positions(&mut self) {
        let Some(positions) = self.new_positions() else {
            return;
        };
        match self.keeper.stores().save_positions(&self.config, &positions) {
            Ok(()) => self.copies.saved = positions,
            Err(error) => {
                tracing::error!(stream = self.config.name, %error, "positions of sources are not written down");
            }
        }
    }

    /// As [`Stream::save_positions`], for the sync that is about to begin.
    pub(super) fn draft_positions(&mut self) -> Result<Option<Draft>, StoreError> {
        let Some(positions) = self.new_positions() else {
            return Ok(None);
        };
        let draft = self.keeper.stores().draft_positions(&self.config, &positions)?;
        self.copies.saved = positions;
        Ok(draft)
    }

    /// What was written down last is not known any more.
    pub(super) fn forget_saved_positions(&mut self) {
        self.copies.saved = Positions::default();
    }

    /// How far the sources are copied, if that has to be written down.
    fn new_positions(&self) -> Option<Positions> {
        let sources = self.config.storage == Storage::File && !self.config.sources.is_empty();
        let positions = self.copies.positions();
        (sources && positions != self.copies.saved).then_some(positions)
    }

    /// Looks at its origins again at this time, if not earlier.
    pub fn look_again(&mut self, at: Timestamp) {
        let copies = &mut self.copies;
        copies.retry_at = copies.retry_at.into_iter().chain([at]).min();
    }

    /// Notes how a copy fared; true when there is more to copy at once.
    pub fn note_copied(
        &mut self,
        now: Timestamp,
        at: usize,
        origin: Result<&Batch, ApiError>,
        stored: Result<(), u64>,
    ) -> bool {
        let Some(copier) = self.copies.copiers.get_mut(at) else {
            return false;
        };
        let batch = match origin {
            Ok(batch) => batch,
            Err(error) => {
                copier.error = Some(error);
                copier.lag = 0;
                return false;
            }
        };
        copier.error = None;
        copier.heard = Some(now);
        copier.origin = Some(batch.origin);
        match stored {
            Ok(()) => {
                copier.looked = batch.looked;
                copier.copied = batch.messages.last().map_or(copier.copied, |m| m.seq);
                copier.lag = batch.lag;
                batch.lag > 0
            }
            Err(seq) => {
                let left = batch.messages.iter().filter(|m| m.seq >= seq).count();
                copier.looked = seq - 1;
                let done = batch.messages.iter().rev().find(|m| m.seq < seq);
                copier.copied = done.map_or(copier.copied, |m| m.seq);
                copier.lag = batch.lag + left as u64;
                self.copies.retry_at = Some(now + RETRY_AFTER);
                false
            }
        }
    }

    /// Takes on what a new configuration copies from.
    pub(super) fn configure_copies(&mut self) -> Result<(), CopiesError> {
        let saved = std::mem::take(&mut self.copies.saved);
        let copies = Copies::new(&self.config, self.store.as_mut(), saved)?;
        let old = std::mem::replace(&mut self.copies, copies);
        self.copies.continue_from(old);
        Ok(())
    }

    /// How the mirror is getting on.
    pub(super) fn mirror_info(&self, now: Timestamp) -> Option<SourceInfo> {
        self.config.mirror.as_ref()?;
        self.copies.copiers.first().map(|copier| copier.info(now))
    }

    /// How the sources are getting on.
    pub(super) fn source_infos(&self, now: Timestamp) -> Vec<SourceInfo> {
        if self.config.mirror.is_some() {
            return Vec::new();
        }
        self.copies
            .copiers
            .iter()
            .map(|copier| copier.info(now))
            .collect()
    }
}
