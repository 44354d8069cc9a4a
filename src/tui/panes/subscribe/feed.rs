//! The task of one pattern: it empties the subscription into the window.

use async_nats::{Client, SubscribeError, Subscriber};
use futures_util::StreamExt;

use crate::tui::panes::PaneContext;
use crate::tui::panes::flood::Line;
use crate::tui::panes::subscribe::window::{Batch, MESSAGES_MAX, Standing, Window};
use crate::tui::panes::task::{PULSE, Shared};
use crate::util::time::Timestamp;

/// The most messages taken at once. Larger than the window, so that a feed that fell behind skips
/// copying what nobody would see, and catches up.
const BATCH_MAX: usize = 2 * MESSAGES_MAX;

/// Subscribes and feeds the window until the connection ends for good.
pub async fn run(
    context: PaneContext,
    window: Shared<Window>,
    id: u64,
    subject: String,
    queue: Option<String>,
) {
    let line = context.flood_line().await;
    let refusals = line.incidents.refusals();
    let standing = match subscribe(&line.client, &subject, queue).await {
        Ok(subscription) => {
            let watch = refused((&context, &line), &window, id, &subject, refusals);
            let feed = feed(&context, &window, id, subscription);
            tokio::join!(watch, feed);
            Standing::Ended
        }
        Err(error) => Standing::Refused(error.to_string()),
    };
    window.lock().set_standing(id, standing);
    context.waker.wake();
}

async fn subscribe(
    client: &Client,
    subject: &str,
    queue: Option<String>,
) -> Result<Subscriber, SubscribeError> {
    match queue {
        Some(queue) => client.queue_subscribe(subject.to_owned(), queue).await,
        None => client.subscribe(subject.to_owned()).await,
    }
}

async fn feed(context: &PaneContext, window: &Shared<Window>, id: u64, subscription: Subscriber) {
    let mut batches = subscription.ready_chunks(BATCH_MAX);
    // Unconstrained, since tokio would otherwise hand out no more than 128 messages at a time; the
    // feed gives way to others between batches instead.
    while let Some(messages) = tokio::task::unconstrained(batches.next()).await {
        context.heard.note(&messages);
        let filter = window.lock().filter(id);
        let batch = Batch::new(id, Timestamp::now(), &messages, filter.as_deref());
        window.lock().take(batch);
        context.waker.wake();
        tokio::task::yield_now().await;
    }
}

/// A refusal comes as an event of the connection, some time after subscribing succeeded.
async fn refused(
    (context, line): (&PaneContext, &Line),
    window: &Shared<Window>,
    id: u64,
    subject: &str,
    seen: u64,
) {
    const CHECKS: usize = 10;
    for _ in 0..CHECKS {
        tokio::time::sleep(PULSE).await;
        if let Some(text) = line.incidents.refusal_since(seen, subject) {
            window.lock().set_standing(id, Standing::Refused(text));
            context.waker.wake();
            return;
        }
    }
}
