//! The colours of `<span style="color: red">`, as presenterm has them.

use crate::deck::style::Rgb;

/// The colours that have a name.
const NAMED: [(&str, Rgb); 16] = [
    ("black", [0, 0, 0]),
    ("white", [255, 255, 255]),
    ("grey", [150, 150, 150]),
    ("gray", [150, 150, 150]),
    ("red", [224, 60, 60]),
    ("dark_red", [139, 0, 0]),
    ("green", [60, 180, 75]),
    ("dark_green", [0, 100, 0]),
    ("blue", [70, 130, 240]),
    ("dark_blue", [0, 0, 139]),
    ("yellow", [240, 200, 40]),
    ("dark_yellow", [155, 135, 12]),
    ("magenta", [210, 80, 210]),
    ("dark_magenta", [139, 0, 139]),
    ("cyan", [60, 190, 210]),
    ("dark_cyan", [0, 139, 139]),
];

/// The colours of letters and ground that a tag asks for; none of either where it names none that is known.
pub(super) fn of_tag(tag: &str) -> (Option<Rgb>, Option<Rgb>) {
    let style = tag
        .split_once("style=")
        .and_then(|(_, rest)| rest.split(['"', '\'']).nth(1))
        .unwrap_or_default();
    let value = |wanted: &str| {
        let mut rules = style.split(';').filter_map(|rule| rule.split_once(':'));
        rules.find_map(|(name, value)| (name.trim() == wanted).then(|| colour(value.trim()))?)
    };
    (value("color"), value("background-color"))
}

fn colour(text: &str) -> Option<Rgb> {
    if let Some((_, named)) = NAMED.iter().find(|(name, _)| *name == text) {
        return Some(*named);
    }
    let digits = text.strip_prefix('#').unwrap_or(text);
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    match digits.len() {
        6 => Some([part(0)?, part(2)?, part(4)?]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_names_or_six_digits() {
        for (tag, expected) in [
            ("<span style=\"color: red\">", (Some([224, 60, 60]), None)),
            (
                "<span style='color:#0A0b0c; background-color: black'>",
                (Some([10, 11, 12]), Some([0, 0, 0])),
            ),
            (
                "<span style=\"background-color: ff00ff\">",
                (None, Some([255, 0, 255])),
            ),
            ("<span class=\"noice\">", (None, None)),
            ("<span style=\"color: palette:x\">", (None, None)),
            ("<span style=\"color: #æøå\">", (None, None)),
            ("<span style=", (None, None)),
        ] {
            assert_eq!(of_tag(tag), expected, "{tag}");
        }
    }
}
