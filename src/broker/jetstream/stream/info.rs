//! A stream as the API shows it.

use std::collections::BTreeMap;

use super::{Stream, metadata};
use crate::proto::api::Paged;
use crate::proto::api::stream::{ClusterInfo, StreamConfig, StreamInfo, StreamState};
use crate::proto::api::stream_request::{InfoRequest, StreamInfoResponse};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// The most subjects that one answer lists.
const SUBJECTS_MAX: usize = 100_000;

impl Stream {
    /// What it holds.
    pub fn state(&self) -> StreamState {
        let state = self.store.state();
        // A store begins at 1; a stream that never had a sequence says 0, as nats-server's.
        let untouched = state.messages == 0 && state.last_seq == 0;
        StreamState {
            messages: state.messages,
            bytes: state.bytes,
            first_seq: if untouched { 0 } else { state.first_seq },
            first_ts: state.first_time,
            last_seq: state.last_seq,
            last_ts: state.last_time,
            num_subjects: state.subjects,
            num_deleted: state.deleted,
            lost: self.store.lost(),
            consumer_count: self.consumer_count(),
            ..StreamState::default()
        }
    }

    /// For STREAM.LIST: with no more of the server's metadata than the level it needs.
    pub fn listed_info(&self, now: Timestamp, domain: Option<&str>) -> StreamInfo {
        let mut config = self.config.clone();
        metadata::show_required(&mut config.metadata, metadata::required_level(&self.config));
        self.info_with(config, now, domain)
    }

    /// For everybody else.
    pub fn info(&self, now: Timestamp, domain: Option<&str>) -> StreamInfo {
        let mut config = self.config.clone();
        metadata::show(&mut config.metadata, metadata::required_level(&self.config));
        self.info_with(config, now, domain)
    }

    fn info_with(&self, config: StreamConfig, now: Timestamp, domain: Option<&str>) -> StreamInfo {
        StreamInfo {
            config,
            created: self.created,
            state: self.state(),
            domain: domain.map(str::to_owned),
            mirror: self.mirror_info(now),
            sources: self.source_infos(now),
            ts: now,
            ..StreamInfo::default()
        }
    }

    /// For STREAM.INFO: with the details that the request asks for.
    pub fn detailed_info(
        &self,
        now: Timestamp,
        request: &InfoRequest,
        domain: Option<&str>,
        leader: &str,
    ) -> StreamInfoResponse {
        let mut info = self.info(now, domain);
        info.cluster = Some(ClusterInfo {
            leader: leader.to_owned(),
        });
        if request.deleted_details {
            info.state.deleted = self.store.deleted();
        }
        let mut page = Paged::default();
        if !request.subjects_filter.is_empty() {
            (page, info.state.subjects) = self.subjects(request);
        }
        StreamInfoResponse {
            page,
            info: Some(info),
        }
    }

    fn subjects(&self, request: &InfoRequest) -> (Paged, Option<BTreeMap<String, u64>>) {
        let mut all = BTreeMap::new();
        let filter = Filter::any([&request.subjects_filter]);
        self.store.for_each_subject(&filter, &mut |subject, held| {
            all.insert(String::from_utf8_lossy(subject).into_owned(), held.messages);
        });
        if all.is_empty() {
            return (Paged::default(), None);
        }
        let total = all.len();
        let offset = usize::try_from(request.offset).unwrap_or(0);
        let page = Paged {
            total,
            offset,
            limit: SUBJECTS_MAX,
        };
        let listed: BTreeMap<String, u64> = all.into_iter().skip(offset).take(SUBJECTS_MAX).collect();
        (page, Some(listed).filter(|listed| !listed.is_empty()))
    }
}
