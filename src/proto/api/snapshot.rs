//! Requests for a stream's snapshot and for its restoring, and their answers (nats-server `jetstream_api.go`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ResponseBody;
use super::stream::{StreamConfig, StreamState};

/// STREAM.SNAPSHOT's request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename = "JSApiStreamSnapshotRequest")]
pub struct SnapshotRequest {
    /// Where the chunks go.
    pub deliver_subject: String,
    /// Without the consumers.
    pub no_consumers: bool,
    /// Bytes of a chunk; 0 for the server's choice.
    pub chunk_size: i64,
    /// Bytes that may be on their way without an answer; 0 for the server's choice.
    pub window_size: i64,
    /// Check all messages first.
    #[serde(rename = "jsck")]
    pub check_messages: bool,
}

/// STREAM.SNAPSHOT's answer, before the chunks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SnapshotResponse {
    /// How the stream is configured.
    pub config: StreamConfig,
    /// What it holds.
    pub state: StreamState,
}

impl ResponseBody for SnapshotResponse {
    const NAME: &'static str = "stream_snapshot_response";
}

/// STREAM.RESTORE's request.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename = "JSApiStreamRestoreRequest")]
pub struct RestoreRequest {
    /// How the stream is to be configured.
    pub config: StreamConfig,
    /// What it held; the archive says so itself.
    pub state: Value,
}

/// STREAM.RESTORE's answer, before the chunks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RestoreResponse {
    /// Where the chunks go.
    pub deliver_subject: String,
}

impl ResponseBody for RestoreResponse {
    const NAME: &'static str = "stream_restore_response";

    fn beside_error() -> Option<RestoreResponse> {
        Some(RestoreResponse::default())
    }
}
