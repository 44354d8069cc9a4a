//! What a payload is once its wrappings are off, and the ways to look at it.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::value::Value;
use super::{Kind, cbor, classify, lines, msgpack, texts};

/// What an unwrapped payload may weigh, in bytes; one that would be larger stays wrapped.
pub const UNWRAPPED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Wrappings that are taken off, one inside the other.
const LAYERS_MAX: usize = 3;
/// From so many characters on a text can be base64 rather than a word.
const BASE64_CHARS_MIN: usize = 8;
/// Characters of base64 on a line.
const BASE64_CHARS: usize = 76;

/// A way to look at a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// As what it is: JSON on lines, text as text, anything else as bytes.
    #[default]
    Auto,
    /// As a tree that opens and closes.
    Tree,
    /// As text, whatever it is.
    Text,
    /// As bytes.
    Hex,
    /// In base64, as it would stand in JSON; what is base64 already, decoded.
    Base64,
}

impl View {
    /// The views in turn.
    pub const ALL: [View; 5] = [View::Auto, View::Tree, View::Text, View::Hex, View::Base64];

    /// The next one.
    #[must_use]
    pub fn next(self) -> View {
        let at = View::ALL.iter().position(|view| *view == self).unwrap_or(0);
        View::ALL[(at + 1) % View::ALL.len()]
    }

    /// Its name, in the language of the interface.
    pub fn name(self) -> &'static str {
        match self {
            View::Auto => "auto",
            View::Tree => texts::tree(),
            View::Text => texts::text(),
            View::Hex => "hex",
            View::Base64 => "base64",
        }
    }
}

/// A payload that was looked into.
#[derive(Debug, Clone, PartialEq)]
pub struct Body<'a> {
    /// The wrappings that were taken off, the outermost first.
    pub wrappings: Vec<&'static str>,
    /// What was inside.
    pub bytes: Cow<'a, [u8]>,
    /// Its name: `JSON`, `MessagePack`, `tekst` …
    pub name: &'static str,
    /// Its values, where it has any.
    pub value: Option<Value>,
}

impl<'a> Body<'a> {
    /// Looks into a payload. What headers say of it (`Content-Encoding`, `Content-Type`) goes before what it
    /// looks like, where it is true.
    pub fn of(payload: &'a [u8], headers: &[(String, String)]) -> Body<'a> {
        let mut wrappings = Vec::new();
        let mut bytes = Cow::Borrowed(payload);
        while wrappings.len() < LAYERS_MAX {
            let Some((name, inside)) = unwrap(&bytes) else {
                break;
            };
            wrappings.push(name);
            bytes = Cow::Owned(inside);
        }
        let (name, value) = look_into(&bytes, content_type(headers));
        Body {
            wrappings,
            bytes,
            name,
            value,
        }
    }

    /// What it is, in words: `gzip › JSON`.
    pub fn title(&self) -> String {
        let mut names = self.wrappings.clone();
        names.push(self.name);
        names.join(" › ")
    }

    /// The lines of a view that has lines, for `width` cells. [`View::Tree`] has rows instead.
    pub fn lines(&self, view: View, width: usize) -> Vec<String> {
        match view {
            View::Hex => super::hex_lines(&self.bytes, width),
            // What is base64 already is decoded, one level of it.
            View::Base64 => match decoded(&self.bytes) {
                Some(inside) => Body::of(&inside, &[]).lines(View::Auto, width),
                None => base64_lines(&self.bytes),
            },
            View::Text => super::text_lines(&String::from_utf8_lossy(&self.bytes)),
            View::Auto | View::Tree => match &self.value {
                // JSON keeps its digits when its text is set on lines.
                Some(value) if self.name != "JSON" => value_lines(value),
                _ => lines(&self.bytes, width),
            },
        }
    }
}

fn content_type(headers: &[(String, String)]) -> Option<&str> {
    let header = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Content-Type"));
    let (_, value) = header?;
    Some(value.split(';').next().unwrap_or_default().trim())
}

/// What gzip or base64-free wrappings hide; by their first bytes, which is what a header can only confirm.
fn unwrap(bytes: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    if bytes.starts_with(&[0x1f, 0x8b, 8]) {
        return gunzip(bytes).map(|inside| ("gzip", inside));
    }
    if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return unzstd(bytes).map(|inside| ("zstd", inside));
    }
    None
}

