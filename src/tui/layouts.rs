//! Layouts: a name for some panes, or a slide that they stand beside.
//!
//! The deck's front matter names them (`layouts:` with `slide 15: messages` or `name: streams consumers`), and the
//! palette saves what is open by a name of its own, which is kept with the deck, or with the inspector. What stands
//! behind a pane's word is for the pane ([`Pane::obey`]): `slide 15: messages hello.> rows=3, streams SENSORS`. Pure.

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

/// A pane of a layout, and what it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which pane.
    pub kind: PaneKind,
    /// What it is told once it is open.
    pub arguments: Vec<String>,
}

impl Place {
    /// A pane that is told nothing.
    pub fn of(kind: PaneKind) -> Place {
        Place {
            kind,
            arguments: Vec::new(),
        }
    }
}

/// The panes that are named, without those that there are not. A word that is none belongs to the pane before it; one
/// text may hold a pane and all that it is told.
pub fn places(words: &[String]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    // What belongs to a pane that is not taken belongs to none.
    let mut is_taken = false;
    for word in words {
        let (first, rest) = word.split_once(' ').unwrap_or((word, ""));
        match PaneKind::of_word(first) {
            Some(kind) => {
                is_taken = places.len() < PANES_MAX && places.iter().all(|place| place.kind != kind);
                if is_taken {
                    let arguments = rest.split_whitespace().map(str::to_owned).collect();
                    places.push(Place { kind, arguments });
                }
            }
            None => {
                if let Some(last) = places.last_mut().filter(|_| is_taken) {
                    last.arguments.push(word.clone());
                }
            }
        }
    }
    places
}

/// A pane that was opened for a layout: it is told what the layout says, and one that still asks for a pattern takes
/// the one that it offers, which is all subjects.
pub fn listening(mut pane: Box<dyn Pane>, arguments: &[String]) -> Box<dyn Pane> {
    for argument in arguments {
        pane.obey(argument);
    }
    if pane.kind() == PaneKind::Subscribe && pane.takes_text() {
        pane.on_key(KeyCode::Enter.into());
    }
    pane
}

/// Panes in words, as [`places`] reads them.
pub fn words(places: &[Place]) -> Vec<String> {
    let words = |place: &Place| {
        let kind = std::iter::once(place.kind.word().to_owned());
        kind.chain(place.arguments.iter().cloned()).collect::<Vec<_>>()
    };
    places.iter().flat_map(words).collect()
}

/// Everything that can be chosen by name: the deck's layouts, then those that were saved.
pub fn named(deck: &Layouts, saved: Vec<(String, Vec<String>)>) -> Vec<(String, Vec<Place>)> {
    let of_deck = deck
        .by_name
        .iter()
        .map(|(name, panes)| (name.clone(), panes.clone()));
    of_deck
        .chain(saved)
        .map(|(name, words)| (texts::layout_entry(&name), places(&words)))
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
        let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let names = texts(&["ukjent", "streams", "kv", "streams", "igjen"]);
        let found = places(&names);
        assert_eq!(
            found,
            [Place::of(PaneKind::Streams), Place::of(PaneKind::KeyValue)]
        );
        assert_eq!(words(&found), ["streams", "kv"]);
        for kind in PaneKind::ALL {
            assert_eq!(PaneKind::of_word(kind.word()), Some(kind));
        }
    }

    #[test]
    fn what_stands_behind_a_pane_is_for_the_pane() {
        let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let place = |kind, arguments: &[&str]| Place {
            kind,
            arguments: texts(arguments),
        };
        let expected = [
            place(PaneKind::Subscribe, &["hello.>", "rows=3"]),
            place(PaneKind::Streams, &["SENSORS"]),
        ];
        for written in [
            &["messages", "hello.>", "rows=3", "streams", "SENSORS"][..],
            &["messages hello.> rows=3", "streams SENSORS"],
        ] {
            assert_eq!(places(&texts(written)), expected);
        }
        let queue = [place(PaneKind::Subscribe, &["ordre.> arbeidere"])];
        assert_eq!(places(&words(&queue)), queue);
    }
}
