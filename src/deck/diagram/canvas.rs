//! A grid of cells that knows which lines meet in each of them.
//!
//! Lines are drawn along the *main* axis (the way the arrows run) and the *cross* axis; only the
//! canvas knows which of them is up and down on the screen. A cell remembers who drew through it, so
//! that lines of one owner join and lines of two owners pass each other.

use unicode_segmentation::UnicodeSegmentation;

use super::graph::{Direction, End};
use crate::deck::style::{Line, Role};
use crate::deck::text;

/// The sides of a cell that a line touches: towards smaller and larger values on the main axis …
const BACK: u8 = 1;
const AHEAD: u8 = 2;
/// … and on the cross axis.
const LOW: u8 = 4;
const HIGH: u8 = 8;

/// Glyphs by the sides touched on the screen: 1 up, 2 right, 4 down, 8 left.
const GLYPHS: [&str; 16] = [
    " ", "│", "─", "└", "│", "│", "┌", "├", "─", "┘", "─", "┴", "┐", "┤", "┬", "┼",
];

/// Who draws a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Box(usize),
    /// A frame round boxes.
    Frame(usize),
    /// A net of one channel; passages of long edges have numbers of their own.
    Edge(usize),
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    pub owner: Owner,
    pub dashed: bool,
}

/// The way a head points.
#[derive(Debug, Clone, Copy)]
pub(super) enum Head {
    Back,
    Ahead,
}

#[derive(Clone, Default)]
struct Cell {
    strokes: Vec<(Pen, u8)>,
    text: Option<(String, Role)>,
}

/// The grid; coordinates are (cross, main) and must lie within it.
pub(super) struct Canvas {
    direction: Direction,
    columns: usize,
    cells: Vec<Cell>,
}

impl Canvas {
    pub(super) fn new(direction: Direction, cross: usize, main: usize) -> Canvas {
        let columns = if direction == Direction::Down { cross } else { main };
        Canvas {
            direction,
            columns,
            cells: vec![Cell::default(); cross * main],
        }
    }

    /// The column and row of a place.
    pub(super) fn at(&self, cross: usize, main: usize) -> (usize, usize) {
        match self.direction {
            Direction::Down => (cross, main),
            Direction::Right => (main, cross),
        }
    }

    /// A line along the main axis through the cells `from..=to`; it touches the far sides of its ends
    /// where `open` says so.
    pub(super) fn main_line(&mut self, pen: Pen, cross: usize, from: usize, to: usize, open: [bool; 2]) {
        for main in from..=to {
            let back = if main > from || open[0] { BACK } else { 0 };
            let ahead = if main < to || open[1] { AHEAD } else { 0 };
            self.touch(pen, cross, main, back | ahead);
        }
    }

    /// A line along the cross axis from one cell's middle to another's.
    pub(super) fn cross_line(&mut self, pen: Pen, main: usize, from: usize, to: usize) {
        for cross in from..=to {
            let low = if cross > from { LOW } else { 0 };
            let high = if cross < to { HIGH } else { 0 };
            self.touch(pen, cross, main, low | high);
        }
    }

    pub(super) fn head(&mut self, cross: usize, main: usize, head: Head, end: End) {
        let glyph = match (end, self.direction, head) {
            (End::Plain, ..) => return,
            (End::Diamond, ..) => "◇",
            (End::FilledDiamond, ..) => "◆",
            (End::Circle, ..) => "○",
            (End::Cross, ..) => "×",
            (End::Triangle, Direction::Down, Head::Ahead) => "▽",
            (End::Triangle, Direction::Down, Head::Back) => "△",
            (End::Triangle, Direction::Right, Head::Ahead) => "▷",
            (End::Triangle, Direction::Right, Head::Back) => "◁",
            (End::Arrow, Direction::Down, Head::Ahead) => "▼",
            (End::Arrow, Direction::Down, Head::Back) => "▲",
            (End::Arrow, Direction::Right, Head::Ahead) => "►",
            (End::Arrow, Direction::Right, Head::Back) => "◄",
        };
        let (x, y) = self.at(cross, main);
        self.text(x, y, glyph, Role::DiagramEdge);
    }

