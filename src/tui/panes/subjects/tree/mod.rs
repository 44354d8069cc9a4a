//! Every subject that was seen, as a tree over its tokens. Pure: subject, payload and time in, rows out.
//!
//! Counts are exact however many subjects there are. A subject beyond [`SUBJECTS_MAX`], or one that would take more
//! than [`BYTES_MAX`], gets no node of its own: it is counted in the nodes above it, which then say how much of
//! theirs is of that kind. [`Tree::weight`] counts what is really held, room to grow included. [`sums`] adds nodes
//! up.

mod sums;

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use crate::client::payload as body;
use crate::util::time::Timestamp;
pub use sums::Sum;

/// Subjects with a node of their own.
pub const SUBJECTS_MAX: usize = 200_000;
/// What nodes, texts and tables may take together, in bytes.
pub const BYTES_MAX: usize = 96 * 1024 * 1024;
/// Bytes kept of a subject's last payload.
pub const VALUE_BYTES_MAX: usize = 48;
/// The deepest level with nodes of its own; what is below is counted there.
const DEPTH_MAX: usize = 32;
/// What is made room for at least.
const STEP_MIN: usize = 64;

/// A node's place in the tree.
pub type NodeId = u32;
/// A token's place among those that were seen, each of which is kept once.
pub type TokenId = u32;

/// The root, which stands for all subjects.
pub const ROOT: NodeId = 0;

/// A token under its parent, with what went through it and everything below.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Messages.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Messages on exactly this subject.
    pub own: u64,
    /// Messages on subjects below that have no node.
    pub untold: u64,
    /// Bytes of those two kinds together.
    here_bytes: u64,
    /// What the nodes right below have untold.
    untold_below: u64,
    /// The node right below that the last message went through; the root for none.
    last: NodeId,
    /// The node right below whose own message came last; the root for none.
    newest: NodeId,
    /// How many nodes stand two levels below.
    grandchildren: u32,
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
    /// The token of each node, apart from the nodes, since it is looked at for very many at a time.
    token_of: Vec<TokenId>,
    /// The text of each token.
    tokens: Vec<Box<str>>,
    /// How each token begins, which is mostly enough to know their order.
    begins: Vec<u128>,
    /// Tokens by their text.
    by_text: HashTable<TokenId>,
    /// Whole subjects by their hash. The text is that of the nodes, which are looked at for counting anyway.
    by_subject: HashTable<(u64, NodeId)>,
    /// Nodes by their parent and token.
    by_token: HashTable<NodeId>,
    hasher: RandomState,
    /// Bytes of tokens' texts and lists of children, and of the longest value that every node may have.
    texts: usize,
    subjects: u64,
    has_untold: bool,
}

impl Default for Tree {
    fn default() -> Tree {
        Tree {
            nodes: vec![Node::default()],
            token_of: vec![0],
            // The root's is empty.
            tokens: vec!["".into()],
            begins: vec![0],
            by_text: HashTable::new(),
            by_subject: HashTable::new(),
            by_token: HashTable::new(),
            hasher: RandomState::new(),
            texts: 0,
            subjects: 0,
            has_untold: false,
        }
    }
}

impl Tree {
    /// Counts a message.
    pub fn take(&mut self, at: Timestamp, subject: &str, payload: &[u8]) {
        let hash = self.hasher.hash_one(subject);
        let is_it = |(own, id): &(u64, NodeId)| *own == hash && self.spells(*id, subject);
        let (leaf, is_whole) = match self.by_subject.find(hash, is_it) {
            Some((_, leaf)) => (*leaf, true),
            None => self.grow(subject, hash),
        };
        self.has_untold |= !is_whole;
        let value = body::head(payload, VALUE_BYTES_MAX);
        let bytes = payload.len() as u64;
        let (mut id, mut below) = (leaf, ROOT);
        loop {
            let node = &mut self.nodes[id as usize];
            node.messages += 1;
            node.bytes += bytes;
            node.seen = at;
            if id != leaf {
                node.last = below;
                if below == leaf {
                    match is_whole {
                        true => node.newest = leaf,
                        false => node.untold_below += 1,
                    }
                }
            }
            if id == leaf {
                node.here_bytes += bytes;
                match is_whole {
                    true => node.own += 1,
                    false => node.untold += 1,
                }
                // The new value is often as long as the old one, and then needs no memory anew.
                match node.value.len() == value.len() {
                    true => node.value.copy_from_slice(value),
                    false => node.value = value.into(),
                }
            }
            if id == ROOT {
                return;
            }
            (below, id) = (id, node.parent);
        }
    }

