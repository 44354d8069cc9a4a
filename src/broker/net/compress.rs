//! Answers that are wanted compressed (`Accept-Encoding`).

use std::io::Write;

use crate::proto::headers;

/// What somebody can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The framed format of Snappy, which S2 writes too.
    Snappy,
    /// RFC 1952.
    Gzip,
    /// Something else was asked for.
    Unknown,
}

impl Encoding {
    /// The encoding that an `Accept-Encoding` asks for; none when it is empty.
    pub fn accepted(text: &str) -> Option<Encoding> {
        let text = text.to_ascii_lowercase();
        match text.as_str() {
            "" => None,
            text if text.contains("snappy") || text.contains("s2") => Some(Encoding::Snappy),
            text if text.contains("gzip") => Some(Encoding::Gzip),
            _ => Some(Encoding::Unknown),
        }
    }
}

/// The body in this encoding, and the header block that says which one it is.
pub fn compress(body: Vec<u8>, encoding: Option<Encoding>) -> (Vec<u8>, Vec<u8>) {
    let (body, name) = match encoding {
        None => return (body, Vec::new()),
        Some(Encoding::Snappy) => match snappy(&body) {
            Some(compressed) => (compressed, "snappy"),
            None => (body, "identity"),
        },
        Some(Encoding::Gzip) => (gzip(&body), "gzip"),
        Some(Encoding::Unknown) => (body, "identity"),
    };
    (
        body,
        headers::Builder::new().add("Content-Encoding", name).build(),
    )
}

fn snappy(body: &[u8]) -> Option<Vec<u8>> {
    let mut writer = minlz::Writer::new(Vec::new());
    writer.write_all(body).ok()?;
    writer.flush().ok()?;
    Some(writer.reset(Vec::new()))
}

/// In stored blocks: what asks for gzip wants the format, and these answers are a few kilobytes.
fn gzip(body: &[u8]) -> Vec<u8> {
    const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    const BLOCK_MAX: usize = u16::MAX as usize;
    let mut out = HEAD.to_vec();
    let mut blocks = body.chunks(BLOCK_MAX).peekable();
    if body.is_empty() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let len = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend(crc32fast::hash(body).to_le_bytes());
    out.extend((body.len() as u32).to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_named() {
        assert_eq!(Encoding::accepted(""), None);
        assert_eq!(Encoding::accepted("GZip, deflate"), Some(Encoding::Gzip));
        assert_eq!(Encoding::accepted("s2"), Some(Encoding::Snappy));
        let (body, headers) = compress(b"abc".to_vec(), Some(Encoding::Unknown));
        assert_eq!(body, b"abc");
        assert_eq!(headers::get(&headers, "Content-Encoding"), Some(&b"identity"[..]));
    }

    #[test]
    fn gzip_is_whole() {
        // As gzip reads it: 3 bytes in one stored block, their checksum and length.
        let packed = gzip(b"abc");
        assert_eq!(&packed[10..18], [1, 3, 0, 0xfc, 0xff, b'a', b'b', b'c']);
        assert_eq!(&packed[18..], [0xc2, 0x41, 0x24, 0x35, 3, 0, 0, 0]);
    }
}
