//! Labs on the screen, and the account that each gets on our own broker.
//!
//! [`home`] is where a lab runs, and `ear` what our broker tells of its traffic; [`room`] keeps the one that is open,
//! also while its pane is closed; [`pane`] is F9, and [`view`] draws it. Start with [`room`].

mod ear;
pub mod home;
pub mod pane;
pub mod room;
#[cfg(test)]
mod tests;
mod texts;
mod view;

pub(in crate::tui) use texts::no_lab_here;
