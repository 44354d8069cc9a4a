//! Is this a configuration that a stream can be made with, and what are its defaults?
//!
//! The order of the checks is nats-server's (`checkStreamCfg`), as are the texts.

use std::time::Duration;

use super::{check_copies, rewrite};
use crate::proto::api::account::AccountLimits;
use crate::proto::api::error::*;
use crate::proto::api::stream::{Discard, PersistMode, Placement, Retention, Storage, StreamConfig};
use crate::proto::api::{ApiError, Nanos};
use crate::proto::subject;

/// The longest name of a stream or consumer in bytes.
pub const NAME_MAX: usize = 255;
/// The longest description of a stream or consumer in bytes.
pub const DESCRIPTION_MAX: usize = 4 * 1024;
/// The most bytes that all keys and values of the metadata may have together.
pub const METADATA_MAX: usize = 128 * 1024;
/// The most replicas that may be asked for.
const REPLICAS_MAX: i64 = 5;
/// The duplicate window of a stream that does not say.
const DUPLICATE_WINDOW: Nanos = Nanos::from_secs(120);
/// The shortest `max_age` and `duplicate_window`.
const SHORTEST: Nanos = Nanos::from_millis(100);

/// What a configuration is checked against.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// The account's limits.
    pub limits: &'a AccountLimits,
    /// The longest duplicate window; zero for no limit.
    pub duplicates_max: Duration,
    /// Refuse whatever would have to be corrected.
    pub pedantic: bool,
    /// The configuration of another stream of the account, by name.
    pub find: &'a dyn Fn(&str) -> Option<StreamConfig>,
}

/// May a stream or consumer have this name?
pub fn is_valid_name(name: &str) -> bool {
    !name.is_empty()
        && !name.bytes().any(|b| {
            matches!(
                b,
                b' ' | b'\t' | b'\r' | b'\n' | 0x0c | b'.' | b'*' | b'>' | b'\\' | b'/'
            )
        })
}

/// The configuration with all defaults filled in.
pub fn check(mut config: StreamConfig, bounds: Bounds<'_>) -> Result<StreamConfig, ApiError> {
    check_texts(&config)?;
    check_replicas(&mut config)?;
    fill_limits(&mut config, bounds)?;
    check_ages(&mut config, bounds)?;
    check_flags(&mut config, bounds)?;
    check_copies::check(&mut config, bounds)?;
    check_subjects(&mut config)?;
    check_bytes(&config, bounds)?;
    rewrite::check(&mut config, bounds)?;
    check_placement(&mut config)?;
    Ok(config)
}

fn refuse<T>(reason: impl std::fmt::Display) -> Result<T, ApiError> {
    Err(STREAM_INVALID_CONFIG.because(reason))
}

/// Refuses when a condition holds.
pub(super) fn refuse_if(condition: bool, reason: &str) -> Result<(), ApiError> {
    if condition { refuse(reason) } else { Ok(()) }
}

fn check_texts(config: &StreamConfig) -> Result<(), ApiError> {
    refuse_if(
        !is_valid_name(&config.name),
        r"stream name is required and can not contain '.', '*', '>', '\', '/'",
    )?;
    if config.name.len() > NAME_MAX {
        return refuse(format_args!(
            "stream name is too long, maximum allowed is {NAME_MAX}"
        ));
    }
    if config.description.len() > DESCRIPTION_MAX {
        return refuse(format_args!(
            "stream description is too long, maximum allowed is {DESCRIPTION_MAX}"
        ));
    }
    if config
        .metadata
        .iter()
        .map(|(k, v)| k.len() + v.len())
        .sum::<usize>()
        > METADATA_MAX
    {
        return refuse(format_args!(
            "stream metadata exceeds maximum size of {METADATA_MAX} bytes"
        ));
    }
    Ok(())
}

fn check_replicas(config: &mut StreamConfig) -> Result<(), ApiError> {
    if config.num_replicas == 0 {
        config.num_replicas = 1;
    }
    if config.num_replicas > REPLICAS_MAX {
        return refuse(format_args!("maximum replicas is {REPLICAS_MAX}"));
    }
    if config.num_replicas < 0 {
        return Err(REPLICAS_COUNT_CANNOT_BE_NEGATIVE.err());
    }
    Ok(())
}

