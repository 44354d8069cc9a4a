//! One record of a segment, as it lies on disk ([`Frame`]) and as it is meant ([`Record`]). The table is in the
//! documentation of the module above.

use super::pack::{Packing, Scratch, expand, refill};
use crate::broker::store::seal::{NONCE, SEALING, TAG};
use crate::util::time::Timestamp;

/// Bytes before the body.
pub const HEAD: usize = 40;
/// The part of the head that a sealed body belongs to: kind to time.
const BOUND: std::ops::Range<usize> = 12..HEAD;

/// The body is sealed.
const SEALED: u8 = 1;
/// Headers and payload are an S2 block.
const COMPRESSED: u8 = 2;

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Here is a message.
    Message,
    /// The message of this sequence is gone.
    Removed,
    /// This is the last sequence given out, and the body (8 bytes) the first one that may be held.
    Mark,
}

impl Kind {
    /// The kind of a number on disk.
    pub fn from_number(number: u8) -> Option<Kind> {
        [Kind::Message, Kind::Removed, Kind::Mark]
            .into_iter()
            .find(|kind| kind.number() == number)
    }

    /// Its number on disk.
    pub fn number(self) -> u8 {
        match self {
            Kind::Message => 1,
            Kind::Removed => 2,
            Kind::Mark => 3,
        }
    }
}

/// A record's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it says.
    pub kind: Kind,
    /// About which sequence.
    pub seq: u64,
    /// When the message was stored.
    pub time: Timestamp,
    /// Its subject.
    pub subject: &'a [u8],
    /// Its header block.
    pub headers: &'a [u8],
    /// Its body.
    pub payload: &'a [u8],
}

impl<'a> Record<'a> {
    /// A record without a message.
    pub fn bare(kind: Kind, seq: u64, time: Timestamp, payload: &'a [u8]) -> Record<'a> {
        Record {
            kind,
            seq,
            time,
            subject: b"",
            headers: b"",
            payload,
        }
    }

    /// Bytes of its parts.
    pub fn size(&self) -> usize {
        self.subject.len() + self.headers.len() + self.payload.len()
    }

    /// The most bytes it takes on disk.
    pub fn len_max(&self) -> usize {
        HEAD + self.size() + SEALING
    }

    /// Writes it at the end of a buffer. The stream's `salt` begins the record and its checksum. Only messages
    /// are packed.
    pub fn encode(&self, salt: u32, packing: &mut Packing, out: &mut Vec<u8>) {
        let start = out.len();
        let seal = packing.seal.as_deref().filter(|_| self.kind == Kind::Message);
        let mut flags = 0;
        out.reserve(self.len_max());
        out.extend_from_slice(&[0; HEAD]);
        if seal.is_some() {
            flags |= SEALED;
            out.extend_from_slice(&[0; NONCE]);
        }
        out.extend_from_slice(self.subject);
        let body = out.len();
        out.extend_from_slice(self.headers);
        out.extend_from_slice(self.payload);
        if self.kind == Kind::Message
            && let Some(block) = packing.compressor.compress(&out[body..])
        {
            flags |= COMPRESSED;
            out.truncate(body);
            out.extend_from_slice(&block);
        }
        let head = &mut out[start..start + HEAD];
        head[..4].copy_from_slice(&salt.to_le_bytes());
        head[12] = self.kind.number();
        head[13] = flags;
        head[16..20].copy_from_slice(&short(self.subject.len()).to_le_bytes());
        head[20..24].copy_from_slice(&short(self.headers.len()).to_le_bytes());
        head[24..32].copy_from_slice(&self.seq.to_le_bytes());
        head[32..40].copy_from_slice(&self.time.nanos().to_le_bytes());
        if let Some(seal) = seal {
            let bound: [u8; BOUND.end - BOUND.start] =
                *head[BOUND].first_chunk().expect("the head was just written");
            seal.seal(&bound, out, start + HEAD);
        }
        let length = short(out.len() - start);
        out[start + 8..start + 12].copy_from_slice(&length.to_le_bytes());
        let sum = checksum(salt, &out[start + 8..]);
        out[start + 4..start + 8].copy_from_slice(&sum.to_le_bytes());
    }
}

/// A record that is not unpacked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it says.
    pub kind: Kind,
    /// About which sequence.
    pub seq: u64,
    /// When the message was stored.
    pub time: Timestamp,
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the record that `bytes` begins with. None unless it is all there and every bit is right.
    pub fn decode(salt: u32, bytes: &'a [u8]) -> Option<Frame<'a>> {
        let frame = Frame::glance(salt, bytes)?;
        (checksum(salt, &frame.bytes[8..]) == word(frame.bytes, 4)).then_some(frame)
    }

    /// As [`Frame::decode`], of bytes whose checksum need not be tried again.
    pub fn glance(salt: u32, bytes: &'a [u8]) -> Option<Frame<'a>> {
        if bytes.len() < HEAD || word(bytes, 0) != salt {
            return None;
        }
        let bytes = bytes.get(..word(bytes, 8) as usize)?;
        if bytes.len() < HEAD || bytes[13] & !(SEALED | COMPRESSED) != 0 {
            return None;
        }
        Some(Frame {
            kind: Kind::from_number(bytes[12])?,
            seq: u64::from_le_bytes(*bytes[24..].first_chunk()?),
            time: Timestamp::from_nanos(i64::from_le_bytes(*bytes[32..].first_chunk()?)),
            bytes,
        })
    }

    /// Bytes on disk.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes on disk.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Its checksum, which tells it from any other.
    pub fn checksum(&self) -> u32 {
        word(self.bytes, 4)
    }

    /// What it says. None when the seal is not that of this stream, or the parts do not fit together.
    pub fn unpack<'s>(&self, packing: &Packing, scratch: &'s mut Scratch) -> Option<Record<'s>>
    where
        'a: 's,
    {
        self.unpack_into(packing, scratch)?;
        self.view(scratch)
    }

    /// Opens and expands the body into `scratch`, if it is packed. None when that does not work.
    pub fn unpack_into(&self, packing: &Packing, scratch: &mut Scratch) -> Option<()> {
        let (head, mut body) = self.bytes.split_at_checked(HEAD)?;
        let Scratch { opened, plain } = scratch;
        if self.has(SEALED) {
            refill(opened, body);
            body = packing.seal.as_deref()?.open(&head[BOUND], opened)?;
        }
        if self.has(COMPRESSED) {
            let (subject, block) = body.split_at_checked(word(head, 16) as usize)?;
            refill(plain, subject);
            expand(block, plain)?;
        }
        Some(())
    }

    /// What it says, after [`Frame::unpack_into`].
    pub fn view<'s>(&self, scratch: &'s Scratch) -> Option<Record<'s>>
    where
        'a: 's,
    {
        let body: &'s [u8] = if self.has(COMPRESSED) {
            &scratch.plain
        } else if self.has(SEALED) {
            scratch
                .opened
                .get(NONCE..scratch.opened.len().checked_sub(TAG)?)?
        } else {
            self.bytes.get(HEAD..)?
        };
        let (subject, rest) = body.split_at_checked(word(self.bytes, 16) as usize)?;
        let (headers, payload) = rest.split_at_checked(word(self.bytes, 20) as usize)?;
        Some(Record {
            kind: self.kind,
            seq: self.seq,
            time: self.time,
            subject,
            headers,
            payload,
        })
    }

    /// The subject as it lies there, empty when the body is sealed.
    pub fn open_subject(&self) -> &'a [u8] {
        let body = self.bytes.get(HEAD..).filter(|_| !self.has(SEALED));
        body.and_then(|body| body.get(..word(self.bytes, 16) as usize))
            .unwrap_or_default()
    }

    /// Can only the key's owner read it?
    pub fn is_sealed(&self) -> bool {
        self.has(SEALED)
    }

    fn has(&self, flag: u8) -> bool {
        self.bytes[13] & flag != 0
    }
}

