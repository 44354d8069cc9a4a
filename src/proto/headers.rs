//! Header blocks: `NATS/1.0`, an optional status, `Key: value` lines, an empty line (ADR-4).
//!
//! A block is kept as the bytes that came over the wire and read in place; only who changes one
//! builds a new one. Keys keep their case, and the server's own look-ups are case-sensitive.

/// The first bytes of every block.
pub const VERSION: &[u8] = b"NATS/1.0";
const CRLF: &[u8] = b"\r\n";

/// The value of the first header called `key`, with blanks around it left out.
pub fn get<'a>(block: &'a [u8], key: &str) -> Option<&'a [u8]> {
    iter(block).find(|(k, _)| *k == key.as_bytes()).map(|(_, v)| v)
}

/// As [`get`], for headers that must be text; a value that is not UTF-8 counts as absent.
pub fn get_str<'a>(block: &'a [u8], key: &str) -> Option<&'a str> {
    get(block, key).and_then(|v| std::str::from_utf8(v).ok())
}

/// All headers in their order, repeated keys included.
pub fn iter(block: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    block.split(|b| *b == b'\n').skip(1).filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
    })
}

/// The block with `key` set to `value`: in its old place, or else behind all others. A status is left out.
pub fn with(block: &[u8], key: &str, value: &[u8]) -> Vec<u8> {
    let mut found = false;
    let builder = iter(block).fold(Builder::new(), |builder, (k, old)| {
        let is_it = !found && k == key.as_bytes();
        found |= is_it;
        builder.add_bytes(k, if is_it { value } else { old })
    });
    match found {
        true => builder.build(),
        false => builder.add_bytes(key.as_bytes(), value).build(),
    }
}

/// The block with `key` set to `value`, behind all others. A status is left out.
pub fn with_last(block: &[u8], key: &str, value: &[u8]) -> Vec<u8> {
    Builder::copy(block, &[key]).add(key, value).build()
}

/// The status on the first line: its code, and the text behind it.
pub fn status(block: &[u8]) -> Option<(u16, &str)> {
    let line = block.split(|b| *b == b'\n').next()?.strip_prefix(VERSION)?;
    let text = std::str::from_utf8(line).ok()?.trim();
    let (code, description) = text.split_once(' ').unwrap_or((text, ""));
    Some((code.parse().ok()?, description.trim()))
}

/// A header block in the making.
#[derive(Debug, Clone)]
pub struct Builder(Vec<u8>);

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

impl Builder {
    /// A block without a status.
    pub fn new() -> Builder {
        Builder([VERSION, CRLF].concat())
    }

    /// A block that says a status, such as `100 Idle Heartbeat`; the description may be empty.
    pub fn status(code: u16, description: &str) -> Builder {
        let line = if description.is_empty() {
            format!("NATS/1.0 {code}\r\n")
        } else {
            format!("NATS/1.0 {code} {description}\r\n")
        };
        Builder(line.into_bytes())
    }

    /// A block to which all headers of `block` are copied, except those called one of `without`.
    pub fn copy(block: &[u8], without: &[&str]) -> Builder {
        iter(block)
            .filter(|(key, _)| !without.iter().any(|w| w.as_bytes() == *key))
            .fold(Builder::new(), |builder, (key, value)| {
                builder.add_bytes(key, value)
            })
    }

    /// A block that begins with all of `block` as it stands, byte for byte.
    pub fn onto(block: &[u8]) -> Builder {
        match block.strip_suffix(CRLF) {
            Some(open) if open.len() > CRLF.len() => Builder(open.to_vec()),
            _ => Builder::new(),
        }
    }

    /// Adds a header; line ends in the value become blanks, so that no value can forge a header.
    #[must_use]
    pub fn add(self, key: &str, value: impl AsRef<[u8]>) -> Builder {
        self.add_bytes(key.as_bytes(), value.as_ref())
    }

