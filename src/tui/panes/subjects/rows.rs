//! Which rows of the tree are on the screen: open and closed levels, and wide ones folded to `*`.
//!
//! A folded level is a node whose children are so many that they are values rather than names: they become
//! one row `*`, whose own children are those of all of them together. So a row stands for one node or for
//! many; its path says which, with `*` for a folded token.
//!
//! A key is answered while messages come by the million, so no row looks at every value that is folded into it: what
//! they are together is known above them ([`Tree::sum_below`]), and of a level that is listed one by one only the first
//! [`ROWS_MAX`] are put in order.

use std::collections::HashSet;

use smallvec::SmallVec;

use super::tree::{NodeId, ROOT, Sum, Tree};
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
    let hidden = match shown.internal {
        true => Vec::new(),
        false => internal(tree),
    };
    let values = tree.root().children.len() - hidden.len();
    walk.level(
        Level {
            parents: vec![ROOT],
            hidden,
            values,
        },
        "",
        "",
        0,
    );
    (walk.rows, walk.left_out)
}

/// Messages on internal subjects.
pub fn internal_messages(tree: &Tree) -> u64 {
    internal(tree).into_iter().map(|id| tree.node(id).messages).sum()
}

/// The nodes of the system's and JetStream's own subjects.
fn internal(tree: &Tree) -> Vec<NodeId> {
    INTERNAL.iter().filter_map(|token| tree.top(token)).collect()
}

struct Walk<'a> {
    tree: &'a Tree,
    shown: &'a Shown,
    rows: Vec<Row>,
    left_out: usize,
}

/// What stands right below some nodes.
struct Level {
    parents: Vec<NodeId>,
    /// Nodes below them that are not shown.
    hidden: Vec<NodeId>,
    /// How many different tokens there are.
    values: usize,
}

/// Nodes that share a row.
enum Group {
    /// Those of one token.
    Together(SmallVec<[NodeId; 1]>),
    /// All of a level.
    Folded(Level),
}

impl Walk<'_> {
    /// The rows of a level. `subject` is that above it where it is one, else empty.
    fn level(&mut self, level: Level, path: &str, subject: &str, depth: usize) {
        // Very many may be folded here, so they are only counted.
        let folds = level.values >= FOLD_FROM && !self.shown.unfolded.contains(path);
        if folds {
            return self.group(Group::Folded(level), path, "", depth);
        }
        let room = ROWS_MAX.saturating_sub(self.rows.len());
        let (together, left_out) = self.tree.first_below(&level.parents, &level.hidden, room);
        self.left_out += left_out;
        for nodes in together {
            self.group(Group::Together(nodes), path, subject, depth);
        }
    }

    /// The row of a group, and those below it where it is open.
    fn group(&mut self, group: Group, above: &str, subject: &str, depth: usize) {
        if self.rows.len() >= ROWS_MAX {
            self.left_out += 1;
            return;
        }
        let tree = self.tree;
        let (token, values, sum) = match &group {
            Group::Folded(level) => ("*", level.values, tree.sum_below(&level.parents, &level.hidden)),
            Group::Together(nodes) => {
                let mut sum = Sum::default();
                for node in nodes {
                    tree.add_sum(&mut sum, tree.sum_of(*node));
                }
                (tree.token(nodes[0]), 1, sum)
            }
        };
        let join = |text: &str| match depth {
            0 => token.to_owned(),
            _ => format!("{text}.{token}"),
        };
        let is_single = values == 1 && (depth == 0 || !subject.is_empty());
        let subject = if is_single { join(subject) } else { String::new() };
        let path = join(above);
        let is_open = sum.has_below && self.shown.open.contains(&path);
        let nodes = match group {
            Group::Together(nodes) => nodes.into_vec(),
            // Only an open row needs to know which they are.
            Group::Folded(level) if is_open => {
                let all = level.parents.iter().flat_map(|id| &tree.node(*id).children);
                all.copied().filter(|id| !level.hidden.contains(id)).collect()
            }
            Group::Folded(_) => Vec::new(),
        };
        // A closed row needs to know only whether there is anything below it.
        let below = match is_open || nodes.len() == 1 {
            true => tree.tokens_below(&nodes),
            false => usize::from(sum.has_below),
        };
        self.rows.push(Row {
            token: token.to_owned(),
            depth,
            values,
            below,
            is_open,
            messages: sum.messages,
            bytes: sum.bytes,
            untold: sum.untold,
            seen: sum.seen,
            value: sum.newest.map(|newest| tree.node(newest).value.clone()),
            subject: (!subject.is_empty() && sum.newest.is_some()).then(|| subject.clone()),
            path: path.clone(),
        });
        if is_open {
            let level = Level {
                parents: nodes,
                hidden: Vec::new(),
                values: below,
            };
            self.level(level, &path, &subject, depth + 1);
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
    fn very_many_values_in_order_are_as_a_few_would_be() {
        // More than are sorted as they are, under several parents, some tokens under all of them.
        let subjects: Vec<String> = (0..9_000)
            .map(|n| format!("s.p{}.et-langt-prefiks-{}", n % 3, n % 7_000))
            .collect();
        let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
        let tree = tree(&subjects);
        let mut shown = open(&["s", "s.p0", "s.p1", "s.p2"]);
        let (list, _) = rows(&tree, &shown);
        let folded = |list: &[Row], path: &str| {
            let row = list.iter().find(|row| row.path == path);
            row.map(|row| (row.values, row.messages, row.below))
        };
        assert_eq!(folded(&list, "s.p0.*"), Some((3_000, 3_000, 0)));
        shown.unfolded.insert("s.p1".to_owned());
        let (list, left_out) = rows(&tree, &shown);
        let mut texts: Vec<&str> = list
            .iter()
            .filter(|row| row.path.starts_with("s.p1."))
            .map(|row| row.token.as_str())
            .collect();
        assert!(texts.is_sorted());
        texts.dedup();
        assert_eq!((texts.len(), left_out), (3_000, 0));
        let root = tree.root().children[0];
        let parents = &tree.node(root).children;
        let (together, left_out) = tree.first_below(parents, &[], 10);
        assert_eq!((together.len(), left_out), (10, 6_990));
        let all: Vec<&str> = together.iter().map(|nodes| tree.token(nodes[0])).collect();
        assert!(all.is_sorted() && all[0] == "et-langt-prefiks-0");
        assert_eq!(together[0].len(), 2, "0 and 7000 are in two of the three");
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
