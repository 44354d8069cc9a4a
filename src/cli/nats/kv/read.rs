//! Everything that a bucket holds, read once; the readers are gone afterwards, as those of natscli.

use anyhow::{anyhow, bail};
use async_nats::HeaderMap;
use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use async_nats::jetstream::kv::{Operation, Store};
use futures_util::StreamExt as _;

use super::super::readers::TemporaryConsumer;
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

/// The last thing that happened to each key, deletions included.
pub(super) async fn last(store: &Store) -> anyhow::Result<Vec<Record>> {
    read(store, ">", DeliverPolicy::LastPerSubject, true).await
}

/// The keys that have a value and match a pattern, by name.
pub(super) async fn keys(store: &Store, pattern: &str) -> anyhow::Result<Vec<String>> {
    let mut records = read(store, pattern, DeliverPolicy::LastPerSubject, true).await?;
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
    let config = pull::Config {
        deliver_policy,
        headers_only,
        filter_subject: format!("{}{keys}", store.prefix),
        ..pull::Config::default()
    };
    let consumer = TemporaryConsumer::of(&store.stream, config).await?;
    let read = take(store, &consumer).await;
    consumer.remove().await;
    read
}

/// What was pending when the consumer was made; what comes later is not waited for.
async fn take(store: &Store, consumer: &TemporaryConsumer<'_>) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    if consumer.pending() == 0 {
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
