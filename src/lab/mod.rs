//! Labs: markdown files whose steps check themselves.
//!
//! A check looks at the state (through the JetStream API), at the traffic (through subscriptions of its
//! own) and at the account's connections (`$SYS.REQ.ACCOUNT.PING.CONNZ`), never at what was typed. So
//! everything that speaks NATS counts, against our broker and any other. Nothing here knows the broker.
//!
//! ```text
//!  labs/*.md ─► file ─► Lab ─► session (a task) ──► look: one check → expected, seen, passed
//!                                │    ▲
//!                                ▼    │ orders: answer, hint, solution, next, reset
//!                             Report (what a screen or a command shows), progress
//! ```
//!
//! Start with [`Lab`], then [`Session`]. [`desk`] lets another process give orders over NATS; [`verify`]
//! holds every lab to its own solution.

mod action;
mod builtin;
mod check;
mod command;
mod compare;
pub mod desk;
pub mod ear;
mod file;
mod look;
mod numbers;
pub mod progress;
mod session;
mod sight;
mod texts;
pub mod verify;
mod watch;

use futures_util::FutureExt;
use tokio::task::JoinHandle;

pub use action::TurnClock;
pub use builtin::{builtin, in_folder, next_undone, of_slide};
pub use check::{Answer, AnswerKind, Check, Kind};
pub use command::Command;
pub use file::{Advance, Broker, Error, Hint, Lab, Limits, Step};
pub use session::{CheckReport, CheckState, Order, Place, Report, Session, SessionError, StepReport};

/// Runs work beside the session. Boxed, so that the runtime's machinery for a task is compiled once.
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work.boxed())
}
