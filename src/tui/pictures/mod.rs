//! Pictures on slides: PNG and JPEG, decoded without C, drawn in half blocks or in full.
//!
//! [`load`] reads what a deck names, on a thread of its own; [`Pictures`] keeps it, bounded, and draws it as cells
//! that are two pixels high, which every terminal with colours can show. Where a terminal has more (`protocol`),
//! the frame notes where pictures stand (`shown`), and they are written behind it. Nothing is fetched from the net.
//! Start with [`Pictures`].

mod decode;
mod made;
mod protocol;
mod shown;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

pub use decode::{PictureError, to_png};
pub use made::Made;
pub use protocol::Protocol;
pub use shown::Placements;

use crate::tui::theme::Depth;

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Pictures of one deck; further ones are shown by their text.
const PICTURES_MAX: usize = 200;
/// Pixels on the longer side that are kept: no terminal shows as many.
const SIDE_PIXELS_MAX: u32 = 1_200;

/// Pixels, row by row, with red, green, blue and opacity each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Four bytes a pixel.
    pub rgba: Vec<u8>,
}

/// A picture of the deck.
#[derive(Debug, Clone)]
pub struct Picture {
    /// As the deck names it.
    pub path: String,
    /// Width and height of the file's picture.
    pub size: (u32, u32),
    /// The picture, made smaller where it is very large.
    pub pixels: Pixels,
}

/// All pictures that can be shown.
#[derive(Debug, Default)]
pub struct Pictures {
    pictures: Vec<Picture>,
    sizes: Vec<(String, (u32, u32))>,
    depth: Depth,
    full: Full,
    shown: RefCell<Vec<(String, Rect)>>,
}

/// Pictures in full resolution.
#[derive(Debug, Clone, Default)]
pub struct Full {
    /// How the terminal shows them.
    pub protocol: Protocol,
    /// Pixels of a cell, where they are known.
    pub cell: Option<(u32, u32)>,
    /// Where the frame notes them.
    pub placements: Placements,
    made: RefCell<Vec<Ready>>,
}

/// A picture that was made ready for the terminal: path, size, and what to write.
type Ready = (String, (u16, u16), Rc<Vec<u8>>);

/// Pictures kept ready; the oldest goes first.
const MADE_MAX: usize = 8;

impl Full {
    /// Pictures as the terminal shows them, noted at `placements`.
    pub fn new(protocol: Protocol, cell: Option<(u32, u32)>, placements: Placements) -> Full {
        Full {
            protocol,
            cell,
            placements,
            made: RefCell::default(),
        }
    }
}

/// Reads the pictures that lie at these paths beside the deck; what cannot be read is left out.
pub fn load(paths: &[String], folder: &Path) -> Vec<Picture> {
    let read = |path: &String| read(path, &folder.join(path)).ok();
    paths.iter().take(PICTURES_MAX).filter_map(read).collect()
}

/// Reads the file of a picture that the deck knows as `name`.
///
/// # Errors
/// It cannot be read, or is none of the pictures that can be shown.
pub fn read(name: &str, file: &Path) -> Result<Picture, PictureError> {
    let (size, pixels) = decode::read(file)?;
    Ok(Picture {
        path: name.to_owned(),
        size,
        pixels,
    })
}

impl Pictures {
    /// These pictures, for a terminal with so many colours; without any, no picture is shown.
    pub fn new(pictures: Vec<Picture>, depth: Depth) -> Pictures {
        let sizes = pictures
            .iter()
            .map(|picture| (picture.path.clone(), picture.size));
        Pictures {
            sizes: sizes.filter(|_| depth != Depth::None).collect(),
            pictures,
            depth,
            full: Full::default(),
            shown: RefCell::default(),
        }
    }

