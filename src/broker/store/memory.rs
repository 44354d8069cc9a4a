//! The store in memory: an [`Index`] whose bodies are the messages' bytes, a buffer of up to 128 KiB for a block.

use super::index::{Bodies, Column, Held, Index};
use super::{Catalogue, State, Store, StoreError, Stored};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// What nats-server counts for a message beside its subject, headers and payload.
const OVERHEAD: u64 = 16;
/// Bytes after which a block takes no more messages; one that is longer gets a block to itself.
const BYTES_MAX: usize = 128 * 1024;
/// Fewer bytes than this are not worth tidying up.
const TIDY_MIN: usize = 4096;

/// Messages in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    index: Index<Bytes>,
    bytes: u64,
}

/// Headers and payload.
#[derive(Debug, Clone, Copy)]
struct Parts<'a> {
    headers: &'a [u8],
    payload: &'a [u8],
}

impl Parts<'_> {
    fn len(&self) -> usize {
        self.headers.len() + self.payload.len()
    }
}

/// The bytes of a block's messages.
#[derive(Debug, Default)]
struct Bytes {
    bytes: Vec<u8>,
    /// Where each message begins. It ends where the next one begins.
    starts: Column,
    header_lengths: Column,
    /// Bytes of messages that are gone.
    dead: usize,
}

impl Bytes {
    fn range(&self, index: usize) -> std::ops::Range<usize> {
        let end = match index + 1 < self.starts.len() {
            true => self.starts.get(index + 1) as usize,
            false => self.bytes.len(),
        };
        self.starts.get(index) as usize..end
    }
}

impl Bodies for Bytes {
    type Body<'a> = Parts<'a>;

    fn has_room(&self, parts: &Parts<'_>) -> bool {
        self.bytes.len() + parts.len() <= BYTES_MAX
    }

    fn push(&mut self, parts: Parts<'_>) {
        if parts.len() > BYTES_MAX {
            self.bytes.reserve_exact(parts.len());
        }
        self.starts.push(self.bytes.len() as u64);
        self.header_lengths.push(parts.headers.len() as u64);
        self.bytes.extend_from_slice(parts.headers);
        self.bytes.extend_from_slice(parts.payload);
    }

    fn get(&self, index: usize) -> Parts<'_> {
        let bytes = &self.bytes[self.range(index)];
        let (headers, payload) = bytes.split_at(self.header_lengths.get(index) as usize);
        Parts { headers, payload }
    }

    fn remove(&mut self, index: usize, erase: bool) {
        let range = self.range(index);
        self.dead += range.len();
        if erase {
            self.bytes[range].fill(0);
        }
    }

    fn is_sparse(&self) -> bool {
        self.bytes.len() >= TIDY_MIN && self.dead * 2 > self.bytes.len()
    }

    fn retain(&mut self, gone: &Column) {
        let mut bytes = Vec::with_capacity(self.bytes.len() - self.dead);
        for index in 0..gone.len() {
            let range = self.range(index);
            // The end of the one before is not asked for any more.
            self.starts.set(index, bytes.len() as u64);
            if gone.get(index) == 0 {
                bytes.extend_from_slice(&self.bytes[range]);
            }
        }
        self.bytes = bytes;
        self.dead = 0;
        self.starts.retain(gone);
        self.header_lengths.retain(gone);
    }

    fn close(&mut self) -> Bytes {
        self.bytes.shrink_to_fit();
        Bytes {
            starts: self.starts.close(),
            header_lengths: self.header_lengths.close(),
            ..Bytes::default()
        }
    }

    fn emptied(mut self) -> Bytes {
        self.bytes.clear();
        self.starts.clear();
        self.header_lengths.clear();
        self.dead = 0;
        self
    }
}

fn size_of(subject: &[u8], parts: &Parts<'_>) -> u64 {
    (subject.len() + parts.len()) as u64 + OVERHEAD
}

fn stored<'a>(held: Held<'a, Parts<'a>>) -> Stored<'a> {
    Stored {
        seq: held.seq,
        time: held.time,
        subject: held.subject,
        headers: held.body.headers,
        payload: held.body.payload,
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }
}

impl Store for MemoryStore {
    fn state(&self) -> State {
        State {
            bytes: self.bytes,
            ..self.index.state()
        }
    }

    fn catalogue(&self) -> &dyn Catalogue {
        &self.index
    }

    fn size_of(&self, subject: &[u8], headers: &[u8], payload: &[u8]) -> u64 {
        size_of(subject, &Parts { headers, payload })
    }

    fn append(
        &mut self,
        time: Timestamp,
        subject: &[u8],
        headers: &[u8],
        payload: &[u8],
    ) -> Result<u64, StoreError> {
        let parts = Parts { headers, payload };
        self.bytes += size_of(subject, &parts);
        Ok(self.index.append(subject, time, parts))
    }

    fn skip_to(&mut self, seq: u64, time: Timestamp) -> Result<(), StoreError> {
        self.index.skip_to(seq, time);
        Ok(())
    }

    fn load(&mut self, seq: u64) -> Result<Option<Stored<'_>>, StoreError> {
        Ok(self.index.find(seq).map(stored))
    }

    fn next(&mut self, seq: u64, filter: &Filter) -> Result<Option<Stored<'_>>, StoreError> {
        Ok(self.index.next(seq, filter).map(stored))
    }

    fn remove(&mut self, seq: u64, erase: bool) -> Result<bool, StoreError> {
        let Some(held) = self.index.find(seq) else {
            return Ok(false);
        };
        self.bytes -= size_of(held.subject, &held.body);
        self.index.remove(seq, erase);
        Ok(true)
    }

    fn compact(&mut self, seq: u64) -> Result<u64, StoreError> {
        let before = self.index.state();
        if seq > before.last_seq {
            self.bytes = 0;
            self.index.clear(seq);
            return Ok(before.messages);
        }
        while let first = self.index.state().first_seq
            && first < seq
            && self.remove(first, false)?
        {}
        Ok(before.messages - self.index.state().messages)
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn delete(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}
