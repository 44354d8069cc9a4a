//! Which decks may run code: our own always, others once the user has said so. The answer is kept
//! by the deck's content, so that a changed deck asks again.

use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};

use crate::util::whole_file;

/// Decks that are remembered; the oldest answers are forgotten.
const DECKS_MAX: usize = 1_000;

/// Whether the deck may run code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// It may.
    Given,
    /// Ask first.
    Unknown {
        /// The deck's hash.
        hash: String,
        /// The file that remembers; none when the user has no home.
        file: Option<PathBuf>,
    },
}

impl Trust {
    /// For a deck from outside; `folder` is where answers are kept.
    pub fn of_deck(source: &str, folder: Option<&Path>) -> Trust {
        let hash = hash(source);
        let file = folder.map(|folder| folder.join("trusted-decks"));
        let known = file.as_deref().map(read).unwrap_or_default();
        if known.contains(&hash) {
            return Trust::Given;
        }
        Trust::Unknown { hash, file }
    }

    /// The user agrees; it is remembered where that is possible.
    pub fn give(&mut self) -> io::Result<()> {
        let Trust::Unknown { hash, file } = std::mem::replace(self, Trust::Given) else {
            return Ok(());
        };
        match file {
            Some(file) => remember(&file, hash),
            None => Ok(()),
        }
    }
}

fn hash(source: &str) -> String {
    let digest = Sha256::digest(source.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What cannot be read is not trusted.
fn read(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn remember(file: &Path, hash: String) -> io::Result<()> {
    let mut known = read(file);
    known.push(hash);
    known.drain(..known.len().saturating_sub(DECKS_MAX));
    whole_file::write(file, format!("{}\n", known.join("\n")).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_kept_for_the_very_same_deck() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("goingnats");
        let mut trust = Trust::of_deck("# En", Some(&folder));
        assert_ne!(trust, Trust::Given);
        trust.give().unwrap();
        assert_eq!(trust, Trust::Given);
        assert_eq!(Trust::of_deck("# En", Some(&folder)), Trust::Given);
        assert_ne!(Trust::of_deck("# En!", Some(&folder)), Trust::Given);
        assert_ne!(Trust::of_deck("# En", None), Trust::Given);
    }
}
