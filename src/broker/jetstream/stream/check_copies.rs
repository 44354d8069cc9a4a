//! May a stream copy from these other streams?
//!
//! The order of the checks is nats-server's (`checkStreamCfg`), and so are its odd corners: a mirror's
//! filters may not collide, a source's may not be subsets of each other.

use std::collections::BTreeSet;

use super::check::{Bounds, is_valid_name, refuse_if};
use super::copies::index_name;
use crate::broker::subjects::mapping::{Transform, TransformError, check_destination};
use crate::proto::api::error::*;
use crate::proto::api::stream::{
    ConsumerSource, ExternalStream, StreamConfig, StreamSource, SubjectTransform,
};
use crate::proto::api::{ApiError, ErrorKind, Nanos};
use crate::proto::subject;

/// What the prefix of a stream elsewhere may not overlap with.
const API_PREFIX: &str = "$JS.API";

/// The errors of one kind of copy.
struct Errors {
    invalid_filter: ErrorKind,
    invalid_destination: ErrorKind,
    size_too_big: ErrorKind,
}

const MIRROR: Errors = Errors {
    invalid_filter: MIRROR_INVALID_SUBJECT_FILTER,
    invalid_destination: MIRROR_INVALID_TRANSFORM_DESTINATION,
    size_too_big: MIRROR_MAX_MESSAGE_SIZE_TOO_BIG,
};

const SOURCE: Errors = Errors {
    invalid_filter: SOURCE_INVALID_SUBJECT_FILTER,
    invalid_destination: SOURCE_INVALID_TRANSFORM_DESTINATION,
    size_too_big: SOURCE_MAX_MESSAGE_SIZE_TOO_BIG,
};

/// Checks mirror and sources; a mirror of a stream that allows direct gets allows them, too.
pub fn check(config: &mut StreamConfig, bounds: Bounds<'_>) -> Result<(), ApiError> {
    let mut subjects = Vec::new();
    check_mirror(config, bounds, &mut subjects)?;
    if !config.sources.is_empty() && config.allow_msg_schedules {
        return Err(SOURCE_WITH_MSG_SCHEDULES.err());
    }
    check_sources(config, bounds, &mut subjects)?;
    for external in copied(config).filter_map(|source| source.external.as_ref()) {
        check_deliver_prefix(external, &subjects)?;
    }
    for external in copied(config).filter_map(|source| source.external.as_ref()) {
        check_api_prefix(external)?;
    }
    check_circle(config, bounds)
}

/// Everything that a stream copies from.
fn copied(config: &StreamConfig) -> impl Iterator<Item = &StreamSource> {
    config.mirror.iter().chain(&config.sources)
}

fn check_mirror(
    config: &mut StreamConfig,
    bounds: Bounds<'_>,
    subjects: &mut Vec<String>,
) -> Result<(), ApiError> {
    let Some(mirror) = config.mirror.clone() else {
        return Ok(());
    };
    for (set, error) in [
        (config.first_seq > 0, MIRROR_WITH_FIRST_SEQ),
        (!config.subjects.is_empty(), MIRROR_WITH_SUBJECTS),
        (!config.sources.is_empty(), MIRROR_WITH_SOURCES),
        (config.allow_msg_counter, MIRROR_WITH_COUNTERS),
        (config.allow_atomic, MIRROR_WITH_ATOMIC_PUBLISH),
        (config.allow_batched, MIRROR_WITH_BATCH_PUBLISH),
        (config.allow_msg_schedules, MIRROR_WITH_MSG_SCHEDULES),
        (!consumer_fits(&mirror), MIRROR_DURABLE_CONSUMER_CFG_INVALID),
        (filters_twice(&mirror), MIRROR_MULTIPLE_FILTERS_NOT_ALLOWED),
    ] {
        if set {
            return Err(error.err());
        }
    }
    refuse_if(
        config.subject_delete_marker_ttl > Nanos::ZERO,
        "subject delete markers forbidden on mirrors",
    )?;
    let transforms = &mirror.subject_transforms;
    for (at, transform) in transforms.iter().enumerate() {
        check_transform(transform, &MIRROR)?;
        let collides = |other: &SubjectTransform| subject::collide(pattern(transform), pattern(other));
        if transforms
            .iter()
            .enumerate()
            .any(|(i, other)| i != at && collides(other))
        {
            return Err(MIRROR_OVERLAPPING_SUBJECT_FILTERS.err());
        }
    }
    if mirror.external.is_some() {
        return Ok(());
    }
    if !is_valid_name(&mirror.name) {
        return Err(MIRROR_INVALID_STREAM_NAME.err());
    }
    let Some(origin) = (bounds.find)(&mirror.name) else {
        return Ok(());
    };
    check_size(config, &origin, &MIRROR)?;
    if bounds.pedantic && config.mirror_direct != origin.allow_direct {
        return Err(PEDANTIC.because("origin stream has direct get set, mirror has it disabled"));
    }
    config.mirror_direct = origin.allow_direct;
    subjects.extend(origin.subjects);
    Ok(())
}

