//! Requests about streams and their answers (nats-server `jetstream_api.go`).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize, Serializer};

use super::stream::StreamInfo;
use super::{Paged, ResponseBody, is_default};
use crate::util::time::Timestamp;

/// STREAM.INFO's request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename = "JSApiStreamInfoRequest")]
pub struct InfoRequest {
    /// First subject to list.
    pub offset: i64,
    /// List the sequences of holes too.
    pub deleted_details: bool,
    /// List the subjects that match.
    pub subjects_filter: String,
}

/// The request of STREAM.NAMES and STREAM.LIST.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename = "JSApiStreamNamesRequest")]
pub struct ListRequest {
    /// First one to list.
    pub offset: i64,
    /// Only streams that a subject like this could reach.
    pub subject: String,
}

/// STREAM.PURGE's request. `seq` and `keep` exclude each other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename = "JSApiStreamPurgeRequest")]
pub struct PurgeRequest {
    /// Purge what is before this sequence.
    pub seq: u64,
    /// Purge what this pattern matches.
    pub filter: String,
    /// Leave this many.
    pub keep: u64,
}

/// The request of STREAM.MSG.GET and DIRECT.GET.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename = "JSApiMsgGetRequest")]
pub struct MsgGetRequest {
    /// This sequence, or where to begin.
    pub seq: u64,
    /// The last one that this pattern matches.
    pub last_by_subj: String,
    /// The next one that this pattern matches.
    pub next_by_subj: String,
    /// How many, in direct gets.
    pub batch: i64,
    /// Bytes at most, in direct gets of several.
    pub max_bytes: i64,
    /// From this time on.
    pub start_time: Option<Timestamp>,
    /// The last of every subject that one of these matches, in direct gets.
    pub multi_last: Vec<String>,
    /// Nothing behind this sequence.
    pub up_to_seq: u64,
    /// Nothing behind this time.
    pub up_to_time: Option<Timestamp>,
    /// Without headers.
    pub no_hdr: bool,
}

impl MsgGetRequest {
    /// Does it name no message?
    pub fn is_empty(&self) -> bool {
        let subjects = [&self.last_by_subj, &self.next_by_subj];
        self.seq == 0 && self.start_time.is_none() && subjects.iter().all(|s| s.is_empty())
    }

    /// Does it name a message in two ways? The sequence, the last of a subject and the start time exclude each
    /// other; the next of a subject goes with the first and the third.
    pub fn contradicts_itself(&self) -> bool {
        let (last, next) = (!self.last_by_subj.is_empty(), !self.next_by_subj.is_empty());
        let starts = [self.seq > 0, self.start_time.is_some(), last];
        starts.iter().filter(|given| **given).count() > 1 || (last && next)
    }
}

/// STREAM.MSG.DELETE's request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename = "JSApiMsgDeleteRequest")]
pub struct MsgDeleteRequest {
    /// The sequence.
    pub seq: u64,
    /// Leave its bytes as they are.
    pub no_erase: bool,
}

/// STREAM.CREATE's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamCreateResponse {
    /// The stream.
    #[serde(flatten)]
    pub info: StreamInfo,
    /// Always true; nats-server says so for a stream that was there already, too.
    #[serde(skip_serializing_if = "is_default")]
    pub did_create: bool,
}

impl ResponseBody for StreamCreateResponse {
    const NAME: &'static str = "stream_create_response";
}

/// STREAM.UPDATE's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamUpdateResponse(pub StreamInfo);

impl ResponseBody for StreamUpdateResponse {
    const NAME: &'static str = "stream_update_response";
}

/// STREAM.INFO's answer; the page counts the subjects.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct StreamInfoResponse {
    /// The page of subjects.
    #[serde(flatten)]
    pub page: Paged,
    /// The stream.
    #[serde(flatten)]
    pub info: Option<StreamInfo>,
}

impl ResponseBody for StreamInfoResponse {
    const NAME: &'static str = "stream_info_response";

    fn beside_error() -> Option<Self> {
        Some(StreamInfoResponse::default())
    }
}

/// STREAM.NAMES' answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StreamNamesResponse {
    /// The page.
    #[serde(flatten)]
    pub page: Paged,
    /// The names, sorted.
    pub streams: Option<Vec<String>>,
}

impl ResponseBody for StreamNamesResponse {
    const NAME: &'static str = "stream_names_response";

    fn beside_error() -> Option<Self> {
        Some(StreamNamesResponse::default())
    }
}

/// STREAM.LIST's answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct StreamListResponse {
    /// The page.
    #[serde(flatten)]
    pub page: Paged,
    /// The streams, sorted by name.
    pub streams: Option<Vec<StreamInfo>>,
    /// Streams that could not be asked.
    #[serde(skip_serializing_if = "is_default")]
    pub missing: Vec<String>,
    /// Streams that are off line, and why.
    #[serde(skip_serializing_if = "is_default")]
    pub offline: BTreeMap<String, String>,
}

impl ResponseBody for StreamListResponse {
    const NAME: &'static str = "stream_list_response";

    fn beside_error() -> Option<Self> {
        Some(StreamListResponse::default())
    }
}

/// STREAM.DELETE's answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StreamDeleteResponse {
    /// It is gone.
    #[serde(skip_serializing_if = "is_default")]
    pub success: bool,
}

impl ResponseBody for StreamDeleteResponse {
    const NAME: &'static str = "stream_delete_response";
}

/// STREAM.PURGE's answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StreamPurgeResponse {
    /// It was done.
    #[serde(skip_serializing_if = "is_default")]
    pub success: bool,
    /// How many messages went.
    pub purged: u64,
}

impl ResponseBody for StreamPurgeResponse {
    const NAME: &'static str = "stream_purge_response";

    fn beside_error() -> Option<Self> {
        Some(StreamPurgeResponse::default())
    }
}

/// STREAM.MSG.GET's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MsgGetResponse {
    /// The message.
    pub message: StoredMessage,
}

impl ResponseBody for MsgGetResponse {
    const NAME: &'static str = "stream_msg_get_response";
}

/// A stored message in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredMessage {
    /// Its subject.
    pub subject: String,
    /// Its sequence.
    pub seq: u64,
    /// Its header block, in base64.
    #[serde(skip_serializing_if = "is_default", serialize_with = "base64")]
    pub hdrs: Vec<u8>,
    /// Its body, in base64.
    #[serde(skip_serializing_if = "is_default", serialize_with = "base64")]
    pub data: Vec<u8>,
    /// When it was stored.
    pub time: Timestamp,
}

fn base64<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&BASE64.encode(bytes))
}

/// STREAM.MSG.DELETE's answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct MsgDeleteResponse {
    /// It is gone.
    #[serde(skip_serializing_if = "is_default")]
    pub success: bool,
}

impl ResponseBody for MsgDeleteResponse {
    const NAME: &'static str = "stream_msg_delete_response";
}
