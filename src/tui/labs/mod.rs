//! Labs on the screen, and the account that each gets on our own broker.
//!
//! Start with [`home`]: where a lab runs.

pub mod home;
