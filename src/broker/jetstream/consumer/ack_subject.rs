//! `$JS.ACK.…`: the reply subject that tells everything about a delivery.
//!
//! [`AckToken`] has its two versions. The server sends the first, unless it is told otherwise, and takes both.

use crate::broker::jetstream::Home;
pub use crate::proto::ack_token::AckToken;
use crate::proto::writer::write_number;

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

    fn append(&mut self, number: u64) {
        self.buffer.push(b'.');
        write_number(&mut self.buffer, number);
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
