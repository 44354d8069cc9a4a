//! The task of one pattern: it empties the subscription into the window.

use crate::client::intake::Received;
use crate::tui::panes::PaneContext;
use crate::tui::panes::subscribe::window::{Batch, Standing, Window};
use crate::tui::panes::task::Shared;
use crate::util::time::Timestamp;

/// Subscribes and feeds the window until the connection ends for good.
pub async fn run(
    context: PaneContext,
    window: Shared<Window>,
    id: u64,
    subject: String,
    queue: Option<String>,
) {
    let filled = window.clone();
    let take = move |messages: &[Received<'_>]| {
        // The batch is made without holding the window.
        let filter = filled.lock().filter(id);
        let batch = Batch::new(id, Timestamp::now(), messages, filter.as_deref());
        filled.lock().take(batch);
    };
    let refused = |why| window.lock().set_standing(id, Standing::Refused(why));
    let standing = match context.listen(&subject, queue.as_deref(), take, refused).await {
        Ok(()) => Standing::Ended,
        Err(why) => Standing::Refused(why),
    };
    window.lock().set_standing(id, standing);
    context.waker.wake();
}
