//! As much DER (X.690) as a certificate's names are written in.

/// A value: its tag, what is in it, and all of it with tag and length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    pub whole: &'a [u8],
}

/// Tags as they stand in a certificate.
pub(super) mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const OCTETS: u8 = 0x04;
    pub const UTF8: u8 = 0x0c;
    pub const NUMERIC: u8 = 0x12;
    pub const PRINTABLE: u8 = 0x13;
    pub const T61: u8 = 0x14;
    pub const IA5: u8 = 0x16;
    pub const BMP: u8 = 0x1e;
    pub const SEQUENCE: u8 = 0x30;
    pub const VERSION: u8 = 0xa0;
    pub const EXTENSIONS: u8 = 0xa3;
    /// Kinds of an alternative name.
    pub const EMAIL: u8 = 0x81;
    pub const DNS: u8 = 0x82;
    pub const URI: u8 = 0x86;
}

/// The values behind one another, up to the first that is none.
pub(super) fn values(mut bytes: &[u8]) -> impl Iterator<Item = Value<'_>> {
    std::iter::from_fn(move || {
        let value = value(bytes)?;
        bytes = &bytes[value.whole.len()..];
        Some(value)
    })
}

/// The value that the bytes begin with.
pub(super) fn value(bytes: &[u8]) -> Option<Value<'_>> {
    let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
    let (length, head) = match first {
        0..=0x7f => (usize::from(first), 2),
        // Certificates are shorter than 2^32 bytes.
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let digits = bytes.get(2..2 + count)?;
            let length = digits
                .iter()
                .fold(0, |n: usize, digit| n << 8 | usize::from(*digit));
            (length, 2 + count)
        }
        _ => return None,
    };
    let whole = bytes.get(..head.checked_add(length)?)?;
    Some(Value {
        tag,
        content: &whole[head..],
        whole,
    })
}

/// An object identifier as numbers with dots between.
pub(super) fn object_id(content: &[u8]) -> Option<String> {
    let mut parts = Vec::new();
    let mut part: u64 = 0;
    for byte in content {
        part = part.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            parts.push(std::mem::take(&mut part));
        }
    }
    let (first, rest) = parts.split_first()?;
    let root = (first / 40).min(2);
    let head = [root, first - root * 40];
    let numbers = head.iter().chain(rest).map(u64::to_string);
    Some(numbers.collect::<Vec<_>>().join("."))
}

/// A text in one of the kinds that names are written in.
pub(super) fn text(value: Value<'_>) -> Option<String> {
    match value.tag {
        tag::UTF8 | tag::NUMERIC | tag::PRINTABLE | tag::T61 | tag::IA5 => {
            String::from_utf8(value.content.to_vec()).ok()
        }
        tag::BMP => {
            let (units, rest) = value.content.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            String::from_utf16(&units).ok().filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_as_long_as_they_say() {
        let long = [&[tag::OCTETS, 0x81, 0x80][..], &[7; 128], b"rest"].concat();
        let read = value(&long).unwrap();
        assert_eq!((read.tag, read.content.len(), read.whole.len()), (4, 128, 131));
        for broken in [
            &b""[..],
            b"\x04",
            b"\x04\x02a",
            b"\x04\x80a",
            b"\x04\x85aaaaa",
            b"\x04\x82\x01",
        ] {
            assert_eq!(value(broken), None, "{broken:?}");
        }
        assert_eq!(values(b"\x04\x01a\x04\x00\x04\x09b").count(), 2);
    }

    #[test]
    fn object_ids_and_texts() {
        assert_eq!(object_id(&[0x55, 4, 3]).unwrap(), "2.5.4.3");
        let component = [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19];
        assert_eq!(object_id(&component).unwrap(), "0.9.2342.19200300.100.1.25");
        let of = |tag, content| {
            text(Value {
                tag,
                content,
                whole: &[],
            })
        };
        assert_eq!(of(tag::BMP, b"\0K\0\xe5").as_deref(), Some("Kå"));
        assert_eq!(of(tag::UTF8, b"\xff"), None);
        assert_eq!(of(tag::OCTETS, b"a"), None);
    }
}