/// RFC 1952: a head of ten bytes, perhaps with fields behind it, then deflated data, checksum and size.
fn gunzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let length = bytes.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for field in [8, 16] {
        if flags & field != 0 {
            at += bytes.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    let inside = decompress_to_vec_with_limit(bytes.get(at..)?, UNWRAPPED_BYTES_MAX).ok()?;
    let tail = bytes.get(bytes.len().checked_sub(8)?..)?;
    let checksum = u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]);
    (crc32fast::hash(&inside) == checksum).then_some(inside)
}

fn unzstd(bytes: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut inside = Vec::new();
    let decoder = ruzstd::decoding::StreamingDecoder::new(bytes).ok()?;
    let limit = UNWRAPPED_BYTES_MAX as u64 + 1;
    decoder.take(limit).read_to_end(&mut inside).ok()?;
    (inside.len() <= UNWRAPPED_BYTES_MAX).then_some(inside)
}

fn look_into(bytes: &[u8], content_type: Option<&str>) -> (&'static str, Option<Value>) {
    let told = match content_type {
        Some("application/msgpack" | "application/x-msgpack" | "application/vnd.msgpack") => {
            msgpack::decode(bytes).ok().map(|value| ("MessagePack", value))
        }
        Some("application/cbor") => cbor::decode(bytes).ok().map(|value| ("CBOR", value)),
        Some("application/json") => Value::of_json(bytes).map(|value| ("JSON", value)),
        Some("application/octet-stream") => return (Kind::Binary.name(), None),
        _ => None,
    };
    if let Some((name, value)) = told {
        return (name, Some(value));
    }
    match classify(bytes) {
        Kind::Json => ("JSON", Value::of_json(bytes)),
        Kind::Binary => guess(bytes),
        kind => (kind.name(), None),
    }
}

/// MessagePack or CBOR by the look of it: the whole must be one of them, and a map or a list. Most bytes are
/// a small number in both, which says nothing; a map with names says most.
fn guess(bytes: &[u8]) -> (&'static str, Option<Value>) {
    let found = [
        ("MessagePack", msgpack::decode(bytes).ok()),
        ("CBOR", cbor::decode(bytes).ok()),
    ];
    let is_map = |value: &Value| matches!(value, Value::Map(pairs) if !pairs.is_empty());
    let is_list = |value: &Value| matches!(value, Value::List(items) if items.len() > 1);
    for fits in [&is_map as &dyn Fn(&Value) -> bool, &is_list] {
        for (name, value) in &found {
            if let Some(value) = value.as_ref().filter(|value| fits(value)) {
                return (name, Some(value.clone()));
            }
        }
    }
    (Kind::Binary.name(), None)
}

/// What a text of base64 says; none where it is no such text, or so short that it is a word.
fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = bytes.trim_ascii();
    if text.len() < BASE64_CHARS_MIN {
        return None;
    }
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    STANDARD
        .decode(&text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(&text))
        .ok()
}

fn base64_lines(bytes: &[u8]) -> Vec<String> {
    // Three bytes become four characters, so that each line can be decoded by itself.
    let chunks = bytes.chunks(BASE64_CHARS / 4 * 3);
    let mut all: Vec<String> = chunks
        .take(super::LINES_MAX)
        .map(|chunk| STANDARD.encode(chunk))
        .collect();
    if bytes.len() > super::LINES_MAX * BASE64_CHARS / 4 * 3 {
        all.push("…".to_owned());
    }
    all
}

