//! What a snapshot's chunks hold together.
//!
//! Unpacked (see [`super::pack`]) it is `GNATSARC`, the format version (4 bytes, 1), then records behind one another;
//! all numbers are little-endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | kind |
//! | 4 | length of the body |
//! | | the body |
//! | 4 | CRC-32 of all before it in this record |
//!
//! | kind | body |
//! | --- | --- |
//! | 1 head | JSON: the stream's configuration, its birth, its first and last sequence and last time |
//! | 2 consumer | JSON: one consumer, as it is written down beside a stream |
//! | 3 message | sequence (8), time (8, nanoseconds since 1970), length of the subject (4) and of the headers (4), subject, headers, payload |
//! | 4 end | number of messages (8) |

use serde::{Deserialize, Serialize};

use super::pack::{Packer, UnpackError, Unpacker};
use crate::broker::store::Stored;
use crate::proto::api::stream::StreamConfig;
use crate::util::time::Timestamp;

const MAGIC: &[u8] = b"GNATSARC\x01\0\0\0";
/// The longest record: the longest message of the protocol with room around it.
const RECORD_MAX: usize = 80 * 1024 * 1024;
/// Bytes around a record's body.
const HEAD: usize = 5;
const SUM: usize = 4;
/// Bytes before a message's subject.
const MESSAGE_HEAD: usize = 24;

/// The first record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub config: StreamConfig,
    pub created: Timestamp,
    pub first_seq: u64,
    pub last_seq: u64,
    pub last_time: Timestamp,
}

/// A record that was read.
#[derive(Debug, PartialEq)]
pub enum Record<'a> {
    Head(Box<Head>),
    /// As JSON.
    Consumer(&'a [u8]),
    Message(Stored<'a>),
    End {
        messages: u64,
    },
}

/// Why an archive cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It is packed alike, but was made by nats-server or something else.
    #[error(
        "the archive was made by another server, such as nats-server, which this server cannot restore yet"
    )]
    NatsServer,
    /// It was made by something else.
    #[error("this is no archive of a stream")]
    NotOurs,
    /// A record is damaged.
    #[error("the archive is damaged")]
    Damaged,
}

/// Makes an archive, piece by piece.
#[derive(Debug)]
pub struct Writer {
    packer: Packer,
    messages: u64,
}

impl Writer {
    /// An archive that begins like this.
    pub fn new(head: &Head) -> Writer {
        let mut writer = Writer {
            packer: Packer::new(),
            messages: 0,
        };
        writer.packer.push(MAGIC);
        writer.json(1, head);
        writer
    }

    /// Adds a consumer.
    pub fn consumer(&mut self, consumer: &impl Serialize) {
        self.json(2, consumer);
    }

    /// Adds a message.
    pub fn message(&mut self, message: &Stored<'_>) {
        self.messages += 1;
        // No part of a message is longer than the protocol's 64 MiB.
        let length = |part: &[u8]| (part.len() as u32).to_le_bytes();
        let (seq, time) = (message.seq.to_le_bytes(), message.time.nanos().to_le_bytes());
        let (subject, headers) = (length(message.subject), length(message.headers));
        let parts: [&[u8]; 7] = [
            &seq,
            &time,
            &subject,
            &headers,
            message.subject,
            message.headers,
            message.payload,
        ];
        self.record(3, &parts);
    }

    /// Ends the archive.
    pub fn end(&mut self) {
        let messages = self.messages.to_le_bytes();
        self.record(4, &[&messages]);
        self.packer.finish();
    }

    fn json(&mut self, kind: u8, value: &impl Serialize) {
        let body = serde_json::to_vec(value).unwrap_or_default();
        self.record(kind, &[&body]);
    }

    fn record(&mut self, kind: u8, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut record = Vec::with_capacity(HEAD + length + SUM);
        record.push(kind);
        record.extend_from_slice(&(length as u32).to_le_bytes());
        for part in parts {
            record.extend_from_slice(part);
        }
        let sum = crc32fast::hash(&record);
        record.extend_from_slice(&sum.to_le_bytes());
        self.packer.push(&record);
    }

    /// How many bytes wait.
    pub fn len(&self) -> usize {
        self.packer.len()
    }

    /// Takes out as many bytes as are there, no more than `max`.
    pub fn take(&mut self, max: usize) -> Vec<u8> {
        self.packer.take(max)
    }
}

/// Reads an archive, piece by piece.
#[derive(Debug, Default)]
pub struct Reader {
    bytes: Vec<u8>,
    at: usize,
    begun: bool,
    unpacker: Unpacker,
}

