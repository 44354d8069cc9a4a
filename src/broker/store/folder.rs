//! Where file streams lie, beside their messages: configurations, and the states of consumers.
//!
//! ```text
//! <store_dir>/jetstream/lock                                   held by the broker that runs here
//! <store_dir>/jetstream/<account>/streams/<stream>/meta        configuration, time of birth, salt, sealed key
//!                                                  msgs/       see `file`
//!                                                  obs/<name>  one consumer
//!                                                  sources     how far it has copied others, as consumers are
//!                                                  batch       see `batch_file`; sealed as a whole if the stream is
//!                                                  restoring   there while the stream is being restored
//! ```
//!
//! `meta` and the consumers' files are written as `sheet` says; in an encrypted stream the configuration and
//! the consumers are sealed. They are on the medium at once with `sync: always`, else with the stream's next sync;
//! a changed configuration always is.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::file::{FileStore, Opening};
use super::seal::{Keys, Locked, Seal, SealedKey};
use super::sheet::{self, Draft, Ink, file_name, make_folder};
use super::{BatchFile, StoreError, Syncing};
use crate::proto::api::stream::StreamConfig;
use crate::util::time::Timestamp;

/// The file that says that a stream's folder is being filled by a restore, and is worth nothing without it.
const RESTORING: &str = "restoring";
/// The file that says how far sources are copied.
const SOURCES: &str = "sources";
/// The name of the file of a batch, and what its seal is bound to.
const BATCH: &str = "batch";

/// A stream as it was written down.
#[derive(Debug, Clone)]
pub struct Meta {
    /// When it was created.
    pub created: Timestamp,
    /// How.
    pub config: StreamConfig,
}

/// A stream's `meta` file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sheet {
    created: Timestamp,
    /// What its records begin with.
    pub(super) salt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<SealedKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    config: Option<StreamConfig>,
    /// Base64 of the sealed configuration, in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

/// What binds a sealed configuration to its purpose.
const CONFIG: &[u8] = b"config";

impl Sheet {
    fn set_config(&mut self, config: &StreamConfig, seal: Option<&Seal>) -> Result<(), serde_json::Error> {
        (self.config, self.sealed) = match seal {
            None => (Some(config.clone()), None),
            Some(seal) => {
                let sealed = seal.seal_bytes(CONFIG, &serde_json::to_vec(config)?);
                (None, Some(BASE64_STANDARD.encode(sealed)))
            }
        };
        Ok(())
    }

    fn config(&self, seal: Option<&Seal>) -> Option<StreamConfig> {
        let Some(sealed) = &self.sealed else {
            return self.config.clone();
        };
        let mut bytes = BASE64_STANDARD.decode(sealed).ok()?;
        serde_json::from_slice(seal?.open(CONFIG, &mut bytes)?).ok()
    }
}

/// The folders of the accounts under a `store_dir`, or under the `jetstream` folder in it.
pub(super) fn accounts(store_dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let inner = store_dir.join("jetstream");
    let root = if inner.is_dir() {
        inner
    } else {
        store_dir.to_owned()
    };
    std::fs::read_dir(&root).map_err(|e| StoreError::io(&root, e))?;
    let all = sheet::names(&root).into_iter().map(|name| root.join(name));
    Ok(all.filter(|path| path.join("streams").is_dir()).collect())
}

/// The folders of an account's streams.
pub(super) fn streams(account: &Path) -> Vec<PathBuf> {
    let folder = account.join("streams");
    sheet::names(&folder)
        .into_iter()
        .map(|name| folder.join(name))
        .collect()
}

/// The file streams of one account.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    account: String,
    sync_always: bool,
    keys: Option<Arc<Keys>>,
    /// The seals of the account's streams that were opened.
    seals: Arc<Mutex<HashMap<String, Arc<Seal>>>>,
    _lock: Arc<File>,
}