fn check_sources(
    config: &StreamConfig,
    bounds: Bounds<'_>,
    subjects: &mut Vec<String>,
) -> Result<(), ApiError> {
    let (mut names, mut consumers) = (BTreeSet::new(), BTreeSet::new());
    for source in &config.sources {
        if !is_valid_name(&source.name) {
            return Err(SOURCE_INVALID_STREAM_NAME.err());
        }
        if !names.insert(index_name(source)) {
            return Err(SOURCE_DUPLICATE_DETECTED.err());
        }
        if filters_twice(source) {
            return Err(SOURCE_MULTIPLE_FILTERS_NOT_ALLOWED.err());
        }
        let transforms = &source.subject_transforms;
        for transform in transforms {
            check_transform(transform, &SOURCE)?;
        }
        for (at, transform) in transforms.iter().enumerate() {
            let within =
                |other: &SubjectTransform| subject::is_subset(transform.src.as_bytes(), other.src.as_bytes());
            if transforms
                .iter()
                .enumerate()
                .any(|(i, other)| i != at && within(other))
            {
                return Err(SOURCE_OVERLAPPING_SUBJECT_FILTERS.err());
            }
        }
        if !consumer_fits(source) {
            return Err(SOURCE_DURABLE_CONSUMER_CFG_INVALID.err());
        }
        let external = source.external.as_ref().map(|external| &external.api);
        if let Some(consumer) = &source.consumer
            && !consumers.insert((&source.name, external, &consumer.name))
        {
            return Err(SOURCE_DURABLE_CONSUMER_DUPLICATE_DETECTED.err());
        }
        if source.external.is_none()
            && let Some(origin) = (bounds.find)(&source.name)
        {
            check_size(config, &origin, &SOURCE)?;
            subjects.extend(origin.subjects);
        }
    }
    Ok(())
}

fn filters_twice(source: &StreamSource) -> bool {
    !source.filter_subject.is_empty() && !source.subject_transforms.is_empty()
}

/// Can it copy through the durable consumer that it names, if it names one?
fn consumer_fits(source: &StreamSource) -> bool {
    let Some(ConsumerSource {
        name,
        deliver_subject,
    }) = &source.consumer
    else {
        return true;
    };
    is_valid_name(name)
        && subject::is_valid_literal(deliver_subject.as_bytes())
        && source.opt_start_seq == 0
        && source.opt_start_time.is_none()
        && source.filter_subject.is_empty()
}

fn pattern(transform: &SubjectTransform) -> &[u8] {
    transform.src.as_bytes()
}

fn check_transform(transform: &SubjectTransform, errors: &Errors) -> Result<(), ApiError> {
    let SubjectTransform { src, dest } = transform;
    if !src.is_empty() && !subject::is_valid_pattern(src.as_bytes()) {
        return Err(errors
            .invalid_filter
            .because(format_args!("invalid subject {src}")));
    }
    let invalid = |e: TransformError| errors.invalid_destination.because(e);
    if dest.is_empty() {
        return Ok(());
    }
    check_destination(dest).map_err(invalid)?;
    Transform::new(src, dest).map(drop).map_err(invalid)
}

fn check_size(config: &StreamConfig, origin: &StreamConfig, errors: &Errors) -> Result<(), ApiError> {
    let (own, other) = (config.max_msg_size, origin.max_msg_size);
    if own > 0 && other > 0 && own < other {
        return Err(errors.size_too_big.err());
    }
    Ok(())
}

fn check_deliver_prefix(external: &ExternalStream, subjects: &[String]) -> Result<(), ApiError> {
    let prefix = &external.deliver;
    if prefix.is_empty() {
        return Ok(());
    }
    if !subject::is_valid_literal(prefix.as_bytes()) {
        return Err(STREAM_INVALID_EXTERNAL_DELIVERY_SUBJ.because(prefix));
    }
    for own in subjects {
        if subject::collide(own.as_bytes(), format!("{prefix}.{own}").as_bytes()) {
            return Err(STREAM_EXTERNAL_DEL_PREFIX_OVERLAPS.with(&[prefix, own]));
        }
    }
    Ok(())
}

fn check_api_prefix(external: &ExternalStream) -> Result<(), ApiError> {
    let prefix = &external.api;
    if prefix.is_empty() {
        return Ok(());
    }
    if !subject::is_valid_literal(prefix.as_bytes()) {
        return Err(STREAM_INVALID_CONFIG.because(format_args!(
            "stream external api prefix {prefix:?} must be a valid subject without wildcards"
        )));
    }
    if subject::collide(prefix.as_bytes(), API_PREFIX.as_bytes()) {
        return Err(STREAM_EXTERNAL_API_OVERLAP.with(&[prefix, &API_PREFIX]));
    }
    Ok(())
}

/// Would messages go round for ever?
fn check_circle(config: &StreamConfig, bounds: Bounds<'_>) -> Result<(), ApiError> {
    let mut to_visit = vec![config.clone()];
    let mut visited = BTreeSet::new();
    while let Some(config) = to_visit.pop() {
        visited.insert(config.name.clone());
        for source in config.sources.iter().filter(|source| source.external.is_none()) {
            if !visited.contains(&source.name) {
                to_visit.extend((bounds.find)(&source.name));
            } else if reaches(&config.subjects, &source.filter_subject) {
                return refuse_if(true, "detected cycle");
            }
        }
        if let Some(mirror) = config.mirror.as_ref().filter(|mirror| mirror.external.is_none()) {
            refuse_if(visited.contains(&mirror.name), "detected cycle")?;
            to_visit.extend((bounds.find)(&mirror.name));
        }
    }
    Ok(())
}

fn reaches(subjects: &[String], filter: &str) -> bool {
    filter.is_empty()
        || subjects
            .iter()
            .any(|own| subject::collide(own.as_bytes(), filter.as_bytes()))
}
