//! A stream on its way out (nats-server `streamSnapshot`).

use std::sync::Arc;
use std::time::Duration;

use super::archive::{Head, Writer};
use crate::broker::jetstream::account::JetStream;
use crate::broker::jetstream::advisory::{Transfer, tell_transfer};
use crate::broker::jetstream::cell::StreamCell;
use crate::broker::jetstream::consumer::Consumer;
use crate::broker::jetstream::stream::Stream;
use crate::broker::jetstream::{Delivery, Outlet, Requester};
use crate::broker::store::StoreError;
use crate::proto::api::snapshot::SnapshotRequest;
use crate::proto::headers::Builder;
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// How long the receiver may take to answer a chunk.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// How long it may take until there is a receiver, and how often to look.
const RECEIVER_MAX: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(50);

/// How fast a snapshot goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Bytes of a chunk.
    pub chunk: usize,
    /// Chunks that may be unanswered.
    pub window: usize,
}

impl Pace {
    /// What a request asks for, within bounds.
    pub fn of(request: &SnapshotRequest) -> Pace {
        let size = |wanted: i64, default: i64, max: i64| match wanted {
            0 => default,
            wanted => wanted.clamp(1024, max),
        };
        let chunk = size(request.chunk_size, 128 * 1024, 1024 * 1024);
        let window = size(request.window_size, 8 * 1024 * 1024, 32 * 1024 * 1024);
        Pace {
            chunk: usize::try_from(chunk).unwrap_or(1024),
            window: usize::try_from(window.max(chunk) / chunk).unwrap_or(1),
        }
    }
}

/// A snapshot that is being sent.
#[derive(Debug)]
pub struct Snapshot {
    cell: Arc<StreamCell>,
    deliver_subject: String,
    /// What the subjects of answers begin with.
    answer_subject: String,
    pace: Pace,
    writer: Writer,
    /// The next sequence to send, and the last; the end was written when they have crossed.
    next: u64,
    last: u64,
    ended: bool,
    free: usize,
    chunks: u64,
    began: Timestamp,
    last_chunk: Timestamp,
    client: Option<Requester>,
}

impl Snapshot {
    /// A snapshot of a stream as it is now.
    pub fn new(
        now: Timestamp,
        cell: &Arc<StreamCell>,
        stream: &mut Stream,
        request: &SnapshotRequest,
        token: &str,
    ) -> Snapshot {
        let state = stream.stored_state();
        let head = Head {
            config: stream.config().clone(),
            created: stream.created(),
            first_seq: state.first_seq,
            last_seq: state.last_seq,
            last_time: state.last_time,
        };
        let mut writer = Writer::new(&head);
        if !request.no_consumers {
            for consumer in stream.consumers().iter().filter(|consumer| consumer.is_kept()) {
                writer.consumer(&Consumer::snapshot(consumer));
            }
        }
        let pace = Pace::of(request);
        Snapshot {
            cell: Arc::clone(cell),
            deliver_subject: request.deliver_subject.clone(),
            answer_subject: format!("$JS.SNAPSHOT.ACK.{}.{token}", cell.name()),
            pace,
            writer,
            next: state.first_seq,
            last: state.last_seq,
            ended: false,
            free: pace.window,
            chunks: 0,
            began: now,
            last_chunk: now,
            client: None,
        }
    }

    /// A chunk was answered.
    pub fn answered(&mut self) {
        self.free = (self.free + 1).min(self.pace.window);
    }

    /// Sends what may be sent. Returns when to be called again at the latest; none when all is over.
    pub fn go_on(&mut self, js: &JetStream, now: Timestamp, outlet: &mut dyn Outlet) -> Option<Timestamp> {
        let waits = self.chunks == 0 && now < self.began + RECEIVER_MAX;
        if waits && !outlet.is_subscribed(self.deliver_subject.as_bytes()) {
            return Some(now + LOOK);
        }
        if self.free == 0 && now >= self.last_chunk + ANSWER_MAX {
            let status = Builder::status(408, "No Flow Response").build();
            self.send(&status, &[], "", outlet);
            return None;
        }
        while self.free > 0 {
            if let Err(error) = self.fill(js) {
                let status = Builder::status(500, &error.to_string()).build();
                self.send(&status, &[], "", outlet);
                return None;
            }
            let is_last = self.writer.len() < self.pace.chunk;
            let chunk = self.writer.take(self.pace.chunk);
            if is_last {
                self.finish(js, now, &chunk, outlet);
                return None;
            }
            self.chunks += 1;
            self.free -= 1;
            self.last_chunk = now;
            let answer = format!("{}.{}.{}", self.answer_subject, chunk.len(), self.chunks);
            if !self.send(b"", &chunk, &answer, outlet) {
                return None;
            }
        }
        Some(self.last_chunk + ANSWER_MAX)
    }

    /// This client asked for it.
    pub fn asked_by(mut self, client: Option<Requester>) -> Snapshot {
        self.client = client;
        self
    }

    fn finish(&self, js: &JetStream, now: Timestamp, rest: &[u8], outlet: &mut dyn Outlet) {
        if !rest.is_empty() {
            self.send(b"", rest, "", outlet);
        }
        // nats-server's last message says nothing when no whole chunk came before it.
        let status = match self.chunks {
            0 => Vec::new(),
            _ => Builder::status(204, "").build(),
        };
        self.send(&status, b"", "", outlet);
        let domain = js.config.domain.as_deref();
        let done = Transfer::SnapshotComplete {
            start: self.began,
            end: now,
        };
        tell_transfer(now, self.cell.name(), done, self.client.as_ref(), domain, outlet);
    }

    fn send(&self, headers: &[u8], payload: &[u8], reply: &str, outlet: &mut dyn Outlet) -> bool {
        outlet.deliver(Delivery {
            reply: reply.as_bytes(),
            ..Delivery::open(self.deliver_subject.as_bytes(), headers, payload)
        })
    }

    /// Reads ahead until there is a whole chunk, or all.
    fn fill(&mut self, js: &JetStream) -> Result<(), StoreError> {
        if self.ended || self.writer.len() >= self.pace.chunk {
            return Ok(());
        }
        let cell = Arc::clone(&self.cell);
        let read = js.with_cell(&cell, |stream| self.read(stream));
        // The stream is gone, and with it what was not sent yet.
        read.unwrap_or_else(|| Err(StoreError::Unreadable(cell.name().to_owned())))
    }

    fn read(&mut self, stream: &mut Stream) -> Result<(), StoreError> {
        while self.writer.len() < self.pace.chunk {
            let message = stream.next_from(self.next, &Filter::all())?;
            let Some(message) = message.filter(|message| message.seq <= self.last) else {
                self.writer.end();
                self.ended = true;
                return Ok(());
            };
            self.next = message.seq + 1;
            self.writer.message(&message);
        }
        Ok(())
    }
}
