//! Columns: what stands side by side, line for line.

use super::{Mark, Piece, Spot};
use crate::deck::style::{Line, Role, Span};
use crate::deck::text;

/// Blank columns between two columns of text.
const BETWEEN: usize = 3;
/// A column narrower than this is of no use: the columns then stand below each other.
const WIDTH_MIN: usize = 16;

/// Columns that are being filled.
pub(super) struct Columns {
    widths: Vec<usize>,
    filled: Vec<Vec<Piece>>,
    at: Option<usize>,
}

impl Columns {
    /// Columns with these shares of `width`.
    pub(super) fn new(shares: &[u16], width: usize) -> Columns {
        let count = shares.len().max(1);
        let room = width.saturating_sub(BETWEEN * (count - 1));
        let total: usize = shares.iter().map(|share| usize::from(*share)).sum();
        let widths: Vec<usize> = shares
            .iter()
            .map(|share| room * usize::from(*share) / total.max(1))
            .collect();
        let fit = widths.iter().all(|width| *width >= WIDTH_MIN);
        Columns {
            filled: vec![Vec::new(); count],
            widths: if fit { widths } else { vec![width; count] },
            at: None,
        }
    }

    /// Goes to a column; false when there is none of that number.
    pub(super) fn go_to(&mut self, column: usize) -> bool {
        self.at = (column < self.widths.len()).then_some(column);
        self.at.is_some()
    }

    /// The width of the column that is being filled.
    pub(super) fn width(&self) -> Option<usize> {
        self.at.map(|at| self.widths[at])
    }

    /// The pieces of the column that is being filled.
    pub(super) fn pieces(&mut self) -> Option<&mut Vec<Piece>> {
        self.at.map(|at| &mut self.filled[at])
    }

    /// All columns as pieces of the slide. The first piece holds the lines; behind it, one without lines for
    /// each block of code but the first, so that each has its place for what it writes.
    pub(super) fn merge(self, width: usize) -> Vec<Piece> {
        let stand_below = self.widths.len() > 1 && self.widths.iter().sum::<usize>() > width;
        if stand_below {
            return self.filled.concat();
        }
        let mut blocks = self.filled.iter().flatten().filter_map(|piece| piece.code);
        let columns: Vec<Column> = self.filled.iter().map(|pieces| Column::of(pieces)).collect();
        let height = columns.iter().map(|column| column.lines.len()).max().unwrap_or(0);
        let mut merged = Piece {
            gap: 1,
            code: blocks.next(),
            ..Piece::default()
        };
        let mut left = 0;
        for (column, width) in columns.iter().zip(&self.widths) {
            merged.spots.extend(column.spots.iter().map(|spot| Spot {
                left: left + spot.left,
                ..spot.clone()
            }));
            merged
                .marks
                .extend(column.marks.iter().map(|mark| Mark { left, ..*mark }));
            left += width + BETWEEN;
        }
        for row in 0..height {
            let mut spans: Vec<Span> = Vec::new();
            let mut left = 0;
            for (column, width) in columns.iter().zip(&self.widths) {
                if let Some(line) = column.lines.get(row).filter(|line| !line.spans.is_empty()) {
                    let blank = left - text::spans_width(&spans);
                    text::push(&mut spans, &" ".repeat(blank), Role::Text, None);
                    spans.extend(text::cut(&line.spans, *width));
                }
                left += width + BETWEEN;
            }
            merged.lines.push(Line { spans });
        }
        let own_place = |code| Piece {
            code: Some(code),
            ..Piece::default()
        };
        std::iter::once(merged).chain(blocks.map(own_place)).collect()
    }
}

/// What stands in a column, one piece below the other.
#[derive(Default)]
struct Column {
    lines: Vec<Line>,
    spots: Vec<Spot>,
    marks: Vec<Mark>,
}

impl Column {
    fn of(pieces: &[Piece]) -> Column {
        let mut column = Column::default();
        for piece in pieces {
            let Column { lines, spots, marks } = &mut column;
            let gap = if lines.is_empty() { 0 } else { piece.gap };
            lines.extend(std::iter::repeat_n(Line::default(), gap.into()));
            spots.extend(piece.spots.iter().map(|spot| Spot {
                line: lines.len() + spot.line,
                ..spot.clone()
            }));
            marks.extend(piece.code.map(|code| Mark {
                line: lines.len(),
                left: 0,
                code,
            }));
            lines.extend_from_slice(&piece.lines);
        }
        column
    }
}
