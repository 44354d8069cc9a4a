//! What those who watch a broker are told: varz, connz and their kin, the same values over HTTP and in
//! the system account, and events.
//!
//! Pure: what is known of the broker comes in through [`Source`], text goes out. Sockets, subjects and
//! the clock belong to `net`, which implements [`Source`] and serves the answers.
//!
//! ```text
//!   GET /connz?sort=…           ──► http::answer    ─┐
//!                                                    ├─► connz::connz(source, options) ──► JSON
//!   $SYS.REQ.SERVER.PING.CONNZ  ──► requests::answer ┘
//! ```
//!
//! Field names, defaults and error texts are those of nats-server's `monitor.go` and `events.go`.
//! Start with [`source`], then [`connz`], the richest of the values.

mod accountz;
mod agreements;
mod connz;
pub mod events;
mod healthz;
pub mod http;
mod index;
mod jsz;
pub mod message_trace;
mod metrics;
mod others;
mod query;
pub mod requests;
mod source;
mod statsz;
mod subsz;
mod uptime;
mod varz;

pub use accountz::AccountStat;
pub use source::{
    AccountSnapshot, AnswerSnapshot, ConnectionSnapshot, ConnectionStats, Depth, JetStreamSnapshot, Source,
    SubscriptionSnapshot, TlsSnapshot, Totals, TreeSnapshot, Usage,
};
