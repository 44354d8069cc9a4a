//! Randomness that can be repeated: good enough for test data and ids, never for secrets.

use std::hash::{BuildHasher, Hasher};

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Length of a NATS unique id.
const ID_CHARS: usize = 22;

/// A stream of random numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts anywhere: from the randomness that the standard library gives its hash maps.
    pub fn from_system() -> Random {
        Random(std::hash::RandomState::new().build_hasher().finish())
    }

    /// Starts at `seed`, and so gives the same numbers each time.
    pub fn seeded(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, without `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The high half of the product spreads evenly without a division.
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// Letters and digits, at least `shortest` and at most `longest` of them.
    pub fn text(&mut self, shortest: usize, longest: usize) -> String {
        let spread = longest.saturating_sub(shortest) as u64 + 1;
        let length = shortest + self.below(spread) as usize;
        (0..length).map(|_| self.letter()).collect()
    }

    /// An id in the shape of a NUID: 22 letters and digits.
    pub fn id(&mut self) -> String {
        self.text(ID_CHARS, ID_CHARS)
    }

    fn letter(&mut self) -> char {
        char::from(LETTERS[self.below(LETTERS.len() as u64) as usize])
    }
}
