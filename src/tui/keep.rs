//! What is remembered from one evening to the next, for each deck apart: what was published, messages saved by a
//! name, layouts of the panes, and colours of messages. One JSON file, read and written whole, so that two programs
//! that run at once keep each other's decks.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::markings::{self, MARKINGS_MAX, Marking};
use super::panes::publish::Draft;
use crate::util::whole_file;

/// Decks that are remembered; the one that was not opened for longest gives way.
const DECKS_MAX: usize = 64;
/// Messages remembered as sent.
pub const HISTORY_MAX: usize = 50;
/// Messages saved by name; another one is refused.
pub const PRESETS_MAX: usize = 50;
/// Layouts saved by name; another one is refused.
pub const LAYOUTS_MAX: usize = 20;
/// The longest payload that is remembered, in bytes; a longer one lives as long as the program.
const PAYLOAD_BYTES_MAX: usize = 16 * 1024;
/// How long after it broke off a show is taken up where it was, in seconds: an evening.
const BROKEN_OFF_SECONDS_MAX: u64 = 4 * 60 * 60;
/// The longest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What is remembered of a deck.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Page {
    /// When it was opened last, in seconds since 1970.
    opened: u64,
    /// What was published, the oldest first.
    history: Vec<Draft>,
    /// Messages by name.
    presets: BTreeMap<String, Draft>,
    /// Panes by the layout's name, in order.
    layouts: BTreeMap<String, Vec<String>>,
    /// Colours of messages by name: the colour and the filter.
    markings: BTreeMap<String, String>,
    /// The slide that is shown, from 0; none once the show has ended as it should.
    shown: Option<usize>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Book {
    decks: BTreeMap<String, Page>,
}

/// Why something is not remembered.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// There are as many already.
    #[error("{}", super::texts::keep_full(*.0))]
    Full(usize),
    /// The file cannot be read or written.
    #[error("{}", super::texts::keep_failed(.0))]
    File(io::Error),
    /// There is a file that is not ours, or no longer whole; what it is, and why.
    #[error("{}", super::texts::keep_damaged(.0, .1))]
    Damaged(String, String),
}

/// The memory of the deck that is shown. Clones share it.
#[derive(Clone, Default)]
pub struct Keep(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// None remembers until the end of the program only.
    place: Option<(PathBuf, String)>,
    /// The file that cannot be read, and why.
    damage: Option<(String, String)>,
    page: Page,
    /// Messages that stand in the deck itself.
    of_deck: BTreeMap<String, Draft>,
    /// Colours of messages that stand in the deck itself.
    marked_by_deck: Vec<Marking>,
    /// All colours of messages, made anew when one changes; none until they are asked for.
    markings: Option<Arc<[Marking]>>,
}

/// A message that can be had by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// What it is called.
    pub name: String,
    /// The message.
    pub draft: Draft,
    /// It stands in the deck, and is changed there.
    pub is_of_deck: bool,
}

/// Where it is kept unless something else is said.
pub fn default_path() -> Option<PathBuf> {
    Some(crate::runner::data_folder()?.join("panes.json"))
}

impl Keep {
    /// What is remembered of `deck` in the file at `path`. A file that cannot be read is left alone, and everything is
    /// remembered until the end of the program only: [`Keep::damage`] says so.
    pub fn open(path: Option<PathBuf>, deck: &str) -> Keep {
        let Some(path) = path else {
            return Keep::default();
        };
        let inner = match read(&path) {
            Ok(mut book) => Inner {
                page: book.decks.remove(deck).unwrap_or_default(),
                place: Some((path, deck.to_owned())),
                ..Inner::default()
            },
            Err(error) => Inner {
                damage: Some((path.display().to_string(), error.to_string())),
                ..Inner::default()
            },
        };
        Keep(Arc::new(Mutex::new(inner)))
    }

    /// Why nothing is remembered beyond the end of the program, where a file is in the way.
    pub fn damage(&self) -> Option<String> {
        self.lock().damaged().err().map(|error| error.to_string())
    }

    /// What was published, the oldest first.
    pub fn history(&self) -> Vec<Draft> {
        self.lock().page.history.clone()
    }

