//! What several topics share: starting a server, talking to it in raw bytes, a pseudo terminal.

pub mod pty;
pub mod raw;
pub mod server;
pub mod tls;
