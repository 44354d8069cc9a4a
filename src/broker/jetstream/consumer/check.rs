//! What a configuration may say (nats-server `checkConsumerCfg`), in its order: a client is told the first
//! thing that is wrong.

use super::Limits;
use super::dead_letter;
use super::defaults::FLOW_CONTROL_HEARTBEAT;
use crate::proto::api::consumer::{AckPolicy, ConsumerConfig, DeliverPolicy, PriorityPolicy};
use crate::proto::api::error::{self, ApiError, ErrorKind};
use crate::proto::api::stream::{Retention, StreamConfig};
use crate::proto::subject;

/// Longest description in bytes.
const DESCRIPTION_BYTES_MAX: usize = 4 * 1024;
/// Largest metadata in bytes, keys and values together.
const METADATA_BYTES_MAX: usize = 128 * 1024;
/// Longest name in bytes.
const NAME_BYTES_MAX: usize = 255;
/// Shortest heartbeat of a push consumer.
const HEARTBEAT_MIN_MS: i64 = 100;
/// Longest name of a priority group in bytes.
const GROUP_BYTES_MAX: usize = 16;

fn refuse_if(wrong: bool, kind: ErrorKind) -> Result<(), ApiError> {
    if wrong { Err(kind.err()) } else { Ok(()) }
}

/// Checks a configuration whose defaults are filled in.
pub fn check(config: &ConsumerConfig, stream: &StreamConfig, limits: &Limits) -> Result<(), ApiError> {
    check_names(config)?;
    check_replicas(config, stream)?;
    check_waits(config)?;
    check_flow_control_acks(config)?;
    let backoffs = i64::try_from(config.backoff.len()).unwrap_or(i64::MAX);
    let too_many = config.max_deliver != -1 && backoffs > config.max_deliver;
    refuse_if(too_many, error::CONSUMER_MAX_DELIVER_BACKOFF)?;
    if config.description.len() > DESCRIPTION_BYTES_MAX {
        return Err(error::CONSUMER_DESCRIPTION_TOO_LONG.because(DESCRIPTION_BYTES_MAX));
    }
    if config.is_push() {
        check_push(config, stream)?;
    } else {
        check_pull(config, stream, limits)?;
    }
    check_limits(config, stream, limits)?;
    refuse_if(
        config.direct && !config.is_push(),
        error::CONSUMER_DIRECT_REQUIRES_PUSH,
    )?;
    refuse_if(
        config.direct && config.is_durable(),
        error::CONSUMER_DIRECT_REQUIRES_EPHEMERAL,
    )?;
    if config.sourcing {
        return Err(error::CONSUMER_CREATE.because("sourcing consumers are not supported"));
    }
    check_filters(config)?;
    check_start(config)?;
    if let Err(why) = sample_percent(&config.sample_freq) {
        return Err(error::CONSUMER_INVALID_SAMPLING.because(why));
    }
    let silent = config.flow_control && config.idle_heartbeat.is_zero();
    refuse_if(silent, error::CONSUMER_WITH_FLOW_CONTROL_NEEDS_HEARTBEATS)?;
    let both = config.is_durable() && !config.name.is_empty();
    refuse_if(
        both && config.name != config.durable_name,
        error::CONSUMER_CREATE_DURABLE_AND_NAME_MISMATCH,
    )?;
    let metadata: usize = config.metadata.iter().map(|(k, v)| k.len() + v.len()).sum();
    if metadata > METADATA_BYTES_MAX {
        return Err(error::CONSUMER_METADATA_LENGTH.because(format!("{}KB", METADATA_BYTES_MAX / 1024)));
    }
    check_priority(config)?;
    // nats-server lets the name of an ephemeral consumer be longer, until a file cannot be called so.
    if config.name.len().max(config.durable_name.len()) > NAME_BYTES_MAX {
        return Err(error::CONSUMER_NAME_TOO_LONG.because(NAME_BYTES_MAX));
    }
    dead_letter::check(config, stream)
}

/// Can this be the name of a consumer? It becomes a token of subjects, and some day a file name.
fn is_valid_name(name: &str) -> bool {
    !name.is_empty() && !name.contains([' ', '\t', '\r', '\n', '\x0c', '.', '*', '>', '\\', '/'])
}

fn check_names(config: &ConsumerConfig) -> Result<(), ApiError> {
    for (name, what) in [(&config.name, "name"), (&config.durable_name, "durable name")] {
        if !name.is_empty() && !is_valid_name(name) {
            let why = format!("consumer {what} can not contain '.', '*', '>', '\\', '/'");
            return Err(error::STREAM_INVALID_CONFIG.because(why));
        }
    }
    Ok(())
}

