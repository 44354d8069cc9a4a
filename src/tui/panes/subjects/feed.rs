//! The task that counts what comes on the pattern into the tree.

use std::collections::HashMap;
use std::time::Instant;

use async_nats::Message;
use futures_util::StreamExt;

use super::tree::Tree;
use crate::tui::panes::PaneContext;
use crate::tui::panes::internal::is_delivery_copy;
use crate::tui::panes::task::{PULSE, Rate, Shared};
use crate::tui::panes::trouble::Trouble;
use crate::util::time::Timestamp;

/// Messages taken under one lock.
const BATCH_MAX: usize = 8 * 1024;
/// How often a refusal is looked for after subscribing.
const REFUSAL_LOOKS: usize = 10;

/// What was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// The tree.
    pub tree: Tree,
    /// Copies that consumers delivered to inboxes: their messages were counted when they were published.
    pub deliveries: u64,
    /// All messages a second.
    pub rate: Rate,
    /// Messages a second of the rows on the screen, by path.
    pub rates: HashMap<String, Rate>,
    /// Why nothing comes.
    pub trouble: Option<Trouble>,
}

impl Seen {
    /// Counts what came on the pattern.
    fn take(&mut self, pattern: &str, messages: &[Message]) {
        let now = Timestamp::now();
        for message in messages {
            match is_delivery_copy(pattern, message.reply.as_deref()) {
                true => self.deliveries += 1,
                false => self.tree.take(now, &message.subject, &message.payload),
            }
        }
    }

    /// Samples the total. True when its rate changed.
    pub fn sample(&mut self, now: Instant) -> bool {
        let messages = self.tree.root().messages;
        self.rate.sample(now, messages)
    }
}

/// Subscribes and counts until the task is ended.
pub async fn run(context: PaneContext, seen: Shared<Seen>, pattern: String) {
    let line = context.flood_line().await;
    let refusals = line.incidents.refusals();
    let subscription = match line.client.subscribe(pattern.clone()).await {
        Ok(subscription) => subscription,
        Err(error) => {
            seen.lock().trouble = Some(Trouble::Server(error.to_string()));
            return;
        }
    };
    let count = async {
        let mut batches = subscription.ready_chunks(BATCH_MAX);
        // Unconstrained, since tokio would otherwise hand out no more than 128 messages at a time.
        while let Some(messages) = tokio::task::unconstrained(batches.next()).await {
            context.heard.note(&messages);
            seen.lock().take(&pattern, &messages);
            context.waker.wake();
            tokio::task::yield_now().await;
        }
    };
    let refused = async {
        for _ in 0..REFUSAL_LOOKS {
            tokio::time::sleep(PULSE).await;
            if let Some(text) = line.incidents.refusal_since(refusals, &pattern) {
                seen.lock().trouble = Some(Trouble::Forbidden(text));
                context.waker.wake();
                return;
            }
        }
    };
    tokio::join!(count, refused);
}
