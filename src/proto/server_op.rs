//! What a server says, read in place: the counterpart of [`super::parser`] for who listens.
//!
//! [`parse`] keeps no state and copies nothing: subject, headers and payload of a message are slices of the caller's
//! buffer, and a payload is never scanned. Source: `parser.go` of nats-server and of the Go client.

use super::connect::parse_size;
use super::parser::split;

/// The longest line, in bytes: an INFO names every server of a cluster.
const LINE_MAX: usize = 64 * 1024;
/// The longest message, headers and payload together, in bytes; nats-server can be set to no more.
pub const MESSAGE_MAX: usize = 64 * 1024 * 1024;

/// A message that came on a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// Where it was published.
    pub subject: &'a [u8],
    /// The listener's number for the subscription.
    pub sid: u64,
    /// Where the answer shall go, or empty.
    pub reply: &'a [u8],
    /// The header block, or empty.
    pub headers: &'a [u8],
    /// The body without its line end.
    pub payload: &'a [u8],
}

/// One operation of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerOp<'a> {
    /// MSG and HMSG.
    Deliver(Delivery<'a>),
    /// INFO with its JSON.
    Info(&'a [u8]),
    /// PING.
    Ping,
    /// PONG.
    Pong,
    /// `+OK`.
    Ok,
    /// `-ERR` with its text, without the quotes.
    Err(&'a [u8]),
}

/// What [`parse`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// An operation, and how many bytes it took.
    Whole(ServerOp<'a>, usize),
    /// Not whole yet. Asking again makes sense when this many bytes are there; for a message that is its whole length.
    Need(usize),
}

/// Bytes that no NATS server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the NATS protocol")]
pub struct Garbled;

/// Reads the first operation in `buf`.
///
/// # Errors
/// An unknown verb, arguments that do not fit, or a line or a message that is too long.
#[inline]
pub fn parse(buf: &[u8]) -> Result<Parsed<'_>, Garbled> {
    match buf {
        [b'M', b'S', b'G', b' ', ..] => deliver(buf, 4, false),
        [b'H', b'M', b'S', b'G', b' ', ..] => deliver(buf, 5, true),
        _ => other(buf),
    }
}

/// Where the line ends, if its end is there.
fn line_end(buf: &[u8], from: usize) -> Result<Option<usize>, Garbled> {
    match memchr::memchr(b'\n', &buf[from..]) {
        Some(at) => Ok(Some(from + at)),
        None if buf.len() > LINE_MAX => Err(Garbled),
        None => Ok(None),
    }
}

fn deliver(buf: &[u8], verb: usize, with_headers: bool) -> Result<Parsed<'_>, Garbled> {
    let Some(end) = line_end(buf, verb)? else {
        return Ok(Parsed::Need(buf.len() + 1));
    };
    let (words, count) = split::<5>(&buf[verb..end]).ok_or(Garbled)?;
    let (reply, sizes) = match (with_headers, count) {
        (false, 3) => (&[][..], [None, Some(words[2])]),
        (false, 4) => (words[2], [None, Some(words[3])]),
        (true, 4) => (&[][..], [Some(words[2]), Some(words[3])]),
        (true, 5) => (words[2], [Some(words[3]), Some(words[4])]),
        _ => return Err(Garbled),
    };
    let number = |text: Option<&[u8]>| text.map_or(Some(0), parse_size).ok_or(Garbled);
    let [head, size] = [number(sizes[0])?, number(sizes[1])?];
    let sid = parse_size(words[1]).ok_or(Garbled)?;
    if size > MESSAGE_MAX || head > size {
        return Err(Garbled);
    }
    let body = end + 1;
    let whole = body + size + 2;
    if buf.len() < whole {
        return Ok(Parsed::Need(whole));
    }
    if &buf[whole - 2..whole] != b"\r\n" {
        return Err(Garbled);
    }
    let delivery = Delivery {
        subject: words[0],
        sid: sid as u64,
        reply,
        headers: &buf[body..body + head],
        payload: &buf[body + head..body + size],
    };
    Ok(Parsed::Whole(ServerOp::Deliver(delivery), whole))
}

