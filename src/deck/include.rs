//! Other files in the deck: `<!-- include: FILE -->` in the place of a line, and presenterm's fences of `file`,
//! which hold the path of the code to show. The deck reads no files itself; whoever parses it says how.

use std::path::Path;

use super::command::{self, Command};
use super::document::Warning;
use super::fence::Fence;
use super::texts;

/// Files inside files inside files; what is deeper is most likely a circle.
const DEPTH_MAX: usize = 8;
/// Lines of a deck with all its files; beyond it nothing more is taken in.
const LINES_MAX: usize = 500_000;
/// What code of another file stands between: longer than any fence in it is likely to be.
const FILE_FENCE: &str = "``````````";

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
    /// The lines of `source`, whose commands begin with `prefix`.
    pub(super) fn of(source: &str, prefix: &str, read: ReadFile<'_>, warnings: &mut Vec<Warning>) -> Lines {
        let mut lines = Lines::default();
        let place = Place {
            prefix,
            ..Place::default()
        };
        lines.take(source, place, read, warnings);
        lines
    }

    fn take(&mut self, source: &str, place: Place<'_>, read: ReadFile<'_>, warnings: &mut Vec<Warning>) {
        let source = source.trim_start_matches('\u{feff}').replace('\r', "");
        let mut fence: Option<Fence> = None;
        let mut skip_to = 0;
        let lines: Vec<&str> = source.lines().collect();
        for (at, line) in lines.iter().copied().enumerate() {
            if at < skip_to {
                continue;
            }
            if self.text.len() >= LINES_MAX {
                return;
            }
            let number = place.number.unwrap_or(at + 1);
            let was_open = fence.is_some();
            match fence {
                Some(open) if open.is_closed_by(line) => fence = None,
                Some(_) => {}
                None => fence = Fence::opened_by(line),
            }
            if let (false, Some(open), Some(attributes)) = (was_open, fence, file_fence(line)) {
                let body: Vec<&str> = lines[at + 1..]
                    .iter()
                    .copied()
                    .take_while(|line| !open.is_closed_by(line))
                    .collect();
                let place = Place {
                    number: Some(number),
                    ..place
                };
                if self.take_code(attributes, &body, place, read, warnings) {
                    skip_to = at + body.len() + 2;
                    fence = None;
                    continue;
                }
            }
            let line = match fence {
                None => command::without_prefix(line, place.prefix),
                Some(_) => line.into(),
            };
            match command::of_line(&line) {
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
                    self.text.push(line.into_owned());
                    self.numbers.push(number);
                }
            }
        }
    }

    /// The code of another file as a block; false when it cannot be had, and the block stays what it is.
    fn take_code(
        &mut self,
        attributes: &str,
        body: &[&str],
        place: Place<'_>,
        read: ReadFile<'_>,
        warnings: &mut Vec<Warning>,
    ) -> bool {
        let value = |key: &str| {
            let mut lines = body.iter();
            lines.find_map(|line| Some(line.strip_prefix(key)?.trim_start().strip_prefix(':')?.trim()))
        };
        let number = place.number.unwrap_or(1);
        let Some(path) = value("path") else { return false };
        let source = match read(&place.folder.join(path)) {
            Ok(source) => source.replace('\r', ""),
            Err(why) => {
                warnings.push(Warning::new(number, texts::not_included(path, &why)));
                return false;
            }
        };
        let bound = |key: &str| value(key).and_then(|line| line.parse::<usize>().ok());
        let first = bound("start_line").unwrap_or(1).max(1);
        let last = bound("end_line").unwrap_or(usize::MAX);
        let language = value("language").unwrap_or_default();
        let count = last.saturating_sub(first - 1);
        let code = source.lines().skip(first - 1).take(count);
        let block = std::iter::once(format!("{FILE_FENCE}{language}{attributes}"))
            .chain(code.map(str::to_owned))
            .chain([FILE_FENCE.to_owned()]);
        let room = LINES_MAX.saturating_sub(self.text.len());
        for line in block.take(room) {
            self.text.push(line);
            self.numbers.push(number);
        }
        true
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
            Err(why) => {
                let line = place.number.unwrap_or(1);
                warnings.push(Warning::new(line, texts::not_included(path, &why)));
            }
        }
    }
}

/// What stands behind the word in a fence of `file`.
fn file_fence(line: &str) -> Option<&str> {
    let info = line.trim_start().trim_start_matches(['`', '~']);
    let attributes = info.strip_prefix("file")?;
    (attributes.is_empty() || attributes.starts_with(char::is_whitespace)).then_some(attributes)
}

/// Where lines come from.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The folder of the file, relative to the deck.
    folder: &'a Path,
    depth: usize,
    /// The line of the deck's own file that all lines count as; none in the deck itself.
    number: Option<usize>,
    /// What commands begin with.
    prefix: &'a str,
}

impl Default for Place<'_> {
    fn default() -> Self {
        Place {
            folder: Path::new(""),
            depth: 0,
            number: None,
            prefix: "",
        }
    }
}