    /// Remembers what was published; twice the same in a row is once.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn publish(&self, draft: &Draft) -> Result<(), KeepError> {
        let mut inner = self.lock();
        let history = &mut inner.page.history;
        if draft.payload.len() > PAYLOAD_BYTES_MAX || history.last() == Some(draft) {
            return Ok(());
        }
        history.push(draft.clone());
        let over = history.len().saturating_sub(HISTORY_MAX);
        history.drain(..over);
        inner.write()
    }

    /// Learns the messages that stand in the deck's front matter; the first [`PRESETS_MAX`] of them.
    pub fn set_presets_of_deck(&self, presets: &BTreeMap<String, crate::deck::Preset>) {
        let draft = |preset: &crate::deck::Preset| Draft {
            subject: preset.subject.clone(),
            headers: preset.headers.clone(),
            payload: preset.payload.clone(),
            count: preset.count.clone(),
            interval: preset.interval.clone(),
            burst: preset.burst.clone(),
        };
        let presets = presets.iter().take(PRESETS_MAX);
        self.lock().of_deck = presets
            .map(|(name, preset)| (name.clone(), draft(preset)))
            .collect();
    }

    /// The messages that can be had by name: those of the deck, and those that were saved. One that was saved by the
    /// name of one of the deck's takes its place.
    pub fn presets(&self) -> Vec<Preset> {
        let inner = self.lock();
        let of_deck = inner.of_deck.iter().map(|preset| (preset, true));
        let saved = inner.page.presets.iter().map(|preset| (preset, false));
        let all: BTreeMap<&String, (&Draft, bool)> = of_deck
            .chain(saved)
            .map(|((name, draft), is_of_deck)| (name, (draft, is_of_deck)))
            .collect();
        let preset = |(name, (draft, is_of_deck)): (&String, (&Draft, bool))| Preset {
            name: name.clone(),
            draft: draft.clone(),
            is_of_deck,
        };
        all.into_iter().map(preset).collect()
    }

    /// Saves a message by a name, in the place of one of that name, or removes it.
    ///
    /// # Errors
    /// There are [`PRESETS_MAX`] already, or the file cannot be read or written.
    pub fn set_preset(&self, name: &str, draft: Option<Draft>) -> Result<(), KeepError> {
        let mut inner = self.lock();
        set(&mut inner.page.presets, name, draft, PRESETS_MAX)?;
        inner.damaged()?;
        inner.write()
    }

    /// Learns the colours of messages that stand in the deck's front matter.
    pub fn set_markings_of_deck(&self, markings: Vec<Marking>) {
        let mut inner = self.lock();
        inner.marked_by_deck = markings;
        inner.markings = None;
    }

    /// The colours of messages, those of the deck first.
    pub fn markings(&self) -> Arc<[Marking]> {
        let mut inner = self.lock();
        if let Some(known) = &inner.markings {
            return Arc::clone(known);
        }
        let all = markings::all(&inner.marked_by_deck, &inner.page.markings);
        inner.markings = Some(Arc::clone(&all));
        all
    }

    /// Those that were saved: colour and filter by the name.
    pub fn saved_markings(&self) -> BTreeMap<String, String> {
        self.lock().page.markings.clone()
    }

    /// Saves a colour of messages by a name, or removes it.
    ///
    /// # Errors
    /// There are [`MARKINGS_MAX`] already, or the file cannot be read or written.
    pub fn set_marking(&self, name: &str, text: Option<String>) -> Result<(), KeepError> {
        let mut inner = self.lock();
        set(&mut inner.page.markings, name, text, MARKINGS_MAX)?;
        inner.markings = None;
        inner.damaged()?;
        inner.write()
    }

    /// The layouts saved by name.
    pub fn layouts(&self) -> Vec<(String, Vec<String>)> {
        let layouts = &self.lock().page.layouts;
        layouts
            .iter()
            .map(|(name, panes)| (name.clone(), panes.clone()))
            .collect()
    }

    /// Saves a layout by a name, or removes it.
    ///
    /// # Errors
    /// There are [`LAYOUTS_MAX`] already, or the file cannot be read or written.
    pub fn set_layout(&self, name: &str, panes: Option<Vec<String>>) -> Result<(), KeepError> {
        let mut inner = self.lock();
        set(&mut inner.page.layouts, name, panes, LAYOUTS_MAX)?;
        inner.damaged()?;
        inner.write()
    }

    /// The slide, from 0, at which the last show ended before its time, if that was not long ago.
    pub fn broken_off(&self) -> Option<usize> {
        let inner = self.lock();
        let age = now_seconds().saturating_sub(inner.page.opened);
        inner.page.shown.filter(|_| age <= BROKEN_OFF_SECONDS_MAX)
    }

    /// Notes the slide that is shown, or that the show has ended. It is written with [`Keep::save`], which takes time.
    pub fn note_shown(&self, page: Option<usize>) {
        self.lock().page.shown = page;
    }

    /// Writes down what has been noted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self) -> Result<(), KeepError> {
        self.lock().write()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set<T>(all: &mut BTreeMap<String, T>, name: &str, value: Option<T>, most: usize) -> Result<(), KeepError> {
    let Some(value) = value else {
        all.remove(name);
        return Ok(());
    };
    if all.len() >= most && !all.contains_key(name) {
        return Err(KeepError::Full(most));
    }
    all.insert(name.to_owned(), value);
    Ok(())
}

