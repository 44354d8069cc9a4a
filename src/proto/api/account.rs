//! What an account may use and does use: the answer to `$JS.API.INFO`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ResponseBody, is_default};

/// The most an account may use; −1 for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AccountLimits {
    /// Bytes in memory streams.
    pub max_memory: i64,
    /// Bytes in file streams.
    pub max_storage: i64,
    /// Number of streams.
    pub max_streams: i64,
    /// Number of consumers of one stream.
    pub max_consumers: i64,
    /// Largest `max_ack_pending` of a consumer.
    pub max_ack_pending: i64,
    /// Largest memory stream in bytes.
    pub memory_max_stream_bytes: i64,
    /// Largest file stream in bytes.
    pub storage_max_stream_bytes: i64,
    /// Must every stream set `max_bytes`?
    pub max_bytes_required: bool,
}

impl Default for AccountLimits {
    fn default() -> AccountLimits {
        AccountLimits {
            max_memory: -1,
            max_storage: -1,
            max_streams: -1,
            max_consumers: -1,
            max_ack_pending: -1,
            memory_max_stream_bytes: -1,
            storage_max_stream_bytes: -1,
            max_bytes_required: false,
        }
    }
}

/// What an account uses, within which limits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AccountTier {
    /// Bytes in memory streams.
    pub memory: u64,
    /// Bytes in file streams.
    pub storage: u64,
    /// Bytes that memory streams have set aside with `max_bytes`.
    pub reserved_memory: u64,
    /// Bytes that file streams have set aside with `max_bytes`.
    pub reserved_storage: u64,
    /// Number of streams.
    pub streams: usize,
    /// Number of consumers.
    pub consumers: usize,
    /// The limits.
    pub limits: AccountLimits,
}

/// Counters of the API itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ApiStats {
    /// The API level this server claims (ADR-44).
    pub level: i64,
    /// Requests so far.
    pub total: u64,
    /// Requests that ended in an error.
    pub errors: u64,
}

/// The answer to `$JS.API.INFO`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AccountInfo {
    /// Usage and limits in all.
    #[serde(flatten)]
    pub tier: AccountTier,
    /// The JetStream domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Counters of the API.
    pub api: ApiStats,
    /// Usage by tier, where limits are tiered.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tiers: BTreeMap<String, AccountTier>,
}

/// The answer to `$JS.API.ACCOUNT.PURGE.<account>`, which is the system account's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AccountPurgeResponse {
    /// It is done, or has begun where several servers have to do it.
    #[serde(skip_serializing_if = "is_default")]
    pub initiated: bool,
}

impl ResponseBody for AccountPurgeResponse {
    const NAME: &'static str = "account_purge_response";
}

impl ResponseBody for AccountInfo {
    const NAME: &'static str = "account_info_response";
}
