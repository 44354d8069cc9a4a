//! Messages in a colour of their own: by a name, a colour and a filter each.
//!
//! The deck's front matter has some (`highlight:`), others are set on the palette (`marker varmt: red .temp > 30`) and
//! kept with the deck, or with the inspector. The first that fits a message is its colour. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use ratatui::style::{Modifier, Style};

use super::keep::{Keep, KeepError};
use super::texts;
use super::theme::Theme;
use crate::client::filter::{Filter, Message};
use crate::deck::{self, Rgb, Role, Warning};

/// Colours at a time; more than these nobody tells apart.
pub const MARKINGS_MAX: usize = 12;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 24;

/// A colour for the messages that a filter lets through.
#[derive(Debug, Clone)]
pub struct Marking {
    /// What they are called.
    pub name: String,
    colour: Rgb,
    filter: Filter,
}

impl Marking {
    /// Reads `red .temp > 30`.
    ///
    /// # Errors
    /// What is wrong, for people to read.
    pub fn read(name: &str, text: &str) -> Result<Marking, String> {
        let (colour, filter) = deck::coloured(text)?;
        Marking::of(name, colour, filter)
    }

    fn of(name: &str, colour: Rgb, filter: &str) -> Result<Marking, String> {
        let filter = Filter::parse(filter).map_err(|error| texts::no_filter(&error.to_string()))?;
        Ok(Marking {
            name: short(name),
            colour,
            filter,
        })
    }

    /// How its messages look. Where there are no colours they are bold.
    pub fn style(&self, theme: &Theme) -> Style {
        let style = theme.role(Role::Tinted(Some(self.colour), None));
        style.add_modifier(Modifier::BOLD)
    }
}

fn short(name: &str) -> String {
    name.trim().chars().take(NAME_CHARS_MAX).collect()
}

/// The first that fits a message.
pub fn first<'a>(markings: &'a [Marking], message: Message<'_>) -> Option<&'a Marking> {
    markings.iter().find(|marking| marking.filter.matches(message))
}

/// Those of a deck, and what is wrong with others, with the line.
pub fn of_deck(of_deck: &[deck::Marking]) -> (Vec<Marking>, Vec<Warning>) {
    let (mut markings, mut warnings) = (Vec::new(), Vec::new());
    for own in of_deck {
        let read = match markings.len() < MARKINGS_MAX {
            true => Marking::of(&own.name, own.colour, &own.filter),
            false => Err(texts::too_many_markings(MARKINGS_MAX)),
        };
        match read {
            Ok(marking) => markings.push(marking),
            Err(why) => warnings.push(Warning::loud(own.line, format!("highlight {}: {why}", own.name))),
        }
    }
    (markings, warnings)
}

/// The deck's, then those that were saved; one that was saved by the name of one of the deck's takes its place.
pub fn all(of_deck: &[Marking], saved: &BTreeMap<String, String>) -> Arc<[Marking]> {
    let saved = saved
        .iter()
        .filter_map(|(name, text)| Marking::read(name, text).ok());
    let mut all: Vec<Marking> = of_deck.to_vec();
    for marking in saved {
        match all.iter_mut().find(|own| own.name == marking.name) {
            Some(own) => *own = marking,
            None => all.push(marking),
        }
    }
    all.truncate(MARKINGS_MAX);
    all.into()
}

/// A command of the palette about colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Messages by this name have a colour: name, colour and filter.
    Set(String, String),
    /// The colour of this name goes.
    Forget(String),
}

/// Reads `marker NAVN: FARGE FILTER` and `marker slett NAVN`, or the same in English.
pub fn read(line: &str) -> Option<Command> {
    let (verb, rest) = line.trim().split_once(' ')?;
    if !matches!(verb, "marker" | "highlight") {
        return None;
    }
    let rest = rest.trim();
    if let Some((name, text)) = rest.split_once(": ").filter(|(name, _)| !name.trim().is_empty()) {
        return Some(Command::Set(name.trim().to_owned(), text.trim().to_owned()));
    }
    let (verb, name) = rest.split_once(' ')?;
    let forgets = matches!(verb, "slett" | "delete");
    forgets.then(|| Command::Forget(name.trim().to_owned()))
}

/// Does what a command says, and tells so.
///
/// # Errors
/// What is wrong, for people to read.
pub fn obey(command: Command, keep: &Keep) -> Result<String, String> {
    let told =
        |kept: Result<(), KeepError>, said: String| kept.map(|()| said).map_err(|error| error.to_string());
    match command {
        Command::Set(name, text) => {
            let marking = Marking::read(&name, &text)?;
            let said = texts::marking_set(&marking.name, marking.filter.text());
            told(keep.set_marking(&marking.name, Some(text)), said)
        }
        Command::Forget(name) => {
            let name = short(&name);
            let is_saved = keep.saved_markings().contains_key(&name);
            if !is_saved {
                return Err(texts::no_marking(&name));
            }
            told(keep.set_marking(&name, None), texts::marking_forgotten(&name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(payload: &str) -> Message<'_> {
        Message {
            subject: "a",
            reply: None,
            headers: &[],
            payload: payload.as_bytes(),
        }
    }

    #[test]
    fn the_first_that_fits_is_the_colour() {
        let keep = Keep::default();
        let deck = |name: &str, filter: &str, line| deck::Marking {
            name: name.to_owned(),
            colour: [1, 2, 3],
            filter: filter.to_owned(),
            line,
        };
        let (markings, warnings) = of_deck(&[
            deck("varm", ".t > 30", 4),
            deck("gal", "(", 5),
            deck("x", "feil", 6),
        ]);
        assert_eq!((warnings.len(), warnings[0].line), (1, 5));
        assert!(warnings[0].text.contains("gal"));
        keep.set_markings_of_deck(markings);
        let name = |keep: &Keep, payload| {
            let markings = keep.markings();
            first(&markings, message(payload)).map(|marking| marking.name.clone())
        };
        assert_eq!(name(&keep, "{\"t\": 31}").as_deref(), Some("varm"));
        assert_eq!(
            name(&keep, "{\"t\": 31, \"x\": \"feil\"}").as_deref(),
            Some("varm")
        );
        assert_eq!(name(&keep, "feil").as_deref(), Some("x"));
        assert_eq!(name(&keep, "ok"), None);
        let set = read("marker varm: red .t > 90").unwrap();
        obey(set, &keep).unwrap();
        assert_eq!(name(&keep, "{\"t\": 31}"), None, "the saved one takes its place");
        obey(read("highlight delete varm").unwrap(), &keep).unwrap();
        assert_eq!(name(&keep, "{\"t\": 31}").as_deref(), Some("varm"));
    }

    #[test]
    fn commands_say_what_is_wrong_with_them() {
        let keep = Keep::default();
        for (line, wrong) in [
            ("marker a: rosa x", "rosa"),
            ("marker a: red", "filter"),
            ("marker a: red (", "filter"),
            ("marker slett borte", "borte"),
        ] {
            let why = obey(read(line).unwrap(), &keep).unwrap_err();
            assert!(why.contains(wrong), "{line}: {why}");
        }
        for line in ["marker", "marker x", "merk a: red x", "marker : red x"] {
            assert_eq!(read(line), None, "{line}");
        }
        for n in 0..MARKINGS_MAX {
            obey(Command::Set(n.to_string(), "red x".to_owned()), &keep).unwrap();
        }
        assert!(obey(Command::Set("en til".to_owned(), "red x".to_owned()), &keep).is_err());
    }
}
