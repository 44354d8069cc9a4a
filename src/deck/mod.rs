//! The deck: markdown → slides → styled lines. Pure: no IO, no clock, no terminal.
//!
//! [`Deck::parse`] splits a file as `slides` does; [`layout`] turns one slide into lines for a
//! width. Styles are named by their role ([`Role`]), so that the screen's theme, text snapshots and
//! exports all read the same lines.
//!
//! The way through: [`Deck`] cuts the file with the help of `fence` and `front`, a [`Slide`] knows its title and its
//! [`CodeBlock`]s, `command` reads presenterm's comments, `include` takes in other files, `live` what a block does
//! while its slide is shown (`poll` what it asks the audience), `looks` what presenterm's themes say, `layout` walks
//! the markdown and hands out [`Piece`]s, and `diagram` draws what a PlantUML or Mermaid block describes. Colours for
//! code come from a [`Highlighter`], which is slow to load and therefore never called by `layout`. Start reading in
//! `document.rs`.

mod attributes;
mod code;
mod command;
mod diagram;
mod document;
mod fence;
mod front;
mod highlight;
mod include;
mod layout;
mod live;
mod looks;
mod poll;
mod search;
mod slide;
mod style;
mod text;
mod texts;

pub use code::{Auto, CodeBlock};
pub use diagram::Flow;
pub use document::{Deck, Warning};
pub use front::{FrontMatter, Layouts, Marking, Options, Preset, coloured, format_date, format_paging};
pub use highlight::Highlighter;
pub use include::ReadFile;
pub use layout::{COLUMNS_MIN, Fill, LayoutOptions, Mark, Piece, Spot, big_text, layout, steps};
pub use live::{Live, Source, View};
pub use looks::{Footer, Looks, Margin, Tone, filled_footer};
pub use poll::{OPTIONS_MAX, Poll, letter};
pub use search::{Pattern, hits, search, search_back};
pub use slide::{Manner, Slide};
pub use style::{Alert, Line, Rgb, Role, Span, rgb};
pub use text::is_of_letters;
