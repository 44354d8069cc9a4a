//! Waiting for the medium while no stream is locked.
//!
//! [`JetStream::tick`] finds what is due. Whoever ticks lets each [`PendingSync`] wait for the medium where that
//! holds up nobody else, and hands what came of it to [`JetStream::end_sync`].

use std::sync::Arc;

use super::Outlet;
use super::account::JetStream;
use super::cell::StreamCell;
use super::copying::Copied;
use crate::broker::store::{StoreError, Syncing};
use crate::util::time::Timestamp;

/// What a stream has for the medium.
#[derive(Debug)]
pub struct PendingSync {
    pub(super) cell: Arc<StreamCell>,
    pub(super) syncing: Syncing,
    /// What other streams may let go of then.
    pub(super) copied: Vec<Copied>,
}

/// What came of it.
#[derive(Debug)]
pub struct EndedSync {
    cell: Arc<StreamCell>,
    copied: Vec<Copied>,
    how: Result<(), StoreError>,
}

impl PendingSync {
    /// Waits for the medium.
    pub fn run(self) -> EndedSync {
        EndedSync {
            how: self.syncing.run(),
            cell: self.cell,
            copied: self.copied,
        }
    }

    /// The medium fails.
    #[cfg(test)]
    pub fn fail(self) -> EndedSync {
        EndedSync {
            how: Err(StoreError::Unreadable("the medium".to_owned())),
            cell: self.cell,
            copied: self.copied,
        }
    }
}

impl JetStream {
    /// The stream goes on, if it is still there.
    pub fn end_sync(&self, now: Timestamp, ended: EndedSync, outlet: &mut dyn Outlet) {
        let cell = &ended.cell;
        let went_well = ended.how.is_ok();
        let copies = self.with_cell(cell, |stream| {
            stream.end_sync(now, ended.how, &self.usage, outlet);
            // While it waited it copied nothing.
            stream.waits_for_medium() && !stream.copies().origins().is_empty()
        });
        if went_well {
            for copied in &ended.copied {
                self.let_go_of_copied(now, cell, copied, outlet);
            }
        }
        if copies == Some(true) {
            cell.wake_copy();
            self.be_due_at_once();
        }
        if copies.is_some() {
            self.wake_followers(cell.name());
        }
    }
}