    /// Makes the nodes of a subject, as far as there is room; false when that was not all the way.
    fn grow(&mut self, subject: &str, hash: u64) -> (NodeId, bool) {
        let mut id = ROOT;
        for (depth, token) in subject.split('.').enumerate() {
            let text_hash = self.hasher.hash_one(token);
            let is_it = |own: &TokenId| *self.tokens[*own as usize] == *token;
            let known = self.by_text.find(text_hash, is_it).copied();
            if let Some(child) = known.and_then(|known| self.child(id, known)) {
                id = child;
                continue;
            }
            let next = NodeId::try_from(self.nodes.len()).ok();
            let text = known.is_none().then_some(token);
            let Some(next) = next.filter(|_| depth < DEPTH_MAX && self.has_room_below(id, text)) else {
                return (id, false);
            };
            let token = match known {
                Some(known) => known,
                None => self.learn(token, text_hash),
            };
            self.add(next, id, token);
            id = next;
        }
        if self.by_subject.len() < SUBJECTS_MAX && self.fits(growth(&self.by_subject)) {
            self.by_subject.insert_unique(hash, (hash, id), |(hash, _)| *hash);
        }
        if self.nodes[id as usize].own == 0 {
            self.subjects += 1;
        }
        (id, true)
    }

    /// The node of a token below another.
    fn child(&self, parent: NodeId, token: TokenId) -> Option<NodeId> {
        let is_it = |own: &NodeId| {
            self.token_of[*own as usize] == token && self.nodes[*own as usize].parent == parent
        };
        let hash = self.hasher.hash_one((parent, token));
        self.by_token.find(hash, is_it).copied()
    }

    /// Keeps the text of a token that was not seen before. There are never more tokens than nodes.
    fn learn(&mut self, text: &str, hash: u64) -> TokenId {
        let id = self.tokens.len() as TokenId;
        reserve(&mut self.tokens);
        reserve(&mut self.begins);
        self.tokens.push(text.into());
        self.begins.push(beginning(text));
        self.texts += heap(text.len());
        let (tokens, hasher) = (&self.tokens, &self.hasher);
        let hash_of = |id: &TokenId| hasher.hash_one(&*tokens[*id as usize]);
        self.by_text.insert_unique(hash, id, hash_of);
        id
    }

    fn add(&mut self, id: NodeId, parent: NodeId, token: TokenId) {
        reserve(&mut self.nodes);
        reserve(&mut self.token_of);
        self.nodes.push(Node {
            parent,
            ..Node::default()
        });
        self.token_of.push(token);
        if parent != ROOT {
            let above = self.nodes[parent as usize].parent;
            self.nodes[above as usize].grandchildren += 1;
        }
        let children = &mut self.nodes[parent as usize].children;
        let before = list(children);
        children.push(id);
        self.texts = self.texts + heap(VALUE_BYTES_MAX) + list(children) - before;
        let (nodes, token_of, hasher) = (&self.nodes, &self.token_of, &self.hasher);
        let hash_of = |id: &NodeId| hasher.hash_one((nodes[*id as usize].parent, token_of[*id as usize]));
        self.by_token
            .insert_unique(hasher.hash_one((parent, token)), id, hash_of);
    }

