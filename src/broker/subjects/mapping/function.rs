//! The tokens of a destination: plain text, `$1`, or a function in double braces.
//!
//! | function | becomes |
//! | --- | --- |
//! | `$n`, `{{wildcard(n)}}` | what the source's n-th `*` matched |
//! | `{{partition(buckets,n,…)}}` | a number below `buckets`, the same for the same tokens |
//! | `{{partition(buckets)}}` | the same over the whole subject |
//! | `{{random(max)}}` | a random number below `max` |
//! | `{{split(n,delimiter)}}` | the token cut at each delimiter |
//! | `{{splitFromLeft(n,at)}}`, `{{splitFromRight(n,at)}}` | the token cut once |
//! | `{{sliceFromLeft(n,size)}}`, `{{sliceFromRight(n,size)}}` | the token cut into equal pieces |
//! | `{{left(n,len)}}`, `{{right(n,len)}}` | the token's beginning or end |

use super::Random;
use super::transform::Fault;
use crate::proto::subject::tokens;

/// What a token of a destination becomes. Tokens of the source are counted from 0 here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Function {
    /// Itself.
    Text(Box<[u8]>),
    Wildcard(usize),
    /// With no tokens, the whole subject counts.
    Partition {
        buckets: u32,
        tokens: Vec<usize>,
    },
    Random {
        ceiling: i32,
    },
    Split {
        token: usize,
        delimiter: Box<[u8]>,
    },
    Cut {
        token: usize,
        at: usize,
        how: Cut,
    },
}

/// The functions that take a token and a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    SplitFromLeft,
    SplitFromRight,
    SliceFromLeft,
    SliceFromRight,
    Left,
    Right,
}

/// A function as it was written: with the numbers of wildcards instead of tokens.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written<'t> {
    Text,
    Wildcard(i64),
    Partition { buckets: i64, wildcards: Vec<i64> },
    Random { ceiling: i64 },
    Split { wildcard: i64, delimiter: &'t str },
    Cut { wildcard: i64, at: i64, how: Cut },
}

/// The functions with their names. A word's first letter may be small, too.
const NAMES: &[(&str, Name)] = &[
    ("Wildcard", Name::Wildcard),
    ("Partition", Name::Partition),
    ("Random", Name::Random),
    ("Split", Name::Split),
    ("SplitFromLeft", Name::Cut(Cut::SplitFromLeft)),
    ("SplitFromRight", Name::Cut(Cut::SplitFromRight)),
    ("SliceFromLeft", Name::Cut(Cut::SliceFromLeft)),
    ("SliceFromRight", Name::Cut(Cut::SliceFromRight)),
    ("Left", Name::Cut(Cut::Left)),
    ("Right", Name::Cut(Cut::Right)),
];

#[derive(Clone, Copy)]
enum Name {
    Wildcard,
    Partition,
    Random,
    Split,
    Cut(Cut),
}

/// Reads one token of a destination.
pub(super) fn read(token: &str) -> Result<Written<'_>, Fault> {
    if token.len() > 1
        && let Some(number) = token.strip_prefix('$')
    {
        // Other tokens begin with a dollar sign as well.
        return Ok(number.parse().map_or(Written::Text, Written::Wildcard));
    }
    let Some(inner) = token.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else {
        return Ok(Written::Text);
    };
    if inner.is_empty() {
        return Ok(Written::Text);
    }
    let (name, arguments) = inner
        .trim()
        .split_once('(')
        .and_then(|(name, rest)| Some((name.trim_end(), rest.strip_suffix(')')?)))
        .ok_or(Fault::UnknownFunction)?;
    let name = NAMES
        .iter()
        .find(|(known, _)| is_name(known, name))
        .map(|(_, name)| *name)
        .ok_or(Fault::UnknownFunction)?;
    let mut arguments: Vec<&str> = arguments.split(',').collect();
    for argument in arguments.iter_mut().skip(1) {
        *argument = argument.trim_start();
    }
    call(name, &arguments)
}

fn is_name(known: &str, name: &str) -> bool {
    known.len() == name.len()
        && known
            .chars()
            .zip(name.chars())
            .all(|(k, n)| k == n || (k.is_uppercase() && k.to_ascii_lowercase() == n))
}

fn call<'t>(name: Name, arguments: &[&'t str]) -> Result<Written<'t>, Fault> {
    match (name, arguments) {
        (Name::Wildcard, [""]) => Err(Fault::NotEnoughArguments),
        (Name::Wildcard, [wildcard]) => Ok(Written::Wildcard(number(wildcard)?)),
        (Name::Wildcard, _) => Err(Fault::TooManyArguments),
        (Name::Partition, [buckets, wildcards @ ..]) => Ok(Written::Partition {
            buckets: small(buckets)?,
            wildcards: wildcards.iter().map(|w| number(w)).collect::<Result<_, _>>()?,
        }),
        (Name::Random, [ceiling]) => Ok(Written::Random {
            ceiling: small(ceiling)?,
        }),
        (Name::Split, [wildcard, delimiter]) => {
            let wildcard = number(wildcard)?;
            if delimiter.contains([' ', '.']) {
                return Err(Fault::InvalidArgument);
            }
            Ok(Written::Split { wildcard, delimiter })
        }
        (Name::Cut(how), [wildcard, at]) => Ok(Written::Cut {
            wildcard: number(wildcard)?,
            at: i64::from(
                at.trim_matches(' ')
                    .parse::<i32>()
                    .map_err(|_| Fault::InvalidArgument)?,
            ),
            how,
        }),
        (Name::Split | Name::Cut(_), [_, _, _, ..]) => Err(Fault::TooManyArguments),
        _ => Err(Fault::NotEnoughArguments),
    }
}

