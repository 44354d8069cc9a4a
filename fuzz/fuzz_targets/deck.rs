//! No deck panics, whatever the width.
#![no_main]

use goingnats::deck::{Deck, LayoutOptions, layout};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, u16)| {
    let (source, width) = input;
    for slide in &Deck::parse(source).slides {
        layout(slide, width % 300, &LayoutOptions::default());
    }
});
