//! Links that a terminal lets the user click: OSC 8 round the cells of a link.
//!
//! The screen's buffer has no place for an address, so whoever draws a link notes here where it stands, and
//! the [`LinkedBackend`] puts the sequences round those cells on their way out. Pictures that a terminal shows in
//! full go the same way, behind the cells.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Rect, Size};

use super::glyphs::{self, Placed, Shown};
use super::pictures::{Placements, Protocol};

/// Links on a screen at a time; more are drawn, but cannot be clicked.
const LINKS_MAX: usize = 500;
/// The longest address that a terminal is given, in bytes.
const ADDRESS_BYTES_MAX: usize = 2_000;

/// Where the links of the frame stand.
#[derive(Debug, Clone, Default)]
pub struct Links(Rc<RefCell<Vec<(Rect, String)>>>);

impl Links {
    /// Forgets the last frame's.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Notes a link; only addresses of the web and of mail are.
    pub fn note(&self, area: Rect, address: &str) {
        let is_known = ["https://", "http://", "mailto:"]
            .iter()
            .any(|start| address.starts_with(start));
        let is_plain =
            address.bytes().all(|byte| byte.is_ascii_graphic()) && address.len() <= ADDRESS_BYTES_MAX;
        let mut links = self.0.borrow_mut();
        if is_known && is_plain && links.len() < LINKS_MAX {
            links.push((area, address.to_owned()));
        }
    }

    /// All of them, with where they lead.
    pub fn all(&self) -> Vec<(Rect, String)> {
        self.0.borrow().clone()
    }

    fn at(&self, position: Position) -> Option<String> {
        let links = self.0.borrow();
        let link = links.iter().find(|(area, _)| area.contains(position));
        link.map(|(_, address)| address.clone())
    }
}

/// A terminal whose links can be clicked.
pub struct LinkedBackend<W: Write> {
    inner: CrosstermBackend<W>,
    links: Links,
    placements: Placements,
    protocol: Protocol,
    /// The pictures that were written last.
    pictures: Vec<(Rect, Rc<Vec<u8>>)>,
    shown: Shown,
    /// How wide the screen is, as it was asked last.
    pub(super) columns: std::cell::Cell<u16>,
}

impl<W: Write> LinkedBackend<W> {
    /// Writes to `to`.
    pub fn new(to: W, links: Links) -> Self {
        LinkedBackend {
            inner: CrosstermBackend::new(to),
            links,
            placements: Placements::default(),
            protocol: Protocol::HalfBlocks,
            pictures: Vec::new(),
            shown: Shown::default(),
            columns: std::cell::Cell::default(),
        }
    }

    /// Has the pictures noted at `placements` written behind each frame.
    pub fn show_pictures(&mut self, placements: Placements, protocol: Protocol) {
        (self.placements, self.protocol) = (placements, protocol);
    }

    fn draw_runs(&mut self, content: &[(u16, u16, &Cell)]) -> io::Result<()> {
        let mut run: Vec<(u16, u16, &Cell)> = Vec::new();
        let mut address = None;
        for (x, y, cell) in content {
            let here = self.links.at(Position::new(*x, *y));
            if here != address {
                self.draw_run(&run, address.as_deref())?;
                run.clear();
                address = here;
            }
            run.push((*x, *y, cell));
        }
        self.draw_run(&run, address.as_deref())
    }

    /// Draws cells some of which hold characters that terminals do not agree on: each of these for itself, so that
    /// whatever is behind it begins with a move of the cursor.
    fn draw_apart(&mut self, cells: &[Placed]) -> io::Result<()> {
        let mut run: Vec<(u16, u16, &Cell)> = Vec::new();
        for (at, cell) in cells {
            if !glyphs::is_disputed(cell.symbol()) {
                run.push((at.x, at.y, cell));
                continue;
            }
            self.draw_runs(&run)?;
            run.clear();
            let mut blank = cell.clone();
            blank.set_symbol(" ");
            let blanks: Vec<(u16, u16, &Cell)> = (at.x..at.x + glyphs::width(cell))
                .map(|x| (x, at.y, &blank))
                .collect();
            self.draw_runs(&blanks)?;
            self.draw_runs(&[(at.x, at.y, cell)])?;
        }
        self.draw_runs(&run)
    }

    fn draw_run(&mut self, run: &[(u16, u16, &Cell)], address: Option<&str>) -> io::Result<()> {
        if let Some(address) = address {
            write!(self.inner, "\x1b]8;;{address}\x1b\\")?;
        }
        self.inner.draw(run.iter().copied())?;
        match address {
            Some(_) => write!(self.inner, "\x1b]8;;\x1b\\"),
            None => Ok(()),
        }
    }
}

impl<W: Write> Backend for LinkedBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let content: Vec<(u16, u16, &Cell)> = content.collect();
        match self.shown.write(&content, self.columns.get()) {
            Some(cells) => self.draw_apart(&cells),
            None => self.draw_runs(&content),
        }
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.pictures.clear();
        self.shown.clear();
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        let size = self.inner.size()?;
        self.columns.set(size.width);
        Ok(size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        let clear = self.protocol.clear();
        self.placements
            .write(&mut self.pictures, clear, &mut self.inner)?;
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_stand_round_the_cells_of_a_link_only() {
        let links = Links::default();
        links.note(Rect::new(1, 0, 2, 1), "https://nats.io");
        links.note(Rect::new(3, 0, 1, 1), "javascript:x");
        links.note(Rect::new(3, 0, 1, 1), "https://a\x1b]b");
        let mut written = Vec::new();
        let mut backend = LinkedBackend::new(&mut written, links);
        let cells: Vec<Cell> = "abcd".chars().map(Cell::from).collect();
        let content = cells.iter().zip(0..).map(|(cell, x)| (x, 0, cell));
        backend.draw(content).unwrap();
        let text = String::from_utf8(written).unwrap();
        let (before, rest) = text.split_once("\x1b]8;;https://nats.io\x1b\\").unwrap();
        let (inside, after) = rest.split_once("\x1b]8;;\x1b\\").unwrap();
        assert!(
            before.contains('a') && inside.contains("bc") && after.contains('d'),
            "{text:?}"
        );
        assert!(!after.contains("]8;"));
    }
}
