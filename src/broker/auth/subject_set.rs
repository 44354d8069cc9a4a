//! A fixed set of patterns that is asked for every message.

use std::collections::{HashMap, HashSet};

use crate::proto::subject::{is_literal, matches, tokens};

/// Patterns, sorted so that a subject is compared with few of them: literal ones are looked up,
/// others only compared when they begin with the subject's first token or a wildcard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SubjectSet {
    literals: HashSet<Box<[u8]>>,
    by_first_token: HashMap<Box<[u8]>, Vec<Box<[u8]>>>,
    wild: Vec<Box<[u8]>>,
    everything: bool,
}

impl SubjectSet {
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p [u8]>) -> SubjectSet {
        let mut set = SubjectSet::default();
        for pattern in patterns {
            let first = tokens(pattern).next().unwrap_or_default();
            match first {
                b">" => set.everything = true,
                _ if is_literal(pattern) => {
                    set.literals.insert(pattern.into());
                }
                b"*" => set.wild.push(pattern.into()),
                _ => set
                    .by_first_token
                    .entry(first.into())
                    .or_default()
                    .push(pattern.into()),
            }
        }
        set
    }

    /// Does a pattern match this subject? Wildcards in the subject are ordinary tokens.
    pub fn matches(&self, subject: &[u8]) -> bool {
        self.everything
            || self.literals.contains(subject)
            || self.wild.iter().any(|pattern| matches(pattern, subject))
            || self
                .begins_like(subject)
                .iter()
                .any(|pattern| matches(pattern, subject))
    }

    fn begins_like(&self, subject: &[u8]) -> &[Box<[u8]>] {
        if self.by_first_token.is_empty() {
            return &[];
        }
        let first = tokens(subject).next().unwrap_or_default();
        self.by_first_token.get(first).map_or(&[], Vec::as_slice)
    }
}
