//! Messages in a file: NDJSON, which can be read back and played again, and CSV for a spreadsheet.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::util::time::Timestamp;

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it was received.
    pub time: Timestamp,
    /// Where it was published.
    pub subject: String,
    /// Where an answer was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Its headers in their order, repeated ones included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// Its payload, where that is UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    /// Its payload in base64, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
}

/// The first row of a CSV file.
pub const CSV_HEAD: &str = "time,subject,reply,headers,data\n";

/// Why a line is no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not JSON, or not that of a record.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The payload is no base64.
    #[error("data_base64: {0}")]
    Base64(#[from] base64::DecodeError),
}

impl Record {
    /// A message.
    pub fn new(
        time: Timestamp,
        subject: &str,
        reply: Option<&str>,
        headers: &[(String, String)],
        payload: &[u8],
    ) -> Record {
        let (data, data_base64) = match std::str::from_utf8(payload) {
            Ok(text) => (Some(text.to_owned()), None),
            Err(_) => (None, Some(STANDARD.encode(payload))),
        };
        Record {
            time,
            subject: subject.to_owned(),
            reply: reply.map(str::to_owned),
            headers: headers.to_vec(),
            data,
            data_base64,
        }
    }

    /// Its payload.
    ///
    /// # Errors
    /// What stands for it is no base64.
    pub fn payload(&self) -> Result<Vec<u8>, RecordError> {
        Ok(match (&self.data, &self.data_base64) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(text)) => STANDARD.decode(text)?,
            (None, None) => Vec::new(),
        })
    }

    /// A line of NDJSON, with its line feed.
    pub fn ndjson(&self) -> String {
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }

    /// Reads a line of NDJSON.
    ///
    /// # Errors
    /// It is none of ours.
    pub fn read(line: &str) -> Result<Record, RecordError> {
        Ok(serde_json::from_str(line)?)
    }

    /// A row of CSV (RFC 4180), with its line end.
    pub fn csv(&self) -> String {
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let data = self.data.as_ref().or(self.data_base64.as_ref());
        let fields = [
            self.time.to_string(),
            self.subject.clone(),
            self.reply.clone().unwrap_or_default(),
            headers.join("\n"),
            data.cloned().unwrap_or_default(),
        ];
        fields.map(|field| quoted(&field)).join(",") + "\n"
    }
}

/// A field of CSV. One that a spreadsheet would take for a formula is kept from being one by a quote before it.
fn quoted(field: &str) -> String {
    let is_number = super::payload::number(field.as_bytes()).is_some();
    let guard = match field.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        true => "'",
        false => "",
    };
    match field.contains(['"', ',', '\n', '\r']) || !guard.is_empty() {
        true => format!("\"{guard}{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(payload: &[u8]) -> Record {
        let headers = [("A".to_owned(), "1".to_owned()), ("A".to_owned(), "2".to_owned())];
        Record::new(
            "2026-11-24T18:00:01.5Z".parse().unwrap(),
            "a.b",
            Some("_INBOX.1"),
            &headers,
            payload,
        )
    }

    #[test]
    fn a_row_of_csv_is_one_row_whatever_is_in_it() {
        assert_eq!(
            record(b"a,\"b\"\nc").csv(),
            "2026-11-24T18:00:01.5Z,a.b,_INBOX.1,\"A: 1\nA: 2\",\"a,\"\"b\"\"\nc\"\n"
        );
        assert!(record(b"=cmd()").csv().ends_with(",\"'=cmd()\"\n"));
        assert!(record(b"-4.5").csv().ends_with(",-4.5\n"));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(payload in proptest::collection::vec(any::<u8>(), 0..100)) {
            let written = record(&payload).ndjson();
            prop_assert_eq!(written.lines().count(), 1);
            let read = Record::read(&written).unwrap();
            prop_assert_eq!(read.payload().unwrap(), payload.clone());
            prop_assert_eq!(read, record(&payload));
        }
    }
}