    /// Takes one more, in the place of the one with its name.
    pub fn add(&mut self, picture: Picture) {
        let is_other = |path: &String| *path != picture.path;
        self.pictures.retain(|known| is_other(&known.path));
        self.sizes.retain(|(known, _)| is_other(known));
        if self.pictures.len() >= PICTURES_MAX {
            return;
        }
        if self.depth != Depth::None {
            self.sizes.push((picture.path.clone(), picture.size));
        }
        // What was made ready of the one before is out of date.
        self.full.made.borrow_mut().retain(|(known, ..)| is_other(known));
        self.pictures.push(picture);
    }

    /// Keeps what blocks have made when the files are read anew.
    pub fn take_made(&mut self, before: Pictures) {
        let made = before.pictures.into_iter();
        made.filter(|picture| picture.path.contains('\n'))
            .for_each(|picture| self.add(picture));
    }

    /// The picture of that name.
    pub fn get(&self, path: &str) -> Option<&Picture> {
        self.pictures.iter().find(|picture| picture.path == path)
    }

    /// The pictures that the last frame showed whole, with their places.
    pub fn shown(&self) -> Vec<(String, Rect)> {
        self.shown.borrow().clone()
    }

    /// The same pictures, shown in full where the terminal has a way to.
    #[must_use]
    pub fn in_full(mut self, full: &Full) -> Pictures {
        self.full = full.clone();
        self
    }

    /// Takes away what the frame before had noted.
    pub fn begin_frame(&self) {
        self.full.placements.clear();
        self.shown.borrow_mut().clear();
    }

    /// Notes that the picture stands at `area`, whole; false where it is to be drawn in half blocks.
    pub fn note(&self, path: &str, area: Rect) -> bool {
        self.shown.borrow_mut().push((path.to_owned(), area));
        let Some(picture) = self
            .get(path)
            .filter(|_| self.full.protocol != Protocol::HalfBlocks)
        else {
            return false;
        };
        let size = (area.width, area.height);
        let mut made = self.full.made.borrow_mut();
        let known = made
            .iter()
            .find(|(known, known_size, _)| known == path && *known_size == size);
        let sequence = known
            .map(|(_, _, sequence)| Rc::clone(sequence))
            .unwrap_or_else(|| {
                let sequence = Rc::new(self.full.protocol.show(&picture.pixels, size, self.full.cell));
                if made.len() == MADE_MAX {
                    made.remove(0);
                }
                made.push((path.to_owned(), size, Rc::clone(&sequence)));
                sequence
            });
        self.full.placements.note(area, sequence);
        true
    }

    /// The pictures by their path, with width and height in pixels.
    pub fn sizes(&self) -> &[(String, (u32, u32))] {
        &self.sizes
    }

    /// The picture in half blocks; none when it is not there.
    pub fn draw(&self, path: &str, (columns, rows): (u16, u16)) -> Option<Buffer> {
        let picture = self.get(path).filter(|_| self.depth != Depth::None)?;
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        let small = picture.pixels.scaled(u32::from(columns), 2 * u32::from(rows));
        for row in 0..rows {
            for column in 0..columns {
                let at = |half: u32| {
                    let colour = small.colour(u32::from(column), 2 * u32::from(row) + half);
                    colour.map(|colour| self.depth.nearest(colour))
                };
                let Some(cell) = buffer.cell_mut((column, row)) else {
                    continue;
                };
                match (at(0), at(1)) {
                    (None, None) => {}
                    (Some(above), None) => {
                        cell.set_symbol("▀").set_fg(above);
                    }
                    (None, Some(below)) => {
                        cell.set_symbol("▄").set_fg(below);
                    }
                    (Some(above), Some(below)) => {
                        cell.set_symbol("▀").set_fg(above).set_bg(below);
                    }
                }
            }
        }
        Some(buffer)
    }
}

