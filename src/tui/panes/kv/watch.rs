//! The tasks of the pane: the list of buckets, the watch of an open one, and what is written.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::kv::{self, CreateErrorKind, Store, UpdateErrorKind};
use bytes::Bytes;
use futures_util::StreamExt;

use super::model::{Bucket, Entry, Operation, VALUE_BYTES_MAX};
use super::texts;
use crate::client::payload;
use crate::tui::panes::PaneContext;
use crate::tui::panes::jetstream::JetStream;
use crate::tui::panes::task::{Shared, Watched};
use crate::tui::panes::trouble::{Trouble, renew};
use crate::util::time::Timestamp;

const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// What a bucket's stream is called before the bucket's name.
const STREAM_PREFIX: &str = "KV_";
/// Revisions that are fetched of one key.
const HISTORY_MAX: usize = 64;

/// A bucket in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Revisions in it.
    pub values: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Revisions kept of each key.
    pub history: i64,
    /// How long values live; zero for ever.
    pub ttl: Duration,
}

/// Somebody else was first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The key.
    pub key: String,
    /// What was to be written.
    pub mine: String,
    /// What is there now; none when it was deleted.
    pub theirs: Option<Entry>,
}

/// What the pane knows.
#[derive(Debug, Default)]
pub struct State {
    /// The buckets, once they were fetched.
    pub list: Option<Result<Vec<Listed>, Trouble>>,
    /// The open bucket.
    pub open: Option<Bucket>,
    /// The bucket that says how things are, beside one that says how they should be.
    pub actual: Option<Bucket>,
    /// The revisions of a key, oldest first.
    pub history: Option<(String, Vec<Entry>)>,
    /// Why an open bucket is not watched.
    pub trouble: Option<String>,
    /// Somebody else wrote the key that was edited.
    pub conflict: Option<Conflict>,
    /// What became of a change, and whether it is bad news.
    pub notice: Option<(String, bool)>,
}

/// Which of the two buckets a watch feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The open one.
    Open,
    /// The one that it is compared with.
    Actual,
}

impl State {
    /// True while the keys of one bucket are shown, and nothing else.
    pub fn shows_keys(&self) -> bool {
        self.open.is_some() && self.actual.is_none() && self.history.is_none()
    }

    fn side(&mut self, side: Side) -> Option<&mut Bucket> {
        match side {
            Side::Open => self.open.as_mut(),
            Side::Actual => self.actual.as_mut(),
        }
    }
}

/// Refreshes the list until the task is ended.
pub async fn list(context: PaneContext, state: Shared<State>, watched: Watched) {
    let jetstream = JetStream::new(&context);
    loop {
        let streams = jetstream.streams().await;
        let listed = streams.map(|list| {
            let buckets = list.entries.into_iter().filter_map(|info| {
                let name = info.config.name.strip_prefix(STREAM_PREFIX)?.to_owned();
                Some(Listed {
                    name,
                    values: info.state.messages,
                    bytes: info.state.bytes,
                    history: info.config.max_messages_per_subject,
                    ttl: info.config.max_age,
                })
            });
            buckets.collect()
        });
        renew(&mut state.lock().list, listed, context.is_connected());
        context.waker.wake();
        watched.next(REFRESH_EVERY).await;
    }
}

async fn store(context: &PaneContext, bucket: &str) -> Result<Store, String> {
    let jetstream = jetstream::new(context.client.clone());
    jetstream
        .get_key_value(bucket)
        .await
        .map_err(|error| error.to_string())
}

fn entry(entry: &kv::Entry) -> Entry {
    let nanos = i64::try_from(entry.created.unix_timestamp_nanos());
    Entry {
        // Copied, since a kept slice would hold the client's whole read buffer in memory.
        value: Bytes::copy_from_slice(payload::head(&entry.value, VALUE_BYTES_MAX)),
        revision: entry.revision,
        operation: match entry.operation {
            kv::Operation::Put => Operation::Put,
            kv::Operation::Delete => Operation::Delete,
            kv::Operation::Purge => Operation::Purge,
        },
        at: nanos.map_or(Timestamp::ZERO, Timestamp::from_nanos),
    }
}

/// Watches a bucket until the task is ended.
pub async fn watch(context: PaneContext, state: Shared<State>, bucket: String, side: Side) {
    let outcome = follow(&context, &state, &bucket, side).await;
    if let Err(why) = outcome {
        state.lock().trouble = Some(why);
        context.waker.wake();
    }
}

