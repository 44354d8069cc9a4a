//! A tree that many connections share, with generations for those who remember what they found.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::hash::SubjectHash;
use super::tree::{InvalidPattern, Tree, Visit};
use crate::proto::subject;

/// Subjects whose first tokens fall into the same shard share a generation. So the coming and going of
/// inboxes does not outdate what is known of other subjects.
const SHARDS: usize = 64;

/// Which generation a subject goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shard(u8);

impl Shard {
    /// The shard of a literal subject.
    pub fn of(subject: &[u8]) -> Shard {
        let first = subject::tokens(subject).next().unwrap_or_default();
        Shard((SubjectHash::of(first) % SHARDS as u64) as u8)
    }
}

/// The subscriptions of one account.
#[derive(Debug)]
pub struct Subjects<T> {
    tree: RwLock<Tree<T>>,
    generations: [AtomicU64; SHARDS],
    /// Moves with patterns that begin with a wildcard and so belong to every shard.
    wild: AtomicU64,
}

impl<T> Default for Subjects<T> {
    fn default() -> Self {
        Subjects {
            tree: RwLock::default(),
            generations: [const { AtomicU64::new(0) }; SHARDS],
            wild: AtomicU64::new(0),
        }
    }
}

impl<T> Subjects<T> {
    /// As [`Tree::insert`].
    pub fn insert(
        &self,
        pattern: &[u8],
        queue: Option<&[u8]>,
        id: u64,
        value: T,
    ) -> Result<(), InvalidPattern> {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        tree.insert(pattern, queue, id, value)?;
        self.moved(pattern);
        Ok(())
    }

    /// As [`Tree::remove`].
    pub fn remove(&self, pattern: &[u8], queue: Option<&[u8]>, id: u64) -> bool {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let removed = tree.remove(pattern, queue, id);
        if removed {
            self.moved(pattern);
        }
        removed
    }

    /// As [`Tree::visit`].
    pub fn visit(&self, subject: &[u8], visit: &mut impl Visit<T>) {
        self.tree
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .visit(subject, visit);
    }

    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        self.tree.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How many subscriptions were ever put in, and how many taken out.
    pub fn changes(&self) -> (u64, u64) {
        self.tree.read().unwrap_or_else(PoisonError::into_inner).changes()
    }

    /// True when nobody subscribes to anything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was found for a subject holds as long as its shard's generation is the same as it was
    /// before the search.
    #[inline]
    pub fn generation(&self, shard: Shard) -> u64 {
        // Both only ever grow, so their sum stands still only when both do.
        self.generations[usize::from(shard.0)].load(Ordering::Acquire) + self.wild.load(Ordering::Acquire)
    }

    /// Called while the tree is locked: who sees the new generation waits for the lock, and so sees the
    /// change too.
    fn moved(&self, pattern: &[u8]) {
        let generation = match subject::tokens(pattern).next() {
            Some(b"*" | b">") => &self.wild,
            _ => &self.generations[usize::from(Shard::of(pattern).0)],
        };
        generation.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_move_when_they_must() {
        let subjects = Subjects::default();
        let shard = Shard::of(b"a.b");
        let mut last = subjects.generation(shard);
        let mut moved = || {
            let now = subjects.generation(shard);
            now != std::mem::replace(&mut last, now)
        };
        for (id, pattern) in ["a.b", "a.*", "*.b", ">"].into_iter().enumerate() {
            subjects.insert(pattern.as_bytes(), None, id as u64, ()).unwrap();
            assert!(moved(), "{pattern}");
            assert!(subjects.remove(pattern.as_bytes(), None, id as u64));
            assert!(moved(), "{pattern}");
        }
        assert!(!subjects.remove(b"a.b", None, 0) && !moved());
        let other = (0..)
            .map(|n| format!("x{n}.y"))
            .find(|s| Shard::of(s.as_bytes()) != shard)
            .unwrap();
        subjects.insert(other.as_bytes(), None, 9, ()).unwrap();
        assert!(!moved());
    }
}
