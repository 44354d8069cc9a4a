//! Packing and unpacking piece by piece, in the stream format of S2 (that of Snappy with larger blocks): tools that
//! show how a backup gets on unpack it as it comes.
//!
//! After an identifier come chunks: kind (1 byte), length (3, little-endian), then for data a masked CRC-32C of what
//! it unpacks to (4) and the data, packed (kind 0) or as it is (kind 1). Kinds from 0x80 on may be skipped.

use minlz::crc::crc;
use minlz::s2::{decode, decode_len, encode};

const IDENTIFIER: &[u8] = b"\xff\x06\0\0S2sTwO";
/// Bytes that are packed together.
const BLOCK: usize = 256 * 1024;
/// The most bytes that a chunk may unpack to.
const BLOCK_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a chunk before its checksum, and of that.
const HEAD: usize = 4;
const SUM: usize = 4;

/// This is not packed as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnpackError {
    /// It is something else.
    NotPacked,
    /// It was, but no longer is.
    Damaged,
}

/// Packs.
#[derive(Debug)]
pub struct Packer {
    plain: Vec<u8>,
    packed: Vec<u8>,
}

impl Packer {
    /// With nothing to pack yet.
    pub fn new() -> Packer {
        Packer {
            plain: Vec::new(),
            packed: IDENTIFIER.to_vec(),
        }
    }

    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.plain.extend_from_slice(bytes);
        let whole = self.plain.len() - self.plain.len() % BLOCK;
        let rest = self.plain.split_off(whole);
        for block in std::mem::replace(&mut self.plain, rest).chunks(BLOCK) {
            self.pack(block);
        }
    }

    /// Packs what waits for more.
    pub fn finish(&mut self) {
        let block = std::mem::take(&mut self.plain);
        if !block.is_empty() {
            self.pack(&block);
        }
    }

    fn pack(&mut self, block: &[u8]) {
        let encoded = encode(block);
        let (kind, data) = if encoded.len() < block.len() {
            (0, encoded.as_slice())
        } else {
            (1, block)
        };
        // A block is far shorter than three bytes can say.
        let length = ((data.len() + SUM) as u32).to_le_bytes();
        self.packed.push(kind);
        self.packed.extend_from_slice(&length[..3]);
        self.packed.extend_from_slice(&crc(block).to_le_bytes());
        self.packed.extend_from_slice(data);
    }

    /// How many packed bytes there are.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Takes out as many packed bytes as there are, no more than `max`.
    pub fn take(&mut self, max: usize) -> Vec<u8> {
        let rest = self.packed.split_off(max.min(self.packed.len()));
        std::mem::replace(&mut self.packed, rest)
    }
}

/// Unpacks.
#[derive(Debug, Default)]
pub struct Unpacker {
    packed: Vec<u8>,
    begun: bool,
}

impl Unpacker {
    /// Adds packed bytes; what they unpack to goes behind `plain`.
    pub fn push(&mut self, bytes: &[u8], plain: &mut Vec<u8>) -> Result<(), UnpackError> {
        self.packed.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(used) = self.chunk(at, plain)? {
            at += used;
        }
        self.packed.drain(..at);
        Ok(())
    }

    /// Is nothing left over?
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    fn chunk(&mut self, at: usize, plain: &mut Vec<u8>) -> Result<Option<usize>, UnpackError> {
        let rest = &self.packed[at..];
        if !self.begun {
            let known = rest.len().min(IDENTIFIER.len());
            if rest[..known] != IDENTIFIER[..known] {
                return Err(UnpackError::NotPacked);
            }
        }
        let Some(&[kind, a, b, c]) = rest.get(..HEAD) else {
            return Ok(None);
        };
        let length = u32::from_le_bytes([a, b, c, 0]) as usize;
        let Some(body) = rest[HEAD..].get(..length) else {
            return Ok(None);
        };
        match kind {
            0 | 1 => unpack(kind, body, plain).ok_or(UnpackError::Damaged)?,
            0xff if rest.starts_with(IDENTIFIER) => {}
            0x80..=0xfe => {}
            _ => return Err(UnpackError::Damaged),
        }
        self.begun = true;
        Ok(Some(HEAD + length))
    }
}

fn unpack(kind: u8, body: &[u8], plain: &mut Vec<u8>) -> Option<()> {
    let (sum, data) = body.split_first_chunk::<SUM>()?;
    let decoded;
    let block = if kind == 0 {
        let (length, _) = decode_len(data).ok()?;
        decoded = (length <= BLOCK_MAX).then(|| decode(data).ok())??;
        &decoded
    } else {
        data
    };
    plain.extend_from_slice(block);
    (crc(block).to_le_bytes() == *sum && block.len() <= BLOCK_MAX).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_come_back() {
        let plain: Vec<u8> = (0..700_000_u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
        let mut packer = Packer::new();
        for piece in plain.chunks(100_001) {
            packer.push(piece);
        }
        packer.finish();
        let packed = packer.take(usize::MAX);
        assert!(packed.len() < plain.len());
        let (mut unpacker, mut found) = (Unpacker::default(), Vec::new());
        for piece in packed.chunks(77_777) {
            unpacker.push(piece, &mut found).unwrap();
        }
        assert!(unpacker.is_empty() && found == plain);
    }

    #[test]
    fn what_is_not_packed_or_damaged() {
        let unpack = |bytes: &[u8]| Unpacker::default().push(bytes, &mut Vec::new());
        assert_eq!(unpack(b"plain text"), Err(UnpackError::NotPacked));
        let mut packer = Packer::new();
        packer.push(&[7; 1000]);
        packer.finish();
        let mut packed = packer.take(usize::MAX);
        assert_eq!(unpack(&packed), Ok(()));
        let last = packed.len() - 1;
        packed[last] ^= 1;
        assert_eq!(unpack(&packed), Err(UnpackError::Damaged));
    }
}
