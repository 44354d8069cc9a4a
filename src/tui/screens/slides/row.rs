//! The rows of a slide's body, and what others draw into them.

use std::rc::Rc;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::draw::{Contents, cells};
use crate::deck::{Fill, Spot};
use crate::tui::theme::Theme;

/// One row of the body.
pub(super) struct Row {
    pub(super) text: RowText,
    /// Marks of blocks, each before the cell that it belongs to.
    pub(super) marks: Vec<(u16, Span<'static>)>,
    pub(super) clipped: bool,
    pub(super) fills: Vec<Filling>,
    /// Messages on their way through a diagram, by their columns.
    pub(super) dots: Vec<(u16, Style)>,
}

/// What stands on a row. Lines of the slide are styled when they are seen, as most of a long slide is not.
pub(super) enum RowText {
    Ready(Line<'static>),
    /// A line of a piece, by their places.
    OfPiece(usize, usize),
}

impl Row {
    pub(super) fn plain(line: Line<'static>) -> Row {
        Row {
            text: RowText::Ready(line),
            marks: Vec::new(),
            clipped: false,
            fills: Vec::new(),
            dots: Vec::new(),
        }
    }
}

/// A row of what somebody else has drawn.
pub(super) struct Filling {
    /// The picture that these cells are part of.
    picture: Option<String>,
    left: u16,
    row: u16,
    cells: Rc<Buffer>,
}

impl Filling {
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect) {
        let screen = frame.buffer_mut();
        for column in 0..self.cells.area.width {
            let at = (area.x + self.left + column, area.y);
            if at.0 >= area.right() {
                return;
            }
            if let (Some(to), Some(from)) = (screen.cell_mut(at), self.cells.cell((column, self.row))) {
                *to = from.clone();
            }
        }
    }
}

/// Has a spot of the piece with these rows filled.
pub(super) fn fill(rows: &mut [Row], spot: &Spot, contents: &Contents<'_>, theme: &Theme) {
    let size = (cells(spot.columns), cells(spot.rows));
    let drawn = match &spot.fill {
        Fill::Live(block) => contents
            .living
            .and_then(|living| living.picture(*block, size, theme)),
        Fill::Picture(path) => contents.pictures.and_then(|pictures| pictures.draw(path, size)),
    };
    let Some(drawn) = drawn.map(Rc::new) else { return };
    for (row, nth) in rows.iter_mut().skip(spot.line).zip(0..size.1) {
        row.fills.push(Filling {
            left: cells(spot.left),
            row: nth,
            cells: Rc::clone(&drawn),
            picture: match &spot.fill {
                Fill::Picture(path) => Some(path.clone()),
                Fill::Live(_) => None,
            },
        });
    }
}

/// Has pictures that are seen whole shown in full, where the terminal can.
pub(super) fn note_pictures(rows: &[Row], area: Rect, contents: &Contents<'_>) {
    let Some(pictures) = contents.pictures else { return };
    for (row, y) in rows.iter().zip(area.y..) {
        for filling in row.fills.iter().filter(|filling| filling.row == 0) {
            let place = Rect {
                x: area.x + filling.left,
                y,
                width: filling.cells.area.width,
                height: filling.cells.area.height,
            };
            if let Some(path) = filling
                .picture
                .as_ref()
                .filter(|_| place.intersection(area) == place)
            {
                pictures.note(path, place);
            }
        }
    }
}
