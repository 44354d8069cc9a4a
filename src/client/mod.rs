//! What panes, labs and the `nats` command share on top of `async-nats`: connecting, contexts, templates,
//! payload decoding. It never sees the broker: it works against any server.
//!
//! Start with [`ConnectSettings`] and [`connect`]. Where a connection is described in words (flags, `NATS_*`
//! variables, a context of the `nats` command) it is first a [`profile::Profile`], and becomes settings once.
//! [`intake`] listens to what may come as a flood. [`api`] speaks to JetStream where the server's JSON matters as it
//! was sent.

pub mod api;
pub mod bucket;
mod connection;
pub mod contexts;
pub mod environment;
pub mod filter;
pub mod intake;
pub mod payload;
pub mod profile;
pub mod record;
mod reference;
pub mod templates;
mod texts;
pub mod trace;

pub use connection::{
    ConnectError, ConnectSettings, DEFAULT_TIMEOUT, DEFAULT_URL, Login, TlsFiles, connect, connect_told,
    connect_watched, knock,
};
