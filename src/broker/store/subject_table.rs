//! Which subjects a store holds, and for each how many messages, the first and the last.
//!
//! A subject is stored once, its name behind the others in one buffer, and known by a number. Looking one up costs
//! a hash. Walking those that a pattern matches costs in proportion to the matches (and the branches of the name
//! space that the pattern's `*` opens), since the names are also kept in order and whole branches are jumped over.
//! That order is made when it is first asked for: a stream that is only opened and written to does without.
//!
//! Memory per subject: its name and 55 bytes; with the order its name once more and 60 bytes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use hashbrown::HashTable;

use super::{SubjectState, work};
use crate::broker::subjects::SubjectHash;
use crate::proto::subject::{self, Filter};

/// A subject's number, valid until it is released.
pub type SubjectId = u32;

/// Is shown a subject, and says whether to go on.
type Visit<'a> = &'a mut dyn FnMut(SubjectId, &[u8], SubjectState) -> ControlFlow<()>;

/// Names that are gone and still in the buffer are worth moving the rest together from here on.
const DEAD_BYTES_MIN: usize = 64 * 1024;

/// A subject in the hash table: the hash of its name beside its number, so that the table grows without looking at
/// names, and nearly every look-up looks at one name only.
#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: u32,
    id: SubjectId,
}

impl Slot {
    /// What the table goes by: it wants all 64 bits, the highest above all.
    fn spread(&self) -> u64 {
        u64::from(self.hash) << 32 | u64::from(self.hash)
    }

    /// Where a name stands or would stand.
    fn of(name: &[u8], id: SubjectId) -> Slot {
        Slot {
            hash: (SubjectHash::of(name) >> 32) as u32,
            id,
        }
    }
}

/// The names in order.
type Order = BTreeMap<Box<[u8]>, SubjectId>;

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Where its name begins.
    at: usize,
    /// Bytes of its name; none while the number is free.
    length: u32,
    state: SubjectState,
}

/// The subjects of one store.
#[derive(Debug, Default)]
pub struct SubjectTable {
    ids: HashTable<Slot>,
    order: RefCell<Option<Order>>,
    entries: Vec<Entry>,
    names: Vec<u8>,
    /// Bytes of names that are gone.
    dead_bytes: usize,
    free: Vec<SubjectId>,
    /// The subject that was interned last: publishers tend to stay with theirs.
    recent: SubjectId,
}

fn name_in<'n>(names: &'n [u8], entry: &Entry) -> &'n [u8] {
    &names[entry.at..][..entry.length as usize]
}

impl SubjectTable {
    /// How many subjects there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number of a subject that is held.
    pub fn id(&self, name: &[u8]) -> Option<SubjectId> {
        if self.is_recent(name) {
            return Some(self.recent);
        }
        let sought = Slot::of(name, 0);
        let is_it = |slot: &Slot| slot.hash == sought.hash && self.name(slot.id) == name;
        self.ids.find(sought.spread(), is_it).map(|slot| slot.id)
    }

    fn is_recent(&self, name: &[u8]) -> bool {
        let recent = self.entries.get(self.recent as usize);
        recent.is_some_and(|entry| entry.length > 0 && name_in(&self.names, entry) == name)
    }

    /// The number of a subject, which is new if need be. The caller adds a message to it, or has it taken away with
    /// [`SubjectTable::release_unused`].
    pub fn intern(&mut self, name: &[u8]) -> SubjectId {
        self.recent = match self.id(name) {
            Some(id) => id,
            None => self.add(name),
        };
        self.recent
    }

    fn add(&mut self, name: &[u8]) -> SubjectId {
        let entry = Entry {
            at: self.names.len(),
            length: u32::try_from(name.len()).expect("a subject is shorter than 4 GiB"),
            state: SubjectState {
                messages: 0,
                first_seq: 0,
                last_seq: 0,
            },
        };
        self.names.extend_from_slice(name);
        let id = if let Some(id) = self.free.pop() {
            self.entries[id as usize] = entry;
            id
        } else {
            self.entries.push(entry);
            SubjectId::try_from(self.entries.len() - 1).expect("fewer than 2^32 subjects fit in memory")
        };
        let slot = Slot::of(name, id);
        self.ids.insert_unique(slot.spread(), slot, Slot::spread);
        if let Some(order) = self.order.get_mut() {
            order.insert(name.into(), id);
        }
        id
    }

