//! Scenarios with a clock set by hand: what a client sends, and every message it gets.

mod ack;
mod config;
mod count;
mod explain;
mod life;
mod many;
mod pull;
mod push;
mod redeliver;
mod support;
