//! The one integration binary: a module a topic, helpers in `support`.

mod cli;
mod clients;
mod layers;
mod monitor;
mod readme;
mod support;
mod talk;
mod wire;
