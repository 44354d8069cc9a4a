//! The task that answers requests: with their own payload, or with a template.

use async_nats::{Message, Subscriber};
use futures_util::StreamExt;
use jiff::tz::TimeZone;

use crate::client::templates::{Moment, Random, Template};
use crate::tui::panes::PaneContext;
use crate::tui::panes::internal::is_internal;
use crate::tui::panes::task::Shared;

/// The most requests taken at once.
const BATCH_MAX: usize = 256;

/// What the responder listens to and says.
#[derive(Debug, Clone)]
pub struct Service {
    /// The pattern.
    pub subject: String,
    /// The queue group, if any.
    pub queue: Option<String>,
    /// The answer; none sends the request back as it came.
    pub answer: Option<Template>,
}

/// What the responder did since it was switched on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    /// True while it listens.
    pub on: bool,
    /// Requests answered.
    pub answered: u64,
    /// Messages that wanted no answer.
    pub unanswerable: u64,
    /// Why it stopped, or what the server refused.
    pub problem: Option<String>,
}

/// Answers until the task is ended.
pub async fn run(context: PaneContext, service: Service, served: Shared<Served>) {
    let refusals = context.incidents.refusals();
    let subscription = match &service.queue {
        Some(queue) => {
            context
                .client
                .queue_subscribe(service.subject.clone(), queue.clone())
                .await
        }
        None => context.client.subscribe(service.subject.clone()).await,
    };
    let result = match subscription {
        Ok(subscription) => serve(&context, &service, &served, subscription, refusals).await,
        Err(error) => Err(error.to_string()),
    };
    let mut served = served.lock();
    served.on = false;
    served.problem = result.err();
    drop(served);
    context.waker.wake();
}

async fn serve(
    context: &PaneContext,
    service: &Service,
    served: &Shared<Served>,
    subscription: Subscriber,
    refusals: u64,
) -> Result<(), String> {
    let zone = TimeZone::system();
    let mut random = Random::from_system();
    let mut batches = subscription.ready_chunks(BATCH_MAX);
    let mut count = 0;
    loop {
        let batch = match tokio::time::timeout(crate::tui::panes::task::PULSE, batches.next()).await {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(()),
            Err(_) => match context.incidents.refusal_since(refusals, &service.subject) {
                Some(refusal) => return Err(refusal),
                None => continue,
            },
        };
        for message in batch {
            // A responder on > must not answer JetStream's and the system's own requests.
            let reply = message.reply.clone();
            if is_internal(&service.subject, &message.subject, reply.as_deref()) {
                continue;
            }
            let Some(reply) = reply else {
                served.lock().unanswerable += 1;
                continue;
            };
            let now = jiff::Timestamp::now().to_zoned_datetime(zone.clone());
            let body = answer(service, &message, count, &now, &mut random);
            let sent = match (&service.answer, message.headers) {
                (None, Some(headers)) => context.client.publish_with_headers(reply, headers, body).await,
                _ => context.client.publish(reply, body).await,
            };
            sent.map_err(|e| e.to_string())?;
            count += 1;
            served.lock().answered = count;
        }
        context.waker.wake();
    }
}

fn answer(
    service: &Service,
    message: &Message,
    count: u64,
    now: &jiff::ZonedDateTime,
    random: &mut Random,
) -> bytes::Bytes {
    let Some(template) = &service.answer else {
        return message.payload.clone();
    };
    let tokens: Vec<&str> = message.subject.split('.').collect();
    let moment = Moment {
        count,
        now,
        request: &message.payload,
        tokens: &tokens,
    };
    template.render(&moment, random).into()
}