    /// Writes over whatever lines are there.
    pub(super) fn text(&mut self, x: usize, y: usize, text: &str, role: Role) {
        let mut x = x;
        for cluster in text.graphemes(true) {
            let width = text::width(cluster);
            for column in x..x + width {
                let cluster = if column == x { cluster } else { "" };
                if let Some(cell) = self.cells.get_mut(y * self.columns + column) {
                    cell.text = Some((cluster.to_owned(), role));
                }
            }
            x += width;
        }
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let rows = self.cells.chunks(self.columns.max(1));
        rows.map(|row| {
            let used = row
                .iter()
                .rposition(|cell| !cell.is_empty())
                .map_or(0, |last| last + 1);
            let mut line = Line::default();
            for cell in &row[..used] {
                let (glyph, role) = self.look(cell);
                text::push(&mut line.spans, glyph, role, None);
            }
            line
        })
        .collect()
    }

    fn touch(&mut self, pen: Pen, cross: usize, main: usize, sides: u8) {
        let (x, y) = self.at(cross, main);
        let Some(cell) = self.cells.get_mut(y * self.columns + x) else {
            return;
        };
        match cell
            .strokes
            .iter_mut()
            .find(|(known, _)| known.owner == pen.owner)
        {
            Some((_, known)) => *known |= sides,
            None => cell.strokes.push((pen, sides)),
        }
    }

    fn look<'a>(&self, cell: &'a Cell) -> (&'a str, Role) {
        if let Some((text, role)) = &cell.text {
            return (text, *role);
        }
        let sides = cell.strokes.iter().fold(0, |sides, (_, more)| sides | more);
        let is_box = cell
            .strokes
            .iter()
            .any(|(pen, _)| matches!(pen.owner, Owner::Box(_)));
        let is_frame = cell
            .strokes
            .iter()
            .all(|(pen, _)| matches!(pen.owner, Owner::Frame(_)));
        let role = if is_box {
            Role::DiagramBox
        } else if is_frame {
            Role::CodeFrame
        } else {
            Role::DiagramEdge
        };
        let dashed = !cell.strokes.is_empty() && cell.strokes.iter().all(|(pen, _)| pen.dashed);
        let sides = if cell.is_passing() { self.upright() } else { sides };
        let glyph = match self.on_screen(sides) {
            5 if dashed => "╎",
            10 if dashed => "╌",
            sides => GLYPHS[usize::from(sides)],
        };
        (glyph, role)
    }

    /// The sides of the line that stays whole where two pass each other: the one that runs up and down.
    fn upright(&self) -> u8 {
        match self.direction {
            Direction::Down => BACK | AHEAD,
            Direction::Right => LOW | HIGH,
        }
    }

    fn on_screen(&self, sides: u8) -> u8 {
        let (up, right, down, left) = match self.direction {
            Direction::Down => (BACK, HIGH, AHEAD, LOW),
            Direction::Right => (LOW, AHEAD, HIGH, BACK),
        };
        let bit = |side: u8, value: u8| if sides & side != 0 { value } else { 0 };
        bit(up, 1) | bit(right, 2) | bit(down, 4) | bit(left, 8)
    }
}

impl Cell {
    fn is_empty(&self) -> bool {
        self.text.is_none() && self.strokes.is_empty()
    }

    /// Whether lines of different owners only pass each other here: one right through on one axis,
    /// one right through on the other, and none that turns.
    fn is_passing(&self) -> bool {
        let straight = |sides: u8| sides == BACK | AHEAD || sides == LOW | HIGH;
        let has = |wanted: u8| self.strokes.iter().any(|(_, sides)| *sides == wanted);
        self.strokes.iter().all(|(_, sides)| straight(*sides)) && has(BACK | AHEAD) && has(LOW | HIGH)
    }
}
