//! Writing JSON as Go's `encoding/json` writes it: `<`, `>`, `&` and two line ends are escaped within texts.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// A value as JSON.
pub fn to_json(value: &impl Serialize) -> Vec<u8> {
    let mut json = Vec::with_capacity(256);
    value
        .serialize(&mut Serializer::with_formatter(&mut json, Go))
        .expect("API types have string keys and no failing serialisers");
    json
}

struct Go;

impl Formatter for Go {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (before, behind) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut chars = behind.chars();
            let escaped = chars.next().map_or(0, u32::from);
            write!(writer, "\\u{escaped:04x}")?;
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;

    #[test]
    fn what_html_would_trip_over_is_escaped() {
        let json = to_json(&["s.>", "<nil> & \u{2028}", "\"æ\n"]);
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"["s.\u003e","\u003cnil\u003e \u0026 \u2028","\"æ\n"]"#
        );
    }
}
