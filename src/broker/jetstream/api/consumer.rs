//! `$JS.API.CONSUMER.…`: make, show, list, pause, reset, unpin, delete.

use super::Request;
use crate::broker::jetstream::consumer::{
    New, STREAM_KEY, SUBJECT_KEY, is_valid_group, required_level, subject_in,
};
use crate::broker::jetstream::stream::{Stream, metadata};
use crate::proto::api::consumer::{
    ConsumerConfig, CreateConsumerRequest, PageRequest, PauseConsumerRequest, ResetConsumerRequest,
    UnpinConsumerRequest,
};
use crate::proto::api::consumer_info::{
    ConsumerCreated, ConsumerDeleted, ConsumerInfo, ConsumerList, ConsumerNames, ConsumerPaused,
    ConsumerReset, ConsumerUnpinned,
};
use crate::proto::api::error::{self, ApiError};
use crate::proto::api::{Nanos, Paged};

/// The most names in one answer.
const NAMES_MAX: usize = 1024;
/// The most consumers in one answer.
const LIST_MAX: usize = 256;

/// CONSUMER.CREATE.stream: the client may leave the name to the server.
pub fn create_unnamed(r: &mut Request<'_, '_>, stream: &str) -> Result<ConsumerCreated, ApiError> {
    let wanted = read(r, stream)?;
    check_path(&wanted.config.name)?;
    if wanted.config.is_durable() {
        return Err(error::CONSUMER_EPHEMERAL_WITH_DURABLE_NAME.err());
    }
    create(r, wanted)
}

/// CONSUMER.DURABLE.CREATE.stream.name
pub fn create_durable(
    r: &mut Request<'_, '_>,
    stream: &str,
    name: &str,
) -> Result<ConsumerCreated, ApiError> {
    let mut wanted = read(r, stream)?;
    check_path(name)?;
    if !wanted.config.is_durable() {
        return Err(error::CONSUMER_DURABLE_NAME_NOT_SET.err());
    }
    if wanted.config.durable_name != name {
        return Err(error::CONSUMER_DURABLE_NAME_NOT_MATCH_SUBJECT.err());
    }
    name.clone_into(&mut wanted.config.name);
    create(r, wanted)
}

/// CONSUMER.CREATE.stream.name, and the tokens of the one filter behind it, if there are any.
pub fn create_named(
    r: &mut Request<'_, '_>,
    stream: &str,
    name: &str,
    filter: &[&str],
) -> Result<ConsumerCreated, ApiError> {
    let mut wanted = read(r, stream)?;
    check_path(name)?;
    if wanted.config.is_durable() && wanted.config.durable_name != name {
        return Err(error::CONSUMER_DURABLE_NAME_NOT_MATCH_SUBJECT.err());
    }
    name.clone_into(&mut wanted.config.name);
    if !filter.is_empty() {
        if !wanted.config.filter_subjects.is_empty() {
            return Err(error::CONSUMER_MULTIPLE_FILTERS_NOT_ALLOWED.err());
        }
        if wanted.config.filter_subject != filter.join(".") {
            return Err(error::CONSUMER_CREATE_FILTER_SUBJECT_MISMATCH.err());
        }
    }
    create(r, wanted)
}

fn read(r: &Request<'_, '_>, stream: &str) -> Result<CreateConsumerRequest, ApiError> {
    let wanted: CreateConsumerRequest = r.json()?;
    if wanted.stream_name == stream {
        Ok(wanted)
    } else {
        Err(error::STREAM_MISMATCH.err())
    }
}

fn check_path(name: &str) -> Result<(), ApiError> {
    match name.contains(['\\', '/']) {
        true => Err(error::CONSUMER_NAME_CONTAINS_PATH_SEPARATORS.err()),
        false => Ok(()),
    }
}

fn create(r: &mut Request<'_, '_>, wanted: CreateConsumerRequest) -> Result<ConsumerCreated, ApiError> {
    let CreateConsumerRequest {
        stream_name,
        mut config,
        action,
        pedantic,
    } = wanted;
    if config.num_replicas > 1 {
        return Err(error::STREAM_REPLICAS_NOT_SUPPORTED.err());
    }
    metadata::strip(&mut config.metadata);
    name_dead_letter_subject(r, &stream_name, &mut config)?;
    let limits = r.js.consumer_limits();
    let now = r.now;
    r.js.with_stream(&stream_name, |stream| {
        if let Some(old) = stream.consumers().get(&config.name) {
            // Only the pause request changes this.
            config.pause_until = old.config().pause_until;
        }
        let name = stream.add_consumer(
            now,
            New {
                config,
                action,
                pedantic,
            },
            &limits,
            r.outlet,
        )?;
        stream
            .consumer_info(now, &name, r.outlet)
            .map(shown)
            .map(ConsumerCreated)
    })
}

/// Dead letters for a stream go to one of its subjects, which the metadata says from then on.
fn name_dead_letter_subject(
    r: &Request<'_, '_>,
    stream: &str,
    config: &mut ConsumerConfig,
) -> Result<(), ApiError> {
    let Some(target) = config.metadata.get(STREAM_KEY) else {
        return Ok(());
    };
    let subject = r.js.with_stream(target, |target| {
        let subject = subject_in(target.config(), stream, &config.name);
        subject.ok_or_else(|| error::CONSUMER_CREATE.because("dead letter stream has no subjects"))
    })?;
    config.metadata.insert(SUBJECT_KEY.to_owned(), subject);
    Ok(())
}

