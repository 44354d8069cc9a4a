//! Everything behind the port: a NATS server with JetStream. It could be a crate of its own.
//!
//! Only [`net`] has sockets and asks the clock; the layers below take bytes and a time and return
//! values. Nothing in here knows the screen, the deck or our own client. Start with `net` for a
//! message's way from socket to socket, and with [`jetstream`] for a stored one's.

pub mod auth;
pub mod conf;
pub mod jetstream;
pub mod monitor;
pub mod net;
pub mod store;
pub mod subjects;
pub mod tap;

pub use conf::Options;
pub use jetstream::SERVER_VERSION as PROTOCOL_VERSION;
pub use jetstream::{Decision, Hold};
pub use net::{Apply, Handle, InProcess, NotServing, StartError, Tenant, TenantError, log_text, start};
pub use tap::{Event as TapEvent, Missed, Observation, Published, Receiver, Tap};