impl Reader {
    /// Adds what has come.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.bytes.drain(..std::mem::take(&mut self.at));
        self.unpacker
            .push(bytes, &mut self.bytes)
            .map_err(|error| match error {
                UnpackError::NotPacked => ArchiveError::NotOurs,
                UnpackError::Damaged => ArchiveError::Damaged,
            })
    }

    /// Is nothing left over?
    pub fn is_empty(&self) -> bool {
        self.at == self.bytes.len() && self.unpacker.is_empty()
    }

    /// The next record, if all of it is there.
    pub fn next(&mut self) -> Result<Option<Record<'_>>, ArchiveError> {
        if !self.begun && !self.begin()? {
            return Ok(None);
        }
        let rest = &self.bytes[self.at..];
        if rest.len() < HEAD {
            return Ok(None);
        }
        let length = number(&rest[1..HEAD]) as usize;
        if length > RECORD_MAX {
            return Err(ArchiveError::Damaged);
        }
        let Some(whole) = rest.get(..HEAD + length + SUM) else {
            return Ok(None);
        };
        let (record, sum) = whole.split_at(HEAD + length);
        if u64::from(crc32fast::hash(record)) != number(sum) {
            return Err(ArchiveError::Damaged);
        }
        self.at += whole.len();
        parse(record[0], &record[HEAD..])
            .map(Some)
            .ok_or(ArchiveError::Damaged)
    }

    fn begin(&mut self) -> Result<bool, ArchiveError> {
        if self.bytes.len() < MAGIC.len() {
            return Ok(false);
        }
        if !self.bytes.starts_with(MAGIC) {
            return Err(ArchiveError::NatsServer);
        }
        (self.at, self.begun) = (MAGIC.len(), true);
        Ok(true)
    }
}

/// A number of up to eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn parse(kind: u8, body: &[u8]) -> Option<Record<'_>> {
    match kind {
        1 => serde_json::from_slice(body).ok().map(Record::Head),
        2 => Some(Record::Consumer(body)),
        3 => {
            let (head, rest) = body.split_at_checked(MESSAGE_HEAD)?;
            let (subject, rest) = rest.split_at_checked(number(&head[16..20]) as usize)?;
            let (headers, payload) = rest.split_at_checked(number(&head[20..]) as usize)?;
            Some(Record::Message(Stored {
                seq: number(&head[..8]),
                time: Timestamp::from_nanos(number(&head[8..16]).cast_signed()),
                subject,
                headers,
                payload,
            }))
        }
        4 if body.len() == 8 => Some(Record::End {
            messages: number(body),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive() -> Vec<u8> {
        let head = Head {
            config: StreamConfig::default(),
            created: Timestamp::from_nanos(5),
            first_seq: 2,
            last_seq: 9,
            last_time: Timestamp::from_nanos(7),
        };
        let mut writer = Writer::new(&head);
        writer.consumer(&"c");
        writer.message(&Stored {
            seq: 2,
            time: Timestamp::from_nanos(-3),
            subject: b"a.b",
            headers: b"NATS/1.0\r\n\r\n",
            payload: b"body",
        });
        writer.end();
        writer.take(usize::MAX)
    }

    fn read(bytes: &[u8], step: usize) -> Result<Vec<String>, ArchiveError> {
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        for chunk in bytes.chunks(step) {
            reader.push(chunk)?;
            while let Some(record) = reader.next()? {
                found.push(format!("{record:?}"));
            }
        }
        Ok(found)
    }

    #[test]
    fn pieces_of_any_size_make_the_same() {
        let bytes = archive();
        let whole = read(&bytes, bytes.len()).unwrap();
        assert_eq!(whole.len(), 4);
        for step in 1..bytes.len() {
            assert_eq!(read(&bytes, step).as_ref(), Ok(&whole), "{step}");
        }
    }

    #[test]
    fn no_flipped_byte_goes_unseen() {
        let bytes = archive();
        let whole = read(&bytes, bytes.len()).unwrap();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assert_ne!(read(&flipped, bytes.len()).as_ref(), Ok(&whole), "{at}");
        }
        let mut theirs = Packer::new();
        theirs.push(b"meta.inf and a tar header");
        theirs.finish();
        assert_eq!(read(&theirs.take(usize::MAX), 40), Err(ArchiveError::NatsServer));
        assert_eq!(read(b"something else", 40), Err(ArchiveError::NotOurs));
    }
}
