//! What a connection has yet to be sent: a queue of chunks.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::Bytes;
use tokio::time::Instant;

use super::chunks::{Buffer, Pool};

/// Bytes on their way out.
#[derive(Debug)]
pub enum Chunk {
    /// A buffer that belongs to this connection alone.
    Own(Buffer),
    /// Part of a large message that several connections send.
    Shared(Bytes),
}

impl Chunk {
    fn bytes(&self) -> &[u8] {
        match self {
            Chunk::Own(bytes) => bytes,
            Chunk::Shared(bytes) => bytes,
        }
    }
}

/// The queue. It is emptied by one writer at a time, which takes the chunks out, so that others can
/// append while it is in the kernel.
#[derive(Debug, Default)]
pub struct Outbound {
    chunks: VecDeque<Chunk>,
    /// How much of the first chunk is already sent.
    sent: usize,
    /// Bytes not yet taken by the kernel, those a writer has taken out included.
    pending: usize,
    /// Somebody is writing.
    writing: bool,
    /// Since when the socket takes nothing.
    blocked_since: Option<Instant>,
    /// The connection is gone, nothing is accepted any more.
    closed: bool,
}

/// What a writer takes out to write.
#[derive(Debug, Default)]
pub struct Batch {
    chunks: VecDeque<Chunk>,
    sent: usize,
}

/// How a write ended.
#[derive(Debug)]
pub enum Written {
    /// Everything is sent.
    All,
    /// The socket takes no more for now.
    Blocked,
    /// The socket is broken.
    Failed,
}

impl Outbound {
    /// Bytes not yet taken by the kernel.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// How many chunks are queued.
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Since when the socket takes nothing.
    pub fn blocked_since(&self) -> Option<Instant> {
        self.blocked_since
    }

    /// Appends a buffer. Small ones are copied behind the last, so that a slow reader's queue holds no
    /// more memory than twice what is pending.
    pub fn push(&mut self, chunk: Buffer, pool: &mut Pool) {
        if self.closed {
            return pool.give(chunk);
        }
        self.pending += chunk.len();
        match self.chunks.back_mut() {
            Some(Chunk::Own(last)) if last.capacity() - last.len() >= chunk.len() => {
                last.extend_from_slice(&chunk);
                pool.give(chunk);
            }
            _ => self.chunks.push_back(Chunk::Own(chunk)),
        }
    }

    /// Appends part of a large message.
    pub fn push_shared(&mut self, bytes: Bytes) {
        if !self.closed {
            self.pending += bytes.len();
            self.chunks.push_back(Chunk::Shared(bytes));
        }
    }

    /// True when there is nothing to write and nobody writes.
    pub fn is_idle(&self) -> bool {
        self.chunks.is_empty() && !self.writing
    }

    /// Takes out everything, to be written. `None` when there is nothing, or somebody else writes.
    pub fn begin_write(&mut self) -> Option<Batch> {
        if self.writing || self.chunks.is_empty() {
            return None;
        }
        self.writing = true;
        Some(Batch {
            chunks: std::mem::take(&mut self.chunks),
            sent: self.sent,
        })
    }

    /// Puts back what was not written. True when more has been appended meanwhile.
    pub fn end_write(&mut self, mut batch: Batch, written: usize, how: &Written, now: Instant) -> bool {
        self.writing = false;
        self.pending -= written;
        self.blocked_since = match how {
            Written::Blocked if written == 0 => self.blocked_since.or(Some(now)),
            Written::Blocked => Some(now),
            Written::All | Written::Failed => None,
        };
        if self.closed {
            self.pending = 0;
            return false;
        }
        self.sent = batch.sent;
        if batch.chunks.is_empty() {
            // The emptied queue keeps its place, if nobody began a new one.
            if self.chunks.is_empty() {
                self.chunks = batch.chunks;
            }
        } else {
            batch.chunks.append(&mut self.chunks);
            self.chunks = batch.chunks;
        }
        matches!(how, Written::All) && !self.chunks.is_empty()
    }

    /// Gives everything up.
    pub fn close(&mut self) {
        self.closed = true;
        self.chunks = VecDeque::new();
        if !self.writing {
            self.pending = 0;
        }
    }
}

impl Batch {
    /// Most slices for one system call.
    const SLICES_MAX: usize = 64;

    /// Writes until all is sent or `write` takes no more, and says how many bytes went.
    pub fn write(
        &mut self,
        pool: &mut Pool,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> (usize, Written) {
        let mut total = 0;
        while !self.chunks.is_empty() {
            let mut slices = [IoSlice::new(&[]); Self::SLICES_MAX];
            let mut count = 0;
            for (slice, chunk) in slices.iter_mut().zip(&self.chunks) {
                let skip = if count == 0 { self.sent } else { 0 };
                *slice = IoSlice::new(&chunk.bytes()[skip..]);
                count += 1;
            }
            match write(&slices[..count]) {
                Ok(0) => return (total, Written::Failed),
                Ok(n) => {
                    total += n;
                    self.advance(n, pool);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return (total, Written::Blocked),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return (total, Written::Failed),
            }
        }
        (total, Written::All)
    }

    fn advance(&mut self, written: usize, pool: &mut Pool) {
        self.sent += written;
        while let Some(first) = self.chunks.front() {
            let len = first.bytes().len();
            if self.sent < len {
                break;
            }
            self.sent -= len;
            if let Some(Chunk::Own(buffer)) = self.chunks.pop_front() {
                pool.give(buffer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is appended and however little the socket takes, every byte arrives once, in order.
        #[test]
        fn bytes_arrive_in_order(
            pushes in proptest::collection::vec((0usize..200, any::<bool>()), 1..20),
            takes in proptest::collection::vec(0usize..150, 1..60),
        ) {
            let (mut outbound, mut pool) = (Outbound::default(), Pool::default());
            let (mut expected, mut arrived) = (Vec::new(), Vec::new());
            let mut takes = takes.into_iter();
            for (n, (len, shared)) in pushes.into_iter().enumerate() {
                let bytes = vec![n as u8; len];
                expected.extend_from_slice(&bytes);
                if shared && len > 0 {
                    outbound.push_shared(bytes.into());
                } else if len > 0 {
                    let mut chunk = pool.take(len);
                    chunk.extend_from_slice(&bytes);
                    outbound.push(chunk, &mut pool);
                }
                let Some(mut batch) = outbound.begin_write() else { continue };
                let (written, how) = batch.write(&mut pool, |slices| {
                    let all: Vec<u8> = slices.iter().flat_map(|s| s.iter().copied()).collect();
                    match takes.next() {
                        None | Some(0) => Err(io::ErrorKind::WouldBlock.into()),
                        Some(n) => {
                            arrived.extend_from_slice(&all[..n.min(all.len())]);
                            Ok(n.min(all.len()))
                        }
                    }
                });
                outbound.end_write(batch, written, &how, Instant::now());
                prop_assert_eq!(outbound.pending(), expected.len() - arrived.len());
            }
            if let Some(mut batch) = outbound.begin_write() {
                batch.write(&mut pool, |slices| {
                    let all: Vec<u8> = slices.iter().flat_map(|s| s.iter().copied()).collect();
                    arrived.extend_from_slice(&all);
                    Ok(all.len())
                });
            }
            prop_assert_eq!(arrived, expected);
        }
    }
}
