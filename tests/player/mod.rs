//! The player from outside: the deck's screens as text, and the show in a pseudo terminal.

mod living;
mod screens;
mod stage;
