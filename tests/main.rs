//! The one integration binary: a module a topic, helpers in `support`.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod cli;
mod layers;
mod rust_client;
mod support;
mod talk;
mod wire;
