//! MessagePack, read into a [`Value`].

use super::value::{DecodeError, Input, Value, key_text};

/// Reads a payload that is one MessagePack value and nothing else.
///
/// # Errors
/// It is none, or is too deep or too large.
pub fn decode(bytes: &[u8]) -> Result<Value, DecodeError> {
    Input::whole(bytes, |input| value(input, 0))
}

fn value(input: &mut Input<'_>, depth: usize) -> Result<Value, DecodeError> {
    let first = input.begin(depth)?;
    Ok(match first {
        0x00..=0x7f => Value::Number(first.to_string()),
        0x80..=0x8f => map(input, usize::from(first & 0x0f), depth)?,
        0x90..=0x9f => list(input, usize::from(first & 0x0f), depth)?,
        0xa0..=0xbf => Value::Text(input.text(usize::from(first & 0x1f))?),
        0xc0 => Value::Null,
        0xc2 => Value::Bool(false),
        0xc3 => Value::Bool(true),
        0xc4..=0xc6 => {
            let length = sized(input, 1 << (first - 0xc4))?;
            Value::Bytes(input.take(length)?.to_vec())
        }
        0xc7..=0xc9 => {
            let length = sized(input, 1 << (first - 0xc7))?;
            extension(input, length)?
        }
        0xca => Value::Number(f32::from_bits(input.unsigned(4)? as u32).to_string()),
        0xcb => Value::Number(f64::from_bits(input.unsigned(8)?).to_string()),
        0xcc..=0xcf => Value::Number(input.unsigned(1 << (first - 0xcc))?.to_string()),
        0xd0..=0xd3 => {
            let size = 1 << (first - 0xd0);
            let number = input.unsigned(size)?;
            // The sign of the highest byte goes all the way up.
            let shift = 64 - 8 * size as u32;
            Value::Number(((number << shift) as i64 >> shift).to_string())
        }
        0xd4..=0xd8 => extension(input, 1 << (first - 0xd4))?,
        0xd9..=0xdb => {
            let length = sized(input, 1 << (first - 0xd9))?;
            Value::Text(input.text(length)?)
        }
        0xdc | 0xdd => {
            let length = sized(input, 2 << (first - 0xdc))?;
            list(input, length, depth)?
        }
        0xde | 0xdf => {
            let length = sized(input, 2 << (first - 0xde))?;
            map(input, length, depth)?
        }
        0xe0..=0xff => Value::Number((first as i8).to_string()),
        0xc1 => return Err(DecodeError::Byte(first)),
    })
}

fn sized(input: &mut Input<'_>, bytes: usize) -> Result<usize, DecodeError> {
    let length = input.unsigned(bytes)?;
    input.length(length)
}

fn list(input: &mut Input<'_>, length: usize, depth: usize) -> Result<Value, DecodeError> {
    let length = input.length(length as u64)?;
    let items = (0..length).map(|_| value(input, depth + 1));
    items.collect::<Result<_, _>>().map(Value::List)
}

fn map(input: &mut Input<'_>, length: usize, depth: usize) -> Result<Value, DecodeError> {
    let length = input.length(length as u64)?;
    let mut pairs = Vec::new();
    for _ in 0..length {
        let key = key_text(value(input, depth + 1)?);
        pairs.push((key, value(input, depth + 1)?));
    }
    Ok(Value::Map(pairs))
}

fn extension(input: &mut Input<'_>, length: usize) -> Result<Value, DecodeError> {
    let kind = input.take(1)?[0] as i8;
    let bytes = input.take(length)?.to_vec();
    Ok(Value::Marked(
        format!("ext {kind}"),
        Box::new(Value::Bytes(bytes)),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::client::payload::value::DEPTH_MAX;

    fn line(bytes: &[u8]) -> String {
        decode(bytes).map_or_else(|error| error.to_string(), |value| value.line())
    }

    #[test]
    fn every_kind_is_read() {
        for (bytes, expected) in [
            (&[0x05][..], "5"),
            (&[0xff], "-1"),
            (&[0xc0], "null"),
            (&[0xc3], "true"),
            (&[0xd1, 0xff, 0x00], "-256"),
            (&[0xcd, 0x01, 0x00], "256"),
            (&[0xcb, 0x40, 0x35, 0x80, 0, 0, 0, 0, 0], "21.5"),
            (&[0xa2, b'h', b'i'], "\"hi\""),
            (&[0xc4, 2, 1, 0xff], "h'01ff'"),
            (&[0xd4, 7, 1], "ext 7(h'01')"),
            (&[0x92, 1, 2], "[2]"),
            (&[0xc1], "byte 0xc1 means nothing there"),
            (&[0x01, 0x01], "there is more behind the value"),
            (&[0xdd, 0xff, 0xff, 0xff, 0xff], "it ends too early"),
            (&[0xa1, 0xff], "a text is not UTF-8"),
        ] {
            assert_eq!(line(bytes), expected, "{bytes:02x?}");
        }
        let map = decode(&[0x82, 0xa1, b'a', 0x01, 0x02, 0x91, 0xc2]).unwrap();
        assert_eq!(map.at(["a"]).unwrap().line(), "1");
        assert_eq!(map.at(["2", "0"]).unwrap().line(), "false");
        assert_eq!(line(&[0x91; DEPTH_MAX + 9]), "too deep or too large");
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn numbers_come_back(number in any::<i64>()) {
            let mut bytes = vec![0xd3];
            bytes.extend(number.to_be_bytes());
            prop_assert_eq!(line(&bytes), number.to_string());
        }
    }
}
