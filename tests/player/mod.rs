//! The player from outside: the deck's screens as text, and the show in a pseudo terminal.

mod faults;
mod house;
mod lines;
mod living;
mod polls;
mod remote;
mod screens;
mod stage;
