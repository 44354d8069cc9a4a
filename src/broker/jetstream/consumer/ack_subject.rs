//! `$JS.ACK.…`: the reply subject that tells everything about a delivery.
//!
//! Version 1 is `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`.
//! Version 2 (ADR-15) has the domain and a hash of the account before the stream, and may have more
//! tokens behind. The server sends the first, unless it is told otherwise, and takes both.

use crate::broker::jetstream::Home;
use crate::proto::subject;

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

/// Writes reply subjects into one buffer, since every delivered message needs one.
#[derive(Debug)]
pub(super) struct AckSubject {
    buffer: Vec<u8>,
    prefix_len: usize,
}

impl AckSubject {
    pub(super) fn new(home: &Home, stream: &str, consumer: &str) -> AckSubject {
        let buffer = format!("$JS.ACK.{}{stream}.{consumer}", home.reply_prefix()).into_bytes();
        AckSubject {
            prefix_len: buffer.len(),
            buffer,
        }
    }

    /// The reply subject of one delivery; `time` is the stored message's, in nanoseconds.
    pub(super) fn write(&mut self, token: AckToken, time: i64, pending: u64) -> &[u8] {
        self.buffer.truncate(self.prefix_len);
        self.append(token.delivered);
        self.append(token.stream_seq);
        self.append(token.consumer_seq);
        self.append(time.unsigned_abs());
        self.append(pending);
        &self.buffer
    }

    fn append(&mut self, mut n: u64) {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (n % 10) as u8;
            n /= 10;
            if n == 0 {
                break;
            }
        }
        self.buffer.push(b'.');
        self.buffer.extend_from_slice(&digits[at..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_back() {
        let mut subject = AckSubject::new(&Home::default(), "S", "c%d");
        let token = AckToken {
            delivered: 2,
            stream_seq: 19,
            consumer_seq: 7,
        };
        let text = subject.write(token, 1_700_000_000_000_000_000, 0).to_vec();
        assert_eq!(text, b"$JS.ACK.S.c%d.2.19.7.1700000000000000000.0");
        assert_eq!(AckToken::parse(&text), Some(token));
        let again = AckToken {
            delivered: 1,
            stream_seq: u64::MAX,
            consumer_seq: 1,
        };
        assert_eq!(AckToken::parse(subject.write(again, 1, 5)), Some(again));
    }

    #[test]
    fn both_versions_and_nothing_else() {
        let token = Some(AckToken {
            delivered: 1,
            stream_seq: 2,
            consumer_seq: 3,
        });
        for (subject, expected) in [
            ("$JS.ACK._.hash.S.C.1.2.3.4.5", token),
            ("$JS.ACK.dom.hash.S.C.1.2.3.4.5.more.tokens", token),
            ("$JS.ACK.S.C.1.2.3.4", None),
            ("$JS.ACK.S.C.1.2.3.4.5.6", None),
            ("$JS.ACK.S.C.1.x.3.4.5", None),
            ("$JS.ACK.S.C.1..3.4.5", None),
            ("$JS.ACK.S.C.1.99999999999999999999.3.4.5", None),
            ("$JS.FC.S.C.1.2.3.4.5", None),
        ] {
            assert_eq!(AckToken::parse(subject.as_bytes()), expected, "{subject}");
        }
    }
}
