//! The commands, one file each. What was typed (clap) is turned into what is meant, once.

mod port;
pub mod present;
pub mod server;
