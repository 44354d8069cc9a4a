//! Messages for those who ask for them one by one.

use super::Stream;
use crate::broker::store::{StoreError, Stored};
use crate::proto::api::stream_request::MsgGetRequest;
use crate::proto::subject::Filter;

impl Stream {
    /// The one message that a request asks for. Which combinations make sense is for the caller to say.
    pub fn find(&mut self, request: &MsgGetRequest) -> Result<Option<Stored<'_>>, StoreError> {
        let from = match request.start_time {
            Some(time) => self.store.seq_at(time),
            None => request.seq,
        };
        if !request.next_by_subj.is_empty() {
            let filter = Filter::any([&request.next_by_subj]);
            return self.store.next(from, &filter);
        }
        if from > 0 {
            return self.store.load(from);
        }
        match self.store.last(&Filter::any([&request.last_by_subj]))? {
            Some(seq) => self.store.load(seq),
            None => Ok(None),
        }
    }
}
