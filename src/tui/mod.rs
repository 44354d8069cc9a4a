//! The terminal application: app, events, keymap, theme; screens, panes and widgets.
//!
//! One thread owns the screen: it takes an event, updates the state, then draws. It never waits for
//! a socket. Panes are ordinary NATS clients whose tasks run on the client runtime and leave what
//! they saw in bounded windows. Of the broker this layer sees one handle only.
//!
//! A key's way: [`input`] → [`event`] → [`keymap`] → [`app`], which changes the slide ([`screens::slides`], with its
//! [`living`] blocks and [`pictures`]), the windows ([`host`]) or what lies over them ([`overlay`]) → frame. Start
//! with [`run::run`], then [`app::App`]; [`inspect`] shows the panes without a deck. [`reload`] watches the deck's
//! file, [`stage`] tells the [`speaker`]'s second screen and an [`audience`] where the talk stands, [`outputs`] keeps
//! what blocks wrote, [`still`] draws slides without a terminal, [`cast`] records the screen, [`completion`]
//! completes `nats …` lines, [`markings`] colour messages. What is said to people stands in the `texts.rs` of each
//! module, in both languages ([`crate::util::language`]).

mod ansi;
pub mod app;
pub mod audience;
pub mod background;
mod cast;
mod clipboard;
mod clock;
mod commands;
pub mod completion;
mod edits;
pub mod event;
mod faults;
mod follower;
mod glyphs;
mod hall;
mod host;
mod input;
pub mod inspect;
pub mod jobs;
pub mod keep;
mod keymap;
pub mod labs;
mod layouts;
mod lines;
mod links;
pub mod living;
pub mod markings;
mod output;
mod output_pane;
pub mod outputs;
mod overlay;
mod overview;
mod palette;
pub mod panes;
pub mod pictures;
pub mod reload;
mod rows;
pub mod run;
mod screens;
pub mod server_log;
pub mod speaker;
pub mod stage;
mod status;
pub mod still;
pub mod terminal;
mod texts;
pub mod theme;
pub mod transition;
pub mod trust;
mod typed;
mod widgets;
mod written;

pub use run::{inspect as run_inspector, lines as run_lines, run};
