//! Publish acknowledgements that wait for the store to be flushed.
//!
//! They are written out by hand, since every published message has one, and lie behind one another in
//! one buffer, since they all leave together.

use crate::broker::jetstream::Outlet;
use crate::proto::api::ApiError;
use crate::proto::writer::write_number;

/// Acknowledgements of one stream that may wait; then they leave without waiting for the end of the batch.
pub const PENDING_MAX: usize = 4096;

/// Acknowledgements in the order of their messages.
#[derive(Debug)]
pub struct Acks {
    /// `{"stream":"X","seq":`, as every good one begins.
    prefix: Vec<u8>,
    /// `,"stream":"X","seq":0}`, as every bad one ends.
    error_suffix: Vec<u8>,
    bytes: Vec<u8>,
    /// Where in `bytes` the reply subject ends, and where the body.
    ends: Vec<(usize, usize)>,
}

fn batch_end(batch: &[u8], count: u64) -> String {
    let batch = serde_json::Value::from(String::from_utf8_lossy(batch));
    format!(",\"batch\":{batch},\"count\":{count}}}")
}

impl Acks {
    /// None yet, for a stream of this name.
    pub fn new(stream: &str, domain: Option<&str>) -> Acks {
        let stream = serde_json::Value::from(stream);
        let domain = domain.map(|d| format!(r#","domain":{}"#, serde_json::Value::from(d)));
        let domain = domain.unwrap_or_default();
        Acks {
            prefix: format!(r#"{{"stream":{stream}{domain},"seq":"#).into_bytes(),
            error_suffix: format!(r#","stream":{stream},"seq":0}}"#).into_bytes(),
            bytes: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Stored under this sequence.
    pub fn push_stored(&mut self, reply: &[u8], seq: u64) {
        self.push_good(reply, seq, b"}");
    }

    /// Stored under this sequence before. The blank is nats-server's.
    pub fn push_duplicate(&mut self, reply: &[u8], seq: u64) {
        self.push_good(reply, seq, b",\"duplicate\": true}");
    }

    /// Stored under this sequence, which brings its subject's sum to this value.
    pub fn push_counted(&mut self, reply: &[u8], seq: u64, value: &str) {
        self.push_good(reply, seq, format!(",\"val\":\"{value}\"}}").as_bytes());
    }

    /// Stored under this sequence as the last of a batch of so many.
    pub fn push_batch(&mut self, reply: &[u8], seq: u64, batch: &[u8], count: u64) {
        self.push_good(reply, seq, batch_end(batch, count).as_bytes());
    }

    /// The only message of its batch was stored under this sequence before.
    pub fn push_duplicate_batch(&mut self, reply: &[u8], seq: u64, batch: &[u8], count: u64) {
        let end = format!(",\"duplicate\": true{}", batch_end(batch, count));
        self.push_good(reply, seq, end.as_bytes());
    }

    /// Something else that is true once the store is flushed.
    pub fn push_raw(&mut self, reply: &[u8], body: &[u8]) {
        self.bytes.extend_from_slice(reply);
        let reply_end = self.bytes.len();
        self.bytes.extend_from_slice(body);
        self.ends.push((reply_end, self.bytes.len()));
    }

    fn push_good(&mut self, reply: &[u8], seq: u64, end: &[u8]) {
        self.bytes.extend_from_slice(reply);
        let reply_end = self.bytes.len();
        self.bytes.extend_from_slice(&self.prefix);
        write_number(&mut self.bytes, seq);
        self.bytes.extend_from_slice(end);
        self.ends.push((reply_end, self.bytes.len()));
    }

    /// Not stored.
    pub fn push_error(&mut self, reply: &[u8], error: &ApiError) {
        self.bytes.extend_from_slice(reply);
        let reply_end = self.bytes.len();
        self.bytes.extend_from_slice(b"{\"error\":");
        serde_json::to_writer(&mut self.bytes, error).expect("a vector takes every write");
        self.bytes.extend_from_slice(&self.error_suffix);
        self.ends.push((reply_end, self.bytes.len()));
    }

    /// Says at once that a message is not stored, which depends on nothing.
    pub fn refuse(&self, reply: &[u8], error: &ApiError, outlet: &mut dyn Outlet) {
        let mut alone = Acks {
            prefix: Vec::new(),
            error_suffix: self.error_suffix.clone(),
            bytes: Vec::new(),
            ends: Vec::new(),
        };
        alone.push_error(reply, error);
        alone.send(outlet);
    }

    /// Sends all that wait.
    pub fn send(&mut self, outlet: &mut dyn Outlet) {
        let mut start = 0;
        for (reply_end, end) in self.ends.drain(..) {
            let reply = &self.bytes[start..reply_end];
            outlet.answer(reply, &self.bytes[reply_end..end]);
            start = end;
        }
        self.bytes.clear();
    }

    /// Turns all that wait into this error: whether what they say is true is not known.
    pub fn fail_all(&mut self, error: &ApiError) {
        let (bytes, ends) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.ends));
        let mut start = 0;
        for (reply_end, end) in ends {
            self.push_error(&bytes[start..reply_end], error);
            start = end;
        }
    }
}