#[cold]
fn other(buf: &[u8]) -> Result<Parsed<'_>, Garbled> {
    const VERBS: [&[u8]; 7] = [b"MSG ", b"HMSG ", b"INFO ", b"PING", b"PONG", b"+OK", b"-ERR"];
    let begins = |verb: &&[u8]| {
        let len = buf.len().min(verb.len());
        buf[..len] == verb[..len]
    };
    let Some(verb) = VERBS.iter().find(|verb| begins(verb)) else {
        return Err(Garbled);
    };
    let Some(end) = line_end(buf, 0)? else {
        return Ok(Parsed::Need(buf.len() + 1));
    };
    let Some(args) = buf[..end].strip_prefix(*verb).map(<[u8]>::trim_ascii) else {
        return Err(Garbled);
    };
    let op = match *verb {
        b"INFO " => ServerOp::Info(args),
        b"PING" => ServerOp::Ping,
        b"PONG" => ServerOp::Pong,
        b"+OK" => ServerOp::Ok,
        b"-ERR" => {
            let text = args.strip_prefix(b"'").unwrap_or(args);
            ServerOp::Err(text.strip_suffix(b"'").unwrap_or(text))
        }
        // Only the beginning of a message's verb is there, and yet the line has ended.
        _ => return Err(Garbled),
    };
    Ok(Parsed::Whole(op, end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proto::writer::Message;

    #[test]
    fn every_operation_is_read() {
        let whole = |text: &'static str| match parse(text.as_bytes()) {
            Ok(Parsed::Whole(op, taken)) => {
                assert_eq!(taken, text.len(), "{text:?}");
                op
            }
            other => panic!("{text:?}: {other:?}"),
        };
        let delivery = Delivery {
            subject: b"a.b",
            sid: 7,
            reply: b"",
            headers: b"",
            payload: b"hi",
        };
        assert_eq!(whole("MSG a.b 7 2\r\nhi\r\n"), ServerOp::Deliver(delivery));
        let answered = Delivery {
            reply: b"_INBOX.1",
            headers: b"NATS/1.0\r\n\r\n",
            ..delivery
        };
        assert_eq!(
            whole("HMSG a.b 7 _INBOX.1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"),
            ServerOp::Deliver(answered)
        );
        assert_eq!(whole("INFO {\"a\":1} \r\n"), ServerOp::Info(b"{\"a\":1}"));
        assert_eq!(whole("PING\r\n"), ServerOp::Ping);
        assert_eq!(whole("PONG\r\n"), ServerOp::Pong);
        assert_eq!(whole("+OK\r\n"), ServerOp::Ok);
        assert_eq!(
            whole("-ERR 'Authorization Violation'\r\n"),
            ServerOp::Err(b"Authorization Violation")
        );
    }

    #[test]
    fn what_no_server_says_is_refused() {
        let long = format!("INFO {}", "x".repeat(LINE_MAX));
        for text in [
            "HTTP/1.1 400\r\n",
            "MSG a\r\n",
            "MSG a x 2\r\nhi\r\n",
            "MSG a 1 2\r\nhi!\r\n",
            "MSG a 1 99999999999\r\n",
            "MSG a 1 99999999\r\n",
            "HMSG a 1 9 2\r\nhi\r\n",
            "HM\r\n",
            long.as_str(),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(Garbled), "{text:.40}");
        }
        assert_eq!(parse(b"MSG a 1 5\r\nhi"), Ok(Parsed::Need(18)));
        assert_eq!(parse(b""), Ok(Parsed::Need(1)));
        assert_eq!(parse(b"HM"), Ok(Parsed::Need(3)));
    }

    proptest! {
        /// What our own server writes is read as it was meant, and never before all of it is there.
        #[test]
        fn what_the_server_writes_is_read(
            subject in "[a-z]{1,9}(\\.[a-z]{1,9}){0,3}",
            reply in "(_INBOX\\.[a-z]{1,9})?",
            payload in proptest::collection::vec(any::<u8>(), 0..40),
            has_headers in any::<bool>(),
        ) {
            let headers: &[u8] = if has_headers { b"NATS/1.0\r\nA: b\r\n\r\n" } else { b"" };
            let message = Message {
                subject: subject.as_bytes(),
                sid: b"12",
                reply: reply.as_bytes(),
                headers,
                payload: &payload,
            };
            let mut line = Vec::new();
            message.write(&mut line, true);
            for cut in 0..line.len() {
                prop_assert!(matches!(parse(&line[..cut]), Ok(Parsed::Need(n)) if n > cut));
            }
            let delivery = Delivery {
                subject: subject.as_bytes(),
                sid: 12,
                reply: reply.as_bytes(),
                headers,
                payload: &payload,
            };
            prop_assert_eq!(parse(&line), Ok(Parsed::Whole(ServerOp::Deliver(delivery), line.len())));
        }
    }
}
