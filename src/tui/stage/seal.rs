//! What stage and second screen say to each other is sealed with a code that only they know, since anybody on
//! the broker can listen, and anybody in the room can read the wire.

use std::num::NonZeroU32;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::pbkdf2;
use ring::rand::{SecureRandom, SystemRandom};

/// What codes are made of: no letter that could be taken for another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of a code that we make: 80 bits.
const CODE_LETTERS: usize = 16;
/// The shortest code that somebody may choose.
pub const CODE_LETTERS_MIN: usize = 8;
/// Rounds from a code to a key: a guess at a code that somebody chose costs as much.
const ROUNDS: NonZeroU32 = NonZeroU32::new(200_000).unwrap();
/// Sets these keys apart from others made of the same words.
const SALT: &[u8] = b"goingnats stage 1";

/// The secret of a talk.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// It could be guessed.
    #[error("a code has at least {CODE_LETTERS_MIN} letters")]
    TooShort,
    /// It cannot be typed in one word.
    #[error("a code for a remote control is one word of at least 6 letters")]
    NotTypable,
    /// The system has no randomness.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl std::fmt::Debug for Code {
    /// Names the kind only, so that no secret ends in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code")
    }
}

impl Code {
    /// A new one.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn random() -> Result<Code, CodeError> {
        let mut bytes = [0; CODE_LETTERS];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| CodeError::NoRandomness)?;
        let letters = bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        Ok(Code(letters.collect()))
    }

    /// The one that somebody chose.
    ///
    /// # Errors
    /// It is too short.
    pub fn chosen(text: &str) -> Result<Code, CodeError> {
        let text = text.trim();
        match text.chars().count() >= CODE_LETTERS_MIN {
            true => Ok(Code(text.to_owned())),
            false => Err(CodeError::TooShort),
        }
    }

    /// To be written down.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The key of this code. Takes a tenth of a second or more, on purpose.
    pub fn key(&self) -> Key {
        let mut bytes = [0; 32];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ROUNDS,
            SALT,
            self.0.as_bytes(),
            &mut bytes,
        );
        // A key of 32 bytes is always taken.
        let unbound = UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok();
        Key(unbound.map(LessSafeKey::new))
    }
}

/// Seals and opens.
pub struct Key(Option<LessSafeKey>);

impl Key {
    /// Seals `text` for this one place; none when the system has no randomness.
    pub fn seal(&self, place: &str, text: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut sealed = text.to_vec();
        let aad = Aad::from(place.as_bytes());
        self.0
            .as_ref()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// What was sealed for this place with the same code; none for anything else.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = sealed.to_vec();
        let opened = self
            .0
            .as_ref()?
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut text)
            .ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_code_at_the_same_place_opens() {
        let code = Code::random().unwrap();
        assert_ne!(code, Code::random().unwrap());
        let key = code.key();
        let sealed = key.seal("a", b"hei").unwrap();
        assert_eq!(key.open("a", &sealed).as_deref(), Some(&b"hei"[..]));
        assert_eq!(key.open("b", &sealed), None);
        let same = Code::chosen(&format!(" {} ", code.text())).unwrap().key();
        assert!(same.open("a", &sealed).is_some());
        assert_eq!(
            Code::chosen("en annen kode").unwrap().key().open("a", &sealed),
            None
        );
        for broken in [&sealed[..5], &sealed[..20], b""] {
            assert_eq!(key.open("a", broken), None);
        }
        let mut changed = sealed.clone();
        changed[15] ^= 1;
        assert_eq!(key.open("a", &changed), None);
        assert!(Code::chosen("kort").is_err());
        assert_eq!(format!("{code:?}"), "Code");
    }
}
