//! A stream on its way in (nats-server `processStreamRestore`).

use std::time::Duration;

use super::archive::{ArchiveError, Reader, Record};
use crate::broker::jetstream::account::JetStream;
use crate::broker::jetstream::advisory::{Transfer, tell_transfer};
use crate::broker::jetstream::api::restored;
use crate::broker::jetstream::consumer::Snapshot;
use crate::broker::jetstream::{Delivery, Incoming, Outlet, Requester};
use crate::broker::store::{Store, StoreError};
use crate::proto::api::error::STREAM_RESTORE;
use crate::proto::api::stream::StreamConfig;
use crate::proto::api::stream_request::StreamCreateResponse;
use crate::proto::api::{ApiError, Response};
use crate::util::time::Timestamp;

/// How long the next chunk may take to come.
const CHUNK_MAX: Duration = Duration::from_secs(5);

/// Why a stream cannot be restored.
#[derive(Debug, thiserror::Error)]
enum RestoreError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("stream names do not match")]
    Name,
    #[error("the archive is not complete")]
    Incomplete,
    #[error("messages of the archive are out of order")]
    Order,
    #[error("{0}")]
    Refused(ApiError),
}

/// What there is of the stream by now.
#[derive(Debug)]
pub struct Built {
    /// Its messages.
    pub store: Box<dyn Store>,
    /// When it was created in the first place.
    pub created: Timestamp,
    /// Its consumers.
    pub consumers: Vec<Snapshot>,
    last_seq: u64,
    last_time: Timestamp,
    messages: u64,
    complete: bool,
}

/// A stream that is being restored.
#[derive(Debug)]
pub struct Restore {
    config: StreamConfig,
    reader: Reader,
    built: Option<Built>,
    bytes: u64,
    began: Timestamp,
    deadline: Timestamp,
    client: Option<Requester>,
}

impl Restore {
    /// A stream that this client wants to have configured like this, of which nothing has come yet.
    pub fn new(now: Timestamp, config: StreamConfig, client: Option<Requester>) -> Restore {
        Restore {
            config,
            reader: Reader::default(),
            built: None,
            bytes: 0,
            began: now,
            deadline: now + CHUNK_MAX,
            client,
        }
    }

    /// The stream's name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// When the next chunk has to be there.
    pub fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// Takes away what has come.
    pub fn give_up(&mut self) {
        if let Some(built) = self.built.take() {
            built.discard(&self.config.name);
        }
    }

    /// Takes a chunk; an empty one is the end. Returns when the next has to be there; none when all is over.
    pub fn chunk(
        &mut self,
        js: &JetStream,
        now: Timestamp,
        message: &Incoming<'_>,
        outlet: &mut dyn Outlet,
    ) -> Option<Timestamp> {
        if message.reply.is_empty() {
            tracing::warn!(
                stream = self.config.name,
                "restore needs a reply subject for each chunk"
            );
            self.give_up();
            return None;
        }
        if message.payload.is_empty() {
            let result = self.finish(js, now, outlet);
            self.end(js, now, message.reply, result, outlet);
            return None;
        }
        self.bytes += message.payload.len() as u64;
        if let Err(error) = self.take(js, message.payload) {
            self.end(js, now, message.reply, Err(error), outlet);
            return None;
        }
        send(message.reply, b"", outlet);
        self.deadline = now + CHUNK_MAX;
        Some(self.deadline)
    }

    fn take(&mut self, js: &JetStream, chunk: &[u8]) -> Result<(), RestoreError> {
        self.reader.push(chunk)?;
        while let Some(record) = self.reader.next()? {
            match (record, &mut self.built) {
                (Record::Head(head), None) => {
                    if head.config.name != self.config.name {
                        return Err(RestoreError::Name);
                    }
                    let mut store = js.stores().open_restored(head.created, &self.config)?;
                    if head.first_seq > 1 {
                        store.skip_to(head.first_seq - 1, Timestamp::ZERO)?;
                    }
                    self.built = Some(Built {
                        store,
                        created: head.created,
                        consumers: Vec::new(),
                        last_seq: head.last_seq,
                        last_time: head.last_time,
                        messages: 0,
                        complete: false,
                    });
                }
                (record, Some(built)) if !built.complete => built.add(record)?,
                _ => return Err(ArchiveError::Damaged.into()),
            }
        }
        if let Some(built) = &self.built {
            let more = built.store.state().bytes;
            js.usage
                .check_room(self.config.storage, more)
                .map_err(RestoreError::Refused)?;
        }
        Ok(())
    }

    /// All has come: the stream is registered.
    fn finish(
        &mut self,
        js: &JetStream,
        now: Timestamp,
        outlet: &mut dyn Outlet,
    ) -> Result<StreamCreateResponse, RestoreError> {
        let is_complete = self.built.as_ref().is_some_and(|built| built.complete) && self.reader.is_empty();
        if !is_complete {
            return Err(RestoreError::Incomplete);
        }
        let Some(mut built) = self.built.take() else {
            return Err(RestoreError::Incomplete);
        };
        built.store.sync()?;
        restored(js, now, self.config.clone(), built, outlet).map_err(RestoreError::Refused)
    }

    fn end(
        &mut self,
        js: &JetStream,
        now: Timestamp,
        reply: &[u8],
        result: Result<StreamCreateResponse, RestoreError>,
        outlet: &mut dyn Outlet,
    ) {
        self.give_up();
        let done = Transfer::RestoreComplete {
            start: self.began,
            end: now,
            bytes: self.bytes,
        };
        let domain = js.config.domain.as_deref();
        tell_transfer(now, self.name(), done, self.client.as_ref(), domain, outlet);
        let result = result.map_err(|error| match error {
            RestoreError::Refused(error) => error,
            error => STREAM_RESTORE.because(error),
        });
        if let Err(error) = &result {
            tracing::warn!(stream = self.config.name, %error, "restore failed");
        }
        send(reply, &Response::new(result).to_json(), outlet);
    }
}

impl Built {
    /// Takes all of it away.
    pub fn discard(self, stream: &str) {
        if let Err(error) = self.store.delete() {
            tracing::error!(stream, %error, "failed restore leaves something behind");
        }
    }

    fn add(&mut self, record: Record<'_>) -> Result<(), RestoreError> {
        match record {
            Record::Head(_) => return Err(ArchiveError::Damaged.into()),
            Record::Consumer(json) => {
                let consumer = serde_json::from_slice(json).map_err(|_| ArchiveError::Damaged)?;
                self.consumers.push(consumer);
            }
            Record::Message(message) => {
                let last = self.store.state().last_seq;
                if message.seq <= last || message.seq > self.last_seq {
                    return Err(RestoreError::Order);
                }
                if message.seq > last + 1 {
                    self.store.skip_to(message.seq - 1, message.time)?;
                }
                let (subject, headers) = (message.subject, message.headers);
                self.store
                    .append(message.time, subject, headers, message.payload)?;
                self.messages += 1;
            }
            Record::End { messages } => {
                if messages != self.messages {
                    return Err(RestoreError::Incomplete);
                }
                if self.last_seq > self.store.state().last_seq {
                    self.store.skip_to(self.last_seq, self.last_time)?;
                }
                self.complete = true;
            }
        }
        Ok(())
    }
}

fn send(reply: &[u8], payload: &[u8], outlet: &mut dyn Outlet) {
    outlet.deliver(Delivery::open(reply, b"", payload));
}
