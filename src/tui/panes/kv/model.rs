//! Buckets as the pane knows them. Pure: entries in, rows out.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::util::time::Timestamp;

/// Keys that are kept of a bucket; one with more is shown in part, and says so.
pub const KEYS_MAX: usize = 10_000;
/// Bytes that are kept of a value.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;

/// What was done to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It was given a value.
    Put,
    /// It was deleted; its history is still there.
    Delete,
    /// It was deleted with its history.
    Purge,
}

/// A revision of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value, cut at [`VALUE_BYTES_MAX`].
    pub value: Bytes,
    /// The revision, which is the sequence in the bucket's stream.
    pub revision: u64,
    /// What was done.
    pub operation: Operation,
    /// When.
    pub at: Timestamp,
}

/// A bucket that is watched.
#[derive(Debug, Clone, Default)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The newest revision of each key, deleted ones included.
    pub keys: BTreeMap<String, Entry>,
    /// Keys that found no room.
    pub left_out: u64,
    /// Changes since the pane looks.
    pub changes: u64,
    /// All that was there from before has come.
    pub is_current: bool,
}

impl Bucket {
    /// Nothing is known of it yet.
    pub fn of(name: &str) -> Bucket {
        Bucket {
            name: name.to_owned(),
            ..Bucket::default()
        }
    }

    /// Takes a revision as it comes from a watch.
    pub fn take(&mut self, key: &str, entry: Entry) {
        if self.is_current {
            self.changes += 1;
        }
        let is_newer = self
            .keys
            .get(key)
            .is_none_or(|own| own.revision <= entry.revision);
        if !is_newer {
            return;
        }
        if self.keys.len() >= KEYS_MAX && !self.keys.contains_key(key) {
            self.left_out += 1;
            return;
        }
        self.keys.insert(key.to_owned(), entry);
    }

    /// The keys that have a value, in order, and perhaps those that were deleted.
    pub fn rows(&self, shows_deleted: bool) -> Vec<(&String, &Entry)> {
        let shown = |(_, entry): &(&String, &Entry)| shows_deleted || entry.operation == Operation::Put;
        self.keys.iter().filter(shown).collect()
    }

    fn value(&self, key: &str) -> Option<&Bytes> {
        let entry = self
            .keys
            .get(key)
            .filter(|entry| entry.operation == Operation::Put)?;
        Some(&entry.value)
    }
}

/// How a key of one bucket stands to the same key of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As desired.
    Same,
    /// Another value.
    Differs,
    /// Desired, and not there.
    Missing,
    /// There, and not desired.
    Extra,
}

/// A row of desired against actual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The key.
    pub key: String,
    /// Its value as desired.
    pub desired: Option<Bytes>,
    /// As it is.
    pub actual: Option<Bytes>,
    /// How the two stand to each other.
    pub standing: Standing,
}

/// Every key of the two buckets, those that are not as desired first.
pub fn compare(desired: &Bucket, actual: &Bucket) -> Vec<Compared> {
    let keys = desired.rows(false).into_iter().chain(actual.rows(false));
    let keys: std::collections::BTreeSet<&String> = keys.map(|(key, _)| key).collect();
    let mut rows: Vec<Compared> = keys
        .into_iter()
        .map(|key| {
            let (want, have) = (desired.value(key), actual.value(key));
            let standing = match (want, have) {
                (Some(want), Some(have)) if want == have => Standing::Same,
                (Some(_), Some(_)) => Standing::Differs,
                (Some(_), None) => Standing::Missing,
                (None, _) => Standing::Extra,
            };
            Compared {
                key: key.clone(),
                desired: want.cloned(),
                actual: have.cloned(),
                standing,
            }
        })
        .collect();
    rows.sort_by_key(|row| row.standing == Standing::Same);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(value: &'static str, revision: u64) -> Entry {
        Entry {
            value: Bytes::from_static(value.as_bytes()),
            revision,
            operation: Operation::Put,
            at: Timestamp::ZERO,
        }
    }

    fn bucket(pairs: &[(&str, &'static str)]) -> Bucket {
        let mut bucket = Bucket::of("B");
        for (n, (key, value)) in (1..).zip(pairs) {
            bucket.take(key, put(value, n));
        }
        bucket
    }

    #[test]
    fn the_newest_revision_of_each_key_is_kept() {
        let mut bucket = bucket(&[("a", "1"), ("b", "2")]);
        bucket.is_current = true;
        bucket.take("a", put("9", 7));
        bucket.take("a", put("old", 5));
        bucket.take(
            "b",
            Entry {
                operation: Operation::Delete,
                ..put("", 8)
            },
        );
        let keys = |deleted| {
            bucket
                .rows(deleted)
                .iter()
                .map(|(key, _)| key.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!((keys(false), keys(true)), (vec!["a"], vec!["a", "b"]));
        assert_eq!((&bucket.keys["a"].value[..], bucket.changes), (&b"9"[..], 3));
    }

    #[test]
    fn what_is_not_as_desired_comes_first() {
        let desired = bucket(&[("lys", "på"), ("dør", "lukket"), ("vifte", "3")]);
        let actual = bucket(&[("lys", "på"), ("dør", "åpen"), ("radio", "P1")]);
        let rows: Vec<(String, Standing)> = compare(&desired, &actual)
            .into_iter()
            .map(|row| (row.key, row.standing))
            .collect();
        let row = |key: &str, standing| (key.to_owned(), standing);
        assert_eq!(
            rows,
            [
                row("dør", Standing::Differs),
                row("radio", Standing::Extra),
                row("vifte", Standing::Missing),
                row("lys", Standing::Same),
            ]
        );
    }
}
