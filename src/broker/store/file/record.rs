//! One record of a segment, as it lies on disk. The table is in the documentation of the module above.

use crate::util::time::Timestamp;

/// Bytes before the subject.
pub const HEAD: usize = 40;

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
    fn from_number(number: u32) -> Option<Kind> {
        [Kind::Message, Kind::Removed, Kind::Mark]
            .into_iter()
            .find(|kind| kind.number() == number)
    }

    fn number(self) -> u32 {
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

    /// Bytes on disk.
    pub fn len(&self) -> usize {
        HEAD + self.subject.len() + self.headers.len() + self.payload.len()
    }

    /// Writes it at the end of a buffer. The stream's `salt` begins the record and its checksum.
    pub fn encode(&self, salt: u32, out: &mut Vec<u8>) {
        let start = out.len();
        out.reserve(self.len());
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(&salt.to_le_bytes());
        head[8..12].copy_from_slice(&short(self.len()).to_le_bytes());
        head[12..16].copy_from_slice(&self.kind.number().to_le_bytes());
        head[16..20].copy_from_slice(&short(self.subject.len()).to_le_bytes());
        head[20..24].copy_from_slice(&short(self.headers.len()).to_le_bytes());
        head[24..32].copy_from_slice(&self.seq.to_le_bytes());
        head[32..40].copy_from_slice(&self.time.nanos().to_le_bytes());
        out.extend_from_slice(&head);
        out.extend_from_slice(self.subject);
        out.extend_from_slice(self.headers);
        out.extend_from_slice(self.payload);
        let sum = checksum(salt, &out[start + 8..]);
        out[start + 4..start + 8].copy_from_slice(&sum.to_le_bytes());
    }

    /// Reads the record that `bytes` begins with. None unless it is all there and every bit is right.
    pub fn decode(salt: u32, bytes: &'a [u8]) -> Option<Record<'a>> {
        if bytes.len() < HEAD || word(bytes, 0) != salt {
            return None;
        }
        let bytes = bytes.get(..word(bytes, 8) as usize)?;
        if bytes.len() < HEAD || checksum(salt, &bytes[8..]) != word(bytes, 4) {
            return None;
        }
        Record::view(bytes)
    }

    /// As [`Record::decode`], of bytes that are known to be one good record.
    pub fn view(bytes: &'a [u8]) -> Option<Record<'a>> {
        let kind = Kind::from_number(word(bytes, 12))?;
        let body = bytes.get(HEAD..)?;
        let (subject, rest) = body.split_at_checked(word(bytes, 16) as usize)?;
        let (headers, payload) = rest.split_at_checked(word(bytes, 20) as usize)?;
        Some(Record {
            kind,
            seq: u64::from_le_bytes(*bytes[24..].first_chunk()?),
            time: Timestamp::from_nanos(i64::from_le_bytes(*bytes[32..].first_chunk()?)),
            subject,
            headers,
            payload,
        })
    }
}

/// The checksum of a record, without its first eight bytes.
fn checksum(salt: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(bytes);
    hasher.finalize()
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |word| u32::from_le_bytes(*word))
}

fn short(n: usize) -> u32 {
    u32::try_from(n).expect("a message is shorter than 4 GiB")
}
