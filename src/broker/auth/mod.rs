//! Who may connect, and what they may do.
//!
//! Pure: what a client brought and a nonce go in, a [`Login`] or a [`Refusal`] comes out. Only the
//! owner of the sockets knows connections, and it decides on which thread a slow password is checked.
//!
//! ```text
//!   Options ──► Authenticator ── check(credentials, door, nonce) ──► Check
//!                                  Check::Done(login or refusal)       at once
//!                                  Check::Slow(job), job.run()         bcrypt, away from the hot threads
//!   Login.permissions ──► may this be published, subscribed to, delivered?
//! ```
//!
//! Start with [`Authenticator`]; [`Permissions`] is what every message may have to pass.

mod authenticator;
mod certificate;
mod credentials;
mod der;
mod distinguished_name;
mod nkey;
mod password;
mod permissions;
mod replies;
mod subject_set;

#[cfg(test)]
mod tests;

pub use authenticator::{Authenticator, CarriedOver, Check, Login, SlowCheck};
pub use certificate::Certificate;
pub use credentials::{Credentials, Refusal};
pub use nkey::curve_key_text;
pub use password::is_hash;
pub use permissions::{Permissions, Verdict};
pub use replies::Replies;
