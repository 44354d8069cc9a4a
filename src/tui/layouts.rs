//! Layouts: a name for some panes, or a slide that they stand beside.
//!
//! The deck's front matter names them (`layouts:` with `slide 15: messages` or `name: streams consumers`), and the
//! palette saves what is open by a name of its own, which is kept with the deck, or with the inspector. Pure.

use ratatui::crossterm::event::KeyCode;

use super::panes::{Pane, PaneKind};
use super::texts;
use crate::deck::Layouts;

/// Panes of one layout; more are not opened.
pub const PANES_MAX: usize = 4;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 40;

/// A command of the palette about layouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What is open is saved by this name.
    Save(String),
    /// The layout of this name is forgotten.
    Forget(String),
}

/// Reads `oppsett lagre NAVN` and `oppsett slett NAVN`, or the same in English.
pub fn read(line: &str) -> Option<Command> {
    let mut words = line.split_whitespace();
    let (Some("oppsett" | "layout"), Some(verb)) = (words.next(), words.next()) else {
        return None;
    };
    let name: String = words
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(NAME_CHARS_MAX)
        .collect();
    match (verb, name.is_empty()) {
        ("lagre" | "save", false) => Some(Command::Save(name)),
        ("slett" | "delete", false) => Some(Command::Forget(name)),
        _ => None,
    }
}

/// The panes that are named, without those that there are not.
pub fn panes(names: &[String]) -> Vec<PaneKind> {
    let mut kinds: Vec<PaneKind> = Vec::new();
    for kind in names.iter().filter_map(|name| PaneKind::of_word(name)) {
        if !kinds.contains(&kind) && kinds.len() < PANES_MAX {
            kinds.push(kind);
        }
    }
    kinds
}

/// A pane that was opened for a layout: one that asks for a pattern first takes the one that it offers, which is all
/// subjects.
pub fn listening(mut pane: Box<dyn Pane>) -> Box<dyn Pane> {
    if pane.kind() == PaneKind::Subscribe {
        pane.on_key(KeyCode::Enter.into());
    }
    pane
}

/// The names of panes, as [`panes`] reads them.
pub fn words(kinds: &[PaneKind]) -> Vec<String> {
    kinds.iter().map(|kind| kind.word().to_owned()).collect()
}

/// Everything that can be chosen by name: the deck's layouts, then those that were saved.
pub fn named(deck: &Layouts, saved: Vec<(String, Vec<String>)>) -> Vec<(String, Vec<PaneKind>)> {
    let of_deck = deck
        .by_name
        .iter()
        .map(|(name, panes)| (name.clone(), panes.clone()));
    of_deck
        .chain(saved)
        .map(|(name, names)| (texts::layout_entry(&name), panes(&names)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_a_layout() {
        let save = |name: &str| Some(Command::Save(name.to_owned()));
        assert_eq!(read("oppsett lagre sanntid"), save("sanntid"));
        assert_eq!(read("layout save to ord"), save("to ord"));
        assert_eq!(read("oppsett slett x"), Some(Command::Forget("x".to_owned())));
        for line in ["oppsett", "oppsett lagre", "oppsett vis x", "lagre x"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn panes_are_known_by_a_word_each_and_unknown_ones_left_out() {
        let names: Vec<String> = ["streams", "ukjent", "kv", "streams"].map(str::to_owned).into();
        let kinds = panes(&names);
        assert_eq!(kinds, [PaneKind::Streams, PaneKind::KeyValue]);
        assert_eq!(words(&kinds), ["streams", "kv"]);
        for kind in PaneKind::ALL {
            assert_eq!(PaneKind::of_word(kind.word()), Some(kind));
        }
    }
}