/// "No limit" is −1, however it was said.
fn fill_limits(config: &mut StreamConfig, bounds: Bounds<'_>) -> Result<(), ApiError> {
    let mut size = i64::from(config.max_msg_size);
    for (limit, name) in [
        (&mut config.max_msgs, "max_msgs"),
        (&mut config.max_msgs_per_subject, "max_msgs_per_subject"),
        (&mut config.max_bytes, "max_bytes"),
        (&mut size, "max_msg_size"),
        (&mut config.max_consumers, "max_consumers"),
    ] {
        if bounds.pedantic && *limit < -1 {
            return Err(PEDANTIC.because(format_args!("{name} must be set to -1")));
        }
        if *limit <= 0 {
            *limit = -1;
        }
    }
    if size < 0 {
        config.max_msg_size = -1;
    }
    Ok(())
}

fn check_ages(config: &mut StreamConfig, bounds: Bounds<'_>) -> Result<(), ApiError> {
    let age = config.max_age;
    refuse_if(age < Nanos::ZERO, "max age can not be negative")?;
    refuse_if(!age.is_zero() && age < SHORTEST, "max age needs to be >= 100ms")?;
    let copies = config.mirror.is_some() || !config.sources.is_empty();
    if config.duplicate_window.is_zero() && !copies {
        config.duplicate_window = default_window(age, bounds)?;
    }
    let window = config.duplicate_window;
    refuse_if(window < Nanos::ZERO, "duplicates window can not be negative")?;
    refuse_if(
        !age.is_zero() && window > age,
        "duplicates window can not be larger then max age",
    )?;
    let longest = bounds.duplicates_max;
    if !longest.is_zero() && window > Nanos::from(longest) {
        let longest = crate::util::duration::format(longest);
        return refuse(format_args!(
            "duplicates window can not be larger then server limit of {longest}"
        ));
    }
    refuse_if(
        !window.is_zero() && window < SHORTEST,
        "duplicates window needs to be >= 100ms",
    )
}

fn default_window(age: Nanos, bounds: Bounds<'_>) -> Result<Nanos, ApiError> {
    let mut window = DUPLICATE_WINDOW;
    let longest = Nanos::from(bounds.duplicates_max);
    let pedantic = |reason| {
        if bounds.pedantic {
            Err(PEDANTIC.because(reason))
        } else {
            Ok(())
        }
    };
    if !longest.is_zero() && window > longest {
        pedantic("duplicate window limits are higher than current limits")?;
        window = longest;
    }
    if !age.is_zero() && age < window {
        pedantic("duplicate window cannot be bigger than max age")?;
        window = age;
    }
    Ok(window)
}

fn check_flags(config: &mut StreamConfig, bounds: Bounds<'_>) -> Result<(), ApiError> {
    refuse_if(
        config.deny_purge && config.allow_rollup_hdrs,
        "roll-ups require the purge permission",
    )?;
    let discard_new = config.discard == Discard::New;
    if config.allow_msg_counter {
        refuse_if(discard_new, "counter stream cannot use discard new")?;
        refuse_if(config.allow_msg_ttl, "counter stream cannot use message TTLs")?;
        refuse_if(
            config.allow_msg_schedules,
            "counter stream cannot use message schedules",
        )?;
        refuse_if(
            config.retention != Retention::Limits,
            "counter stream can only use limits retention",
        )?;
    }
    if config.discard_new_per_subject {
        refuse_if(
            !discard_new,
            "discard new per subject requires discard new policy to be set",
        )?;
        refuse_if(
            config.max_msgs_per_subject <= 0,
            "discard new per subject requires max msgs per subject > 0",
        )?;
    }
    check_markers(config, bounds)?;
    if config.allow_msg_schedules {
        refuse_if(discard_new, "message scheduling cannot use discard new")?;
        allow_rollup(
            config,
            bounds,
            "message scheduling cannot be set if roll-ups are disabled",
        )?;
    }
    if config.persist_mode == PersistMode::Async {
        refuse_if(
            config.storage != Storage::File,
            "async persist mode is only supported on file storage",
        )?;
        refuse_if(
            config.num_replicas > 1,
            "async persist mode is not supported on replicated streams",
        )?;
        refuse_if(
            config.allow_atomic,
            "async persist mode is not supported with atomic batch publish",
        )?;
    }
    Ok(())
}

