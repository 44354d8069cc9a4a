//! What a delivery's reply subject says: `$JS.ACK.…`.
//!
//! Version 1 is `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`.
//! Version 2 (ADR-15) has the domain and a hash of the account before the stream, and may have more tokens behind.

use super::subject;

const V1_TOKENS: usize = 9;
const V2_TOKENS_MIN: usize = 11;

/// What an acknowledgement says about the delivery it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AckToken {
    /// How often the message had been delivered, this time included.
    pub delivered: u64,
    /// The message's sequence in the stream.
    pub stream_seq: u64,
    /// The delivery's number at the consumer.
    pub consumer_seq: u64,
}

impl AckToken {
    /// Reads an acknowledgement's subject; `None` when it is of neither version.
    pub fn parse(subject: &[u8]) -> Option<AckToken> {
        let count = subject::tokens(subject).count();
        let skip = match count {
            V1_TOKENS => 4,
            V2_TOKENS_MIN.. => 6,
            _ => return None,
        };
        let mut tokens = subject::tokens(subject);
        if tokens.next() != Some(b"$JS") || tokens.next() != Some(b"ACK") {
            return None;
        }
        let mut numbers = tokens.skip(skip - 2).map(number);
        Some(AckToken {
            delivered: numbers.next()??,
            stream_seq: numbers.next()??,
            consumer_seq: numbers.next()??,
        })
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |n, b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    })
}
