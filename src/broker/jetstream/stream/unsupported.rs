//! What a stream can be configured to do but this server does not do yet.
//!
//! A stream that asks for it is refused, since one that took messages and then did not mirror
//! them would break a promise silently. Each line goes when its feature comes.

use crate::proto::api::ApiError;
use crate::proto::api::error::STREAM_INVALID_CONFIG;
use crate::proto::api::stream::StreamConfig;

/// Refuses what is not there yet.
pub fn check(config: &StreamConfig) -> Result<(), ApiError> {
    let mut copied = config.mirror.iter().chain(&config.sources);
    let copies_through_consumer = copied.any(|source| source.consumer.is_some());
    if copies_through_consumer {
        let reason = "a consumer to mirror or source through is not supported by this server";
        return Err(STREAM_INVALID_CONFIG.because(reason));
    }
    Ok(())
}