impl Inner {
    fn damaged(&self) -> Result<(), KeepError> {
        match &self.damage {
            Some((path, why)) => Err(KeepError::Damaged(path.clone(), why.clone())),
            None => Ok(()),
        }
    }

    /// Puts the page into the file as it is by now.
    fn write(&mut self) -> Result<(), KeepError> {
        let Some((path, deck)) = &self.place else {
            return Ok(());
        };
        self.page.opened = now_seconds();
        let mut book = read(path).map_err(KeepError::File)?;
        book.decks.insert(deck.clone(), self.page.clone());
        while book.decks.len() > DECKS_MAX {
            let oldest = book.decks.iter().min_by_key(|(_, page)| page.opened);
            let Some(oldest) = oldest.map(|(deck, _)| deck.clone()) else {
                break;
            };
            book.decks.remove(&oldest);
        }
        write(path, &book).map_err(KeepError::File)
    }
}

fn now_seconds() -> u64 {
    let seconds = crate::util::time::Timestamp::now().nanos() / 1_000_000_000;
    u64::try_from(seconds).unwrap_or(0)
}

fn read(path: &Path) -> io::Result<Book> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Book::default()),
        Err(error) => return Err(error),
        Ok(meta) if meta.len() > FILE_BYTES_MAX => return Err(io::ErrorKind::FileTooLarge.into()),
        Ok(_) => {}
    }
    serde_json::from_slice(&fs::read(path)?).map_err(io::Error::other)
}

