//! The subject tree: which subscriptions a subject reaches.
//!
//! [`Subjects`] is what one account's connections share: a tree of patterns behind a lock. Who
//! publishes keeps what it found in a [`RouteCache`] of its own and asks only for the subject's
//! generation, which moves whenever a subscription came or went that could matter. So the way of a
//! message takes no lock while nobody subscribes. What a subscription is does not matter here.
//! Start with [`tree`]. [`mapping`] beside it turns subjects into others.

mod cache;
mod hash;
pub mod mapping;
mod shared;
mod tree;

pub use cache::{CacheFigures, RouteCache};
pub use hash::SubjectHash;
pub use shared::{Shard, Subjects};
pub use tree::{InvalidPattern, Tree, Visit};
