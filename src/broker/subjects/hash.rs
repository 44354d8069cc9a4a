//! Hashing for keys that a client may choose: quick for short texts, and seeded anew in every process,
//! so that nobody can prepare subjects that collide.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0u64) | 1);

/// Makes hashers with this process's seed.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubjectHash;

impl SubjectHash {
    /// The hash of a text.
    pub fn of(text: &[u8]) -> u64 {
        let mut hasher = SubjectHash.build_hasher();
        hasher.write(text);
        hasher.finish()
    }
}

impl BuildHasher for SubjectHash {
    type Hasher = FoldHasher;
    #[inline]
    fn build_hasher(&self) -> FoldHasher {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let seed = *SEED;
        FoldHasher {
            state: seed,
            factor: ODD ^ seed,
        }
    }
}

/// Multiplies and folds, eight bytes at a time.
#[derive(Debug)]
pub struct FoldHasher {
    state: u64,
    factor: u64,
}

impl FoldHasher {
    #[inline]
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.factor);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }
}

/// Up to eight bytes as a number, without a loop: shorter texts read some of their bytes twice. Together with the length
/// no two texts are the same.
#[inline]
fn word(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
    } else if let [first, .., last] = bytes {
        u64::from(*first) << 16 | u64::from(bytes[bytes.len() / 2]) << 8 | u64::from(*last)
    } else {
        bytes.first().copied().map_or(0, u64::from)
    }
}

impl Hasher for FoldHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        self.mix(word(rest));
        self.mix(bytes.len() as u64);
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.mix(u64::from(number));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_usize(&mut self, _length: usize) {
        // Only ever the length of a slice, which `write` mixes in itself.
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_that_differ_in_a_byte_or_in_length_have_hashes_of_their_own() {
        let mut seen = HashSet::new();
        for length in 0..20 {
            let text = vec![0; length];
            assert!(seen.insert(SubjectHash::of(&text)), "{length} zeros");
            for place in 0..length {
                for byte in 1..=255 {
                    let mut text = text.clone();
                    text[place] = byte;
                    assert!(seen.insert(SubjectHash::of(&text)), "{text:?}");
                }
            }
        }
    }
}
