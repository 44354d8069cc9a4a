//! Tables that give up columns, least important first, until they fit.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::theme::Theme;
use crate::tui::widgets::select::Selection;
use crate::tui::widgets::text::{self, Keep};

/// Blanks between two columns.
const GAP: usize = 1;

/// How a column is laid out. A column of numbers is dropped rather than cut, since a number without
/// its end is another number.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The head.
    pub title: &'static str,
    /// Cells below which a column of text is dropped rather than squeezed.
    pub min: usize,
    /// Columns with the highest rank go first.
    pub rank: u8,
    /// How its text is set.
    pub set: Set,
}

impl Column {
    /// A column.
    pub fn new(title: &'static str, min: usize, rank: u8, set: Set) -> Column {
        Column {
            title,
            min,
            rank,
            set,
        }
    }
}

/// How a column's text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// To the left, beginning kept.
    Left,
    /// To the left, end kept.
    LeftTail,
    /// To the right, as numbers are.
    Right,
}

/// The text of a cell and how it looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell(pub String, pub Style);

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell(text, Style::new())
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell(text.to_owned(), Style::new())
    }
}

/// Which columns are shown in `width` cells, and how wide each is. `natural` holds what every
/// column would like to have. The column of rank 0 always stays.
pub fn lay_out(columns: &[Column], natural: &[usize], width: usize) -> Vec<(usize, usize)> {
    let least = |i: usize| match columns[i].set {
        Set::Right => natural[i],
        Set::Left | Set::LeftTail => columns[i].min.min(natural[i]),
    };
    let total = |shown: &[usize]| -> usize {
        shown.iter().map(|i| least(*i)).sum::<usize>() + GAP * shown.len().saturating_sub(1)
    };
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    while shown.len() > 1 && total(&shown) > width {
        let worst = shown.iter().copied().max_by_key(|i| columns[*i].rank);
        shown.retain(|i| Some(*i) != worst);
    }
    let mut spare = width.saturating_sub(total(&shown));
    let mut by_rank = shown.clone();
    by_rank.sort_by_key(|i| columns[*i].rank);
    let mut widths: Vec<usize> = (0..columns.len()).map(least).collect();
    for i in by_rank {
        let more = natural[i].saturating_sub(widths[i]).min(spare);
        widths[i] += more;
        spare -= more;
    }
    shown.into_iter().map(|i| (i, widths[i].min(width))).collect()
}

/// A table with a head, and perhaps a selected row.
pub struct Table<'a> {
    /// The columns, in order.
    pub columns: &'a [Column],
    /// Every row has one cell per column.
    pub rows: &'a [Vec<Cell>],
}

impl Table<'_> {
    /// Draws head and rows. Without a selection the rows start at the first.
    pub fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        selection: Option<(&mut Selection, bool)>,
    ) {
        let (range, selected) = match selection {
            Some((s, focused)) => (
                s.visible_below_head(self.rows.len(), area),
                s.index(self.rows.len()).filter(|_| focused),
            ),
            None => (0..self.rows.len(), None),
        };
        self.draw_rows(frame, area, theme, range, selected);
    }

    /// Draws rows that are a part of a longer list already; `selected` is marked.
    pub fn draw_part(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, selected: Option<usize>) {
        self.draw_rows(frame, area, theme, 0..self.rows.len(), selected);
    }

    fn draw_rows(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        range: Range<usize>,
        selected: Option<usize>,
    ) {
        let height = usize::from(area.height);
        // In a single line a row says more than a head.
        let head = usize::from(height > 1);
        let shown = lay_out(self.columns, &self.natural(), area.width.into());
        let mut lines = Vec::with_capacity(height);
        if head == 1 {
            let titles = self.columns.iter().map(|c| Cell(c.title.to_owned(), theme.title));
            lines.push(self.line(&titles.collect::<Vec<_>>(), &shown));
        }
        for i in range.take(height - head) {
            let mut line = self.line(&self.rows[i], &shown);
            if selected == Some(i) {
                line = line.patch_style(theme.selected);
            }
            lines.push(line);
        }
        frame.render_widget(ratatui::text::Text::from(lines), area);
    }

    fn natural(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|c| text::width(c.title)).collect();
        for row in self.rows {
            for (w, cell) in widths.iter_mut().zip(row) {
                *w = (*w).max(text::width(&cell.0));
            }
        }
        widths
    }

    fn line(&self, cells: &[Cell], shown: &[(usize, usize)]) -> Line<'static> {
        let mut spans = Vec::with_capacity(shown.len() * 2);
        for (n, (i, width)) in shown.iter().enumerate() {
            if n > 0 {
                spans.push(Span::raw(" ".repeat(GAP)));
            }
            let Cell(content, style) = &cells[*i];
            let set = match self.columns[*i].set {
                Set::Left => text::pad_right(content, *width, Keep::Head),
                Set::LeftTail => text::pad_right(content, *width, Keep::Tail),
                Set::Right => text::pad_left(content, *width),
            };
            spans.push(Span::styled(set, *style));
        }
        Line::from(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column {
            title: "navn",
            min: 6,
            rank: 0,
            set: Set::LeftTail,
        },
        Column {
            title: "bytes",
            min: 5,
            rank: 2,
            set: Set::Right,
        },
        Column {
            title: "antall",
            min: 6,
            rank: 1,
            set: Set::Right,
        },
    ];

    #[test]
    fn columns_leave_by_rank_and_nothing_overflows() {
        let natural = [20, 8, 6];
        assert_eq!(lay_out(&COLUMNS, &natural, 60), [(0, 20), (1, 8), (2, 6)]);
        assert_eq!(lay_out(&COLUMNS, &natural, 23), [(0, 7), (1, 8), (2, 6)]);
        assert_eq!(lay_out(&COLUMNS, &natural, 21), [(0, 14), (2, 6)]);
        assert_eq!(lay_out(&COLUMNS, &natural, 10), [(0, 10)]);
        assert_eq!(lay_out(&COLUMNS, &natural, 3), [(0, 3)]);
        for width in 0..80 {
            let shown = lay_out(&COLUMNS, &natural, width);
            let used: usize = shown.iter().map(|(_, w)| w).sum::<usize>() + shown.len() - 1;
            assert!(used <= width, "{width}");
        }
    }
}
