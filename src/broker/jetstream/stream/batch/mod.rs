//! Batches of messages: atomic ones, of which all are stored or none (ADR-50), and fast ones, whose publisher
//! is told how far it may run ahead (2.14).
//!
//! A message of an atomic batch waits in memory ([`atomic`]) until the batch is committed; then all are checked, each
//! as if those before it were stored ([`ahead`]), and stored in one go ([`commit`]). A message of a fast batch
//! ([`fast`]) is stored as it comes; its place in the batch stands in its reply subject ([`fast_subject`]).
//!
//! What must not happen: that anybody ever sees a part of an atomic batch. The stream is locked while one is
//! stored, and what is to be stored is written down beside the store first, so that a server that was killed in
//! between finishes the work when it comes back. Start reading with [`atomic`].

mod ahead;
mod atomic;
mod commit;
mod fast;
mod fast_subject;

pub use atomic::Staged;
pub use fast_subject::SUFFIX as FAST_SUFFIX;

use std::collections::HashMap;

use atomic::Atomic;
use fast::Fast;

use super::Stream;
use crate::broker::jetstream::Outlet;
use crate::broker::jetstream::advisory::{Abandoned, tell_abandoned};
use crate::broker::jetstream::usage::{BatchKind, Usage};
use crate::util::time::Timestamp;

/// The longest name of a batch in bytes.
const ID_MAX: usize = 64;

/// The open batches of one stream, by name.
#[derive(Debug, Default)]
pub struct Batches {
    atomic: HashMap<Vec<u8>, Atomic>,
    fast: HashMap<Vec<u8>, Fast>,
    /// Bytes that wait in atomic batches.
    staged_bytes: usize,
    domain: Option<String>,
}

impl Batches {
    /// None, for a server with this domain.
    pub fn new(domain: Option<&str>) -> Batches {
        Batches {
            domain: domain.map(str::to_owned),
            ..Batches::default()
        }
    }
}

impl Stream {
    /// When the next open batch has waited for too long.
    pub(super) fn batch_deadline(&self) -> Option<Timestamp> {
        let atomic = self.batches.atomic.values().map(|batch| batch.deadline);
        atomic
            .chain(self.batches.fast.values().map(|batch| batch.deadline))
            .min()
    }

    /// Gives up the batches whose next message did not come in time.
    pub(super) fn abandon_batches(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        if self.batch_deadline().is_none_or(|due| due > now) {
            return;
        }
        let atomic = self.batches.atomic.iter();
        let late: Vec<Vec<u8>> = atomic
            .filter(|(_, batch)| batch.deadline <= now)
            .map(|(id, _)| id.clone())
            .collect();
        for id in late {
            self.end_atomic(&id, usage);
            self.tell_abandoned(now, &id, Abandoned::Timeout, outlet);
        }
        let before = self.batches.fast.len();
        self.batches.fast.retain(|_, batch| batch.deadline > now);
        usage.close_batches(BatchKind::Fast, before - self.batches.fast.len());
    }

    /// Ends open batches, of one kind or both, without a word.
    pub(super) fn drop_batches(&mut self, atomic: bool, fast: bool, usage: &Usage) {
        if atomic {
            usage.close_batches(BatchKind::Atomic, self.batches.atomic.len());
            self.batches.atomic.clear();
            self.batches.staged_bytes = 0;
        }
        if fast {
            usage.close_batches(BatchKind::Fast, self.batches.fast.len());
            self.batches.fast.clear();
        }
    }

    fn tell_abandoned(&self, now: Timestamp, id: &[u8], reason: Abandoned, outlet: &mut dyn Outlet) {
        let domain = self.batches.domain.as_deref();
        tell_abandoned(now, &self.config.name, id, reason, domain, outlet);
    }
}
