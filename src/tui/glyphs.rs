//! Characters that terminals do not agree on: flags, families and other emoji of several code points.
//!
//! One terminal joins them to two cells, another draws each part for itself, and what it draws outside the cells that
//! we count on stays there when the text is gone. So such a character is written for itself, its cells blank before,
//! and what it may have drawn over is written again, now and when it goes.

use std::collections::BTreeMap;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cells that one character is thought to draw over at the most.
const REACH_MAX: u16 = 16;

/// A cell with where it stands.
pub type Placed = (Position, Cell);

/// What the terminal was told to show.
#[derive(Debug, Default)]
pub struct Shown(Buffer);

impl Shown {
    /// Nothing is shown any more.
    pub fn clear(&mut self) {
        self.0 = Buffer::default();
    }

    /// Takes what is to be written on a screen of so many columns, in order, and gives it back with what has to be
    /// written again because of it; none when that is nothing more.
    pub fn write(&mut self, content: &[(u16, u16, &Cell)], columns: u16) -> Option<Vec<Placed>> {
        self.grow(content, columns);
        let mut again = Vec::new();
        for (x, y, cell) in content {
            let shown = &mut self.0[(*x, *y)];
            let reach = reach(shown.symbol()).max(reach(cell.symbol()));
            let own = width(cell);
            if reach > own {
                again.extend((x + own..x.saturating_add(reach)).map(|x| Position::new(x, *y)));
            }
            *shown = (*cell).clone();
        }
        if again.is_empty() && !content.iter().any(|(_, _, cell)| is_disputed(cell.symbol())) {
            return None;
        }
        let place = |x: u16, y: u16| (y, x);
        let mut whole: BTreeMap<(u16, u16), Cell> = content
            .iter()
            .map(|(x, y, cell)| (place(*x, *y), (*cell).clone()))
            .collect();
        for at in again.iter().filter(|at| self.0.area.contains(**at)) {
            whole
                .entry(place(at.x, at.y))
                .or_insert_with(|| self.0[*at].clone());
        }
        let cells = whole
            .into_iter()
            .map(|((y, x), cell)| (Position::new(x, y), cell));
        Some(cells.filter(|(at, _)| !self.is_behind(*at)).collect())
    }

    /// Whether a wide character to the left covers this cell.
    fn is_behind(&self, at: Position) -> bool {
        at.x > 0 && width(&self.0[(at.x - 1, at.y)]) > 1
    }

    fn grow(&mut self, content: &[(u16, u16, &Cell)], columns: u16) {
        let area = content.iter().fold(self.0.area, |area, (x, y, cell)| {
            let columns = columns.max(x.saturating_add(width(cell)));
            area.union(Rect::new(0, 0, columns, y.saturating_add(1)))
        });
        if area != self.0.area {
            let mut larger = Buffer::empty(area);
            larger.merge(&self.0);
            self.0 = larger;
        }
    }
}

/// Whether terminals draw this in cells of different numbers.
pub fn is_disputed(symbol: &str) -> bool {
    symbol.len() > 1 && symbol.chars().nth(1).is_some()
}

/// The cells that we count on.
pub fn width(cell: &Cell) -> u16 {
    match cell.symbol().len() {
        0 | 1 => 1,
        _ => u16::try_from(cell.symbol().width()).unwrap_or(REACH_MAX).max(1),
    }
}

/// The cells that a terminal may draw in which shows each part for itself.
fn reach(symbol: &str) -> u16 {
    if !is_disputed(symbol) {
        return 0;
    }
    let parts = symbol.chars().filter(|c| c.width().unwrap_or(0) > 0).count();
    u16::try_from(2 * parts).unwrap_or(REACH_MAX).min(REACH_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::links::{LinkedBackend, Links};
    use ratatui::backend::Backend;
    use ratatui::style::Style;

    /// What a terminal shows that draws each part of a character for itself, after these frames of one line each.
    fn shown_after(frames: &[&str]) -> String {
        let mut written = Vec::new();
        let mut backend = LinkedBackend::new(&mut written, Links::default());
        backend.columns.set(30);
        let mut before = Buffer::empty(Rect::new(0, 0, 30, 1));
        for line in frames {
            let mut now = Buffer::empty(before.area);
            now.set_string(0, 0, line, Style::new());
            backend.draw(before.diff(&now).into_iter()).unwrap();
            before = now;
        }
        drop(backend);
        let mut terminal = vt100::Parser::new(1, 30, 0);
        terminal.process(&written);
        terminal.screen().contents().trim_end().to_owned()
    }

    #[test]
    fn an_emoji_of_several_parts_leaves_nothing_behind() {
        let family = "👩\u{200d}👩\u{200d}👧\u{200d}👦";
        for emoji in [family, "🇳🇴", "☎\u{fe0f}", "1\u{fe0f}\u{20e3}"] {
            assert_eq!(shown_after(&[emoji, ""]), "", "{emoji}");
            assert_eq!(shown_after(&[emoji, "a"]), "a", "{emoji}");
            assert_eq!(
                shown_after(&[&format!("ab {emoji} på"), "abcdefghij"]),
                "abcdefghij"
            );
        }
    }

    #[test]
    fn text_beside_such_an_emoji_stands_where_it_is_counted_on() {
        let family = "👩\u{200d}👩\u{200d}👧\u{200d}👦";
        for emoji in [family, "🇳🇴", "☎\u{fe0f}"] {
            // The text was there before the emoji was, and is not written anew on its own account.
            let shown = shown_after(&["    slutt 漢字.", &format!("a {emoji}slutt 漢字.")]);
            assert!(shown.ends_with("slutt 漢字."), "{emoji}: {shown:?}");
            assert_eq!(shown_after(&[&format!("{emoji}|x"), "漢|x"]), "漢|x");
        }
    }
}
