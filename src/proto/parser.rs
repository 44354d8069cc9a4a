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
    Payload,
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
fn split<const N: usize>(args: &[u8]) -> Option<([&[u8]; N], usize)> {
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

/// Where the tokens of a PUB or HPUB line are.
struct Line {
    /// Start and end of each token.
    tokens: [(usize, usize); 4],
    count: usize,
    /// Behind the line end.
    end: usize,
    /// One blank between all tokens, none behind, and CRLF: the line can be passed on as it is.
    plain: bool,
}

enum Scan {
    Line(Line),
    /// No line end yet; the arguments begin here.
    Partial(usize),
}

/// One pass over the line, since this is where a small message's time goes.
fn scan(buf: &[u8], from: usize) -> Result<Scan, Violation> {
    let mut line = Line {
        tokens: [(0, 0); 4],
        count: 0,
        end: 0,
        plain: true,
    };
    let mut at = from;
    while at < buf.len() && is_blank(buf[at]) {
        at += 1;
    }
    let args = at;
    let mut start = at;
    while at < buf.len() {
        let byte = buf[at];
        if byte > b' ' {
            at += 1;
            continue;
        }
        match byte {
            b' ' | b'\t' => {
                if at > start {
                    push(&mut line, start, at)?;
                } else {
                    line.plain = false;
                }
                line.plain &= byte == b' ';
                start = at + 1;
            }
            b'\n' => {
                let text_end = if at > args && buf[at - 1] == b'\r' {
                    at - 1
                } else {
                    at
                };
                if text_end > start {
                    push(&mut line, start, text_end)?;
                } else {
                    line.plain = false;
                }
                line.plain &= text_end < at;
                line.end = at + 1;
                return Ok(Scan::Line(line));
            }
            _ => {}
        }
        at += 1;
    }
    Ok(Scan::Partial(args))
}

fn push(line: &mut Line, start: usize, end: usize) -> Result<(), Violation> {
    *line.tokens.get_mut(line.count).ok_or(Violation::Arguments)? = (start, end);
    line.count += 1;
    Ok(())
}

fn publish<'a>(buf: &'a [u8], from: usize, headers: bool, limits: &Limits) -> Result<Parsed<'a>, Violation> {
    let line = match scan(buf, from)? {
        Scan::Line(line) => line,
        Scan::Partial(args) if buf.len() - args > limits.control_line_max => {
            return Err(Violation::ControlLine);
        }
        Scan::Partial(_) => return Ok(Parsed::Need(buf.len() + 1)),
    };
    if line.end - from > limits.control_line_max {
        // Only near the limit is it worth finding out what exactly counts.
        if trim(&buf[from..line.end - 1]).len() > limits.control_line_max {
            return Err(Violation::ControlLine);
        }
    }
    if headers && !limits.headers {
        return Err(Violation::Arguments);
    }
    let token = |n: usize| &buf[line.tokens[n].0..line.tokens[n].1];
    let sizes = 1 + usize::from(headers);
    let reply: &[u8] = match line.count.checked_sub(sizes) {
        Some(1) => &[],
        Some(2) => token(1),
        _ => return Err(Violation::Arguments),
    };
    let size = parse_size(token(line.count - 1)).ok_or(Violation::Arguments)?;
    let header_size = match headers {
        true => parse_size(token(line.count - 2)).ok_or(Violation::Arguments)?,
        false => 0,
    };
    if header_size > size {
        return Err(Violation::Arguments);
    }
    if size > limits.payload_max {
        return Err(Violation::Payload);
    }
    let end = line.end + size;
    match buf.get(end..) {
        Some([b'\r', b'\n', ..]) => {}
        Some([b'\r'] | []) | None => return Ok(Parsed::Need(end + 2)),
        Some(_) => return Err(Violation::UnknownOperation),
    }
    let payload_start = line.end + header_size;
    let can_pass = line.plain && headers == (header_size > 0);
    let message = Publish {
        subject: token(0),
        reply,
        headers: &buf[line.end..payload_start],
        payload: &buf[payload_start..end],
        tail: can_pass.then(|| &buf[line.tokens[1].0..end + 2]),
    };
    Ok(Parsed::Whole(Op::Publish(message), end + 2))
}

#[cfg(test)]
#[path = "parser_tests.rs"]
mod tests;
