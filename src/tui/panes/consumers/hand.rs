//! A consumer driven by hand: fetch, then decide about each message. The model is pure; [`Driver`] talks to the
//! server.

use std::time::Duration;

use async_nats::jetstream::{self, consumer};
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::json;

use super::texts;
use crate::client::api::Api;
use crate::client::intake::header_pairs;
use crate::tui::panes::PaneContext;
use crate::tui::panes::task::Shared;
use crate::util::time::Timestamp;

/// Messages that are kept to look at.
const HELD_MAX: usize = 200;
/// How long a fetch waits for a message.
const FETCH_TIME: Duration = Duration::from_secs(1);
/// How long an acknowledgement may take to be confirmed.
const CONFIRM_TIME: Duration = Duration::from_secs(2);
/// How long a consumer of our own lives after we have gone.
const IDLE_TIME: Duration = Duration::from_secs(300);
/// How long it waits for an ack.
const OWN_ACK_WAIT: Duration = Duration::from_secs(30);

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing yet.
    Waiting,
    /// Acknowledged.
    Acked,
    /// Given back, to come again at once or after a while.
    Naked(Duration),
    /// Given up for good.
    Termed,
}

/// What can be said about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It is done.
    Ack,
    /// Again, after so long.
    Nak(Duration),
    /// Never again.
    Term,
    /// Still at it: the time for an ack begins anew.
    Working,
}

impl Word {
    /// As it goes to the server.
    pub fn body(self) -> Bytes {
        match self {
            Word::Ack => Bytes::from_static(b"+ACK"),
            Word::Nak(Duration::ZERO) => Bytes::from_static(b"-NAK"),
            Word::Nak(delay) => format!("-NAK {{\"delay\": {}}}", delay.as_nanos()).into(),
            Word::Term => Bytes::from_static(b"+TERM"),
            Word::Working => Bytes::from_static(b"+WPI"),
        }
    }
}

/// A message that was fetched.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// How often it was delivered, this time included.
    pub deliveries: u64,
    /// Where it was published.
    pub subject: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its payload.
    pub payload: Bytes,
    /// Where words about it go.
    pub ack: String,
    /// When the time for an ack began.
    pub since: Timestamp,
    /// What became of it.
    pub fate: Fate,
}

/// The consumer and what was fetched from it.
#[derive(Debug, Clone, Default)]
pub struct Hand {
    /// The stream.
    pub stream: String,
    /// The consumer; empty until it is made.
    pub consumer: String,
    /// How long it waits for an ack.
    pub ack_wait: Duration,
    /// Fetched messages, oldest first.
    pub held: Vec<Held>,
    /// What happened last, and whether it is bad news.
    pub notice: Option<(String, bool)>,
    /// A fetch is under way.
    pub fetching: bool,
}

impl Hand {
    /// Takes a message that was fetched; the oldest that are done with give way.
    pub fn take(&mut self, held: Held) {
        if self.held.len() >= HELD_MAX {
            let done = self.held.iter().position(|held| held.fate != Fate::Waiting);
            self.held.remove(done.unwrap_or(0));
        }
        self.held.push(held);
    }

    /// How long there is left for an ack; none where nothing is owed, zero where it comes too late.
    pub fn left(&self, held: &Held, now: Timestamp) -> Option<Duration> {
        (held.fate == Fate::Waiting).then(|| self.ack_wait.saturating_sub(now.since(held.since)))
    }

    /// Notes a word that the server has confirmed.
    pub fn note(&mut self, ack: &str, word: Word, now: Timestamp) {
        let Some(held) = self.held.iter_mut().find(|held| held.ack == ack) else {
            return;
        };
        match word {
            Word::Ack => held.fate = Fate::Acked,
            Word::Nak(delay) => held.fate = Fate::Naked(delay),
            Word::Term => held.fate = Fate::Termed,
            Word::Working => held.since = now,
        }
    }
}

/// Speaks to the server for a hand.
#[derive(Clone)]
pub struct Driver {
    context: PaneContext,
    hand: Shared<Hand>,
}

impl Driver {
    /// A driver of this hand.
    pub fn new(context: &PaneContext, hand: &Shared<Hand>) -> Driver {
        Driver {
            context: context.clone(),
            hand: hand.clone(),
        }
    }

    /// Takes an existing pull consumer, or makes one of its own.
    pub async fn begin(self, stream: String, existing: Option<(String, Duration)>) {
        let made = match existing {
            Some((name, ack_wait)) => Ok((name, ack_wait)),
            None => self.make(&stream).await,
        };
        {
            let mut hand = self.hand.lock();
            hand.stream = stream;
            match made {
                Ok((name, ack_wait)) => (hand.consumer, hand.ack_wait) = (name, ack_wait),
                Err(why) => hand.notice = Some((why, true)),
            }
        }
        self.context.waker.wake();
    }

    async fn make(&self, stream: &str) -> Result<(String, Duration), String> {
        let config = consumer::pull::Config {
            name: Some(format!("hand-{}", &nuid::next()[..6])),
            ack_wait: OWN_ACK_WAIT,
            inactive_threshold: IDLE_TIME,
            ..consumer::pull::Config::default()
        };
        let jetstream = jetstream::new(self.context.client.clone());
        let made = jetstream.create_consumer_on_stream(config, stream).await;
        let info = made.map_err(|error| error.to_string())?.cached_info().clone();
        Ok((info.name, OWN_ACK_WAIT))
    }

