//! Turning subjects into other subjects: transforms, and an account's weighted mappings.
//!
//! Pure: random numbers are handed in. A [`Transform`] is one pattern with one destination, as streams,
//! republishing and imports use it too; [`Mappings`] chooses among several of them for what clients
//! publish. Source: ADR-30, `subject_transform.go` and `accounts.go` of nats-server. Start with
//! `function`, which says what a destination can be made of.

mod function;
mod mappings;
mod markers;
mod transform;

#[cfg(test)]
mod tests;

pub use mappings::{Destination, Mapped, Mapping, Mappings, MappingsError, check_destination};
pub use markers::{tokenized, untokenized};
pub use transform::{Transform, TransformError};

/// Where random numbers come from: any `u32`, each as likely as the other.
pub type Random<'r> = &'r mut dyn FnMut() -> u32;
