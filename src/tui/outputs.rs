//! What code blocks wrote when they were run last, and how living ones looked when they were last seen, kept for
//! exports: a file a block, named by its code, that only its user can read.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ratatui::buffer::Buffer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::jobs::{BlockId, Jobs};
use super::still;
use crate::deck::{CodeBlock, Deck};
use crate::runner::{Job, JobView, OutputLine, Status, Stream};
use crate::util::whole_file;

/// Newest lines that are kept of a block.
const LINES_MAX: usize = 1_000;
/// Blocks that are kept; the ones run longest ago are forgotten.
const BLOCKS_MAX: usize = 500;
/// Largest file that is read, in bytes: [`LINES_MAX`] lines may be long.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// A block's output on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// `done`, `killed`, `cancelled` or `failed`.
    status: String,
    /// The exit code, or the signal.
    code: i32,
    took_ms: u64,
    /// `out`, `err` or `note`, and the text.
    lines: Vec<(String, String)>,
}

impl Kept {
    /// What the job has written so far. One that is still at work ends with whoever keeps it.
    pub fn of(view: &JobView) -> Kept {
        let (status, code) = match view.status {
            Status::Done { code } => ("done", code),
            Status::Killed { signal } => ("killed", signal),
            Status::Failed => ("failed", 0),
            Status::Cancelled | Status::Running => ("cancelled", 0),
        };
        let lines = view.tail(LINES_MAX).into_iter().map(|line| {
            let stream = match line.stream {
                Stream::Out => "out",
                Stream::Err => "err",
                Stream::Note => "note",
            };
            (stream.to_owned(), line.text)
        });
        Kept {
            status: status.to_owned(),
            code,
            took_ms: u64::try_from(view.elapsed().as_millis()).unwrap_or(u64::MAX),
            lines: lines.collect(),
        }
    }

    /// How a living block looks, as what it wrote: a line a row.
    pub fn of_picture(picture: &Buffer) -> Kept {
        let rows = still::rows_in(picture, picture.area).into_iter();
        Kept {
            status: "done".to_owned(),
            code: 0,
            took_ms: 0,
            lines: rows.map(|row| ("out".to_owned(), row)).collect(),
        }
    }

    /// A job that has ended with this.
    pub fn job(self) -> Job {
        let status = match self.status.as_str() {
            "done" => Status::Done { code: self.code },
            "killed" => Status::Killed { signal: self.code },
            "failed" => Status::Failed,
            _ => Status::Cancelled,
        };
        let lines = self.lines.into_iter().map(|(stream, text)| {
            let stream = match stream.as_str() {
                "err" => Stream::Err,
                "note" => Stream::Note,
                _ => Stream::Out,
            };
            OutputLine { stream, text }
        });
        Job::ended(lines, status, Duration::from_millis(self.took_ms))
    }

    /// Keeps it in `folder` as the output of that block.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&self, folder: &Path, name: &str) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        forget_the_oldest(folder)?;
        whole_file::write(&folder.join(name), &serde_json::to_vec(self)?)
    }
}

/// The name of the file that holds a block's output. Of one that lives, the same command may be shown in several ways.
pub fn name_of(code: &CodeBlock) -> String {
    let kind = match code.live {
        Some(_) => code.info.as_str(),
        None => code.language.as_deref().unwrap_or_default(),
    };
    let mut hash = Sha256::new();
    hash.update(kind);
    hash.update([0]);
    hash.update(&code.run);
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.json")
}

/// What the blocks of the deck wrote when they were run last, as far as that is kept in `folder`.
pub fn of_deck(deck: &Deck, folder: &Path) -> Jobs {
    let mut jobs = Jobs::default();
    for (slide, block, code) in deck.blocks() {
        if let Some(kept) = read(&folder.join(name_of(code))) {
            jobs.put(BlockId { slide, block }, std::rc::Rc::new(kept.job()));
        }
    }
    jobs
}

/// A file that is gone or broken is the same as a block that was never run.
fn read(file: &Path) -> Option<Kept> {
    let size = std::fs::metadata(file).ok()?.len();
    let text = (size <= FILE_BYTES_MAX).then(|| std::fs::read(file))?.ok()?;
    serde_json::from_slice(&text).ok()
}

fn forget_the_oldest(folder: &Path) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    if files.len() >= BLOCKS_MAX {
        files.sort();
        let many = files.len() + 1 - BLOCKS_MAX;
        for (_, file) in files.into_iter().take(many) {
            std::fs::remove_file(file)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_output_of_a_block_is_found_by_its_code_and_only_the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let deck = Deck::parse("# A\n\n```bash\necho a\n```\n---\n```bash\necho b\n```");
        let kept = Kept {
            status: "done".to_owned(),
            code: 3,
            took_ms: 1_500,
            lines: vec![
                ("out".to_owned(), "a".to_owned()),
                ("err".to_owned(), "æ".to_owned()),
            ],
        };
        let name = |slide: usize| name_of(&deck.slides[slide].code[0]);
        let file = name(0);
        kept.keep(folder.path(), &file).unwrap();
        let mode = std::fs::metadata(folder.path().join(&file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "it is its user's alone");

        let jobs = of_deck(&deck, folder.path());
        let at = |slide| BlockId { slide, block: 0 };
        assert!(jobs.get(at(1)).is_none());
        let view = jobs.get(at(0)).unwrap().job.view();
        assert_eq!(view.status, Status::Done { code: 3 });
        assert_eq!(Kept::of(&view), kept);
        drop(view);

        std::fs::write(folder.path().join(name(1)), "{").unwrap();
        assert!(
            of_deck(&deck, folder.path()).get(at(1)).is_none(),
            "broken is none"
        );
        for number in 0..BLOCKS_MAX {
            kept.keep(folder.path(), &format!("{number}.json")).unwrap();
        }
        let count = std::fs::read_dir(folder.path()).unwrap().count();
        assert!(count <= BLOCKS_MAX, "{count}");
    }
}
