//! Gathering an atomic batch, message by message (nats-server `processJetStreamAtomicBatchMsg`).

use super::super::publish::Taken;
use super::{ID_MAX, Stream};
use crate::broker::jetstream::advisory::Abandoned;
use crate::broker::jetstream::usage::{BatchKind, Usage};
use crate::broker::jetstream::{Incoming, Outlet, wants_higher_level};
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::headers::{self, Builder};
use crate::util::time::Timestamp;

/// Bytes that all open atomic batches of one stream may hold together.
const STAGED_BYTES_MAX: usize = 256 * 1024 * 1024;
const LEVEL: &str = "Nats-Required-Api-Level";

/// A batch that is not committed yet.
#[derive(Debug)]
pub struct Atomic {
    /// When it is given up, if no other message comes.
    pub deadline: Timestamp,
    messages: Vec<Staged>,
}

/// A message on its way into a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// The subject, after any transform.
    pub subject: Vec<u8>,
    /// The whole header block.
    pub headers: Vec<u8>,
    /// The body.
    pub payload: Vec<u8>,
}

impl Staged {
    /// The message as it is handed around.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming {
            subject: &self.subject,
            reply: b"",
            headers: &self.headers,
            payload: &self.payload,
        }
    }

    fn size(&self) -> usize {
        self.subject.len() + self.headers.len() + self.payload.len()
    }
}

/// How a message ends its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Commit {
    No,
    /// As the last message of it.
    Last,
    /// As a mark that is not stored.
    EndOfBatch,
}

fn read_commit(block: &[u8]) -> Result<Commit, ApiError> {
    match headers::get(block, "Nats-Batch-Commit") {
        None => Ok(Commit::No),
        Some(b"1") => Ok(Commit::Last),
        Some(b"eob") => Ok(Commit::EndOfBatch),
        Some(_) => Err(ATOMIC_PUBLISH_INVALID_BATCH_COMMIT.err()),
    }
}

fn read_sequence(block: &[u8]) -> Result<u64, ApiError> {
    let digits = headers::get_str(block, "Nats-Batch-Sequence");
    let digits = digits.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let number = digits.and_then(|text| text.parse().ok());
    number.ok_or_else(|| ATOMIC_PUBLISH_MISSING_SEQ.err())
}

impl Stream {
    /// Takes a message of the atomic batch `id`, and the whole batch when it ends it.
    pub(in super::super) fn take_into_batch(
        &mut self,
        now: Timestamp,
        id: &[u8],
        message: &Incoming<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<Taken, ApiError> {
        self.check_batch_message(message, usage)?;
        if !self.config.allow_atomic {
            return Err(ATOMIC_PUBLISH_DISABLED.err());
        }
        if id.len() > ID_MAX {
            return Err(ATOMIC_PUBLISH_INVALID_BATCH_ID.err());
        }
        let seq = read_sequence(message.headers)?;
        if !self.batches.atomic.contains_key(id) {
            self.begin_atomic(now, id, seq, message, usage)?;
        }
        let commit = read_commit(message.headers);
        let commit = commit.inspect_err(|_| drop(self.end_atomic(id, usage)))?;
        if let Err((reason, error)) = self.stage(now, id, seq, commit, message, usage) {
            self.end_atomic(id, usage);
            self.tell_abandoned(now, id, reason, outlet);
            return Err(error);
        }
        if commit == Commit::No {
            return Ok(Taken::Staged);
        }
        let messages = self.end_atomic(id, usage);
        let count = messages.len() as u64;
        let seq = self.commit_atomic(now, messages, commit == Commit::EndOfBatch, usage, outlet)?;
        Ok(Taken::Batch { seq, count })
    }

    /// What a message of a batch of any kind must fulfil before anything else.
    pub(super) fn check_batch_message(&self, message: &Incoming<'_>, usage: &Usage) -> Result<(), ApiError> {
        self.check_open()?;
        let (subject, headers, payload) = (message.subject, message.headers, message.payload);
        let size = self.store.size_of(subject, headers, payload);
        usage.check_room(self.config.storage, size)?;
        let length = headers.len() + payload.len();
        if usize::try_from(self.config.max_msg_size).is_ok_and(|max| length > max) {
            return Err(STREAM_MESSAGE_EXCEEDS_MAXIMUM.err());
        }
        Ok(())
    }

    fn begin_atomic(
        &mut self,
        now: Timestamp,
        id: &[u8],
        seq: u64,
        message: &Incoming<'_>,
        usage: &Usage,
    ) -> Result<(), ApiError> {
        if seq != 1 {
            let is_mark = matches!(read_commit(message.headers), Ok(Commit::EndOfBatch));
            let size_max = usage.batch_limits().size();
            return Err(if seq.saturating_sub(u64::from(is_mark)) > size_max {
                ATOMIC_PUBLISH_TOO_LARGE_BATCH.because(size_max)
            } else {
                ATOMIC_PUBLISH_INCOMPLETE_BATCH.err()
            });
        }
        if !usage.open_batch(BatchKind::Atomic, self.batches.atomic.len()) {
            return Err(ATOMIC_PUBLISH_TOO_MANY_INFLIGHT.err());
        }
        let batch = Atomic {
            deadline: now + usage.batch_limits().timeout(),
            messages: Vec::new(),
        };
        self.batches.atomic.insert(id.to_vec(), batch);
        Ok(())
    }

    /// Puts a message behind the others of its open batch, or says why that is the end of the batch.
    fn stage(
        &mut self,
        now: Timestamp,
        id: &[u8],
        seq: u64,
        commit: Commit,
        message: &Incoming<'_>,
        usage: &Usage,
    ) -> Result<(), (Abandoned, ApiError)> {
        if wants_higher_level(message.headers) {
            return Err((Abandoned::Unsupported, REQUIRED_API_LEVEL.err()));
        }
        let incomplete = (Abandoned::Incomplete, ATOMIC_PUBLISH_INCOMPLETE_BATCH.err());
        let Some(batch) = self.batches.atomic.get_mut(id) else {
            return Err(incomplete);
        };
        batch.deadline = now + usage.batch_limits().timeout();
        let is_mark = commit == Commit::EndOfBatch;
        if seq != batch.messages.len() as u64 + 1 || (seq == 1 && is_mark) {
            return Err(incomplete);
        }
        let size_max = usage.batch_limits().size();
        if seq - u64::from(is_mark) > size_max {
            let error = ATOMIC_PUBLISH_TOO_LARGE_BATCH.because(size_max);
            return Err((Abandoned::Large, error));
        }
        if is_mark {
            return Ok(());
        }
        let headers = match headers::get(message.headers, LEVEL) {
            Some(_) => Builder::copy(message.headers, &[LEVEL]).build(),
            None => message.headers.to_vec(),
        };
        let staged = Staged {
            subject: message.subject.to_vec(),
            headers,
            payload: message.payload.to_vec(),
        };
        if self.batches.staged_bytes + staged.size() > STAGED_BYTES_MAX {
            return Err((Abandoned::Large, INSUFFICIENT_RESOURCES.err()));
        }
        self.batches.staged_bytes += staged.size();
        batch.messages.push(staged);
        Ok(())
    }

    /// Takes an atomic batch out of the open ones; returns what it has gathered.
    pub(super) fn end_atomic(&mut self, id: &[u8], usage: &Usage) -> Vec<Staged> {
        let Some(batch) = self.batches.atomic.remove(id) else {
            return Vec::new();
        };
        usage.close_batches(BatchKind::Atomic, 1);
        self.batches.staged_bytes -= batch.messages.iter().map(Staged::size).sum::<usize>();
        batch.messages
    }
}
