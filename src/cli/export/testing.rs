//! What the tests of exports share: the pages of a deck.

use super::page::{self, Look, Page};
use crate::deck::{Deck, Highlighter};
use crate::tui::jobs::Jobs;
use crate::tui::pictures::{Picture, Pictures, Pixels};
use crate::tui::theme::{Depth, Theme};

/// What `write` makes of the deck's pages.
pub fn exported<T>(
    source: &str,
    pictures: Vec<Picture>,
    screen: &Theme,
    write: impl FnOnce(&Deck, &[Page], &Look<'_>) -> T,
) -> T {
    let look = Look {
        screen,
        highlighter: &Highlighter::load(),
        pictures: &Pictures::new(pictures, Depth::Full),
        jobs: &Jobs::default(),
        has_notes: true,
    };
    let deck = Deck::parse(source);
    write(&deck, &page::all(&deck, &look), &look)
}

/// A picture of one pixel that is shown as if it had so many.
pub fn pixel(size: (u32, u32), rgba: [u8; 4]) -> Picture {
    Picture {
        path: "a.png".to_owned(),
        size,
        pixels: Pixels {
            width: 1,
            height: 1,
            rgba: rgba.to_vec(),
        },
    }
}
