//! The task that answers requests: with their own payload, or with a template.

use std::time::Duration;

use async_nats::{HeaderMap, Message, Subscriber};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use jiff::tz::TimeZone;

use crate::client::payload;
use crate::client::templates::{Moment, Random, Template};
use crate::tui::panes::PaneContext;
use crate::tui::panes::internal::is_internal;
use crate::tui::panes::request::texts;
use crate::tui::panes::task::Shared;

/// The most requests taken at once.
const BATCH_MAX: usize = 256;
/// Cells of the last request that are kept of each member.
const LAST_CELLS_MAX: usize = 60;

/// Members that a queue group can have here.
pub const MEMBERS_MAX: usize = 8;
/// The header that says which member answered.
pub const ANSWERED_BY: &str = "Answered-By";

/// What the responder listens to and says.
#[derive(Debug, Clone)]
pub struct Service {
    /// The pattern.
    pub subject: String,
    /// The queue group, if any.
    pub queue: Option<String>,
    /// How many subscribe, each on its own.
    pub members: usize,
    /// How long an answer takes.
    pub delay: Duration,
    /// How many in a hundred answers are errors.
    pub failures: u8,
    /// The answer; none sends the request back as it came.
    pub answer: Option<Template>,
}

/// What the responder did since it was switched on.
/// What one member did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// Requests answered.
    pub answered: u64,
    /// The last of them.
    pub last: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    /// True while it listens.
    pub on: bool,
    /// Requests answered.
    pub answered: u64,
    /// Answers that were errors on purpose.
    pub failed: u64,
    /// What each member did, where there are several.
    pub members: Vec<Member>,
    /// Messages that wanted no answer.
    pub unanswerable: u64,
    /// Why it stopped, or what the server refused.
    pub problem: Option<String>,
}

/// Answers until the task is ended.
pub async fn run(context: PaneContext, service: Service, served: Shared<Served>) {
    let members = (0..service.members).map(|member| listen(&context, &service, &served, member));
    let result = try_join_all(members).await;
    let mut served = served.lock();
    served.on = false;
    served.problem = result.err();
    drop(served);
    context.waker.wake();
}

/// One member: it subscribes, and answers until the subscription ends.
async fn listen(
    context: &PaneContext,
    service: &Service,
    served: &Shared<Served>,
    member: usize,
) -> Result<(), String> {
    let refusals = context.incidents.refusals();
    let (client, subject) = (&context.client, service.subject.clone());
    let subscription = match &service.queue {
        Some(queue) => client.queue_subscribe(subject, queue.clone()).await,
        None => client.subscribe(subject).await,
    };
    let subscription = subscription.map_err(|error| error.to_string())?;
    serve(context, service, served, subscription, (member, refusals)).await
}

async fn serve(
    context: &PaneContext,
    service: &Service,
    served: &Shared<Served>,
    subscription: Subscriber,
    (member, refusals): (usize, u64),
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
            // One after the other, as a worker with much to do.
            if !service.delay.is_zero() {
                tokio::time::sleep(service.delay).await;
            }
            let fails = random.below(100) < u64::from(service.failures);
            let body = match fails {
                true => bytes::Bytes::new(),
                false => answer(service, &message, count, &now, &mut random),
            };
            let mut headers = match &service.answer {
                None => message.headers.unwrap_or_default(),
                Some(_) => HeaderMap::new(),
            };
            if service.members > 1 {
                headers.insert(ANSWERED_BY, (member + 1).to_string().as_str());
            }
            if fails {
                headers.insert("Nats-Service-Error-Code", "500");
                headers.insert("Nats-Service-Error", texts::failed_on_purpose());
            }
            let sent = match headers.is_empty() {
                false => context.client.publish_with_headers(reply, headers, body).await,
                true => context.client.publish(reply, body).await,
            };
            sent.map_err(|e| e.to_string())?;
            count += 1;
            let mut served = served.lock();
            served.answered += 1;
            served.failed += u64::from(fails);
            if let Some(own) = served.members.get_mut(member) {
                own.answered = count;
                own.last = payload::preview(&message.payload, LAST_CELLS_MAX);
            }
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
