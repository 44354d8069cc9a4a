//! The way of a published message into the store.
//!
//! The order of the checks is nats-server's for a single server (`processJetStreamMsg`): the expected
//! sequences come before the duplicate check, so a late retry of an expected publish is an error.

mod rehearsal;

pub use rehearsal::Rehearsal;

use super::Stream;
use super::acks::PENDING_MAX;
use super::batch::FAST_SUFFIX;
use super::expiry::Ttl;
use super::headers::PublishHeaders;
use crate::broker::jetstream::usage::Usage;
use crate::broker::jetstream::{Incoming, Outlet};
use crate::broker::store::StoreError;
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::api::stream::{Discard, Retention};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// The longest header block of a stored message in bytes.
const HEADERS_MAX: usize = 65_535;

/// What became of a message that was not refused.
pub(super) enum Taken {
    /// It has this sequence.
    Stored(u64),
    /// It has this sequence, and its subject this sum.
    Counted(u64, String),
    /// It had this sequence already.
    Duplicate(u64),
    /// It waits for the rest of its batch.
    Staged,
    /// It ends a batch of so many, whose last message has this sequence.
    Batch { seq: u64, count: u64 },
}

/// Which older messages a new one replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rollup {
    None,
    Subject,
    All,
}

impl Stream {
    /// Takes a message, or refuses it. The answer waits for [`Stream::commit`].
    pub fn publish(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) {
        if self.must_wait() {
            return self.wait_to_publish(message, usage, outlet);
        }
        let renamed = self.rewrite.incoming(message.subject);
        let mut message = *message;
        if let Some(subject) = &renamed {
            message.subject = subject;
        }
        if message.reply.ends_with(FAST_SUFFIX) {
            self.publish_fast(now, &message, usage, outlet);
        } else {
            self.publish_one(now, &message, usage, outlet);
        }
        if self.acks.len() >= PENDING_MAX || self.rewrite.waiting() >= PENDING_MAX {
            self.commit(now, usage, outlet);
        }
    }

    fn publish_one(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) {
        let batch = PublishHeaders::read(message.headers).batch_id;
        let result = match batch {
            Some(batch) => self.take_into_batch(now, batch, message, usage, outlet),
            None => self.take(now, message, usage, outlet),
        };
        if !message.reply.is_empty() && !self.config.no_ack {
            match result {
                Ok(Taken::Staged) => self.acks.push_raw(message.reply, b""),
                Ok(Taken::Batch { seq, count }) => {
                    self.acks
                        .push_batch(message.reply, seq, batch.unwrap_or_default(), count);
                }
                Ok(Taken::Stored(seq)) => self.acks.push_stored(message.reply, seq),
                Ok(Taken::Counted(seq, value)) => self.acks.push_counted(message.reply, seq, &value),
                Ok(Taken::Duplicate(seq)) => self.acks.push_duplicate(message.reply, seq),
                Err(error) => self.acks.push_error(message.reply, &error),
            }
        }
    }

    /// Takes a message of the stream's own making, under the subject that it has.
    pub(super) fn publish_own(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        self.take(now, message, usage, outlet).map(drop)
    }

    /// Would anything be taken at all?
    pub(super) fn check_open(&self) -> Result<(), ApiError> {
        self.check_frozen(&STREAM_STORE_FAILED)?;
        if self.config.sealed {
            return Err(STREAM_SEALED.err());
        }
        Ok(())
    }

