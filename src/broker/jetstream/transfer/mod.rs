//! Streams on their way out of the server and into it: snapshots and restoring (`$JS.SNAPSHOT.…`).
//!
//! A snapshot is sent in chunks, as many ahead as the window allows; every answer to one makes room for the
//! next ([`snapshot`]). A stream that is restored takes chunks the same way round, builds its store from them and is
//! registered when all is there ([`restore`]); nobody sees it before. What the chunks hold together is in
//! [`archive`], packed by [`pack`]; it is a format of our own, and an archive of nats-server is refused in plain words.
//!
//! A transfer has a lock of its own, which is taken before a stream's and before the registry's, never
//! while one of those is held. Start with [`snapshot`].

mod archive;
mod pack;
mod restore;
mod snapshot;

pub use restore::{Built, Restore};
pub use snapshot::Snapshot;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::account::JetStream;
use super::{Incoming, Outlet, Received};
use crate::proto::subject;
use crate::util::lock::lock;
use crate::util::time::Timestamp;

/// Transfers of either kind that one account may have at a time.
const TRANSFERS_MAX: usize = 64;

type Shared<T> = Arc<Mutex<T>>;

/// What is on its way, by the token that is unique in its subjects.
#[derive(Debug, Default)]
pub struct Transfers {
    snapshots: Mutex<BTreeMap<String, Shared<Snapshot>>>,
    restores: Mutex<BTreeMap<String, Shared<Restore>>>,
    /// Names of streams that are being restored.
    names: Mutex<BTreeSet<String>>,
}

/// The transfer that `$JS.SNAPSHOT.<what>.<stream>.<token>…` speaks of, and its token.
fn named<'a, T>(
    transfers: &Mutex<BTreeMap<String, Shared<T>>>,
    subject: &'a [u8],
) -> Option<(&'a str, Shared<T>)> {
    let token = std::str::from_utf8(subject::tokens(subject).nth(4)?).ok()?;
    let transfer = lock(transfers).get(token).cloned()?;
    Some((token, transfer))
}

impl Transfers {
    /// Is a stream of this name being restored?
    pub fn is_restoring(&self, name: &str) -> bool {
        lock(&self.names).contains(name)
    }

    /// Begins a restore, unless there are too many or one of that name already.
    pub fn begin_restore(&self, token: String, name: &str, restore: Restore) -> bool {
        let mut restores = lock(&self.restores);
        if restores.len() >= TRANSFERS_MAX || !lock(&self.names).insert(name.to_owned()) {
            return false;
        }
        restores.insert(token, Arc::new(Mutex::new(restore)));
        true
    }

    /// Is there room for one more snapshot?
    pub fn has_room(&self) -> bool {
        lock(&self.snapshots).len() < TRANSFERS_MAX
    }

    fn end_restore(&self, token: &str, name: &str) {
        lock(&self.restores).remove(token);
        lock(&self.names).remove(name);
    }
}

impl JetStream {
    /// Begins to send a snapshot.
    pub(super) fn begin_snapshot(
        &self,
        now: Timestamp,
        token: &str,
        snapshot: Snapshot,
        outlet: &mut dyn Outlet,
    ) {
        let snapshot = Arc::new(Mutex::new(snapshot));
        lock(&self.transfers.snapshots).insert(token.to_owned(), Arc::clone(&snapshot));
        self.go_on(now, token, &snapshot, outlet);
    }

    /// An answer to a chunk of a snapshot.
    pub(super) fn snapshot_answer(
        &self,
        now: Timestamp,
        message: &Incoming<'_>,
        outlet: &mut dyn Outlet,
    ) -> Received {
        let Some((token, snapshot)) = named(&self.transfers.snapshots, message.subject) else {
            return Received::Nobody;
        };
        lock(&snapshot).answered();
        self.go_on(now, token, &snapshot, outlet);
        Received::Done
    }

    fn go_on(&self, now: Timestamp, token: &str, snapshot: &Shared<Snapshot>, outlet: &mut dyn Outlet) {
        match lock(snapshot).go_on(self, now, outlet) {
            Some(deadline) => self.note_deadline(deadline),
            None => {
                lock(&self.transfers.snapshots).remove(token);
            }
        }
    }

    /// A chunk of a stream that is being restored.
    pub(super) fn restore_chunk(
        &self,
        now: Timestamp,
        message: &Incoming<'_>,
        outlet: &mut dyn Outlet,
    ) -> Received {
        let Some((token, restore)) = named(&self.transfers.restores, message.subject) else {
            return Received::Nobody;
        };
        let mut restore = lock(&restore);
        match restore.chunk(self, now, message, outlet) {
            Some(deadline) => self.note_deadline(deadline),
            None => self.transfers.end_restore(token, restore.name()),
        }
        Received::Done
    }

    /// Does what is due, and says when the next thing is.
    pub(super) fn tick_transfers(&self, now: Timestamp, outlet: &mut dyn Outlet) {
        let snapshots: Vec<_> = lock(&self.transfers.snapshots).clone().into_iter().collect();
        for (token, snapshot) in snapshots {
            self.go_on(now, &token, &snapshot, outlet);
        }
        let restores: Vec<_> = lock(&self.transfers.restores).clone().into_iter().collect();
        for (token, restore) in restores {
            let mut restore = lock(&restore);
            if restore.deadline() > now {
                self.note_deadline(restore.deadline());
            } else {
                tracing::warn!(stream = restore.name(), "restore is stalled");
                restore.give_up();
                self.transfers.end_restore(&token, restore.name());
            }
        }
    }
}
