//! Counter streams: each message adds to its subject's sum, and is stored as what that has come to
//! (ADR-49).

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::Stream;
use super::headers::PublishHeaders;
use crate::broker::jetstream::Incoming;
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::headers::{self, Builder};
use crate::proto::subject::Filter;
use crate::util::integer::Integer;

const SOURCES: &str = "Nats-Counter-Sources";
const INCREMENT: &str = "Nats-Incr";

/// The body of a counter's message.
#[derive(Debug, Serialize, Deserialize)]
struct Value {
    val: String,
}

/// What other streams have brought to a sum: stream, subject, value.
pub type Sources = BTreeMap<String, BTreeMap<String, String>>;

/// What a message that counts is stored as.
#[derive(Debug)]
pub struct Counted {
    /// The sum.
    pub value: String,
    /// The headers, if they have become others.
    pub headers: Option<Vec<u8>>,
    /// The body.
    pub payload: Vec<u8>,
}

/// What sums have come to with messages that are not stored yet.
pub type Running = HashMap<Vec<u8>, (Integer, Sources)>;

impl Counted {
    fn new(sum: &Integer, sources: &Sources, headers: &[u8]) -> Counted {
        let value = sum.to_string();
        let headers = (!sources.is_empty()).then(|| {
            let sources = serde_json::to_vec(sources).expect("text always becomes JSON");
            Builder::copy(headers, &[SOURCES]).add(SOURCES, sources).build()
        });
        let payload = format!(r#"{{"val":"{value}"}}"#).into_bytes();
        Counted {
            value,
            headers,
            payload,
        }
    }
}

fn increment(headers: &PublishHeaders<'_>) -> Result<Option<Integer>, ApiError> {
    let Some(text) = headers.increment else {
        return Ok(None);
    };
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| MESSAGE_INCR_INVALID.err())
}

/// The headers and the payload of a total that is to be stored.
type Summed = (Vec<u8>, Vec<u8>);

impl Stream {
    /// May this message count, or does it not want to?
    pub(super) fn check_increment(
        &self,
        message: &Incoming<'_>,
        headers: &PublishHeaders<'_>,
    ) -> Result<(), ApiError> {
        if increment(headers)?.is_none() {
            return Ok(());
        }
        if !self.config.allow_msg_counter {
            return Err(MESSAGE_INCR_DISABLED.err());
        }
        if !message.payload.is_empty() {
            return Err(MESSAGE_INCR_PAYLOAD.err());
        }
        let contradicts = headers.rollup.is_some()
            || headers.expected_stream.is_some()
            || headers.expected_msg_id.is_some()
            || headers.expected_subject.is_some()
            || headers.expected_last_seq.is_some()
            || headers.expected_subject_seq.is_some();
        if contradicts {
            return Err(MESSAGE_INCR_INVALID.err());
        }
        Ok(())
    }

    /// What the sum of the message's subject comes to with it. None where nothing is counted.
    pub(super) fn count_up(
        &mut self,
        message: &Incoming<'_>,
        headers: &PublishHeaders<'_>,
    ) -> Result<Option<Counted>, ApiError> {
        if !self.config.allow_msg_counter {
            return Ok(None);
        }
        let increment = increment(headers)?.ok_or_else(|| MESSAGE_INCR_MISSING.err())?;
        let (sum, sources) = self.last_count(message.subject)?;
        Ok(Some(Counted::new(
            &(&sum + &increment),
            &sources,
            message.headers,
        )))
    }

    /// As [`Stream::count_up`], behind what other messages that are not stored yet have brought to the sums.
    pub(super) fn count_up_from(
        &mut self,
        running: &mut Running,
        message: &Incoming<'_>,
        headers: &PublishHeaders<'_>,
    ) -> Result<Option<Counted>, ApiError> {
        if !self.config.allow_msg_counter {
            return Ok(None);
        }
        let increment = increment(headers)?.ok_or_else(|| MESSAGE_INCR_MISSING.err())?;
        let (sum, sources) = match running.remove(message.subject) {
            Some(sums) => sums,
            None => self.last_count(message.subject)?,
        };
        let sum = &sum + &increment;
        let counted = Counted::new(&sum, &sources, message.headers);
        running.insert(message.subject.to_vec(), (sum, sources));
        Ok(Some(counted))
    }

    /// What a copied message adds to its subject's sum: what its origin's sum has grown by since the last copy.
    /// Returns the headers and the body to store, where anything is counted.
    pub(super) fn sum_copy(
        &mut self,
        message: &Incoming<'_>,
        origin: &[u8],
    ) -> Result<Option<Summed>, ApiError> {
        if !self.config.allow_msg_counter {
            return Ok(None);
        }
        let broken = |_| MESSAGE_COUNTER_BROKEN.err();
        let value: Value = serde_json::from_slice(message.payload).map_err(broken)?;
        let brought: Integer = value.val.parse().unwrap_or_default();
        let (sum, mut sources) = self.last_count(message.subject)?;
        let fields: Vec<String> = origin
            .split(|b| *b == b' ')
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .collect();
        let subject = String::from_utf8_lossy(message.subject);
        let subject = fields.get(4).map_or(&*subject, String::as_str);
        let known = sources.entry(fields[0].clone()).or_default();
        let before = known.insert(subject.to_owned(), brought.to_string());
        let before: Integer = before.and_then(|text| text.parse().ok()).unwrap_or_default();
        let grown = &brought + &-&before;
        let sources = serde_json::to_vec(&sources).expect("text always becomes JSON");
        let headers = Builder::copy(message.headers, &[INCREMENT, SOURCES])
            .add(INCREMENT, grown.to_string())
            .add(SOURCES, sources)
            .build();
        let payload = format!(r#"{{"val":"{}"}}"#, &sum + &grown).into_bytes();
        Ok(Some((headers, payload)))
    }

    /// What a subject's last message says.
    fn last_count(&mut self, subject: &[u8]) -> Result<(Integer, Sources), ApiError> {
        let failed = |e| STREAM_STORE_FAILED.because(e);
        let last = match self.store.last(&Filter::any([subject])) {
            Some(seq) => self.store.load(seq).map_err(failed)?,
            None => None,
        };
        let Some(last) = last else {
            return Ok((Integer::default(), Sources::new()));
        };
        let broken = |_| MESSAGE_COUNTER_BROKEN.err();
        let value: Value = serde_json::from_slice(last.payload).map_err(broken)?;
        let sources = match headers::get(last.headers, SOURCES).filter(|text| !text.is_empty()) {
            Some(text) => serde_json::from_slice(text).map_err(broken)?,
            None => Sources::new(),
        };
        Ok((value.val.parse().unwrap_or_default(), sources))
    }
}
