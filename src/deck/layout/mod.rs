//! One slide → lines for a width.
//!
//! `blocks` walks the markdown and decides on prefixes and spacing, `inline` turns running text into spans, `code`,
//! `table`, `columns`, `picture` and `big` draw what their names say. Nothing here recurses, so no nesting in a
//! hostile deck can exhaust the stack.

mod big;
mod blocks;
mod code;
mod columns;
mod inline;
mod picture;
mod table;

#[cfg(test)]
mod command_tests;
#[cfg(test)]
mod tests;

use super::diagram::Flow;
use super::looks::Looks;
use super::slide::Slide;
use super::style::{Line, Span};

/// The narrowest layout; a narrower screen clips it.
pub const COLUMNS_MIN: u16 = 16;

/// A stretch of a slide that belongs together: a heading, a paragraph, a list, one code block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Piece {
    /// The lines, top to bottom.
    pub lines: Vec<Line>,
    /// Blank lines to leave above, unless the piece is the first on the screen.
    pub gap: u16,
    /// The code block these lines show, as an index into [`Slide::code`].
    pub code: Option<usize>,
    /// True for the slide's heading, which stays in place while the rest scrolls.
    pub pinned: bool,
    /// True when some line is wider than asked for: code and diagrams are never wrapped.
    pub clipped: bool,
    /// True where the rest of the slide is to stand in the middle of the screen.
    pub middle: bool,
    /// True where what the block writes stands in another place.
    pub is_silent: bool,
    /// Parts of the lines that somebody else fills.
    pub spots: Vec<Spot>,
    /// Where the blocks begin that stand side by side in the lines; empty where `code` says all.
    pub marks: Vec<Mark>,
    /// The ways that messages take through a diagram.
    pub flows: Vec<Flow>,
    /// The step at which the piece is shown, from 0.
    step: usize,
}

/// Cells of a piece that are left to whoever fills them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The first of the piece's lines.
    pub line: usize,
    /// The first column.
    pub left: usize,
    /// How many columns.
    pub columns: usize,
    /// How many lines.
    pub rows: usize,
    /// With what.
    pub fill: Fill,
}

/// Where a code block begins among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Its first line among the piece's.
    pub line: usize,
    /// Its first column.
    pub left: usize,
    /// The block, as an index into [`Slide::code`].
    pub code: usize,
}

/// What a [`Spot`] is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fill {
    /// A block that lives, as an index into [`Slide::code`].
    Live(usize),
    /// A picture, by the path that the deck gives.
    Picture(String),
}

/// What a layout depends on besides the slide and the width.
#[derive(Debug, Clone, Copy, Default)]
pub struct LayoutOptions<'a> {
    /// Colours for the slide's code blocks by their index, as far as they are ready
    /// ([`super::Highlighter::highlight`] of [`super::CodeBlock::shown`]); the rest is shown plain.
    pub highlights: &'a [Option<Vec<Vec<Span>>>],
    /// The step to show, from 0; none shows everything. What comes later keeps its place and is blank.
    pub step: Option<usize>,
    /// Whether living blocks get their [`Spot`]; otherwise they are code like any other.
    pub live: bool,
    /// Whether those do that the audience takes part in, where others are code.
    pub polls: bool,
    /// Whether blocks are shown as they are run: hidden lines too, and diagrams as their source.
    pub source: bool,
    /// The pictures that can be shown, with their width and height in pixels.
    pub pictures: &'a [(String, (u32, u32))],
    /// Rows that a picture may take; none where the height does not matter.
    pub rows: Option<u16>,
    /// What the deck says of looks, where it says anything.
    pub looks: Option<&'a Looks>,
}

/// A text in letters of blocks, as big as `columns` allow; none where it does not fit, or has characters that
/// there are no such letters for.
pub fn big_text(text: &str, columns: usize) -> Option<Vec<String>> {
    let span = Span {
        text: text.to_owned(),
        ..Span::default()
    };
    let lines = big::lines(&vec![vec![span]], columns, None)?;
    Some(lines.iter().map(Line::text).collect())
}

/// Lays `slide` out in `width` columns, at least [`COLUMNS_MIN`].
pub fn layout(slide: &Slide, width: u16, options: &LayoutOptions<'_>) -> Vec<Piece> {
    blocks::Blocks::new(slide, usize::from(width.max(COLUMNS_MIN)), options)
        .run()
        .0
}

/// How many keys `slide` takes until all of it is shown: pauses, items of lists that come one by one,
/// and groups of lines that stand out.
pub fn steps(slide: &Slide) -> usize {
    let options = LayoutOptions::default();
    blocks::Blocks::new(slide, usize::from(COLUMNS_MIN), &options)
        .run()
        .1
}
