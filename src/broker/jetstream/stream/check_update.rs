//! May a stream's configuration be changed from this one to that one?
//!
//! Source: nats-server's `configUpdateCheck`.

use crate::proto::api::error::*;
use crate::proto::api::stream::{Discard, Retention, StreamConfig};
use crate::proto::api::{ApiError, Nanos};

/// Checks the change to `new`, which has passed [`super::check::check`], and adds what sealing brings.
pub fn check_update(old: &StreamConfig, mut new: StreamConfig) -> Result<StreamConfig, ApiError> {
    let retention_moves = new.retention != old.retention
        && (old.retention == Retention::WorkQueue || new.retention == Retention::WorkQueue);
    for (changed, reason) in [
        (
            new.name != old.name,
            "stream configuration name must match original",
        ),
        (
            new.storage != old.storage,
            "stream configuration update can not change storage type",
        ),
        (
            retention_moves,
            "stream configuration update can not change retention policy to/from workqueue",
        ),
        (
            old.sealed && !new.sealed,
            "stream configuration update can not unseal a sealed stream",
        ),
        (
            old.deny_delete && !new.deny_delete,
            "stream configuration update can not cancel deny message deletes",
        ),
        (
            old.deny_purge && !new.deny_purge,
            "stream configuration update can not cancel deny purge",
        ),
    ] {
        if changed {
            return Err(STREAM_INVALID_CONFIG.because(reason));
        }
    }
    if new.mirror.is_some() && new.mirror != old.mirror {
        return Err(STREAM_MIRROR_NOT_UPDATABLE.err());
    }
    check_features(old, &new)?;
    if new.num_replicas > 1 {
        return Err(STREAM_REPLICAS_NOT_SUPPORTED.err());
    }
    if new.sealed {
        new.max_age = Nanos::ZERO;
        new.discard = Discard::New;
        new.deny_delete = true;
        new.deny_purge = true;
        new.allow_rollup_hdrs = false;
    }
    Ok(new)
}

fn check_features(old: &StreamConfig, new: &StreamConfig) -> Result<(), ApiError> {
    for (changed, reason) in [
        (
            old.allow_msg_ttl && !new.allow_msg_ttl,
            "message TTL status can not be disabled",
        ),
        (
            old.allow_msg_counter != new.allow_msg_counter,
            "stream configuration update can not change message counter setting",
        ),
        (
            old.allow_msg_schedules && !new.allow_msg_schedules,
            "message schedules can not be disabled",
        ),
        (
            old.persist_mode != new.persist_mode,
            "stream configuration update can not change persist mode",
        ),
    ] {
        if changed {
            return Err(STREAM_INVALID_CONFIG.because(reason));
        }
    }
    Ok(())
}
