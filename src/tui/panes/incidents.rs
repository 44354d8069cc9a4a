//! What the connection of the panes complained about.
//!
//! A server refuses a subscription or a publish behind the back of whoever asked: the error comes
//! as an event of the connection. So do messages that the client library dropped. Both are kept here,
//! where the panes look, instead of being hidden.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_nats::{Event, ServerError};

/// The most characters kept of a server's complaint.
const TEXT_CHARS_MAX: usize = 300;

/// Counts and remembers. Clones share one memory.
#[derive(Debug, Clone, Default)]
pub struct Incidents(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    dropped: AtomicU64,
    disconnects: AtomicU64,
    refusals: AtomicU64,
    last_refusal: Mutex<Option<String>>,
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
            Event::Disconnected => {
                self.0.disconnects.fetch_add(1, Ordering::Relaxed);
            }
            Event::ServerError(ServerError::Other(text)) if text.to_lowercase().contains("permissions") => {
                *self.last() = Some(text.chars().take(TEXT_CHARS_MAX).collect());
                self.0.refusals.fetch_add(1, Ordering::Release);
            }
            _ => {}
        }
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

    /// How often the server refused for want of permission.
    pub fn refusals(&self) -> u64 {
        self.0.refusals.load(Ordering::Acquire)
    }

    /// The last refusal in the server's words, when it came after the first `seen` and names `subject`.
    pub fn refusal_since(&self, seen: u64, subject: &str) -> Option<String> {
        if self.refusals() <= seen {
            return None;
        }
        self.last().clone().filter(|text| text.contains(subject))
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.last_refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_found_by_its_subject_and_only_when_new() {
        let incidents = Incidents::new();
        let text = "Permissions Violation for Subscription to \"secret.>\"";
        let seen = incidents.refusals();
        incidents.note(&Event::ServerError(ServerError::Other(text.to_owned())));
        assert_eq!(
            incidents.refusal_since(seen, "\"secret.>\""),
            Some(text.to_owned())
        );
        assert_eq!(incidents.refusal_since(seen, "\"open.>\""), None);
        assert_eq!(incidents.refusal_since(seen + 1, "\"secret.>\""), None);
        incidents.note(&Event::SlowConsumer(3));
        assert_eq!(incidents.dropped(), 1);
    }
}
