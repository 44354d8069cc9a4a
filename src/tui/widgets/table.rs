//! Tables that give up columns, least important first, until they fit.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::theme::Theme;
use crate::tui::widgets::select::Selection;
use crate::tui::widgets::text::{self, Keep};

/// Cells from which on a long list has a mark at the right for where one is.
const MARKED_FROM: u16 = 44;
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

/// The list that the rows on the screen are a part of.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Those on the screen.
    pub shown: Range<usize>,
    /// The selected one.
    pub at: usize,
    /// How many there are.
    pub len: usize,
}

impl Whole {
    /// A list of `len` rows of which `shown` are on the screen.
    pub fn of(selection: &Selection, shown: Range<usize>, len: usize) -> Whole {
        let at = selection.index(len).unwrap_or(0);
        Whole { shown, at, len }
    }

    /// Shows at the right where in a list one is that does not fit, and gives back what is left for the rows.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) -> Rect {
        let rows = area.height.saturating_sub(1);
        if self.shown.len() >= self.len || area.width < MARKED_FROM || rows < 2 {
            return area;
        }
        let (first, last) = self.thumb(usize::from(rows));
        for row in first..=last {
            let y = area.y + 1 + u16::try_from(row).unwrap_or(rows - 1);
            let cell = Rect::new(area.right() - 1, y, 1, 1);
            frame.render_widget(Span::styled("▐", theme.faint), cell);
        }
        Rect {
            width: area.width - 2,
            ..area
        }
    }

    /// The first and the last of `rows` rows that the mark takes: as many as the part on the screen is of the whole,
    /// at the very top and bottom only where the list is there, too.
    fn thumb(&self, rows: usize) -> (usize, usize) {
        let size = (rows * self.shown.len() / self.len).clamp(1, rows - 1);
        let (hidden, above) = (self.len - self.shown.len(), self.shown.start);
        let room = rows - size;
        let first = match above {
            0 => 0,
            above if above >= hidden => room,
            above => (room * above / hidden).clamp(room.min(1), room.saturating_sub(1).max(1)),
        };
        let first = first.min(room);
        (first, first + size - 1)
    }
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
        let len = self.rows.len();
        let Some((selection, focused)) = selection else {
            return self.draw_rows(frame, area, theme, 0..len, None);
        };
        let range = selection.visible_below_head(len, area);
        let area = Whole::of(selection, range.clone(), len).draw(frame, area, theme);
        let selected = selection.index(len).filter(|_| focused);
        self.draw_rows(frame, area, theme, range, selected);
    }

    /// Draws rows that are a part of a longer list already, of which the selected one is marked where it has the
    /// `focus`.
    pub fn draw_part(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, (whole, focus): (Whole, bool)) {
        let area = whole.draw(frame, area, theme);
        let selected = whole.at.checked_sub(whole.shown.start).filter(|_| focus);
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
    use crate::tui::panes::testing::screen;

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
    fn a_long_list_shows_where_in_it_one_is() {
        let rows: Vec<Vec<Cell>> = (0..40)
            .map(|n| vec![format!("rad {n}").into(), "1".into(), "2".into()])
            .collect();
        let table = Table {
            columns: &COLUMNS,
            rows: &rows,
        };
        let mut selection = Selection::default();
        let mut drawn = |row, width| {
            selection.set(row);
            let text = screen((width, 9), |frame| {
                table.draw(frame, frame.area(), &Theme::dark(), Some((&mut selection, true)));
            });
            let marked = |(_, line): &(usize, &str)| line.contains('▐');
            text.lines()
                .enumerate()
                .filter(marked)
                .map(|(n, _)| n)
                .collect::<Vec<_>>()
        };
        assert_eq!(drawn(0, 50), [1], "at the top");
        assert_eq!(drawn(8, 50), [2], "no longer at the top");
        assert_eq!(drawn(38, 50), [7], "not yet at the bottom");
        assert_eq!(drawn(39, 50), [8], "at the bottom");
        assert_eq!(drawn(39, 36), [0; 0], "numbers matter more in a narrow pane");
        let few = Table {
            columns: &COLUMNS,
            rows: &rows[..8],
        };
        let text = screen((50, 9), |frame| {
            few.draw(
                frame,
                frame.area(),
                &Theme::dark(),
                Some((&mut Selection::default(), true)),
            );
        });
        assert!(!text.contains('▐'), "{text}");
    }

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
