//! The project's own labs, and those of a folder.

use std::path::Path;

use super::file::{Error, Lab};
use super::progress::Progress;
use crate::deck::Slide;

macro_rules! labs {
    ($($name:literal),* $(,)?) => {
        /// File names and sources, in the order of the evening.
        const SOURCES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../labs/", $name)))),*];
    };
}

labs![
    "01-forste-melding.md",
    "02-hierarki.md",
    "03-sporsmal-og-svar.md",
    "04-del-arbeidet.md",
    "05-streams.md",
    "06-hva-blir-igjen.md",
    "07-gjennomsnitt.md",
    "08-onsket-tilstand.md",
    "09-stor-fil.md",
    "10-ingen-klarer-den.md",
    "11-spol-tilbake.md",
    "12-leietakere.md",
    "13-se-hva-som-skjer.md",
    "14-finale.md",
];

/// Most labs that are read from a folder.
const LABS_MAX: usize = 200;

/// The built-in labs.
///
/// # Panics
/// Never: a test reads them all.
pub fn builtin() -> Vec<Lab> {
    SOURCES
        .iter()
        .map(|(name, source)| {
            Lab::parse(&Path::new("labs").join(name), source).expect("a test reads every built-in lab")
        })
        .collect()
}

/// The labs of a folder, by file name.
///
/// # Errors
/// The first file that cannot be read, or two labs with one id.
pub fn in_folder(folder: &Path) -> Result<Vec<Lab>, Error> {
    let unreadable = |file: &Path, text: String| Error {
        file: file.to_owned(),
        line: 1,
        text,
    };
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error.to_string()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "md"));
    files.sort();
    files.truncate(LABS_MAX);
    let mut labs: Vec<Lab> = Vec::new();
    for file in files {
        let source = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, error.to_string()))?;
        let lab = Lab::parse(&file, &source)?;
        if labs.iter().any(|other| other.id == lab.id) {
            return Err(unreadable(&file, format!("the id {:?} is there twice", lab.id)));
        }
        labs.push(lab);
    }
    Ok(labs)
}

/// The labs of a slide: those that it names, else those that name its title.
pub fn of_slide<'a, L: std::borrow::Borrow<Lab>>(labs: &'a [L], slide: &Slide) -> Vec<&'a L> {
    let named = slide
        .labs()
        .filter_map(|id| labs.iter().find(|lab| lab_of(*lab).id == id));
    let named: Vec<&L> = named.collect();
    if !named.is_empty() {
        return named;
    }
    let names_it = |lab: &&L| lab_of(*lab).slides.iter().any(|title| title == slide.title());
    labs.iter().filter(names_it).collect()
}

fn lab_of<L: std::borrow::Borrow<Lab>>(lab: &L) -> &Lab {
    lab.borrow()
}

/// The first lab that is not finished.
pub fn next_undone<'a>(labs: &'a [Lab], progress: &Progress) -> Option<&'a Lab> {
    labs.iter().find(|lab| progress.passed(lab) < lab.steps.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_lab_is_read_and_follows_known_ones() {
        let labs = builtin();
        for (index, lab) in labs.iter().enumerate() {
            let earlier = &labs[..index];
            assert!(earlier.iter().all(|other| other.id != lab.id), "{}", lab.id);
            for after in &lab.after {
                assert!(
                    earlier.iter().any(|other| other.id == *after),
                    "{} after {after}",
                    lab.id
                );
            }
        }
    }
}