impl Folder {
    /// Takes possession of a `store_dir`, which is made if need be.
    pub fn open(store_dir: &Path, sync_always: bool, keys: Option<Keys>) -> Result<Folder, StoreError> {
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
            root,
            account: String::new(),
            sync_always,
            keys: keys.map(Arc::new),
            seals: Arc::default(),
            _lock: Arc::new(lock),
        })
    }

    /// The same for one account.
    pub fn of_account(&self, account: &str) -> Folder {
        Folder {
            account: account.to_owned(),
            seals: Arc::default(),
            ..self.clone()
        }
    }

    fn streams_folder(&self) -> PathBuf {
        self.root.join(file_name(&self.account)).join("streams")
    }

    /// Every stream that there is, by name as far as its folder tells it.
    pub fn streams(&self) -> Vec<(String, Result<Meta, StoreError>)> {
        let names = sheet::names(&self.streams_folder());
        names
            .into_iter()
            .filter(|name| !self.forget_half_restored(name))
            .map(|name| (name.clone(), self.meta(&name)))
            .collect()
    }

    /// Takes away what a restore left that was not finished. False when there is no such thing.
    fn forget_half_restored(&self, stream: &str) -> bool {
        let folder = self.streams_folder().join(stream);
        if !folder.join(RESTORING).exists() {
            return false;
        }
        tracing::warn!(stream, "a restore was not finished, what there is of it goes");
        remove_folder(&folder).unwrap_or_else(|error| tracing::error!(%error));
        true
    }

    fn meta(&self, stream: &str) -> Result<Meta, StoreError> {
        let path = self.streams_folder().join(stream).join("meta");
        let found: Sheet = sheet::read(&path, None)?;
        let seal = self.unlock(stream, &found)?.map(|(seal, _)| seal);
        let config = found.config(seal.as_ref());
        Ok(Meta {
            created: found.created,
            config: config.ok_or_else(|| StoreError::Unreadable(path.display().to_string()))?,
        })
    }

    /// The seal of a stream, and its key anew if that is to be written down.
    fn unlock(&self, stream: &str, found: &Sheet) -> Result<Option<(Seal, Option<SealedKey>)>, StoreError> {
        let locked = |reason| StoreError::Locked {
            stream: format!("{} > {stream}", self.account),
            reason,
        };
        match (&found.key, &self.keys) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(locked(Locked::NoKey)),
            (Some(key), Some(keys)) => {
                let unlocked = keys.unlock(&self.key_name(stream), key);
                unlocked.map(Some).map_err(locked)
            }
            // From now on it is encrypted; what was stored before stays readable.
            (None, Some(keys)) => {
                let (key, seal) = keys.create(&self.key_name(stream)).map_err(locked)?;
                Ok(Some((seal, Some(key))))
            }
        }
    }

    /// Names a stream's key across all accounts.
    fn key_name(&self, stream: &str) -> Vec<u8> {
        format!("{}/{stream}", file_name(&self.account)).into_bytes()
    }

    fn stream(&self, name: &str) -> PathBuf {
        self.streams_folder().join(file_name(name))
    }

    fn seal_of(&self, name: &str) -> Option<Arc<Seal>> {
        let seals = self.seals.lock().unwrap_or_else(PoisonError::into_inner);
        seals.get(name).cloned()
    }

    /// The store of a stream, which is made if need be.
    pub fn open_stream(&self, created: Timestamp, config: &StreamConfig) -> Result<FileStore, StoreError> {
        let folder = self.stream(&config.name);
        let path = folder.join("meta");
        let is_new = !path.exists();
        let mut meta = if is_new {
            if folder.join("msgs").exists() {
                return Err(StoreError::Unreadable(folder.display().to_string()));
            }
            make_folder(&folder)?;
            Sheet {
                created,
                salt: crc32fast::hash(nuid::next().as_bytes()),
                key: None,
                config: None,
                sealed: None,
            }
        } else {
            sheet::read(&path, None)?
        };
        let (seal, key) = self.unlock(&file_name(&config.name), &meta)?.unzip();
        let seal = seal.map(Arc::new);
        let key = key.flatten();
        if is_new || key.is_some() {
            meta.key = key.or(meta.key);
            self.write_meta(
                &path,
                &mut meta,
                config,
                seal.as_deref(),
                self.sync_always || !is_new,
            )?;
        }
        if let Some(seal) = &seal {
            let mut seals = self.seals.lock().unwrap_or_else(PoisonError::into_inner);
            seals.insert(config.name.clone(), Arc::clone(seal));
        }
        let opening = Opening {
            salt: meta.salt,
            sync_always: self.sync_always,
            compression: config.compression,
            seal,
        };
        FileStore::open(&folder, opening)
    }

    fn write_meta(
        &self,
        path: &Path,
        meta: &mut Sheet,
        config: &StreamConfig,
        seal: Option<&Seal>,
        synced: bool,
    ) -> Result<(), StoreError> {
        meta.set_config(config, seal)
            .map_err(|e| StoreError::io(path, e.into()))?;
        sheet::write(path, meta, Ink { seal: None, synced })
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
        let mut meta: Sheet = sheet::read(&path, None)?;
        let seal = self.seal_of(&config.name);
        self.write_meta(&path, &mut meta, config, seal.as_deref(), true)
    }

    fn consumers_folder(&self, stream: &str) -> PathBuf {
        self.stream(stream).join("obs")
    }

    /// Writes down a consumer.
    pub fn save_consumer(&self, stream: &str, name: &str, state: &impl Serialize) -> Result<(), StoreError> {
        let folder = self.consumers_folder(stream);
        make_folder(&folder)?;
        let seal = self.seal_of(stream);
        let ink = Ink {
            seal: seal.as_deref(),
            synced: self.sync_always,
        };
        sheet::write(&folder.join(file_name(name)), state, ink)
    }

    /// Begins to write down a consumer.
    pub fn draft_consumer(
        &self,
        stream: &str,
        name: &str,
        state: &impl Serialize,
    ) -> Result<Draft, StoreError> {
        let folder = self.consumers_folder(stream);
        make_folder(&folder)?;
        let seal = self.seal_of(stream);
        Draft::begin(&folder.join(file_name(name)), state, seal.as_deref())
    }

    /// Adds the folders that a stream's drafts are finished in.
    pub fn add_places(&self, stream: &str, syncing: &mut Syncing) -> Result<(), StoreError> {
        let consumers = self.consumers_folder(stream);
        if consumers.exists() {
            syncing.add_path(&consumers)?;
        }
        syncing.add_path(&self.stream(stream))
    }

    /// Forgets a consumer, if it was ever written down.
    pub fn remove_consumer(&self, stream: &str, name: &str) -> Result<(), StoreError> {
        let folder = self.consumers_folder(stream);
        let path = folder.join(file_name(name));
        match std::fs::remove_file(&path) {
            Ok(()) if self.sync_always => sheet::sync_folder(&folder),
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(&path, e)),
            _ => Ok(()),
        }
    }

    /// Writes down a batch that is about to be stored. It need not be renamed into its place, as half a batch counts
    /// as none.
    pub fn save_batch(&self, stream: &str, batch: &BatchFile) -> Result<(), StoreError> {
        let folder = self.stream(stream);
        let path = folder.join(BATCH);
        let io = |e| StoreError::io(&path, e);
        let mut bytes = batch.encode();
        if let Some(seal) = self.seal_of(stream) {
            bytes = seal.seal_bytes(BATCH.as_bytes(), &bytes);
        }
        let mut file = File::create(&path).map_err(io)?;
        file.write_all(&bytes).map_err(io)?;
        if self.sync_always {
            file.sync_data().map_err(io)?;
            sheet::sync_folder(&folder)?;
        }
        Ok(())
    }

    /// The batch that was written down, if it is there and whole.
    pub fn batch(&self, stream: &str) -> Result<Option<BatchFile>, StoreError> {
        let path = self.stream(stream).join(BATCH);
        let mut bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(StoreError::io(&path, e)),
        };
        // It may have been written before the stream was encrypted.
        let plain = BatchFile::decode(&bytes);
        let sealed = || {
            let seal = self.seal_of(stream)?;
            BatchFile::decode(seal.open(BATCH.as_bytes(), &mut bytes)?)
        };
        Ok(plain.or_else(sealed))
    }

    /// Forgets the batch that was written down.
    pub fn remove_batch(&self, stream: &str) -> Result<(), StoreError> {
        let path = self.stream(stream).join(BATCH);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(&path, e)),
            _ => Ok(()),
        }
    }

    /// Writes down how far a stream has copied its sources.
    pub fn save_positions(&self, stream: &str, positions: &impl Serialize) -> Result<(), StoreError> {
        let seal = self.seal_of(stream);
        let ink = Ink {
            seal: seal.as_deref(),
            synced: self.sync_always,
        };
        sheet::write(&self.stream(stream).join(SOURCES), positions, ink)
    }

    /// Begins to write down how far a stream has copied its sources.
    pub fn draft_positions(&self, stream: &str, positions: &impl Serialize) -> Result<Draft, StoreError> {
        let seal = self.seal_of(stream);
        Draft::begin(&self.stream(stream).join(SOURCES), positions, seal.as_deref())
    }

    /// How far a stream has copied its sources, if that was ever written down and can be read.
    pub fn positions<T: DeserializeOwned + Default>(&self, stream: &str) -> T {
        let path = self.stream(stream).join(SOURCES);
        if !path.exists() {
            return T::default();
        }
        sheet::read(&path, self.seal_of(stream).as_deref())
            .inspect_err(|error| tracing::error!(stream, %error, "positions of sources are unknown"))
            .unwrap_or_default()
    }

    /// Every consumer of a stream that was written down. What cannot be read is left alone and reported.
    pub fn consumers<T: DeserializeOwned>(&self, stream: &str) -> Vec<T> {
        let folder = self.consumers_folder(stream);
        let seal = self.seal_of(stream);
        let all = sheet::names(&folder).into_iter().filter_map(|name| {
            sheet::read(&folder.join(&name), seal.as_deref())
                .inspect_err(
                    |error| tracing::error!(stream, consumer = name, %error, "consumer is left alone"),
                )
                .ok()
        });
        all.collect()
    }
}

fn remove_folder(path: &Path) -> Result<(), StoreError> {
    std::fs::remove_dir_all(path).map_err(|e| StoreError::io(path, e))
}
