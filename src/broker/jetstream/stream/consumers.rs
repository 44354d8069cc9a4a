//! Where a stream and its consumers meet.

use super::Stream;
use crate::broker::jetstream::Outlet;
use crate::broker::store::StoreError;
use crate::proto::api::ApiError;
use crate::proto::api::stream::StreamConfig;
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

impl Stream {
    pub fn consumer_count(&self) -> usize {
        0
    }
    pub(super) fn is_wanted(&self, _subject: &[u8]) -> bool {
        false
    }
    pub(super) fn announce_stored(&mut self, _now: Timestamp, _seq: u64, _subject: &[u8]) {}
    pub(super) fn announce_removed(&mut self, _seq: u64) -> Result<(), StoreError> {
        Ok(())
    }
    pub(super) fn announce_purged(&mut self, _filter: &Filter) {}
    pub(super) fn pump_consumers(&mut self, _now: Timestamp, _outlet: &mut dyn Outlet) {}
    pub(super) fn check_consumers_fit(&self, _new: &StreamConfig) -> Result<(), ApiError> {
        Ok(())
    }
}
