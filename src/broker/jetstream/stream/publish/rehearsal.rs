//! What a stream would say to a message, for message tracing (ADR-41).

use super::Stream;
use crate::broker::jetstream::Incoming;
use crate::broker::jetstream::stream::headers::PublishHeaders;
use crate::broker::jetstream::usage::Usage;
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::api::stream::Retention;
use crate::util::time::Timestamp;

/// What a trace tells of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The stream's name.
    pub stream: String,
    /// The subject under which it stores the message, or why it refuses it, in the words of nats-server's
    /// traces, which are not those of its answers.
    pub outcome: Result<String, String>,
    /// An interest stream whose consumers do not want the message.
    pub no_interest: bool,
}

impl Stream {
    /// Makes every check of [`Stream::publish`] and stores nothing.
    pub fn rehearse(&mut self, now: Timestamp, message: &Incoming<'_>, usage: &Usage) -> Rehearsal {
        let renamed = self.rewrite.incoming(message.subject);
        let mut message = *message;
        if let Some(subject) = &renamed {
            message.subject = subject;
        }
        let headers = PublishHeaders::read(message.headers);
        let outcome = self.check(now, &message, &headers, usage);
        let no_interest = self.config.retention == Retention::Interest
            && outcome.is_ok()
            && !self.is_wanted(message.subject);
        Rehearsal {
            stream: self.config.name.clone(),
            outcome: outcome.map(|()| String::from_utf8_lossy(message.subject).into_owned()),
            no_interest,
        }
    }

    fn check(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        headers: &PublishHeaders<'_>,
        usage: &Usage,
    ) -> Result<(), String> {
        let said = |error: ApiError| in_words(&error, headers);
        self.check_frozen(&STREAM_STORE_FAILED).map_err(said)?;
        if self.config.sealed {
            return Err(said(STREAM_SEALED.err()));
        }
        self.check_expected(message, headers).map_err(said)?;
        let window = self.config.duplicate_window.duration();
        if headers
            .msg_id
            .is_some_and(|id| self.dedupe.seq(id, now, window).is_some())
        {
            return Err("msgid is duplicate".to_owned());
        }
        if let Some(id) = headers.expected_msg_id.filter(|id| *id != self.last_msg_id) {
            let (id, last) = (
                String::from_utf8_lossy(id),
                String::from_utf8_lossy(&self.last_msg_id),
            );
            return Err(format!("last msgid mismatch: {id:?} vs {last:?}"));
        }
        self.rollup(headers).map_err(said)?;
        self.check_size(message)
            .map_err(|_| "maximum payload exceeded".to_owned())?;
        let size = self
            .store
            .size_of(message.subject, message.headers, message.payload);
        usage.check_room(self.config.storage, size).map_err(said)
    }
}

fn in_words(error: &ApiError, headers: &PublishHeaders<'_>) -> String {
    if error.is(&STREAM_WRONG_LAST_SEQUENCE) {
        let last = error.description.rsplit(' ').next().unwrap_or_default();
        return match (headers.expected_subject_seq, headers.expected_last_seq) {
            (Some(expected), _) => format!("last sequence by subject mismatch: {expected} vs {last}"),
            (None, expected) => format!(
                "last sequence mismatch: {} vs {last}",
                expected.unwrap_or_default()
            ),
        };
    }
    if error.is(&STREAM_NOT_MATCH) {
        return "expected stream does not match".to_owned();
    }
    if error.is(&MESSAGE_TTL_DISABLED) {
        return "message TTL disabled".to_owned();
    }
    format!("{} ({})", error.description, error.err_code)
}
