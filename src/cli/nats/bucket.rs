//! What `nats kv` and `nats object` share: a bucket is a stream whose name begins with that of its kind.

use anyhow::{anyhow, bail};
use async_nats::jetstream::kv::Store;
use async_nats::jetstream::object_store::ObjectStore;
use async_nats::jetstream::{self, Context};
use serde_json::{Map, Value};

use super::session::{Connection, Session};
use super::stream::{Streams, name_of};
use crate::client::api::ApiError;

/// The buckets of one kind in the account.
pub(super) struct Buckets {
    pub connection: Connection,
    pub context: Context,
    /// What the streams behind them begin with.
    prefix: &'static str,
}

impl Buckets {
    /// The buckets whose streams begin with `prefix`.
    pub async fn connect(session: &Session, prefix: &'static str) -> anyhow::Result<Buckets> {
        let connection = session.connect().await?;
        let mut context = jetstream::with_prefix(connection.client.clone(), connection.api.prefix());
        context.set_timeout(session.timeout);
        Ok(Buckets {
            connection,
            context,
            prefix,
        })
    }

    /// The keys of a bucket.
    pub async fn keys(&self, bucket: &str) -> anyhow::Result<Store> {
        let store = self.context.get_key_value(bucket).await;
        store.map_err(|_| not_found())
    }

    /// The objects of a bucket.
    pub async fn objects(&self, bucket: &str) -> anyhow::Result<ObjectStore> {
        let store = self.context.get_object_store(bucket).await;
        store.map_err(|_| not_found())
    }

    fn streams(&self) -> Streams {
        Streams {
            api: self.connection.api.clone(),
            all: true,
        }
    }

    /// What the server says of the stream behind a bucket.
    pub async fn info(&self, bucket: &str) -> Result<Value, ApiError> {
        self.streams().info(&format!("{}{bucket}", self.prefix)).await
    }

    /// The streams behind all buckets, by name.
    pub async fn infos(&self) -> Result<Vec<Value>, ApiError> {
        let mut infos = self.streams().infos(None).await?;
        infos.retain(|info| name_of(info).starts_with(self.prefix));
        Ok(infos)
    }

    /// The bucket that a stream is behind.
    pub fn name_of<'i>(&self, info: &'i Value) -> &'i str {
        name_of(info).strip_prefix(self.prefix).unwrap_or_default()
    }

    /// The names of all buckets.
    pub async fn names(&self) -> Result<Vec<String>, ApiError> {
        let infos = self.infos().await?;
        Ok(infos.iter().map(|info| self.name_of(info).to_owned()).collect())
    }

    /// Has the stream behind a bucket made (`CREATE`), changed (`UPDATE`) or removed (`DELETE`).
    pub async fn submit(&self, verb: &str, bucket: &str, config: &Value) -> Result<Value, ApiError> {
        let subject = format!("STREAM.{verb}.{}{bucket}", self.prefix);
        self.connection.api.request(&subject, config).await
    }
}

/// A configuration with what every new bucket has: its stream's name and its storage, `file` or `memory`.
pub(super) fn config(prefix: &str, bucket: &str, storage: &str) -> anyhow::Result<Map<String, Value>> {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if bucket.is_empty() || !bucket.chars().all(valid) {
        bail!("nats: invalid bucket name");
    }
    let storage = if storage.starts_with('m') {
        "memory"
    } else {
        "file"
    };
    let mut config = Map::new();
    config.insert("name".to_owned(), format!("{prefix}{bucket}").into());
    config.insert("storage".to_owned(), storage.into());
    Ok(config)
}

/// The Go client's words for a bucket that is not there.
pub(super) fn not_found() -> anyhow::Error {
    anyhow!("nats: bucket not found")
}
