//! Mirrors and sources: a stream that copies what another one holds (ADR-6, `stream.go`).
//!
//! nats-server copies through consumers that it hides. Within one server that is a detour: here a copy
//! reads its origin's store a batch at a time ([`Stream::read_for_copy`]), and takes the batch in under its own
//! lock ([`Stream::take_copies`]), so that never two streams are locked at once. Who runs the
//! two is [`copying`](super::super::copying). As with nats-server's hidden consumers, neither counts in the origin's
//! `consumer_count`, nor is it seen in its list of consumers.
//!
//! A mirror keeps sequences and times: what its origin has lost it skips. A source's messages get sequences
//! of their own and say in `Nats-Stream-Source` where they come from, which is also how the source knows
//! after a restart where it was. What becomes of an origin's messages once they are copied is in [`claims`](super::claims).

use std::collections::BTreeSet;
use std::time::Duration;

use super::Stream;
use crate::broker::jetstream::consumer::Random;
use crate::broker::store::{Store, StoreError};
use crate::broker::subjects::mapping::{Transform, TransformError};
use crate::proto::api::error::STREAM_STORE_FAILED;
use crate::proto::api::stream::{SourceInfo, StreamConfig, StreamSource};
use crate::proto::api::{ApiError, Nanos};
use crate::proto::headers;
use crate::proto::subject::Filter;
use crate::util::short_hash::short_hash;
use crate::util::time::Timestamp;

/// Says where a sourced message comes from.
pub(super) const STREAM_SOURCE: &str = "Nats-Stream-Source";
/// Messages in one batch.
const BATCH_MAX: usize = 1000;
/// Bytes after which a batch is full.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// How long a copy that could not store something waits until it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// nats-server's copies hear of an idle origin this often.
const HEARTBEAT_NANOS: i64 = 1_000_000_000;

/// One origin and how far it is copied.
#[derive(Debug)]
pub struct Copier {
    source: StreamSource,
    index: String,
    filter: Filter,
    transforms: Vec<Option<Transform>>,
    /// The last sequence of the origin that is copied.
    copied: u64,
    /// Everything up to here is copied, or the filter does not let it through.
    looked: u64,
    /// The origin that `looked` is about.
    origin: Option<Timestamp>,
    lag: u64,
    heard: Option<Timestamp>,
    error: Option<ApiError>,
}

/// All that a stream copies from.
#[derive(Debug)]
pub struct Copies {
    copiers: Vec<Copier>,
    retry_at: Option<Timestamp>,
    random: Random,
}

/// What a copy wants of its origin next.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The origin's name.
    pub origin: String,
    /// The prefix of the API that it is reached through, where that is not this account's own.
    pub api_prefix: Option<String>,
    filter: Filter,
    start: Start,
    /// The incarnation of the origin that `start` was found in.
    of: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
enum Start {
    After { looked: u64, copied: u64 },
    At(Timestamp),
}

impl Wanted {
    /// What of the origin is wanted.
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The last sequence of this incarnation of the origin that is done with.
    pub(super) fn reached_in(&self, origin: Timestamp) -> u64 {
        match self.start {
            Start::At(_) => 0,
            Start::After { looked, copied } if self.of == Some(origin) => looked.max(copied),
            Start::After { copied, .. } => copied,
        }
    }
}

/// A message on its way from one stream to another.
#[derive(Debug)]
pub struct Copied {
    pub(super) seq: u64,
    pub(super) time: Timestamp,
    pub(super) subject: Vec<u8>,
    pub(super) headers: Vec<u8>,
    pub(super) payload: Vec<u8>,
}

/// What an origin has for a copy.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) messages: Vec<Copied>,
    /// The origin has nothing for the copy up to and with this.
    looked: u64,
    /// How much is left.
    lag: u64,
    origin: Timestamp,
}

impl Batch {
    /// Was it read from this incarnation of the origin?
    pub(super) fn is_of(&self, origin: Timestamp) -> bool {
        self.origin == origin
    }

    /// The origin has nothing more for the copy up to and with this.
    pub(super) fn looked(&self) -> u64 {
        self.looked
    }
}

fn or_all(pattern: &str) -> &str {
    if pattern.is_empty() { ">" } else { pattern }
}

