//! Hears on our own broker which requests of a lab's account found nobody.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use super::room::BrokerSlot;
use crate::broker::{Handle, Observation, Tap, TapEvent as Event};
use crate::lab::ear::{Ear, OpenEar};

/// Requests that may be waiting for an answer; with more, the listening begins anew.
const WAITING_MAX: usize = 4096;
/// How the server's answer begins that there is nobody.
const NO_RESPONDERS: &str = "NATS/1.0 503";

/// A way to listen to an account for as long as the broker is in its slot.
pub fn opener(slot: &BrokerSlot, account: String) -> OpenEar {
    let slot = Arc::clone(slot);
    Arc::new(move || {
        let held = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let tap = held.as_ref()?.tap();
        Some(Box::new(TapEar {
            slot: Arc::clone(&slot),
            account: account.clone(),
            tap,
            requests: Requests::default(),
        }))
    })
}

struct TapEar {
    slot: BrokerSlot,
    account: String,
    tap: Tap,
    requests: Requests,
}

impl Ear for TapEar {
    fn unanswered(&mut self) -> Vec<String> {
        let (seen, _) = self.tap.take();
        let unanswered = self.requests.take(&seen);
        if unanswered.is_empty() {
            return Vec::new();
        }
        let held = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(broker) = held.as_ref() else {
            return Vec::new();
        };
        let own = connections_of(broker, &self.account);
        let own = unanswered
            .into_iter()
            .filter(|(connection, _)| own.contains(connection));
        own.map(|(_, subject)| subject).collect()
    }
}

/// Those of an account, also those that have just ended.
fn connections_of(broker: &Handle, account: &str) -> HashSet<u64> {
    let all = broker
        .connections()
        .into_iter()
        .chain(broker.closed_connections());
    all.filter(|connection| connection.account == account)
        .map(|connection| connection.id)
        .collect()
}

/// Requests on the wire that have not been answered yet: connection and inbox, and their subject.
#[derive(Default)]
struct Requests {
    waiting: HashMap<(u64, String), String>,
    /// The inbox whose message comes next on this connection.
    told: HashMap<u64, String>,
}

impl Requests {
    /// Follows the wire; connection and subject of those that found nobody.
    fn take(&mut self, seen: &[Observation]) -> Vec<(u64, String)> {
        let mut unanswered = Vec::new();
        for Observation {
            connection, event, ..
        } in seen
        {
            match event {
                Event::Heard(text) => self.hear(*connection, text),
                Event::Told(text) => unanswered.extend(self.tell(*connection, text)),
                Event::Published(_) => {}
            }
        }
        unanswered
    }

    fn hear(&mut self, connection: u64, text: &str) {
        let words: Vec<&str> = text.split(' ').collect();
        let (subject, inbox) = match words[..] {
            ["PUB", subject, inbox, _] | ["HPUB", subject, inbox, _, _] => (subject, inbox),
            _ => return,
        };
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.clear();
        }
        self.waiting
            .insert((connection, inbox.to_owned()), subject.to_owned());
    }

    fn tell(&mut self, connection: u64, text: &str) -> Option<(u64, String)> {
        let mut words = text.split(' ');
        if matches!(words.next(), Some("MSG" | "HMSG"))
            && let Some(inbox) = words.next()
        {
            self.told.insert(connection, inbox.to_owned());
            return None;
        }
        let inbox = self.told.remove(&connection)?;
        let subject = self.waiting.remove(&(connection, inbox))?;
        text.trim_start_matches('"')
            .starts_with(NO_RESPONDERS)
            .then_some((connection, subject))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::time::Timestamp;

    fn seen(connection: u64, event: Event) -> Observation {
        Observation {
            at: Timestamp::now(),
            connection,
            event,
        }
    }

    #[test]
    fn a_request_that_found_nobody_is_told_from_one_that_was_answered() {
        let heard = |connection, text: &str| seen(connection, Event::Heard(text.to_owned()));
        let told = |connection, text: &str| seen(connection, Event::Told(text.to_owned()));
        let mut requests = Requests::default();
        let unanswered = requests.take(&[
            heard(1, "PUB commands _INBOX.a.1 6"),
            heard(1, "\"status\""),
            told(1, "HMSG _INBOX.a.1 1 16 16"),
            told(1, "\"NATS/1.0 503\\r\\n\\r\\n\""),
            heard(2, "PUB commands _INBOX.b.1 6"),
            told(2, "MSG _INBOX.b.1 1 2"),
            told(2, "\"ok\""),
            heard(3, "PUB commands 6"),
        ]);
        assert_eq!(unanswered, [(1, "commands".to_owned())]);
    }
}
