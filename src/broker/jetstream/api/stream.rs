//! `$JS.API.STREAM.…`: make, change, show, list, purge, delete.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Request;
use crate::broker::jetstream::account::{JetStream, reserved_bytes};
use crate::broker::jetstream::advisory::{StreamAction, tell_stream};
use crate::broker::jetstream::cell::{StreamCell, StreamRef};
use crate::broker::jetstream::stream::check::{Bounds, check};
use crate::broker::jetstream::stream::{Stream, metadata};
use crate::broker::jetstream::{Outlet, Sink, SinkKind};
use crate::proto::api::error::*;
use crate::proto::api::stream::{Storage, StreamConfig};
use crate::proto::api::stream_request::*;
use crate::proto::api::{ApiError, Paged, Unknown, decode_value};
use crate::proto::subject;
use crate::util::time::Timestamp;

/// The most names in one answer.
const NAMES_MAX: usize = 1024;
/// The most streams in one answer.
const LIST_MAX: usize = 256;

pub(super) type Registry = BTreeMap<String, Arc<StreamCell>>;

/// A configuration as a request brings it, and whether it is to be taken to the letter.
fn read_config(request: &Request<'_, '_>) -> Result<(StreamConfig, bool), ApiError> {
    /// What Go calls a request with a configuration.
    const REQUEST: &str = "StreamConfigRequest";
    let invalid = |e| INVALID_JSON.because(e);
    let mut value: Value = request.json()?;
    let mut pedantic = false;
    if let Value::Object(fields) = &mut value {
        let key = fields
            .keys()
            .find(|key| key.eq_ignore_ascii_case("pedantic"))
            .cloned();
        if let Some(given) = key.and_then(|key| fields.remove(&key)) {
            let read = decode_value(given, Unknown::Refuse);
            pedantic = read.map_err(|e| invalid(e.within(REQUEST, "pedantic")))?;
        }
    }
    let mut config: StreamConfig = match value {
        Value::Null => StreamConfig::default(),
        value => {
            let read = decode_value(value, Unknown::Refuse);
            read.map_err(|e| invalid(e.embedded("StreamConfig", REQUEST)))?
        }
    };
    metadata::strip(&mut config.metadata);
    Ok((config, pedantic))
}

pub(super) fn bounds<'a>(
    js: &'a JetStream,
    pedantic: bool,
    find: &'a dyn Fn(&str) -> Option<StreamConfig>,
) -> Bounds<'a> {
    Bounds {
        limits: js.usage.limits(),
        duplicates_max: js.config.duplicates_max,
        pedantic,
        find,
    }
}

/// Looks up another stream of the account.
pub(super) fn find(js: &JetStream) -> impl Fn(&str) -> Option<StreamConfig> {
    |name| {
        js.cell(name)?
            .lock()
            .as_ref()
            .map(|stream| stream.config().clone())
    }
}

/// STREAM.CREATE
pub fn create(request: &mut Request<'_, '_>, name: &str) -> Result<StreamCreateResponse, ApiError> {
    let (config, pedantic) = read_config(request)?;
    if config.name != name {
        return Err(STREAM_MISMATCH.err());
    }
    if name.contains(['\\', '/']) {
        return Err(STREAM_NAME_CONTAINS_PATH_SEPARATORS.err());
    }
    if config.sealed {
        let reason = "stream configuration for create can not be sealed";
        return Err(STREAM_INVALID_CONFIG.because(reason));
    }
    if config.mirror_direct && config.mirror.is_none() {
        let reason = "stream has no mirror but does have mirror direct";
        return Err(STREAM_INVALID_CONFIG.because(reason));
    }
    let config = check(config, bounds(request.js, pedantic, &find(request.js)))?;
    if config.num_replicas > 1 {
        return Err(STREAM_REPLICAS_NOT_SUPPORTED.err());
    }
    let cell = request
        .js
        .change_registry(|registry| register(request, registry, config))?;
    request.js.follow(request.now, &cell, request.outlet);
    let now = request.now;
    let info = request.js.with_cell(&cell, |stream| stream.info(now, None));
    let info = info.ok_or_else(|| STREAM_NOT_FOUND.err())?;
    Ok(StreamCreateResponse {
        info,
        did_create: true,
    })
}

/// Adds the stream, or finds that it is there already.
fn register(
    request: &mut Request<'_, '_>,
    registry: &mut Registry,
    config: StreamConfig,
) -> Result<Arc<StreamCell>, ApiError> {
    let js = request.js;
    if let Some(cell) = registry.get(&config.name) {
        let same = cell
            .lock()
            .as_ref()
            .is_some_and(|stream| *stream.config() == config);
        return if same {
            Ok(Arc::clone(cell))
        } else {
            Err(STREAM_NAME_EXIST.err())
        };
    }
    if js.transfers.is_restoring(&config.name) {
        return Err(STREAM_NAME_EXIST.err());
    }
    check_new(js, registry, &config)?;
    check_overlap(registry, &config)?;
    let stream = Stream::open(request.now, config, &js.home, &js.stores())?;
    Ok(admit(js, request.now, registry, stream, request.outlet))
}

