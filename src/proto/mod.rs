//! The NATS wire without IO: operations, headers, subjects, INFO and CONNECT, error texts, and the
//! JSON types of the JetStream API.
//!
//! Bytes in, values out, and back; no socket, no clock. Start with [`parser`] (what a client may
//! say), [`writer`] and [`server_op`] (what it hears, written and read) and [`subject`] (what matches what).

pub mod ack_token;
pub mod api;
pub mod connect;
pub mod errors;
pub mod headers;
pub mod info;
pub mod parser;
pub mod proxy;
pub mod server_op;
pub mod subject;
pub mod writer;