fn check_markers(config: &mut StreamConfig, bounds: Bounds<'_>) -> Result<(), ApiError> {
    let ttl = config.subject_delete_marker_ttl;
    refuse_if(
        ttl < Nanos::ZERO,
        "subject delete marker TTL must not be negative",
    )?;
    if ttl.is_zero() {
        return Ok(());
    }
    refuse_if(
        ttl < Nanos::from_secs(1),
        "subject delete marker TTL must be at least 1 second",
    )?;
    refuse_if(
        !config.allow_msg_ttl && bounds.pedantic,
        "subject delete marker cannot be set if message TTLs are disabled",
    )?;
    config.allow_msg_ttl = true;
    allow_rollup(
        config,
        bounds,
        "subject delete marker cannot be set if roll-ups are disabled",
    )
}

fn allow_rollup(config: &mut StreamConfig, bounds: Bounds<'_>, refusal: &str) -> Result<(), ApiError> {
    if !config.allow_rollup_hdrs {
        refuse_if(bounds.pedantic, refusal)?;
        config.allow_rollup_hdrs = true;
        config.deny_purge = false;
    }
    Ok(())
}

fn check_subjects(config: &mut StreamConfig) -> Result<(), ApiError> {
    if config.subjects.is_empty() {
        if config.mirror.is_none() && config.sources.is_empty() {
            config.subjects.push(config.name.clone());
        }
        return Ok(());
    }
    for (i, subject) in config.subjects.iter().enumerate() {
        refuse_if(!subject::is_valid_pattern(subject.as_bytes()), "invalid subject")?;
        check_reach(subject, config)?;
        for other in &config.subjects[i + 1..] {
            if subject::collide(other.as_bytes(), subject.as_bytes()) {
                return refuse(format_args!("subject {subject:?} overlaps with {other:?}"));
            }
        }
    }
    Ok(())
}

/// A stream that takes in requests to JetStream or the system may not answer them.
fn check_reach(subject: &str, config: &StreamConfig) -> Result<(), ApiError> {
    if subject == ">" {
        refuse_if(
            !config.no_ack,
            "capturing all subjects requires no-ack to be true",
        )?;
        refuse_if(
            config.num_replicas != 1,
            "capturing all subjects requires replicas of 1",
        )?;
    }
    if config.no_ack {
        return Ok(());
    }
    let collides = |pattern: &str| subject::collide(subject.as_bytes(), pattern.as_bytes());
    let within = |pattern: &str| subject::is_subset(subject.as_bytes(), pattern.as_bytes());
    refuse_if(
        ["$JS.>", "$JSC.>", "$NRG.>"].into_iter().any(collides) && !within("$JS.EVENT.>"),
        "subjects that overlap with jetstream api require no-ack to be true",
    )?;
    refuse_if(
        collides("$SYS.>") && !within("$SYS.ACCOUNT.>"),
        "subjects that overlap with system api require no-ack to be true",
    )
}

fn check_bytes(config: &StreamConfig, bounds: Bounds<'_>) -> Result<(), ApiError> {
    let largest = match config.storage {
        Storage::Memory => bounds.limits.memory_max_stream_bytes,
        Storage::File => bounds.limits.storage_max_stream_bytes,
    };
    if bounds.limits.max_bytes_required && config.max_bytes <= 0 {
        return Err(STREAM_MAX_BYTES_REQUIRED.err());
    }
    if largest > 0 && config.max_bytes > largest {
        return Err(STREAM_MAX_STREAM_BYTES_EXCEEDED.err());
    }
    Ok(())
}

fn check_placement(config: &mut StreamConfig) -> Result<(), ApiError> {
    if config.placement == Some(Placement::default()) {
        config.placement = None;
    }
    let preferred = config.placement.as_ref().is_some_and(|p| !p.preferred.is_empty());
    refuse_if(preferred, "preferred server not permitted in placement")
}