/// Is there room for one more stream like this?
pub(super) fn check_new(js: &JetStream, registry: &Registry, config: &StreamConfig) -> Result<(), ApiError> {
    let streams_max = usize::try_from(js.usage.limits().max_streams).unwrap_or(usize::MAX);
    if streams_max > 0 && registry.len() >= streams_max {
        return Err(MAXIMUM_STREAMS_LIMIT.err());
    }
    check_reservation(js, registry, config)
}

/// Puts a stream among the others, and tells the world of it.
pub(super) fn admit(
    js: &JetStream,
    now: Timestamp,
    registry: &mut Registry,
    mut stream: Stream,
    outlet: &mut dyn Outlet,
) -> Arc<StreamCell> {
    stream.count(&js.usage);
    let subjects = stream.config().subjects.clone();
    let cell = Arc::new(StreamCell::new(stream));
    registry.insert(cell.name().to_owned(), Arc::clone(&cell));
    bind(&cell, &subjects, outlet);
    let domain = js.config.domain.as_deref();
    tell_stream(now, cell.name(), StreamAction::Create, domain, outlet);
    cell
}

fn bind(cell: &Arc<StreamCell>, subjects: &[String], outlet: &mut dyn Outlet) {
    let sink = Sink(SinkKind::Publish(StreamRef(Arc::clone(cell))));
    for subject in subjects {
        outlet.bind(subject.as_bytes(), sink.clone());
    }
}

fn unbind(cell: &Arc<StreamCell>, subjects: &[String], outlet: &mut dyn Outlet) {
    let sink = Sink(SinkKind::Publish(StreamRef(Arc::clone(cell))));
    for subject in subjects {
        outlet.unbind(subject.as_bytes(), &sink);
    }
}

/// The configurations of all streams but the one that is called `name`.
fn others<'a>(registry: &'a Registry, name: &'a str) -> impl Iterator<Item = StreamConfig> + 'a {
    let configs = registry.values().filter(move |cell| cell.name() != name);
    configs.filter_map(|cell| cell.lock().as_ref().map(|stream| stream.config().clone()))
}

/// Is what all streams set aside with `max_bytes`, this one included, within the limits of account and server?
fn check_reservation(js: &JetStream, registry: &Registry, config: &StreamConfig) -> Result<(), ApiError> {
    let limits = js.usage.limits();
    if limits.max_consumers > 0 && config.max_consumers > limits.max_consumers {
        return Err(MAXIMUM_CONSUMERS_LIMIT.err());
    }
    let old = registry.get(&config.name).and_then(|cell| {
        let guard = cell.lock();
        guard.as_ref().map(|stream| reserved_bytes(stream.config()))
    });
    // A stream without a bound needs room for something at least.
    let new = if config.max_bytes < 0 {
        1
    } else {
        reserved_bytes(config)
    };
    if !js.usage.may_reserve(config.storage, old.unwrap_or_default(), new) {
        return Err(match config.storage {
            Storage::Memory => MEMORY_RESOURCES_EXCEEDED.err(),
            Storage::File => STORAGE_RESOURCES_EXCEEDED.err(),
        });
    }
    Ok(())
}

pub(super) fn check_overlap(registry: &Registry, config: &StreamConfig) -> Result<(), ApiError> {
    let overlaps = others(registry, &config.name).any(|other| {
        config.subjects.iter().any(|own| {
            other
                .subjects
                .iter()
                .any(|o| subject::collide(own.as_bytes(), o.as_bytes()))
        })
    });
    if overlaps {
        Err(STREAM_SUBJECT_OVERLAP.err())
    } else {
        Ok(())
    }
}

/// STREAM.UPDATE
pub fn update(request: &mut Request<'_, '_>, name: &str) -> Result<StreamUpdateResponse, ApiError> {
    let (config, pedantic) = read_config(request)?;
    let config = check(config, bounds(request.js, pedantic, &find(request.js)))?;
    if config.name != name {
        return Err(STREAM_MISMATCH.err());
    }
    let (cell, answer) = request.js.change_registry(|registry| {
        let cell = registry
            .get(name)
            .cloned()
            .ok_or_else(|| STREAM_NOT_FOUND.err())?;
        let planned = request.js.with_cell(&cell, |stream| stream.plan_update(config));
        let config = planned.unwrap_or_else(|| Err(STREAM_NOT_FOUND.err()))?;
        check_reservation(request.js, registry, &config)?;
        check_overlap(registry, &config)?;
        let answer = reconfigure(request, &cell, config)?;
        Ok((cell, answer))
    })?;
    request.js.follow(request.now, &cell, request.outlet);
    Ok(answer)
}

