//! Checking a message as if others before it were stored already
//! (nats-server `checkMsgHeadersPreClusteredProposal`).

use std::collections::{HashMap, HashSet};

use super::super::counter::Running;
use super::super::expiry::Ttl;
use super::super::headers::PublishHeaders;
use super::super::publish::Rollup;
use super::Stream;
use super::atomic::Staged;
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::api::stream::Discard;
use crate::proto::headers;
use crate::util::time::Timestamp;

/// The longest header block of a stored message in bytes.
const HEADERS_MAX: usize = 65_535;

/// What the messages that were checked so far will have changed.
#[derive(Debug, Default)]
pub struct Ahead {
    ids: HashSet<Vec<u8>>,
    subjects: HashMap<Vec<u8>, OfSubject>,
    sums: Running,
    /// What was found to be the last sequence of subjects that somebody expected something of.
    expected: HashMap<Vec<u8>, u64>,
    messages: u64,
    bytes: u64,
}

#[derive(Debug, Default)]
struct OfSubject {
    messages: u64,
    /// The last one is a schedule.
    is_schedule: bool,
}

/// A message that was found good.
#[derive(Debug)]
pub struct Checked {
    /// As it is to be stored.
    pub message: Staged,
    /// What it replaces.
    pub rollup: Rollup,
    /// What it will count in the store.
    pub size: u64,
}

/// Why a message is not taken.
#[derive(Debug)]
pub enum Refusal {
    /// It was stored under this sequence before; 0 when that is not known yet.
    Duplicate(u64),
    /// For another reason.
    Error(ApiError),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Refusal {
        Refusal::Error(error)
    }
}

impl Refusal {
    /// The error that a publisher is told.
    pub fn error(&self) -> ApiError {
        match self {
            Refusal::Duplicate(_) => ATOMIC_PUBLISH_CONTAINS_DUPLICATE_MESSAGE.err(),
            Refusal::Error(error) => error.clone(),
        }
    }
}

impl Stream {
    /// Checks one message behind those that `ahead` knows of, and adds it to them.
    pub(super) fn check_ahead(
        &mut self,
        now: Timestamp,
        ahead: &mut Ahead,
        mut message: Staged,
    ) -> Result<Checked, Refusal> {
        if message.headers.len() > HEADERS_MAX {
            return Err(STREAM_HEADER_EXCEEDS_MAXIMUM.err().into());
        }
        let given = message.headers.clone();
        let headers = PublishHeaders::read(&given);
        self.check_increment(&message.incoming(), &headers)?;
        if headers
            .expected_stream
            .is_some_and(|name| name != self.config.name.as_bytes())
        {
            return Err(STREAM_NOT_MATCH.err().into());
        }
        match Ttl::parse(headers.ttl) {
            Ok(Ttl::Unset) => {}
            _ if !self.config.allow_msg_ttl => return Err(MESSAGE_TTL_DISABLED.err().into()),
            ttl => drop(ttl?),
        }
        self.check_id(now, ahead, &headers)?;
        if let Some(counted) = self.count_up_from(&mut ahead.sums, &message.incoming(), &headers)? {
            message.payload = counted.payload;
            message.headers = counted.headers.unwrap_or(message.headers);
            self.check_size(&message.incoming())?;
        }
        self.check_expected_ahead(ahead, &message.subject, &headers)?;
        let is_schedule = |subject: &[u8]| ahead.subjects.get(subject).map(|of| of.is_schedule);
        let scheduled = self.check_schedule(now, &message.incoming(), &headers, &is_schedule)?;
        let schedules = headers::get(&given, "Nats-Schedule").is_some_and(|pattern| !pattern.is_empty());
        message.headers = scheduled.unwrap_or(message.headers);
        let rollup = self.rollup(&PublishHeaders::read(&message.headers))?;
        let invalid = |what| Refusal::Error(STREAM_ROLLUP_FAILED.because(what));
        match rollup {
            Rollup::Subject if ahead.subjects.contains_key(&message.subject) => {
                return Err(invalid("batch rollup sub invalid"));
            }
            Rollup::All if ahead.messages > 0 => return Err(invalid("batch rollup all invalid")),
            _ => {}
        }
        let size = self
            .store
            .size_of(&message.subject, &message.headers, &message.payload);
        ahead.messages += 1;
        ahead.bytes += size;
        let of = ahead.subjects.entry(message.subject.clone()).or_default();
        of.messages += 1;
        of.is_schedule = schedules;
        let of_subject = of.messages;
        self.check_room_ahead(ahead, &message.subject, of_subject, rollup)?;
        Ok(Checked {
            message,
            rollup,
            size,
        })
    }

    fn check_id(
        &mut self,
        now: Timestamp,
        ahead: &mut Ahead,
        headers: &PublishHeaders<'_>,
    ) -> Result<(), Refusal> {
        let Some(id) = headers.msg_id else { return Ok(()) };
        if ahead.ids.contains(id) {
            return Err(Refusal::Duplicate(0));
        }
        let window = self.config.duplicate_window.duration();
        if let Some(seq) = self.dedupe.seq(id, now, window) {
            return Err(Refusal::Duplicate(seq));
        }
        ahead.ids.insert(id.to_vec());
        Ok(())
    }

    fn check_expected_ahead(
        &mut self,
        ahead: &mut Ahead,
        subject: &[u8],
        headers: &PublishHeaders<'_>,
    ) -> Result<(), ApiError> {
        let last = self.store.state().last_seq + ahead.messages;
        match headers.expected_last_seq {
            Some(expected) if expected != last => return Err(STREAM_WRONG_LAST_SEQUENCE.because(last)),
            // Only the first message of a batch can know the stream's last sequence.
            Some(_) if ahead.messages > 0 => return Err(STREAM_WRONG_LAST_SEQUENCE_CONSTANT.err()),
            _ => {}
        }
        let Some(expected) = headers.expected_subject_seq else {
            return match headers.expected_subject {
                Some(_) => Err(STREAM_EXPECTED_LAST_SEQ_PER_SUBJECT_INVALID.err()),
                None => Ok(()),
            };
        };
        let subject = headers.expected_subject.unwrap_or(subject);
        if ahead.subjects.contains_key(subject) {
            return Err(STREAM_WRONG_LAST_SEQUENCE_CONSTANT.err());
        }
        let last = match ahead.expected.get(subject) {
            Some(last) => *last,
            None => self.last_of(subject),
        };
        if last != expected {
            return Err(STREAM_WRONG_LAST_SEQUENCE.because(last));
        }
        ahead.expected.insert(subject.to_vec(), last);
        Ok(())
    }

    fn check_room_ahead(
        &self,
        ahead: &Ahead,
        subject: &[u8],
        of_subject: u64,
        rollup: Rollup,
    ) -> Result<(), ApiError> {
        if self.config.discard != Discard::New {
            return Ok(());
        }
        let exceeds = |limit: i64, sum: u64| u64::try_from(limit).is_ok_and(|max| max > 0 && sum > max);
        let state = self.store.state();
        let full = |what: &str| Err(STREAM_STORE_FAILED.because(what));
        if exceeds(self.config.max_msgs, state.messages + ahead.messages) {
            return full("maximum messages exceeded");
        }
        if exceeds(self.config.max_bytes, state.bytes + ahead.bytes) {
            return full("maximum bytes exceeded");
        }
        let held = self.store.subject_state(subject).map_or(0, |held| held.messages);
        if self.config.discard_new_per_subject
            && rollup == Rollup::None
            && exceeds(self.config.max_msgs_per_subject, held + of_subject)
        {
            return full("maximum messages per subject exceeded");
        }
        Ok(())
    }
}
