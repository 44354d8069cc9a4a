//! What the server says: MSG and HMSG lines.

use bytes::BufMut;

/// What stands on the wire for one message to one subscriber.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The subject that is shown.
    pub subject: &'a [u8],
    /// The subscriber's name for its subscription.
    pub sid: &'a [u8],
    /// Where answers go, or empty.
    pub reply: &'a [u8],
    /// The header block, or empty.
    pub headers: &'a [u8],
    /// The body.
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// Appends the message as a client with (`true`) or without header support gets it; the latter gets
    /// the body alone.
    pub fn write(&self, out: &mut impl BufMut, headers_supported: bool) {
        let with_headers = headers_supported && !self.headers.is_empty();
        write_prefix(out, with_headers, self.subject, self.sid);
        self.write_behind_prefix(out, headers_supported);
    }

    /// Appends what stands behind what [`write_prefix`] has written.
    pub fn write_behind_prefix(&self, out: &mut impl BufMut, headers_supported: bool) {
        let headers: &[u8] = if headers_supported { self.headers } else { &[] };
        if !self.reply.is_empty() {
            out.put_slice(self.reply);
            out.put_u8(b' ');
        }
        if !headers.is_empty() {
            write_number(out, headers.len() as u64);
            out.put_u8(b' ');
        }
        write_number(out, (headers.len() + self.payload.len()) as u64);
        out.put_slice(b"\r\n");
        out.put_slice(headers);
        out.put_slice(self.payload);
        out.put_slice(b"\r\n");
    }

    /// At least how many bytes [`Message::write`] appends, for reserving room.
    pub fn size_hint(&self) -> usize {
        const VERB_SIZES_AND_BLANKS: usize = 64;
        let line = self.subject.len() + self.sid.len() + self.reply.len() + VERB_SIZES_AND_BLANKS;
        line + self.headers.len() + self.payload.len()
    }
}

/// Appends `MSG subject sid ` or `HMSG subject sid `, behind which a
/// [`Publish::tail`](super::parser::Publish::tail) fits.
pub fn write_prefix(out: &mut impl BufMut, with_headers: bool, subject: &[u8], sid: &[u8]) {
    out.put_slice(if with_headers { b"HMSG " } else { b"MSG " });
    out.put_slice(subject);
    out.put_u8(b' ');
    out.put_slice(sid);
    out.put_u8(b' ');
}

/// Appends a number in decimal.
#[inline]
pub fn write_number(out: &mut impl BufMut, mut n: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.put_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_on_the_wire() {
        let message = Message {
            subject: b"a.b",
            sid: b"7",
            reply: b"",
            headers: b"",
            payload: b"hi",
        };
        let block = b"NATS/1.0\r\n\r\n";
        for (message, headers_supported, expected) in [
            (message, true, "MSG a.b 7 2\r\nhi\r\n"),
            (
                Message {
                    reply: b"r",
                    ..message
                },
                false,
                "MSG a.b 7 r 2\r\nhi\r\n",
            ),
            (
                Message {
                    headers: block,
                    ..message
                },
                true,
                "HMSG a.b 7 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
            ),
            (
                Message {
                    headers: block,
                    ..message
                },
                false,
                "MSG a.b 7 2\r\nhi\r\n",
            ),
            (
                Message {
                    payload: b"",
                    ..message
                },
                false,
                "MSG a.b 7 0\r\n\r\n",
            ),
        ] {
            let mut out = Vec::new();
            message.write(&mut out, headers_supported);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
