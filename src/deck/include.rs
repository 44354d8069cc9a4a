//! `<!-- include: FILE -->`: other files in the place of a line. The deck reads no files itself; whoever
//! parses it says how.

use std::path::Path;

use super::command::{self, Command};
use super::document::Warning;
use super::fence::Fence;
use super::texts;

/// Files inside files inside files; what is deeper is most likely a circle.
const DEPTH_MAX: usize = 8;
/// Lines of a deck with all its files; beyond it nothing more is taken in.
const LINES_MAX: usize = 500_000;

/// Reads the file of that path, which is relative to the deck.
///
/// # Errors
/// Why it cannot be read.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> Result<String, String>;

/// The lines of a deck with its included files, each with its number in the deck's own file.
#[derive(Default)]
pub(super) struct Lines {
    pub text: Vec<String>,
    pub numbers: Vec<usize>,
}

impl Lines {
    pub(super) fn of(source: &str, read: ReadFile<'_>, warnings: &mut Vec<Warning>) -> Lines {
        let mut lines = Lines::default();
        lines.take(source, Place::default(), read, warnings);
        lines
    }

    fn take(&mut self, source: &str, place: Place<'_>, read: ReadFile<'_>, warnings: &mut Vec<Warning>) {
        let source = source.trim_start_matches('\u{feff}').replace('\r', "");
        let mut fence: Option<Fence> = None;
        for (at, line) in source.lines().enumerate() {
            if self.text.len() >= LINES_MAX {
                return;
            }
            let number = place.number.unwrap_or(at + 1);
            match fence {
                Some(open) if open.is_closed_by(line) => fence = None,
                Some(_) => {}
                None => fence = Fence::opened_by(line),
            }
            match command::of_line(line) {
                Some(Command::Include(path)) if fence.is_none() => {
                    self.include(
                        &path,
                        Place {
                            number: Some(number),
                            ..place
                        },
                        read,
                        warnings,
                    );
                }
                _ => {
                    self.text.push(line.to_owned());
                    self.numbers.push(number);
                }
            }
        }
    }

    fn include(&mut self, path: &str, place: Place<'_>, read: ReadFile<'_>, warnings: &mut Vec<Warning>) {
        let whole = place.folder.join(path);
        let found = match place.depth < DEPTH_MAX {
            true => read(&whole),
            false => Err("…".to_owned()),
        };
        match found {
            Ok(source) => {
                let folder = whole.parent().unwrap_or(Path::new(""));
                let inside = Place {
                    folder,
                    depth: place.depth + 1,
                    ..place
                };
                self.take(&source, inside, read, warnings);
            }
            Err(why) => warnings.push(Warning {
                line: place.number.unwrap_or(1),
                text: texts::not_included(path, &why),
            }),
        }
    }
}

/// Where lines come from.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The folder of the file, relative to the deck.
    folder: &'a Path,
    depth: usize,
    /// The line of the deck's own file that all lines count as; none in the deck itself.
    number: Option<usize>,
}

impl Default for Place<'_> {
    fn default() -> Self {
        Place {
            folder: Path::new(""),
            depth: 0,
            number: None,
        }
    }
}
