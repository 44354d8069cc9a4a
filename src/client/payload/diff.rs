//! What differs between two texts, line by line.

/// Lines of each side that are compared; what is behind them counts as changed.
const LINES_MAX: usize = 400;

/// A line of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// In both.
    Same(String),
    /// Only in the old one.
    Gone(String),
    /// Only in the new one.
    New(String),
}

/// The lines of both in order, with as few changes as there can be.
pub fn diff(old: &[String], new: &[String]) -> Vec<Change> {
    let (old_part, new_part) = (&old[..old.len().min(LINES_MAX)], &new[..new.len().min(LINES_MAX)]);
    let common = common_lengths(old_part, new_part);
    let mut changes = Vec::with_capacity(old.len() + new.len());
    let (mut i, mut j) = (0, 0);
    while i < old_part.len() && j < new_part.len() {
        if old_part[i] == new_part[j] {
            changes.push(Change::Same(old_part[i].clone()));
            (i, j) = (i + 1, j + 1);
        } else if common[i + 1][j] >= common[i][j + 1] {
            changes.push(Change::Gone(old_part[i].clone()));
            i += 1;
        } else {
            changes.push(Change::New(new_part[j].clone()));
            j += 1;
        }
    }
    changes.extend(old[i..].iter().cloned().map(Change::Gone));
    changes.extend(new[j..].iter().cloned().map(Change::New));
    changes
}

/// How many lines the ends from each pair of places on have in common.
fn common_lengths(old: &[String], new: &[String]) -> Vec<Vec<u16>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = match old[i] == new[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn sides(changes: &[Change]) -> (Vec<String>, Vec<String>) {
        let old = changes.iter().filter_map(|change| match change {
            Change::Same(line) | Change::Gone(line) => Some(line.clone()),
            Change::New(_) => None,
        });
        let new = changes.iter().filter_map(|change| match change {
            Change::Same(line) | Change::New(line) => Some(line.clone()),
            Change::Gone(_) => None,
        });
        (old.collect(), new.collect())
    }

    #[test]
    fn only_what_differs_is_marked() {
        let changes = diff(&lines("{ temp:21 ok }"), &lines("{ temp:22 ok ny }"));
        let marks: String = changes
            .iter()
            .map(|change| match change {
                Change::Same(_) => ' ',
                Change::Gone(_) => '-',
                Change::New(_) => '+',
            })
            .collect();
        assert_eq!(marks, " -+ + ");
    }

    proptest! {
        #[test]
        fn both_sides_can_be_read_off(old in "([ab] ){0,12}", new in "([ab] ){0,12}") {
            let (old, new) = (lines(&old), lines(&new));
            prop_assert_eq!(sides(&diff(&old, &new)), (old, new));
        }
    }
}