    /// Forgets a subject that holds nothing any more.
    pub fn release(&mut self, id: SubjectId) {
        let name = self.name(id);
        let (slot, length) = (Slot::of(name, id), name.len());
        if let Some(order) = self.order.borrow_mut().as_mut() {
            order.remove(name);
        }
        if let Ok(found) = self.ids.find_entry(slot.spread(), |other| other.id == id) {
            found.remove();
        }
        let entry = &mut self.entries[id as usize];
        entry.state.messages = 0;
        entry.length = 0;
        self.free.push(id);
        self.dead_bytes += length;
        if self.dead_bytes >= DEAD_BYTES_MIN && self.dead_bytes * 2 > self.names.len() {
            self.move_together();
        }
    }

    /// Forgets the subjects that were interned and got no message.
    pub fn release_unused(&mut self) {
        for id in 0..self.entries.len() {
            let entry = &self.entries[id];
            if entry.length > 0 && entry.state.messages == 0 {
                self.release(id as SubjectId);
            }
        }
    }

    /// Gives back the memory of names that are gone.
    fn move_together(&mut self) {
        let mut names = Vec::with_capacity(self.names.len() - self.dead_bytes);
        for entry in &mut self.entries {
            let name = name_in(&self.names, entry);
            entry.at = names.len();
            names.extend_from_slice(name);
        }
        self.names = names;
        self.dead_bytes = 0;
    }

    /// Forgets all subjects.
    pub fn clear(&mut self) {
        *self = SubjectTable::default();
    }

    /// A number behind those of all subjects.
    pub fn ids_end(&self) -> usize {
        self.entries.len()
    }

    /// A subject's name.
    pub fn name(&self, id: SubjectId) -> &[u8] {
        name_in(&self.names, &self.entries[id as usize])
    }

    /// What a subject holds.
    pub fn state(&self, id: SubjectId) -> SubjectState {
        self.entries[id as usize].state
    }

    /// As [`SubjectTable::state`], to be changed.
    pub fn state_mut(&mut self, id: SubjectId) -> &mut SubjectState {
        &mut self.entries[id as usize].state
    }

    /// Does something with the names in order.
    fn with_order<T>(&self, act: impl FnOnce(&Order) -> T) -> T {
        if let Some(order) = &*self.order.borrow() {
            return act(order);
        }
        let slots = self.ids.iter();
        let order: Order = slots.map(|slot| (self.name(slot.id).into(), slot.id)).collect();
        act(self.order.borrow_mut().insert(order))
    }

    /// Every subject that the filter lets through, once.
    pub fn for_each(&self, filter: &Filter, each: &mut dyn FnMut(SubjectId, &[u8], SubjectState)) {
        let all = self.visit(filter, &mut |id, name, state| {
            each(id, name, state);
            ControlFlow::Continue(())
        });
        debug_assert!(all.is_continue());
    }

    /// The subjects that the filter lets through, if there are no more than `max`.
    pub fn at_most(&self, filter: &Filter, max: usize) -> Option<Vec<SubjectId>> {
        let mut ids = Vec::new();
        let all = self.visit(filter, &mut |id, _, _| {
            if ids.len() == max {
                return ControlFlow::Break(());
            }
            ids.push(id);
            ControlFlow::Continue(())
        });
        all.is_continue().then_some(ids)
    }

    /// As [`SubjectTable::for_each`], until it is told to stop.
    fn visit(&self, filter: &Filter, each: Visit<'_>) -> ControlFlow<()> {
        let mut visit = |name: &[u8], id: SubjectId| each(id, name, self.state(id));
        if filter.is_all() {
            return self.with_order(|order| order.iter().try_for_each(|(name, id)| visit(name, *id)));
        }
        for (i, pattern) in filter.patterns().enumerate() {
            let seen = |name: &[u8]| filter.patterns().take(i).any(|p| subject::matches(p, name));
            if subject::is_literal(pattern) {
                if let Some(id) = self.id(pattern).filter(|_| !seen(pattern)) {
                    visit(pattern, id)?;
                }
            } else {
                self.walk(pattern, &mut |name, id| match seen(name) {
                    true => ControlFlow::Continue(()),
                    false => visit(name, id),
                })?;
            }
        }
        ControlFlow::Continue(())
    }

    fn walk(
        &self,
        pattern: &[u8],
        each: &mut dyn FnMut(&[u8], SubjectId) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.with_order(|order| walk(order, pattern, each))
    }
}

fn walk(
    order: &Order,
    pattern: &[u8],
    each: &mut dyn FnMut(&[u8], SubjectId) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut names = order.range::<[u8], _>((Bound::Unbounded, Bound::Unbounded));
    while let Some((name, id)) = names.next() {
        work::step(1);
        match step(pattern, name) {
            Step::Match => each(name, *id)?,
            Step::Next => {}
            Step::Seek(from) => {
                names = order.range::<[u8], _>((Bound::Included(from.as_slice()), Bound::Unbounded));
            }
            Step::End => break,
        }
    }
    ControlFlow::Continue(())
}