    /// Is there room for a node with a value, and with this text where its token is a new one, and for what must grow
    /// for it?
    fn has_room_below(&self, parent: NodeId, text: Option<&str>) -> bool {
        let children = &self.nodes[parent as usize].children;
        let list = match children.len() == children.capacity() {
            true => heap(2 * size_of::<NodeId>() * children.capacity().max(2)),
            false => 0,
        };
        let text = text.map_or(0, |text| {
            let lists = step(&self.tokens) * size_of::<Box<str>>() + step(&self.begins) * size_of::<u128>();
            heap(text.len()) + lists + growth(&self.by_text)
        });
        let lists = step(&self.nodes) * size_of::<Node>() + step(&self.token_of) * size_of::<TokenId>();
        let node = lists + heap(VALUE_BYTES_MAX);
        let tables = growth(&self.by_token) + growth(&self.by_subject);
        self.by_subject.len() < SUBJECTS_MAX && self.fits(list + text + node + tables)
    }

    fn fits(&self, bytes: usize) -> bool {
        self.weight() + bytes <= BYTES_MAX
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The text of a node's token.
    pub fn token(&self, id: NodeId) -> &str {
        &self.tokens[self.token_of[id as usize] as usize]
    }

    /// The node at the top whose token is this one.
    pub fn top(&self, token: &str) -> Option<NodeId> {
        let is_it = |own: &TokenId| *self.tokens[*own as usize] == *token;
        let token = self.by_text.find(self.hasher.hash_one(token), is_it)?;
        self.child(ROOT, *token)
    }

    /// All that was counted.
    pub fn root(&self) -> &Node {
        self.node(ROOT)
    }

    /// How many subjects have a node, and whether others were seen that have none.
    pub fn subjects(&self) -> (u64, bool) {
        (self.subjects, self.has_untold)
    }

    /// What it takes at most, in bytes; never more than [`BYTES_MAX`].
    pub fn weight(&self) -> usize {
        let nodes =
            self.nodes.capacity() * size_of::<Node>() + self.token_of.capacity() * size_of::<TokenId>();
        let tokens = self.tokens.capacity() * size_of::<Box<str>>()
            + self.begins.capacity() * size_of::<u128>()
            + self.by_text.allocation_size();
        let tables = self.by_subject.allocation_size() + self.by_token.allocation_size();
        nodes + tokens + tables + self.texts
    }

    /// Is the node's subject this one?
    fn spells(&self, mut id: NodeId, subject: &str) -> bool {
        let mut rest = subject;
        loop {
            let Some(before) = rest.strip_suffix(self.token(id)) else {
                return false;
            };
            id = self.node(id).parent;
            match before.strip_suffix('.') {
                Some(before) if id != ROOT => rest = before,
                _ => return id == ROOT && before.is_empty(),
            }
        }
    }
}

/// The first bytes of a token, so that their order is that of the numbers.
fn beginning(text: &str) -> u128 {
    let mut bytes = [0; size_of::<u128>()];
    let len = text.len().min(bytes.len());
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    u128::from_be_bytes(bytes)
}

/// How many items are made room for when there is none: less than twice as many, so that little of it lies idle. 0 while
/// there is room.
fn step<T>(items: &Vec<T>) -> usize {
    match items.len() == items.capacity() {
        true => (items.capacity() / 4).max(STEP_MIN),
        false => 0,
    }
}

fn reserve<T>(items: &mut Vec<T>) {
    items.reserve_exact(step(items));
}

/// What a table needs beside itself while it grows; nothing where there is room for one more.
fn growth<T>(table: &HashTable<T>) -> usize {
    const SMALLEST: usize = 256;
    match table.len() == table.capacity() {
        true => (2 * table.allocation_size()).max(SMALLEST),
        false => 0,
    }
}

fn list(children: &Vec<NodeId>) -> usize {
    heap(children.capacity() * size_of::<NodeId>())
}

/// What the allocator takes for so many bytes, as the usual ones do.
fn heap(bytes: usize) -> usize {
    const SMALLEST: usize = 32;
    match bytes {
        0 => 0,
        bytes => (bytes + size_of::<usize>()).next_multiple_of(16).max(SMALLEST),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sums(tree: &Tree, id: NodeId) -> u64 {
        let node = tree.node(id);
        let below: u64 = node.children.iter().map(|child| sums(tree, *child)).sum();
        assert_eq!(
            node.messages,
            node.own + node.untold + below,
            "{}",
            tree.token(id)
        );
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

    /// Counted anew from what the nodes hold.
    fn held(tree: &Tree) -> usize {
        let nodes = tree.nodes.iter();
        let nodes = nodes.map(|node| heap(node.value.len()) + list(&node.children));
        let tokens = tree.tokens.iter().map(|token| heap(token.len()));
        let tables = [&tree.by_text, &tree.by_token].map(HashTable::allocation_size);
        let tables = tables.iter().sum::<usize>() + tree.by_subject.allocation_size();
        let lists = tree.nodes.capacity() * size_of::<Node>()
            + tree.token_of.capacity() * size_of::<TokenId>()
            + tree.tokens.capacity() * size_of::<Box<str>>()
            + tree.begins.capacity() * size_of::<u128>();
        nodes.sum::<usize>() + tokens.sum::<usize>() + tables + lists
    }

    #[test]
    fn the_bound_holds_whatever_subjects_and_values_are() {
        // The longest that a server lets through, all different from the first token on, with ever other values.
        let long = "x".repeat(4_000);
        let mut tree = Tree::default();
        for n in 0..60_000_u32 {
            tree.take(
                Timestamp::ZERO,
                &format!("{n}.{n}{long}"),
                &[7; 4_096][..n as usize % 4_096],
            );
        }
        assert!(held(&tree) <= tree.weight(), "{} held", held(&tree));
        assert!(tree.weight() <= BYTES_MAX, "{}", tree.weight());
        assert!(tree.weight() > BYTES_MAX / 2, "the room is used");
        assert_eq!(sums(&tree, ROOT), 60_000);
        // Many short ones, which weigh more than their texts.
        let mut tree = Tree::default();
        for n in 0..600_000_u32 {
            tree.take(
                Timestamp::ZERO,
                &format!("{}.{}.{}", n % 7, n, n % 3),
                &n.to_be_bytes(),
            );
        }
        assert!(held(&tree) <= tree.weight(), "{} held", held(&tree));
        assert!(tree.weight() <= BYTES_MAX, "{}", tree.weight());
        assert_eq!(sums(&tree, ROOT), 600_000);
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
            let tops = &tree.root().children;
            let below: std::collections::HashSet<&str> = tops
                .iter()
                .flat_map(|id| &tree.node(*id).children)
                .map(|id| tree.token(*id))
                .collect();
            prop_assert_eq!(tree.tokens_below(tops), below.len());
            let each = |parents: &[NodeId]| {
                let mut sum = Sum::default();
                for child in parents.iter().flat_map(|id| &tree.node(*id).children) {
                    tree.add_sum(&mut sum, tree.sum_of(*child));
                }
                sum
            };
            let second: Vec<NodeId> = tops.iter().flat_map(|id| tree.node(*id).children.clone()).collect();
            for parents in [&[ROOT][..], tops, &second] {
                let (all, sum) = (each(parents), tree.sum_below(parents, &[]));
                prop_assert_eq!(
                    (sum.messages, sum.bytes, sum.untold, sum.has_below, sum.newest.is_some()),
                    (all.messages, all.bytes, all.untold, all.has_below, all.newest.is_some())
                );
                let (together, left_out) = tree.first_below(parents, &[], 3);
                let texts: Vec<&str> = together.iter().map(|nodes| tree.token(nodes[0])).collect();
                let distinct: std::collections::BTreeSet<&str> = parents
                    .iter()
                    .flat_map(|id| &tree.node(*id).children)
                    .map(|id| tree.token(*id))
                    .collect();
                let first: Vec<&str> = distinct.iter().copied().take(3).collect();
                prop_assert_eq!((texts, left_out), (first, distinct.len().saturating_sub(3)));
            }
            let mut distinct = subjects.clone();
            distinct.sort();
            distinct.dedup();
            prop_assert_eq!(tree.subjects().0, distinct.len() as u64);
        }
    }
}