/// What tells a source from others of the same stream: its name, what it takes, what it makes of it
/// (`composeIName` of nats-server).
pub fn index_name(source: &StreamSource) -> String {
    let mut name = source.name.clone();
    if let Some(external) = &source.external {
        name += &format!(":{}", short_hash(&external.api));
    }
    if let Some(consumer) = &source.consumer {
        name += &format!(":C={}", short_hash(&consumer.name));
    }
    let transforms = &source.subject_transforms;
    if transforms.is_empty() {
        return format!("{name} {} >", or_all(&source.filter_subject));
    }
    let sources: Vec<&str> = transforms.iter().map(|t| or_all(&t.src)).collect();
    let destinations: Vec<&str> = transforms.iter().map(|t| or_all(&t.dest)).collect();
    format!("{name} {} {}", sources.join("\x0c"), destinations.join("\x0c"))
}

/// The index name and the sequence in a `Nats-Stream-Source` header.
fn read_source_header(value: &str) -> Option<(String, u64)> {
    let fields: Vec<&str> = value.split(' ').collect();
    let [name, seq, filter, destination, ..] = fields.as_slice() else {
        return None;
    };
    Some((format!("{name} {filter} {destination}"), seq.parse().ok()?))
}

impl Copier {
    fn new(source: &StreamSource) -> Result<Copier, TransformError> {
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
        })
    }

    /// The subject that a copy is stored under, if it is another.
    fn rename(&self, subject: &[u8], random: &mut Random) -> Option<Vec<u8>> {
        let transforms = self.transforms.iter().flatten();
        transforms
            .filter_map(|t| t.transform(subject, &mut || random.next() as u32))
            .next()
    }

    /// The value of `Nats-Stream-Source`.
    fn header(&self, message: &Copied) -> Vec<u8> {
        let mut parts = self.index.splitn(2, ' ');
        let (name, rest) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let mut header = format!("{name} {} {rest} ", message.seq).into_bytes();
        header.extend_from_slice(&message.subject);
        header
    }

    fn wanted(&self) -> Wanted {
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
            filter: self.filter.clone(),
            start,
            of: self.origin,
        }
    }

    fn info(&self, now: Timestamp) -> SourceInfo {
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

impl Copies {
    /// What this configuration copies from, and how far that has come in this store.
    pub fn new(config: &StreamConfig, store: &mut dyn Store) -> Result<Copies, CopiesError> {
        let sources = config.mirror.iter().chain(&config.sources);
        let mut copiers = sources.map(Copier::new).collect::<Result<Vec<_>, _>>()?;
        if config.mirror.is_some() {
            copiers[0].copied = store.state().last_seq;
        } else {
            find_positions(&mut copiers, store)?;
        }
        Ok(Copies {
            copiers,
            retry_at: None,
            random: Random::seeded(&config.name, 0),
        })
    }

    /// The names of the origins.
    pub fn origins(&self) -> BTreeSet<String> {
        self.copiers
            .iter()
            .map(|copier| copier.source.name.clone())
            .collect()
    }

    /// When to look again at what could not be stored.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.retry_at
    }

    /// The subject that a message from this origin is stored under, if it is another.
    pub(super) fn rename(&mut self, at: usize, subject: &[u8]) -> Option<Vec<u8>> {
        self.copiers.get(at)?.rename(subject, &mut self.random)
    }

    /// Says where a message from this origin comes from.
    pub(super) fn header(&self, at: usize, message: &Copied) -> Vec<u8> {
        self.copiers
            .get(at)
            .map(|copier| copier.header(message))
            .unwrap_or_default()
    }

    /// Takes over what is known of origins that were there before, too.
    fn continue_from(&mut self, old: Copies) {
        for before in old.copiers {
            if let Some(copier) = self.copiers.iter_mut().find(|c| c.index == before.index) {
                *copier = before;
            }
        }
    }
}