/// Where to go on from a name in a sorted list of names.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// This one matches; go to the next.
    Match,
    /// Go to the next.
    Next,
    /// Nothing before this one matches.
    Seek(Vec<u8>),
    /// Nothing behind matches.
    End,
}

/// The byte behind the dot: `a/` is the first name behind all that begin with `a.`.
const BEHIND_DOT: u8 = b'.' + 1;

fn step(pattern: &[u8], name: &[u8]) -> Step {
    let behind = |branch: &[u8]| Step::Seek([branch, &[BEHIND_DOT]].concat());
    let mut start = 0;
    for wanted in subject::tokens(pattern) {
        if start > name.len() {
            return Step::Next;
        }
        if wanted == b">" {
            return Step::Match;
        }
        let end = memchr::memchr(b'.', &name[start..]).map_or(name.len(), |dot| start + dot);
        if wanted != b"*" && &name[start..end] != wanted {
            let mut target = [&name[..start], wanted].concat();
            if name < target.as_slice() {
                return Step::Seek(target);
            }
            target.push(b'.');
            return match start {
                _ if name < target.as_slice() => Step::Seek(target),
                0 => Step::End,
                _ => behind(&name[..start - 1]),
            };
        }
        start = end + 1;
    }
    if start > name.len() {
        Step::Match
    } else {
        behind(&name[..start - 1])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(names: &[String]) -> SubjectTable {
        let mut table = SubjectTable::default();
        for name in names {
            let id = table.intern(name.as_bytes());
            table.state_mut(id).messages += 1;
        }
        table
    }

    fn found(table: &SubjectTable, filter: &Filter) -> Vec<String> {
        let mut found = Vec::new();
        table.for_each(filter, &mut |_, name, _| {
            found.push(String::from_utf8(name.to_vec()).unwrap());
        });
        found.sort();
        found
    }

    proptest! {
        #[test]
        fn walking_finds_what_matching_finds(
            names in prop::collection::vec("[ab/-]{1,2}(\\.[ab/-]{1,2}){0,3}", 0..40),
            patterns in prop::collection::vec("([ab-]{1,2}|\\*)(\\.([ab/]{1,2}|\\*)){0,2}(\\.>)?", 1..3),
        ) {
            let table = table(&names);
            let filter = Filter::any(&patterns);
            let mut wanted: Vec<String> =
                names.iter().filter(|n| filter.matches(n.as_bytes())).cloned().collect();
            wanted.sort();
            wanted.dedup();
            prop_assert_eq!(found(&table, &filter), wanted);
        }
    }

    #[test]
    fn whole_branches_are_jumped_over() {
        for (pattern, name, expected) in [
            ("a.*.c", "a.b.d", Step::Seek(b"a.b/".to_vec())),
            ("a.*.c", "a.b.a", Step::Seek(b"a.b.c".to_vec())),
            ("a.*", "a.b.c", Step::Seek(b"a.b/".to_vec())),
            ("a.*", "b.b", Step::End),
            ("a.*", "a-b", Step::Seek(b"a.".to_vec())),
            ("a.>", "a", Step::Next),
        ] {
            assert_eq!(
                step(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn released_numbers_are_used_again() {
        let mut table = table(&["a".into(), "b".into()]);
        let id = table.id(b"a").unwrap();
        table.release(id);
        assert_eq!((table.id(b"a"), table.len()), (None, 1));
        assert_eq!(table.intern(b"c"), id);
    }

    #[test]
    fn names_that_are_gone_give_their_memory_back_and_the_others_keep_theirs() {
        let all: Vec<String> = (0..4000)
            .map(|n| format!("a.rather.long.branch.of.names.{n}"))
            .collect();
        let mut table = table(&all);
        assert_eq!(found(&table, &Filter::any(["a.>"])).len(), all.len());
        let full = table.names.len();
        for name in all.iter().skip(1000) {
            let id = table.id(name.as_bytes()).unwrap();
            table.release(id);
        }
        assert!(table.names.len() < full / 2, "{} of {full}", table.names.len());
        let mut left = all[..1000].to_vec();
        left.sort();
        assert_eq!(found(&table, &Filter::any(["a.>"])), left);
        for name in &left {
            let id = table.id(name.as_bytes()).unwrap();
            assert_eq!(table.name(id), name.as_bytes());
        }
        table.intern(b"never used");
        table.release_unused();
        assert_eq!((table.len(), table.id(b"never used")), (1000, None));
    }
}
