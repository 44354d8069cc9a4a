//! Runs what streams copy from each other: mirrors and sources.
//!
//! Whoever changes a stream calls [`JetStream::with_cell`], which wakes those that copy from it. A woken
//! copy is due with the next tick: publishers never wait for copies. One pass takes one batch from each
//! origin, with one stream locked at a time; when more is there, the next tick is due at once. An origin in another
//! account, whose API and deliver subjects this one imports, wakes nobody here: a copy looks at it every so often.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use super::account::JetStream;
use super::cell::{StreamCell, StreamRef};
use super::stream::{Batch, Stream, Wanted};
use super::{Incoming, Outlet, Received, Sink, SinkKind};
use crate::proto::api::error::STREAM_NOT_FOUND;
use crate::proto::api::stream::Retention;
use crate::util::time::Timestamp;

/// How often a copy looks at a stream of another account, which cannot wake it.
const NEIGHBOUR_EVERY: Duration = Duration::from_millis(100);

/// Who copies from whom, by the origin's name, whether there is such a stream or not.
#[derive(Debug, Default)]
pub struct Followers {
    by_origin: RwLock<HashMap<String, Vec<Weak<StreamCell>>>>,
    /// Nobody copies anything: the usual case, and then nothing has to be looked up.
    any: AtomicBool,
}

impl Followers {
    /// From now on this stream copies from these and no others. Returns those that it copied from before.
    fn set(&self, cell: &Arc<StreamCell>, origins: BTreeSet<String>) -> BTreeSet<String> {
        let mut before = BTreeSet::new();
        let mut by_origin = self.by_origin.write().unwrap_or_else(PoisonError::into_inner);
        by_origin.retain(|origin, followers| {
            let all = followers.len();
            followers.retain(|f| f.upgrade().is_some_and(|f| !Arc::ptr_eq(&f, cell)));
            if followers.len() < all {
                before.insert(origin.clone());
            }
            !followers.is_empty()
        });
        for origin in origins {
            by_origin.entry(origin).or_default().push(Arc::downgrade(cell));
        }
        self.any.store(!by_origin.is_empty(), Relaxed);
        before
    }

    /// The streams that copy from the one of this name.
    pub(super) fn of(&self, origin: &str) -> Vec<Arc<StreamCell>> {
        if !self.any.load(Relaxed) {
            return Vec::new();
        }
        let by_origin = self.by_origin.read().unwrap_or_else(PoisonError::into_inner);
        let followers = by_origin.get(origin).into_iter().flatten();
        followers.filter_map(Weak::upgrade).collect()
    }
}

/// A batch that a stream has copied.
#[derive(Debug)]
pub struct Copied {
    origin: Arc<StreamCell>,
    /// Which of the copy's origins that is.
    at: usize,
    batch: Batch,
    /// The first sequence of it that was not stored.
    end: u64,
}

impl JetStream {
    /// Something has become of the stream of this name: those that copy from it should look.
    pub(super) fn wake_followers(&self, origin: &str) {
        for follower in self.followers.of(origin) {
            follower.wake_copy();
            self.be_due_at_once();
        }
    }

    /// Notes what a new or changed stream copies from, and begins with it.
    pub(super) fn follow(&self, now: Timestamp, cell: &Arc<StreamCell>, outlet: &mut dyn Outlet) {
        let origins = self.with_cell(cell, |stream| stream.copies().origins());
        let origins = origins.unwrap_or_default();
        let gone = self.with_cell(cell, Stream::take_unlinked);
        self.unlink(now, cell, &gone.unwrap_or_default(), outlet);
        let copies = !origins.is_empty();
        let before = self.followers.set(cell, origins);
        self.claim(now, cell, &before, outlet);
        for follower in self.followers.of(cell.name()) {
            self.claim(now, &follower, &BTreeSet::new(), outlet);
        }
        if copies {
            cell.wake_copy();
            self.be_due_at_once();
        }
        self.wake_followers(cell.name());
    }

    /// Forgets what a deleted stream copied from, and tells those that copied from it.
    pub(super) fn unfollow(&self, now: Timestamp, cell: &Arc<StreamCell>, outlet: &mut dyn Outlet) {
        let before = self.followers.set(cell, BTreeSet::new());
        self.claim(now, cell, &before, outlet);
        self.wake_followers(cell.name());
    }

    /// Tells the origins of a stream what it wants of them, and those from before that it wants nothing more.
    fn claim(
        &self,
        now: Timestamp,
        cell: &Arc<StreamCell>,
        before: &BTreeSet<String>,
        outlet: &mut dyn Outlet,
    ) {
        let wanted = self.with_cell(cell, |stream| stream.wanted_copies());
        let wanted = wanted.unwrap_or_default();
        let mut by_origin: HashMap<&str, Vec<(usize, &Wanted)>> = before
            .iter()
            .map(|origin| (origin.as_str(), Vec::new()))
            .collect();
        for (at, wanted) in &wanted {
            if self.reaches(wanted.api_prefix.as_deref()) {
                by_origin.entry(&wanted.origin).or_default().push((*at, wanted));
            }
        }
        for (origin, wanted) in by_origin {
            if let Some(origin) = self.cell(origin) {
                self.with_cell(&origin, |stream| {
                    stream.set_claims(now, cell.name(), &wanted, outlet)
                });
            }
        }
    }

    /// One pass over all origins of a stream. What comes back they may let go of once the copies are on the medium.
    pub(super) fn copy(
        &self,
        now: Timestamp,
        cell: &Arc<StreamCell>,
        outlet: &mut dyn Outlet,
    ) -> Vec<Copied> {
        let mut all = Vec::new();
        let wanted = self.with_cell(cell, |stream| stream.wanted_copies());
        for (at, wanted) in wanted.unwrap_or_default() {
            let (more, copied) = self.copy_from(now, cell, at, &wanted, outlet);
            all.extend(copied);
            if more {
                cell.wake_copy();
                self.be_due_at_once();
            }
        }
        self.link(now, cell, outlet);
        all
    }

