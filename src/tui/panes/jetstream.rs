//! Questions to JetStream's API, answered in the words of a pane.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::jetstream::{consumer, stream};
use base64::Engine;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::client::api::{Api, ApiError};
use crate::client::payload;
use crate::proto::headers;
use crate::tui::panes::PaneContext;
use crate::tui::panes::incidents::Incidents;
use crate::tui::panes::trouble::Trouble;
use crate::util::time::Timestamp;

/// How long a pane waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The most streams or consumers that a pane lists; four pages of the API.
pub const LISTED_MAX: usize = 1_024;
/// Of a stream with more subjects than this only how many they are is asked.
pub const SUBJECTS_MAX: u64 = 2_000;
/// The most bytes kept of one stored message's payload.
pub const STORED_BYTES_MAX: usize = 64 * 1024;

/// A listing that may have been cut at [`LISTED_MAX`].
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<T> {
    /// What was listed.
    pub entries: Vec<T>,
    /// How many there are on the server.
    pub total: usize,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Listing {
            entries: Vec::new(),
            total: 0,
        }
    }
}

/// A message as the stream holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its place in the stream.
    pub sequence: u64,
    /// Where it was published.
    pub subject: String,
    /// When the stream took it.
    pub at: Timestamp,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its payload, cut at [`STORED_BYTES_MAX`].
    pub payload: Vec<u8>,
    /// How many bytes the payload has.
    pub payload_bytes: usize,
}

/// Asks the API on behalf of a pane.
#[derive(Clone)]
pub struct JetStream {
    api: Api,
    incidents: Incidents,
    context: PaneContext,
}

impl JetStream {
    /// The API of the pane's connection.
    pub fn new(context: &PaneContext) -> JetStream {
        JetStream {
            api: Api::new(context.client.clone(), TIMEOUT),
            incidents: context.incidents.clone(),
            context: context.clone(),
        }
    }

    /// All streams, by name.
    pub async fn streams(&self) -> Result<Listing<stream::Info>, Trouble> {
        let mut list: Listing<stream::Info> = self.list("STREAM.LIST", "streams", "").await?;
        list.entries
            .sort_by(|a, b| by_name(&a.config.name).cmp(&by_name(&b.config.name)));
        Ok(list)
    }

    /// The names of all streams, sorted.
    pub async fn stream_names(&self) -> Result<Listing<String>, Trouble> {
        let mut list: Listing<String> = self.list("STREAM.NAMES", "streams", "").await?;
        list.entries.sort_by(|a, b| by_name(a).cmp(&by_name(b)));
        Ok(list)
    }

    /// The name of the stream that stores what is published on `subject`.
    pub async fn stream_of(&self, subject: &str) -> Result<Option<String>, Trouble> {
        let answer = self
            .ask("STREAM.NAMES", &json!({ "subject": subject }), "")
            .await?;
        Ok(answer["streams"][0].as_str().map(str::to_owned))
    }

    /// One stream.
    pub async fn stream(&self, name: &str) -> Result<stream::Info, Trouble> {
        let answer = self
            .ask(&format!("STREAM.INFO.{name}"), &Value::Null, name)
            .await?;
        decode(answer)
    }

    /// The subjects of a stream that hold messages, and how many each.
    pub async fn subjects(&self, name: &str) -> Result<BTreeMap<String, u64>, Trouble> {
        let body = json!({ "subjects_filter": ">" });
        let mut answer = self.ask(&format!("STREAM.INFO.{name}"), &body, name).await?;
        let subjects = answer["state"]["subjects"].take();
        if subjects.is_null() {
            return Ok(BTreeMap::new());
        }
        decode(subjects)
    }

    /// Pauses a consumer until a time, or lets it go on.
    pub async fn pause(&self, stream: &str, consumer: &str, until: Option<Timestamp>) -> Result<(), Trouble> {
        let body = until.map_or(Value::Null, |until| json!({ "pause_until": until }));
        let subject = format!("CONSUMER.PAUSE.{stream}.{consumer}");
        self.ask(&subject, &body, stream).await.map(drop)
    }

    /// The consumers of a stream, by name.
    pub async fn consumers(&self, name: &str) -> Result<Listing<consumer::Info>, Trouble> {
        let mut list: Listing<consumer::Info> = self
            .list(&format!("CONSUMER.LIST.{name}"), "consumers", name)
            .await?;
        list.entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(list)
    }

