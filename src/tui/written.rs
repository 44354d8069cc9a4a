//! What can be written on a palette besides its entries and `nats …` lines: a deck's and the inspector's know the same.

use std::time::Duration;

use super::{clock, layouts, markings};

/// A command in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// JetStream's clock is turned forward.
    Clock(Duration),
    /// A layout is saved or forgotten.
    Layout(layouts::Command),
    /// Messages get a colour or lose it.
    Marking(markings::Command),
}

/// Reads a command; none where it is no such.
pub fn read(text: &str) -> Option<Written> {
    let layout = || layouts::read(text).map(Written::Layout);
    let marking = || markings::read(text).map(Written::Marking);
    clock::read(text)
        .map(Written::Clock)
        .or_else(layout)
        .or_else(marking)
}
