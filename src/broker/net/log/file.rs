//! A log file that is put aside when it has grown too large.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How a file that was put aside is named behind the log's own name: the time, so that names sort by age.
const STAMP: &str = "%Y.%m.%d.%H.%M.%S.%9f";

/// An open log file.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
    /// Put aside when larger; 0 for never. Doubled when that failed.
    limit: u64,
    /// Files kept, this one included; 0 for all.
    files_max: u64,
}

impl LogFile {
    /// Opens a file to append to.
    pub fn open(path: &Path, limit: u64, files_max: u64) -> io::Result<LogFile> {
        let file = open(path)?;
        Ok(LogFile {
            size: file.metadata()?.len(),
            path: path.to_owned(),
            file,
            limit,
            files_max,
        })
    }

    /// Writes a line. What comes back is to be written too: what became of a file that was full.
    pub fn write(&mut self, line: &[u8]) -> Vec<String> {
        self.write_on(line);
        if self.limit == 0 || self.size <= self.limit {
            return Vec::new();
        }
        match self.rotate() {
            Ok(notices) => notices,
            Err(error) => {
                self.limit = self.limit.saturating_mul(2);
                vec![format!(
                    "Unable to rotate the logfile ({error}), will attempt next rotation at size {}",
                    self.limit
                )]
            }
        }
    }

    /// Writes a line, however large the file.
    pub fn write_on(&mut self, line: &[u8]) {
        // A full disk must not end the server; there is no better place to complain.
        if self.file.write_all(line).is_ok() {
            self.size += line.len() as u64;
        }
    }

    fn rotate(&mut self) -> io::Result<Vec<String>> {
        let stamp = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::system());
        let stamp = stamp.strftime(STAMP).to_string();
        let aside = with_suffix(&self.path, &stamp);
        std::fs::rename(&self.path, &aside)?;
        self.file = open(&self.path)?;
        self.size = 0;
        let mut notices = vec![format!("Rotated log, backup saved as {aside:?}")];
        if self.files_max > 0 {
            notices.extend(self.purge());
        }
        Ok(notices)
    }

    /// Deletes the oldest files beyond what is kept.
    fn purge(&self) -> Vec<String> {
        let kept = usize::try_from(self.files_max - 1).unwrap_or(usize::MAX);
        let aside = self.put_aside();
        let surplus = aside.len().saturating_sub(kept);
        let delete = |path: &PathBuf| match std::fs::remove_file(path) {
            Ok(()) => format!("Purged log file {:?}", path.file_name().unwrap_or_default()),
            Err(error) => {
                format!("Unable to remove backup log file {path:?} ({error}), will attempt next rotation")
            }
        };
        aside[..surplus].iter().map(delete).collect()
    }

    /// The files that were put aside, the oldest first.
    fn put_aside(&self) -> Vec<PathBuf> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let prefix = with_suffix(Path::new(self.path.file_name().unwrap_or_default()), "");
        let prefix = prefix.to_string_lossy();
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.strip_prefix(&*prefix).is_some_and(is_stamp)
        };
        let mut found: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(is_ours)
            .collect();
        found.sort();
        found
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(path)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Is it `2026.01.31.12.00.00.000000000`?
fn is_stamp(text: &str) -> bool {
    let lengths = [4, 2, 2, 2, 2, 2, 9];
    let parts: Vec<&str> = text.split('.').collect();
    let is_number = |part: &str, len| part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == lengths.len() && parts.iter().zip(lengths).all(|(part, len)| is_number(part, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_put_aside_and_the_oldest_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nats.log");
        std::fs::write(folder.path().join("nats.log.mine"), "kept").unwrap();
        let mut log = LogFile::open(&path, 10, 2).unwrap();
        assert_eq!(log.write(b"123456789\n"), [""; 0]);
        let notices = log.write(b"over\n");
        assert!(
            notices[0].starts_with("Rotated log, backup saved as \""),
            "{notices:?}"
        );
        assert_eq!(notices.len(), 1);
        let first = log.put_aside();
        assert_eq!(std::fs::read(&first[0]).unwrap(), b"123456789\nover\n");
        let notices = log.write(b"a long line\n");
        assert!(
            notices[1].starts_with("Purged log file \"nats.log."),
            "{notices:?}"
        );
        assert_eq!(log.put_aside().len(), 1);
        assert_ne!(log.put_aside(), first);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
