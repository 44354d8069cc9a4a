//! Messages that go because somebody says so: delete, purge, rollup.

use super::Stream;
use crate::broker::jetstream::Outlet;
use crate::broker::store::StoreError;
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::api::stream::Storage;
use crate::proto::api::stream_request::{MsgDeleteRequest, PurgeRequest};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

impl Stream {
    /// Takes out one message and tells the consumers. False when it was not there.
    pub(super) fn remove(
        &mut self,
        now: Timestamp,
        seq: u64,
        erase: bool,
        outlet: &mut dyn Outlet,
    ) -> Result<bool, StoreError> {
        self.announce_removed(now, seq, outlet)?;
        self.dirty = true;
        self.store.remove(seq, erase)
    }

    /// Deletes one message for a client.
    pub fn delete_message(
        &mut self,
        now: Timestamp,
        request: &MsgDeleteRequest,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        if self.config.sealed {
            return Err(STREAM_SEALED.err());
        }
        if self.config.deny_delete {
            return Err(STREAM_MSG_DELETE_FAILED.because("message delete not permitted"));
        }
        self.check_frozen(&STREAM_MSG_DELETE_FAILED)?;
        match self.remove(now, request.seq, !request.no_erase, outlet) {
            Ok(true) => Ok(()),
            // nats-server's file store, unlike the one in memory, tells what is not there yet, and what lies before all
            // that is there, from what is gone in between.
            Ok(false) if self.config.storage == Storage::File && request.seq > self.last_seq() => {
                Err(STREAM_MSG_DELETE_FAILED.because("stream store EOF"))
            }
            Ok(false) if self.config.storage == Storage::File && request.seq < self.state().first_seq => {
                Err(STREAM_MSG_DELETE_FAILED.because("no message found"))
            }
            Ok(false) => Err(SEQUENCE_NOT_FOUND.because(request.seq)),
            Err(e) => Err(STREAM_MSG_DELETE_FAILED.because(e)),
        }
    }

    /// Purges for a client; returns how many messages went.
    pub fn purge(
        &mut self,
        now: Timestamp,
        request: &PurgeRequest,
        outlet: &mut dyn Outlet,
    ) -> Result<u64, ApiError> {
        if self.config.sealed {
            return Err(STREAM_SEALED.err());
        }
        if self.config.deny_purge {
            return Err(STREAM_PURGE_FAILED.because("stream purge not permitted"));
        }
        self.check_frozen(&STREAM_GENERAL_ERROR)?;
        // With the messages goes what they tell of their origins.
        if !self.config.sources.is_empty() {
            match self.store.sync() {
                Ok(()) => self.save_positions(),
                Err(e) => self.freeze(&e),
            }
            self.check_frozen(&STREAM_GENERAL_ERROR)?;
        }
        self.purge_store(now, request, outlet).map_err(|e| {
            self.freeze(&e);
            STREAM_GENERAL_ERROR.because(e)
        })
    }

    fn purge_store(
        &mut self,
        now: Timestamp,
        request: &PurgeRequest,
        outlet: &mut dyn Outlet,
    ) -> Result<u64, StoreError> {
        self.dirty = true;
        let filter = match request.filter.as_str() {
            "" => Filter::all(),
            pattern => Filter::any([pattern]),
        };
        let end = self.store.state().last_seq + 1;
        let purged = match (request.seq, request.keep) {
            // Up to but not with the first sequence is nothing.
            (1, _) => return Ok(0),
            (seq, 0) if filter.is_all() => self.store.compact(if seq == 0 { end } else { seq })?,
            (seq, 0) => self.remove_before(&filter, if seq == 0 { end } else { seq })?,
            (_, keep) => self.keep_newest(&filter, keep)?,
        };
        self.announce_purged(now, &filter, outlet);
        Ok(purged)
    }

    /// Takes out all but the newest messages that the filter lets through. The consumers hear of it through
    /// [`Stream::announce_purged`].
    pub(super) fn keep_newest(&mut self, filter: &Filter, keep: u64) -> Result<u64, StoreError> {
        let mut surplus = self.store.count_from(0, filter, false).saturating_sub(keep);
        let mut purged = 0;
        let mut from = 0;
        while surplus > 0 {
            let Some(seq) = self.store.next(from, filter)?.map(|m| m.seq) else {
                break;
            };
            self.store.remove(seq, false)?;
            surplus -= 1;
            purged += 1;
            from = seq + 1;
        }
        Ok(purged)
    }

    fn remove_before(&mut self, filter: &Filter, end: u64) -> Result<u64, StoreError> {
        let mut purged = 0;
        let mut from = 0;
        loop {
            match self.store.next(from, filter)?.map(|m| m.seq) {
                Some(seq) if seq < end => {
                    self.store.remove(seq, false)?;
                    purged += 1;
                    from = seq + 1;
                }
                _ => return Ok(purged),
            }
        }
    }
}