fn reconfigure(
    request: &mut Request<'_, '_>,
    cell: &Arc<StreamCell>,
    config: StreamConfig,
) -> Result<StreamUpdateResponse, ApiError> {
    let (js, now, domain) = (request.js, request.now, request.js.config.domain.as_deref());
    let updated = js.with_cell(cell, |stream| {
        let old = stream.config().subjects.clone();
        stream.apply_update(now, config, &js.usage, request.outlet)?;
        stream.count(&js.usage);
        let new = stream.config().subjects.clone();
        Ok((old, new, stream.info(now, domain)))
    });
    let (old, new, info) = updated.unwrap_or_else(|| Err(STREAM_NOT_FOUND.err()))?;
    let only_in = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|s| !those.contains(s)).cloned().collect()
    };
    bind(cell, &only_in(&new, &old), request.outlet);
    unbind(cell, &only_in(&old, &new), request.outlet);
    tell_stream(now, cell.name(), StreamAction::Modify, domain, request.outlet);
    Ok(StreamUpdateResponse(info))
}

/// STREAM.DELETE
pub fn delete(request: &mut Request<'_, '_>, name: &str) -> Result<StreamDeleteResponse, ApiError> {
    request.expect_empty()?;
    request.js.delete_stream(request.now, name, request.outlet)?;
    Ok(StreamDeleteResponse { success: true })
}

impl JetStream {
    fn delete_stream(&self, now: Timestamp, name: &str, outlet: &mut dyn Outlet) -> Result<(), ApiError> {
        let removed = self.change_registry(|registry| registry.remove(name));
        let cell = removed.ok_or_else(|| STREAM_NOT_FOUND.err())?;
        let stream = self.take_stream(&cell);
        let stream = stream.ok_or_else(|| STREAM_NOT_FOUND.err())?;
        let linked = stream.linked_subjects();
        self.unlink(now, &cell, &linked, outlet);
        self.unfollow(now, &cell, outlet);
        unbind(&cell, &stream.config().subjects, outlet);
        stream.delete(now, &self.usage, outlet);
        tell_stream(
            now,
            name,
            StreamAction::Delete,
            self.config.domain.as_deref(),
            outlet,
        );
        Ok(())
    }

    /// Deletes all streams; returns how many there were.
    pub fn delete_streams(&self, now: Timestamp, outlet: &mut dyn Outlet) -> usize {
        let cells = self.cells();
        let deleted = cells
            .iter()
            .filter(|cell| self.delete_stream(now, cell.name(), outlet).is_ok());
        deleted.count()
    }
}

/// STREAM.PURGE
pub fn purge(request: &mut Request<'_, '_>, name: &str) -> Result<StreamPurgeResponse, ApiError> {
    let wanted: PurgeRequest = request.optional_json()?;
    if wanted.seq > 0 && wanted.keep > 0 {
        return Err(BAD_REQUEST.err());
    }
    let (js, now) = (request.js, request.now);
    request.waits_for = Some(name.to_owned());
    js.with_stream(name, |stream| {
        let purged = stream.purge(now, &wanted, request.outlet)?;
        stream.commit(now, &js.usage, request.outlet);
        Ok(StreamPurgeResponse {
            success: true,
            purged,
        })
    })
}

/// STREAM.INFO
pub fn info(request: &mut Request<'_, '_>, name: &str) -> Result<StreamInfoResponse, ApiError> {
    let wanted: InfoRequest = request.optional_json()?;
    let (now, config) = (request.now, &request.js.config);
    request.js.with_stream(name, |stream| {
        Ok(stream.detailed_info(now, &wanted, config.domain.as_deref(), &config.server_name))
    })
}

/// The streams of one page, and the page.
fn page(request: &Request<'_, '_>, limit: usize) -> Result<(Paged, Vec<Arc<StreamCell>>), ApiError> {
    let wanted: ListRequest = request.optional_json()?;
    let mut cells = request.js.cells();
    if !wanted.subject.is_empty() {
        cells.retain(|cell| {
            cell.lock()
                .as_ref()
                .is_some_and(|stream| could_reach(&wanted.subject, stream.config()))
        });
    }
    let total = cells.len();
    let offset = usize::try_from(wanted.offset).unwrap_or(0).min(total);
    let cells = cells.into_iter().skip(offset).take(limit).collect();
    Ok((Paged { total, offset, limit }, cells))
}

fn could_reach(pattern: &str, config: &StreamConfig) -> bool {
    config
        .subjects
        .iter()
        .any(|own| subject::collide(own.as_bytes(), pattern.as_bytes()))
}

/// STREAM.NAMES
pub fn names(request: &mut Request<'_, '_>) -> Result<StreamNamesResponse, ApiError> {
    let (page, cells) = page(request, NAMES_MAX)?;
    let names: Vec<String> = cells.iter().map(|cell| cell.name().to_owned()).collect();
    Ok(StreamNamesResponse {
        page,
        streams: (!names.is_empty()).then_some(names),
    })
}

/// STREAM.LIST
pub fn list(request: &mut Request<'_, '_>) -> Result<StreamListResponse, ApiError> {
    let (page, cells) = page(request, LIST_MAX)?;
    let (now, domain) = (request.now, request.js.config.domain.as_deref());
    let infos = cells
        .iter()
        .filter_map(|cell| cell.lock().as_ref().map(|stream| stream.listed_info(now, domain)))
        .collect();
    Ok(StreamListResponse {
        page,
        streams: Some(infos),
        ..StreamListResponse::default()
    })
}
