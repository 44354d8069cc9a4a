//! The tree itself: one level a token, with places for `*` and `>` on each.

use std::collections::HashMap;

use super::hash::SubjectHash;
use crate::proto::subject;

/// A subject or pattern that cannot be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid Subject")]
pub struct InvalidPattern;

/// Subscriptions by pattern. Each is a value under an id which the caller never uses twice at a time,
/// either plain or in a queue group. Putting in and taking out cost by the length of the pattern.
#[derive(Debug)]
pub struct Tree<T> {
    root: Node<T>,
    inserts: u64,
    removes: u64,
}

#[derive(Debug)]
struct Node<T> {
    literals: HashMap<Box<[u8]>, Node<T>, SubjectHash>,
    /// Below `*`.
    any: Option<Box<Node<T>>>,
    /// What ends here with `>`.
    rest: Option<Box<Leaf<T>>>,
    /// What ends here.
    here: Option<Box<Leaf<T>>>,
}

#[derive(Debug)]
struct Leaf<T> {
    plain: Members<T>,
    groups: Vec<Group<T>>,
}

#[derive(Debug)]
struct Group<T> {
    name: Box<[u8]>,
    members: Members<T>,
}

/// Sorted by id. Ids mostly grow, so an insert is a push.
type Members<T> = Vec<(u64, T)>;

/// What a subject reaches, part by part. The same group may come up several times, once for each
/// pattern its members used.
pub trait Visit<T> {
    /// Plain subscriptions: each gets the message.
    fn plain(&mut self, members: &[(u64, T)]);
    /// Part of a queue group: one of the whole group gets the message.
    fn group(&mut self, name: &[u8], members: &[(u64, T)]);
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Tree {
            root: Node::default(),
            inserts: 0,
            removes: 0,
        }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Node {
            literals: HashMap::default(),
            any: None,
            rest: None,
            here: None,
        }
    }
}

impl<T> Default for Leaf<T> {
    fn default() -> Self {
        Leaf {
            plain: Vec::new(),
            groups: Vec::new(),
        }
    }
}

impl<T> Tree<T> {
    /// How many subscriptions are in it.
    pub fn len(&self) -> usize {
        (self.inserts - self.removes) as usize
    }

    /// How many were ever put in, and how many taken out.
    pub fn changes(&self) -> (u64, u64) {
        (self.inserts, self.removes)
    }

    /// True when nobody subscribes to anything.
    pub fn is_empty(&self) -> bool {
        self.inserts == self.removes
    }

    /// Puts a subscription in.
    pub fn insert(
        &mut self,
        pattern: &[u8],
        queue: Option<&[u8]>,
        id: u64,
        value: T,
    ) -> Result<(), InvalidPattern> {
        if !subject::is_valid_pattern(pattern) {
            return Err(InvalidPattern);
        }
        let members = self.root.leaf(pattern).members(queue);
        match members.binary_search_by_key(&id, |(id, _)| *id) {
            Ok(at) => members[at].1 = value,
            Err(at) => {
                members.insert(at, (id, value));
                self.inserts += 1;
            }
        }
        Ok(())
    }

    /// Takes a subscription out. False when it was not there.
    pub fn remove(&mut self, pattern: &[u8], queue: Option<&[u8]>, id: u64) -> bool {
        let removed = self.root.remove(subject::tokens(pattern), queue, id);
        self.removes += u64::from(removed);
        removed
    }

    /// Shows everything that a literal subject reaches. A subject with an empty token reaches nothing,
    /// and a `*` or `>` in it is an ordinary token.
    pub fn visit(&self, subject: &[u8], visit: &mut impl Visit<T>) {
        if !subject::tokens(subject).any(<[u8]>::is_empty) {
            self.root.visit(subject::tokens(subject), visit);
        }
    }
}

