//! The server's settings: [`Options`], and the two ways to them, nats-server's configuration
//! language and its command line.
//!
//! Files are read through a loader that the caller passes in. Start with [`Options`].

mod options;

pub use options::{JetStreamOptions, Options};
