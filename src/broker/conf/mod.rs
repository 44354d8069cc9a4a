//! The server's settings: [`Options`], and the two ways to them, nats-server's configuration
//! language and its command line.
//!
//! Nothing here touches a file or the environment; both are read through a [`Loader`] that the
//! caller passes in.
//!
//! ```text
//!   arguments ──► flags ──┐
//!                         ├──► Draft ──► Options
//!   file ──► lexer ──► parser ──► apply (one file a block) ──┘
//! ```
//!
//! Start with [`Options`], then [`parse_args`]. What the configuration language looks like is seen
//! best in `parser`'s tests.

mod apply;
mod command;
mod digest;
mod draft;
mod error;
mod exchange;
mod flags;
mod help;
mod lexer;
mod loader;
mod number;
mod options;
mod parser;
mod value;

#[cfg(test)]
mod tests;

pub use command::{Command, Signal, SignalTarget, parse_args};
pub use error::{ConfError, Diagnostic};
pub use help::HELP;
pub use loader::Loader;
pub use options::*;
pub use value::Place;
