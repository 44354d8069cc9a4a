//! Reading what a stream holds with a consumer that is gone afterwards.
//!
//! `async-nats` reads with consumers that the server forgets after minutes only. Whoever looks at the server next
//! should not find the remains of a listing.

use anyhow::anyhow;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, pull};
use async_nats::jetstream::stream::Stream;

/// A consumer for one reading, which acknowledges nothing.
pub(super) struct TemporaryConsumer<'a> {
    stream: &'a Stream,
    consumer: Consumer<pull::Config>,
}

impl<'a> TemporaryConsumer<'a> {
    /// Makes the consumer; where it begins and what it filters is `config`'s.
    pub async fn of(stream: &'a Stream, config: pull::Config) -> anyhow::Result<TemporaryConsumer<'a>> {
        let consumer = stream
            .create_consumer(pull::Config {
                ack_policy: AckPolicy::None,
                memory_storage: true,
                ..config
            })
            .await
            .map_err(|e| anyhow!("{e}"))?;
        Ok(TemporaryConsumer { stream, consumer })
    }

    /// Messages that were there for it when it was made.
    pub fn pending(&self) -> u64 {
        self.consumer.cached_info().num_pending
    }

    /// The messages, from the first on.
    pub async fn messages(&self) -> anyhow::Result<pull::Stream> {
        Ok(self.consumer.messages().await?)
    }

    /// Takes it off the server.
    pub async fn remove(self) {
        // A consumer that is gone already needs no deleting.
        let _ = self
            .stream
            .delete_consumer(&self.consumer.cached_info().name)
            .await;
    }
}
