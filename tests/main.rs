//! The one integration binary: a module a topic, helpers in `support`.

// Clippy lets tests unwrap, but not the helpers of tests, where a failure says just as much.
#![allow(clippy::unwrap_used)]

mod cli;
mod clients;
mod inspect;
mod labs;
mod layers;
mod monitor;
mod panes;
mod player;
mod readme;
mod server;
mod support;
mod talk;
mod wire;
