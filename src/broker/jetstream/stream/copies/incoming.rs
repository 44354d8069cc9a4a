//! How a copied message comes into the stream that copies it.
//!
//! Its origin has checked it already: what it expected, how long it may live and what it counted are not
//! judged again. The stream's own limits are.

use super::super::Stream;
use super::super::expiry::Ttl;
use super::super::headers::PublishHeaders;
use super::super::publish::Rollup;
use super::name::STREAM_SOURCE;
use super::origin::{Batch, Copied};
use crate::broker::jetstream::usage::Usage;
use crate::broker::jetstream::{Incoming, Outlet};
use crate::proto::api::ApiError;
use crate::proto::api::error::STREAM_STORE_FAILED;
use crate::proto::headers::{self, Builder};
use crate::util::time::Timestamp;

/// Headers that spoke to the origin alone begin with one of these.
const SPENT: [&[u8]; 2] = [b"Nats-Expected-", b"Nats-Batch-"];

impl Stream {
    /// Stores a batch from the origin with this number. What follows the first message that cannot be stored is
    /// left; its sequence is the error.
    pub fn take_copies(
        &mut self,
        now: Timestamp,
        at: usize,
        batch: &Batch,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), u64> {
        let mut result = Ok(());
        for message in &batch.messages {
            if let Err(error) = self.take_copy(now, at, message, usage, outlet) {
                tracing::debug!(stream = self.config.name, seq = message.seq, %error, "copy must wait");
                result = Err(message.seq);
                break;
            }
        }
        self.commit(now, usage, outlet);
        match batch.messages.first() {
            // Nothing of it is known to be safe.
            Some(first) if self.frozen.is_some() => Err(first.seq),
            _ => result,
        }
    }

    /// Stores one message from the origin with this number.
    pub(super) fn take_copy(
        &mut self,
        now: Timestamp,
        at: usize,
        message: &Copied,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        match self.config.mirror {
            Some(_) => self.mirror(now, at, message, usage, outlet),
            None => self.source(now, at, message, usage, outlet),
        }
    }

    /// The new subject of a copied message.
    fn subject_of_copy(&mut self, at: usize, message: &Copied) -> Vec<u8> {
        let renamed = self.copies.rename(at, &message.subject);
        let subject = renamed.unwrap_or_else(|| message.subject.clone());
        self.rewrite.incoming(&subject).unwrap_or(subject)
    }

    fn mirror(
        &mut self,
        now: Timestamp,
        at: usize,
        message: &Copied,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        let last_seq = self.store.state().last_seq;
        if message.seq <= last_seq {
            return Ok(());
        }
        let subject = self.subject_of_copy(at, message);
        let copy = Incoming {
            subject: &subject,
            reply: b"",
            headers: &message.headers,
            payload: &message.payload,
        };
        self.check_frozen(&STREAM_STORE_FAILED)?;
        self.check_fit(&copy, usage)?;
        if message.seq > last_seq + 1 {
            self.store
                .skip_to(message.seq - 1, now)
                .map_err(|e| self.store_failed(e))?;
        }
        self.keep_copy(message.time, &copy, outlet).map(drop)
    }

    fn source(
        &mut self,
        now: Timestamp,
        at: usize,
        message: &Copied,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        let window = self.config.duplicate_window.duration();
        let id = PublishHeaders::read(&message.headers).msg_id;
        if let Some(id) = id
            && self.dedupe.seq(id, now, window).is_some()
        {
            return Ok(());
        }
        let subject = self.subject_of_copy(at, message);
        let kept = headers::iter(&message.headers).filter(|(key, _)| {
            *key != STREAM_SOURCE.as_bytes() && !SPENT.iter().any(|spent| key.starts_with(spent))
        });
        let origin = self.copies.header(at, message);
        let block = kept
            .fold(Builder::new(), |block, (key, value)| {
                block.add(&String::from_utf8_lossy(key), value)
            })
            .add(STREAM_SOURCE, &origin)
            .build();
        let mut copy = Incoming {
            subject: &subject,
            reply: b"",
            headers: &block,
            payload: &message.payload,
        };
        let summed = self.sum_copy(&copy, &origin)?;
        if let Some((headers, payload)) = &summed {
            (copy.headers, copy.payload) = (headers, payload);
        }
        self.check_frozen(&STREAM_STORE_FAILED)?;
        self.check_fit(&copy, usage)?;
        let seq = self.keep_copy(now, &copy, outlet)?;
        self.last_msg_id.clear();
        if let Some(id) = id {
            self.last_msg_id.extend_from_slice(id);
            self.dedupe.insert(id, seq, now, window);
        }
        Ok(())
    }

    fn keep_copy(
        &mut self,
        time: Timestamp,
        message: &Incoming<'_>,
        outlet: &mut dyn Outlet,
    ) -> Result<u64, ApiError> {
        let headers = PublishHeaders::read(message.headers);
        let rollup = self.rollup(&headers).unwrap_or(Rollup::None);
        let ttl = Ttl::parse(headers.ttl).unwrap_or(Ttl::Unset);
        let seq = self.store_message(time, message, rollup, ttl, outlet)?;
        self.roll_up(time, message.subject, rollup, outlet)
            .map_err(|e| self.store_failed(e))?;
        Ok(seq)
    }
}