    fn add_bytes(mut self, key: &[u8], value: &[u8]) -> Builder {
        self.0.extend_from_slice(key);
        self.0.extend_from_slice(b": ");
        self.0.extend(
            value
                .iter()
                .map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }),
        );
        self.0.extend_from_slice(CRLF);
        self
    }

    /// The finished block, with the empty line that ends it.
    pub fn build(mut self) -> Vec<u8> {
        self.0.extend_from_slice(CRLF);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever keys and values there are, they come back in their order, and no value becomes a header.
        #[test]
        fn what_is_built_is_read(pairs in prop::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,20}", prop::collection::vec(any::<u8>(), 0..40)), 0..10)) {
            let built = pairs
                .iter()
                .fold(Builder::new(), |builder, (key, value)| builder.add(key, value))
                .build();
            let read: Vec<(&[u8], &[u8])> = iter(&built).collect();
            prop_assert_eq!(read.len(), pairs.len());
            for ((key, value), (read_key, read_value)) in pairs.iter().zip(read) {
                let value: Vec<u8> = value.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }).collect();
                prop_assert_eq!(key.as_bytes(), read_key);
                prop_assert_eq!(value.trim_ascii(), read_value);
            }
            if let Some((key, _)) = pairs.first() {
                let changed = with(&built, key, b"new");
                prop_assert_eq!(get(&changed, key), Some(&b"new"[..]));
                prop_assert_eq!(iter(&changed).count(), pairs.len());
                let without = Builder::copy(&built, &[key]).build();
                prop_assert_eq!(get(&without, key), None);
            }
        }

        /// Bytes of a stranger are read without harm, and what is read lies within them.
        #[test]
        fn strange_bytes_do_no_harm(block in prop::collection::vec(any::<u8>(), 0..200), key in "[ -~]{0,5}") {
            let lines = block.iter().filter(|b| **b == b'\n').count();
            prop_assert!(iter(&block).count() <= lines);
            let _ = (status(&block), get_str(&block, &key));
            let longer = with(&block, "Key", b"v");
            prop_assert_eq!(get(&longer, "Key"), Some(&b"v"[..]));
            prop_assert!(Builder::onto(&block).build().ends_with(b"\r\n\r\n"));
        }
    }

    #[test]
    fn a_header_is_set_where_it_was() {
        let block = b"NATS/1.0\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\n";
        assert_eq!(
            with(block, "A", b"x"),
            b"NATS/1.0\r\nA: x\r\nB: 2\r\nA: 3\r\n\r\n"
        );
        assert_eq!(with(b"", "A", b"x"), b"NATS/1.0\r\nA: x\r\n\r\n");
    }

    #[test]
    fn read_in_place() {
        let block = b"NATS/1.0\r\nA: 1\r\nB:2\r\na: low\r\nA: again\r\n\r\n";
        assert_eq!(get(block, "A"), Some(&b"1"[..]));
        assert_eq!(get_str(block, "a"), Some("low"));
        assert_eq!(get(block, "C"), None);
        assert_eq!(iter(block).count(), 4);
        assert_eq!(status(block), None);
        assert_eq!(status(b"NATS/1.0 503\r\n\r\n"), Some((503, "")));
        assert_eq!(
            status(b"NATS/1.0 100 Idle Heartbeat\r\n\r\n"),
            Some((100, "Idle Heartbeat"))
        );
    }

    #[test]
    fn built_blocks_cannot_be_forged() {
        let block = Builder::new().add("X", "a\r\nEvil: 1").build();
        assert_eq!(block, b"NATS/1.0\r\nX: a  Evil: 1\r\n\r\n");
        assert_eq!(Builder::status(503, "").build(), b"NATS/1.0 503\r\n\r\n");
        let copy = Builder::copy(&block, &["X"]).add("Y", "2").build();
        assert_eq!(copy, b"NATS/1.0\r\nY: 2\r\n\r\n");
        let longer = Builder::onto(b"NATS/1.0\r\nA:1\r\n\r\n").add("B", "2").build();
        assert_eq!(longer, b"NATS/1.0\r\nA:1\r\nB: 2\r\n\r\n");
        assert_eq!(Builder::onto(b"").build(), b"NATS/1.0\r\n\r\n");
    }
}
