//! Listeners, connections, accounts: the only part of the broker with sockets, threads and a clock.
//!
//! ```text
//!  socket ─► Session (one task a connection, on one worker)
//!              reads a batch into its worker's Desk, parses it in place     session, batch
//!              asks its account where a subject leads                       account, route
//!              appends to the receivers' stages on the Desk                 desk
//!              takes messages together whose lines are the same             run
//!            end of the batch: the Desk hands every stage to its connection's outbound queue,
//!              and then writes each queue once, without blocking            connection, outbound
//!  socket ◄─ what a socket does not take is written later by its own Session
//! ```
//!
//! A worker is a thread with a runtime of its own; a connection stays on one. Two have no connections: one for those
//! who watch, one for JetStream's timers and what waits for the disk ([`jetstream`]). Nothing is handed from task to
//! task for a message. Locks are short and never nested, except that JetStream, while a stream is locked, may append
//! to outbound queues and ask the subject tree. What concerns every connection, like a reload or lame duck mode, each
//! hears of in its own task (`news`). Where there is TLS, a connection's reads and writes pass its [`tls::Wire`], and
//! nothing else knows of it. A client in this process has a [`pipe`] in place of a socket ([`socket`]). What waits
//! for a receiver lies in [`chunks`], whose memory comes back. What accounts share is in [`exchange`]. Start with
//! [`session`].

mod account;
mod announce;
mod batch;
mod chunks;
mod closed;
mod complaints;
mod compress;
mod connection;
mod counters;
mod desk;
mod exchange;
mod handle;
mod http;
mod in_process;
mod jetstream;
mod lame_duck;
mod listener;
mod log;
mod login;
mod message_trace;
mod news;
mod outbound;
mod partial;
mod pipe;
mod proxied;
mod reload;
mod rights;
mod route;
mod run;
mod secure;
mod server;
mod session;
mod settings;
mod socket;
mod subscription;
mod system;
mod tenants;
mod timers;
mod tls;
mod trace;
mod usage;
mod watch;
mod worker;

pub use crate::broker::monitor::{ConnectionSnapshot, ConnectionStats};
pub use handle::{Handle, StartError, Statistics, start};
pub use in_process::{InProcess, NotServing};
pub use log::{FATAL, Log, text_of as log_text};
pub use reload::{Apply, ReloadError};
pub use tenants::{Tenant, TenantError};
pub use tls::{TlsError, check as check_tls};