    fn take(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<Taken, ApiError> {
        self.check_open()?;
        let mut message = *message;
        let mut headers = PublishHeaders::read(message.headers);
        self.check_expected(&message, &headers)?;
        let scheduled = self.check_schedule(now, &message, &headers, &|_| None)?;
        if let Some(block) = &scheduled {
            message.headers = block;
            headers = PublishHeaders::read(block);
        }
        let window = self.config.duplicate_window.duration();
        if let Some(id) = headers.msg_id
            && let Some(seq) = self.dedupe.seq(id, now, window)
        {
            return Ok(Taken::Duplicate(seq));
        }
        if headers.expected_msg_id.is_some_and(|id| id != self.last_msg_id) {
            let last = String::from_utf8_lossy(&self.last_msg_id);
            return Err(STREAM_WRONG_LAST_MSG_ID.because(last));
        }
        let rollup = self.rollup(&headers)?;
        let counted = self.count_up(&message, &headers)?;
        if let Some(counted) = &counted {
            message.payload = &counted.payload;
            message.headers = counted.headers.as_deref().unwrap_or(message.headers);
        }
        self.check_fit(&message, usage)?;
        let seq = self.keep(now, &message, rollup, outlet)?;
        Ok(match counted {
            Some(counted) => Taken::Counted(seq, counted.value),
            None => Taken::Stored(seq),
        })
    }

    /// Stores a message that has passed all checks, with everything that comes of it.
    pub(super) fn keep(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        rollup: Rollup,
        outlet: &mut dyn Outlet,
    ) -> Result<u64, ApiError> {
        let mut message = *message;
        let headers = PublishHeaders::read(message.headers);
        let mut ttl = Ttl::parse(headers.ttl)?;
        let raised = self.raise_ttl(ttl, message.headers);
        if let Some((least, block)) = &raised {
            (ttl, message.headers) = (*least, block);
        }
        let seq = self.store_message(now, &message, rollup, ttl, outlet)?;
        self.last_msg_id.clear();
        if let Some(id) = headers.msg_id {
            self.last_msg_id.extend_from_slice(id);
            let window = self.config.duplicate_window.duration();
            self.dedupe.insert(id, seq, now, window);
        }
        self.settle_stored(now, &message, rollup, outlet)
            .map_err(|e| self.store_failed(e))?;
        Ok(seq)
    }

    /// Lets go of what a message that was just stored replaces.
    pub(super) fn settle_stored(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        rollup: Rollup,
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        self.roll_up(now, message.subject, rollup, outlet)?;
        self.end_schedule(now, message.headers, outlet)
    }

    fn check_expected(
        &mut self,
        message: &Incoming<'_>,
        headers: &PublishHeaders<'_>,
    ) -> Result<(), ApiError> {
        self.check_increment(message, headers)?;
        if headers
            .expected_stream
            .is_some_and(|name| name != self.config.name.as_bytes())
        {
            return Err(STREAM_NOT_MATCH.err());
        }
        self.check_ttl_allowed(headers)?;
        match (headers.expected_subject_seq, headers.expected_subject) {
            (Some(expected), of) => self.check_subject_seq(expected, of.unwrap_or(message.subject))?,
            (None, Some(_)) => return Err(STREAM_EXPECTED_LAST_SEQ_PER_SUBJECT_INVALID.err()),
            (None, None) => {}
        }
        let last = self.store.state().last_seq;
        if headers.expected_last_seq.is_some_and(|expected| expected != last) {
            return Err(STREAM_WRONG_LAST_SEQUENCE.because(last));
        }
        Ok(())
    }

    fn check_subject_seq(&mut self, expected: u64, subject: &[u8]) -> Result<(), ApiError> {
        let last = self.last_of(subject);
        if last == expected {
            Ok(())
        } else {
            Err(STREAM_WRONG_LAST_SEQUENCE.because(last))
        }
    }

    /// The sequence of the last message of a subject or pattern, 0 when there is none.
    pub(super) fn last_of(&self, subject: &[u8]) -> u64 {
        match self.store.subject_state(subject) {
            Some(state) => state.last_seq,
            None if crate::proto::subject::is_literal(subject) => 0,
            None => self.store.last(&Filter::any([subject])).unwrap_or(0),
        }
    }

    pub(super) fn rollup(&self, headers: &PublishHeaders<'_>) -> Result<Rollup, ApiError> {
        let Some(value) = headers.rollup else {
            return Ok(Rollup::None);
        };
        if !self.config.allow_rollup_hdrs || self.config.deny_purge {
            return Err(STREAM_ROLLUP_FAILED.because("rollup not permitted"));
        }
        match value.to_ascii_lowercase().as_slice() {
            b"sub" => Ok(Rollup::Subject),
            b"all" => Ok(Rollup::All),
            other => {
                let other = String::from_utf8_lossy(other);
                Err(STREAM_ROLLUP_FAILED.because(format_args!("rollup value invalid: {other:?}")))
            }
        }
    }

    /// Is the message no longer than the stream allows, and does the account have room for it?
    pub(super) fn check_fit(&self, message: &Incoming<'_>, usage: &Usage) -> Result<(), ApiError> {
        self.check_size(message)?;
        let size = self
            .store
            .size_of(message.subject, message.headers, message.payload);
        usage.check_room(self.config.storage, size)
    }

    pub(super) fn check_size(&self, message: &Incoming<'_>) -> Result<(), ApiError> {
        let size = message.headers.len() + message.payload.len();
        if usize::try_from(self.config.max_msg_size).is_ok_and(|max| size > max) {
            return Err(STREAM_MESSAGE_EXCEEDS_MAXIMUM.err());
        }
        if message.headers.len() > HEADERS_MAX {
            return Err(STREAM_HEADER_EXCEEDS_MAXIMUM.err());
        }
        Ok(())
    }

    pub(super) fn store_message(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        rollup: Rollup,
        ttl: Ttl,
        outlet: &mut dyn Outlet,
    ) -> Result<u64, ApiError> {
        self.dirty = true;
        if self.config.retention == Retention::Interest && !self.is_wanted(message.subject) {
            let seq = self.store.state().last_seq + 1;
            self.store.skip_to(seq, now).map_err(|e| self.store_failed(e))?;
            return Ok(seq);
        }
        if self.config.discard == Discard::New {
            self.check_room(message, rollup != Rollup::None)?;
        }
        let before = self.rewrite.republishes().then(|| {
            let held = self.store.subject_state(message.subject);
            held.map_or(0, |held| held.last_seq)
        });
        let stored = self
            .store
            .append(now, message.subject, message.headers, message.payload);
        let seq = stored.map_err(|e| self.store_failed(e))?;
        if self.config.allow_msg_ttl {
            self.note_expiry(seq, now, ttl);
        }
        self.note_schedule(now, seq, message);
        if let Some(before) = before {
            self.republish(now, seq, before, message);
        }
        self.announce_stored(seq, message.subject);
        self.enforce(now, message.subject, outlet)
            .map_err(|e| self.store_failed(e))?;
        Ok(seq)
    }

    pub(super) fn roll_up(
        &mut self,
        now: Timestamp,
        subject: &[u8],
        rollup: Rollup,
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        let filter = match rollup {
            Rollup::None => return Ok(()),
            Rollup::Subject => Filter::any([subject]),
            Rollup::All => Filter::all(),
        };
        if self.keep_newest(&filter, 1)? > 0 {
            self.announce_purged(now, &filter, outlet);
        }
        Ok(())
    }

    /// A store that cannot write stops its stream: what comes next could not be trusted.
    pub(super) fn store_failed(&mut self, error: StoreError) -> ApiError {
        self.freeze(&error);
        STREAM_STORE_FAILED.because(error)
    }
}
