//! The code of the remote control, and how often it may be guessed at.
//!
//! It travels as it is written, since any client must be able to send it: whoever may listen to everything on the
//! server can read it. So it is off unless the speaker asks for it, it moves the talk and does no more, and a new
//! one is a key press away.

use std::time::{Duration, Instant};

use ring::rand::{SecureRandom, SystemRandom};

use super::CodeError;

/// Digits of a code that we make.
const DIGITS: usize = 6;
/// The shortest code that somebody may choose.
pub const CODE_LETTERS_MIN: usize = 6;
/// The longest.
const CODE_LETTERS_MAX: usize = 64;
/// Wrong codes in a row, after which nobody gets in for a while.
const MISSES_MAX: u32 = 5;
/// That while. It is for everybody, since a message does not tell from whom it is.
const LOCKED_TIME: Duration = Duration::from_secs(30);
/// Wrong codes after which the code is worth nothing any more: one in twenty thousand guesses would have been right.
const MISSES_EVER_MAX: u32 = 50;

/// A code that is short enough to be typed on a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteCode(String);

impl std::fmt::Debug for RemoteCode {
    /// Names the kind only, so that no secret ends in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RemoteCode")
    }
}

impl RemoteCode {
    /// A new one.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn random() -> Result<RemoteCode, CodeError> {
        let mut bytes = [0; 8];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| CodeError::NoRandomness)?;
        let number = u64::from_le_bytes(bytes) % 10_u64.pow(DIGITS as u32);
        Ok(RemoteCode(format!("{number:0DIGITS$}")))
    }

    /// The one that somebody chose.
    ///
    /// # Errors
    /// It is too short or too long, or of more than one word.
    pub fn chosen(text: &str) -> Result<RemoteCode, CodeError> {
        let text = text.trim();
        let letters = text.chars().count();
        if !(CODE_LETTERS_MIN..=CODE_LETTERS_MAX).contains(&letters) || text.contains(char::is_whitespace) {
            return Err(CodeError::NotTypable);
        }
        Ok(RemoteCode(text.to_owned()))
    }

    /// To be told.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Why a code does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// There is no remote control.
    Off,
    /// No code was given.
    NoCode,
    /// It is another one.
    Wrong,
    /// There were too many wrong ones; seconds until it is worth trying again.
    Locked(u64),
    /// There were so many that the code holds no longer.
    Spent,
}

/// The gate.
#[derive(Debug, Default)]
pub struct Gate {
    code: Option<RemoteCode>,
    misses: u32,
    misses_ever: u32,
    locked_until: Option<Instant>,
}

impl Gate {
    /// Opens for this code from now on, or for none.
    pub fn set(&mut self, code: Option<RemoteCode>) {
        *self = Gate {
            code,
            ..Gate::default()
        };
    }

    /// The code that opens, while there is one.
    pub fn code(&self) -> Option<&RemoteCode> {
        self.code.as_ref().filter(|_| !self.is_spent())
    }

    /// Whether too many wrong codes have come.
    pub fn is_spent(&self) -> bool {
        self.misses_ever >= MISSES_EVER_MAX
    }

    /// Whether this is the code. A wrong one counts.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn open(&mut self, code: &str, now: Instant) -> Result<(), Shut> {
        let Some(right) = &self.code else {
            return Err(Shut::Off);
        };
        if self.is_spent() {
            return Err(Shut::Spent);
        }
        if let Some(left) = self
            .locked_until
            .map(|until| until.saturating_duration_since(now))
            .filter(|left| !left.is_zero())
        {
            return Err(Shut::Locked(left.as_secs() + 1));
        }
        if code.is_empty() {
            return Err(Shut::NoCode);
        }
        if code == right.0 {
            self.misses = 0;
            return Ok(());
        }
        self.misses += 1;
        self.misses_ever += 1;
        if self.misses >= MISSES_MAX {
            self.misses = 0;
            self.locked_until = Some(now + LOCKED_TIME);
        }
        Err(Shut::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_can_be_typed() {
        let made = RemoteCode::random().unwrap();
        assert!(made.text().len() == DIGITS && made.text().bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(format!("{made:?}"), "RemoteCode");
        assert!(RemoteCode::chosen(" pizzanini ").is_ok());
        for bad in ["12345", "to ord her", &"a".repeat(65), ""] {
            assert!(RemoteCode::chosen(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_gate_cannot_be_guessed_open() {
        let start = Instant::now();
        let mut gate = Gate::default();
        assert_eq!(gate.open("123456", start), Err(Shut::Off));
        gate.set(Some(RemoteCode::chosen("123456").unwrap()));
        assert_eq!(gate.open("", start), Err(Shut::NoCode));
        assert_eq!(gate.open("123456", start), Ok(()));
        for _ in 0..MISSES_MAX {
            assert_eq!(gate.open("654321", start), Err(Shut::Wrong));
        }
        assert_eq!(
            gate.open("123456", start),
            Err(Shut::Locked(31)),
            "not even the right one"
        );
        let later = start + LOCKED_TIME;
        assert_eq!(gate.open("123456", later), Ok(()));

        let mut now = later;
        while !gate.is_spent() {
            now += LOCKED_TIME;
            let _ = gate.open("654321", now);
        }
        assert_eq!(gate.open("123456", now + LOCKED_TIME), Err(Shut::Spent));
        assert_eq!(gate.code(), None);
        gate.set(Some(RemoteCode::chosen("abcdef").unwrap()));
        assert_eq!(gate.open("abcdef", now), Ok(()), "a new code begins anew");
    }
}
