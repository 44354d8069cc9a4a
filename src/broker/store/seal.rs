//! Encryption at rest: what a stream writes can only be read with the server's key.
//!
//! Every stream has a random key of its own, which its `meta` file holds sealed under a key that is derived
//! (HKDF-SHA256) from the server's `jetstream { key }` and the stream's account and name. So a new server key
//! costs one small file a stream, no message is written again, and no two streams share a key.
//!
//! A nonce is never used twice under one key: each [`Seal`] begins at a random one of 96 bits and counts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::aead::{AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::broker::conf::{Secret, StoreCipher};

/// Bytes before what is sealed.
pub const NONCE: usize = 12;
/// Bytes behind it.
pub const TAG: usize = 16;
/// Bytes that sealing adds.
pub const SEALING: usize = NONCE + TAG;
/// Bytes of a key, with either cipher.
const KEY: usize = 32;
/// What the server's key is stretched for.
const PURPOSE: &[u8] = b"goingnats stream key";

/// Why a stream stays locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Locked {
    /// The text is nats-server's.
    #[error("encrypted store encountered with no main key")]
    NoKey,
    /// Neither the key nor the one before it is right. The text is nats-server's.
    #[error("unable to recover keys")]
    WrongKey,
    /// The system has none.
    #[error("no random numbers to be had")]
    NoRandom,
}

/// The server's keys.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The one in force.
    pub current: Secret,
    /// The one before, for what was written under it.
    pub previous: Option<Secret>,
    /// What new streams are sealed with.
    pub cipher: StoreCipher,
}

/// A stream's key as its `meta` file holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SealedKey {
    cipher: StoreCipher,
    /// Base64.
    key: String,
}

/// Seals and opens what one stream writes.
pub struct Seal {
    key: LessSafeKey,
    begin: [u8; 4],
    next: AtomicU64,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

fn random<const N: usize>() -> Result<[u8; N], Locked> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map(|()| bytes).map_err(|_| Locked::NoRandom)
}

impl Seal {
    fn new(cipher: StoreCipher, key: &[u8; KEY]) -> Result<Seal, Locked> {
        let algorithm = match cipher {
            StoreCipher::ChaChaPoly => &CHACHA20_POLY1305,
            StoreCipher::Aes => &AES_256_GCM,
        };
        let key = UnboundKey::new(algorithm, key).expect("keys of both ciphers have 32 bytes");
        Ok(Seal {
            key: LessSafeKey::new(key),
            begin: random()?,
            next: AtomicU64::new(u64::from_le_bytes(random()?)),
        })
    }

    /// Under the key that a server's key is stretched to for one stream.
    fn of_server(key: &Secret, cipher: StoreCipher, stream: &[u8]) -> Result<Seal, Locked> {
        let mut stretched = [0; KEY];
        Salt::new(HKDF_SHA256, stream)
            .extract(key.expose().as_bytes())
            .expand(&[PURPOSE], HKDF_SHA256)
            .and_then(|output| output.fill(&mut stretched))
            .expect("the output is as long as the hash");
        Seal::new(cipher, &stretched)
    }

    /// Seals `out` from `start` on: [`NONCE`] bytes to be filled, and what is secret. `open` is not
    /// secret, but belongs to it.
    pub fn seal(&self, open: &[u8], out: &mut Vec<u8>, start: usize) {
        let mut nonce = [0; NONCE];
        nonce[..4].copy_from_slice(&self.begin);
        nonce[4..].copy_from_slice(&self.next.fetch_add(1, Relaxed).to_le_bytes());
        out[start..start + NONCE].copy_from_slice(&nonce);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let secret = &mut out[start + NONCE..];
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(open), secret);
        out.extend_from_slice(tag.expect("a message is shorter than 64 GiB").as_ref());
    }

    /// The secret of what [`Seal::seal`] made, in its place. None when anything about it is wrong.
    pub fn open<'a>(&self, open: &[u8], bytes: &'a mut [u8]) -> Option<&'a [u8]> {
        let (nonce, secret) = bytes.split_first_chunk_mut::<NONCE>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.key.open_in_place(nonce, Aad::from(open), secret);
        opened.ok().map(|secret| &*secret)
    }

    /// A small piece of its own.
    pub fn seal_bytes(&self, open: &[u8], secret: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; NONCE];
        bytes.extend_from_slice(secret);
        self.seal(open, &mut bytes, 0);
        bytes
    }
}

impl Keys {
    /// A new key for a stream, which `name` names across all accounts.
    ///
    /// # Errors
    /// [`Locked::NoRandom`]
    pub fn create(&self, name: &[u8]) -> Result<(SealedKey, Seal), Locked> {
        let key = random()?;
        Ok((self.wrap(self.cipher, name, &key)?, Seal::new(self.cipher, &key)?))
    }

    fn wrap(&self, cipher: StoreCipher, name: &[u8], key: &[u8; KEY]) -> Result<SealedKey, Locked> {
        let sealed = Seal::of_server(&self.current, cipher, name)?.seal_bytes(name, key);
        let key = BASE64_STANDARD.encode(sealed);
        Ok(SealedKey { cipher, key })
    }

    /// The seal of a stream, and its key under the current server key if it was under the one before.
    ///
    /// # Errors
    /// [`Locked::WrongKey`]
    pub fn unlock(&self, name: &[u8], sealed: &SealedKey) -> Result<(Seal, Option<SealedKey>), Locked> {
        let bytes = BASE64_STANDARD
            .decode(&sealed.key)
            .map_err(|_| Locked::WrongKey)?;
        for (i, server_key) in [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .enumerate()
        {
            let Some(server_key) = server_key else { continue };
            let seal = Seal::of_server(server_key, sealed.cipher, name)?;
            let mut bytes = bytes.clone();
            if let Some(key) = seal.open(name, &mut bytes)
                && let Ok(key) = <&[u8; KEY]>::try_from(key)
            {
                let is_old = i > 0;
                let again = is_old.then(|| self.wrap(sealed.cipher, name, key)).transpose()?;
                return Ok((Seal::new(sealed.cipher, key)?, again));
            }
        }
        Err(Locked::WrongKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(current: &str, previous: Option<&str>) -> Keys {
        Keys {
            current: current.into(),
            previous: previous.map(Secret::from),
            cipher: StoreCipher::Aes,
        }
    }

    #[test]
    fn a_stream_opens_with_its_servers_key_or_the_one_before() {
        let (sealed, seal) = keys("one", None).create(b"A/S").unwrap();
        let secret = seal.seal_bytes(b"x", b"secret");
        let opens = |keys: Keys, name: &[u8]| {
            let (seal, again) = keys.unlock(name, &sealed)?;
            assert_eq!(seal.open(b"x", &mut secret.clone()), Some(&b"secret"[..]));
            assert_eq!(seal.open(b"y", &mut secret.clone()), None);
            Ok::<_, Locked>(again)
        };
        assert!(opens(keys("one", None), b"A/S").unwrap().is_none());
        let again = opens(keys("two", Some("one")), b"A/S").unwrap().unwrap();
        assert!(keys("two", None).unlock(b"A/S", &again).is_ok());
        assert_eq!(opens(keys("two", None), b"A/S").unwrap_err(), Locked::WrongKey);
        assert_eq!(opens(keys("one", None), b"A/T").unwrap_err(), Locked::WrongKey);
    }

    #[test]
    fn the_same_never_looks_the_same() {
        let (_, seal) = keys("one", None).create(b"A/S").unwrap();
        assert_ne!(seal.seal_bytes(b"", b"secret"), seal.seal_bytes(b"", b"secret"));
    }
}
