//! Names with dots in them as rows: a tree over what stands between the dots, or a flat list. Pure.
//!
//! The keys of a bucket and the subjects of a stream are shown so. A level is a row where several keys begin alike; what
//! leads to one key alone is part of that key's row. Levels are open until they are closed, so that few keys are seen
//! whole.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Range;

use crate::client::payload;

/// How the keys are shown.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Every key on a row of its own, with its whole name.
    pub is_flat: bool,
    /// Paths of levels that are closed.
    pub closed: HashSet<String>,
}

/// A row: a key, a level, or both in one.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a, T> {
    /// The whole key, or what all keys below begin with.
    pub path: &'a str,
    /// What of it the rows above do not say already.
    pub label: &'a str,
    /// How deep it lies, from 0.
    pub depth: usize,
    /// Keys below it.
    pub below: usize,
    /// Whether they are shown.
    pub is_open: bool,
    /// What belongs to the key, where it is one.
    pub item: Option<T>,
    /// It and those below it, by their places among the keys in order.
    pub span: Range<usize>,
}

impl<T> Row<'_, T> {
    /// Its name as far in as it lies, with a mark where there is something below it.
    pub fn name(&self) -> String {
        let mark = match (self.below, self.is_open) {
            (0, _) => "",
            (_, true) => "▾ ",
            (_, false) => "▸ ",
        };
        let label = payload::neutralise(self.label);
        format!("{}{mark}{label}", "  ".repeat(self.depth))
    }
}

impl Shape {
    /// The rows of these keys, top to bottom; the keys are put in the order of the rows.
    pub fn rows<'a, T: Copy>(&self, keys: &mut [(&'a str, T)]) -> Vec<Row<'a, T>> {
        let mut rows = Vec::with_capacity(keys.len());
        if self.is_flat {
            let row = |(at, (key, item)): (usize, &(&'a str, T))| leaf(key, at, 0, 0, *item);
            rows.extend(keys.iter().enumerate().map(row));
        } else {
            keys.sort_by(|(a, _), (b, _)| by_token(a, b));
            self.level(keys, 0, 0, 0, &mut rows);
        }
        rows
    }

    /// Closes a level, or opens it.
    pub fn toggle(&mut self, path: &str) {
        if !self.closed.remove(path) {
            self.closed.insert(path.to_owned());
        }
    }

    /// Rows for keys that are alike in their first `from` bytes, which end with a dot or are none; the first of them is
    /// that of number `at`.
    fn level<'a, T: Copy>(
        &self,
        keys: &[(&'a str, T)],
        mut at: usize,
        from: usize,
        depth: usize,
        rows: &mut Vec<Row<'a, T>>,
    ) {
        let token = |key: &'a str| key[from..].split('.').next().unwrap_or_default();
        for alike in keys.chunk_by(|(a, _), (b, _)| token(a) == token(b)) {
            let &[(first, item), ref rest @ ..] = alike else {
                continue;
            };
            let span = at..at + alike.len();
            at = span.end;
            let Some((last, _)) = rest.last() else {
                rows.push(leaf(first, span.start, from, depth, item));
                continue;
            };
            // In order by token, what first and last share all share.
            let path = &first[..shared(first, last)];
            let (own, below) = match path.len() == first.len() {
                true => (Some(item), rest),
                false => (None, alike),
            };
            let is_open = !self.closed.contains(path);
            rows.push(Row {
                path,
                label: &path[from..],
                depth,
                below: below.len(),
                is_open,
                item: own,
                span: span.clone(),
            });
            if is_open {
                let begin = span.end - below.len();
                self.level(below, begin, path.len() + 1, depth + 1, rows);
            }
        }
    }
}

fn leaf<T>(key: &str, at: usize, from: usize, depth: usize, item: T) -> Row<'_, T> {
    Row {
        path: key,
        label: &key[from..],
        depth,
        below: 0,
        is_open: false,
        item: Some(item),
        span: at..at + 1,
    }
}

/// The order in which a key comes right before those that go on from it: token by token.
fn by_token(a: &str, b: &str) -> Ordering {
    let rank = |byte: u8| if byte == b'.' { 0 } else { byte };
    a.bytes().map(rank).cmp(b.bytes().map(rank))
}

/// How many bytes the whole tokens take that two keys begin with.
fn shared(a: &str, b: &str) -> usize {
    let mut end = 0;
    for (one, other) in a.split('.').zip(b.split('.')) {
        if one != other {
            break;
        }
        end += one.len() + 1;
    }
    // A dot before each token but the first.
    end.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(keys: &[&str], shape: &Shape) -> Vec<String> {
        let mut keys: Vec<(&str, ())> = keys.iter().map(|key| (*key, ())).collect();
        let rows = shape.rows(&mut keys);
        rows.iter()
            .map(|row| {
                let mark = match (row.below, row.is_open) {
                    (0, _) => String::new(),
                    (below, true) => format!(" ▾{below}"),
                    (below, false) => format!(" ▸{below}"),
                };
                let key = if row.item.is_some() { "=" } else { "" };
                format!("{}{}{key}{mark}", "  ".repeat(row.depth), row.label)
            })
            .collect()
    }

    #[test]
    fn keys_that_begin_alike_stand_below_what_they_share() {
        let keys = [
            "dør",
            "lys",
            "lys-gammel",
            "lys.kjeller",
            "lys.stue.tak",
            "lys.stue.vegg",
            "a.b.c.d",
            "a.b.c.e",
            "ene.og.alene",
        ];
        let mut shape = Shape::default();
        let open = [
            "a.b.c ▾2",
            "  d=",
            "  e=",
            "dør=",
            "ene.og.alene=",
            "lys= ▾3",
            "  kjeller=",
            "  stue ▾2",
            "    tak=",
            "    vegg=",
            "lys-gammel=",
        ];
        assert_eq!(told(&keys, &shape), open);
        shape.toggle("lys");
        shape.toggle("a.b.c");
        let closed = ["a.b.c ▸2", "dør=", "ene.og.alene=", "lys= ▸3", "lys-gammel="];
        assert_eq!(told(&keys, &shape), closed);
        shape.toggle("lys");
        assert_eq!(told(&keys, &shape)[3], "lys= ▾3");
        shape.is_flat = true;
        assert_eq!(told(&["b.c", "b.d"], &shape), ["b.c=", "b.d="]);
    }

    proptest! {
        #[test]
        fn every_key_has_one_row_and_levels_count_theirs(
            keys in proptest::collection::btree_set("[ab.-]{1,6}", 0..40),
        ) {
            let keys: Vec<String> = keys.into_iter().collect();
            let mut pairs: Vec<(&str, usize)> = keys.iter().map(|key| (key.as_str(), 1)).collect();
            let rows = Shape::default().rows(&mut pairs);
            let mut shown: Vec<&str> = rows.iter().filter(|row| row.item.is_some()).map(|row| row.path).collect();
            shown.sort_unstable();
            let all: Vec<&str> = keys.iter().map(String::as_str).collect();
            prop_assert_eq!(&shown, &all);
            for row in &rows {
                let is_below = |key: &str| key.starts_with(&format!("{}.", row.path));
                let own = usize::from(row.item.is_some());
                prop_assert_eq!(row.below, all.iter().copied().filter(|key| is_below(key)).count());
                let sum: usize = pairs[row.span.clone()].iter().map(|(_, one)| one).sum();
                prop_assert_eq!(sum, row.below + own);
            }
        }
    }
}
