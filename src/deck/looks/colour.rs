//! Colours as presenterm writes them: by name, by six digits, or by a name that the deck gives them.

use std::collections::BTreeMap;

use crate::deck::style::{Rgb, rgb};

/// The colours of letters and of the ground, where they are asked for.
pub type Tint = (Option<Rgb>, Option<Rgb>);

/// The colours that a deck gives a name, and its pairs of letters and ground.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Palette {
    colours: BTreeMap<String, Rgb>,
    classes: BTreeMap<String, Tint>,
}

/// The colours that always have a name.
const NAMED: [(&str, Rgb); 18] = [
    ("black", [0, 0, 0]),
    ("white", [255, 255, 255]),
    ("grey", [150, 150, 150]),
    ("gray", [150, 150, 150]),
    ("dark_grey", [90, 90, 90]),
    ("red", [224, 60, 60]),
    ("dark_red", [139, 0, 0]),
    ("orange", [240, 140, 40]),
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

impl Palette {
    /// Gives a colour a name.
    pub(super) fn name(&mut self, name: &str, colour: Rgb) {
        self.colours.insert(name.to_owned(), colour);
    }

    /// Gives a pair of colours a name.
    pub(super) fn name_class(&mut self, name: &str, tint: Tint) {
        self.classes.insert(name.to_owned(), tint);
    }

    /// These names, and those of another where they are none of these.
    pub(super) fn over(self, mut base: Palette) -> Palette {
        base.colours.extend(self.colours);
        base.classes.extend(self.classes);
        base
    }

    /// The pair of that name.
    pub fn class(&self, name: &str) -> Option<Tint> {
        self.classes.get(name).copied()
    }

    /// The colour that a text names: `red`, `ff0000`, `#ff0000`, `rgb_(255,0,0)`, `palette:NAME` or `p:NAME`.
    pub fn colour(&self, text: &str) -> Option<Rgb> {
        if let Some(name) = text.strip_prefix("palette:").or(text.strip_prefix("p:")) {
            return self.colours.get(name.trim()).copied();
        }
        if let Some((_, named)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Some(*named);
        }
        if let Some(parts) = text.strip_prefix("rgb_(").and_then(|rest| rest.strip_suffix(')')) {
            let parts: Vec<u8> = parts
                .split(',')
                .map(|part| part.trim().parse().ok())
                .collect::<Option<_>>()?;
            return parts.try_into().ok();
        }
        rgb(text.strip_prefix('#').unwrap_or(text))
    }

    /// The colours of letters and ground that a `<span>` asks for; none of either where it names none that is known.
    pub fn of_tag(&self, tag: &str) -> Tint {
        let attribute = |name: &str| {
            let (_, rest) = tag.split_once(name)?;
            rest.split(['"', '\'']).nth(1)
        };
        let style = attribute("style=").unwrap_or_default();
        let value = |wanted: &str| {
            let mut rules = style.split(';').filter_map(|rule| rule.split_once(':'));
            rules.find_map(|(name, value)| (name.trim() == wanted).then(|| self.colour(value.trim()))?)
        };
        let (letters, ground) = attribute("class=")
            .and_then(|class| self.class(class.trim()))
            .unwrap_or_default();
        (value("color").or(letters), value("background-color").or(ground))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_names_or_six_digits() {
        let mut palette = Palette::default();
        palette.name("x", [1, 2, 3]);
        palette.name_class("viktig", (Some([4, 5, 6]), None));
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
            ("<span class=\"viktig\">", (Some([4, 5, 6]), None)),
            ("<span style=\"color: palette:x\">", (Some([1, 2, 3]), None)),
            ("<span style=\"color: p:y\">", (None, None)),
            ("<span style=\"color: rgb_(1, 2,3)\">", (Some([1, 2, 3]), None)),
            ("<span style=\"color: rgb_(1,2)\">", (None, None)),
            ("<span style=\"color: #æøå\">", (None, None)),
            ("<span style=", (None, None)),
        ] {
            assert_eq!(palette.of_tag(tag), expected, "{tag}");
        }
    }
}
