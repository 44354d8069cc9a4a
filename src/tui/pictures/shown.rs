//! Which pictures stand on the screen in full resolution, and where. Whoever draws a frame notes them here; the
//! terminal's end writes what has changed once the frame's cells are out.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ratatui::layout::Rect;

/// A picture at its place: what to write there.
type Placed = (Rect, Rc<Vec<u8>>);

/// The pictures of the frame.
#[derive(Debug, Clone, Default)]
pub struct Placements(Rc<RefCell<Vec<Placed>>>);

impl Placements {
    /// Forgets the last frame's.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Notes a picture.
    pub fn note(&self, area: Rect, sequence: Rc<Vec<u8>>) {
        self.0.borrow_mut().push((area, sequence));
    }

    /// Writes what differs from what was `shown` before; `clear` takes pictures away.
    pub fn write(&self, shown: &mut Vec<Placed>, clear: &[u8], to: &mut impl Write) -> io::Result<()> {
        let wanted = self.0.borrow();
        let is_same = |(a, b): (&Placed, &Placed)| a.0 == b.0 && Rc::ptr_eq(&a.1, &b.1);
        if wanted.len() == shown.len() && wanted.iter().zip(shown.iter()).all(is_same) {
            return Ok(());
        }
        to.write_all(b"\x1b7")?;
        if !shown.is_empty() {
            to.write_all(clear)?;
        }
        for (area, sequence) in wanted.iter() {
            write!(to, "\x1b[{};{}H", area.y + 1, area.x + 1)?;
            to.write_all(sequence)?;
        }
        to.write_all(b"\x1b8")?;
        shown.clone_from(&wanted);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_written() {
        let placements = Placements::default();
        let mut shown = Vec::new();
        let mut write = |placements: &Placements| {
            let mut out = Vec::new();
            placements.write(&mut shown, b"<clear>", &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(write(&placements), "");
        let picture = Rc::new(b"<a>".to_vec());
        placements.note(Rect::new(2, 3, 5, 5), Rc::clone(&picture));
        assert_eq!(write(&placements), "\x1b7\x1b[4;3H<a>\x1b8");
        placements.clear();
        placements.note(Rect::new(2, 3, 5, 5), picture);
        assert_eq!(write(&placements), "");
        placements.clear();
        assert_eq!(write(&placements), "\x1b7<clear>\x1b8");
    }
}
