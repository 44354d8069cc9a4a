//! Where file streams lie, beside their messages: configurations, and the states of consumers.
//!
//! ```text
//! <store_dir>/jetstream/lock                                   held by the broker that runs here
//! <store_dir>/jetstream/<account>/streams/<stream>/meta        configuration, time of birth, salt
//!                                                  msgs/       see `file`
//!                                                  obs/<name>  one consumer
//!                                                  batch       see `batch_file`
//!                                                  restoring   there while the stream is being restored
//! ```
//!
//! `meta` and the consumers' files are JSON behind a line with its CRC-32 in hexadecimal. They are written
//! beside their place and renamed, so that there is always a whole one.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{BatchFile, FileStore, StoreError};
use crate::proto::api::stream::StreamConfig;
use crate::util::time::Timestamp;

/// What a file is called while it is being written. No stream or consumer can have that name.
const UNFINISHED: &str = ".new";
/// The file that says that a stream's folder is being filled by a restore, and is worth nothing without it.
const RESTORING: &str = "restoring";

/// A stream's `meta` file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Meta {
    /// When it was created.
    pub created: Timestamp,
    /// How.
    pub config: StreamConfig,
    salt: u32,
}

/// The file streams of one account.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    streams: PathBuf,
    sync_always: bool,
    _lock: Arc<File>,
}

impl Folder {
    /// Takes possession of a `store_dir`, which is made if need be.
    pub fn open(store_dir: &Path, sync_always: bool) -> Result<Folder, StoreError> {
        let root = store_dir.join("jetstream");
        make_folder(&root)?;
        let path = root.join("lock");
        let io = |e| StoreError::io(&path, e);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let lock = lock.map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Taken(root.display().to_string())),
            Err(TryLockError::Error(e)) => return Err(io(e)),
        }
        Ok(Folder {
            streams: PathBuf::new(),
            root,
            sync_always,
            _lock: Arc::new(lock),
        })
    }

    /// The same for one account.
    pub fn of_account(&self, account: &str) -> Folder {
        Folder {
            streams: self.root.join(file_name(account)).join("streams"),
            ..self.clone()
        }
    }

    /// Every stream that there is, by name. What cannot be read is left alone and reported.
    pub fn streams(&self) -> Vec<Meta> {
        let all = names(&self.streams).into_iter().filter_map(|name| {
            let folder = self.streams.join(&name);
            if folder.join(RESTORING).exists() {
                tracing::warn!(
                    stream = name,
                    "a restore was not finished, what there is of it goes"
                );
                remove_folder(&folder).unwrap_or_else(|error| tracing::error!(%error));
                return None;
            }
            let read = read::<Meta>(&self.streams.join(&name).join("meta"));
            read.inspect_err(|error| tracing::error!(stream = name, %error, "stream is left alone"))
                .ok()
        });
        all.collect()
    }

    fn stream(&self, name: &str) -> PathBuf {
        self.streams.join(file_name(name))
    }

    /// The store of a stream, which is made if need be.
    pub fn open_stream(&self, created: Timestamp, config: &StreamConfig) -> Result<FileStore, StoreError> {
        let folder = self.stream(&config.name);
        let meta = folder.join("meta");
        let salt = if meta.exists() {
            read::<Meta>(&meta)?.salt
        } else {
            if folder.join("msgs").exists() {
                return Err(StoreError::Unreadable(folder.display().to_string()));
            }
            make_folder(&folder)?;
            let salt = crc32fast::hash(nuid::next().as_bytes());
            let config = config.clone();
            write(
                &meta,
                &Meta {
                    created,
                    config,
                    salt,
                },
            )?;
            salt
        };
        FileStore::open(&folder, salt, self.sync_always)
    }

    /// The store of a stream that is about to be restored, in place of whatever its folder may hold. Until
    /// [`Folder::end_restore`] it is gone when the server dies.
    pub fn open_restored(&self, created: Timestamp, config: &StreamConfig) -> Result<FileStore, StoreError> {
        let folder = self.stream(&config.name);
        if folder.exists() {
            remove_folder(&folder)?;
        }
        make_folder(&folder)?;
        let mark = folder.join(RESTORING);
        File::create(&mark).map_err(|e| StoreError::io(&mark, e))?;
        self.open_stream(created, config)
    }

    /// The stream is restored.
    pub fn end_restore(&self, stream: &str) -> Result<(), StoreError> {
        let mark = self.stream(stream).join(RESTORING);
        std::fs::remove_file(&mark).map_err(|e| StoreError::io(&mark, e))
    }

    /// Writes down a stream's new configuration.
    pub fn save(&self, config: &StreamConfig) -> Result<(), StoreError> {
        let path = self.stream(&config.name).join("meta");
        let meta: Meta = read(&path)?;
        let config = config.clone();
        write(&path, &Meta { config, ..meta })
    }

    fn consumers_folder(&self, stream: &str) -> PathBuf {
        self.stream(stream).join("obs")
    }

    /// Writes down a consumer.
    pub fn save_consumer(&self, stream: &str, name: &str, state: &impl Serialize) -> Result<(), StoreError> {
        let folder = self.consumers_folder(stream);
        make_folder(&folder)?;
        write(&folder.join(file_name(name)), state)
    }

    /// Forgets a consumer, if it was ever written down.
    pub fn remove_consumer(&self, stream: &str, name: &str) -> Result<(), StoreError> {
        let path = self.consumers_folder(stream).join(file_name(name));
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(&path, e)),
            _ => Ok(()),
        }
    }

    fn batch_path(&self, stream: &str) -> PathBuf {
        self.stream(stream).join("batch")
    }

    /// Writes down a batch that is about to be stored. It need not be renamed into its place, as half a batch counts
    /// as none.
    pub fn save_batch(&self, stream: &str, batch: &BatchFile) -> Result<(), StoreError> {
        let path = self.batch_path(stream);
        let io = |e| StoreError::io(&path, e);
        let mut file = File::create(&path).map_err(io)?;
        file.write_all(&batch.encode()).map_err(io)?;
        if self.sync_always {
            file.sync_data().map_err(io)?;
            File::open(self.stream(stream))
                .and_then(|folder| folder.sync_all())
                .map_err(io)?;
        }
        Ok(())
    }

    /// The batch that was written down, if it is there and whole.
    pub fn batch(&self, stream: &str) -> Result<Option<BatchFile>, StoreError> {
        let path = self.batch_path(stream);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(BatchFile::decode(&bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(StoreError::io(&path, e)),
        }
    }

    /// Forgets the batch that was written down.
    pub fn remove_batch(&self, stream: &str) -> Result<(), StoreError> {
        let path = self.batch_path(stream);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(&path, e)),
            _ => Ok(()),
        }
    }

    /// Every consumer of a stream that was written down. What cannot be read is left alone and reported.
    pub fn consumers<T: DeserializeOwned>(&self, stream: &str) -> Vec<T> {
        let folder = self.consumers_folder(stream);
        let all = names(&folder).into_iter().filter_map(|name| {
            read(&folder.join(&name))
                .inspect_err(
                    |error| tracing::error!(stream, consumer = name, %error, "consumer is left alone"),
                )
                .ok()
        });
        all.collect()
    }
}