/// Why it cannot be known how far copies have come.
#[derive(Debug, thiserror::Error)]
pub enum CopiesError {
    /// A transform is none.
    #[error(transparent)]
    Transform(#[from] TransformError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks back through a store for the last message of every source.
fn find_positions(copiers: &mut [Copier], store: &mut dyn Store) -> Result<(), StoreError> {
    let mut missing = copiers.len();
    let state = store.state();
    let mut seq = state.last_seq;
    while missing > 0 && seq >= state.first_seq && seq > 0 {
        if let Some(message) = store.load(seq)?
            && let Some((index, copied)) =
                headers::get_str(message.headers, STREAM_SOURCE).and_then(read_source_header)
            && let Some(copier) = copiers.iter_mut().find(|c| c.index == index && c.copied == 0)
        {
            copier.copied = copied;
            missing -= 1;
        }
        seq -= 1;
    }
    Ok(())
}

impl Stream {
    /// What it copies from.
    pub fn copies(&self) -> &Copies {
        &self.copies
    }

    /// What each origin is asked for next. Nothing while the stream takes nothing.
    pub fn wanted_copies(&self) -> Vec<Wanted> {
        if self.frozen.is_some() || self.config.sealed {
            return Vec::new();
        }
        self.copies.copiers.iter().map(Copier::wanted).collect()
    }

    /// Has the time come to try again what could not be stored? Says so once.
    pub fn take_copies_due(&mut self, now: Timestamp) -> bool {
        self.copies.retry_at.take_if(|due| *due <= now).is_some()
    }

    /// An origin's part: the next messages for a copy. What is not safe yet is not copied.
    pub fn read_for_copy(&mut self, now: Timestamp, wanted: &Wanted) -> Result<Batch, ApiError> {
        self.flush(now);
        self.check_frozen(&STREAM_STORE_FAILED)?;
        let created = self.created;
        self.read_batch(wanted, created)
            .map_err(|e| STREAM_STORE_FAILED.because(e))
    }

    fn read_batch(&mut self, wanted: &Wanted, created: Timestamp) -> Result<Batch, StoreError> {
        let state = self.store.state();
        let mut from = match wanted.start {
            Start::At(time) => self.store.seq_at(time),
            Start::After { .. } => wanted.reached_in(created) + 1,
        };
        let mut batch = Batch {
            origin: created,
            ..Batch::default()
        };
        let mut bytes = 0;
        while batch.messages.len() < BATCH_MAX && bytes < BATCH_BYTES_MAX {
            let Some(message) = self.store.next(from, &wanted.filter)? else {
                batch.looked = state.last_seq.max(from.saturating_sub(1));
                return Ok(batch);
            };
            bytes += message.subject.len() + message.headers.len() + message.payload.len();
            from = message.seq + 1;
            batch.messages.push(Copied {
                seq: message.seq,
                time: message.time,
                subject: message.subject.to_vec(),
                headers: message.headers.to_vec(),
                payload: message.payload.to_vec(),
            });
        }
        batch.looked = from - 1;
        batch.lag = self.store.count_from(from, &wanted.filter, false);
        Ok(batch)
    }

    /// Notes how a copy fared; true when there is more to copy at once.
    pub fn note_copied(
        &mut self,
        now: Timestamp,
        at: usize,
        origin: Result<&Batch, ApiError>,
        stored: Result<(), u64>,
    ) -> bool {
        let Some(copier) = self.copies.copiers.get_mut(at) else {
            return false;
        };
        let batch = match origin {
            Ok(batch) => batch,
            Err(error) => {
                copier.error = Some(error);
                copier.lag = 0;
                return false;
            }
        };
        copier.error = None;
        copier.heard = Some(now);
        copier.origin = Some(batch.origin);
        match stored {
            Ok(()) => {
                copier.looked = batch.looked;
                copier.copied = batch.messages.last().map_or(copier.copied, |m| m.seq);
                copier.lag = batch.lag;
                batch.lag > 0
            }
            Err(seq) => {
                let left = batch.messages.iter().filter(|m| m.seq >= seq).count();
                copier.looked = seq - 1;
                let done = batch.messages.iter().rev().find(|m| m.seq < seq);
                copier.copied = done.map_or(copier.copied, |m| m.seq);
                copier.lag = batch.lag + left as u64;
                self.copies.retry_at = Some(now + RETRY_AFTER);
                false
            }
        }
    }

    /// Takes on what a new configuration copies from.
    pub(super) fn configure_copies(&mut self) -> Result<(), CopiesError> {
        let copies = Copies::new(&self.config, self.store.as_mut())?;
        let old = std::mem::replace(&mut self.copies, copies);
        self.copies.continue_from(old);
        Ok(())
    }

    /// How the mirror is getting on.
    pub(super) fn mirror_info(&self, now: Timestamp) -> Option<SourceInfo> {
        self.config.mirror.as_ref()?;
        self.copies.copiers.first().map(|copier| copier.info(now))
    }

    /// How the sources are getting on.
    pub(super) fn source_infos(&self, now: Timestamp) -> Vec<SourceInfo> {
        if self.config.mirror.is_some() {
            return Vec::new();
        }
        self.copies
            .copiers
            .iter()
            .map(|copier| copier.info(now))
            .collect()
    }
}
