//! Which rows of the tree are on the screen: open and closed levels, and wide ones folded to `*`.
//!
//! A folded level is a node whose children are so many that they are values rather than names: they become
//! one row `*`, whose own children are those of all of them together. So a row stands for one node or for
//! many; its path says which, with `*` for a folded token.

use std::collections::{HashMap, HashSet};

use super::tree::{Node, NodeId, ROOT, Tree};
use crate::util::time::Timestamp;

/// Children from which on a level is folded.
pub const FOLD_FROM: usize = 24;
/// Rows on the screen at most; what is behind them is said in one row.
pub const ROWS_MAX: usize = 5_000;

/// Tokens that the system and JetStream begin their own subjects with.
const INTERNAL: [&str; 3] = ["_INBOX", "$JS", "$SYS"];

/// What the user has opened.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Paths of open rows.
    pub open: HashSet<String>,
    /// Paths whose children are listed one by one, however many they are.
    pub unfolded: HashSet<String>,
    /// Whether internal subjects are shown.
    pub internal: bool,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Tokens from the root, `*` for a folded one.
    pub path: String,
    /// The last of them.
    pub token: String,
    /// How deep it lies, from 0.
    pub depth: usize,
    /// Values folded into it; 1 when it is no folded row.
    pub values: usize,
    /// Rows or values right below it.
    pub below: usize,
    /// Whether they are shown.
    pub is_open: bool,
    /// Messages, of everything below too.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Messages of subjects below that have no node of their own.
    pub untold: u64,
    /// When the last came.
    pub seen: Timestamp,
    /// The last payload on exactly this subject; none where it is only a level.
    pub value: Option<Box<[u8]>>,
    /// The subject, where the row stands for exactly one.
    pub subject: Option<String>,
}

/// The rows, top to bottom, and how many were left out at [`ROWS_MAX`].
pub fn rows(tree: &Tree, shown: &Shown) -> (Vec<Row>, usize) {
    let mut walk = Walk {
        tree,
        shown,
        rows: Vec::new(),
        left_out: 0,
    };
    walk.level(&[ROOT], "", "", 0);
    (walk.rows, walk.left_out)
}

/// Messages on internal subjects.
pub fn internal_messages(tree: &Tree) -> u64 {
    let top = tree.root().children.iter();
    top.filter(|id| is_internal(tree.token(**id)))
        .map(|id| tree.node(*id).messages)
        .sum()
}

fn is_internal(token: &str) -> bool {
    INTERNAL.contains(&token)
}

struct Walk<'a> {
    tree: &'a Tree,
    shown: &'a Shown,
    rows: Vec<Row>,
    left_out: usize,
}

/// Nodes that share a row.
struct Group<'a> {
    token: &'a str,
    nodes: Vec<NodeId>,
    values: usize,
}

impl Group<'_> {
    fn folded(nodes: Vec<NodeId>, values: usize) -> Self {
        Group {
            token: "*",
            nodes,
            values,
        }
    }
}

impl<'a> Walk<'a> {
    /// The rows below these nodes. `subject` is theirs where they are one, else empty.
    fn level(&mut self, parents: &[NodeId], path: &str, subject: &str, depth: usize) {
        for group in self.groups(parents, path, depth) {
            if self.rows.len() >= ROWS_MAX {
                self.left_out += 1;
                continue;
            }
            let join = |text: &str| match depth {
                0 => group.token.to_owned(),
                _ => format!("{text}.{}", group.token),
            };
            let is_single = group.values == 1 && (depth == 0 || !subject.is_empty());
            let own_subject = if is_single { join(subject) } else { String::new() };
            let row = self.row(&group, join(path), &own_subject, depth);
            let (path, is_open) = (row.path.clone(), row.is_open);
            self.rows.push(row);
            if is_open {
                self.level(&group.nodes, &path, &own_subject, depth + 1);
            }
        }
    }

