//! The NATS wire without IO: operations, headers, subjects, INFO and CONNECT, error texts, and the
//! JSON types of the JetStream API.
//!
//! Bytes in, values out, and back; no socket, no clock. Start with `parser` (what a client may
//! say) and [`subject`] (what matches what).

pub mod api;
pub mod headers;
pub mod subject;
