//! The short hash that nats-server puts in names.

use sha2::{Digest, Sha256};

/// Eight letters and digits that stand for a name (`getHash` of nats-server).
pub fn short_hash(name: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let hash = Sha256::digest(name);
    hash[..8]
        .iter()
        .map(|byte| char::from(DIGITS[usize::from(*byte) % DIGITS.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_nats_servers() {
        let name = "NCPTDNEFHY5VPKTQRETZTH6PD562NE7O2PYOZFAFFL5BTHTKVRLDF6WU";
        assert_eq!(short_hash(name), "gm9L2eJt");
    }
}
