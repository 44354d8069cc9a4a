//! What has happened since a step began: a subscription, or a task of its own, for every check that needs it.
//!
//! [`Watch::start`] begins, [`Watch::heard`] tells. `replies.rs` pairs requests with their answers, `orders.rs`
//! sends requests itself, `tempo.rs` takes the time of deliveries. A watch ends when it is dropped.

mod orders;
mod replies;
mod tempo;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{Client, Message};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::check::Kind;
use super::compare::{Expected, shorten};
use super::ear::{Ear, OpenEar};
use super::spawn;
pub use tempo::Tempo;

/// Messages whose time is kept, for checks that want many of them within a time.
const TIMES_MAX: usize = 10_000;

/// What one check has heard.
#[derive(Debug, Clone)]
pub struct Heard {
    /// What fits.
    pub fitting: u64,
    /// The last that did not, on a line.
    pub other: Option<String>,
    /// When the last message came, or the watch began.
    pub last: Instant,
    /// When those that fit came.
    times: VecDeque<Instant>,
    /// Requests that had to be sent again.
    pub again: u64,
    /// Who answered how often.
    pub by: BTreeMap<String, u64>,
    /// How fast a consumer was given its messages.
    pub tempo: Tempo,
}

impl Heard {
    fn new() -> Heard {
        Heard {
            fitting: 0,
            other: None,
            last: Instant::now(),
            times: VecDeque::new(),
            again: 0,
            by: BTreeMap::new(),
            tempo: Tempo::default(),
        }
    }

    fn hear(&mut self, fits: bool, message: &Message) {
        self.last = Instant::now();
        match fits {
            true => self.count(),
            false => self.other = Some(line(message)),
        }
    }

    fn count(&mut self) {
        self.fitting += 1;
        if self.times.len() == TIMES_MAX {
            self.times.pop_front();
        }
        self.times.push_back(Instant::now());
    }

    /// The most that fitted within any such time.
    pub fn most_within(&self, time: Duration) -> u64 {
        let mut most = 0;
        let mut first = 0;
        for (index, at) in self.times.iter().enumerate() {
            while at.duration_since(self.times[first]) > time {
                first += 1;
            }
            most = most.max(index - first + 1);
        }
        most as u64
    }
}

/// A running watch.
pub struct Watch {
    heard: Arc<Mutex<Heard>>,
    task: Option<AbortHandle>,
    ear: Option<Mutex<Box<dyn Ear>>>,
    subject: String,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Watch {
    /// Begins to watch, for checks that need it; `news` is told of each message.
    pub async fn start(
        client: &Client,
        kind: &Kind,
        news: Arc<Notify>,
        open_ear: Option<&OpenEar>,
    ) -> Option<Watch> {
        let heard = Arc::new(Mutex::new(Heard::new()));
        let notes = Notes {
            heard: heard.clone(),
            news,
        };
        let mut ear = None;
        let task = match kind {
            Kind::Published { subject, .. } | Kind::Silence { subject, .. } => {
                let mut messages = client.subscribe(subject.clone()).await.ok()?;
                let kind = kind.clone();
                Some(spawn(async move {
                    while let Some(message) = messages.next().await {
                        let fits = fits(&kind, &message);
                        notes.note(|heard| heard.hear(fits, &message));
                    }
                }))
            }
            Kind::Replied {
                subject,
                payload,
                latency,
            } => {
                let pairs = replies::Pairs::open(client, subject).await?;
                Some(spawn(pairs.follow(payload.clone(), *latency, notes)))
            }
            Kind::Orders {
                subject,
                payload,
                every,
                ..
            } => {
                let (subject, payload) = (subject.clone(), payload.clone());
                let orders = orders::send(client.clone(), subject, payload, *every, notes);
                Some(spawn(orders))
            }
            Kind::Tempo { stream, consumer, .. } => {
                let deliveries = tempo::listen(client).await?;
                let follow = tempo::follow(deliveries, stream.clone(), consumer.clone(), notes);
                Some(spawn(follow))
            }
            Kind::NoResponders { .. } => {
                ear = Some(Mutex::new(open_ear?()?));
                None
            }
            _ => return None,
        };
        let subject = match kind {
            Kind::NoResponders { subject } => subject.clone(),
            _ => String::new(),
        };
        Some(Watch {
            heard,
            task: task.map(|task| task.abort_handle()),
            ear,
            subject,
        })
    }

    /// What it has heard so far.
    pub fn heard(&self) -> Heard {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ear) = &self.ear {
            let subjects = ear.lock().unwrap_or_else(PoisonError::into_inner).unanswered();
            heard.fitting += subjects
                .iter()
                .filter(|subject| **subject == self.subject)
                .count() as u64;
        }
        heard.clone()
    }
}

/// Where a watch's task writes down what it hears.
struct Notes {
    heard: Arc<Mutex<Heard>>,
    news: Arc<Notify>,
}

impl Notes {
    fn note(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        self.news.notify_one();
    }
}

fn fits(kind: &Kind, message: &Message) -> bool {
    let Kind::Published { payload, header, .. } = kind else {
        return false;
    };
    let has_header = header.as_ref().is_none_or(|(name, expected)| {
        let value = message.headers.as_ref().and_then(|all| all.get(name.as_str()));
        expected.accepts(&value.map_or(Value::Null, |value| value.as_str().into()))
    });
    has_header && has_payload(payload.as_ref(), message)
}

fn has_payload(payload: Option<&Expected>, message: &Message) -> bool {
    payload.is_none_or(|expected| expected.accepts(&text(message).into()))
}

fn text(message: &Message) -> String {
    String::from_utf8_lossy(&message.payload).into_owned()
}

fn line(message: &Message) -> String {
    shorten(&format!("{}: {}", message.subject, text(message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_close_together_is_counted_together() {
        let mut heard = Heard::new();
        let begin = Instant::now();
        heard.times = [0, 10, 11, 12, 30]
            .map(|seconds| begin + Duration::from_secs(seconds))
            .into();
        assert_eq!(heard.most_within(Duration::from_secs(2)), 3);
        assert_eq!(heard.most_within(Duration::from_secs(60)), 5);
    }
}
