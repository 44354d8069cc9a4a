//! What a worker remembers of where subjects lead.

use std::collections::HashMap;
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
        }
    }

    /// The route found for `subject` in this generation.
    pub fn get(&self, subject: &[u8], generation: u64) -> Option<&Arc<R>> {
        self.routes
            .get(subject)
            .filter(|entry| entry.generation == generation)
            .map(|entry| &entry.route)
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
    }
}
