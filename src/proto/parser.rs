//! What a client says, read in place.
//!
//! [`parse`] looks at the bytes that have come so far and answers with the first whole operation, with
//! how many bytes it wants to see before it is worth asking again, or with a violation. It keeps no
//! state and copies nothing: a message's subject, headers and payload are slices of the caller's
//! buffer. A payload is never scanned, and a wrong byte is found as soon as it is there, so garbage
//! without a line end gets its answer at once. Source: `parser.go` of nats-server.

use super::connect::parse_size;

/// What the connection allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest argument text of a line, in bytes.
    pub control_line_max: usize,
    /// Longest message, headers and payload together, in bytes.
    pub payload_max: usize,
    /// Whether the client may send HPUB.
    pub headers: bool,
}

/// A message being published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish<'a> {
    /// Where to.
    pub subject: &'a [u8],
    /// Where the answer shall go, or empty.
    pub reply: &'a [u8],
    /// The header block, or empty.
    pub headers: &'a [u8],
    /// The body without its line end.
    pub payload: &'a [u8],
    /// From behind the subject to the last line end, when that text can stand in MSG or HMSG as it
    /// is: everybody's tokens are the same, and one blank was between them.
    pub tail: Option<&'a [u8]>,
}

impl Publish<'_> {
    /// Headers and payload in bytes, as statistics and limits count.
    pub fn size(&self) -> usize {
        self.headers.len() + self.payload.len()
    }
}

/// One operation of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op<'a> {
    /// PUB and HPUB.
    Publish(Publish<'a>),
    /// SUB.
    Subscribe {
        /// Subject or pattern, not yet checked.
        subject: &'a [u8],
        /// The queue group, if any.
        queue: Option<&'a [u8]>,
        /// The client's name for the subscription.
        sid: &'a [u8],
    },
    /// UNSUB.
    Unsubscribe {
        /// Which subscription.
        sid: &'a [u8],
        /// After how many messages; at once when absent or not a number.
        max: Option<u64>,
    },
    /// CONNECT with its JSON.
    Connect(&'a [u8]),
    /// PING.
    Ping,
    /// PONG.
    Pong,
    /// INFO with its JSON; of no use to us, but it must be JSON.
    Info(&'a [u8]),
    /// `+OK`, which a client may say to no effect.
    Ok,
    /// `-ERR` with its text: the client gives up.
    Err(&'a [u8]),
}

/// What [`parse`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// An operation, and how many bytes it took.
    Whole(Op<'a>, usize),
    /// Not whole yet. Asking again makes sense when this many bytes are there; for a message that is
    /// its whole length.
    Need(usize),
}

/// Why the client must go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// No such verb, or no line end behind a payload.
    UnknownOperation,
    /// The line is longer than the limit.
    ControlLine,
    /// The message is larger than the limit.
    Payload {
        /// Its bytes.
        size: usize,
    },
    /// HPUB by a client that did not say that it knows headers.
    NoHeaders,
    /// Wrong number of arguments, or a size that is none.
    Arguments,
}

/// A verb that is followed by a line and nothing else.
struct Verb {
    name: &'static [u8],
    /// A blank must follow the name.
    blank: bool,
    read: for<'a> fn(&'a [u8]) -> Result<Op<'a>, Violation>,
}

const VERBS: [Verb; 8] = [
    Verb {
        name: b"PING",
        blank: false,
        read: |_| Ok(Op::Ping),
    },
    Verb {
        name: b"PONG",
        blank: false,
        read: |_| Ok(Op::Pong),
    },
    Verb {
        name: b"SUB",
        blank: true,
        read: subscribe,
    },
    Verb {
        name: b"UNSUB",
        blank: true,
        read: unsubscribe,
    },
    Verb {
        name: b"CONNECT",
        blank: false,
        read: |args| Ok(Op::Connect(args)),
    },
    Verb {
        name: b"INFO",
        blank: false,
        read: |args| Ok(Op::Info(args)),
    },
    Verb {
        name: b"+OK",
        blank: false,
        read: |_| Ok(Op::Ok),
    },
    Verb {
        name: b"-ERR",
        blank: true,
        read: |args| Ok(Op::Err(args)),
    },
];

/// The message in front of `buf`, when it is whole and written as clients write one without headers: one blank
/// between, CRLF at the ends. Anything else is left to [`parse`]. It is made to be inlined where messages are handed
/// on: what it finds then stays in registers, while an [`Op`] takes its way through memory.
#[inline(always)]
pub fn plain_publish<'a>(buf: &'a [u8], limits: &Limits) -> Option<(Publish<'a>, usize)> {
    const VERB: usize = b"PUB ".len();
    if !buf.first_chunk::<VERB>()?.eq_ignore_ascii_case(b"PUB ") {
        return None;
    }
    let args = plain_args(buf, VERB, false).filter(|args| args.end - VERB <= limits.control_line_max)?;
    let size = parse_size(args.size).filter(|size| *size <= limits.payload_max)?;
    let end = args.end + size;
    if buf.get(end..)?.first_chunk()? != b"\r\n" {
        return None;
    }
    let message = Publish {
        subject: args.subject,
        reply: args.reply,
        headers: &[],
        payload: &buf[args.end..end],
        tail: args.tail.map(|tail| &buf[tail..end + 2]),
    };
    Some((message, end + 2))
}

