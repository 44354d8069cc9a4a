//! The task of one pattern: it empties the subscription into the window.

use crate::client::intake::Received;
use crate::tui::panes::PaneContext;
use crate::tui::panes::subscribe::window::{Batch, Standing, Window, sift};
use crate::tui::panes::task::Shared;
use crate::util::time::Timestamp;

/// Messages that are put into the window without a pause.
const SLICE_MESSAGES: usize = 512;

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
        let (filter, ignored) = {
            let window = filled.lock();
            (window.filter(id), window.ignored())
        };
        // A few at a time, so that the screen, which is let in between, never waits for all.
        for some in messages.chunks(SLICE_MESSAGES) {
            // The batch is made without holding the window.
            let now = Timestamp::now();
            if ignored.is_empty() {
                let batch = Batch::new(id, now, some, filter.as_deref());
                filled.lock().take(batch);
                continue;
            }
            let (kept, left_out) = sift(some, &ignored);
            let batch = Batch::new(id, now, &kept, filter.as_deref());
            let mut window = filled.lock();
            window.take_ignored(id, &left_out);
            window.take(batch);
        }
    };
    let refused = |why| window.lock().set_standing(id, Standing::Refused(why));
    let standing = match context.listen(&subject, queue.as_deref(), take, refused).await {
        Ok(()) => Standing::Ended,
        Err(why) => Standing::Refused(why),
    };
    window.lock().set_standing(id, standing);
    context.waker.wake();
}
