//! What a deck says of messages' colours: `highlight:` with a name, a colour and a filter each.

use serde_json::Value;

use crate::deck::looks::Palette;
use crate::deck::style::Rgb;
use crate::deck::texts;

/// A colour for the messages that a filter lets through. What the filter means is for the panes to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marking {
    /// What they are called.
    pub name: String,
    /// Their colour.
    pub colour: Rgb,
    /// Which they are.
    pub filter: String,
    /// The line of the file that says so, from 1.
    pub line: usize,
}

/// A line of `highlight:`, or where and why it is none.
type Read = Result<Marking, (usize, String)>;

/// Takes `red .temp > 30` apart: the colour and the filter.
///
/// # Errors
/// What is wrong, for people to read.
pub fn coloured(text: &str) -> Result<(Rgb, &str), String> {
    let (colour, filter) = text.trim().split_once(char::is_whitespace).unwrap_or((text, ""));
    match (Palette::default().colour(colour), filter.trim()) {
        (None, _) => Err(texts::unknown_colour(colour)),
        (Some(_), "") => Err(texts::no_filter().to_owned()),
        (Some(colour), filter) => Ok((colour, filter)),
    }
}

/// The lines of `highlight:` in the order of the file, and why some of them are none. `line_of` knows where a name
/// stands.
pub(super) fn markings(value: &Value, line_of: impl Fn(&str) -> usize) -> Result<Vec<Read>, ()> {
    let mut found: Vec<(usize, Result<Marking, String>)> = value
        .as_object()
        .ok_or(())?
        .iter()
        .map(|(name, value)| {
            let line = line_of(name);
            (line, marking(name, value, line))
        })
        .collect();
    found.sort_by_key(|(line, _)| *line);
    Ok(found
        .into_iter()
        .map(|(line, marking)| marking.map_err(|why| (line, why)))
        .collect())
}

fn marking(name: &str, value: &Value, line: usize) -> Result<Marking, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(parts) => {
            let part = |name: &str| parts.get(name).and_then(Value::as_str).unwrap_or_default();
            let colour = if parts.contains_key("color") {
                "color"
            } else {
                "colour"
            };
            format!("{} {}", part(colour), part("filter"))
        }
        _ => return Err(texts::bad_markings().to_owned()),
    };
    let (colour, filter) = coloured(&text).map_err(|why| texts::bad_marking(name, &why))?;
    Ok(Marking {
        name: name.to_owned(),
        colour,
        filter: filter.to_owned(),
        line,
    })
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn messages_have_the_colours_of_the_deck_in_the_order_of_the_file() {
        let yaml = "theme: dark\nhighlight:\n  varmt: red .temp > 30\n  igjen: {colour: \"#ff8800\", filter: delivered > 1}\n";
        let mut warnings = Vec::new();
        let front = read(yaml, 2, &mut warnings).unwrap();
        let marking = |name: &str, colour, filter: &str, line| Marking {
            name: name.to_owned(),
            colour,
            filter: filter.to_owned(),
            line,
        };
        assert_eq!(
            front.markings,
            [
                marking("varmt", [224, 60, 60], ".temp > 30", 4),
                marking("igjen", [255, 0x88, 0], "delivered > 1", 5),
            ]
        );
        assert!(warnings.is_empty());
    }

    #[test]
    fn what_is_no_colour_or_no_filter_is_named_with_its_line() {
        let yaml = "highlight:\n  a: rosa x\n  b: red\n  c: [1]\n  d: blue x\n";
        let mut warnings = Vec::new();
        let front = read(yaml, 2, &mut warnings).unwrap();
        assert_eq!(front.markings.len(), 1);
        let told: Vec<(usize, bool)> = warnings
            .iter()
            .map(|warning| (warning.line, warning.text.contains("rosa")))
            .collect();
        assert_eq!(told, [(3, true), (4, false), (5, false)], "{warnings:?}");
        let mut warnings = Vec::new();
        read("highlight: red\n", 1, &mut warnings);
        assert_eq!((warnings.len(), warnings[0].line), (1, 1));
    }
}
