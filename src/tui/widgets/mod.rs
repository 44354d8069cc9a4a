//! Parts that screens and panes share: text fields and forms, tables that fit their width, small
//! charts, and the view of one message.
//!
//! A widget draws what it is handed and knows neither NATS connections nor panes. Text that came
//! over the network goes through [`crate::client::payload`] before it gets here. Start with
//! [`form`] for entry and [`table`] for output.

pub mod body;
pub mod field;
pub mod form;
pub mod hex;
pub mod message;
pub mod number;
pub mod select;
pub mod spark;
pub mod table;
pub mod tabs;
pub mod text;
mod texts;
