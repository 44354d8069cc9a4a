//! What the connection of the panes complained about.
//!
//! A server refuses a subscription or a publish behind the back of whoever asked: the error comes
//! as an event of the connection. So do messages that the client library dropped. Both are kept here,
//! where the panes look, instead of being hidden.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{Event, ServerError};

use crate::client::intake::Incident;

/// The most characters kept of a server's complaint.
const TEXT_CHARS_MAX: usize = 300;
/// The most complaints kept; several panes may be refused at the same time.
const REFUSALS_MAX: usize = 16;

/// Counts and remembers. Clones share one memory.
#[derive(Debug, Clone, Default)]
pub struct Incidents(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    dropped: AtomicU64,
    disconnects: AtomicU64,
    refusals: Mutex<Refusals>,
    away: Mutex<Away>,
}

/// How it goes to come back to a server that is away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Away {
    /// Attempts so far.
    pub attempts: usize,
    /// Why the last one failed, in plain words; empty where that is not known.
    pub why: String,
}

/// What never reached a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// Messages that the client library dropped, at least.
    pub dropped: u64,
    /// Times that the connection was lost. What was sent meanwhile is missing.
    pub disconnects: u64,
}

impl Losses {
    /// What was lost after `before`.
    #[must_use]
    pub fn since(self, before: Losses) -> Losses {
        Losses {
            dropped: self.dropped.saturating_sub(before.dropped),
            disconnects: self.disconnects.saturating_sub(before.disconnects),
        }
    }

    /// True where anything was.
    pub fn any(self) -> bool {
        self.dropped > 0 || self.disconnects > 0
    }
}

/// How many there were, and the newest.
#[derive(Debug, Default)]
struct Refusals {
    count: u64,
    newest: VecDeque<String>,
}

impl Incidents {
    /// Nothing happened yet.
    pub fn new() -> Incidents {
        Incidents::default()
    }

    /// Takes note of an event of the connection. Never blocks.
    pub fn note(&self, event: &Event) {
        match event {
            Event::SlowConsumer(_) => {
                self.0.dropped.fetch_add(1, Ordering::Relaxed);
            }
            Event::Disconnected => self.lost(),
            Event::ServerError(ServerError::Other(text)) => self.complained(text),
            _ => {}
        }
    }

    /// The same for a connection that only listens.
    pub fn note_intake(&self, incident: &Incident) {
        match incident {
            Incident::Lost => self.lost(),
            Incident::Complaint(text) => self.complained(text),
        }
    }

    fn lost(&self) {
        self.0.disconnects.fetch_add(1, Ordering::Relaxed);
    }

    fn complained(&self, text: &str) {
        if !text.to_lowercase().contains("permissions") {
            return;
        }
        let mut refusals = self.lock();
        refusals.count += 1;
        if refusals.newest.len() == REFUSALS_MAX {
            refusals.newest.pop_front();
        }
        let text = text.chars().take(TEXT_CHARS_MAX).collect();
        refusals.newest.push_back(text);
    }

    /// At least so many messages were dropped before a pane saw them. The library's own events are
    /// dropped too when they come too fast, so the true number may be higher.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// How often the connection was lost. What was sent meanwhile is missing in every pane.
    pub fn disconnects(&self) -> u64 {
        self.0.disconnects.load(Ordering::Relaxed)
    }

    /// So many attempts were made to come back.
    pub fn note_attempts(&self, attempts: usize) {
        self.away().attempts = attempts;
    }

    /// Why the last attempt failed, in plain words.
    pub fn note_why(&self, why: String) {
        self.away().why = why;
    }

    /// How it goes to come back.
    pub fn going(&self) -> Away {
        self.away().clone()
    }

    fn away(&self) -> MutexGuard<'_, Away> {
        self.0.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often the server refused for want of permission.
    pub fn refusals(&self) -> u64 {
        self.lock().count
    }

    /// The newest refusal in the server's words that came after the first `seen` and names `subject`.
    pub fn refusal_since(&self, seen: u64, subject: &str) -> Option<String> {
        let refusals = self.lock();
        let new = usize::try_from(refusals.count.saturating_sub(seen)).unwrap_or(usize::MAX);
        let quoted = format!("\"{subject}\"");
        let mut newest = refusals.newest.iter().rev().take(new);
        newest.find(|text| text.contains(&quoted)).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Refusals> {
        self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_found_by_its_subject_and_only_when_new() {
        let incidents = Incidents::new();
        let text = |subject| format!("Permissions Violation for Subscription to \"{subject}\"");
        let refuse = |subject| {
            incidents.note(&Event::ServerError(ServerError::Other(text(subject))));
        };
        let seen = incidents.refusals();
        refuse("secret.>");
        refuse("other");
        assert_eq!(incidents.refusal_since(seen, "secret.>"), Some(text("secret.>")));
        assert_eq!(incidents.refusal_since(seen, "open.>"), None);
        assert_eq!(incidents.refusal_since(seen + 1, "secret.>"), None);
        for _ in 0..REFUSALS_MAX {
            refuse("other");
        }
        assert_eq!(incidents.refusal_since(seen, "secret.>"), None, "pushed out");
        incidents.note(&Event::SlowConsumer(3));
        incidents.note_intake(&Incident::Lost);
        incidents.note_intake(&Incident::Complaint("'Stale Connection'".to_owned()));
        assert_eq!((incidents.dropped(), incidents.disconnects()), (1, 1));
    }
}
