//! The subjects that panes have seen, for completion. Bounded; when it is full, it takes no more.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::intake::Received;

/// Subjects that are remembered.
const SUBJECTS_MAX: usize = 4_096;
/// The longest subject that is remembered, in bytes.
const SUBJECT_BYTES_MAX: usize = 256;
/// Messages of a batch that are looked at, so that a flood costs no more than a trickle.
const LOOKED_AT_MAX: usize = 32;

/// What was seen. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Heard(Arc<Mutex<BTreeSet<Box<str>>>>);

impl Heard {
    /// Takes note of where messages were published.
    pub fn note(&self, messages: &[Received<'_>]) {
        let newest = messages.iter().rev().take(LOOKED_AT_MAX);
        self.add(newest.map(|message| &*message.subject));
    }

    /// Takes note of subjects, or of patterns.
    pub fn add<'a>(&self, subjects: impl Iterator<Item = &'a str>) {
        let mut heard = self.lock();
        for subject in subjects {
            // What servers and clients say among themselves is nothing to publish on.
            let is_internal = subject.starts_with('$') || subject.starts_with("_INBOX.");
            if is_internal || subject.len() > SUBJECT_BYTES_MAX || heard.contains(subject) {
                continue;
            }
            if heard.len() < SUBJECTS_MAX {
                heard.insert(subject.into());
            }
        }
    }

    /// The first `most` subjects that go on from `written`, in order. A pattern goes as far as its wildcard.
    pub fn complete(&self, written: &str, most: usize) -> Vec<String> {
        let heard = self.lock();
        let from = (Bound::Included(written), Bound::Unbounded);
        let mut found: Vec<String> = Vec::new();
        for subject in heard.range::<str, _>(from) {
            if !subject.starts_with(written) || found.len() == most {
                break;
            }
            let literal = subject.split(['*', '>']).next().unwrap_or_default();
            let is_new = found.last().is_none_or(|last| last != literal);
            if literal.len() > written.len() && is_new {
                found.push(literal.to_owned());
            }
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Box<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_is_completed_up_to_wildcards() {
        let heard = Heard::default();
        heard.add(
            [
                "sensors.b",
                "sensors.a",
                "ordre.*.ny",
                "$SYS.x",
                "_INBOX.a.b",
                "sensors",
            ]
            .into_iter(),
        );
        assert_eq!(heard.complete("sens", 9), ["sensors", "sensors.a", "sensors.b"]);
        assert_eq!(heard.complete("sens", 2), ["sensors", "sensors.a"]);
        assert_eq!(heard.complete("sensors.a", 9), Vec::<String>::new());
        assert_eq!(heard.complete("o", 9), ["ordre."]);
        assert_eq!(heard.complete("", 1), ["ordre."]);
        assert_eq!(heard.complete("x", 9), Vec::<String>::new());
    }

    #[test]
    fn it_is_bounded() {
        let heard = Heard::default();
        let many: Vec<String> = (0..SUBJECTS_MAX + 5).map(|n| format!("a.{n}")).collect();
        heard.add(many.iter().map(String::as_str));
        heard.add(["x".repeat(SUBJECT_BYTES_MAX + 1).as_str()].into_iter());
        assert_eq!(heard.lock().len(), SUBJECTS_MAX);
    }
}