/// Reads the first operation in `buf`.
pub fn parse<'a>(buf: &'a [u8], limits: &Limits) -> Result<Parsed<'a>, Violation> {
    match buf {
        [b'P' | b'p', b'U' | b'u', b'B' | b'b', b' ' | b'\t', ..] => publish(buf, 4, false, limits),
        [
            b'H' | b'h',
            b'P' | b'p',
            b'U' | b'u',
            b'B' | b'b',
            b' ' | b'\t',
            ..,
        ] => publish(buf, 5, true, limits),
        _ => other(buf, limits),
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Does `buf` begin with `name`, as far as either goes?
fn begins(buf: &[u8], name: &[u8]) -> bool {
    let len = buf.len().min(name.len());
    buf[..len].eq_ignore_ascii_case(&name[..len])
}

#[cold]
fn other<'a>(buf: &'a [u8], limits: &Limits) -> Result<Parsed<'a>, Violation> {
    let Some(verb) = VERBS.iter().find(|verb| begins(buf, verb.name)) else {
        let publishes = buf.len() < 5 && (begins(buf, b"PUB ") || begins(buf, b"HPUB "));
        return if publishes {
            Ok(Parsed::Need(buf.len() + 1))
        } else {
            Err(Violation::UnknownOperation)
        };
    };
    let name = verb.name.len();
    if buf.len() <= name {
        return Ok(Parsed::Need(buf.len() + 1));
    }
    if verb.blank && !is_blank(buf[name]) {
        return Err(Violation::UnknownOperation);
    }
    let line = memchr::memchr(b'\n', &buf[name..]).map(|at| name + at);
    let args = trim(&buf[name..line.unwrap_or(buf.len())]);
    if args.len() > limits.control_line_max {
        return Err(Violation::ControlLine);
    }
    match line {
        Some(line) => Ok(Parsed::Whole((verb.read)(args)?, line + 1)),
        None => Ok(Parsed::Need(buf.len() + 1)),
    }
}

/// Without the blanks in front and the carriage return at the end.
fn trim(args: &[u8]) -> &[u8] {
    let start = args.iter().position(|b| !is_blank(*b)).unwrap_or(args.len());
    let args = &args[start..];
    args.strip_suffix(b"\r").unwrap_or(args)
}

/// The arguments of a line, at most `N`; `None` when there are more.
pub(super) fn split<const N: usize>(args: &[u8]) -> Option<([&[u8]; N], usize)> {
    let mut out = [&[][..]; N];
    let mut count = 0;
    for arg in args
        .split(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
        .filter(|arg| !arg.is_empty())
    {
        *out.get_mut(count)? = arg;
        count += 1;
    }
    Some((out, count))
}

fn subscribe(args: &[u8]) -> Result<Op<'_>, Violation> {
    match split::<3>(args) {
        Some(([subject, sid, _], 2)) => Ok(Op::Subscribe {
            subject,
            queue: None,
            sid,
        }),
        Some(([subject, queue, sid], 3)) => Ok(Op::Subscribe {
            subject,
            queue: Some(queue),
            sid,
        }),
        _ => Err(Violation::Arguments),
    }
}

fn unsubscribe(args: &[u8]) -> Result<Op<'_>, Violation> {
    match split::<2>(args) {
        Some(([sid, _], 1)) => Ok(Op::Unsubscribe { sid, max: None }),
        Some(([sid, max], 2)) => Ok(Op::Unsubscribe {
            sid,
            max: parse_size(max).map(|n| n as u64),
        }),
        _ => Err(Violation::Arguments),
    }
}

/// The arguments of a PUB or HPUB line.
struct Args<'a> {
    subject: &'a [u8],
    reply: &'a [u8],
    /// For HPUB alone.
    header_size: &'a [u8],
    size: &'a [u8],
    /// Where [`Publish::tail`] begins, if there can be one.
    tail: Option<usize>,
    /// Behind the line end.
    end: usize,
}