/// The names in a folder, in order, but for files that were not finished.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.ends_with(UNFINISHED))
        .collect();
    names.sort_unstable();
    names
}

/// A name as a file can have it: what could be a path or hidden is written as `%` and two digits.
fn file_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '/' | '\\' | '%' | '.' | '\0'..='\x1f' | ':' => safe.push_str(&format!("%{:02x}", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
}

fn remove_folder(path: &Path) -> Result<(), StoreError> {
    std::fs::remove_dir_all(path).map_err(|e| StoreError::io(path, e))
}

fn make_folder(path: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(path).map_err(|e| StoreError::io(path, e))
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let io = |e| StoreError::io(path, e);
    let json = serde_json::to_vec(value).map_err(|e| io(e.into()))?;
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(UNFINISHED);
    let mut file = File::create(&unfinished).map_err(io)?;
    writeln!(file, "{:08x}", crc32fast::hash(&json)).map_err(io)?;
    file.write_all(&json).map_err(io)?;
    std::fs::rename(&unfinished, path).map_err(io)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let bytes = std::fs::read(path).map_err(|e| StoreError::io(path, e))?;
    let unreadable = || StoreError::Unreadable(path.display().to_string());
    let (sum, json) = bytes.split_at_checked(9).ok_or_else(unreadable)?;
    if format!("{:08x}\n", crc32fast::hash(json)).as_bytes() != sum {
        return Err(unreadable());
    }
    serde_json::from_slice(json).map_err(|_| unreadable())
}
