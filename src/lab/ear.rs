//! What no client can hear, told by a broker in the same process: that a request found nobody.
//!
//! A lab never sees the broker. Whoever has one hands in a way to open an [`Ear`]; without it the checks that
//! need one say so.

use std::sync::Arc;

/// Listens to the traffic of the lab's account, from the moment it was opened.
pub trait Ear: Send {
    /// Subjects of the requests that were answered with «no responders» since the last call.
    fn unanswered(&mut self) -> Vec<String>;
}

/// Opens an ear; none when the broker has gone.
pub type OpenEar = Arc<dyn Fn() -> Option<Box<dyn Ear>> + Send + Sync>;