    /// The message with this sequence; none when it is no longer there.
    pub async fn message(&self, name: &str, sequence: u64) -> Result<Option<Stored>, Trouble> {
        self.get_message(name, &json!({ "seq": sequence })).await
    }

    async fn get_message(&self, name: &str, body: &Value) -> Result<Option<Stored>, Trouble> {
        const MESSAGE_NOT_FOUND: u64 = 10037;
        let asked = self.api.request(&format!("STREAM.MSG.GET.{name}"), body).await;
        match asked {
            Ok(mut answer) => decode::<RawMessage>(answer["message"].take())?.decode().map(Some),
            Err(e) if e.code() == Some(MESSAGE_NOT_FOUND) => Ok(None),
            Err(e) => Err(Trouble::from_api(&e, name)),
        }
    }

    async fn list<T: DeserializeOwned>(
        &self,
        subject: &str,
        field: &str,
        stream: &str,
    ) -> Result<Listing<T>, Trouble> {
        let mut entries: Vec<T> = Vec::new();
        loop {
            let mut answer = self
                .ask(subject, &json!({ "offset": entries.len() }), stream)
                .await?;
            let total = answer["total"].as_u64().unwrap_or(0) as usize;
            let page: Vec<T> = match answer[field].take() {
                Value::Null => Vec::new(),
                page => decode(page)?,
            };
            let ended = page.is_empty();
            entries.extend(page);
            if ended || entries.len() >= total.min(LISTED_MAX) {
                let total = total.max(entries.len());
                return Ok(Listing { entries, total });
            }
        }
    }

    /// The next message on a subject from this sequence on; none when there is none.
    pub async fn next_message(
        &self,
        name: &str,
        sequence: u64,
        subject: &str,
    ) -> Result<Option<Stored>, Trouble> {
        self.get_message(name, &json!({ "seq": sequence, "next_by_subj": subject }))
            .await
    }

    /// A stream's configuration as the server sent it.
    pub async fn config(&self, name: &str) -> Result<Value, Trouble> {
        let mut answer = self
            .ask(&format!("STREAM.INFO.{name}"), &Value::Null, name)
            .await?;
        Ok(answer["config"].take())
    }

    /// The sequences that are gone from the middle of a stream.
    pub async fn holes(&self, name: &str) -> Result<Vec<u64>, Trouble> {
        let body = json!({ "deleted_details": true });
        let mut answer = self.ask(&format!("STREAM.INFO.{name}"), &body, name).await?;
        match answer["state"]["deleted"].take() {
            Value::Null => Ok(Vec::new()),
            deleted => decode(deleted),
        }
    }

    /// True while the server is there.
    pub fn is_connected(&self) -> bool {
        self.context.is_connected()
    }

    /// Asks anything of the API under its prefix.
    pub async fn ask(&self, subject: &str, body: &Value, stream: &str) -> Result<Value, Trouble> {
        if !self.context.is_connected() {
            return Err(Trouble::Disconnected);
        }
        let refusals = self.incidents.refusals();
        self.api.request(subject, body).await.map_err(|error| {
            let subject = format!("{}.{subject}", self.api.prefix());
            match self.incidents.refusal_since(refusals, &subject) {
                Some(text) => Trouble::Forbidden(text),
                // Whoever listens to everything, such as the tree of subjects, keeps the server from saying that nobody
                // serves the API.
                None if matches!(error, ApiError::TimedOut)
                    && !self.context.client.server_info().jetstream =>
                {
                    Trouble::JetStreamOff
                }
                None => Trouble::from_api(&error, stream),
            }
        })
    }
}

/// Which of the names is wanted, in any case of letters: the very one, else the first that begins so, else the first that
/// has it somewhere.
pub fn named(names: &[String], wanted: &str) -> Option<usize> {
    let wanted = wanted.trim().to_lowercase();
    if wanted.is_empty() {
        return None;
    }
    let find = |fits: fn(&str, &str) -> bool| {
        let mut names = names.iter().map(|name| name.to_lowercase());
        names.position(|name| fits(&name, &wanted))
    };
    find(|name, wanted| name == wanted)
        .or_else(|| find(|name, wanted| name.starts_with(wanted)))
        .or_else(|| find(|name, wanted| name.contains(wanted)))
}

