//! `$JS.API.>`: requests by subject, one handler each, one JSON answer each.
//!
//! A subject that no handler has is met with silence, as in nats-server; only pulls and direct gets that
//! nobody is behind count as unanswered (trap: clients tell a missing consumer by the 503 they get then).
//! Start with [`receive`].

mod account;
mod consumer;
mod direct;
mod direct_batch;
mod message;
mod request;
mod stream;
mod transfer;

pub use transfer::restored;

use request::Request;

use super::stream::ToConsumer;
use super::{Incoming, JetStream, Outlet, Received};
use crate::proto::api::error::CLUSTER_REQUIRED;
use crate::proto::subject;
use crate::util::time::Timestamp;

/// What every API subject begins with.
const PREFIX: &[u8] = b"$JS.API.";

/// The part of an API subject behind `$JS.API.` or, in a domain, `$JS.<domain>.API.`
fn strip_prefix<'a>(subject: &'a [u8], domain: Option<&str>) -> Option<&'a [u8]> {
    subject.strip_prefix(PREFIX).or_else(|| {
        let rest = subject.strip_prefix(b"$JS.")?.strip_prefix(domain?.as_bytes())?;
        rest.strip_prefix(b".API.")
    })
}

/// Handles one request.
pub fn receive(js: &JetStream, now: Timestamp, message: &Incoming<'_>, outlet: &mut dyn Outlet) -> Received {
    let Some(rest) = strip_prefix(message.subject, js.config.domain.as_deref()) else {
        return Received::Nobody;
    };
    if let Some(rest) = rest.strip_prefix(b"DIRECT.GET.") {
        return direct::receive(js, rest, message, outlet);
    }
    if let Some(rest) = rest.strip_prefix(b"CONSUMER.MSG.NEXT.") {
        return pull(js, now, rest, message, outlet);
    }
    if let Ok(rest) = std::str::from_utf8(rest) {
        let tokens: Vec<&str> = rest.split('.').collect();
        route(&tokens, &mut Request::new(js, now, message, outlet));
    }
    Received::Done
}

/// A pull request for `rest`, which is `stream.consumer`.
fn pull(
    js: &JetStream,
    now: Timestamp,
    rest: &[u8],
    message: &Incoming<'_>,
    outlet: &mut dyn Outlet,
) -> Received {
    let mut tokens = subject::tokens(rest);
    let (stream, consumer) = (tokens.next(), tokens.next());
    if tokens.next().is_some() {
        return Received::Nobody;
    }
    let (reply, headers, payload) = (message.reply, message.headers, message.payload);
    let request = ToConsumer::Pull {
        reply,
        headers,
        payload,
    };
    js.tell_consumer(now, stream, consumer, request, outlet)
}

fn route(tokens: &[&str], request: &mut Request<'_, '_>) {
    match *tokens {
        ["INFO"] => request.answer(account::info),
        ["STREAM", "CREATE", name] => request.answer(|r| stream::create(r, name)),
        ["STREAM", "UPDATE", name] => request.answer(|r| stream::update(r, name)),
        ["STREAM", "INFO", name] => request.answer(|r| stream::info(r, name)),
        ["STREAM", "NAMES"] => request.answer(stream::names),
        ["STREAM", "LIST"] => request.answer(stream::list),
        ["STREAM", "DELETE", name] => request.answer(|r| stream::delete(r, name)),
        ["STREAM", "PURGE", name] => request.answer(|r| stream::purge(r, name)),
        ["STREAM", "MSG", "GET", name] => request.answer_unaudited(|r| message::get(r, name)),
        ["STREAM", "MSG", "DELETE", name] => request.answer(|r| message::delete(r, name)),
        ["STREAM", "SNAPSHOT", name] => transfer::snapshot(request, name),
        ["STREAM", "RESTORE", name] => request.answer(|r| transfer::restore(r, name)),
        ["STREAM", "LEADER", "STEPDOWN", _] => {
            request.refuse("stream_leader_stepdown_response", CLUSTER_REQUIRED.err());
        }
        ["STREAM", "PEER", "REMOVE", _] => {
            request.refuse("stream_remove_peer_response", CLUSTER_REQUIRED.err());
        }
        ["CONSUMER", "CREATE", stream] => request.answer(|r| consumer::create_unnamed(r, stream)),
        ["CONSUMER", "CREATE", stream, name, ref filter @ ..] => {
            request.answer(|r| consumer::create_named(r, stream, name, filter));
        }
        ["CONSUMER", "DURABLE", "CREATE", stream, name] => {
            request.answer(|r| consumer::create_durable(r, stream, name));
        }
        ["CONSUMER", "INFO", stream, name] => request.answer(|r| consumer::info(r, stream, name)),
        ["CONSUMER", "NAMES", stream] => request.answer(|r| consumer::names(r, stream)),
        ["CONSUMER", "LIST", stream] => request.answer(|r| consumer::list(r, stream)),
        ["CONSUMER", "DELETE", stream, name] => request.answer(|r| consumer::delete(r, stream, name)),
        ["CONSUMER", "PAUSE", stream, name] => request.answer(|r| consumer::pause(r, stream, name)),
        ["CONSUMER", "RESET", stream, name] => consumer::reset(request, stream, name),
        ["CONSUMER", "UNPIN", stream, name] => request.answer(|r| consumer::unpin(r, stream, name)),
        ["CONSUMER", "LEADER", "STEPDOWN", _, _] => {
            request.refuse("consumer_leader_stepdown_response", CLUSTER_REQUIRED.err());
        }
        _ => {}
    }
}