/// A consumer with what the server puts into its metadata.
fn shown(mut info: ConsumerInfo) -> ConsumerInfo {
    let level = required_level(&info.config);
    metadata::show(&mut info.config.metadata, level);
    info
}

/// CONSUMER.INFO
pub fn info(r: &mut Request<'_, '_>, stream: &str, name: &str) -> Result<ConsumerInfo, ApiError> {
    r.expect_empty()?;
    r.js.with_stream(stream, |stream| {
        stream.consumer_info(r.now, name, r.outlet).map(shown)
    })
}

/// The names of one page, and the page.
fn page(r: &Request<'_, '_>, stream: &Stream, limit: usize) -> Result<(Paged, Vec<String>), ApiError> {
    let wanted: PageRequest = r.optional_json()?;
    let total = stream.consumers().public().count();
    let offset = usize::try_from(wanted.offset).unwrap_or(0).min(total);
    let names = stream.consumers().public().skip(offset).take(limit);
    Ok((
        Paged { total, offset, limit },
        names.map(|c| c.name().to_owned()).collect(),
    ))
}

/// CONSUMER.NAMES
pub fn names(r: &mut Request<'_, '_>, stream: &str) -> Result<ConsumerNames, ApiError> {
    r.js.with_stream(stream, |stream| {
        let (paged, consumers) = page(r, stream, NAMES_MAX)?;
        Ok(ConsumerNames { paged, consumers })
    })
}

/// CONSUMER.LIST
pub fn list(r: &mut Request<'_, '_>, stream: &str) -> Result<ConsumerList, ApiError> {
    let now = r.now;
    r.js.with_stream(stream, |stream| {
        let (paged, names) = page(r, stream, LIST_MAX)?;
        let mut consumers = Vec::with_capacity(names.len());
        for name in names {
            let mut info = stream.consumer_info(now, &name, r.outlet)?;
            let level = required_level(&info.config);
            metadata::show_required(&mut info.config.metadata, level);
            consumers.push(info);
        }
        Ok(ConsumerList { paged, consumers })
    })
}

/// CONSUMER.DELETE
pub fn delete(r: &mut Request<'_, '_>, stream: &str, name: &str) -> Result<ConsumerDeleted, ApiError> {
    r.expect_empty()?;
    r.js.with_stream(stream, |stream| {
        match stream.remove_consumer(r.now, name, r.outlet) {
            true => Ok(ConsumerDeleted { success: true }),
            false => Err(error::CONSUMER_NOT_FOUND.err()),
        }
    })
}

/// CONSUMER.PAUSE
pub fn pause(r: &mut Request<'_, '_>, stream: &str, name: &str) -> Result<ConsumerPaused, ApiError> {
    let wanted: PauseConsumerRequest = r.optional_json()?;
    let (now, until) = (r.now, wanted.pause_until);
    r.js.with_stream(stream, |stream| {
        let paused = stream.with_consumer(now, name, r.outlet, |consumer, _, store, outlet| {
            consumer.pause_until(now, Some(until), store, outlet);
        });
        paused.ok_or_else(|| error::CONSUMER_NOT_FOUND.err())?;
        let pause_remaining = if until.is_zero() {
            Nanos::ZERO
        } else {
            until.since(now).into()
        };
        Ok(ConsumerPaused {
            paused: pause_remaining > Nanos::ZERO,
            pause_until: until,
            pause_remaining,
        })
    })
}

/// CONSUMER.RESET. With nats-server the consumer itself answers, so one that is not there is silent.
pub fn reset(r: &mut Request<'_, '_>, stream: &str, name: &str) {
    let there =
        r.js.with_stream(stream, |stream| Ok(stream.consumers().get(name).is_some()));
    if there == Ok(true) {
        r.answer_unaudited(|r| reset_known(r, stream, name));
    }
}

fn reset_known(r: &mut Request<'_, '_>, stream: &str, name: &str) -> Result<ConsumerReset, ApiError> {
    let wanted: ResetConsumerRequest = if r.is_silent() {
        ResetConsumerRequest::default()
    } else {
        r.lenient_json()?
    };
    let now = r.now;
    r.goes_on = Some(stream.to_owned());
    r.js.with_stream(stream, |stream| {
        let (info, reset_seq) = stream.reset_consumer(now, name, wanted.seq, r.outlet)?;
        let info = Some(shown(info));
        Ok(ConsumerReset { info, reset_seq })
    })
}

/// CONSUMER.UNPIN
pub fn unpin(r: &mut Request<'_, '_>, stream: &str, name: &str) -> Result<ConsumerUnpinned, ApiError> {
    let wanted: UnpinConsumerRequest = r.lenient_json()?;
    if wanted.group.is_empty() {
        return Err(error::INVALID_JSON.because("consumer group not specified"));
    }
    if !is_valid_group(&wanted.group) {
        return Err(error::CONSUMER_INVALID_GROUP_NAME.err());
    }
    let (now, group) = (r.now, wanted.group);
    r.goes_on = Some(stream.to_owned());
    r.js.with_stream(stream, |stream| {
        let unpinned = stream.change_consumer(now, name, r.outlet, |consumer, _, outlet| {
            if !consumer.config().priority_groups.contains(&group) {
                return Err(error::CONSUMER_INVALID_PRIORITY_GROUP.err());
            }
            consumer.unpin(now, &group, outlet);
            Ok(ConsumerUnpinned {})
        });
        unpinned.unwrap_or_else(|| Err(error::CONSUMER_NOT_FOUND.err()))
    })
}
