//! `$JS.API.DIRECT.GET.…`: stored messages as they are, with where they come from in headers (ADR-31).

use super::direct_batch;
use std::sync::Arc;

use crate::broker::jetstream::cell::StreamCell;
use crate::broker::jetstream::stream::Stream;
use crate::broker::jetstream::wants_higher_level;
use crate::broker::jetstream::{Delivery, Incoming, JetStream, Outlet, Received};
use crate::broker::store::Stored;
use crate::proto::api::stream::StreamConfig;
use crate::proto::api::stream_request::MsgGetRequest;
use crate::proto::api::{Unknown, decode};
use crate::proto::headers::Builder;

/// The status that is sent instead of a message.
pub(super) type Status = Vec<u8>;

/// Answers a request for `rest`, which is `stream` or `stream.subject`. Nobody is behind it when there is
/// no such stream or it does not allow direct gets.
pub fn receive(js: &JetStream, rest: &[u8], message: &Incoming<'_>, outlet: &mut dyn Outlet) -> Received {
    let dot = memchr::memchr(b'.', rest);
    let (name, subject) = match dot {
        Some(dot) => (&rest[..dot], Some(&rest[dot + 1..])),
        None => (rest, None),
    };
    let Some(cell) = std::str::from_utf8(name).ok().and_then(|name| answerer(js, name)) else {
        return Received::Nobody;
    };
    let mut guard = cell.lock();
    let Some(stream) = guard.as_mut() else {
        return Received::Nobody;
    };
    if !message.reply.is_empty()
        && let Err(status) = answer(stream, subject, message, outlet)
    {
        send(message.reply, &status, b"", outlet);
    }
    Received::Done
}

/// Who answers direct gets from the stream of this name: itself, or, where it does not, a mirror of it that
/// is to.
fn answerer(js: &JetStream, name: &str) -> Option<Arc<StreamCell>> {
    let is = |cell: &Arc<StreamCell>, fits: &dyn Fn(&StreamConfig) -> bool| {
        cell.lock().as_ref().is_some_and(|stream| fits(stream.config()))
    };
    if let Some(cell) = js
        .cell(name)
        .filter(|cell| is(cell, &|config| config.allow_direct))
    {
        return Some(cell);
    }
    js.followers.of(name).into_iter().find(|cell| {
        is(cell, &|config| {
            config.mirror_direct && config.mirror.as_ref().is_some_and(|mirror| mirror.name == name)
        })
    })
}

/// Sends the message, or says with which status to answer instead.
fn answer(
    stream: &mut Stream,
    subject: Option<&[u8]>,
    message: &Incoming<'_>,
    outlet: &mut dyn Outlet,
) -> Result<(), Status> {
    if wants_higher_level(message.headers) {
        return Err(status(412, "Required Api Level"));
    }
    let wanted = match subject {
        Some(subject) => last_of(subject, message).map_err(|text| status(408, text))?,
        None => read_request(message.payload).map_err(|text| status(408, text))?,
    };
    if !wanted.multi_last.is_empty() {
        return direct_batch::send_last_of_each(stream, &wanted, message.reply, outlet);
    }
    if wanted.batch != 0 {
        return direct_batch::send_batch(stream, &wanted, message.reply, outlet);
    }
    let name = stream.config().name.clone();
    let found = stream.find(&wanted).ok().flatten().ok_or_else(not_found)?;
    let headers = if wanted.no_hdr {
        Vec::new()
    } else {
        origin(&name, &found).build()
    };
    send(message.reply, &headers, found.payload, outlet);
    Ok(())
}

pub(super) fn status(code: u16, text: &str) -> Status {
    Builder::status(code, text).build()
}

pub(super) fn not_found() -> Status {
    status(404, "Message Not Found")
}

pub(super) fn send(reply: &[u8], headers: &[u8], payload: &[u8], outlet: &mut dyn Outlet) {
    outlet.deliver(Delivery::open(reply, headers, payload));
}

/// The stored headers, and behind them where the message comes from.
pub(super) fn origin(stream: &str, found: &Stored<'_>) -> Builder {
    Builder::copy(found.headers, &[])
        .add("Nats-Stream", stream)
        .add("Nats-Subject", found.subject)
        .add("Nats-Sequence", found.seq.to_string())
        .add("Nats-Time-Stamp", found.time.to_string())
}

fn parse(payload: &[u8]) -> Result<MsgGetRequest, &'static str> {
    decode(payload, Unknown::Ignore).map_err(|_| "Malformed Request")
}

/// The request for the last message of a subject that stands in the request's own subject.
fn last_of(subject: &[u8], message: &Incoming<'_>) -> Result<MsgGetRequest, &'static str> {
    let payload = message.payload;
    let given = if payload.is_empty() {
        MsgGetRequest::default()
    } else {
        parse(payload)?
    };
    let bare = MsgGetRequest {
        no_hdr: given.no_hdr,
        max_bytes: given.max_bytes,
        ..MsgGetRequest::default()
    };
    if subject.is_empty() || given != bare {
        return Err("Bad Request");
    }
    let last_by_subj = String::from_utf8(subject.to_vec()).map_err(|_| "Bad Request")?;
    Ok(MsgGetRequest {
        last_by_subj,
        ..given
    })
}

fn read_request(payload: &[u8]) -> Result<MsgGetRequest, &'static str> {
    if payload.is_empty() {
        return Err("Empty Request");
    }
    let wanted = parse(payload)?;
    let multi = !wanted.multi_last.is_empty();
    if wanted.is_empty() && !multi {
        return Err("Empty Request");
    }
    let (last, next) = (!wanted.last_by_subj.is_empty(), !wanted.next_by_subj.is_empty());
    let bounded_twice = wanted.up_to_seq > 0 && wanted.up_to_time.is_some();
    if wanted.contradicts_itself() || (last && wanted.batch > 0) || (multi && (last || next)) || bounded_twice
    {
        return Err("Bad Request");
    }
    Ok(wanted)
}
