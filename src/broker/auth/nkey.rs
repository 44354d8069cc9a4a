//! Keys as NATS writes them, and the challenge: a client signs our nonce with its user key.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::credentials::Refusal;

/// Has the owner of this public key signed the nonce? Clients write the signature in base64 for URLs
/// without padding; older ones in the standard way.
pub(super) fn verify(public_key: &str, nonce: &[u8], signature: &str) -> Result<(), Refusal> {
    if signature.is_empty() {
        return Err(Refusal::NoSignature);
    }
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .or_else(|_| STANDARD.decode(signature))
        .map_err(|_| Refusal::MalformedSignature)?;
    let key = nkeys::KeyPair::from_public_key(public_key).map_err(|_| Refusal::UnknownUser)?;
    key.verify(nonce, &signature).map_err(|_| Refusal::WrongSignature)
}

/// A public x25519 key as NATS writes it: the sign of such keys, the key and a checksum, in base32 (package `nkeys`).
pub fn curve_key_text(key: &[u8]) -> String {
    /// With it the text begins with `X`.
    const CURVE: u8 = 23 << 3;
    let mut bytes = vec![CURVE];
    bytes.extend_from_slice(key);
    let sum = crc16(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    base32(&bytes)
}

/// CRC-16 with the polynomial of XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u16::from(*byte) << 8), |sum, _| match sum & 0x8000 {
            0 => sum << 1,
            _ => (sum << 1) ^ 0x1021,
        })
    })
}

/// Base32 (RFC 4648) without padding.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digits = bytes.chunks(5).flat_map(|chunk| {
        let mut group = [0; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let group = u64::from_be_bytes(group);
        let count = (chunk.len() * 8).div_ceil(5);
        (0..count).map(move |n| char::from(DIGITS[(group >> (35 - 5 * n)) as usize & 31]))
    });
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curve_keys_are_written_as_nkeys_reads_them() {
        for seed in 0..5_u8 {
            let key = std::array::from_fn(|n| seed.wrapping_mul(77) ^ (n as u8).wrapping_mul(9));
            let text = curve_key_text(&key);
            assert!(text.starts_with('X') && text.len() == 56, "{text}");
            assert_eq!(nkeys::from_public_key(&text).unwrap(), (23 << 3, key));
        }
    }

    #[test]
    fn signatures() {
        let (key, other) = (nkeys::KeyPair::new_user(), nkeys::KeyPair::new_user());
        let nonce = b"abcdefghijk";
        let signed = key.sign(nonce).unwrap();
        let (url, standard) = (URL_SAFE_NO_PAD.encode(&signed), STANDARD.encode(&signed));
        let public = key.public_key();
        assert_eq!(verify(&public, nonce, &url), Ok(()));
        assert_eq!(verify(&public, nonce, &standard), Ok(()));
        assert_eq!(
            verify(&public, b"another one", &url),
            Err(Refusal::WrongSignature)
        );
        assert_eq!(
            verify(&other.public_key(), nonce, &url),
            Err(Refusal::WrongSignature)
        );
        assert_eq!(verify(&public, nonce, ""), Err(Refusal::NoSignature));
        assert_eq!(verify(&public, nonce, "?"), Err(Refusal::MalformedSignature));
        assert_eq!(verify(&public, nonce, "YWJj"), Err(Refusal::WrongSignature));
        assert_eq!(verify("UABC", nonce, &url), Err(Refusal::UnknownUser));
    }
}
