//! Everything that a bucket holds, read once.
//!
//! `async-nats` reads buckets with consumers that the server forgets after minutes only. These here are
//! gone as soon as they have been read, as those of natscli.

use anyhow::{anyhow, bail};
use async_nats::HeaderMap;
use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::kv::{Operation, Store};
use futures_util::StreamExt as _;

use crate::util::time::Timestamp;

/// A value in a bucket, or the mark that one is gone.
pub(super) struct Record {
    pub key: String,
    pub value: Vec<u8>,
    pub revision: u64,
    pub created: Timestamp,
    pub operation: Operation,
}

/// The whole history of a key.
pub(super) async fn history(store: &Store, key: &str) -> anyhow::Result<Vec<Record>> {
    read(store, key, DeliverPolicy::All, false).await
}

/// The keys that have a value, by name.
pub(super) async fn keys(store: &Store) -> anyhow::Result<Vec<String>> {
    let mut records = read(store, ">", DeliverPolicy::LastPerSubject, true).await?;
    records.retain(|record| record.operation == Operation::Put);
    let mut keys: Vec<String> = records.into_iter().map(|record| record.key).collect();
    keys.sort();
    Ok(keys)
}

async fn read(
    store: &Store,
    keys: &str,
    deliver_policy: DeliverPolicy,
    headers_only: bool,
) -> anyhow::Result<Vec<Record>> {
    let consumer = store
        .stream
        .create_consumer(pull::Config {
            deliver_policy,
            headers_only,
            filter_subject: format!("{}{keys}", store.prefix),
            ack_policy: AckPolicy::None,
            memory_storage: true,
            ..pull::Config::default()
        })
        .await
        .map_err(|e| anyhow!("{e}"))?;
    let read = take(store, &consumer).await;
    let name = consumer.cached_info().name.clone();
    // A consumer that is gone already needs no deleting.
    let _ = store.stream.delete_consumer(&name).await;
    read
}

/// What was pending when the consumer was made; what comes later is not waited for.
async fn take(
    store: &Store,
    consumer: &async_nats::jetstream::consumer::Consumer<pull::Config>,
) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    if consumer.cached_info().num_pending == 0 {
        return Ok(records);
    }
    let mut messages = consumer.messages().await?;
    loop {
        let Some(message) = messages.next().await else {
            bail!("the bucket ended before all was read");
        };
        let (record, pending) = record(store, &message?)?;
        records.push(record);
        if pending == 0 {
            return Ok(records);
        }
    }
}

/// A message as a record, and how many come after it.
fn record(store: &Store, message: &Message) -> anyhow::Result<(Record, u64)> {
    let info = message.info().map_err(|e| anyhow!("{e}"))?;
    let subject = message.subject.as_str();
    let record = Record {
        key: subject.strip_prefix(&store.prefix).unwrap_or(subject).to_owned(),
        value: message.payload.to_vec(),
        revision: info.stream_sequence,
        created: Timestamp::from_nanos(
            i64::try_from(info.published.unix_timestamp_nanos()).unwrap_or(i64::MAX),
        ),
        operation: operation(message.headers.as_ref()),
    };
    Ok((record, info.pending))
}

/// What happened to a key: said by a client, or by the server when a limit took the value.
fn operation(headers: Option<&HeaderMap>) -> Operation {
    let header = |name: &str| {
        headers
            .and_then(|headers| headers.get(name))
            .map(|value| value.as_str())
    };
    match (header("KV-Operation"), header("Nats-Marker-Reason")) {
        (Some("DEL"), _) | (None, Some("Remove")) => Operation::Delete,
        (Some("PURGE"), _) | (None, Some("MaxAge" | "Purge")) => Operation::Purge,
        _ => Operation::Put,
    }
}