    /// Fetches so many messages, as many as there are.
    pub async fn fetch(self, batch: usize) {
        self.hand.lock().fetching = true;
        let outcome = self.try_fetch(batch).await;
        {
            let mut hand = self.hand.lock();
            hand.fetching = false;
            hand.notice = Some(match outcome {
                Ok(0) => (texts::nothing_fetched().to_owned(), false),
                Ok(count) => (texts::fetched(count), false),
                Err(why) => (why, true),
            });
        }
        self.context.waker.wake();
    }

    async fn try_fetch(&self, batch: usize) -> Result<usize, String> {
        let (stream, consumer) = {
            let hand = self.hand.lock();
            (hand.stream.clone(), hand.consumer.clone())
        };
        let client = &self.context.client;
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let inbox = client.new_inbox();
        let mut messages = client.subscribe(inbox.clone()).await.map_err(|e| text(&e))?;
        let api = Api::new(client.clone(), FETCH_TIME);
        let subject = format!("{}.CONSUMER.MSG.NEXT.{stream}.{consumer}", api.prefix());
        let body = json!({"batch": batch, "expires": FETCH_TIME.as_nanos() as u64});
        let sent = client.publish_with_reply(subject, inbox, body.to_string().into());
        sent.await.map_err(|e| text(&e))?;
        let deadline = tokio::time::Instant::now() + FETCH_TIME * 2;
        let mut count = 0;
        while count < batch {
            let Ok(Some(message)) = tokio::time::timeout_at(deadline, messages.next()).await else {
                break;
            };
            if let Some(status) = message.status {
                // 404 and 408 say that there was nothing in time, which is no failure.
                return match status.as_u16() {
                    404 | 408 => Ok(count),
                    _ => Err(message
                        .description
                        .map_or_else(|| status.to_string(), |text| text.to_string())),
                };
            }
            if let Some(held) = held(message, &jetstream::new(client.clone())) {
                self.hand.lock().take(held);
                count += 1;
                self.context.waker.wake();
            }
        }
        Ok(count)
    }

    /// Says something about a message, and waits until the server has heard it.
    pub async fn say(self, ack: String, word: Word) {
        let request = async_nats::Request::new()
            .timeout(Some(CONFIRM_TIME))
            .payload(word.body());
        let heard = self.context.client.send_request(ack.clone(), request).await;
        {
            let mut hand = self.hand.lock();
            match heard {
                Ok(_) => hand.note(&ack, word, Timestamp::now()),
                Err(error) => hand.notice = Some((texts::not_heard(&error.to_string()), true)),
            }
        }
        self.context.waker.wake();
    }
}

fn held(message: async_nats::Message, context: &jetstream::Context) -> Option<Held> {
    let ack = message.reply.as_ref()?.to_string();
    let message = jetstream::Message {
        message,
        context: context.clone(),
    };
    let info = message.info().ok()?;
    Some(Held {
        sequence: info.stream_sequence,
        deliveries: u64::try_from(info.delivered).unwrap_or(0),
        ack,
        since: Timestamp::now(),
        fate: Fate::Waiting,
        subject: message.subject.to_string(),
        headers: message.headers.as_ref().map(header_pairs).unwrap_or_default(),
        payload: message.payload.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(n: u64) -> Held {
        Held {
            sequence: n,
            deliveries: 1,
            subject: "a".to_owned(),
            headers: Vec::new(),
            payload: Bytes::new(),
            ack: n.to_string(),
            since: Timestamp::from_nanos(0),
            fate: Fate::Waiting,
        }
    }

    #[test]
    fn the_time_for_an_ack_runs_out_and_begins_anew() {
        let mut hand = Hand {
            ack_wait: Duration::from_secs(30),
            ..Hand::default()
        };
        hand.take(held(1));
        let at = |seconds: i64| Timestamp::from_nanos(seconds * 1_000_000_000);
        let left = |hand: &Hand, now| hand.left(&hand.held[0], at(now)).map(|left| left.as_secs());
        assert_eq!((left(&hand, 10), left(&hand, 40)), (Some(20), Some(0)));
        hand.note("1", Word::Working, at(25));
        assert_eq!(left(&hand, 30), Some(25));
        hand.note("1", Word::Nak(Duration::from_secs(5)), at(26));
        assert_eq!(left(&hand, 30), None);
        assert_eq!(hand.held[0].fate, Fate::Naked(Duration::from_secs(5)));
    }

    #[test]
    fn what_is_done_with_gives_way_first() {
        let mut hand = Hand::default();
        for n in 0..HELD_MAX as u64 {
            hand.take(held(n));
        }
        hand.note("7", Word::Ack, Timestamp::ZERO);
        hand.take(held(999));
        assert_eq!(hand.held.len(), HELD_MAX);
        assert!(hand.held.iter().all(|held| held.sequence != 7) && hand.held[0].sequence == 0);
    }

    #[test]
    fn words_are_those_of_the_protocol() {
        assert_eq!(
            &Word::Nak(Duration::from_secs(1)).body()[..],
            b"-NAK {\"delay\": 1000000000}"
        );
        assert_eq!(&Word::Nak(Duration::ZERO).body()[..], b"-NAK");
        assert_eq!(&Word::Working.body()[..], b"+WPI");
    }
}
