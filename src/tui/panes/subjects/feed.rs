//! The task that counts what comes on the pattern into the tree.

use std::collections::HashMap;
use std::time::Instant;

use super::tree::Tree;
use crate::client::intake::Received;
use crate::tui::panes::PaneContext;
use crate::tui::panes::internal::is_delivery_copy;
use crate::tui::panes::task::{Rate, Shared};
use crate::tui::panes::trouble::Trouble;
use crate::util::time::Timestamp;

/// Messages that are counted without a pause: a tenth of a millisecond.
const SLICE_MESSAGES: usize = 512;

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
    fn take(&mut self, pattern: &str, messages: &[Received<'_>]) {
        let now = Timestamp::now();
        for message in messages {
            match is_delivery_copy(pattern, message.reply.as_deref()) {
                true => self.deliveries += 1,
                false => self.tree.take(now, &message.subject, message.payload),
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
    let (counted, on) = (seen.clone(), pattern.clone());
    let take = move |messages: &[Received<'_>]| {
        // A few at a time, so that the screen, which is let in between, never waits for all.
        for some in messages.chunks(SLICE_MESSAGES) {
            counted.lock().take(&on, some);
        }
    };
    let refused = |why| seen.lock().trouble = Some(Trouble::Forbidden(why));
    if let Err(why) = context.listen(&pattern, None, take, refused).await {
        seen.lock().trouble = Some(Trouble::Server(why));
        context.waker.wake();
    }
}
