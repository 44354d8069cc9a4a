//! What was seen on the wire of our own broker, and what became of each message. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::texts;
use crate::broker::{Missed, Observation, Published, TapEvent};
use crate::util::ring::Ring;
use crate::util::time::Timestamp;

/// Lines and messages that are kept, each.
const KEPT_MAX: usize = 2_000;
/// Bytes of the lines.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Connections that can be chosen; of more, the first by their numbers.
const CONNECTIONS_MAX: usize = 1_024;

/// A line on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct WireLine {
    /// When it went.
    pub at: Timestamp,
    /// Whose connection.
    pub connection: u64,
    /// From the client, or to it.
    pub is_from_client: bool,
    /// The line.
    pub text: String,
}

/// A message and what became of it.
#[derive(Debug, Clone)]
pub struct Fate {
    /// When it was published.
    pub at: Timestamp,
    /// By whom.
    pub connection: u64,
    /// Who got it, and who did not.
    pub published: Published,
}

/// Everything that the tap told.
#[derive(Debug)]
pub struct Seen {
    /// The lines.
    pub lines: Ring<Arc<WireLine>>,
    /// The messages.
    pub fates: Ring<Arc<Fate>>,
    /// Connections that spoke or were spoken to, with the number of lines.
    pub connections: BTreeMap<u64, u64>,
    /// What came too fast to be noted.
    pub lost: u64,
    /// False until there is a broker of our own.
    pub is_ours: bool,
}

impl Default for Seen {
    fn default() -> Seen {
        Seen {
            lines: Ring::new(KEPT_MAX, BYTES_MAX),
            fates: Ring::new(KEPT_MAX, BYTES_MAX),
            connections: BTreeMap::new(),
            lost: 0,
            is_ours: false,
        }
    }
}

impl Seen {
    /// Takes what the tap has seen; `own` are the connections of the panes, which are left out.
    pub fn take(&mut self, seen: Vec<Observation>, lost: u64, own: &[u64]) {
        self.lost += lost;
        for observation in seen.into_iter().filter(|seen| !own.contains(&seen.connection)) {
            let (at, connection) = (observation.at, observation.connection);
            let (text, is_from_client) = match observation.event {
                TapEvent::Heard(text) => (text, true),
                TapEvent::Told(text) => (text, false),
                TapEvent::Published(published) => {
                    let weight = published.receivers.len() * 96 + published.subject.len();
                    let fate = Fate {
                        at,
                        connection,
                        published,
                    };
                    self.fates.push(Arc::new(fate), weight);
                    continue;
                }
            };
            if self.connections.len() < CONNECTIONS_MAX || self.connections.contains_key(&connection) {
                *self.connections.entry(connection).or_default() += 1;
            }
            let weight = text.len() + 64;
            let line = WireLine {
                at,
                connection,
                is_from_client,
                text,
            };
            self.lines.push(Arc::new(line), weight);
        }
    }
}

/// How many got a message, and how many of those that wanted it did not.
pub fn counts(published: &Published) -> (usize, usize) {
    let got = published
        .receivers
        .iter()
        .filter(|receiver| receiver.missed.is_none());
    let missed = published
        .receivers
        .iter()
        .filter(|receiver| !matches!(receiver.missed, None | Some(Missed::NoMatch)));
    (got.count(), missed.count())
}

/// Why somebody did not get a message, in a sentence.
pub fn reason(missed: Missed) -> &'static str {
    match missed {
        Missed::NoMatch => texts::no_match(),
        Missed::NotChosen => texts::not_chosen(),
        Missed::NoEcho => texts::no_echo(),
        Missed::Denied => texts::denied(),
        Missed::Closed => texts::closed(),
        Missed::Exceeded => texts::exceeded(),
        Missed::Slow => texts::slow(),
        Missed::Gone => texts::gone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Receiver;

    #[test]
    fn lines_and_messages_are_kept_apart_and_the_panes_own_left_out() {
        let receiver = |missed| Receiver {
            connection: 5,
            sid: "1".to_owned(),
            pattern: "a".to_owned(),
            queue: None,
            missed,
        };
        let published = Published {
            subject: "a".to_owned(),
            receivers: vec![
                receiver(None),
                receiver(Some(Missed::NotChosen)),
                receiver(Some(Missed::NoMatch)),
            ],
            ..Published::default()
        };
        let seen = |connection, event| Observation {
            at: Timestamp::ZERO,
            connection,
            event,
        };
        let mut all = Seen::default();
        all.take(
            vec![
                seen(3, TapEvent::Heard("PUB a 2".to_owned())),
                seen(1, TapEvent::Heard("PING".to_owned())),
                seen(3, TapEvent::Published(published)),
                seen(5, TapEvent::Told("MSG a 1 2".to_owned())),
            ],
            4,
            &[1],
        );
        assert_eq!((all.lines.len(), all.fates.len(), all.lost), (2, 1, 4));
        assert_eq!(all.connections.keys().copied().collect::<Vec<_>>(), [3, 5]);
        assert_eq!(counts(&all.fates.get(0).unwrap().published), (1, 1));
    }
}
