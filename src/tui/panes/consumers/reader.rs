//! The reader that feeds the averages with a stream from its beginning.

use async_nats::jetstream::consumer::DeliverPolicy;

use crate::client::payload;
use crate::tui::panes::PaneContext;
use crate::tui::panes::consumers::texts;
use crate::tui::panes::consumers::watch::{Reading, State};
use crate::tui::panes::follow::Follow;
use crate::tui::panes::task::Shared;

/// Reads until the task is ended. `generation` is compared before anything is written, since the task
/// may be ended in the middle of a batch.
pub async fn run(context: PaneContext, state: Shared<State>, stream: String, generation: u64) {
    let follow = Follow {
        stream,
        subjects: Vec::new(),
        policy: DeliverPolicy::All,
        purpose: "snitt",
        description: "goingnats averages",
    };
    let read = follow.run(&context, |messages| {
        let mut state = state.lock();
        if state.generation != generation {
            return false;
        }
        state.reading = Reading::Following;
        for (sequence, message) in messages {
            let value = payload::number(&message.payload);
            state.averages.take(sequence, &message.subject, value);
        }
        true
    });
    let failed = match read.await {
        Ok(()) => texts::reader_ended().to_owned(),
        Err(error) => error,
    };
    let mut state = state.lock();
    if state.generation == generation {
        state.reading = Reading::Failed(failed);
    }
    drop(state);
    context.waker.wake();
}
