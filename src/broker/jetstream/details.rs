//! Streams and consumers for those who watch.

use super::consumer::{Decision, required_level};
use super::stream::metadata;
use super::{JetStream, Outlet};
use crate::proto::api::consumer_info::ConsumerInfo;
use crate::proto::api::stream::StreamInfo;
use crate::util::time::Timestamp;

/// A stream with its consumers.
#[derive(Debug, Clone)]
pub struct StreamDetails {
    /// What STREAM.LIST says of it.
    pub info: StreamInfo,
    /// What CONSUMER.LIST says; empty when not asked for.
    pub consumers: Vec<ConsumerInfo>,
}

/// A stream that is not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ailment {
    /// It is on the medium, but could not be read.
    Unrecovered { stream: String, reason: String },
    /// A write failed, and it takes no more messages.
    Frozen { stream: String, reason: String },
}

impl JetStream {
    /// Why a stored message was or was not delivered to a consumer. None when there is no such stream or
    /// consumer, or the message cannot be read.
    pub fn explain(&self, stream: &str, consumer: &str, seq: u64) -> Option<Decision> {
        let cell = self.cell(stream)?;
        let explained = self.with_cell(&cell, |stream| stream.explain(consumer, seq))??;
        let report = |error| tracing::error!(stream, consumer, seq, %error, "message cannot be explained");
        explained.map_err(report).ok()
    }

    /// Every stream that is not well.
    pub fn ailments(&self) -> Vec<Ailment> {
        let mut ailments = self.unrecovered();
        for cell in self.cells() {
            let guard = cell.lock();
            let Some(stream) = guard.as_ref() else { continue };
            ailments.extend(stream.frozen().map(|reason| Ailment::Frozen {
                stream: stream.config().name.clone(),
                reason: reason.to_owned(),
            }));
        }
        ailments
    }

    /// Every stream, by name, and its consumers if wanted.
    pub fn details(&self, now: Timestamp, consumers: bool, outlet: &mut dyn Outlet) -> Vec<StreamDetails> {
        let domain = self.config.domain.as_deref();
        let mut all = Vec::new();
        for cell in self.cells() {
            let details = self.with_cell(&cell, |stream| {
                let names: Vec<String> = match consumers {
                    true => stream.consumers().public().map(|c| c.name().to_owned()).collect(),
                    false => Vec::new(),
                };
                // A consumer may end by being looked at, when its time is over.
                let infos = names.iter().filter_map(|name| {
                    let mut info = stream.consumer_info(now, name, outlet).ok()?;
                    let level = required_level(&info.config);
                    metadata::show_required(&mut info.config.metadata, level);
                    Some(info)
                });
                let consumers = infos.collect();
                let info = stream.listed_info(now, domain);
                StreamDetails { info, consumers }
            });
            all.extend(details);
        }
        all
    }
}
