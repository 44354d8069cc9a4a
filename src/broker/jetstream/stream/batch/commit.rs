//! Storing an atomic batch: all of it, also when the server is killed meanwhile.

use super::super::headers::PublishHeaders;
use super::Stream;
use super::ahead::{Ahead, Checked};
use super::atomic::Staged;
use crate::broker::jetstream::usage::Usage;
use crate::broker::jetstream::{Incoming, Outlet};
use crate::broker::store::{BatchFile, StoreError};
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::headers::Builder;
use crate::util::time::Timestamp;

impl Stream {
    /// Checks and stores all messages of a batch; returns the sequence of the last. When one is refused, none is stored.
    /// With `marked`, a mark that is not stored ended the batch.
    pub(super) fn commit_atomic(
        &mut self,
        now: Timestamp,
        messages: Vec<Staged>,
        marked: bool,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<u64, ApiError> {
        let mut checked = self.check_all(now, messages)?;
        let size = checked.iter().map(|checked| checked.size).sum();
        usage.check_room(self.config.storage, size)?;
        if marked && let Some(last) = checked.last_mut() {
            let headers = &mut last.message.headers;
            *headers = Builder::onto(headers).add("Nats-Batch-Commit", "1").build();
        }
        // One message is one record, which is whole or not there.
        let in_danger = checked.len() > 1;
        if in_danger {
            self.write_down(now, &checked).map_err(|e| self.store_failed(e))?;
        }
        let mut seq = 0;
        for Checked { message, rollup, .. } in &checked {
            seq = self.keep(now, &message.incoming(), *rollup, outlet)?;
        }
        if in_danger {
            if !self.flush_now(now) {
                return self.check_open().map(|()| seq);
            }
            self.forget_batch().map_err(|e| self.store_failed(e))?;
        }
        Ok(seq)
    }

    fn check_all(&mut self, now: Timestamp, messages: Vec<Staged>) -> Result<Vec<Checked>, ApiError> {
        let mut ahead = Ahead::default();
        let mut checked = Vec::with_capacity(messages.len());
        for message in messages {
            if PublishHeaders::read(&message.headers).expected_msg_id.is_some() {
                return Err(ATOMIC_PUBLISH_UNSUPPORTED_HEADER_BATCH.because("Nats-Expected-Last-Msg-Id"));
            }
            let good = self.check_ahead(now, &mut ahead, message);
            checked.push(good.map_err(|refusal| refusal.error())?);
        }
        Ok(checked)
    }

    /// Writes down what is about to be stored.
    fn write_down(&mut self, now: Timestamp, checked: &[Checked]) -> Result<(), StoreError> {
        // What came before must be there when the batch is found.
        self.store.flush()?;
        let first_seq = self.store.state().last_seq + 1;
        let mut file = BatchFile::new(first_seq, now);
        for Checked { message, .. } in checked {
            file.push(&message.subject, &message.headers, &message.payload);
        }
        self.keeper.stores().save_batch(&self.config, &file)
    }

    fn forget_batch(&mut self) -> Result<(), StoreError> {
        self.keeper.stores().remove_batch(&self.config)
    }

    /// Finishes the batch that was being stored when the server died, if there is one.
    pub(in super::super) fn finish_batch(&mut self, outlet: &mut dyn Outlet) -> Result<(), ApiError> {
        let failed = |e: StoreError| STREAM_STORE_FAILED.because(e);
        let Some(file) = self.keeper.stores().batch(&self.config).map_err(failed)? else {
            return Ok(());
        };
        let (first, time) = (file.first_seq(), file.time());
        let stored = self.store.state().last_seq;
        for (seq, (subject, headers, payload)) in (first..).zip(file.messages()) {
            let message = Incoming {
                subject,
                reply: b"",
                headers,
                payload,
            };
            let rollup = self.rollup(&PublishHeaders::read(headers))?;
            if seq > stored {
                if seq - 1 > self.store.state().last_seq {
                    self.store.skip_to(seq - 1, time).map_err(failed)?;
                }
                self.keep(time, &message, rollup, outlet)?;
            } else if seq == stored {
                // It was stored, but what it replaces may be there still.
                self.settle_stored(time, &message, rollup, outlet)
                    .map_err(failed)?;
            }
        }
        self.flush_now(time);
        self.check_open()?;
        self.forget_batch().map_err(failed)
    }
}