fn check_replicas(config: &ConsumerConfig, stream: &StreamConfig) -> Result<(), ApiError> {
    refuse_if(
        config.num_replicas > 0 && config.num_replicas > stream.num_replicas,
        error::CONSUMER_REPLICAS_EXCEEDS_STREAM,
    )?;
    refuse_if(config.num_replicas < 0, error::REPLICAS_COUNT_CANNOT_BE_NEGATIVE)?;
    let differs = config.num_replicas != 0 && config.num_replicas != stream.num_replicas;
    refuse_if(
        stream.retention != Retention::Limits && differs,
        error::CONSUMER_REPLICAS_SHOULD_MATCH_STREAM,
    )
}

fn check_waits(config: &ConsumerConfig) -> Result<(), ApiError> {
    refuse_if(
        config.backoff.iter().any(|b| b.0 < 0),
        error::CONSUMER_BACK_OFF_NEGATIVE,
    )?;
    refuse_if(config.ack_wait.0 < 0, error::CONSUMER_ACK_WAIT_NEGATIVE)
}

fn check_flow_control_acks(config: &ConsumerConfig) -> Result<(), ApiError> {
    if config.ack_policy != AckPolicy::FlowControl {
        return Ok(());
    }
    refuse_if(!config.is_push(), error::CONSUMER_ACK_FC_REQUIRES_PUSH)?;
    refuse_if(!config.flow_control, error::CONSUMER_ACK_FC_REQUIRES_FC)?;
    if config.idle_heartbeat != FLOW_CONTROL_HEARTBEAT {
        let why = "flow control ack policy heartbeat needs to be 1s";
        return Err(error::STREAM_INVALID_CONFIG.because(why));
    }
    refuse_if(
        config.max_ack_pending <= 0,
        error::CONSUMER_ACK_FC_REQUIRES_MAX_ACK_PENDING,
    )?;
    let waits = !config.ack_wait.is_zero() || !config.backoff.is_empty();
    refuse_if(waits, error::CONSUMER_ACK_FC_REQUIRES_NO_ACK_WAIT)?;
    refuse_if(
        config.max_deliver > 0,
        error::CONSUMER_ACK_FC_REQUIRES_NO_MAX_DELIVER,
    )
}

fn check_push(config: &ConsumerConfig, stream: &StreamConfig) -> Result<(), ApiError> {
    let deliver = config.deliver_subject.as_bytes();
    refuse_if(
        !subject::is_literal(deliver),
        error::CONSUMER_DELIVER_TO_WILDCARDS,
    )?;
    refuse_if(
        !subject::is_valid_pattern(deliver),
        error::CONSUMER_INVALID_DELIVER_SUBJECT,
    )?;
    let cycle = stream
        .subjects
        .iter()
        .any(|s| subject::is_subset(deliver, s.as_bytes()));
    refuse_if(cycle, error::CONSUMER_DELIVER_CYCLE)?;
    refuse_if(config.max_waiting != 0, error::CONSUMER_PUSH_MAX_WAITING)?;
    refuse_if(
        config.max_ack_pending > 0 && config.ack_policy == AckPolicy::None,
        error::CONSUMER_MAX_PENDING_ACK_POLICY_REQUIRED,
    )?;
    let small = (1..HEARTBEAT_MIN_MS * 1_000_000).contains(&config.idle_heartbeat.0);
    refuse_if(small, error::CONSUMER_SMALL_HEARTBEAT)
}

fn check_pull(config: &ConsumerConfig, stream: &StreamConfig, limits: &Limits) -> Result<(), ApiError> {
    refuse_if(
        config.ack_policy == AckPolicy::None && stream.retention == Retention::WorkQueue,
        error::CONSUMER_PULL_REQUIRES_ACK,
    )?;
    refuse_if(config.rate_limit_bps > 0, error::CONSUMER_PULL_WITH_RATE_LIMIT)?;
    refuse_if(config.idle_heartbeat.0 > 0, error::CONSUMER_HB_REQUIRES_PUSH)?;
    refuse_if(config.flow_control, error::CONSUMER_FC_REQUIRES_PUSH)?;
    let short = (1..1_000_000).contains(&config.max_expires.0);
    refuse_if(short, error::CONSUMER_MAX_REQUEST_EXPIRES_TOO_SMALL)?;
    if limits.max_request_batch > 0 && config.max_batch > limits.max_request_batch {
        return Err(error::CONSUMER_MAX_REQUEST_BATCH_EXCEEDED.because(limits.max_request_batch));
    }
    Ok(())
}