fn number(argument: &str) -> Result<i64, Fault> {
    argument
        .trim_matches(' ')
        .parse()
        .map_err(|_| Fault::InvalidArgument)
}

fn small(argument: &str) -> Result<i64, Fault> {
    number(argument).and_then(|n| {
        if n > i64::from(i32::MAX) {
            Err(Fault::InvalidArgument)
        } else {
            Ok(n)
        }
    })
}

impl Function {
    /// Writes what this becomes for a subject.
    pub fn write(&self, subject: &[u8], parts: &[&[u8]], random: Random<'_>, out: &mut Vec<u8>) {
        let part = |token: &usize| parts.get(*token).copied().unwrap_or_default();
        match self {
            Function::Text(text) => out.extend_from_slice(text),
            Function::Wildcard(token) => out.extend_from_slice(part(token)),
            Function::Partition { buckets, tokens } => {
                let hash = if tokens.is_empty() {
                    fnv1a([subject])
                } else {
                    fnv1a(tokens.iter().map(part))
                };
                let bucket = hash.checked_rem(*buckets).unwrap_or(0);
                out.extend_from_slice(bucket.to_string().as_bytes());
            }
            Function::Random { ceiling } => {
                let positive = (random() >> 1) as i32;
                let number = positive.checked_rem(*ceiling).unwrap_or(0);
                out.extend_from_slice(number.to_string().as_bytes());
            }
            Function::Split { token, delimiter } => write_split(part(token), delimiter, out),
            Function::Cut { token, at, how } => write_cut(part(token), *at, *how, out),
        }
    }
}

/// The 32-bit FNV-1a hash of pieces put together. Every NATS server must find the same partition.
fn fnv1a<'t>(pieces: impl IntoIterator<Item = &'t [u8]>) -> u32 {
    const OFFSET: u32 = 2_166_136_261;
    const PRIME: u32 = 16_777_619;
    pieces
        .into_iter()
        .flatten()
        .fold(OFFSET, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(PRIME))
}

fn write_joined<'t>(pieces: impl Iterator<Item = &'t [u8]>, out: &mut Vec<u8>) {
    for (i, piece) in pieces.enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        out.extend_from_slice(piece);
    }
}

/// A token that is not longer than what is asked for stays whole.
fn write_cut(token: &[u8], at: usize, how: Cut, out: &mut Vec<u8>) {
    if at == 0 || at >= token.len() {
        out.extend_from_slice(token);
        return;
    }
    let from_right = token.len() - at;
    match how {
        Cut::SplitFromLeft => write_joined([&token[..at], &token[at..]].into_iter(), out),
        Cut::SplitFromRight => write_joined([&token[..from_right], &token[from_right..]].into_iter(), out),
        Cut::SliceFromLeft => write_joined(token.chunks(at), out),
        Cut::SliceFromRight => {
            let (remainder, whole) = token.split_at(token.len() % at);
            let remainder = Some(remainder).filter(|r| !r.is_empty());
            write_joined(remainder.into_iter().chain(whole.chunks(at)), out);
        }
        Cut::Left => out.extend_from_slice(&token[..at]),
        Cut::Right => out.extend_from_slice(&token[from_right..]),
    }
}

/// Empty pieces vanish, with the dot of every one of them but the first.
fn write_split(token: &[u8], delimiter: &[u8], out: &mut Vec<u8>) {
    let pieces = split(token, delimiter);
    for (i, piece) in pieces.iter().enumerate() {
        out.extend_from_slice(piece);
        let leads = i == 0 && piece.is_empty();
        if pieces.get(i + 1).is_some_and(|next| !next.is_empty()) && !leads {
            out.push(b'.');
        }
    }
}

/// As Go's `strings.Split`: without a delimiter, every character is a piece.
fn split<'t>(token: &'t [u8], delimiter: &[u8]) -> Vec<&'t [u8]> {
    let mut pieces = Vec::new();
    let mut rest = token;
    if delimiter.is_empty() {
        while !rest.is_empty() {
            let length = 1 + rest[1..].iter().take_while(|b| **b & 0xC0 == 0x80).count();
            let (piece, tail) = rest.split_at(length);
            pieces.push(piece);
            rest = tail;
        }
        return pieces;
    }
    while let Some(at) = memchr::memmem::find(rest, delimiter) {
        pieces.push(&rest[..at]);
        rest = &rest[at + delimiter.len()..];
    }
    pieces.push(rest);
    pieces
}

/// The tokens of a subject, to be picked from.
pub(super) fn parts(subject: &[u8]) -> Vec<&[u8]> {
    tokens(subject).collect()
}
