//! A run of messages: their bytes in one buffer, and a slot for each.

use crate::broker::store::subject_table::SubjectId;
use crate::util::time::Timestamp;

/// Bytes after which a block takes no more messages; one that is longer gets a block to itself.
const BYTES_MAX: usize = 128 * 1024;
/// Slots after which a block takes no more messages.
const SLOTS_MAX: usize = 1024;
/// Fewer slots than this are not worth tidying up.
const TIDY_SLOTS_MIN: usize = 64;
/// Fewer bytes than this are not worth tidying up.
const TIDY_BYTES_MIN: usize = 4096;
/// A record begins with its time (8 bytes) and the length of its headers (4 bytes).
const RECORD_HEADER: usize = 12;
/// The place of a record that is gone.
const GONE: u32 = u32::MAX;

/// Where a message lies, and its neighbours of the same subject. 32 bytes.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    offset: u32,
    at: u32,
    size: u32,
    /// Its subject.
    pub subject: SubjectId,
    /// The message of this subject before it. Meaningless unless it is at or behind the subject's first.
    pub prev: u64,
    /// The message of this subject behind it. Meaningless unless it is at or before the subject's last.
    pub next: u64,
}

impl Slot {
    /// Is the message still there?
    pub fn is_live(&self) -> bool {
        self.at != GONE
    }
}

/// A message's own bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it was stored.
    pub time: Timestamp,
    /// Its header block.
    pub headers: &'a [u8],
    /// Its body.
    pub payload: &'a [u8],
}

/// Messages whose sequences are `base` and up, in order, perhaps with holes.
#[derive(Debug, Default)]
pub struct Block {
    base: u64,
    first_time: Timestamp,
    slots: Vec<Slot>,
    bytes: Vec<u8>,
    /// No slot before this one is live.
    head: usize,
    live: usize,
    live_bytes: usize,
}

impl Block {
    /// An empty block for messages from `base` on, in the memory of one that is no longer needed.
    pub fn new(base: u64, time: Timestamp, mut used: Block) -> Block {
        used.slots.clear();
        used.bytes.clear();
        Block {
            base,
            first_time: time,
            slots: used.slots,
            bytes: used.bytes,
            ..Block::default()
        }
    }

    /// The time of the first message it was given.
    pub fn first_time(&self) -> Timestamp {
        self.first_time
    }

    /// How many messages are still there.
    pub fn live(&self) -> usize {
        self.live
    }

    /// Can it take this message?
    pub fn has_room(&self, seq: u64, size: usize) -> bool {
        self.slots.is_empty()
            || (self.slots.len() < SLOTS_MAX
                && self.bytes.len() + RECORD_HEADER + size <= BYTES_MAX
                && seq - self.base < u64::from(u32::MAX))
    }

    /// Gives back memory that it will not need, as it takes no more messages.
    pub fn close(&mut self) {
        self.slots.shrink_to_fit();
        self.bytes.shrink_to_fit();
    }

    /// Adds a message, which there must be room for.
    pub fn push(&mut self, seq: u64, subject: SubjectId, prev: u64, record: Record<'_>) {
        let (headers, payload) = (record.headers, record.payload);
        let size = RECORD_HEADER + headers.len() + payload.len();
        let at = self.bytes.len();
        if size > BYTES_MAX {
            self.bytes.reserve_exact(size);
        }
        self.bytes.extend_from_slice(&record.time.nanos().to_le_bytes());
        self.bytes.extend_from_slice(&length(headers.len()).to_le_bytes());
        self.bytes.extend_from_slice(headers);
        self.bytes.extend_from_slice(payload);
        self.slots.push(Slot {
            offset: u32::try_from(seq - self.base).expect("has_room bounds the span of a block"),
            at: length(at),
            size: length(size),
            subject,
            prev,
            next: 0,
        });
        self.live += 1;
        self.live_bytes += size;
    }

    /// The sequence of a slot.
    pub fn seq(&self, index: usize) -> u64 {
        self.base + u64::from(self.slots[index].offset)
    }

    /// The slot at an index.
    pub fn slot(&self, index: usize) -> &Slot {
        &self.slots[index]
    }

