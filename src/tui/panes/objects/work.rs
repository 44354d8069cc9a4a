//! The tasks of the object pane: the lists, and what is fetched, stored and deleted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::object_store::{ObjectInfo, ObjectStore};
use futures_util::StreamExt;
use tokio::fs::OpenOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::texts;
use crate::tui::panes::PaneContext;
use crate::tui::panes::jetstream::JetStream;
use crate::tui::panes::task::{Shared, Watched};
use crate::tui::panes::trouble::{Trouble, renew};

const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// What a bucket's stream is called before the bucket's name.
const STREAM_PREFIX: &str = "OBJ_";
/// Objects that are listed.
pub const OBJECTS_MAX: usize = 5_000;
/// Bytes between two looks at the screen.
const CHUNK_BYTES: usize = 128 * 1024;

/// An object in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// In how many messages it is kept.
    pub chunks: u64,
    /// Its checksum.
    pub digest: String,
}

impl From<ObjectInfo> for Listed {
    fn from(info: ObjectInfo) -> Listed {
        Listed {
            name: info.name,
            bytes: info.size as u64,
            chunks: info.chunks as u64,
            digest: info.digest.unwrap_or_default(),
        }
    }
}

/// How far a transfer has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The object.
    pub name: String,
    /// Bytes so far.
    pub done: u64,
    /// Of so many.
    pub total: u64,
}

/// What the pane knows.
#[derive(Debug, Default)]
pub struct State {
    /// The buckets with their bytes, once they were fetched.
    pub buckets: Option<Result<Vec<(String, u64)>, Trouble>>,
    /// The open bucket.
    pub open: Option<String>,
    /// What is in it, once that was fetched.
    pub objects: Option<Result<Vec<Listed>, String>>,
    /// What is under way.
    pub progress: Option<Progress>,
    /// What became of the last wish, and whether it is bad news.
    pub notice: Option<(String, bool)>,
}

/// Refreshes what is shown until the task is ended.
pub async fn watch(context: PaneContext, state: Shared<State>, watched: Watched) {
    let jetstream = JetStream::new(&context);
    loop {
        let open = state.lock().open.clone();
        match open {
            None => {
                let buckets = jetstream.streams().await.map(|list| {
                    let buckets = list.entries.into_iter().filter_map(|info| {
                        let name = info.config.name.strip_prefix(STREAM_PREFIX)?;
                        Some((name.to_owned(), info.state.bytes))
                    });
                    buckets.collect()
                });
                renew(&mut state.lock().buckets, buckets, context.is_connected());
            }
            Some(bucket) => {
                let objects = objects(&context, &bucket).await;
                let mut state = state.lock();
                let is_known = !context.is_connected() && matches!(state.objects, Some(Ok(_)));
                if state.open.as_deref() == Some(&bucket) && !(is_known && objects.is_err()) {
                    state.objects = Some(objects);
                }
            }
        }
        context.waker.wake();
        watched.next(REFRESH_EVERY).await;
    }
}

async fn store(context: &PaneContext, bucket: &str) -> Result<ObjectStore, String> {
    let jetstream = jetstream::new(context.client.clone());
    jetstream
        .get_object_store(bucket)
        .await
        .map_err(|error| error.to_string())
}

async fn objects(context: &PaneContext, bucket: &str) -> Result<Vec<Listed>, String> {
    let store = store(context, bucket).await?;
    let mut list = store.list().await.map_err(|error| error.to_string())?;
    let mut objects = Vec::new();
    while let Some(info) = list.next().await {
        let info = info.map_err(|error| error.to_string())?;
        if !info.deleted && objects.len() < OBJECTS_MAX {
            objects.push(Listed::from(info));
        }
    }
    objects.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(objects)
}

/// What is to be done with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Into a new file.
    Get {
        /// The object.
        name: String,
        /// The file; an existing one stays.
        path: PathBuf,
    },
    /// From a file, under its name.
    Put(PathBuf),
    /// It goes.
    Delete(String),
}

/// Does it, and tells how far it has come.
pub async fn run(context: PaneContext, state: Shared<State>, bucket: String, work: Work) {
    let teller = Teller {
        waker: context.waker.clone(),
        state: state.clone(),
    };
    let outcome = match &work {
        Work::Get { name, path } => get(&context, &teller, &bucket, name, path).await,
        Work::Put(path) => put(&context, &teller, &bucket, path).await,
        Work::Delete(name) => delete(&context, &bucket, name).await,
    };
    {
        let mut state = state.lock();
        state.progress = None;
        state.notice = Some(match outcome {
            Ok(text) => (text, false),
            Err(why) => (why, true),
        });
    }
    context.waker.wake();
}

struct Teller {
    waker: crate::tui::event::Waker,
    state: Shared<State>,
}

impl Teller {
    fn tell(&self, name: &str, done: u64, total: u64) {
        self.state.lock().progress = Some(Progress {
            name: name.to_owned(),
            done,
            total,
        });
        self.waker.wake();
    }
}

async fn get(
    context: &PaneContext,
    teller: &Teller,
    bucket: &str,
    name: &str,
    path: &Path,
) -> Result<String, String> {
    let text = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut object = store(context, bucket)
        .await?
        .get(name)
        .await
        .map_err(|error| error.to_string())?;
    let total = object.info().size as u64;
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .open(path)
        .await
        .map_err(|e| text(&e))?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut done = 0;
    loop {
        // The object checks its digest when its end is read.
        let count = object.read(&mut chunk).await.map_err(|e| text(&e))?;
        if count == 0 {
            break;
        }
        file.write_all(&chunk[..count]).await.map_err(|e| text(&e))?;
        done += count as u64;
        teller.tell(name, done, total);
    }
    file.flush().await.map_err(|e| text(&e))?;
    Ok(texts::fetched(name, &path.display().to_string()))
}

async fn put(context: &PaneContext, teller: &Teller, bucket: &str, path: &Path) -> Result<String, String> {
    let text = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or(texts::no_name())?
        .to_owned();
    let file = tokio::fs::File::open(path).await.map_err(|e| text(&e))?;
    let total = file.metadata().await.map_err(|e| text(&e))?.len();
    let mut told = Told {
        file,
        name: &name,
        done: 0,
        total,
        teller,
    };
    let store = store(context, bucket).await?;
    store.put(name.as_str(), &mut told).await.map_err(|e| text(&e))?;
    Ok(texts::stored(&name))
}

async fn delete(context: &PaneContext, bucket: &str, name: &str) -> Result<String, String> {
    let store = store(context, bucket).await?;
    store.delete(name).await.map_err(|error| error.to_string())?;
    Ok(texts::deleted(name))
}

/// A file that tells how much of it was read.
struct Told<'a> {
    file: tokio::fs::File,
    name: &'a str,
    done: u64,
    total: u64,
    teller: &'a Teller,
}

impl AsyncRead for Told<'_> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = std::pin::Pin::new(&mut self.file).poll_read(context, buffer);
        self.done += (buffer.filled().len() - before) as u64;
        self.teller.tell(self.name, self.done, self.total);
        read
    }
}
