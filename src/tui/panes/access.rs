//! Whether panes may change anything on the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::tui::panes::texts;

/// Whether anything may be changed. Clones share one answer, so that it can be given for all panes at once.
#[derive(Debug, Clone)]
pub struct Access(Arc<AtomicBool>);

/// Something was to be changed that may only be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", texts::read_only())]
pub struct ReadOnly;

impl Access {
    /// Everything may be changed.
    pub fn full() -> Access {
        Access(Arc::new(AtomicBool::new(true)))
    }

    /// Nothing may be changed until it is allowed.
    pub fn read_only() -> Access {
        Access(Arc::new(AtomicBool::new(false)))
    }

    /// Allows or forbids changes.
    pub fn allow(&self, writes: bool) {
        self.0.store(writes, Ordering::Relaxed);
    }

    /// True while changes are allowed.
    pub fn may_write(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// To be asked before anything is changed.
    ///
    /// # Errors
    /// Changes are not allowed.
    pub fn check(&self) -> Result<(), ReadOnly> {
        match self.may_write() {
            true => Ok(()),
            false => Err(ReadOnly),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_holds_for_every_pane() {
        let access = Access::read_only();
        let pane = access.clone();
        assert_eq!(pane.check(), Err(ReadOnly));
        assert!(ReadOnly.to_string().contains("ctrl+r"));
        access.allow(true);
        assert_eq!(pane.check(), Ok(()));
    }
}
