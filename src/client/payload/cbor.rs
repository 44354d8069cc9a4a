//! CBOR (RFC 8949), read into a [`Value`].

use super::value::{DecodeError, Input, Value, key_text};

/// The byte that ends what has no length.
const BREAK: u8 = 0xff;

/// Reads a payload that is one CBOR item and nothing else.
///
/// # Errors
/// It is none, or is too deep or too large.
pub fn decode(bytes: &[u8]) -> Result<Value, DecodeError> {
    Input::whole(bytes, |input| value(input, 0))
}

fn value(input: &mut Input<'_>, depth: usize) -> Result<Value, DecodeError> {
    let first = input.begin(depth)?;
    let (major, info) = (first >> 5, first & 0x1f);
    let endless = info == 31;
    Ok(match major {
        0 => Value::Number(argument(input, info)?.to_string()),
        1 => Value::Number((-1 - i128::from(argument(input, info)?)).to_string()),
        2 if endless => Value::Bytes(chunks(input, 2, depth)?),
        2 => {
            let length = length(input, info)?;
            Value::Bytes(input.take(length)?.to_vec())
        }
        3 if endless => {
            let bytes = chunks(input, 3, depth)?;
            Value::Text(String::from_utf8(bytes).map_err(|_| DecodeError::Text)?)
        }
        3 => {
            let length = length(input, info)?;
            Value::Text(input.text(length)?)
        }
        4 => Value::List(items(input, info, depth)?),
        5 => Value::Map(pairs(input, info, depth)?),
        6 => {
            let tag = argument(input, info)?;
            Value::Marked(format!("tag {tag}"), Box::new(value(input, depth + 1)?))
        }
        _ => simple(input, first)?,
    })
}

/// The number in a head, or behind it.
fn argument(input: &mut Input<'_>, info: u8) -> Result<u64, DecodeError> {
    match info {
        0..=23 => Ok(u64::from(info)),
        24..=27 => input.unsigned(1 << (info - 24)),
        _ => Err(DecodeError::Byte(info)),
    }
}

fn length(input: &mut Input<'_>, info: u8) -> Result<usize, DecodeError> {
    let length = argument(input, info)?;
    input.length(length)
}

/// Takes the byte that ends an item without a length, if it is next.
fn ends(input: &mut Input<'_>) -> Result<bool, DecodeError> {
    let is_end = input.peek() == Some(BREAK);
    if is_end {
        input.take(1)?;
    }
    Ok(is_end)
}

fn chunks(input: &mut Input<'_>, major: u8, depth: usize) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    while !ends(input)? {
        let first = input.begin(depth + 1)?;
        if first >> 5 != major || first & 0x1f == 31 {
            return Err(DecodeError::Byte(first));
        }
        let length = length(input, first & 0x1f)?;
        bytes.extend_from_slice(input.take(length)?);
    }
    Ok(bytes)
}

fn items(input: &mut Input<'_>, info: u8, depth: usize) -> Result<Vec<Value>, DecodeError> {
    let mut items = Vec::new();
    if info == 31 {
        while !ends(input)? {
            items.push(value(input, depth + 1)?);
        }
        return Ok(items);
    }
    for _ in 0..length(input, info)? {
        items.push(value(input, depth + 1)?);
    }
    Ok(items)
}

fn pairs(input: &mut Input<'_>, info: u8, depth: usize) -> Result<Vec<(String, Value)>, DecodeError> {
    let mut pairs = Vec::new();
    let mut left = match info {
        31 => None,
        _ => Some(length(input, info)?),
    };
    loop {
        match &mut left {
            Some(0) => return Ok(pairs),
            Some(left) => *left -= 1,
            None if ends(input)? => return Ok(pairs),
            None => {}
        }
        let key = key_text(value(input, depth + 1)?);
        pairs.push((key, value(input, depth + 1)?));
    }
}

fn simple(input: &mut Input<'_>, first: u8) -> Result<Value, DecodeError> {
    Ok(match first & 0x1f {
        20 => Value::Bool(false),
        21 => Value::Bool(true),
        22 => Value::Null,
        23 => Value::Marked("undefined".to_owned(), Box::new(Value::Null)),
        25 => Value::Number(half(input.unsigned(2)? as u16).to_string()),
        26 => Value::Number(f32::from_bits(input.unsigned(4)? as u32).to_string()),
        27 => Value::Number(f64::from_bits(input.unsigned(8)?).to_string()),
        number @ 0..=19 => Value::Marked(format!("simple {number}"), Box::new(Value::Null)),
        _ => return Err(DecodeError::Byte(first)),
    })
}

/// A number of 16 bits: a sign, five bits of exponent, ten of fraction.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match (bits >> 10) & 0x1f {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(bytes: &[u8]) -> String {
        decode(bytes).map_or_else(|error| error.to_string(), |value| value.line())
    }

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        for (bytes, expected) in [
            (&[0x17][..], "23"),
            (&[0x19, 0x03, 0xe8], "1000"),
            (&[0x20], "-1"),
            (
                &[0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                "-18446744073709551616",
            ),
            (&[0xf9, 0x3e, 0x00], "1.5"),
            (&[0xf9, 0x00, 0x01], "0.00000005960464477539063"),
            (&[0xf9, 0xfc, 0x00], "-inf"),
            (&[0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], "1.1"),
            (&[0xf4], "false"),
            (&[0xf6], "null"),
            (&[0xf7], "undefined(null)"),
            (&[0x44, 1, 2, 3, 4], "h'01020304'"),
            (&[0x64, b'I', b'E', b'T', b'F'], "\"IETF\""),
            (&[0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0], "tag 1(1363896240)"),
            (&[0x5f, 0x42, 1, 2, 0x41, 3, 0xff], "h'010203'"),
            (&[0x9f, 1, 0x82, 2, 3, 0xff], "[2]"),
            (&[0xbf, 0x61, b'a', 1, 0xff], "{1}"),
            (&[0xff], "byte 0xff means nothing there"),
            (
                &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                "it ends too early",
            ),
            (&[0x9f; 300], "too deep or too large"),
        ] {
            assert_eq!(line(bytes), expected, "{bytes:02x?}");
        }
        let map = decode(&[0xa2, 0x61, b'a', 0x01, 0x61, b'b', 0x82, 0x02, 0xf5]).unwrap();
        assert_eq!(map.at(["b", "1"]).unwrap().line(), "true");
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn texts_come_back(text in "[^\\p{C}]{0,23}") {
            let short: String = text.chars().take(5).collect();
            let mut bytes = vec![0x60 + short.len() as u8];
            bytes.extend(short.as_bytes());
            prop_assert_eq!(decode(&bytes).unwrap(), Value::Text(short));
        }
    }
}
