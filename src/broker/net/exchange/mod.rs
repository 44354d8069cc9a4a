//! What passes from one account to another: streams that one exports and another imports, and services that are
//! asked across the border.
//!
//! ```text
//!  stream import   a subscription of the importer casts a Shadow into the exporter's tree: a message there finds it
//!                  like any subscriber, and the route remembers what its subject is called here
//!  service import  stands in the importer's tree under its own subject; whoever publishes there has the message
//!                  delivered in the exporter's account, with a reply `_R_.…` that leads back
//!  answer          a message to `_R_.…` is looked up in the exporter's table and delivered to whoever asked
//! ```
//!
//! Ordinary messages pay nothing for any of this. All three are found by the subject tree and kept in the routes
//! that connections and workers remember (`route`), so that a publish to a subject that crosses no border does not
//! look at accounts at all: it sees one empty pointer in its route. Start with [`service`], then [`answers`].
//!
//! Must not: know sockets, or call JetStream while somebody else's stream may be locked. A message that JetStream
//! sends reaches other accounts' streams by way of the desk's aftermath.

mod answers;
mod follow;
mod info;
mod install;
mod latency;
mod service;
mod shadow;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

pub use answers::{Alarm, Answer, Answers};
pub use follow::{Follow, Step};
pub use install::{forget, install, remove, sweep};
pub use service::{Abroad, Origin, ServiceImport};
pub use shadow::{Cast, Receiver, Shadow, StreamImport, cast, withdraw};

/// Bindings of ours have ids between those of subscriptions, which count up from 1, and those of the server itself.
const FIRST_BINDING: u64 = 1 << 62;

/// A number that no other binding of ours has.
fn next_binding() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(FIRST_BINDING);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// One account's part in it.
#[derive(Debug, Default)]
pub struct Exchange {
    streams: RwLock<Arc<Vec<Arc<StreamImport>>>>,
    services: Mutex<Vec<(u64, Arc<ServiceImport>)>>,
    /// Answers that are expected in this account, and those that it waits for itself.
    pub answers: Answers,
}

impl Exchange {
    /// The streams of others that come to this account.
    pub fn streams(&self) -> Arc<Vec<Arc<StreamImport>>> {
        self.streams
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn services(&self) -> MutexGuard<'_, Vec<(u64, Arc<ServiceImport>)>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does an import take requests to all of these subjects away from whoever answers them otherwise?
    pub fn takes(&self, subject: &[u8]) -> bool {
        self.services()
            .iter()
            .any(|(_, import)| crate::proto::subject::is_subset(subject, import.options.local.as_bytes()))
    }
}