/// The word at `from`, and where it ends. `None` when it is empty or its end has not come.
#[inline(always)]
fn word(buf: &[u8], from: usize) -> Option<(&[u8], usize)> {
    let rest = buf.get(from..)?;
    let len = blank(rest)?;
    (len > 0).then(|| (&rest[..len], from + len))
}

/// Where the first byte is that is a blank or a control character. Eight bytes are looked at at once.
#[inline(always)]
fn blank(bytes: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk() {
        let eight = u64::from_le_bytes(*eight);
        // The highest bit of a byte that is below 0x21. A borrow can only spoil bytes behind the first such one.
        let below = eight.wrapping_sub(0x21 * EACH) & !eight & (0x80 * EACH);
        if below != 0 {
            return Some(at + below.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = &bytes[at..];
    rest.iter().position(|byte| *byte <= b' ').map(|found| at + found)
}

/// The arguments when the line is written as clients write it: one blank between, CRLF at the end. This is
/// where a small message's time goes, so it is one pass over the line.
#[inline(always)]
fn plain_args(buf: &[u8], from: usize, headers: bool) -> Option<Args<'_>> {
    let (subject, at) = word(buf, from).filter(|(_, at)| buf[*at] == b' ')?;
    let tail = at + 1;
    let (mut size, mut at) = word(buf, tail)?;
    let (mut reply, mut header_size): (&[u8], &[u8]) = (&[], &[]);
    if headers {
        header_size = size;
        (size, at) = word(buf, at + 1).filter(|_| buf[at] == b' ')?;
    }
    if buf[at] == b' ' {
        (reply, header_size) = if headers {
            (header_size, size)
        } else {
            (size, header_size)
        };
        (size, at) = word(buf, at + 1)?;
    }
    (buf.get(at..at + 2)? == b"\r\n").then_some(Args {
        subject,
        reply,
        header_size,
        size,
        tail: Some(tail),
        end: at + 2,
    })
}

/// The arguments however the line is written. `None` when its end has not come.
#[cold]
fn any_args<'a>(
    buf: &'a [u8],
    from: usize,
    headers: bool,
    limits: &Limits,
) -> Result<Option<Args<'a>>, Violation> {
    let line = memchr::memchr(b'\n', &buf[from..]).map(|at| from + at);
    let args = trim(&buf[from..line.unwrap_or(buf.len())]);
    if args.len() > limits.control_line_max {
        return Err(Violation::ControlLine);
    }
    let Some(line) = line else { return Ok(None) };
    let (subject, reply, header_size, size): (_, &[u8], &[u8], _) = match (split::<4>(args), headers) {
        (Some(([subject, size, ..], 2)), false) => (subject, &[], &[], size),
        (Some(([subject, reply, size, _], 3)), false) => (subject, reply, &[], size),
        (Some(([subject, header_size, size, _], 3)), true) => (subject, &[], header_size, size),
        (Some(([subject, reply, header_size, size], 4)), true) => (subject, reply, header_size, size),
        _ => return Err(Violation::Arguments),
    };
    Ok(Some(Args {
        subject,
        reply,
        header_size,
        size,
        tail: None,
        end: line + 1,
    }))
}

fn publish<'a>(buf: &'a [u8], from: usize, headers: bool, limits: &Limits) -> Result<Parsed<'a>, Violation> {
    let plain = plain_args(buf, from, headers).filter(|args| args.end - from <= limits.control_line_max);
    let args = match plain {
        Some(args) => args,
        None => match any_args(buf, from, headers, limits)? {
            Some(args) => args,
            None => return Ok(Parsed::Need(buf.len() + 1)),
        },
    };
    if headers && !limits.headers {
        return Err(Violation::NoHeaders);
    }
    let size = parse_size(args.size).ok_or(Violation::Arguments)?;
    let header_size = match headers {
        true => parse_size(args.header_size).ok_or(Violation::Arguments)?,
        false => 0,
    };
    if header_size > size {
        return Err(Violation::Arguments);
    }
    if size > limits.payload_max {
        return Err(Violation::Payload { size });
    }
    let end = args.end + size;
    match buf.get(end..) {
        Some([b'\r', b'\n', ..]) => {}
        Some([b'\r'] | []) | None => return Ok(Parsed::Need(end + 2)),
        Some(_) => return Err(Violation::UnknownOperation),
    }
    let payload_start = args.end + header_size;
    let tail = args.tail.filter(|_| headers == (header_size > 0));
    let message = Publish {
        subject: args.subject,
        reply: args.reply,
        headers: &buf[args.end..payload_start],
        payload: &buf[payload_start..end],
        tail: tail.map(|tail| &buf[tail..end + 2]),
    };
    Ok(Parsed::Whole(Op::Publish(message), end + 2))
}

#[cfg(test)]
#[path = "parser_tests.rs"]
mod tests;
