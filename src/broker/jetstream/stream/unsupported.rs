//! What a stream can be configured to do but this server does not do yet.
//!
//! A stream that asks for it is refused, since one that took messages and then did not mirror
//! them would break a promise silently. Each line goes when its feature comes.

use crate::proto::api::ApiError;
use crate::proto::api::error::STREAM_INVALID_CONFIG;
use crate::proto::api::stream::StreamConfig;

/// Refuses what is not there yet.
pub fn check(config: &StreamConfig) -> Result<(), ApiError> {
    for (asked_for, what) in [
        (config.mirror.is_some(), "mirror"),
        (!config.sources.is_empty(), "sources"),
    ] {
        if asked_for {
            return Err(STREAM_INVALID_CONFIG.because(format_args!("{what} is not supported by this server")));
        }
    }
    Ok(())
}
