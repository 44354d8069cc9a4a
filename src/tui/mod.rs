//! The terminal application: app, events, keymap, theme; screens, panes and widgets.
//!
//! One thread owns the screen: it takes an event, updates the state, then draws. It never waits for
//! a socket. Panes are ordinary NATS clients whose tasks run on the client runtime and leave what
//! they saw in bounded windows. Of the broker this layer sees one handle only.

pub mod event;
pub mod panes;
pub mod theme;
pub mod widgets;
