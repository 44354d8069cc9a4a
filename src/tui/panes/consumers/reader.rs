//! The reader that feeds the averages with a stream from its beginning.

use async_nats::jetstream::consumer::DeliverPolicy;

use crate::client::payload;
use crate::client::payload::body::Body;
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
        let path = state.path.clone();
        for (sequence, message) in messages {
            let value = number_at(&message.payload, path.as_deref());
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

/// The number that a payload is, or that one of its fields holds.
fn number_at(payload: &[u8], path: Option<&str>) -> Option<f64> {
    let Some(path) = path else {
        return payload::number(payload);
    };
    let steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    Body::of(payload, &[]).value?.at(steps)?.number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_payload_or_one_of_its_fields() {
        let json = br#"{"temp": 21.5, "siste": [1, "22"], "navn": "x"}"#;
        assert_eq!(number_at(b"21.5", None), Some(21.5));
        assert_eq!(number_at(json, None), None);
        assert_eq!(number_at(json, Some(".temp")), Some(21.5));
        assert_eq!(number_at(json, Some(".siste[1]")), Some(22.0));
        assert_eq!(number_at(json, Some(".navn")), None);
        let packed = [0x81, 0xa1, b't', 0x07];
        assert_eq!(number_at(&packed, Some("t")), Some(7.0), "MessagePack");
    }
}
