//! goingnats: the talk "Let's go NATS!" in the terminal, with the broker it talks about inside.
//!
//! The map of the house. A module may use those above it in this list, never those below or beside it;
//! `tests/layers.rs` holds everyone to that.
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`util`] | time as a value, durations and sizes as Go writes them, a bounded ring |
//! | [`proto`] | the NATS wire without IO |
//! | [`deck`] | markdown → slides → styled lines, without IO |
//! | [`broker`] | everything behind the port: settings, login, subjects, stores, JetStream, sockets |
//! | [`client`] | what panes, labs and commands share on top of `async-nats` |
//! | [`runner`] | running a code block |
//! | [`lab`] | lab files, checks, progress |
//! | [`tui`] | the terminal application |
//! | [`cli`] | the commands |

pub mod broker;
pub mod cli;
pub mod client;
pub mod deck;
pub mod lab;
pub mod proto;
pub mod runner;
pub mod tui;
pub mod util;
