//! The consumers of one stream, found by name, by what they want, and by when they have something to do.
//!
//! A message that is stored costs in proportion to the consumers that want it, however many others there
//! are: a tree of all filters leads to them, a queue holds those with something to deliver, and the
//! deadlines are kept in order.

use std::collections::{BTreeMap, BTreeSet};

use super::Consumer;
use crate::broker::store::work;
use crate::broker::subjects::{Tree, Visit};
use crate::util::time::Timestamp;

/// Up to so many consumers are all asked whether they want a message; that is cheaper than a tree.
const FEW: usize = 4;

/// A consumer's number among those of its stream; never used twice.
pub type ConsumerId = u64;

/// The consumers, and the ways to find them.
#[derive(Debug, Default)]
pub(super) struct Roster {
    names: BTreeMap<String, ConsumerId>,
    members: BTreeMap<ConsumerId, Member>,
    /// Who has a filter that matches a subject. It may name consumers whose filter is another by now, since
    /// they may still wait for acknowledgements of what the old one let through.
    filters: Tree<()>,
    deadlines: BTreeSet<(Timestamp, ConsumerId)>,
    /// Those that have something to deliver.
    queue: Vec<ConsumerId>,
    last_id: ConsumerId,
    /// Who wants the message at hand; kept to spare the allocation.
    concerned: Vec<ConsumerId>,
}

#[derive(Debug)]
struct Member {
    consumer: Consumer,
    /// The patterns under which it is in the tree.
    patterns: BTreeSet<Box<[u8]>>,
    /// What `deadlines` says of it: its deadline or earlier.
    deadline: Option<Timestamp>,
    queued: bool,
}

/// Collects whom a subject leads to.
struct Found<'a>(&'a mut Vec<ConsumerId>);

impl Visit<()> for Found<'_> {
    fn plain(&mut self, members: &[(u64, ())]) {
        self.0.extend(members.iter().map(|(id, ())| *id));
    }

    fn group(&mut self, _: &[u8], _: &[(u64, ())]) {}
}

impl Roster {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn id(&self, name: &str) -> Option<ConsumerId> {
        self.names.get(name).copied()
    }

    pub(super) fn get(&self, id: ConsumerId) -> Option<&Consumer> {
        self.members.get(&id).map(|member| &member.consumer)
    }

    pub(super) fn get_mut(&mut self, id: ConsumerId) -> Option<&mut Consumer> {
        self.members.get_mut(&id).map(|member| &mut member.consumer)
    }

    /// In the order of their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Consumer> {
        self.names.values().filter_map(|id| self.get(*id))
    }

    /// In the order in which they were made.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (ConsumerId, &mut Consumer)> {
        self.members
            .iter_mut()
            .map(|(id, member)| (*id, &mut member.consumer))
    }

    /// Takes in a consumer whose name is free.
    pub(super) fn insert(&mut self, consumer: Consumer) -> ConsumerId {
        self.last_id += 1;
        let id = self.last_id;
        self.names.insert(consumer.name().to_owned(), id);
        let member = Member {
            consumer,
            patterns: BTreeSet::new(),
            deadline: None,
            queued: false,
        };
        self.members.insert(id, member);
        self.note_filter(id);
        self.note_deadline(id);
        id
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Consumer> {
        let id = self.names.remove(name)?;
        let member = self.members.remove(&id)?;
        for pattern in &member.patterns {
            self.filters.remove(pattern, None, id);
        }
        if let Some(deadline) = member.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        self.queue.retain(|queued| *queued != id);
        Some(member.consumer)
    }

    /// Its filter is new, or may have changed.
    pub(super) fn note_filter(&mut self, id: ConsumerId) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let filter = member.consumer.filter();
        let all = filter.is_all().then_some(&b">"[..]);
        for pattern in filter.patterns().chain(all) {
            // A filter that cannot be subscribed to matches nothing either.
            if member.patterns.insert(pattern.into()) && self.filters.insert(pattern, None, id, ()).is_err() {
                member.patterns.remove(pattern);
            }
        }
    }

    /// Its deadline may have become an earlier one.
    pub(super) fn note_deadline(&mut self, id: ConsumerId) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let Some(due) = member.consumer.next_deadline() else {
            return;
        };
        if member.deadline.is_none_or(|noted| due < noted) {
            if let Some(noted) = member.deadline.replace(due) {
                self.deadlines.remove(&(noted, id));
            }
            self.deadlines.insert((due, id));
        }
    }

    /// When [`Roster::take_due`] has somebody; perhaps too early, never too late.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(due, _)| *due)
    }

    /// Those whose deadline has passed. Each has to be noted again.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<ConsumerId> {
        let mut due = Vec::new();
        while let Some((deadline, id)) = self.deadlines.first().copied().filter(|(at, _)| *at <= now) {
            self.deadlines.remove(&(deadline, id));
            if let Some(member) = self.members.get_mut(&id) {
                member.deadline = None;
            }
            due.push(id);
        }
        due
    }

    /// Does something with everybody whose filter matches, or did when it was delivered; queues those that
    /// say that they have something to deliver now.
    pub(super) fn tell(&mut self, subject: &[u8], mut act: impl FnMut(&mut Consumer) -> bool) {
        let mut concerned = std::mem::take(&mut self.concerned);
        self.find(subject, &mut concerned);
        work::step(concerned.len());
        for id in concerned.drain(..) {
            if let Some(member) = self.members.get_mut(&id)
                && act(&mut member.consumer)
                && !std::mem::replace(&mut member.queued, true)
            {
                self.queue.push(id);
            }
        }
        self.concerned = concerned;
    }

    /// Is there somebody among those whose filter matches, or did, of whom this is true?
    pub(super) fn any(&self, subject: &[u8], test: impl Fn(&Consumer) -> bool) -> bool {
        let mut concerned = Vec::new();
        self.find(subject, &mut concerned);
        work::step(concerned.len());
        concerned.into_iter().any(|id| self.get(id).is_some_and(&test))
    }

    fn find(&self, subject: &[u8], found: &mut Vec<ConsumerId>) {
        if self.members.len() <= FEW {
            found.extend(self.members.keys());
            return;
        }
        self.filters.visit(subject, &mut Found(found));
        // Several patterns of one consumer may match.
        found.sort_unstable();
        found.dedup();
    }

    /// It may have something to deliver.
    pub(super) fn queue(&mut self, id: ConsumerId) {
        if let Some(member) = self.members.get_mut(&id)
            && !std::mem::replace(&mut member.queued, true)
        {
            self.queue.push(id);
        }
    }

    /// Everybody may have something to deliver.
    pub(super) fn queue_all(&mut self) {
        for (id, member) in &mut self.members {
            if !std::mem::replace(&mut member.queued, true) {
                self.queue.push(*id);
            }
        }
    }

    /// Those that have something to deliver.
    pub(super) fn take_queue(&mut self) -> Vec<ConsumerId> {
        for id in &self.queue {
            if let Some(member) = self.members.get_mut(id) {
                member.queued = false;
            }
        }
        std::mem::take(&mut self.queue)
    }
}