    /// The children of these nodes by token, or all of them together where they are too many.
    fn groups(&self, parents: &[NodeId], path: &str, depth: usize) -> Vec<Group<'a>> {
        let folds = !self.shown.unfolded.contains(path);
        if depth > 0 && folds {
            // Very many may be folded here, so they are only counted.
            let values = self.tree.tokens_below(parents);
            if values >= FOLD_FROM {
                let children = parents.iter().flat_map(|id| &self.tree.node(*id).children);
                return vec![Group::folded(children.copied().collect(), values)];
            }
        }
        let mut by_token: HashMap<&str, Vec<NodeId>> = HashMap::new();
        for parent in parents {
            for child in &self.tree.node(*parent).children {
                let token = self.tree.token(*child);
                if depth > 0 || self.shown.internal || !is_internal(token) {
                    by_token.entry(token).or_default().push(*child);
                }
            }
        }
        if by_token.len() >= FOLD_FROM && folds {
            let values = by_token.len();
            return vec![Group::folded(by_token.into_values().flatten().collect(), values)];
        }
        let group = |(token, nodes)| Group {
            token,
            nodes,
            values: 1,
        };
        let mut groups: Vec<Group<'a>> = by_token.into_iter().map(group).collect();
        groups.sort_unstable_by_key(|group| group.token);
        groups
    }

    fn row(&self, group: &Group<'_>, path: String, subject: &str, depth: usize) -> Row {
        let below = self.below(group, &path);
        let mut sum = Node::default();
        let mut newest: Option<&Node> = None;
        // One pass, since a folded row may stand for very many.
        for node in group.nodes.iter().map(|id| self.tree.node(*id)) {
            sum.messages += node.messages;
            sum.bytes += node.bytes;
            sum.untold += node.untold;
            sum.seen = sum.seen.max(node.seen);
            if node.own > 0 && newest.is_none_or(|newest| node.seen >= newest.seen) {
                newest = Some(node);
            }
        }
        Row {
            token: group.token.to_owned(),
            depth,
            values: group.values,
            below,
            is_open: below > 0 && self.shown.open.contains(&path),
            messages: sum.messages,
            bytes: sum.bytes,
            untold: sum.untold,
            seen: sum.seen,
            value: newest.map(|node| node.value.clone()),
            subject: Some(subject.to_owned()).filter(|subject| !subject.is_empty() && newest.is_some()),
            path,
        }
    }

    fn below(&self, group: &Group<'_>, path: &str) -> usize {
        match group.nodes[..] {
            [one] => self.tree.node(one).children.len(),
            // Only an open row needs to know; a closed one needs to know whether there is anything.
            _ if self.shown.open.contains(path) => self.tree.tokens_below(&group.nodes),
            _ => {
                let has_any = |id: &NodeId| !self.tree.node(*id).children.is_empty();
                usize::from(group.nodes.iter().any(has_any))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(subjects: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for (n, subject) in (1..).zip(subjects) {
            tree.take(Timestamp::from_nanos(n), subject, subject.as_bytes());
        }
        tree
    }

    fn paths(tree: &Tree, shown: &Shown) -> Vec<String> {
        rows(tree, shown).0.into_iter().map(|row| row.path).collect()
    }

    fn open(paths: &[&str]) -> Shown {
        Shown {
            open: paths.iter().map(|path| (*path).to_owned()).collect(),
            ..Shown::default()
        }
    }

    #[test]
    fn internal_subjects_wait_behind_a_key() {
        let tree = tree(&["a.b", "$JS.API.INFO", "_INBOX.x", "$KV.b.k"]);
        assert_eq!(paths(&tree, &Shown::default()), ["$KV", "a"]);
        assert_eq!(internal_messages(&tree), 2);
        let shown = Shown {
            internal: true,
            ..Shown::default()
        };
        assert_eq!(paths(&tree, &shown), ["$JS", "$KV", "_INBOX", "a"]);
    }

    #[test]
    fn a_wide_level_is_one_row_whose_children_are_those_of_all() {
        let subjects: Vec<String> = (0..40)
            .flat_map(|n| [format!("s.d{n}.temp"), format!("s.d{n}.co2")])
            .collect();
        let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
        let tree = tree(&subjects);
        let mut shown = open(&["s", "s.*"]);
        assert_eq!(paths(&tree, &shown), ["s", "s.*", "s.*.co2", "s.*.temp"]);
        let (list, _) = rows(&tree, &shown);
        assert_eq!((list[1].values, list[1].messages), (40, 80));
        assert_eq!((list[2].messages, list[2].subject.clone()), (40, None));
        assert_eq!(
            list[2].value.as_deref(),
            Some("s.d39.co2".as_bytes()),
            "the newest of them"
        );
        shown.unfolded.insert("s".to_owned());
        let (list, _) = rows(&tree, &shown);
        assert_eq!(list.len(), 41);
        assert_eq!(list[1].subject, None, "a level, not a subject");
        shown.open.insert("s.d0".to_owned());
        let (list, _) = rows(&tree, &shown);
        assert_eq!(list[2].subject.as_deref(), Some("s.d0.co2"));
    }

    #[test]
    fn no_more_rows_than_can_be_looked_at() {
        let subjects: Vec<String> = (0..ROWS_MAX + 7).map(|n| format!("d{n}")).collect();
        let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
        let mut shown = Shown::default();
        shown.unfolded.insert(String::new());
        let (list, left_out) = rows(&tree(&subjects), &shown);
        assert_eq!((list.len(), left_out), (ROWS_MAX, 7));
    }
}
