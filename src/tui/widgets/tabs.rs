//! The row of tabs on a screen of any width: full names where there is room, else as few short ones as possible, else
//! those around the tab that is shown, with how many there are more at each end. Pure.

use crate::tui::widgets::text::{self, Keep};

/// Cells of a mark such as `‹12` at most.
const MARK_CELLS: usize = 4;
/// Cells of a tab's name at most.
pub const NAME_CELLS_MAX: usize = 24;

/// What stands in the row, from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Tabs to the left that have no room.
    pub before: usize,
    /// The tabs that are drawn, with their places among all.
    pub shown: Vec<(usize, String)>,
    /// Tabs to the right that have no room.
    pub after: usize,
}

/// The name of a tab, whole and short.
pub struct Name {
    /// As it is called.
    pub full: String,
    /// Where there is little room.
    pub short: String,
}

/// Lays out tabs of these names in `room` cells; the one at `at` is shown, with its whole name if that fits.
pub fn lay_out(names: &[Name], at: usize, room: usize) -> Row {
    let full = |name: &Name, pad: &str| {
        let name = text::fit(&name.full, NAME_CELLS_MAX, Keep::Head);
        format!(" {name}{pad}")
    };
    let cells = |names: &[String]| -> usize { names.iter().map(|name| text::width(name)).sum() };
    let whole = |names: Vec<String>| Row {
        before: 0,
        shown: names.into_iter().enumerate().collect(),
        after: 0,
    };
    for pad in [" ", ""] {
        let row: Vec<String> = names.iter().map(|name| full(name, pad)).collect();
        if cells(&row) <= room {
            return whole(row);
        }
    }
    // As few short names as possible, those first that save most; the tab that is shown keeps its own.
    let mut row: Vec<String> = names.iter().map(|name| full(name, "")).collect();
    row[at].push(' ');
    let short = |index: usize| format!(" {}", names[index].short);
    let mut by_saving: Vec<usize> = (0..names.len()).filter(|index| *index != at).collect();
    let saving = |index: usize| text::width(&row[index]).saturating_sub(text::width(&short(index)));
    by_saving.sort_by_key(|index| std::cmp::Reverse(saving(*index)));
    for index in by_saving {
        row[index] = short(index);
        if cells(&row) <= room {
            return whole(row);
        }
    }
    around(row, at, room)
}

/// The tabs around the one that is shown, as many as fit, with room for the marks at the ends.
fn around(row: Vec<String>, at: usize, room: usize) -> Row {
    let total = row.len();
    let cells = |index: usize| text::width(&row[index]);
    let (mut from, mut to) = (at, at + 1);
    let mut used = cells(at);
    loop {
        let marks = |from: usize, to: usize| MARK_CELLS * (usize::from(from > 0) + usize::from(to < total));
        // To the right first, so that the row stands still while one goes to the right.
        if to < total && used + cells(to) + marks(from, to + 1) <= room {
            used += cells(to);
            to += 1;
        } else if from > 0 && used + cells(from - 1) + marks(from - 1, to) <= room {
            from -= 1;
            used += cells(from);
        } else {
            break;
        }
    }
    let shown = row.into_iter().enumerate().skip(from).take(to - from).collect();
    Row {
        before: from,
        shown,
        after: total - to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<Name> {
        ["Subjects", "Meldinger", "Publiser", "Key-value"]
            .map(|full| Name {
                full: full.to_owned(),
                short: full[..3].to_owned(),
            })
            .into()
    }

    fn shown(at: usize, room: usize) -> String {
        let row = lay_out(&names(), at, room);
        let names: String = row.shown.into_iter().map(|(_, name)| name).collect();
        format!("{}|{names}|{}", row.before, row.after)
    }

    #[test]
    fn names_give_way_before_tabs_do() {
        assert_eq!(shown(1, 80), "0| Subjects  Meldinger  Publiser  Key-value |0");
        assert_eq!(shown(1, 40), "0| Subjects Meldinger Publiser Key-value|0");
        assert_eq!(shown(1, 36), "0| Subjects Meldinger  Publiser Key|0");
        assert_eq!(shown(1, 24), "0| Sub Meldinger  Pub Key|0");
        assert_eq!(shown(1, 20), "0| Sub Meldinger |2");
        assert_eq!(shown(3, 19), "2| Pub Key-value |0");
        assert_eq!(shown(3, 18), "3| Key-value |0");
    }

    #[test]
    fn the_shown_tab_is_always_there_and_nothing_is_wider_than_the_row() {
        for room in 11..60 {
            for at in 0..4 {
                let row = lay_out(&names(), at, room);
                let marks = MARK_CELLS * (usize::from(row.before > 0) + usize::from(row.after > 0));
                let cells: usize = row.shown.iter().map(|(_, name)| text::width(name)).sum();
                assert!(row.shown.iter().any(|(index, _)| *index == at), "{room} {at}");
                assert!(
                    cells + marks <= room || row.shown.len() == 1,
                    "{room} {at} {row:?}"
                );
                assert_eq!(row.before + row.shown.len() + row.after, 4);
            }
        }
    }
}