async fn follow(
    context: &PaneContext,
    state: &Shared<State>,
    bucket: &str,
    side: Side,
) -> Result<(), String> {
    let store = store(context, bucket).await?;
    let status = store.status().await.map_err(|error| error.to_string())?;
    let is_empty = status.values() == 0;
    let watch = store
        .watch_with_history(">")
        .await
        .map_err(|error| error.to_string())?;
    if is_empty && let Some(bucket) = state.lock().side(side) {
        bucket.is_current = true;
    }
    let mut batches = watch.ready_chunks(256);
    while let Some(batch) = batches.next().await {
        let mut state = state.lock();
        let Some(own) = state.side(side).filter(|own| own.name == bucket) else {
            return Ok(());
        };
        // Errors say that the consumer is being made anew; the watch goes on after them.
        for change in batch.into_iter().flatten() {
            own.take(&change.key, entry(&change));
            own.is_current |= change.seen_current || change.delta == 0;
        }
        drop(state);
        context.waker.wake();
    }
    Err(texts::watch_ended().to_owned())
}

/// Fetches the revisions of a key.
pub async fn history(context: PaneContext, state: Shared<State>, bucket: String, key: String) {
    let fetch = async {
        let store = store(&context, &bucket).await?;
        let mut revisions = store.history(&key).await.map_err(|error| error.to_string())?;
        let mut entries = Vec::new();
        while let Some(revision) = revisions.next().await {
            entries.push(entry(&revision.map_err(|error| error.to_string())?));
            if entries.len() > HISTORY_MAX {
                entries.remove(0);
            }
        }
        Ok::<_, String>(entries)
    };
    let fetched = fetch.await;
    {
        let mut state = state.lock();
        match fetched {
            Ok(entries) => state.history = Some((key, entries)),
            Err(why) => state.notice = Some((why, true)),
        }
    }
    context.waker.wake();
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A key that must not have a value yet.
    Create {
        /// The key.
        key: String,
        /// Its value.
        value: String,
    },
    /// A key whose newest revision must be this one.
    Update {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// The revision that was edited.
        revision: u64,
    },
    /// A key that goes; its history stays.
    Delete(String),
    /// A key that goes with its history.
    Purge(String),
}

/// Writes it. Where somebody else was first, both values are put side by side instead.
pub async fn write(context: PaneContext, state: Shared<State>, bucket: String, write: Write) {
    let outcome = try_write(&context, &bucket, &write).await;
    {
        let mut state = state.lock();
        match outcome {
            Ok(Ok(text)) => state.notice = Some((text, false)),
            Ok(Err(conflict)) => state.conflict = Some(conflict),
            Err(why) => state.notice = Some((why, true)),
        }
    }
    context.waker.wake();
}

async fn try_write(
    context: &PaneContext,
    bucket: &str,
    write: &Write,
) -> Result<Result<String, Conflict>, String> {
    let store = store(context, bucket).await?;
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let (key, value, is_conflict) = match write {
        Write::Create { key, value } => match store.create(key, value.clone().into()).await {
            Ok(revision) => return Ok(Ok(texts::written(key, revision))),
            Err(error) if error.kind() == CreateErrorKind::AlreadyExists => (key, value, true),
            Err(error) => return Err(text(&error)),
        },
        Write::Update { key, value, revision } => {
            match store.update(key, value.clone().into(), *revision).await {
                Ok(revision) => return Ok(Ok(texts::written(key, revision))),
                Err(error) => (key, value, error.kind() == UpdateErrorKind::WrongLastRevision),
            }
        }
        Write::Delete(key) => {
            store.delete(key).await.map_err(|e| text(&e))?;
            return Ok(Ok(texts::deleted_key(key)));
        }
        Write::Purge(key) => {
            store.purge(key).await.map_err(|e| text(&e))?;
            return Ok(Ok(texts::purged_key(key)));
        }
    };
    if !is_conflict {
        return Err(texts::not_written(key));
    }
    let theirs = store.entry(key).await.map_err(|e| text(&e))?;
    Ok(Err(Conflict {
        key: key.clone(),
        mine: value.clone(),
        theirs: theirs.as_ref().map(entry),
    }))
}
