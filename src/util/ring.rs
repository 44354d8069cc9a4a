//! A window over the newest items of an endless row, bounded in number and in weight.

use std::collections::VecDeque;

/// Keeps the newest items; the oldest leave when either bound is passed. Everything that ever
/// came is counted, so a view can say "10 000 of 1 234 567".
#[derive(Debug)]
pub struct Ring<T> {
    items: VecDeque<(T, usize)>,
    items_max: usize,
    bytes_max: usize,
    bytes: usize,
    pushed: u64,
}

impl<T> Ring<T> {
    /// A ring of at most `items_max` items and `bytes_max` bytes. The newest item always stays,
    /// however heavy it is.
    pub fn new(items_max: usize, bytes_max: usize) -> Ring<T> {
        Ring {
            items: VecDeque::new(),
            items_max: items_max.max(1),
            bytes_max,
            bytes: 0,
            pushed: 0,
        }
    }

    /// Adds an item of the given weight.
    pub fn push(&mut self, item: T, bytes: usize) {
        self.items.push_back((item, bytes));
        self.bytes += bytes;
        self.pushed += 1;
        while self.items.len() > self.items_max || (self.bytes > self.bytes_max && self.items.len() > 1) {
            if let Some((_, weight)) = self.items.pop_front() {
                self.bytes -= weight;
            }
        }
    }

    /// Items held now, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.items.iter().map(|(item, _)| item)
    }

    /// The item at `index`, counted from the oldest held.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.items.get(index).map(|(item, _)| item)
    }

    /// How many items are held.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True when nothing is held.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The weight of what is held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many items were ever pushed.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Forgets what is held; the count of all that came stays.
    pub fn clear(&mut self) {
        self.items.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_hold_and_the_newest_stays() {
        let mut ring = Ring::new(3, 100);
        for n in 0..5 {
            ring.push(n, 10);
        }
        assert_eq!(ring.iter().copied().collect::<Vec<_>>(), [2, 3, 4]);
        ring.push(9, 95);
        assert_eq!(ring.iter().copied().collect::<Vec<_>>(), [9]);
        ring.push(10, 500);
        assert_eq!((ring.len(), ring.bytes(), ring.pushed()), (1, 500, 7));
    }
}
