//! One request, and every answer that comes within the wait.

use std::time::{Duration, Instant};

use async_nats::StatusCode;
use bytes::Bytes;
use futures_util::StreamExt;

use crate::client::intake::header_pairs;
use crate::tui::panes::PaneContext;
use crate::tui::panes::request::latency::Latencies;
use crate::tui::panes::task::Shared;
use crate::util::ring::Ring;

/// The most answers kept of one request; the newest stay.
pub const REPLIES_MAX: usize = 1_000;
/// The most bytes of them.
pub const REPLIES_BYTES_MAX: usize = 8 * 1024 * 1024;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Which answer to its request, from 1.
    pub number: u64,
    /// From publishing the request until the answer was here.
    pub latency: Duration,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its payload.
    pub payload: Box<[u8]>,
}

/// How a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was asked yet.
    Idle,
    /// The wait is on.
    Waiting,
    /// The server says that nobody subscribes.
    NoResponders,
    /// The wait is over; there were answers or not.
    Over,
    /// Ended by the user.
    Stopped,
    /// It could not be sent.
    Failed(String),
}

/// The last request and its answers.
#[derive(Debug)]
pub struct Exchange {
    /// How it stands.
    pub outcome: Outcome,
    /// How long answers are awaited.
    pub wait: Duration,
    /// Requests sent since the pane was opened.
    pub requests: u64,
    /// How many answers the last request got.
    pub answers: u64,
    /// The newest of them.
    pub replies: Ring<Reply>,
    /// How long answers took, over requests.
    pub latencies: Latencies,
}

impl Default for Exchange {
    fn default() -> Self {
        Exchange {
            outcome: Outcome::Idle,
            wait: Duration::ZERO,
            requests: 0,
            answers: 0,
            replies: Ring::new(REPLIES_MAX, REPLIES_BYTES_MAX),
            latencies: Latencies::default(),
        }
    }
}

impl Exchange {
    /// Forgets the last request; a new one waits for answers. Gives its number.
    pub fn begin(&mut self, wait: Duration) -> u64 {
        self.outcome = Outcome::Waiting;
        self.wait = wait;
        self.requests += 1;
        self.answers = 0;
        self.replies.clear();
        self.requests
    }

    /// Takes an answer.
    pub fn answer(&mut self, latency: Duration, headers: Vec<(String, String)>, payload: &[u8]) {
        self.answers += 1;
        self.latencies.push(latency);
        let weight = payload.len() + 128;
        let reply = Reply {
            number: self.answers,
            latency,
            headers,
            payload: payload.into(),
        };
        self.replies.push(reply, weight);
    }
}

/// Sends the request and takes answers until the wait is over.
pub async fn run(
    context: PaneContext,
    subject: String,
    payload: Bytes,
    wait: Duration,
    exchange: Shared<Exchange>,
) {
    let outcome = ask(&context, subject, payload, wait, &exchange).await;
    exchange.lock().outcome = outcome.unwrap_or_else(Outcome::Failed);
    context.waker.wake();
}

async fn ask(
    context: &PaneContext,
    subject: String,
    payload: Bytes,
    wait: Duration,
    exchange: &Shared<Exchange>,
) -> Result<Outcome, String> {
    let refusals = context.incidents.refusals();
    let inbox = context.client.new_inbox();
    let subscription = context.client.subscribe(inbox.clone()).await;
    let mut answers = subscription.map_err(|e| e.to_string())?;
    let asked = Instant::now();
    let sent = context
        .client
        .publish_with_reply(subject.clone(), inbox, payload)
        .await;
    sent.map_err(|e| e.to_string())?;
    let deadline = tokio::time::Instant::from_std(asked) + wait;
    while let Ok(message) = tokio::time::timeout_at(deadline, answers.next()).await {
        let latency = asked.elapsed();
        let message = message.ok_or(crate::tui::panes::texts::connection_closed())?;
        if message.status == Some(StatusCode::NO_RESPONDERS) {
            return Ok(Outcome::NoResponders);
        }
        let headers = message.headers.as_ref().map(header_pairs).unwrap_or_default();
        exchange.lock().answer(latency, headers, &message.payload);
        context.waker.wake();
    }
    match context.incidents.refusal_since(refusals, &subject) {
        Some(refusal) => Err(refusal),
        None => Ok(Outcome::Over),
    }
}
