//! A whole JetStream, driven as the broker drives it: messages in, deliveries out, a clock by hand.

mod batch;
mod copies;
mod count;
mod counter;
mod crash;
mod dead_letter;
mod direct;
mod expiry;
mod interest;
mod medium;
mod publish;
mod recovery;
mod rewrite;
mod soak;
mod stream_api;
mod support;
mod transfer;
