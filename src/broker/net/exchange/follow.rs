//! What a message trace sees beyond the border (ADR-41).

use std::cell::RefCell;

use crate::broker::jetstream::Rehearsal;
use crate::broker::net::desk::Fate;

/// What a message trace notes beyond the border.
#[derive(Debug, Default)]
pub struct Follow {
    /// Nobody gets the message: only its way is wanted.
    pub only: bool,
    /// Step by step.
    pub steps: RefCell<Vec<Step>>,
}

/// One step beyond the border.
#[derive(Debug)]
pub enum Step {
    /// It passed on to a service.
    Service {
        /// The account that exports it.
        account: String,
        /// The subject here.
        from: Vec<u8>,
        /// The subject there.
        to: Vec<u8>,
    },
    /// It was sent to a client there, or was not.
    Left(Fate),
    /// A stream there was offered it.
    Stored(Rehearsal),
}
