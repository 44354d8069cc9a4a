//! How fast a consumer is given messages, compared with how fast they were stored.
//!
//! Both are in a delivery itself: its reply subject says when the message was stored
//! (`$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`, with a domain and
//! an account after `ACK` in the second version, ADR-15).

use std::time::Duration;

use async_nats::{Client, Subscriber};
use futures_util::StreamExt;
use tokio::time::Instant;

use super::Notes;

/// Where clients have the messages of pull consumers sent.
const INBOXES: &str = "_INBOX.>";
/// Messages that were stored this close together tell nothing of a tempo.
const GAP_MIN: Duration = Duration::from_millis(20);

/// The time between neighbours in a stream: as they were stored, and as they were delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tempo {
    /// The sum of the gaps when they were stored.
    pub stored: Duration,
    /// The sum of the same gaps when they were delivered.
    pub delivered: Duration,
    /// How many gaps.
    pub gaps: u64,
    last: Option<Delivery>,
}

/// A message on its way to a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Delivery {
    sequence: u64,
    stored_nanos: u64,
    at: Instant,
}

impl Tempo {
    fn hear(&mut self, delivery: Delivery) {
        if let Some(last) = self.last.replace(delivery) {
            // Once more from an earlier message: a new try, which the old one shall not spoil.
            if delivery.sequence <= last.sequence {
                *self = Tempo {
                    last: self.last,
                    ..Tempo::default()
                };
                return;
            }
            let stored = Duration::from_nanos(delivery.stored_nanos.saturating_sub(last.stored_nanos));
            if delivery.sequence == last.sequence + 1 && stored >= GAP_MIN {
                self.stored += stored;
                self.delivered += delivery.at.duration_since(last.at);
                self.gaps += 1;
            }
        }
    }

    /// The time that deliveries took, as a share of the time that storing took; none before the first gap.
    pub fn share(&self) -> Option<f64> {
        (self.gaps > 0).then(|| self.delivered.as_secs_f64() / self.stored.as_secs_f64())
    }
}

/// Listens for what a consumer is given.
pub(super) async fn listen(client: &Client) -> Option<Subscriber> {
    client.subscribe(INBOXES).await.ok()
}

/// Follows what the consumer is given.
pub(super) async fn follow(mut deliveries: Subscriber, stream: String, consumer: String, notes: Notes) {
    while let Some(message) = deliveries.next().await {
        let at = Instant::now();
        let Some(reply) = message.reply else { continue };
        if let Some((sequence, stored_nanos)) = stored(&reply, &stream, &consumer) {
            notes.note(|heard| {
                heard.tempo.hear(Delivery {
                    sequence,
                    stored_nanos,
                    at,
                });
            });
        }
    }
}

/// Sequence and time of the message that is acknowledged on this subject, if it is one of the consumer's.
fn stored(reply: &str, stream: &str, consumer: &str) -> Option<(u64, u64)> {
    let tokens: Vec<&str> = reply.strip_prefix("$JS.ACK.")?.split('.').collect();
    let own = match tokens.len() {
        7 => &tokens[..],
        9.. => &tokens[2..],
        _ => return None,
    };
    let is_own = own[0] == stream && own[1] == consumer;
    is_own.then_some(())?;
    Some((own[3].parse().ok()?, own[5].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_compared_and_others_are_not() {
        let begin = Instant::now();
        let mut tempo = Tempo::default();
        assert_eq!(tempo.share(), None);
        // Stored at 0, 0, 100, 200, 300 and (after a hole) 900 ms; delivered twice as fast.
        for (sequence, stored, at) in [
            (1, 0, 0),
            (2, 0, 0),
            (3, 100, 50),
            (4, 200, 100),
            (5, 300, 150),
            (9, 900, 160),
        ] {
            tempo.hear(Delivery {
                sequence,
                stored_nanos: stored * 1_000_000,
                at: begin + Duration::from_millis(at),
            });
        }
        assert_eq!(tempo.gaps, 3);
        assert_eq!(tempo.share(), Some(0.5));
        for (sequence, stored, at) in [(2, 0, 500), (3, 100, 600)] {
            tempo.hear(Delivery {
                sequence,
                stored_nanos: stored * 1_000_000,
                at: begin + Duration::from_millis(at),
            });
        }
        assert_eq!((tempo.gaps, tempo.share()), (1, Some(1.0)));
    }

    #[test]
    fn only_the_consumers_own_deliveries_count() {
        for (reply, expected) in [
            ("$JS.ACK.FILM.kino.1.7.3.1700.4", Some((7, 1700))),
            ("$JS.ACK._.hash.FILM.kino.1.7.3.1700.4.token", Some((7, 1700))),
            ("$JS.ACK.FILM.hopp.1.7.3.1700.4", None),
            ("$JS.ACK.TEATER.kino.1.7.3.1700.4", None),
            ("$JS.ACK.FILM.kino.1.x.3.1700.4", None),
            ("$JS.ACK.FILM.kino", None),
            ("_INBOX.a", None),
        ] {
            assert_eq!(stored(reply, "FILM", "kino"), expected, "{reply}");
        }
    }
}
