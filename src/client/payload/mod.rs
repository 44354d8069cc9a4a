//! What is in a payload, and how to show it.
//!
//! Everything that comes over the network is shown, never obeyed: [`neutralise`] makes control and
//! bidi characters visible, so that nothing here moves a cursor or turns text around. All work is
//! bounded by what is to be seen, however large the payload.
//!
//! [`classify`] and [`lines`] are for what is read at a glance; [`body`] takes wrappings off and reads MessagePack
//! and CBOR into a [`value`].

pub mod body;
pub mod cbor;
pub mod diff;
pub mod msgpack;
mod texts;
pub mod value;

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// JSON larger than this is shown as plain text, in bytes.
pub const JSON_BYTES_MAX: usize = 256 * 1024;
/// The most lines that [`lines`] gives.
pub const LINES_MAX: usize = 2_000;
/// The most bytes of a text or a dump that [`lines`] looks at.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// A number is written in no more bytes than this.
const NUMBER_BYTES_MAX: usize = 64;

/// What a payload turned out to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// No bytes.
    Empty,
    /// A number, alone or with blanks around it.
    Number(f64),
    /// A JSON object or array.
    Json,
    /// UTF-8 that is meant to be read.
    Text,
    /// Anything else.
    Binary,
}

impl Kind {
    /// The kind in a word, in the language of the interface.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Empty => texts::empty(),
            Kind::Number(_) => texts::number(),
            Kind::Json => "JSON",
            Kind::Text => texts::text(),
            Kind::Binary => texts::binary(),
        }
    }
}

/// Says what a payload is. Of a long one only the first 256 KiB are looked at.
pub fn classify(bytes: &[u8]) -> Kind {
    if bytes.is_empty() {
        return Kind::Empty;
    }
    if let Some(n) = number(bytes) {
        return Kind::Number(n);
    }
    if is_json(bytes) {
        return Kind::Json;
    }
    match text_head(bytes, BODY_BYTES_MAX) {
        Some(_) => Kind::Text,
        None => Kind::Binary,
    }
}

/// The first `max` bytes of a payload that is kept in part. Text is not cut within a character, so that what is kept
/// still reads as text.
pub fn head(bytes: &[u8], max: usize) -> &[u8] {
    let head = &bytes[..bytes.len().min(max)];
    match std::str::from_utf8(head) {
        Err(e) if e.error_len().is_none() && head.len() < bytes.len() => &head[..e.valid_up_to()],
        _ => head,
    }
}

/// The text in the first `max` bytes; none when they are not meant to be read.
fn text_head(bytes: &[u8], max: usize) -> Option<&str> {
    // A character cut in half at the end of the head is no sign of binary.
    let text = std::str::from_utf8(head(bytes, max)).ok()?;
    reads_as_text(text).then_some(text)
}

