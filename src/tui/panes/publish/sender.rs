//! The task that publishes a run of messages.
//!
//! A message that no stream takes is published plainly, without a reply subject. Whether a stream takes
//! the subject is asked once and remembered for a moment, and waited for only briefly, so that core
//! publishing goes on where JetStream is slow or out of reach.

use crate::tui::panes::publish::texts;
use std::time::{Duration, Instant};

use async_nats::{Client, StatusCode, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use jiff::tz::TimeZone;
use tokio::time::timeout;

use crate::client::templates::{Moment, Random};
use crate::tui::panes::PaneContext;
use crate::tui::panes::jetstream::JetStream;
use crate::tui::panes::publish::order::{Order, Rendered};
use crate::tui::panes::publish::pace::Pace;
use crate::tui::panes::publish::progress::{Ack, Progress};
use crate::tui::panes::task::{PULSE, Shared};

/// How long the first message of a run waits to learn about streams.
const LOOKUP_MAX: Duration = Duration::from_millis(150);
/// How long an answer about streams is believed.
const LOOKUP_LIFE: Duration = Duration::from_secs(2);
/// How long a silent JetStream is not asked again.
const SILENCE_LIFE: Duration = Duration::from_secs(30);
/// The most messages of a stream under way without an ack.
const IN_FLIGHT_MAX: u64 = 512;
/// How long an ack may take.
const ACK_MAX: Duration = Duration::from_secs(5);
/// How often a refusal is looked for after a run.
const REFUSAL_LOOKS: usize = 4;
/// Between two frames of a run.
const REPORT_TIME: Duration = Duration::from_millis(33);
/// How long a pause goes on before the pace is looked at again.
const LOOK_AT_PACE: Duration = Duration::from_millis(100);
/// How late a burst may be and still be made up for.
const LATE_MAX: Duration = Duration::from_millis(100);

/// What was learned about which stream takes which subject.
#[derive(Debug, Default)]
pub struct Lookup {
    subject: String,
    taken: bool,
    until: Option<Instant>,
}

impl Lookup {
    fn known(&self, subject: &str, now: Instant) -> Option<bool> {
        let fresh = self.until.is_some_and(|until| now < until);
        (fresh && self.subject == subject).then_some(self.taken)
    }
}

/// Sends the order, and tells `progress` about it.
pub async fn run(
    context: PaneContext,
    order: Order,
    progress: Shared<Progress>,
    lookup: Shared<Lookup>,
    pace: Pace,
) {
    let mut sending = Sending {
        zone: TimeZone::system(),
        random: Random::from_system(),
        started: Instant::now(),
        reported: Instant::now(),
        pace,
        acks: None,
        first_subject: String::new(),
        context,
        order,
        progress,
    };
    let refusals = sending.context.incidents.refusals();
    let result = sending.run(&lookup).await;
    {
        let mut progress = sending.progress.lock();
        progress.running = false;
        progress.problem = result.err();
    }
    sending.context.waker.wake();
    // A refusal comes as an event of the connection, some time after the last message went out.
    for _ in 0..REFUSAL_LOOKS {
        tokio::time::sleep(PULSE).await;
        if let Some(refusal) = sending.refusal_since(refusals) {
            sending.progress.lock().problem = Some(refusal);
            sending.context.waker.wake();
            return;
        }
    }
}

struct Sending {
    context: PaneContext,
    order: Order,
    progress: Shared<Progress>,
    zone: TimeZone,
    random: Random,
    started: Instant,
    reported: Instant,
    pace: Pace,
    /// Where the first message goes; a refusal names it.
    first_subject: String,
    /// Where the acks come, when a stream takes the subject.
    acks: Option<(String, Subscriber)>,
}

impl Sending {
    async fn run(&mut self, lookup: &Shared<Lookup>) -> Result<(), String> {
        let first = self.render(1)?;
        self.first_subject = first.subject.clone();
        if taken_by_stream(&self.context, &first.subject, lookup).await {
            let inbox = self.context.client.new_inbox();
            let subscription = self.context.client.subscribe(inbox.clone()).await;
            self.acks = Some((inbox, subscription.map_err(|e| e.to_string())?));
            self.progress.lock().to_stream = true;
        }
        self.started = Instant::now();
        let mut next = tokio::time::Instant::now();
        let constant = self.order.is_constant();
        let first = Wire::from(first);
        for n in 1..=self.order.count {
            if n == 1 || constant {
                self.publish(first.clone()).await?;
            } else {
                let message = self.render(n)?;
                self.publish(message.into()).await?;
            }
            self.note_sent(n);
            self.take_acks(IN_FLIGHT_MAX).await?;
            if n < self.order.count && n.is_multiple_of(self.order.burst) {
                next = self.pause(next).await;
            }
        }
        self.context.client.flush().await.map_err(|e| e.to_string())?;
        self.progress.lock().elapsed = self.started.elapsed();
        self.context.waker.wake();
        self.take_acks(1).await
    }

    fn refusal_since(&self, seen: u64) -> Option<String> {
        let incidents = &self.context.incidents;
        incidents.refusal_since(seen, &self.first_subject)
    }

    fn render(&mut self, count: u64) -> Result<Rendered, String> {
        let now = jiff::Timestamp::now().to_zoned_datetime(self.zone.clone());
        self.order
            .render(&Moment::of_message(count, &now), &mut self.random)
            .ok_or_else(|| texts::bad_template_subject(count))
    }

    async fn publish(&self, message: Wire) -> Result<(), String> {
        let client: &Client = &self.context.client;
        let Wire {
            subject,
            headers,
            payload,
        } = message;
        let reply = self.acks.as_ref().map(|(inbox, _)| inbox.clone());
        let sent = match (reply, headers) {
            (None, None) => client.publish(subject, payload).await,
            (None, Some(h)) => client.publish_with_headers(subject, h, payload).await,
            (Some(r), None) => client.publish_with_reply(subject, r, payload).await,
            (Some(r), Some(h)) => {
                client
                    .publish_with_reply_and_headers(subject, r, h, payload)
                    .await
            }
        };
        sent.map_err(|e| e.to_string())
    }

    /// Waits until the next burst is due, as the pace is meanwhile; gives when it was.
    async fn pause(&self, before: tokio::time::Instant) -> tokio::time::Instant {
        loop {
            let (interval, now) = (self.pace.interval(), tokio::time::Instant::now());
            let due = before + interval;
            if interval.is_zero() {
                return now;
            }
            if due <= now {
                // What could not be sent in time is made up for, but not for ever.
                return due.max(now - LATE_MAX);
            }
            tokio::time::sleep_until(due.min(now + LOOK_AT_PACE)).await;
        }
    }

    fn note_sent(&mut self, n: u64) {
        let mut progress = self.progress.lock();
        progress.sent = n;
        let is_due = self.reported.elapsed() >= REPORT_TIME;
        if is_due || n == self.order.count {
            self.reported = Instant::now();
            progress.elapsed = self.started.elapsed();
            drop(progress);
            self.context.waker.wake();
        }
    }

    /// Takes the acks that are there, and waits until fewer than `most` are missing.
    async fn take_acks(&mut self, most: u64) -> Result<(), String> {
        let Some((_, subscription)) = &mut self.acks else {
            return Ok(());
        };
        loop {
            let message = match subscription.next().now_or_never() {
                Some(ready) => ready,
                None if self.progress.lock().in_flight() < most => return Ok(()),
                None => timeout(ACK_MAX, subscription.next())
                    .await
                    .map_err(|_| texts::no_ack(ACK_MAX.as_secs()))?,
            };
            let message = message.ok_or(crate::tui::panes::texts::connection_closed())?;
            let nobody = message.status == Some(StatusCode::NO_RESPONDERS);
            self.progress.lock().answer(Ack::read(&message.payload, nobody));
            self.context.waker.wake();
        }
    }
}

/// A message as the client takes it; cheap to clone for a run of equal ones.
#[derive(Clone)]
struct Wire {
    subject: async_nats::Subject,
    headers: Option<async_nats::HeaderMap>,
    payload: Bytes,
}

impl From<Rendered> for Wire {
    fn from(message: Rendered) -> Wire {
        Wire {
            subject: message.subject.into(),
            headers: message.headers,
            payload: message.payload.into(),
        }
    }
}

async fn taken_by_stream(context: &PaneContext, subject: &str, lookup: &Shared<Lookup>) -> bool {
    if let Some(taken) = lookup.lock().known(subject, Instant::now()) {
        return taken;
    }
    let jetstream = JetStream::new(context);
    let (taken, life) = match timeout(LOOKUP_MAX, jetstream.stream_of(subject)).await {
        Ok(Ok(stream)) => (stream.is_some(), LOOKUP_LIFE),
        // Off or forbidden answers at once, and may be asked again soon.
        Ok(Err(_)) => (false, LOOKUP_LIFE),
        Err(_) => (false, SILENCE_LIFE),
    };
    *lookup.lock() = Lookup {
        subject: subject.to_owned(),
        taken,
        until: Some(Instant::now() + life),
    };
    taken
}
