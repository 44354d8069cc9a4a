//! Reading a stream along: an ordered consumer of our own, which the client library makes anew after a gap
//! or a reconnect, and which is deleted when reading ends.

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::{self, Message, consumer::push::OrderedConfig};
use futures_util::StreamExt;

use crate::tui::panes::PaneContext;
use crate::tui::panes::task::detach;

/// The most messages taken at a time.
const BATCH_MAX: usize = 1_024;

/// First part of the names of all our readers; what each is for follows, and what makes it unique.
const NAME_PREFIX: &str = "goingnats-";

/// True for the name of a reader of ours.
pub fn is_ours(consumer: &str) -> bool {
    consumer.starts_with(NAME_PREFIX)
}

/// What is to be read.
pub struct Follow {
    /// The stream. It must keep its messages by limits alone: of others a reader would take messages away or
    /// hold them back.
    pub stream: String,
    /// The subjects; without any, all of them.
    pub subjects: Vec<String>,
    /// Where to begin.
    pub policy: DeliverPolicy,
    /// What the consumer's name says that it is for, in a word.
    pub purpose: &'static str,
    /// What the consumer is for.
    pub description: &'static str,
}

impl Follow {
    /// Reads until `take` says no, which is called with the messages as they come, each with its sequence.
    ///
    /// # Errors
    /// The consumer cannot be made, in the server's words.
    pub async fn run(
        self,
        context: &PaneContext,
        mut take: impl FnMut(Vec<(u64, Message)>) -> bool,
    ) -> Result<(), String> {
        let jetstream = jetstream::new(context.client.clone());
        let name = format!("{NAME_PREFIX}{}-{}", self.purpose, nuid::next());
        let config = OrderedConfig {
            name: Some(name.clone()),
            description: Some(self.description.to_owned()),
            deliver_subject: context.client.new_inbox(),
            deliver_policy: self.policy,
            filter_subjects: self.subjects,
            ..OrderedConfig::default()
        };
        let created = jetstream.create_consumer_on_stream(config, &self.stream).await;
        let consumer = created.map_err(|e| e.to_string())?;
        let _goodbye = Goodbye {
            jetstream: jetstream.clone(),
            runtime: context.runtime.clone(),
            stream: self.stream,
            name,
        };
        let messages = consumer.messages().await.map_err(|e| e.to_string())?;
        let mut batches = messages.ready_chunks(BATCH_MAX);
        while let Some(batch) = batches.next().await {
            // Errors say that the consumer is being made anew; the stream goes on after them.
            let read = batch
                .into_iter()
                .filter_map(Result::ok)
                .filter_map(|m| Some((m.info().ok()?.stream_sequence, m)))
                .collect();
            if !take(read) {
                return Ok(());
            }
            context.waker.wake();
        }
        Ok(())
    }
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
        detach(&self.runtime, async move {
            // The stream may be gone already, and the consumer with it.
            jetstream.delete_consumer_from_stream(name, stream).await.ok();
        });
    }
}