    /// Other streams may be within reach now: every copy should look.
    pub fn look_at_copies(&self) {
        for cell in self.cells() {
            cell.wake_copy();
        }
        self.be_due_at_once();
    }

    /// Begins with the consumers that a stream is to copy through.
    fn link(&self, now: Timestamp, cell: &Arc<StreamCell>, outlet: &mut dyn Outlet) {
        let wanted = self.with_cell(cell, |stream| stream.wanted_links(now));
        for wanted in wanted.unwrap_or_default() {
            if !self.reaches(wanted.api_prefix.as_deref()) {
                continue;
            }
            let reset = self.with_stream(&wanted.origin, |origin| {
                origin.reset_for_copy(now, &wanted.consumer, outlet)
            });
            let linked = self.with_cell(cell, |stream| stream.note_linked(now, wanted.at, reset));
            if linked == Some(true) {
                let subject = wanted.deliver_subject.as_bytes();
                outlet.bind(subject, Sink(SinkKind::Copy(StreamRef(Arc::clone(cell)))));
                self.interest_changed(now, subject, outlet);
            }
        }
        let gone = self.with_cell(cell, Stream::take_unlinked);
        self.unlink(now, cell, &gone.unwrap_or_default(), outlet);
    }

    /// Listens no more on these deliver subjects for a stream.
    pub(super) fn unlink(
        &self,
        now: Timestamp,
        cell: &Arc<StreamCell>,
        subjects: &[String],
        outlet: &mut dyn Outlet,
    ) {
        for subject in subjects {
            outlet.unbind(
                subject.as_bytes(),
                &Sink(SinkKind::Copy(StreamRef(Arc::clone(cell)))),
            );
            self.interest_changed(now, subject.as_bytes(), outlet);
        }
    }

    /// Something came to the deliver subject of a consumer that a stream copies through.
    pub(super) fn take_delivered(
        &self,
        now: Timestamp,
        stream: &StreamRef,
        message: &Incoming<'_>,
        outlet: &mut dyn Outlet,
    ) -> Received {
        let taken = self.with_cell(&stream.0, |stream| {
            stream.take_delivered(now, message, &self.usage, outlet);
        });
        taken.map_or(Received::Nobody, |()| Received::CommitDue)
    }

    /// One batch. True when there is more; and what its origin may let go of once it is safe, if that is not yet so.
    fn copy_from(
        &self,
        now: Timestamp,
        cell: &Arc<StreamCell>,
        at: usize,
        wanted: &Wanted,
        outlet: &mut dyn Outlet,
    ) -> (bool, Option<Copied>) {
        let prefix = wanted.api_prefix.as_deref();
        let neighbour = match prefix.filter(|_| !self.reaches(prefix)) {
            None => None,
            Some(prefix) => match outlet.neighbour(prefix, &wanted.deliver_prefix, &wanted.origin) {
                Some(neighbour) => Some(neighbour),
                None => return (false, None),
            },
        };
        let home = neighbour.as_deref().unwrap_or(self);
        let origin = home.cell(&wanted.origin);
        let read = origin.as_ref().and_then(|origin| {
            // What is taken out of a stream by being read is for its own account to give out.
            let is_open =
                |stream: &Stream| neighbour.is_none() || stream.config().retention == Retention::Limits;
            home.with_cell(origin, |stream| {
                is_open(stream).then(|| stream.read_for_copy(now, wanted))
            })?
        });
        let batch = read.unwrap_or_else(|| Err(STREAM_NOT_FOUND.err()));
        let noted = self.with_cell(cell, |stream| {
            let stored = match &batch {
                Ok(batch) => stream.take_copies(now, at, batch, &self.usage, outlet),
                Err(_) => Ok(()),
            };
            let more = stream.note_copied(now, at, batch.as_ref().map_err(Clone::clone), stored);
            (more, stored.err().unwrap_or(u64::MAX), stream.is_safe())
        });
        let Some((more, end, safe)) = noted else {
            return (false, None);
        };
        if neighbour.is_some() {
            self.with_cell(cell, |stream| stream.look_again(now + NEIGHBOUR_EVERY));
            return (more, None);
        }
        let (Some(origin), Ok(batch)) = (origin, batch) else {
            return (more, None);
        };
        let copied = Copied {
            origin,
            at,
            batch,
            end,
        };
        if safe {
            self.let_go_of_copied(now, cell, &copied, outlet);
            return (more, None);
        }
        (more, Some(copied))
    }

    /// Lets an origin go of what a copy holds safely.
    pub(super) fn let_go_of_copied(
        &self,
        now: Timestamp,
        cell: &Arc<StreamCell>,
        copied: &Copied,
        outlet: &mut dyn Outlet,
    ) {
        let follower = (cell.name(), copied.at);
        self.with_cell(&copied.origin, |stream| {
            stream.let_go_of_copied(now, follower, &copied.batch, copied.end, outlet);
            stream.commit(now, &self.usage, outlet);
        });
    }

    /// Is the origin within this account? Where an API prefix leads elsewhere, another account may have it.
    fn reaches(&self, api_prefix: Option<&str>) -> bool {
        let own = self
            .config
            .domain
            .as_ref()
            .map(|domain| format!("$JS.{domain}.API"));
        api_prefix.is_none_or(|prefix| prefix.is_empty() || own.as_deref() == Some(prefix))
    }
}
