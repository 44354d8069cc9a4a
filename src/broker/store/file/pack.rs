//! How messages are packed: compressed with S2, sealed, both, or not at all.

use std::sync::Arc;

use crate::broker::store::seal::Seal;

/// Shorter bodies are not worth compressing.
const COMPRESS_MIN: usize = 64;
/// The longest body that is expanded; no message is longer (nats-server's bound on `max_payload` is 64 MiB,
/// and an atomic write's is the same).
const EXPANDED_MAX: usize = 256 * 1024 * 1024;
/// Bytes of a buffer that are kept for the next message.
const KEPT_MAX: usize = 256 * 1024;

/// How a stream's messages are packed.
#[derive(Debug, Default)]
pub struct Packing {
    /// Compresses, if it is switched on.
    pub compressor: Compressor,
    /// Seals, if the stream is encrypted.
    pub seal: Option<Arc<Seal>>,
}

/// Makes S2 blocks.
#[derive(Default)]
pub struct Compressor {
    encoder: Option<Box<minlz::Encoder>>,
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Compressor({})", self.encoder.is_some())
    }
}

impl Compressor {
    /// Switches it on or off.
    pub fn switch(&mut self, on: bool) {
        if on != self.encoder.is_some() {
            self.encoder = on.then(Box::default);
        }
    }

    /// The block of a body, if that is shorter.
    pub fn compress(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        let encoder = self.encoder.as_mut()?;
        if !(COMPRESS_MIN..=EXPANDED_MAX).contains(&body.len()) {
            return None;
        }
        Some(encoder.encode(body)).filter(|block| block.len() < body.len())
    }
}

/// Expands an S2 block at the end of a buffer.
pub fn expand(block: &[u8], into: &mut Vec<u8>) -> Option<()> {
    let (length, _) = minlz::decode_len(block)
        .ok()
        .filter(|(n, _)| *n <= EXPANDED_MAX)?;
    let start = into.len();
    into.resize(start + length, 0);
    minlz::decode_into(&mut into[start..], block).ok().map(drop)
}

/// Where a message is unpacked.
#[derive(Debug, Default)]
pub struct Scratch {
    /// A body out of its seal, between nonce and tag.
    pub opened: Vec<u8>,
    /// Subject, headers and payload.
    pub plain: Vec<u8>,
}

/// Replaces what is in a buffer, and gives back memory that only a long message needed.
pub fn refill(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.clear();
    buffer.shrink_to(KEPT_MAX);
    buffer.extend_from_slice(bytes);
}
