//! A whole JetStream, driven as the broker drives it: messages in, deliveries out, a clock by hand.

mod direct;
mod expiry;
mod publish;
mod stream_api;
mod support;