fn check_limits(config: &ConsumerConfig, stream: &StreamConfig, limits: &Limits) -> Result<(), ApiError> {
    for limit in [limits.max_ack_pending, stream.consumer_limits.max_ack_pending] {
        if limit > 0 && config.max_ack_pending > limit {
            return Err(error::CONSUMER_MAX_PENDING_ACK_EXCESS.because(limit));
        }
    }
    let longest = stream.consumer_limits.inactive_threshold;
    if longest.0 > 0 && config.inactive_threshold > longest {
        let longest = crate::util::duration::format(longest.duration());
        return Err(error::CONSUMER_INACTIVE_THRESHOLD_EXCESS.because(longest));
    }
    Ok(())
}

fn check_filters(config: &ConsumerConfig) -> Result<(), ApiError> {
    refuse_if(
        !config.filter_subject.is_empty() && !config.filter_subjects.is_empty(),
        error::CONSUMER_DUPLICATE_FILTER_SUBJECTS,
    )?;
    refuse_if(
        config.filter_subjects.iter().any(String::is_empty),
        error::CONSUMER_EMPTY_FILTER,
    )?;
    let filters: Vec<&[u8]> = config.filters().map(str::as_bytes).collect();
    for (at, filter) in filters.iter().enumerate() {
        if !subject::is_valid_pattern(filter) {
            return Err(error::STREAM_INVALID_CONFIG.because("invalid subject"));
        }
        let mut others = filters.iter().enumerate().filter(|(other, _)| *other != at);
        let overlaps = others.any(|(_, other)| subject::is_subset(filter, other));
        refuse_if(overlaps, error::CONSUMER_OVERLAPPING_SUBJECT_FILTERS)?;
    }
    Ok(())
}

fn check_start(config: &ConsumerConfig) -> Result<(), ApiError> {
    let refuse = |why: String| Err(error::CONSUMER_INVALID_POLICY.because(why));
    let policy = match config.deliver_policy {
        DeliverPolicy::All => "all",
        DeliverPolicy::Last => "last",
        DeliverPolicy::LastPerSubject => "last per subject",
        DeliverPolicy::New => "new",
        DeliverPolicy::ByStartSequence => "by start sequence",
        DeliverPolicy::ByStartTime => "by start time",
    };
    let by_seq = config.deliver_policy == DeliverPolicy::ByStartSequence;
    let by_time = config.deliver_policy == DeliverPolicy::ByStartTime;
    let set = |what: &str| {
        format!("consumer delivery policy is deliver {policy}, but optional start {what} is also set")
    };
    let not_set =
        |what: &str| format!("consumer delivery policy is deliver {policy}, but optional {what} is not set");
    if by_seq && config.opt_start_seq == 0 {
        return refuse(not_set("start sequence"));
    }
    if by_time && config.opt_start_time.is_none() {
        return refuse(not_set("start time"));
    }
    if !by_seq && config.opt_start_seq != 0 {
        return refuse(set(if by_time { "start sequence" } else { "sequence" }));
    }
    if !by_time && config.opt_start_time.is_some() {
        return refuse(set("time"));
    }
    if config.deliver_policy == DeliverPolicy::LastPerSubject && config.filters().next().is_none() {
        return refuse(not_set("filter subject"));
    }
    Ok(())
}

/// Reads a sampling rate such as `50%` or `50`; empty is 0.
pub(super) fn sample_percent(text: &str) -> Result<u32, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let digits = text.strip_suffix('%').unwrap_or(text);
    match digits.parse::<i64>() {
        Ok(n) if n < 0 => Err("<nil>".to_owned()),
        Ok(n) => Ok(u32::try_from(n).unwrap_or(u32::MAX)),
        Err(_) => Err(format!("strconv.Atoi: parsing {digits:?}: invalid syntax")),
    }
}

fn check_priority(config: &ConsumerConfig) -> Result<(), ApiError> {
    if config.priority_policy == PriorityPolicy::None {
        refuse_if(
            !config.priority_groups.is_empty(),
            error::CONSUMER_PRIORITY_GROUP_WITH_POLICY_NONE,
        )?;
        return refuse_if(
            config.priority_timeout.0 > 0,
            error::CONSUMER_PINNED_TTL_WITHOUT_PRIORITY_POLICY_NONE,
        );
    }
    refuse_if(config.is_push(), error::CONSUMER_PUSH_WITH_PRIORITY_GROUP)?;
    refuse_if(
        config.priority_groups.is_empty(),
        error::CONSUMER_PRIORITY_POLICY_WITHOUT_GROUP,
    )?;
    for group in &config.priority_groups {
        refuse_if(group.is_empty(), error::CONSUMER_EMPTY_GROUP_NAME)?;
        refuse_if(!is_valid_group(group), error::CONSUMER_INVALID_GROUP_NAME)?;
    }
    Ok(())
}

/// Can this be the name of a priority group?
pub fn is_valid_group(group: &str) -> bool {
    let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'=' | b'-');
    (1..=GROUP_BYTES_MAX).contains(&group.len()) && group.bytes().all(valid)
}
