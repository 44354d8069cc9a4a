//! The consumer of our own that reads a stream from its beginning and feeds the averages.
//!
//! It is an ordered consumer: the client library makes it anew after a gap or a reconnect, and goes on
//! where it was.

use crate::tui::panes::consumers::texts;
use async_nats::jetstream::{self, Message, consumer::push::OrderedConfig};
use futures_util::StreamExt;

use crate::client::payload;
use crate::client::payload::body::Body;
use crate::tui::panes::PaneContext;
use crate::tui::panes::consumers::watch::{Reading, State};
use crate::tui::panes::task::Shared;

/// First part of the name of our consumers; the rest is unique.
pub const NAME_PREFIX: &str = "goingnats-snitt-";
/// The most messages taken under one lock.
const BATCH_MAX: usize = 1_024;

/// Reads until the task is ended. `generation` is compared before anything is written, since the task
/// may be ended in the middle of a batch.
pub async fn run(context: PaneContext, state: Shared<State>, stream: String, generation: u64) {
    let failed = match read(&context, &state, &stream, generation).await {
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

async fn read(
    context: &PaneContext,
    state: &Shared<State>,
    stream: &str,
    generation: u64,
) -> Result<(), String> {
    let jetstream = jetstream::new(context.client.clone());
    let name = format!("{NAME_PREFIX}{}", nuid::next());
    let config = OrderedConfig {
        name: Some(name.clone()),
        description: Some("goingnats averages".to_owned()),
        deliver_subject: context.client.new_inbox(),
        ..OrderedConfig::default()
    };
    let created = jetstream.create_consumer_on_stream(config, stream).await;
    let consumer = created.map_err(|e| e.to_string())?;
    let _goodbye = Goodbye {
        jetstream: jetstream.clone(),
        runtime: context.runtime.clone(),
        stream: stream.to_owned(),
        name,
    };
    let messages = consumer.messages().await.map_err(|e| e.to_string())?;
    let mut batches = messages.ready_chunks(BATCH_MAX);
    while let Some(batch) = batches.next().await {
        // Errors say that the consumer is being made anew; the stream goes on after them.
        let read: Vec<(u64, Message)> = batch
            .into_iter()
            .filter_map(Result::ok)
            .filter_map(|m| Some((m.info().ok()?.stream_sequence, m)))
            .collect();
        let mut state = state.lock();
        if state.generation != generation {
            return Ok(());
        }
        state.reading = Reading::Following;
        let path = state.path.clone();
        for (sequence, message) in read {
            let value = number_at(&message.payload, path.as_deref());
            state.averages.take(sequence, &message.subject, value);
        }
        drop(state);
        context.waker.wake();
    }
    Ok(())
}

/// The number that a payload is, or that one of its fields holds.
fn number_at(payload: &[u8], path: Option<&str>) -> Option<f64> {
    let Some(path) = path else {
        return payload::number(payload);
    };
    let steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    Body::of(payload, &[]).value?.at(steps)?.number()
}

/// Deletes the consumer when reading ends, so that it does not linger in the server's count.
struct Goodbye {
    jetstream: jetstream::Context,
    runtime: tokio::runtime::Handle,
    stream: String,
    name: String,
}

impl Drop for Goodbye {
    fn drop(&mut self) {
        let (jetstream, stream) = (self.jetstream.clone(), std::mem::take(&mut self.stream));
        let name = std::mem::take(&mut self.name);
        self.runtime.spawn(async move {
            // The stream may be gone already, and the consumer with it.
            jetstream.delete_consumer_from_stream(name, stream).await.ok();
        });
    }
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
        assert_eq!(
            number_at(&[0x81, 0xa1, b't', 0x07], Some("t")),
            Some(7.0),
            "MessagePack"
        );
    }
}
