//! What makes room: the limits on count, bytes, age and messages per subject.

use super::Stream;
use crate::broker::jetstream::usage::Usage;
use crate::broker::jetstream::{Incoming, Outlet};
use crate::broker::store::StoreError;
use crate::proto::api::ApiError;
use crate::proto::api::error::STREAM_STORE_FAILED;
use crate::proto::api::stream::Discard;
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// Messages that one tick lets go of for their age. The rest goes in the next one, which is due at once,
/// so that publishers get their turn in between.
pub(super) const EXPIRE_MAX: usize = 10_000;

/// A limit as a number, if there is one.
fn limit(configured: i64) -> Option<u64> {
    u64::try_from(configured).ok().filter(|limit| *limit > 0)
}

impl Stream {
    /// With discard new: is there room for this message? One that replaces the oldest of its subject needs
    /// room only for what it is longer.
    pub(super) fn check_room(&mut self, message: &Incoming<'_>, rolls_up: bool) -> Result<(), ApiError> {
        let full = |what: &str| Err(STREAM_STORE_FAILED.because(what));
        let held = self.store.subject_state(message.subject);
        let replaces =
            limit(self.config.max_msgs_per_subject).and_then(|max| held.filter(|held| held.messages >= max));
        if replaces.is_some() && self.config.discard_new_per_subject && !rolls_up {
            return full("maximum messages per subject exceeded");
        }
        let state = self.store.state();
        if limit(self.config.max_msgs).is_some_and(|max| state.messages >= max) && replaces.is_none() {
            return full("maximum messages exceeded");
        }
        let Some(max_bytes) = limit(self.config.max_bytes) else {
            return Ok(());
        };
        let size = self
            .store
            .size_of(message.subject, message.headers, message.payload);
        if state.bytes + size <= max_bytes {
            return Ok(());
        }
        let replaced = match replaces {
            Some(held) => self.store.load(held.first_seq).ok().flatten(),
            None => None,
        };
        let replaced = replaced.map(|m| m.subject.len() + m.headers.len() + m.payload.len());
        let own = message.subject.len() + message.headers.len() + message.payload.len();
        if replaced.is_some_and(|replaced| replaced >= own) {
            return Ok(());
        }
        full("maximum bytes exceeded")
    }

    /// Lets go of what is too much now that a message on this subject has come.
    pub(super) fn enforce(
        &mut self,
        now: Timestamp,
        subject: &[u8],
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        if let Some(max) = limit(self.config.max_msgs_per_subject) {
            while let Some(held) = self.store.subject_state(subject).filter(|h| h.messages > max) {
                self.remove(now, held.first_seq, false, outlet)?;
            }
        }
        self.enforce_totals(now, outlet)
    }

    fn enforce_totals(&mut self, now: Timestamp, outlet: &mut dyn Outlet) -> Result<(), StoreError> {
        if self.config.discard == Discard::New {
            return Ok(());
        }
        let max_msgs = limit(self.config.max_msgs).unwrap_or(u64::MAX);
        let max_bytes = limit(self.config.max_bytes).unwrap_or(u64::MAX);
        loop {
            let state = self.store.state();
            if state.messages <= max_msgs && state.bytes <= max_bytes {
                return Ok(());
            }
            self.remove(now, state.first_seq, false, outlet)?;
        }
    }

    /// Lets go of what is too much after the limits have changed.
    pub(super) fn enforce_all(
        &mut self,
        now: Timestamp,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        self.enforce_totals(now, outlet)?;
        if let Some(max) = limit(self.config.max_msgs_per_subject) {
            let mut too_many = Vec::new();
            self.store.for_each_subject(&Filter::all(), &mut |subject, held| {
                if held.messages > max {
                    too_many.push(subject.to_vec());
                }
            });
            for subject in too_many {
                let filter = Filter::any([subject]);
                self.keep_newest(&filter, max)?;
                self.announce_purged(now, &filter, outlet);
            }
        }
        self.expire(now, usage, outlet);
        Ok(())
    }

    /// When the oldest message is too old, or earlier.
    pub(super) fn age_deadline(&self) -> Option<Timestamp> {
        let age = self.config.max_age.positive()?;
        let oldest = self.oldest_aging()?;
        self.frozen.is_none().then(|| oldest + age)
    }

    /// Lets go of what is too old, as much as one tick may.
    pub(super) fn expire(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        for _ in 0..EXPIRE_MAX {
            if self.age_deadline().is_none_or(|due| due > now) {
                return;
            }
            let expired = if self.config.allow_msg_ttl {
                self.expire_aging(now, usage, outlet)
            } else {
                let first = self.store.state().first_seq;
                self.remove(now, first, false, outlet).map(drop)
            };
            if let Err(e) = expired {
                return self.freeze(&e);
            }
        }
    }
}
