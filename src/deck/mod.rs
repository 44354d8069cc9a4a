//! The deck: markdown → slides → styled lines. Pure: no IO, no clock, no terminal.
//!
//! [`Deck::parse`] splits a file as `slides` does; [`layout`] turns one slide into lines for a
//! width. Styles are named by their role ([`Role`]), so that the screen's theme, text snapshots and
//! exports all read the same lines.

mod style;

pub use style::{Line, Role, Span};
