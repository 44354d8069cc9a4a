//! What a stream can be configured to do but this server does not do yet.
//!
//! A stream that asks for it is refused, since one that took messages and then did not mirror, expire
//! or count them would break a promise silently. Each line goes when its feature comes.

use crate::proto::api::ApiError;
use crate::proto::api::error::STREAM_INVALID_CONFIG;
use crate::proto::api::stream::{PersistMode, StreamConfig};

/// Refuses what is not there yet.
pub fn check(config: &StreamConfig) -> Result<(), ApiError> {
    let mut copied = config.mirror.iter().chain(&config.sources);
    let copies_through_consumer = copied.any(|source| source.consumer.is_some());
    for (asked_for, what) in [
        (copies_through_consumer, "a consumer to mirror or source through"),
        (config.allow_atomic, "allow_atomic"),
        (config.allow_msg_schedules, "allow_msg_schedules"),
        (config.allow_batched, "allow_batched"),
        (config.persist_mode == PersistMode::Async, "persist_mode async"),
    ] {
        if asked_for {
            return Err(STREAM_INVALID_CONFIG.because(format_args!("{what} is not supported by this server")));
        }
    }
    Ok(())
}
