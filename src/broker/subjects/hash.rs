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
    fn build_hasher(&self) -> FoldHasher {
        FoldHasher(*SEED)
    }
}

/// Multiplies and folds, eight bytes at a time.
#[derive(Debug)]
pub struct FoldHasher(u64);

impl FoldHasher {
    fn mix(&mut self, word: u64) {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(self.0 ^ word) * u128::from(ODD ^ *SEED);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for FoldHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last));
        self.mix(bytes.len() as u64);
    }

    fn write_usize(&mut self, _length: usize) {
        // Only ever the length of a slice, which `write` mixes in itself.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
