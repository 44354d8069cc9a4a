//! What several topics share: starting a server, talking to it in raw bytes.

pub mod raw;
pub mod server;
