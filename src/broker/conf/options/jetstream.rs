//! JetStream's settings for the whole server.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Secret;

/// What stored messages are encrypted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum StoreCipher {
    /// ChaCha20-Poly1305.
    #[default]
    #[serde(rename = "chachapoly")]
    ChaChaPoly,
    /// AES-256-GCM.
    #[serde(rename = "aes")]
    Aes,
}

/// JetStream's own settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JetStreamOptions {
    /// Where file streams lie.
    pub store_dir: Option<PathBuf>,
    /// Bytes for memory streams; absent means three quarters of the machine's memory, as nats-server does.
    pub max_memory: Option<u64>,
    /// Bytes for file streams.
    pub max_file: Option<u64>,
    /// JetStream domain.
    pub domain: Option<String>,
    /// API requests with unknown fields are refused.
    pub strict: bool,
    /// Time between two syncs to the medium.
    pub sync_interval: Duration,
    /// Every acknowledgement waits for the medium.
    pub sync_always: bool,
    /// What decides placement's uniqueness; means nothing on one server.
    pub unique_tag: Option<String>,
    /// Upper bounds for streams and consumers.
    pub limits: JetStreamLimits,
    /// Bytes a stream may have waiting to be stored.
    pub max_buffered_size: u64,
    /// Messages a stream may have waiting to be stored.
    pub max_buffered_msgs: usize,
    /// API requests waiting.
    pub request_queue_limit: usize,
    /// API requests for information waiting.
    pub info_queue_limit: usize,
    /// Files read or written at a time; absent leaves the choice to the store.
    pub max_concurrent_io: Option<usize>,
    /// Key that stored messages are encrypted with.
    pub encryption_key: Option<Secret>,
    /// The key before that.
    pub previous_encryption_key: Option<Secret>,
    /// How.
    pub cipher: StoreCipher,
}

impl Default for JetStreamOptions {
    fn default() -> JetStreamOptions {
        JetStreamOptions {
            store_dir: None,
            max_memory: None,
            max_file: None,
            domain: None,
            strict: true,
            sync_interval: Duration::from_secs(120),
            sync_always: false,
            unique_tag: None,
            limits: JetStreamLimits::default(),
            max_buffered_size: 128 * 1024 * 1024,
            max_buffered_msgs: 100_000,
            request_queue_limit: 10_000,
            info_queue_limit: 10_000,
            max_concurrent_io: None,
            encryption_key: None,
            previous_encryption_key: None,
            cipher: StoreCipher::default(),
        }
    }
}

/// Upper bounds for every account; absent means nats-server's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JetStreamLimits {
    /// Messages of one pull request.
    pub max_request_batch: Option<u32>,
    /// Unacknowledged messages of one consumer.
    pub max_ack_pending: Option<u32>,
    /// Streams and consumers with replicas.
    pub max_ha_assets: Option<u32>,
    /// Longest duplicate window of a stream.
    pub duplicate_window: Option<Duration>,
    /// Open atomic batches of one stream.
    pub batch_max_inflight_per_stream: Option<u32>,
    /// Open atomic batches of the server.
    pub batch_max_inflight_total: Option<u32>,
    /// Messages of one atomic batch.
    pub batch_max_msgs: Option<u32>,
    /// Longest time from a batch's first message to its last.
    pub batch_timeout: Option<Duration>,
}
