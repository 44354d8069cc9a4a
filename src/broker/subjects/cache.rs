//! What a worker remembers of where subjects lead.

use std::collections::HashMap;
use std::ops::Add;
use std::sync::Arc;

use super::hash::SubjectHash;

/// A bounded memory from subject to route, without a lock: every worker has its own.
///
/// A subject is remembered when it comes a second time. Answers go to inboxes that are used once, and
/// those would only push out what is worth keeping.
#[derive(Debug)]
pub struct RouteCache<R> {
    routes: HashMap<Box<[u8]>, Entry<R>, SubjectHash>,
    weight: usize,
    weight_max: usize,
    /// Hashes of subjects that came once, each in the place its hash points to.
    seen: Box<[u32]>,
    matches: u64,
    hits: u64,
}

/// What a memory holds, and how often it was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheFigures {
    /// Routes that hold.
    pub routes: usize,
    /// Receivers of all of them.
    pub fanout: usize,
    /// Receivers of the one that has most.
    pub fanout_max: usize,
    /// Subjects that were asked for.
    pub matches: u64,
    /// Those that it knew.
    pub hits: u64,
}

impl Add for CacheFigures {
    type Output = CacheFigures;

    fn add(self, other: CacheFigures) -> CacheFigures {
        CacheFigures {
            routes: self.routes + other.routes,
            fanout: self.fanout + other.fanout,
            fanout_max: self.fanout_max.max(other.fanout_max),
            matches: self.matches + other.matches,
            hits: self.hits + other.hits,
        }
    }
}

#[derive(Debug)]
struct Entry<R> {
    generation: u64,
    weight: usize,
    route: Arc<R>,
}

impl<R> RouteCache<R> {
    /// Places for subjects that were seen once.
    const SEEN: usize = 16 * 1024;

    /// A memory that holds routes up to a total weight.
    pub fn new(weight_max: usize) -> RouteCache<R> {
        RouteCache {
            routes: HashMap::default(),
            weight: 0,
            weight_max,
            seen: Box::new([]),
            matches: 0,
            hits: 0,
        }
    }

    /// The route found for `subject` in this generation.
    pub fn get(&mut self, subject: &[u8], generation: u64) -> Option<&Arc<R>> {
        self.matches += 1;
        let entry = self.routes.get(subject)?;
        if entry.generation != generation {
            return None;
        }
        self.hits += 1;
        Some(&entry.route)
    }

    /// What it holds: of routes found in a generation that `holds` says still does, and with so many receivers.
    pub fn figures(
        &self,
        holds: impl Fn(&[u8], u64) -> bool,
        receivers: impl Fn(&R) -> usize,
    ) -> CacheFigures {
        let valid = self
            .routes
            .iter()
            .filter(|(subject, entry)| holds(subject, entry.generation));
        let start = CacheFigures {
            matches: self.matches,
            hits: self.hits,
            ..CacheFigures::default()
        };
        valid.fold(start, |figures, (_, entry)| {
            let fanout = receivers(&entry.route);
            figures
                + CacheFigures {
                    routes: 1,
                    fanout,
                    fanout_max: fanout,
                    ..CacheFigures::default()
                }
        })
    }

    /// Is the route to `subject`, which [`RouteCache::get`] did not know, worth remembering?
    pub fn admits(&mut self, subject: &[u8]) -> bool {
        if self.seen.is_empty() {
            self.seen = vec![0; Self::SEEN].into();
        }
        let hash = SubjectHash::of(subject);
        let (place, mark) = ((hash as usize) % Self::SEEN, (hash >> 32) as u32);
        std::mem::replace(&mut self.seen[place], mark) == mark
    }

    /// Remembers a route. When all routes together become too heavy, the old ones are forgotten.
    pub fn insert(&mut self, subject: &[u8], generation: u64, weight: usize, route: Arc<R>) {
        if self.weight + weight > self.weight_max {
            self.clear();
        }
        if weight > self.weight_max {
            return;
        }
        self.weight += weight;
        let entry = Entry {
            generation,
            weight,
            route,
        };
        if let Some(old) = self.routes.insert(subject.into(), entry) {
            self.weight -= old.weight;
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.routes.clear();
        self.weight = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembered_while_it_holds_and_fits() {
        let mut cache = RouteCache::new(10);
        assert!(!cache.admits(b"a") && cache.admits(b"a"));
        cache.insert(b"a", 1, 4, Arc::new('a'));
        cache.insert(b"a", 2, 4, Arc::new('b'));
        assert_eq!(cache.get(b"a", 1), None);
        assert_eq!(cache.get(b"a", 2).map(|r| **r), Some('b'));
        cache.insert(b"b", 2, 6, Arc::new('c'));
        assert!(cache.get(b"a", 2).is_some() && cache.get(b"b", 2).is_some());
        cache.insert(b"c", 2, 1, Arc::new('d'));
        assert!(cache.get(b"a", 2).is_none() && cache.get(b"c", 2).is_some());
        cache.insert(b"d", 2, 11, Arc::new('e'));
        assert!(cache.get(b"d", 2).is_none());
        cache.insert(b"e", 3, 1, Arc::new('f'));
        let figures = cache.figures(|_, generation| generation == 3, |_| 5);
        let expected = CacheFigures {
            routes: 1,
            fanout: 5,
            fanout_max: 5,
            matches: 7,
            hits: 4,
        };
        assert_eq!(figures, expected);
    }
}
