//! Messages for those who ask for them one by one.

use super::Stream;
use crate::broker::store::{State, StoreError, Stored};
use crate::proto::api::stream_request::MsgGetRequest;
use crate::proto::subject::Filter;

impl Stream {
    /// What its store holds.
    pub fn stored_state(&self) -> State {
        self.store.state()
    }

    /// The one message that a request asks for. Which combinations make sense is for the caller to say.
    pub fn find(&mut self, request: &MsgGetRequest) -> Result<Option<Stored<'_>>, StoreError> {
        let from = self.start_of(request);
        if !request.next_by_subj.is_empty() {
            let filter = Filter::any([&request.next_by_subj]);
            return self.store.next(from, &filter);
        }
        if from > 0 {
            return self.store.load(from);
        }
        match self.store.last(&Filter::any([&request.last_by_subj])) {
            Some(seq) => self.store.load(seq),
            None => Ok(None),
        }
    }

    /// The sequence at which a request begins; 0 when it does not say.
    pub fn start_of(&mut self, request: &MsgGetRequest) -> u64 {
        match request.start_time {
            Some(time) => self.store.seq_at(time),
            None => request.seq,
        }
    }

    /// The last sequence that a request wants to know of. None when all that the stream holds is later.
    pub fn end_of(&mut self, request: &MsgGetRequest) -> Option<u64> {
        let state = self.store.state();
        match (request.up_to_time, request.up_to_seq) {
            (Some(time), _) => {
                let behind = self.store.seq_at(time);
                (behind > state.first_seq).then(|| behind - 1)
            }
            (None, 0) => Some(state.last_seq),
            (None, seq) => Some(seq),
        }
    }

    /// The message under this sequence.
    pub fn load(&mut self, seq: u64) -> Result<Option<Stored<'_>>, StoreError> {
        self.store.load(seq)
    }

    /// The first message at or behind `seq` that the filter lets through.
    pub fn next_from(&mut self, seq: u64, filter: &Filter) -> Result<Option<Stored<'_>>, StoreError> {
        self.store.next(seq, filter)
    }

    /// How many messages at or behind `seq` the filter lets through.
    pub fn count_from(&mut self, seq: u64, filter: &Filter) -> u64 {
        self.store.count_from(seq, filter, false)
    }

    /// The sequences of the last message of each subject that the filter lets through, nothing behind `up_to`
    /// counted, in order. None when there are more than `max`.
    pub fn last_of_each(
        &mut self,
        filter: &Filter,
        up_to: u64,
        max: usize,
    ) -> Result<Option<Vec<u64>>, StoreError> {
        let mut seqs = Vec::new();
        let mut later = Vec::new();
        self.store.for_each_subject(filter, &mut |subject, held| {
            if held.first_seq > up_to || seqs.len() + later.len() > max {
                return;
            }
            if held.last_seq <= up_to {
                seqs.push(held.last_seq);
            } else {
                later.push((subject.to_vec(), held.first_seq));
            }
        });
        if seqs.len() + later.len() > max {
            return Ok(None);
        }
        for (subject, first) in later {
            seqs.push(self.last_before(&Filter::any([subject]), first, up_to)?);
        }
        seqs.sort_unstable();
        Ok(Some(seqs))
    }

    /// The last message that the filter lets through up to `up_to`, found by halving; `first` is one of them.
    fn last_before(&mut self, filter: &Filter, first: u64, up_to: u64) -> Result<u64, StoreError> {
        let (mut found, mut end) = (first, up_to);
        while found < end {
            let middle = found + (end - found).div_ceil(2);
            match self.store.next(middle, filter)?.map(|message| message.seq) {
                Some(seq) if seq <= up_to => found = seq,
                _ => end = middle - 1,
            }
        }
        Ok(found)
    }
}