/// The number that a payload spells in decimal or exponent form. Words such as `NaN` and values
/// beyond the range of an `f64` are none.
pub fn number(bytes: &[u8]) -> Option<f64> {
    let bytes = bytes.trim_ascii();
    let spelled = bytes.len() <= NUMBER_BYTES_MAX
        && bytes
            .iter()
            .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    if !spelled {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    text.parse().ok().filter(|n: &f64| n.is_finite())
}

fn is_json(bytes: &[u8]) -> bool {
    bytes.len() <= JSON_BYTES_MAX
        && matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
        && serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// Text may hold a stray control character, which is then made visible; NULs, or control
/// characters in every fourth place, are the mark of something else.
fn reads_as_text(text: &str) -> bool {
    let odd = text
        .chars()
        .filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        .count();
    !text.contains('\0') && odd * 4 <= text.chars().count()
}

/// `text` with everything visible that a terminal would obey: control characters as their pictures,
/// bidi and invisible characters by their number.
pub fn neutralise(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match u32::from(c) {
            n @ 0..0x20 => out.push(char::from_u32(0x2400 + n).unwrap_or('\u{fffd}')),
            0x7f => out.push('\u{2421}'),
            n if is_active(c) => out.push_str(&format!("<U+{n:04X}>")),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// True for what a terminal might act upon, or what hides in a text.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The beginning of a payload on one line, for a list: about `chars` characters, which the caller
/// cuts to its width.
pub fn preview(bytes: &[u8], chars: usize) -> String {
    let max = chars.saturating_add(1).saturating_mul(4);
    match text_head(bytes, max) {
        Some(text) => {
            let short: String = text.trim_end().chars().take(chars + 1).collect();
            neutralise(&short).into_owned()
        }
        None => bytes
            .iter()
            .take(chars / 3 + 1)
            .map(|b| format!("{b:02x} "))
            .collect(),
    }
}

/// The whole payload as lines for a view `width` cells wide: JSON indented, text as it stands,
/// anything else as a dump. No more than [`LINES_MAX`] lines, the last of which says what is left out.
pub fn lines(bytes: &[u8], width: usize) -> Vec<String> {
    let shown = &bytes[..bytes.len().min(BODY_BYTES_MAX)];
    let mut lines: Vec<String> = match classify(bytes) {
        Kind::Empty => Vec::new(),
        Kind::Json => indent_json(&String::from_utf8_lossy(bytes)),
        Kind::Number(_) | Kind::Text => text_lines(text_head(bytes, BODY_BYTES_MAX).unwrap_or_default()),
        Kind::Binary => hex_lines(shown, width),
    };
    if lines.len() > LINES_MAX || shown.len() < bytes.len() {
        lines.truncate(LINES_MAX - 1);
        lines.push(texts::rest(bytes.len()));
    }
    lines
}

/// Text as it stands, line by line.
fn text_lines(text: &str) -> Vec<String> {
    text.trim_end_matches(['\r', '\n'])
        .split('\n')
        .take(LINES_MAX + 1)
        .map(|l| neutralise(&l.strip_suffix('\r').unwrap_or(l).replace('\t', "    ")).into_owned())
        .collect()
}

/// Bytes as a dump.
fn hex_lines(bytes: &[u8], width: usize) -> Vec<String> {
    let row = bytes_per_row(width);
    (0..bytes.len().div_ceil(row))
        .take(LINES_MAX + 1)
        .map(|n| hex_row(bytes, n * row, row))
        .collect()
}

/// How many bytes stand on a row of so many cells: offset, hex and ASCII take 11 + 3n + 1 + n of them.
pub fn bytes_per_row(width: usize) -> usize {
    match width {
        0..44 => 4,
        44..76 => 8,
        _ => 16,
    }
}

/// The bytes from `offset` on as a row: the offset, each byte, and what of it is ASCII.
pub fn hex_row(bytes: &[u8], offset: usize, row: usize) -> String {
    let part = &bytes[offset..bytes.len().min(offset + row)];
    let hex: String = part.iter().map(|b| format!("{b:02x} ")).collect();
    let ascii: String = part
        .iter()
        .map(|b| {
            if (0x20..0x7f).contains(b) {
                char::from(*b)
            } else {
                '.'
            }
        })
        .collect();
    format!("{offset:08x}  {hex:<hex_width$} {ascii}", hex_width = row * 3)
}

/// Sets valid JSON on lines. Works on the text, so that numbers, the order of keys and doubled keys
/// stay as they were sent.
fn indent_json(json: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut depth: usize = 0;
    let mut in_string = false;
    let mut escaped = false;
    let mut chars = json.chars().filter(|c| *c != '\r').peekable();
    while let Some(c) = chars.next() {
        if lines.len() > LINES_MAX + 1 {
            break;
        }
        if in_string {
            push(&mut lines, c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => {
                push(&mut lines, c);
                in_string = true;
            }
            '{' | '[' => {
                push(&mut lines, c);
                while chars.next_if(char::is_ascii_whitespace).is_some() {}
                match chars.next_if(|n| matches!(n, '}' | ']')) {
                    Some(close) => push(&mut lines, close),
                    None => {
                        depth += 1;
                        lines.push("  ".repeat(depth));
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                lines.push("  ".repeat(depth));
                push(&mut lines, c);
            }
            ',' => {
                push(&mut lines, c);
                lines.push("  ".repeat(depth));
            }
            ':' => {
                push(&mut lines, c);
                push(&mut lines, ' ');
            }
            c if c.is_ascii_whitespace() => {}
            c => push(&mut lines, c),
        }
    }
    lines.into_iter().map(|l| neutralise(&l).into_owned()).collect()
}

fn push(lines: &mut [String], c: char) {
    if let Some(line) = lines.last_mut() {
        line.push(c);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_kept_of_a_text_is_text() {
        let text = "æøå".as_bytes();
        assert_eq!(head(text, 3), "æ".as_bytes());
        assert_eq!((head(text, 4), head(text, 99)), ("æø".as_bytes(), text));
        assert_eq!(
            head(&[1, 0xff, 2, 3], 2),
            [1, 0xff],
            "bytes are cut where they are"
        );
        assert_eq!(classify(head("å".repeat(1_000).as_bytes(), 301)), Kind::Text);
    }

    #[test]
    fn kinds() {
        for (bytes, kind) in [
            (&b""[..], Kind::Empty),
            (b"21.5", Kind::Number(21.5)),
            (b" -1e3\n", Kind::Number(-1000.0)),
            (b"nan", Kind::Text),
            (b"1e999", Kind::Text),
            (b"{\"a\":1}", Kind::Json),
            (b"[]", Kind::Json),
            (b"{\"a\":1", Kind::Text),
            ("blåbær".as_bytes(), Kind::Text),
            (b"\x1b[2J hei", Kind::Text),
            (b"\0\0\0\x01", Kind::Binary),
            (b"\xff\xfe", Kind::Binary),
            (b" ", Kind::Text),
        ] {
            assert_eq!(classify(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_made_visible() {
        assert_eq!(neutralise("\x1b[2J\u{9b}1m\u{202e}x"), "␛[2J<U+009B>1m<U+202E>x");
        assert!(matches!(neutralise("blåbær 🫐"), Cow::Borrowed(_)));
        assert_eq!(preview(b"a\nb\r\n", 20), "a␊b");
    }

    #[test]
    fn json_keeps_order_and_digits() {
        let json = br#"{"b":[1.10,2],"a":{},"s":"x,{\"\u001b","b":12345678901234567890}"#;
        assert_eq!(
            lines(json, 80),
            [
                "{",
                "  \"b\": [",
                "    1.10,",
                "    2",
                "  ],",
                "  \"a\": {},",
                "  \"s\": \"x,{\\\"\\u001b\",",
                "  \"b\": 12345678901234567890",
                "}"
            ]
        );
    }

    #[test]
    fn dumps_fit_their_width() {
        assert_eq!(
            lines(b"\0ABC\xff", 30),
            ["00000000  00 41 42 43  .ABC", "00000004  ff           ."]
        );
        assert_eq!(preview(b"\0\xff\x10", 30), "00 ff 10 ");
    }

    #[test]
    fn a_huge_payload_costs_no_more_than_what_is_shown() {
        let huge = vec![b'\n'; 10 << 20];
        assert_eq!(lines(&huge, 80).len(), 2, "and what was left out");
        let huge = b"x\n".repeat(5 << 20);
        assert_eq!(lines(&huge, 80).len(), LINES_MAX);
        assert!(preview(&huge, 80).chars().count() <= 81);
    }

    proptest! {
        #[test]
        fn nothing_shown_is_a_control_character(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let shown = lines(&bytes, 80).concat() + &preview(&bytes, 40);
            prop_assert!(!shown.chars().any(is_active));
        }

        #[test]
        fn text_with_any_characters_is_neutralised(text in any::<String>()) {
            prop_assert!(!neutralise(&text).chars().any(is_active));
            prop_assert!(!lines(text.as_bytes(), 80).concat().chars().any(is_active));
        }
    }
}