    /// As [`Block::slot`], to be changed.
    pub fn slot_mut(&mut self, index: usize) -> &mut Slot {
        &mut self.slots[index]
    }

    /// The first slot at or behind a sequence, live or not; the number of slots when there is none.
    pub fn position(&self, seq: u64) -> usize {
        let offset = seq.saturating_sub(self.base);
        // Without holes the offset is the index.
        match usize::try_from(offset)
            .ok()
            .and_then(|i| self.slots.get(i).map(|s| (i, s)))
        {
            Some((index, slot)) if u64::from(slot.offset) == offset => index,
            _ => self.slots.partition_point(|s| u64::from(s.offset) < offset),
        }
    }

    /// The live slot of a sequence.
    pub fn find(&self, seq: u64) -> Option<usize> {
        let index = self.position(seq);
        (index < self.slots.len() && self.slots[index].is_live() && self.seq(index) == seq).then_some(index)
    }

    /// The first live slot at or behind an index.
    pub fn next_live(&self, index: usize) -> Option<usize> {
        let from = index.max(self.head);
        self.slots
            .get(from..)?
            .iter()
            .position(Slot::is_live)
            .map(|i| from + i)
    }

    /// The last live slot.
    pub fn last_live(&self) -> Option<usize> {
        self.slots.iter().rposition(Slot::is_live)
    }

    /// How many messages there are at or behind an index.
    pub fn live_from(&self, index: usize) -> usize {
        if index <= self.head {
            return self.live;
        }
        self.slots
            .iter()
            .skip(index)
            .filter(|slot| slot.is_live())
            .count()
    }

    /// The message in a live slot.
    pub fn record(&self, index: usize) -> Record<'_> {
        let slot = &self.slots[index];
        let record = &self.bytes[slot.at as usize..][..slot.size as usize];
        let (time, rest) = record.split_first_chunk().expect("push wrote the time");
        let (headers, rest) = rest.split_first_chunk().expect("push wrote the length");
        let (headers, payload) = rest.split_at(u32::from_le_bytes(*headers) as usize);
        Record {
            time: Timestamp::from_nanos(i64::from_le_bytes(*time)),
            headers,
            payload,
        }
    }

    /// The payload in a live slot, to be overwritten.
    pub fn payload_mut(&mut self, index: usize) -> &mut [u8] {
        let headers = self.record(index).headers.len();
        let slot = &self.slots[index];
        &mut self.bytes[slot.at as usize..][RECORD_HEADER + headers..slot.size as usize]
    }

    /// Lets go of the message in a live slot; with `erase` nothing of it stays in memory.
    pub fn remove(&mut self, index: usize, erase: bool) {
        let slot = &mut self.slots[index];
        if erase {
            self.bytes[slot.at as usize..][..slot.size as usize].fill(0);
        }
        self.live_bytes -= slot.size as usize;
        self.live -= 1;
        slot.at = GONE;
        if index == self.head {
            self.head = self.next_live(index).unwrap_or(self.slots.len());
        }
        self.tidy();
    }

    /// Moves the messages together once most of the block is holes. Each byte moved was paid for by a
    /// removed one, so it costs nothing in the long run.
    fn tidy(&mut self) {
        let few_slots = self.slots.len() >= TIDY_SLOTS_MIN && self.live * 2 < self.slots.len();
        let few_bytes = self.bytes.len() >= TIDY_BYTES_MIN && self.live_bytes * 2 < self.bytes.len();
        if self.live == 0 || !(few_slots || few_bytes) {
            return;
        }
        let mut bytes = Vec::with_capacity(self.live_bytes);
        self.slots.retain_mut(|slot| {
            if slot.is_live() {
                let record = &self.bytes[slot.at as usize..][..slot.size as usize];
                slot.at = length(bytes.len());
                bytes.extend_from_slice(record);
            }
            slot.is_live()
        });
        self.slots.shrink_to(self.slots.len() * 2);
        self.bytes = bytes;
        self.head = 0;
    }
}

fn length(n: usize) -> u32 {
    u32::try_from(n)
        .expect("a block holds one message or at most BYTES_MAX bytes, and a message less than 4 GiB")
}
