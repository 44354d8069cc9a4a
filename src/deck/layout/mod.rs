//! One slide → lines for a width.

use super::slide::Slide;
use super::style::{Line, Role, Span};

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
    /// True when a line may be wider than asked for: code and diagrams are clipped, not wrapped.
    pub clipped: bool,
}

/// What a layout depends on besides the slide and the width.
#[derive(Debug, Clone, Copy, Default)]
pub struct LayoutOptions<'a> {
    /// Colours for the slide's code blocks by their index, as far as they are ready
    /// ([`super::Highlighter::highlight`] of [`super::CodeBlock::shown`]); the rest is shown plain.
    pub highlights: &'a [Option<Vec<Vec<Span>>>],
}

/// Lays `slide` out in `width` columns.
pub fn layout(slide: &Slide, _width: u16, _options: &LayoutOptions<'_>) -> Vec<Piece> {
    let lines = slide.source.lines();
    let lines = lines.map(|l| Line {
        spans: vec![Span {
            text: l.to_owned(),
            role: Role::Text,
            link: None,
        }],
    });
    vec![Piece {
        lines: lines.collect(),
        ..Piece::default()
    }]
}
