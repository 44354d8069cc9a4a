//! One origin of a stream, and how far it is copied.

use super::link::Link;
use super::name::{index_name, or_all};
use super::origin::{Copied, Start, Wanted};
use crate::broker::jetstream::consumer::Random;
use crate::broker::subjects::mapping::{Transform, TransformError};
use crate::proto::api::stream::{SourceInfo, StreamSource};
use crate::proto::api::{ApiError, Nanos};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// nats-server's copies hear of an idle origin this often.
const HEARTBEAT_NANOS: i64 = 1_000_000_000;

/// One origin and how far it is copied.
#[derive(Debug)]
pub struct Copier {
    pub source: StreamSource,
    pub index: String,
    pub filter: Filter,
    pub transforms: Vec<Option<Transform>>,
    /// The last sequence of the origin that is copied.
    pub copied: u64,
    /// Everything up to here is copied, or the filter does not let it through.
    pub looked: u64,
    /// The origin that `looked` is about.
    pub origin: Option<Timestamp>,
    pub lag: u64,
    pub heard: Option<Timestamp>,
    pub error: Option<ApiError>,
    /// The consumer that delivers, if the source names one and it does.
    pub link: Option<Link>,
}

impl Copier {
    pub fn new(source: &StreamSource) -> Result<Copier, TransformError> {
        let transforms = source.subject_transforms.iter();
        let filter = match source.subject_transforms.as_slice() {
            [] => Filter::any([or_all(&source.filter_subject)]),
            transforms => Filter::any(transforms.iter().map(|t| or_all(&t.src))),
        };
        Ok(Copier {
            index: index_name(source),
            filter,
            transforms: transforms
                .map(|t| match t.dest.as_str() {
                    "" => Ok(None),
                    dest => Transform::new(&t.src, dest).map(Some),
                })
                .collect::<Result<_, _>>()?,
            source: source.clone(),
            copied: 0,
            looked: 0,
            origin: None,
            lag: 0,
            heard: None,
            error: None,
            link: None,
        })
    }

    /// The subject that a copy is stored under, if it is another.
    pub fn rename(&self, subject: &[u8], random: &mut Random) -> Option<Vec<u8>> {
        let transforms = self.transforms.iter().flatten();
        transforms
            .filter_map(|t| t.transform(subject, &mut || random.next() as u32))
            .next()
    }

    /// The value of `Nats-Stream-Source`.
    pub fn header(&self, message: &Copied) -> Vec<u8> {
        let mut parts = self.index.splitn(2, ' ');
        let (name, rest) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let mut header = format!("{name} {} {rest} ", message.seq).into_bytes();
        header.extend_from_slice(&message.subject);
        header
    }

    pub fn wanted(&self) -> Wanted {
        let start = match (self.copied, self.source.opt_start_seq, self.source.opt_start_time) {
            (0, 0, Some(time)) if self.looked == 0 => Start::At(time),
            (0, seq, _) if seq > 0 => Start::After {
                looked: self.looked,
                copied: seq - 1,
            },
            (copied, ..) => Start::After {
                looked: self.looked,
                copied,
            },
        };
        Wanted {
            origin: self.source.name.clone(),
            api_prefix: self.source.external.as_ref().map(|external| external.api.clone()),
            deliver_prefix: self
                .source
                .external
                .as_ref()
                .map_or_else(String::new, |external| external.deliver.clone()),
            filter: self.filter.clone(),
            start,
            of: self.origin,
        }
    }

    pub fn info(&self, now: Timestamp) -> SourceInfo {
        let active = match self.heard {
            Some(heard) if self.error.is_none() => {
                Nanos(now.nanos().saturating_sub(heard.nanos()).max(0) % HEARTBEAT_NANOS)
            }
            Some(heard) => Nanos::from(now.since(heard)),
            None => Nanos(-1),
        };
        SourceInfo {
            name: self.source.name.clone(),
            external: self.source.external.clone(),
            lag: self.lag,
            active,
            error: self.error.clone(),
            filter_subject: self.source.filter_subject.clone(),
            subject_transforms: self.source.subject_transforms.clone(),
        }
    }
}