/// The checksum of a record, without its first eight bytes.
fn checksum(salt: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(bytes);
    hasher.finalize()
}

/// The checksum that these bytes would have as one record of that length, whatever length they tell.
pub fn checksum_of(salt: u32, bytes: &[u8], length: usize) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(&short(length).to_le_bytes());
    hasher.update(&bytes[12..]);
    hasher.finalize()
}

/// The number at a place in a head.
pub fn word(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |word| u32::from_le_bytes(*word))
}

fn short(n: usize) -> u32 {
    u32::try_from(n).expect("a message is shorter than 4 GiB")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::broker::store::file::tests::packings;

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(
            subject in "[a-z.]{1,30}",
            headers in prop::collection::vec(any::<u8>(), 0..50),
            payload in prop::collection::vec(0..4_u8, 0..2_000),
            seq in any::<u64>(),
        ) {
            for mut packing in packings() {
                let record = Record {
                    kind: Kind::Message,
                    seq,
                    time: Timestamp::from_nanos(7),
                    subject: subject.as_bytes(),
                    headers: &headers,
                    payload: &payload,
                };
                let mut bytes = Vec::new();
                record.encode(9, &mut packing, &mut bytes);
                prop_assert!(bytes.len() <= record.len_max());
                let frame = Frame::decode(9, &bytes).unwrap();
                let mut scratch = Scratch::default();
                prop_assert_eq!(frame.unpack(&packing, &mut scratch), Some(record));
                prop_assert_eq!(Frame::decode(8, &bytes), None);
            }
        }

        #[test]
        fn nonsense_is_no_record(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Frame::decode(9, &bytes), None);
            // Even behind the right salt, with a length and flags that could be.
            if bytes.len() > HEAD {
                let length = short(bytes.len()).to_le_bytes();
                bytes[..4].copy_from_slice(&9_u32.to_le_bytes());
                bytes[8..12].copy_from_slice(&length);
                bytes[12] = 1;
                bytes[13] &= 3;
                for packing in packings() {
                    if let Some(frame) = Frame::glance(9, &bytes) {
                        let _ = frame.unpack(&packing, &mut Scratch::default());
                    }
                }
            }
        }
    }
}
