//! Looking over a store folder without writing to it: what is there, and what is damaged.
//!
//! No key is needed, since the checksums cover what is sealed as it lies there. A server may be running on the
//! folder; then what it is just writing can look as if it had not been written whole.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::file::inspect::{self, Piece};
use super::folder::{Sheet, accounts, streams};
use super::{StoreError, sheet};

/// What was found of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The account, by its folder's name.
    pub account: String,
    /// The stream, by its folder's name.
    pub stream: String,
    /// Messages held.
    pub messages: u64,
    /// The first and the last sequence among them; zero without any.
    pub sequences: (u64, u64),
    /// Segment files.
    pub segments: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Consumers that were written down.
    pub consumers: usize,
    /// What is amiss.
    pub findings: Vec<Finding>,
}

/// Something amiss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Is something lost? Else it mends itself when the stream is opened.
    pub is_damage: bool,
    /// The file.
    pub file: PathBuf,
    /// Where in it, and how many bytes; a file that is wrong as a whole has no place.
    pub place: Option<(u64, u64)>,
    /// The messages that may be concerned, first and last.
    pub sequences: Option<(u64, u64)>,
    /// What is the matter.
    pub what: String,
}

impl Report {
    fn find(&mut self, is_damage: bool, file: &Path, what: impl ToString) {
        self.findings.push(Finding {
            is_damage,
            file: file.to_owned(),
            place: None,
            sequences: None,
            what: what.to_string(),
        });
    }
}

/// Looks over every stream of a `store_dir`, or of the `jetstream` folder in it.
///
/// # Errors
/// When there is no such folder, or it cannot be read.
pub fn check(store_dir: &Path) -> Result<Vec<Report>, StoreError> {
    let mut reports = Vec::new();
    for account in accounts(store_dir)? {
        for folder in streams(&account) {
            let name = |path: &Path| {
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            };
            let mut report = Report {
                account: name(&account),
                stream: name(&folder),
                ..Report::default()
            };
            check_stream(&folder, &mut report);
            reports.push(report);
        }
    }
    Ok(reports)
}

fn check_stream(folder: &Path, report: &mut Report) {
    let consumers = folder.join("obs");
    for name in sheet::names(&consumers) {
        report.consumers += 1;
        let path = consumers.join(name);
        if let Err(error) = sheet::checked(&path) {
            report.find(true, &path, error);
        }
    }
    let path = folder.join("meta");
    match sheet::read::<Sheet>(&path, None) {
        Ok(meta) => check_messages(&folder.join("msgs"), meta.salt, report),
        Err(error) => report.find(
            true,
            &path,
            format!("{error}; without it the messages cannot be read"),
        ),
    }
}