fn value_lines(value: &Value) -> Vec<String> {
    let rows = super::value::tree_rows(value, &|_| false, super::LINES_MAX);
    rows.into_iter()
        .map(|row| match row.name.as_str() {
            "" => row.line,
            name => format!("{}{name}: {}", "  ".repeat(row.depth), row.line),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `gzip -n` of `{"temp": 21.5}`.
    fn gzipped(text: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3];
        bytes.extend(b"name\0");
        bytes.extend(miniz_oxide::deflate::compress_to_vec(text, 6));
        bytes.extend(crc32fast::hash(text).to_le_bytes());
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes
    }

    #[test]
    fn base64_is_shown_and_one_level_of_it_taken_off() {
        let lines = |payload: &[u8]| Body::of(payload, &[]).lines(View::Base64, 60);
        assert_eq!(lines(b"\0\x01\x02"), ["AAEC"]);
        assert_eq!(lines(b"eyJhIjogMX0="), ["{", "  \"a\": 1", "}"]);
        assert_eq!(lines(b"ZXlKaElqb2dNWDA9"), ["eyJhIjogMX0="], "one level");
        assert_eq!(lines(b"temp"), ["dGVtcA=="], "a word");
    }

    #[test]
    fn wrappings_come_off() {
        let inner = gzipped(br#"{"temp": 21.50}"#);
        let bytes = gzipped(&inner);
        let body = Body::of(&bytes, &[]);
        assert_eq!(body.title(), "gzip › gzip › JSON");
        assert_eq!(body.lines(View::Auto, 80), ["{", "  \"temp\": 21.50", "}"]);
        assert_eq!(body.lines(View::Text, 80), ["{\"temp\": 21.50}"]);
        let mut torn = inner.clone();
        torn[20] ^= 1;
        assert_eq!(
            Body::of(&torn, &[]).title(),
            "binær",
            "a damaged one stays as it is"
        );
        let bomb = gzipped(&vec![0; UNWRAPPED_BYTES_MAX + 1]);
        assert!(Body::of(&bomb, &[]).wrappings.is_empty());
        // zstd of "hei\n", a raw block, as `zstd --no-check` writes it.
        let zstd = [
            0x28, 0xb5, 0x2f, 0xfd, 0x20, 4, 0x21, 0, 0, b'h', b'e', b'i', b'\n',
        ];
        assert_eq!(Body::of(&zstd, &[]).title(), "zstd › tekst");
    }

    #[test]
    fn a_content_type_goes_before_the_looks() {
        let says = |value: &str| vec![("content-type".to_owned(), value.to_owned())];
        let number = [0x17];
        assert_eq!(Body::of(&number, &[]).title(), "binær");
        assert_eq!(Body::of(&number, &says("application/cbor")).title(), "CBOR");
        assert_eq!(
            Body::of(b"{}", &says("application/octet-stream")).title(),
            "binær"
        );
        assert_eq!(
            Body::of(b"21", &says("application/json; charset=utf-8")).title(),
            "JSON"
        );
        let map = [0x81, 0xa1, b'a', 0x01];
        assert_eq!(Body::of(&map, &[]).title(), "MessagePack");
        assert_eq!(Body::of(&map, &[]).lines(View::Auto, 80), ["{1}", "  a: 1"]);
        assert_eq!(Body::of(&[0xa1, 0x61, b'a', 0x01], &[]).title(), "CBOR");
        assert_eq!(Body::of(&[0, 1], &[]).lines(View::Base64, 80), ["AAE="]);
    }

    proptest! {
        #[test]
        fn no_view_shows_a_control_character(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let body = Body::of(&bytes, &[]);
            for view in View::ALL {
                let shown = body.lines(view, 80).concat();
                prop_assert!(!shown.chars().any(super::super::is_active), "{view:?} {shown:?}");
            }
        }
    }
}
