//! Every subject that was seen, as a tree over its tokens. Pure: subject, payload and time in, rows out.
//!
//! Counts are exact however many subjects there are. A subject beyond [`SUBJECTS_MAX`], or one that would
//! take more than [`BYTES_MAX`], gets no node of its own: it is counted in the nodes above it, which then say
//! how much of theirs is of that kind.

use std::collections::HashMap;

use crate::util::time::Timestamp;

/// Subjects with a node of their own.
pub const SUBJECTS_MAX: usize = 200_000;
/// What tokens, values and nodes may take together, in bytes.
pub const BYTES_MAX: usize = 96 * 1024 * 1024;
/// Bytes kept of a subject's last payload.
pub const VALUE_BYTES_MAX: usize = 48;
/// The deepest level with nodes of its own; what is below is counted there.
const DEPTH_MAX: usize = 32;
/// What a node weighs besides its texts, the entries in both maps included, in bytes.
const NODE_BYTES: usize = 240;

/// A node's place in the tree.
pub type NodeId = u32;

/// The root, which stands for all subjects.
pub const ROOT: NodeId = 0;

/// A token under its parent, with what went through it and everything below.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The token.
    pub token: Box<str>,
    /// Messages.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Messages on exactly this subject.
    pub own: u64,
    /// Messages on subjects below that have no node.
    pub untold: u64,
    /// When the last one came.
    pub seen: Timestamp,
    /// The beginning of the last payload.
    pub value: Box<[u8]>,
    /// The nodes below, in the order in which they were first seen.
    pub children: Vec<NodeId>,
    parent: NodeId,
}

/// The tree.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    by_subject: HashMap<Box<str>, NodeId>,
    by_token: HashMap<(NodeId, Box<str>), NodeId>,
    weight: usize,
    subjects: u64,
    has_untold: bool,
}

impl Default for Tree {
    fn default() -> Tree {
        Tree {
            nodes: vec![Node::default()],
            by_subject: HashMap::new(),
            by_token: HashMap::new(),
            weight: 0,
            subjects: 0,
            has_untold: false,
        }
    }
}

impl Tree {
    /// Counts a message.
    pub fn take(&mut self, at: Timestamp, subject: &str, payload: &[u8]) {
        let (leaf, is_whole) = match self.by_subject.get(subject) {
            Some(leaf) => (*leaf, true),
            None => self.grow(subject),
        };
        self.has_untold |= !is_whole;
        let value = &payload[..payload.len().min(VALUE_BYTES_MAX)];
        let mut id = leaf;
        loop {
            let node = &mut self.nodes[id as usize];
            node.messages += 1;
            node.bytes += payload.len() as u64;
            node.seen = at;
            if id == leaf {
                match is_whole {
                    true => node.own += 1,
                    false => node.untold += 1,
                }
                if *node.value != *value {
                    // The new value is often as long as the old one, and then needs no memory anew.
                    match node.value.len() == value.len() {
                        true => node.value.copy_from_slice(value),
                        false => {
                            self.weight = self.weight - node.value.len() + value.len();
                            node.value = value.into();
                        }
                    }
                }
            }
            if id == ROOT {
                return;
            }
            id = node.parent;
        }
    }

    /// Makes the nodes of a subject, as far as there is room; false when that was not all the way.
    fn grow(&mut self, subject: &str) -> (NodeId, bool) {
        let mut id = ROOT;
        for (depth, token) in subject.split('.').enumerate() {
            if let Some(child) = self.by_token.get(&(id, token.into())) {
                id = *child;
                continue;
            }
            let weight = NODE_BYTES + 2 * token.len() + VALUE_BYTES_MAX;
            let is_full = self.by_subject.len() >= SUBJECTS_MAX || self.weight + weight > BYTES_MAX;
            let next = NodeId::try_from(self.nodes.len()).ok();
            let Some(next) = next.filter(|_| !is_full && depth < DEPTH_MAX) else {
                return (id, false);
            };
            self.weight += weight - VALUE_BYTES_MAX;
            self.nodes.push(Node {
                token: token.into(),
                parent: id,
                ..Node::default()
            });
            self.nodes[id as usize].children.push(next);
            self.by_token.insert((id, token.into()), next);
            id = next;
        }
        let weight = subject.len() + 48;
        if self.weight + weight <= BYTES_MAX {
            self.weight += weight;
            self.by_subject.insert(subject.into(), id);
        }
        if self.nodes[id as usize].own == 0 {
            self.subjects += 1;
        }
        (id, true)
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// All that was counted.
    pub fn root(&self) -> &Node {
        self.node(ROOT)
    }

    /// How many subjects have a node, and whether others were seen that have none.
    pub fn subjects(&self) -> (u64, bool) {
        (self.subjects, self.has_untold)
    }

    /// What it takes, in bytes; never more than [`BYTES_MAX`] by much.
    pub fn weight(&self) -> usize {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sums(tree: &Tree, id: NodeId) -> u64 {
        let node = tree.node(id);
        let below: u64 = node.children.iter().map(|child| sums(tree, *child)).sum();
        assert_eq!(node.messages, node.own + node.untold + below, "{}", node.token);
        node.messages
    }

    #[test]
    fn a_hundred_thousand_subjects_are_counted_exactly_within_the_bound() {
        let mut tree = Tree::default();
        for n in 0..300_000_u32 {
            let n = n % 150_000;
            tree.take(Timestamp::ZERO, &format!("sensors.d{n}.temp"), &n.to_be_bytes());
        }
        assert_eq!(tree.root().messages, 300_000);
        assert_eq!(tree.root().bytes, 1_200_000);
        assert_eq!(tree.subjects(), (150_000, false));
        assert!(tree.weight() <= BYTES_MAX);
        assert_eq!(sums(&tree, ROOT), 300_000);
    }

    #[test]
    fn what_has_no_room_is_still_counted_above() {
        let mut tree = Tree::default();
        for n in 0..SUBJECTS_MAX + 1_000 {
            tree.take(Timestamp::ZERO, &format!("a.{n}"), b"x");
        }
        let (subjects, untold) = tree.subjects();
        assert!(untold && subjects <= SUBJECTS_MAX as u64);
        let a = tree.node(tree.root().children[0]);
        assert_eq!(a.messages, SUBJECTS_MAX as u64 + 1_000);
        assert_eq!(a.untold + subjects, a.messages);
        tree.take(Timestamp::ZERO, &"x.".repeat(500), b"");
        assert_eq!(sums(&tree, ROOT), SUBJECTS_MAX as u64 + 1_001);
    }

    proptest! {
        #[test]
        fn every_node_is_the_sum_of_what_is_below(subjects in proptest::collection::vec("[ab]{1,2}(\\.[ab]{1,2}){0,3}", 0..60)) {
            let mut tree = Tree::default();
            for subject in &subjects {
                tree.take(Timestamp::ZERO, subject, subject.as_bytes());
            }
            prop_assert_eq!(sums(&tree, ROOT), subjects.len() as u64);
            let mut distinct = subjects.clone();
            distinct.sort();
            distinct.dedup();
            prop_assert_eq!(tree.subjects().0, distinct.len() as u64);
        }
    }
}
