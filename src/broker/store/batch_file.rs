//! An atomic batch on its way into a file store, written down so that it can be finished after a crash.
//!
//! The file `batch` lies beside a stream's messages from the moment before the first message of the batch is
//! stored until the last one is in the kernel. All numbers are little-endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `GNATSBAT` |
//! | 4 | format version, 1 |
//! | 4 | CRC-32 of all that follows |
//! | 8 | sequence of the first message |
//! | 8 | time of all messages, nanoseconds since 1970 |
//! | | for each message: lengths of subject, headers and payload (4 bytes each), then the three themselves |
//!
//! A file that was not written whole is of a batch that was never begun, and counts as none.

use crate::util::time::Timestamp;

const MAGIC: &[u8; 8] = b"GNATSBAT";
const VERSION: u32 = 1;
/// Bytes before the checksummed part.
const HEAD: usize = 16;
/// Bytes before the first message.
const BODY: usize = HEAD + 16;

/// A batch as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFile {
    bytes: Vec<u8>,
}

impl BatchFile {
    /// Without messages yet; the first one's sequence will be `first_seq`.
    pub fn new(first_seq: u64, time: Timestamp) -> BatchFile {
        let mut bytes = vec![0; HEAD];
        bytes.extend_from_slice(&first_seq.to_le_bytes());
        bytes.extend_from_slice(&time.nanos().to_le_bytes());
        BatchFile { bytes }
    }

    /// Adds a message.
    pub fn push(&mut self, subject: &[u8], headers: &[u8], payload: &[u8]) {
        let parts = [subject, headers, payload];
        for part in parts {
            // No part of a message is longer than the protocol's 64 MiB.
            self.bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
        }
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
    }

    /// The whole file.
    pub fn encode(&self) -> Vec<u8> {
        let mut file = self.bytes.clone();
        file[..8].copy_from_slice(MAGIC);
        file[8..12].copy_from_slice(&VERSION.to_le_bytes());
        let sum = crc32fast::hash(&file[HEAD..]);
        file[12..HEAD].copy_from_slice(&sum.to_le_bytes());
        file
    }

    /// From the whole file; none when it is not whole or not ours.
    pub fn decode(file: &[u8]) -> Option<BatchFile> {
        let sum = u32::from_le_bytes(file.get(12..HEAD)?.try_into().ok()?);
        let good = file.len() >= BODY
            && file[..8] == *MAGIC
            && file[8..12] == VERSION.to_le_bytes()
            && crc32fast::hash(&file[HEAD..]) == sum;
        let mut bytes = vec![0; HEAD];
        bytes.extend_from_slice(&file[HEAD..]);
        good.then_some(BatchFile { bytes })
    }

    fn number(&self, at: usize) -> u64 {
        let bytes = self.bytes[at..at + 8].try_into();
        u64::from_le_bytes(bytes.expect("eight bytes are eight bytes"))
    }

    /// Sequence of the first message.
    pub fn first_seq(&self) -> u64 {
        self.number(HEAD)
    }

    /// Time of all messages.
    pub fn time(&self) -> Timestamp {
        Timestamp::from_nanos(self.number(HEAD + 8).cast_signed())
    }

    /// Subject, headers and payload of each message, in order.
    pub fn messages(&self) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
        let mut rest = &self.bytes[BODY..];
        std::iter::from_fn(move || {
            let mut lengths = [0; 3];
            for length in &mut lengths {
                let (bytes, behind) = rest.split_first_chunk::<4>()?;
                (*length, rest) = (u32::from_le_bytes(*bytes) as usize, behind);
            }
            let mut part = |length| {
                let (part, behind) = rest.split_at_checked(length)?;
                rest = behind;
                Some(part)
            };
            Some((part(lengths[0])?, part(lengths[1])?, part(lengths[2])?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_or_flipped_is_none() {
        let mut file = BatchFile::new(7, Timestamp::from_nanos(9));
        file.push(b"a.b", b"", b"one");
        file.push(b"c", b"NATS/1.0\r\n\r\n", b"");
        let bytes = file.encode();
        let read = BatchFile::decode(&bytes).unwrap();
        assert_eq!((read.first_seq(), read.time().nanos()), (7, 9));
        let wanted: Vec<(&[u8], &[u8], &[u8])> =
            vec![(b"a.b", b"", b"one"), (b"c", b"NATS/1.0\r\n\r\n", b"")];
        assert_eq!(read.messages().collect::<Vec<_>>(), wanted);
        for cut in 0..bytes.len() {
            assert_eq!(BatchFile::decode(&bytes[..cut]), None, "{cut}");
            let mut flipped = bytes.clone();
            flipped[cut] ^= 1;
            assert_eq!(BatchFile::decode(&flipped), None, "{cut}");
        }
    }
}