fn write(path: &Path, book: &Book) -> io::Result<()> {
    whole_file::write(path, &serde_json::to_vec(book)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deck_has_its_own_memory_and_two_programs_keep_each_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/panes.json");
        let open = |deck: &str| Keep::open(Some(path.clone()), deck);
        let (one, other) = (open("one.md"), open("other.md"));
        for subject in ["a", "b", "b"] {
            one.publish(&Draft::to(subject)).unwrap();
        }
        other.set_preset("feil", Some(Draft::to("c"))).unwrap();
        one.set_layout("sanntid", Some(vec!["messages".to_owned()]))
            .unwrap();
        assert_eq!(open("one.md").history(), [Draft::to("a"), Draft::to("b")]);
        assert!(open("one.md").presets().is_empty());
        let saved = Preset {
            name: "feil".to_owned(),
            draft: Draft::to("c"),
            is_of_deck: false,
        };
        assert_eq!(open("other.md").presets(), [saved]);
        assert_eq!(open("one.md").layouts()[0].1, ["messages"]);
        other.set_preset("feil", None).unwrap();
        assert!(open("other.md").presets().is_empty());
    }

    #[test]
    fn a_show_that_breaks_off_is_known_for_an_evening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("panes.json");
        let open = || Keep::open(Some(path.clone()), "a.md");
        assert_eq!(open().broken_off(), None);
        let keep = open();
        keep.note_shown(Some(7));
        assert_eq!(open().broken_off(), None, "nothing is written yet");
        keep.save().unwrap();
        assert_eq!(open().broken_off(), Some(7));
        keep.note_shown(None);
        keep.save().unwrap();
        assert_eq!(open().broken_off(), None);

        keep.note_shown(Some(3));
        keep.save().unwrap();
        let mut book = read(&path).unwrap();
        book.decks.get_mut("a.md").unwrap().opened -= BROKEN_OFF_SECONDS_MAX + 60;
        write(&path, &book).unwrap();
        assert_eq!(open().broken_off(), None, "another evening is another show");
    }

    #[test]
    fn messages_of_the_deck_stand_beside_those_that_were_saved() {
        let keep = Keep::default();
        let preset = |subject: &str| crate::deck::Preset {
            subject: subject.to_owned(),
            ..crate::deck::Preset::default()
        };
        let of_deck =
            [("kald", "a"), ("varm", "b")].map(|(name, subject)| (name.to_owned(), preset(subject)));
        keep.set_presets_of_deck(&of_deck.into());
        keep.set_preset("varm", Some(Draft::to("min"))).unwrap();
        let told = |keep: &Keep| -> Vec<(String, String, bool)> {
            let presets = keep.presets().into_iter();
            presets
                .map(|preset| (preset.name, preset.draft.subject, preset.is_of_deck))
                .collect()
        };
        let one = |name: &str, subject: &str, is_of_deck| (name.to_owned(), subject.to_owned(), is_of_deck);
        assert_eq!(told(&keep), [one("kald", "a", true), one("varm", "min", false)]);
        keep.set_preset("varm", None).unwrap();
        assert_eq!(told(&keep)[1], one("varm", "b", true), "the deck's is back");
    }

    #[test]
    fn every_kind_has_its_bound() {
        let keep = Keep::default();
        for n in 0..HISTORY_MAX + 3 {
            keep.publish(&Draft::to(n.to_string())).unwrap();
        }
        assert_eq!(keep.history().len(), HISTORY_MAX);
        assert_eq!(keep.history()[0], Draft::to("3"));
        for n in 0..PRESETS_MAX {
            keep.set_preset(&n.to_string(), Some(Draft::to("a"))).unwrap();
        }
        let full = keep.set_preset("one more", Some(Draft::to("a")));
        assert!(matches!(full, Err(KeepError::Full(PRESETS_MAX))));
        keep.set_preset("3", Some(Draft::to("b"))).unwrap();
        let long = Draft {
            payload: "x".repeat(PAYLOAD_BYTES_MAX + 1),
            ..Draft::to("long")
        };
        keep.publish(&long).unwrap();
        assert!(!keep.history().contains(&long));
    }

    #[test]
    fn the_deck_that_was_not_opened_for_longest_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("panes.json");
        let pages = (0..DECKS_MAX as u64).map(|n| {
            let page = Page {
                opened: n + 1,
                ..Page::default()
            };
            (format!("{n}"), page)
        });
        let book = Book {
            decks: pages.collect(),
        };
        write(&path, &book).unwrap();
        Keep::open(Some(path.clone()), "new")
            .publish(&Draft::to("a"))
            .unwrap();
        let book = read(&path).unwrap();
        assert_eq!(book.decks.len(), DECKS_MAX);
        assert!(!book.decks.contains_key("0") && book.decks.contains_key("new"));
    }

    #[test]
    fn a_file_that_is_no_memory_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("panes.json");
        fs::write(&path, "not ours").unwrap();
        let keep = Keep::open(Some(path.clone()), "a");
        keep.publish(&Draft::to("a")).unwrap();
        assert_eq!(keep.history().len(), 1);
        let told = keep
            .set_layout("b", Some(vec!["streams".to_owned()]))
            .unwrap_err();
        assert!(told.to_string().contains("panes.json"), "{told}");
        assert_eq!(keep.damage(), Some(told.to_string()));
        assert_eq!(keep.layouts().len(), 1, "until the end of the program");
        assert_eq!(fs::read_to_string(&path).unwrap(), "not ours");
    }
}