impl Pixels {
    /// The mean of the pixels behind each of `width` × `height` places.
    pub fn scaled(&self, width: u32, height: u32) -> Pixels {
        let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
        let range = |at: u32, of: u32, source: u32| {
            let first = (u64::from(at) * u64::from(source) / u64::from(of)) as u32;
            let end = (u64::from(at + 1) * u64::from(source)).div_ceil(u64::from(of)) as u32;
            first..end.clamp(first + 1, source.max(first + 1))
        };
        for y in 0..height {
            let rows = range(y, height, self.height);
            for x in 0..width {
                let columns = range(x, width, self.width);
                rgba.extend(self.mean(columns, rows.clone()));
            }
        }
        Pixels { width, height, rgba }
    }

    /// The mean colour, weighted by opacity so that what cannot be seen has no say.
    fn mean(&self, columns: std::ops::Range<u32>, rows: std::ops::Range<u32>) -> [u8; 4] {
        let mut sums = [0_u64; 4];
        let mut count = 0;
        for y in rows {
            for x in columns.clone() {
                let at = (y as usize * self.width as usize + x as usize) * 4;
                let Some([r, g, b, a]) = self
                    .rgba
                    .get(at..at + 4)
                    .and_then(|p| <[u8; 4]>::try_from(p).ok())
                else {
                    continue;
                };
                let alpha = u64::from(a);
                for (sum, part) in sums.iter_mut().zip([r, g, b]) {
                    *sum += u64::from(part) * alpha;
                }
                sums[3] += alpha;
                count += 1;
            }
        }
        let part = |sum: u64, by: u64| u8::try_from(sum.checked_div(by).unwrap_or(0)).unwrap_or(u8::MAX);
        let [r, g, b, alpha] = sums;
        [part(r, alpha), part(g, alpha), part(b, alpha), part(alpha, count)]
    }

    /// The colour of a pixel; none where more of the ground is seen than of it.
    fn colour(&self, x: u32, y: u32) -> Option<Color> {
        let at = (y as usize * self.width as usize + x as usize) * 4;
        match self.rgba.get(at..at + 4)? {
            [r, g, b, a] if *a >= 128 => Some(Color::Rgb(*r, *g, *b)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(width: u32, height: u32, rgba: &[[u8; 4]]) -> Pixels {
        Pixels {
            width,
            height,
            rgba: rgba.concat(),
        }
    }

    #[test]
    fn a_picture_is_two_pixels_a_cell_and_lets_the_ground_through() {
        let (red, blue, none) = ([255, 0, 0, 255], [0, 0, 255, 255], [9, 9, 9, 0]);
        let picture = Picture {
            path: "a.png".to_owned(),
            size: (2, 2),
            pixels: pixels(2, 2, &[red, none, blue, red]),
        };
        let pictures = Pictures::new(vec![picture.clone()], Depth::Full);
        let drawn = pictures.draw("a.png", (2, 1)).unwrap();
        let (left, right) = (&drawn[(0, 0)], &drawn[(1, 0)]);
        assert_eq!(
            (left.symbol(), left.fg, left.bg),
            ("▀", Color::Rgb(255, 0, 0), Color::Rgb(0, 0, 255))
        );
        assert_eq!(
            (right.symbol(), right.fg, right.bg),
            ("▄", Color::Rgb(255, 0, 0), Color::Reset)
        );
        assert!(pictures.draw("b.png", (2, 1)).is_none());
        let plain = Pictures::new(vec![picture], Depth::None);
        assert!(plain.sizes().is_empty() && plain.draw("a.png", (2, 1)).is_none());
    }

    #[test]
    fn scaling_takes_means_and_any_size() {
        let grey = |v: u8| [v, v, v, 255];
        let four = pixels(2, 2, &[grey(0), grey(100), grey(100), grey(200)]);
        assert_eq!(four.scaled(1, 1).rgba, grey(100));
        assert_eq!(four.scaled(4, 1).rgba.len(), 16);
        assert_eq!(pixels(0, 0, &[]).scaled(2, 2).rgba, [0; 16]);
    }
}