/// Streams that somebody made come before those that buckets are kept in.
pub fn by_name(name: &str) -> (bool, &str) {
    (name.starts_with("KV_") || name.starts_with("OBJ_"), name)
}

fn decode<T: DeserializeOwned>(answer: Value) -> Result<T, Trouble> {
    serde_json::from_value(answer).map_err(|e| Trouble::Server(e.to_string()))
}

/// `message` in the answer of `STREAM.MSG.GET`.
#[derive(Deserialize)]
struct RawMessage {
    subject: String,
    seq: u64,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
    time: Timestamp,
}

impl RawMessage {
    fn decode(self) -> Result<Stored, Trouble> {
        let base64 = |text: &str| {
            base64::engine::general_purpose::STANDARD
                .decode(text)
                .map_err(|e| Trouble::Server(e.to_string()))
        };
        let block = base64(&self.hdrs)?;
        let mut payload = base64(&self.data)?;
        let payload_bytes = payload.len();
        payload.truncate(payload::head(&payload, STORED_BYTES_MAX).len());
        payload.shrink_to_fit();
        Ok(Stored {
            sequence: self.seq,
            subject: self.subject,
            at: self.time,
            headers: headers::iter(&block)
                .map(|(k, v)| (lossy(k), lossy(v)))
                .filter(|(k, _)| !k.is_empty())
                .collect(),
            payload,
            payload_bytes,
        })
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::panes::testing::on_broker;

    #[test]
    fn a_name_is_found_by_a_part_of_it() {
        let names = ["S1", "S15", "S150", "ORDERS", "KV_s1"].map(str::to_owned);
        let found = |wanted| named(&names, wanted).map(|at| names[at].as_str());
        assert_eq!(found("s15"), Some("S15"), "rather the very one");
        assert_eq!((found(" ord "), found("RDE")), (Some("ORDERS"), Some("ORDERS")));
        assert_eq!(found("150"), Some("S150"));
        assert_eq!((found(""), found("x")), (None, None));
    }

    #[test]
    fn streams_of_buckets_come_last() {
        let mut names = ["KV_a", "Z", "OBJ_b", "A"];
        names.sort_by(|a, b| by_name(a).cmp(&by_name(b)));
        assert_eq!(names, ["A", "Z", "KV_a", "OBJ_b"]);
    }

    #[test]
    fn a_server_without_jetstream_is_known_though_somebody_listens_to_everything() {
        let (runtime, context, _frames) = on_broker(crate::broker::Options {
            port: 0,
            jetstream: None,
            ..crate::broker::Options::default()
        });
        let outcome = runtime.block_on(async {
            let _everything = context.client.subscribe(">").await.unwrap();
            context.client.flush().await.unwrap();
            JetStream::new(&context).streams().await
        });
        assert_eq!(outcome, Err(Trouble::JetStreamOff));
    }

    #[test]
    fn stored_messages_are_decoded_and_cut() {
        let answer = json!({
            "subject": "a", "seq": 7, "time": "2026-11-24T18:00:00Z",
            "hdrs": base64::engine::general_purpose::STANDARD.encode("NATS/1.0\r\nA: 1\r\nA: 2\r\n\r\n"),
            "data": base64::engine::general_purpose::STANDARD.encode("x".repeat(STORED_BYTES_MAX + 1)),
        });
        let stored = decode::<RawMessage>(answer).unwrap().decode().unwrap();
        let header = |v: &str| ("A".to_owned(), v.to_owned());
        assert_eq!(stored.headers, [header("1"), header("2")]);
        assert_eq!(
            (stored.payload.len(), stored.payload_bytes),
            (STORED_BYTES_MAX, STORED_BYTES_MAX + 1)
        );
        let norsk = json!({
            "subject": "a", "seq": 7, "time": "2026-11-24T18:00:00Z",
            "data": base64::engine::general_purpose::STANDARD.encode("x".to_owned() + &"å".repeat(STORED_BYTES_MAX)),
        });
        let stored = decode::<RawMessage>(norsk).unwrap().decode().unwrap();
        assert_eq!(payload::classify(&stored.payload), payload::Kind::Text);
        let bare = json!({ "subject": "a", "seq": 8, "time": "2026-11-24T18:00:00Z" });
        assert_eq!(decode::<RawMessage>(bare).unwrap().decode().unwrap().payload, b"");
    }
}