impl<T> Node<T> {
    /// The place where a valid pattern ends, made if need be.
    fn leaf(&mut self, pattern: &[u8]) -> &mut Leaf<T> {
        let mut node = self;
        for token in subject::tokens(pattern) {
            node = match token {
                b">" => return node.rest.get_or_insert_default(),
                b"*" => node.any.get_or_insert_default(),
                // Two look-ups, but no copy of a token that is there already.
                token if node.literals.contains_key(token) => {
                    node.literals.get_mut(token).expect("the key was just seen")
                }
                token => node.literals.entry(token.into()).or_default(),
            };
        }
        node.here.get_or_insert_default()
    }

    /// Takes a subscription out, and on the way back every node that has become empty.
    fn remove<'a>(
        &mut self,
        mut tokens: impl Iterator<Item = &'a [u8]>,
        queue: Option<&[u8]>,
        id: u64,
    ) -> bool {
        match tokens.next() {
            None => remove_from(&mut self.here, queue, id),
            Some(b">") => remove_from(&mut self.rest, queue, id),
            Some(b"*") => {
                let Some(node) = &mut self.any else { return false };
                let removed = node.remove(tokens, queue, id);
                self.any.take_if(|node| node.is_empty());
                removed
            }
            Some(token) => {
                let Some(node) = self.literals.get_mut(token) else {
                    return false;
                };
                let removed = node.remove(tokens, queue, id);
                if node.is_empty() {
                    self.literals.remove(token);
                }
                removed
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.literals.is_empty() && self.any.is_none() && self.rest.is_none() && self.here.is_none()
    }

    /// In nats-server's order: what ends here with `>` first, and then what is below `*`, except that a subject's last
    /// token is shown word for word before it is shown as `*`. The first one is who a client is told by that nobody
    /// answers it.
    fn visit<'a>(&self, mut tokens: impl Iterator<Item = &'a [u8]> + Clone, visit: &mut impl Visit<T>) {
        let Some(token) = tokens.next() else {
            return show(&self.here, visit);
        };
        show(&self.rest, visit);
        let (any, literal) = (self.any.as_deref(), self.literals.get(token));
        let is_last = tokens.clone().next().is_none();
        let order = if is_last { [literal, any] } else { [any, literal] };
        for node in order.into_iter().flatten() {
            node.visit(tokens.clone(), visit);
        }
    }
}

fn show<T>(leaf: &Option<Box<Leaf<T>>>, visit: &mut impl Visit<T>) {
    let Some(leaf) = leaf else { return };
    if !leaf.plain.is_empty() {
        visit.plain(&leaf.plain);
    }
    for group in &leaf.groups {
        visit.group(&group.name, &group.members);
    }
}

fn remove_from<T>(leaf: &mut Option<Box<Leaf<T>>>, queue: Option<&[u8]>, id: u64) -> bool {
    let removed = leaf.as_mut().is_some_and(|leaf| leaf.remove(queue, id));
    leaf.take_if(|leaf| leaf.plain.is_empty() && leaf.groups.is_empty());
    removed
}

impl<T> Leaf<T> {
    fn members(&mut self, queue: Option<&[u8]>) -> &mut Members<T> {
        let Some(name) = queue else { return &mut self.plain };
        let at = self
            .groups
            .iter()
            .position(|group| *group.name == *name)
            .unwrap_or_else(|| {
                self.groups.push(Group {
                    name: name.into(),
                    members: Vec::new(),
                });
                self.groups.len() - 1
            });
        &mut self.groups[at].members
    }

    fn remove(&mut self, queue: Option<&[u8]>, id: u64) -> bool {
        let members = match queue {
            None => &mut self.plain,
            Some(name) => match self.groups.iter_mut().find(|group| *group.name == *name) {
                Some(group) => &mut group.members,
                None => return false,
            },
        };
        let Ok(at) = members.binary_search_by_key(&id, |(id, _)| *id) else {
            return false;
        };
        members.remove(at);
        if members.is_empty() {
            self.groups.retain(|group| !group.members.is_empty());
        }
        true
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