fn check_messages(folder: &Path, salt: u32, report: &mut Report) {
    let (mut messages, mut removed) = (Vec::new(), HashSet::new());
    let mut first_seq = 0;
    let looked = inspect::segments(folder, salt, &mut |file, piece| match piece {
        Piece::Segment { bytes } => {
            report.segments += 1;
            report.bytes += bytes;
        }
        Piece::Message(seq) => messages.push(seq),
        Piece::Removed(seq) => drop(removed.insert(seq)),
        Piece::First(seq) => first_seq = first_seq.max(seq),
        Piece::Damaged { place, sequences } => report.findings.push(Finding {
            is_damage: true,
            file: file.to_owned(),
            place: Some(place),
            sequences,
            what: "damaged".to_owned(),
        }),
        Piece::Torn { place } => report.findings.push(Finding {
            is_damage: false,
            file: file.to_owned(),
            place: Some(place),
            sequences: None,
            what: "was not written whole, and will be cut off".to_owned(),
        }),
        Piece::Wrong { is_damage, what } => report.find(is_damage, file, what),
    });
    if let Err(error) = looked {
        report.find(true, folder, error);
    }
    messages.retain(|seq| *seq >= first_seq && !removed.contains(seq));
    messages.sort_unstable();
    messages.dedup();
    report.messages = messages.len() as u64;
    let ends = messages.first().zip(messages.last());
    report.sequences = ends.map_or((0, 0), |(first, last)| (*first, *last));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;

    use super::super::{Stores, SyncPolicy, copy};
    use super::*;
    use crate::proto::api::stream::StreamConfig;
    use crate::util::time::Timestamp;

    fn stores(folder: &TempDir) -> Stores {
        let sync = SyncPolicy {
            always: false,
            interval: Duration::from_secs(1),
        };
        Stores::in_folder(folder.path(), sync, None)
            .unwrap()
            .of_account("$G")
    }

    fn config() -> StreamConfig {
        StreamConfig {
            name: "S".into(),
            ..StreamConfig::default()
        }
    }

    /// Five messages, of which the second is removed, and a consumer.
    fn filled() -> TempDir {
        let folder = TempDir::new().unwrap();
        let stores = stores(&folder);
        let mut store = stores.open(Timestamp::ZERO, &config()).unwrap();
        for n in 1..=5 {
            store
                .append(Timestamp::from_nanos(n), b"a", b"", b"payload")
                .unwrap();
        }
        store.remove(2, false).unwrap();
        stores.save_consumer(&config(), "C", &1).unwrap();
        store.flush().unwrap();
        folder
    }

    fn only(folder: &TempDir) -> Report {
        let mut reports = check(folder.path()).unwrap();
        assert_eq!(reports.len(), 1);
        reports.remove(0)
    }

    #[test]
    fn what_is_sound_is_told_and_what_is_damaged_is_placed() {
        let folder = filled();
        let report = only(&folder);
        assert_eq!((report.account.as_str(), report.stream.as_str()), ("$G", "S"));
        assert_eq!(
            (report.messages, report.sequences, report.consumers),
            (4, (1, 5), 1)
        );
        assert_eq!(report.findings, []);

        let log = folder.path().join("jetstream/$G/streams/S/msgs/1.log");
        let sound = std::fs::read(&log).unwrap();
        let hit = memchr::memmem::find_iter(&sound, b"payload").nth(2).unwrap();
        let mut damaged = sound.clone();
        damaged[hit] ^= 1;
        damaged.extend_from_slice(&sound[16..40]);
        std::fs::write(&log, &damaged).unwrap();
        let report = only(&folder);
        let [hit_record, torn] = &report.findings[..] else {
            panic!("{report:?}");
        };
        assert!(hit_record.is_damage && !torn.is_damage);
        assert_eq!(hit_record.place, Some((hit as u64 - 41, 48)));
        assert_eq!(hit_record.sequences, Some((3, 3)));
        assert_eq!(torn.place, Some((sound.len() as u64, 24)));
        assert_eq!(std::fs::read(&log).unwrap(), damaged, "it never writes");

        for file in ["obs/C", "meta"] {
            std::fs::write(folder.path().join("jetstream/$G/streams/S").join(file), "x").unwrap();
        }
        assert_eq!(only(&folder).findings.iter().filter(|f| f.is_damage).count(), 2);
        assert!(check(&folder.path().join("nowhere")).is_err());
    }

    #[test]
    fn a_copy_of_a_running_store_is_whole() {
        let folder = filled();
        let stores = stores(&folder);
        let mut store = stores.open(Timestamp::ZERO, &config()).unwrap();
        let target = TempDir::new().unwrap();
        let to = target.path().join("copy");
        let copied = copy(folder.path(), &to).unwrap();
        assert_eq!(copied.streams, 1);
        store
            .append(Timestamp::from_nanos(6), b"a", b"", b"later")
            .unwrap();
        store.flush().unwrap();
        let report = check(&to).unwrap().remove(0);
        assert_eq!(
            (report.messages, report.consumers, report.findings.len()),
            (4, 1, 0)
        );
        assert!(copy(folder.path(), &to).is_err(), "there is something already");
    }
}
