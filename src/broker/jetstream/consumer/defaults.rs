//! What a configuration means where it says nothing (nats-server `setConsumerConfigDefaults`).

use std::time::Duration;

use super::Limits;
use crate::proto::api::Nanos;
use crate::proto::api::consumer::{AckPolicy, ConsumerConfig, PriorityPolicy};
use crate::proto::api::error::{self, ApiError};
use crate::proto::api::stream::StreamConfig;

/// Pull requests that may wait when the client does not say.
const MAX_WAITING: i64 = 512;
/// How long a delivery may go without an acknowledgement.
const ACK_WAIT: Nanos = Nanos::from_secs(30);
/// Deliveries without an acknowledgement.
const MAX_ACK_PENDING: i64 = 1000;
/// How long a pinned client may be silent.
const PINNED_TIMEOUT: Nanos = Nanos::from_secs(120);
/// How long an ephemeral consumer lives without use.
pub(super) const INACTIVE_THRESHOLD: Duration = Duration::from_secs(5);
/// The only heartbeat that flow control acknowledgements allow.
pub(super) const FLOW_CONTROL_HEARTBEAT: Nanos = Nanos::from_secs(1);

/// Fills in all defaults. In pedantic mode a value that would have to be corrected is an error.
pub fn set_defaults(
    config: &mut ConsumerConfig,
    stream: &StreamConfig,
    limits: &Limits,
    pedantic: bool,
) -> Result<(), ApiError> {
    let refuse = |wrong: bool, why: &str| match wrong && pedantic {
        true => Err(error::PEDANTIC.because(why)),
        false => Ok(()),
    };
    correct_negatives(config, refuse)?;
    if !config.is_push() && config.max_waiting == 0 {
        config.max_waiting = MAX_WAITING;
    }
    if config.ack_wait.is_zero() && matches!(config.ack_policy, AckPolicy::Explicit | AckPolicy::All) {
        config.ack_wait = ACK_WAIT;
    }
    if let Some(first) = config.backoff.first() {
        refuse(
            config.ack_wait != *first,
            "first backoff value has to equal batch AckWait",
        )?;
        config.ack_wait = *first;
    }
    if config.max_ack_pending == 0 {
        let of_stream = stream.consumer_limits.max_ack_pending;
        refuse(
            of_stream > 0,
            "max_ack_pending must be set if it's configured in stream limits",
        )?;
        config.max_ack_pending = of_stream;
    }
    if config.inactive_threshold.is_zero() {
        let of_stream = stream.consumer_limits.inactive_threshold;
        refuse(
            of_stream.0 > 0,
            "inactive_threshold must be set if it's configured in stream limits",
        )?;
        config.inactive_threshold = of_stream;
    }
    if config.max_ack_pending == 0 && config.ack_policy != AckPolicy::None {
        let limit = Some(limits.max_ack_pending).filter(|l| *l > 0);
        config.max_ack_pending = MAX_ACK_PENDING.min(limit.unwrap_or(i64::MAX));
    }
    if !config.is_push() && config.max_batch == 0 && limits.max_request_batch > 0 {
        refuse(
            true,
            "max_request_batch must be set if it's JetStream limits are set",
        )?;
        config.max_batch = limits.max_request_batch;
    }
    if config.priority_policy == PriorityPolicy::PinnedClient && config.priority_timeout.is_zero() {
        config.priority_timeout = PINNED_TIMEOUT;
    }
    if config.ack_policy == AckPolicy::FlowControl && !pedantic {
        config.flow_control = true;
        config.idle_heartbeat = FLOW_CONTROL_HEARTBEAT;
    }
    Ok(())
}

fn correct_negatives(
    config: &mut ConsumerConfig,
    refuse: impl Fn(bool, &str) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    refuse(config.max_deliver < -1, "max_deliver must be set to -1")?;
    if config.max_deliver < 1 {
        config.max_deliver = -1;
    }
    refuse(config.max_ack_pending < -1, "max_ack_pending must be set to -1")?;
    config.max_ack_pending = config.max_ack_pending.max(-1);
    for (value, name) in [
        (&mut config.max_waiting, "max_waiting"),
        (&mut config.max_batch, "max_batch"),
        (&mut config.max_expires.0, "max_expires"),
        (&mut config.max_bytes, "max_bytes"),
        (&mut config.idle_heartbeat.0, "idle_heartbeat"),
        (&mut config.inactive_threshold.0, "inactive_threshold"),
        (&mut config.priority_timeout.0, "priority_timeout"),
    ] {
        if *value < 0 {
            refuse(true, &format!("{name} must not be negative"))?;
            *value = 0;
        }
    }
    Ok(())
}
