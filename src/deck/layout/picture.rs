//! Pictures: how many cells one takes.

use super::inline::Rows;
use crate::deck::style::Span;

/// Pixels that a cell is thought to be wide; its height is twice that.
const CELL_PIXELS: u32 = 8;

/// A picture of the deck.
pub(super) struct Picture<'a> {
    pub path: &'a str,
    pixels: (u32, u32),
    /// The share of the width that it is to have, in per cent.
    share: Option<usize>,
}

/// The picture that running text consists of, where it can be shown. Presenterm writes a width into the text
/// for those who cannot see it: `![image:width:50%](a.png)`.
pub(super) fn of<'a>(rows: &'a Rows, known: &'a [(String, (u32, u32))]) -> Option<Picture<'a>> {
    let mut spans = rows.iter().flatten();
    let (span, None) = (spans.next()?, spans.next()) else {
        return None;
    };
    let path = span.link.as_deref()?;
    let (_, pixels) = known.iter().find(|(name, _)| name == path)?;
    Some(Picture {
        path,
        pixels: *pixels,
        share: share(span),
    })
}

/// The picture that a block has made, where there is one already.
pub(super) fn of_block<'a>(
    name: &str,
    share: Option<usize>,
    known: &'a [(String, (u32, u32))],
) -> Option<Picture<'a>> {
    let (path, pixels) = known.iter().find(|(known, _)| known == name)?;
    Some(Picture {
        path,
        pixels: *pixels,
        share,
    })
}

fn share(span: &Span) -> Option<usize> {
    let words = span.text.split([',', ' ']);
    let width = words.filter_map(|word| {
        let (_, width) = word.rsplit_once("width:").or_else(|| word.rsplit_once("w:"))?;
        width.strip_suffix('%')?.parse().ok()
    });
    width.into_iter().next().filter(|share| (1..=100).contains(share))
}

impl Picture<'_> {
    /// Columns and rows in a place of `columns` and at most `rows`: as large as asked for, or as it is, and
    /// never larger than the place.
    pub(super) fn cells(&self, columns: usize, rows: Option<u16>) -> (usize, usize) {
        let (width, height) = (self.pixels.0.max(1), self.pixels.1.max(1));
        let wished = match self.share {
            Some(share) => columns * share / 100,
            None => usize::try_from(width.div_ceil(CELL_PIXELS)).unwrap_or(columns),
        };
        let wide = wished.clamp(1, columns.max(1));
        let high = |wide: usize| (wide * height as usize).div_ceil(2 * width as usize).max(1);
        let most = rows.map_or(usize::MAX, usize::from).max(1);
        match high(wide) {
            high if high <= most => (wide, high),
            _ => ((2 * most * width as usize / height as usize).clamp(1, wide), most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_its_place() {
        let cells = |pixels, share, columns, rows| {
            let path = "a";
            Picture { path, pixels, share }.cells(columns, rows)
        };
        assert_eq!(cells((160, 160), None, 80, None), (20, 10));
        assert_eq!(cells((1600, 800), None, 80, None), (80, 20));
        assert_eq!(cells((1600, 800), Some(50), 80, None), (40, 10));
        assert_eq!(cells((1600, 800), None, 80, Some(10)), (40, 10));
        assert_eq!(cells((1, 1000), None, 80, Some(10)), (1, 10));
        assert_eq!(cells((0, 0), None, 0, Some(0)), (1, 1));
    }
}
