//! STREAM.SNAPSHOT and STREAM.RESTORE: how a transfer begins, and how a restored stream joins the others.

use super::Request;
use super::stream::{Registry, admit, bounds, check_new, check_overlap, find};
use crate::broker::jetstream::Outlet;
use crate::broker::jetstream::account::JetStream;
use crate::broker::jetstream::advisory::{Transfer, tell_transfer};
use crate::broker::jetstream::stream::check::check;
use crate::broker::jetstream::stream::{Stream, metadata};
use crate::broker::jetstream::transfer::{Built, Restore, Snapshot};
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::api::snapshot::{RestoreRequest, RestoreResponse, SnapshotRequest, SnapshotResponse};
use crate::proto::api::stream::{Storage, StreamConfig};
use crate::proto::api::stream_request::StreamCreateResponse;
use crate::proto::subject;
use crate::util::time::Timestamp;

/// STREAM.SNAPSHOT: the answer, and then the chunks.
pub fn snapshot(request: &mut Request<'_, '_>, name: &str) {
    let mut begun = None;
    let token = nuid::next().to_string();
    request.answer(|r| {
        let (answer, snapshot) = prepare(r, name, &token)?;
        begun = Some((answer.state.clone(), snapshot));
        Ok(answer)
    });
    if let Some((state, snapshot)) = begun {
        let (js, now) = (request.js, request.now);
        let domain = js.config.domain.as_deref();
        let create = Transfer::SnapshotCreate { state };
        let client = request.outlet.requester();
        tell_transfer(now, name, create, client.as_ref(), domain, request.outlet);
        js.begin_snapshot(now, &token, snapshot.asked_by(client), request.outlet);
    }
}

fn prepare(
    request: &mut Request<'_, '_>,
    name: &str,
    token: &str,
) -> Result<(SnapshotResponse, Snapshot), ApiError> {
    if request.is_empty() {
        return Err(BAD_REQUEST.err());
    }
    let js = request.js;
    let cell = js.cell(name).ok_or_else(|| STREAM_NOT_FOUND.err())?;
    let wanted: SnapshotRequest = request.json()?;
    if !subject::is_valid_literal(wanted.deliver_subject.as_bytes()) {
        return Err(SNAPSHOT_DELIVER_SUBJECT_INVALID.err());
    }
    if !js.transfers.has_room() {
        return Err(STREAM_SNAPSHOT.because("too many snapshots are under way"));
    }
    js.with_stream(name, |stream| {
        // A stream in memory has none, as in nats-server, and these are its words.
        if stream.config().storage == Storage::Memory {
            return Err(STREAM_SNAPSHOT.because("no impl"));
        }
        stream.commit(request.now, &js.usage, request.outlet);
        let mut config = stream.config().clone();
        let level = metadata::required_level(&config);
        metadata::show_required(&mut config.metadata, level);
        let answer = SnapshotResponse {
            config,
            state: stream.state(),
        };
        let snapshot = Snapshot::new(request.now, &cell, stream, &wanted, token);
        Ok((answer, snapshot))
    })
}

/// STREAM.RESTORE
pub fn restore(request: &mut Request<'_, '_>, name: &str) -> Result<RestoreResponse, ApiError> {
    if request.is_empty() {
        return Err(BAD_REQUEST.err());
    }
    let mut config = request.json::<RestoreRequest>()?.config;
    if config.name.is_empty() {
        name.clone_into(&mut config.name);
    }
    if config.name != name {
        return Err(STREAM_MISMATCH.err());
    }
    if name.contains(['\\', '/']) {
        return Err(STREAM_NAME_CONTAINS_PATH_SEPARATORS.err());
    }
    let js = request.js;
    metadata::strip(&mut config.metadata);
    let config = check(config, bounds(js, false, &find(js)))?;
    js.change_registry(|registry| {
        check_new(js, registry, &config)?;
        if registry.contains_key(name) {
            return Err(STREAM_NAME_EXIST_RESTORE_FAILED.err());
        }
        Ok(())
    })?;
    let token = nuid::next().to_string();
    let client = request.outlet.requester();
    let restore = Restore::new(request.now, config, client.clone());
    let deadline = restore.deadline();
    if !js.transfers.begin_restore(token.clone(), name, restore) {
        return Err(STREAM_NAME_EXIST_RESTORE_FAILED.err());
    }
    js.note_deadline(deadline);
    let domain = js.config.domain.as_deref();
    tell_transfer(
        request.now,
        name,
        Transfer::RestoreCreate {},
        client.as_ref(),
        domain,
        request.outlet,
    );
    Ok(RestoreResponse {
        deliver_subject: format!("$JS.SNAPSHOT.RESTORE.{name}.{token}"),
    })
}

fn check_restored(js: &JetStream, registry: &Registry, config: &StreamConfig) -> Result<(), ApiError> {
    if registry.contains_key(&config.name) {
        return Err(STREAM_NAME_EXIST_RESTORE_FAILED.err());
    }
    check_new(js, registry, config)?;
    check_overlap(registry, config)
}

/// Puts a stream that was restored among the others.
pub fn restored(
    js: &JetStream,
    now: Timestamp,
    config: StreamConfig,
    built: Built,
    outlet: &mut dyn Outlet,
) -> Result<StreamCreateResponse, ApiError> {
    let cell = js.change_registry(|registry| {
        if let Err(refusal) = check_restored(js, registry, &config) {
            built.discard(&config.name);
            return Err(refusal);
        }
        let stream = Stream::restore(now, config, built, &js.home, &js.stores(), outlet)?;
        Ok(admit(js, now, registry, stream, outlet))
    })?;
    js.follow(now, &cell, outlet);
    let info = js.with_cell(&cell, |stream| {
        stream.enforce_restored(now, &js.usage, outlet);
        stream.info(now, None)
    });
    let info = info.ok_or_else(|| STREAM_NOT_FOUND.err())?;
    Ok(StreamCreateResponse {
        info,
        did_create: false,
    })
}
