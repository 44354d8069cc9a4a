//! Randomness that a test can repeat: it depends on nothing but where it began.

/// SplitMix64 (Steele, Lea, Flood 2014). For jitter and sampling, never for secrets.
#[derive(Debug, Clone)]
pub(in crate::broker::jetstream) struct Random(u64);

impl Random {
    /// A sequence that is different for every name and moment.
    pub(in crate::broker::jetstream) fn seeded(name: &str, nanos: i64) -> Random {
        let mut seed = nanos.cast_unsigned();
        for byte in name.bytes() {
            seed = Random(seed ^ u64::from(byte)).next();
        }
        Random(seed)
    }

    /// Any number.
    pub(in crate::broker::jetstream) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(in crate::broker::jetstream) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
