//! A message that somebody looks at: one that asks for a report on its way (ADR-41), and every message
//! while a tap is open.
//!
//! It goes the same way as any other, step by step and with a look at each; see [`super::batch`] for the
//! way itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::compress::{Encoding, compress};
use super::desk::{Desk, Fate, Pace};
use super::exchange::{self, Follow, Step};
use super::route::Route;
use super::session::Session;
use super::subscription::Subscription;
use crate::broker::conf::TraceDestination;
use crate::broker::jetstream::{Delivery, Incoming, Rehearsal};
use crate::broker::monitor::message_trace::{Egress, Origin, Stored, TraceReport};
use crate::broker::tap::{self, Event, Missed, Published, RECEIVERS_MAX};
use crate::proto::errors::ClientError;
use crate::proto::headers;
use crate::proto::parser::Publish;
use crate::proto::subject;

/// Where the report is to go.
const DEST: &str = "Nats-Trace-Dest";
/// The report is all that is wanted; nobody gets the message.
const ONLY: &str = "Nats-Trace-Only";
/// A header of old servers; whoever sends it is not reported to.
const ORIGIN_ACCOUNT: &str = "Nats-Trace-Origin-Account";
/// Stands in [`DEST`] where a message is not to be reported on any more. No subject is written so.
const DISABLED: &[u8] = b"trace disabled";
/// W3C trace context; its key may be written in any case.
const PARENT: &[u8] = b"traceparent";

/// What a message wants to have told of it.
enum Wish {
    /// Nothing. With headers instead of its own, where no other server may make a report either.
    None(Option<Vec<u8>>),
    /// A report that cannot be made; and the message must not be delivered then.
    Impossible,
    Report(Trace),
}

/// A report in the making, and where it goes.
struct Trace {
    report: TraceReport,
    dest: Vec<u8>,
    only: bool,
    encoding: Option<Encoding>,
}

/// Does a header block want a report?
pub fn is_wanted(block: &[u8], destination: Option<&TraceDestination>) -> bool {
    memchr::memmem::find(block, DEST.as_bytes()).is_some()
        || (destination.is_some() && headers::iter(block).any(is_sampled))
}

/// The headers of a message that must not be reported on any more.
pub fn disabled(block: &[u8]) -> Vec<u8> {
    headers::with_last(block, DEST, DISABLED)
}

/// Is it a `traceparent` with the sampled flag?
fn is_sampled((key, value): (&[u8], &[u8])) -> bool {
    let Ok(value) = std::str::from_utf8(value) else {
        return false;
    };
    let parts: Vec<&str> = value.split('-').collect();
    key.eq_ignore_ascii_case(PARENT)
        && matches!(parts[..], [_, _, _, flags] if flags.len() == 2
            && u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1))
}

impl Session {
    /// Publishes a message that is looked at.
    #[cold]
    pub(super) fn publish_watched(&mut self, desk: &mut Desk, message: &Publish<'_>, shared: Option<&Bytes>) {
        let (mut trace, headers) = match self.wish(desk, message) {
            Wish::None(headers) => (None, headers),
            Wish::Impossible => return,
            Wish::Report(trace) => (Some(trace), None),
        };
        let changed = headers.as_deref().map(|headers| Publish {
            headers,
            tail: None,
            ..*message
        });
        let (message, shared) = match &changed {
            Some(changed) => (changed, None),
            None => (message, shared),
        };
        let subject = self.mapped_subject(desk, message.subject);
        let message = match &subject {
            Some(subject) => &Publish { subject, ..*message },
            None => message,
        };
        if let (Some(trace), Some(subject)) = (&mut trace, &subject) {
            trace.report.mapped(subject);
        }
        let published = match self.refuses(message) {
            Some(error) => {
                if let Some(trace) = &mut trace {
                    trace.report.refused(error.to_string());
                }
                let refused = Some(error.to_string());
                self.complain(desk, error, b"");
                Published {
                    refused,
                    ..Published::default()
                }
            }
            None => self.deliver_watched(desk, message, shared, trace.as_mut()),
        };
        if desk.taps.is_open() {
            let subject = String::from_utf8_lossy(message.subject).into_owned();
            let published = Published { subject, ..published };
            desk.taps.note(self.connection.id, &Event::Published(published));
        }
        if let Some(trace) = trace {
            self.report(desk, &trace);
        }
    }

    fn deliver_watched(
        &self,
        desk: &mut Desk,
        message: &Publish<'_>,
        shared: Option<&Bytes>,
        mut trace: Option<&mut Trace>,
    ) -> Published {
        let only = trace.as_ref().is_some_and(|trace| trace.only);
        self.confirm(desk);
        let mut route = Route::default();
        route.rebuild(message.subject, &self.account);
        let fates = desk.fan_out_watched(&route, message, shared, &self.connection, only);
        let mut delivered = fates.iter().any(|fate| fate.missed.is_none());
        if let Some(trace) = &mut trace {
            let told = fates.iter().filter(|fate| fate.missed != Some(Missed::NotChosen));
            told.for_each(|fate| leave(&mut trace.report, fate));
        }
        let mut streams = Vec::new();
        for sink in &route.sinks {
            let without = trace.is_some().then(|| disabled(message.headers));
            let incoming = Incoming {
                subject: message.subject,
                reply: message.reply,
                headers: without.as_deref().unwrap_or(message.headers),
                payload: message.payload,
            };
            let rehearsal = desk.rehearse(&self.account, sink, incoming);
            delivered |= rehearsal.is_some();
            if !only {
                let headers = match rehearsal {
                    Some(_) => incoming.headers,
                    None => message.headers,
                };
                let incoming = Incoming { headers, ..incoming };
                delivered |= desk.receive_from(&self.connection, &self.account, sink, incoming);
            }
            if let Some(rehearsal) = rehearsal {
                streams.push((rehearsal.stream.clone(), rehearsal.outcome.clone().err()));
                if let Some(trace) = &mut trace {
                    trace.report.stored(stored(rehearsal));
                }
            }
        }
        if route.server && !only {
            delivered |= self.server.ask(&self.account, &self.connection, message);
        }
        if let Some(abroad) = &route.abroad {
            let follow = Follow {
                only,
                ..Follow::default()
            };
            let origin = exchange::Origin {
                client: Some((&self.connection, &self.server)),
                follow: trace.is_some().then_some(&follow),
            };
            delivered |= desk.cross(origin, &self.account, abroad, &message.into(), None);
            if let Some(trace) = &mut trace {
                follow
                    .steps
                    .into_inner()
                    .into_iter()
                    .for_each(|step| go_on(&mut trace.report, step));
            }
        }
        if !delivered && !message.reply.is_empty() && self.login.connect.no_responders {
            self.nobody(desk, message);
        }
        let receivers = match desk.taps.is_open() {
            true => self.receivers(&fates),
            false => Vec::new(),
        };
        Published {
            receivers,
            streams,
            ..Published::default()
        }
    }

    /// Those who were meant, and behind them the other subscriptions of the account.
    fn receivers(&self, fates: &[Fate]) -> Vec<tap::Receiver> {
        let mut receivers: Vec<_> = fates
            .iter()
            .take(RECEIVERS_MAX)
            .map(|fate| receiver(&fate.subscription, fate.missed))
            .collect();
        let connections: Vec<_> = self.server.connections().values().cloned().collect();
        for connection in connections {
            for subscription in connection.subscriptions().values() {
                if receivers.len() >= RECEIVERS_MAX {
                    return receivers;
                }
                let meant = fates
                    .iter()
                    .any(|fate| Arc::ptr_eq(&fate.subscription, subscription));
                if !meant && subscription.account.number == self.account.number {
                    receivers.push(receiver(subscription, Some(Missed::NoMatch)));
                }
            }
        }
        receivers
    }

    /// A message too long to be read: the report says so, if its beginning asks for one.
    #[cold]
    pub(super) fn trace_oversized(&self, desk: &mut Desk, input: &[u8]) {
        let Some(end) = memchr::memmem::find(input, b"\r\n") else {
            return;
        };
        let (line, rest) = (&input[..end], &input[end + 2..]);
        let words: Vec<&[u8]> = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .collect();
        let number = |word: &[u8]| std::str::from_utf8(word).ok()?.parse::<usize>().ok();
        let ([verb, subject, headers, size] | [verb, subject, _, headers, size]) = words[..] else {
            return;
        };
        let (Some(headers), Some(size)) = (number(headers), number(size)) else {
            return;
        };
        let block = &rest[..headers.min(rest.len())];
        if !verb.eq_ignore_ascii_case(b"HPUB") || !is_wanted(block, self.rules.trace.as_ref()) {
            return;
        }
        let message = Publish {
            subject,
            reply: &[],
            headers: block,
            payload: &[],
            tail: None,
        };
        if let Wish::Report(mut trace) = self.wish_of(desk, &message, size) {
            trace.report.refused("maximum payload exceeded".to_owned());
            self.report(desk, &trace);
        }
    }

    fn wish(&self, desk: &mut Desk, message: &Publish<'_>) -> Wish {
        match is_wanted(message.headers, self.rules.trace.as_ref()) {
            true => self.wish_of(desk, message, message.size()),
            false => Wish::None(None),
        }
    }

    /// Reads what a message wants, and sees whether it may have it.
    fn wish_of(&self, desk: &mut Desk, message: &Publish<'_>, size: usize) -> Wish {
        let block = message.headers;
        let all = || headers::iter(block).filter(|(key, value)| !key.is_empty() && !value.is_empty());
        let own = all().find(|(key, _)| *key == DEST.as_bytes());
        let own = own.map(|(_, value)| value);
        let is_only = headers::get(block, ONLY).is_some_and(|value| {
            [&b"1"[..], b"true", b"on"]
                .iter()
                .any(|yes| value.eq_ignore_ascii_case(yes))
        });
        let only = own.is_some() && is_only;
        let impossible = match only {
            true => Wish::Impossible,
            false => Wish::None(None),
        };
        if own == Some(DISABLED) {
            return Wish::None(None);
        }
        let refused = || Wish::None(Some(disabled(block)));
        if let Some(value) = headers::get_str(block, ORIGIN_ACCOUNT).filter(|value| !value.is_empty()) {
            tracing::error!(
                "{} - Message tracing disabled because of header {ORIGIN_ACCOUNT:?} with value={value:?}",
                self.connection
            );
            return if only { Wish::Impossible } else { refused() };
        }
        let dest = match (own, &self.rules.trace) {
            (Some(dest), _) => dest,
            (None, Some(destination)) if all().any(is_sampled) => {
                if desk.random_below(100) >= usize::from(destination.sampling) {
                    return refused();
                }
                destination.subject.as_bytes()
            }
            _ => return Wish::None(None),
        };
        if !subject::is_valid_literal(dest) {
            tracing::error!(
                "{} - Destination {:?} is not valid, won't be able to trace events",
                self.connection,
                String::from_utf8_lossy(dest)
            );
            return impossible;
        }
        if self.is_reserved(dest) || self.rights.permissions().is_some_and(|p| !p.can_publish(dest)) {
            self.complain(desk, ClientError::Publish(dest), b"");
            return Wish::Impossible;
        }
        let mut headers = BTreeMap::<String, Vec<String>>::new();
        for (key, value) in all() {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            headers.entry(text(key)).or_default().push(text(value));
        }
        Wish::Report(Trace {
            report: TraceReport::new(Origin {
                cid: self.connection.id,
                name: self.login.connect.name.clone(),
                account: &self.account.name,
                subject: message.subject,
                headers,
                size,
            }),
            dest: dest.to_vec(),
            only,
            encoding: headers::get_str(block, "Accept-Encoding").and_then(Encoding::accepted),
        })
    }

    fn report(&self, desk: &mut Desk, trace: &Trace) {
        let Some(speaker) = self.server.reporter() else {
            return;
        };
        let (body, headers) = compress(trace.report.body(&speaker), trace.encoding);
        let delivery = Delivery::open(&trace.dest, &headers, &body);
        desk.send(&self.account, &delivery, Pace::AtOnce);
    }
}

fn receiver(subscription: &Subscription, missed: Option<Missed>) -> tap::Receiver {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    tap::Receiver {
        connection: subscription.connection.id,
        sid: text(&subscription.sid),
        pattern: text(&subscription.subject),
        queue: subscription.queue.as_deref().map(text),
        missed,
    }
}

/// Notes how a message left the account: to one of its own, or as an exported stream.
fn leave(report: &mut TraceReport, fate: &Fate) {
    if let Some((subject, shadow)) = &fate.mapped {
        report.exported(&fate.subscription.account.name, subject);
        if !shadow.import.options.allow_trace {
            return;
        }
    }
    report.left(egress(fate));
}

/// Notes a step beyond the border.
fn go_on(report: &mut TraceReport, step: Step) {
    match step {
        Step::Service { account, from, to } => report.passed_on(&account, &from, &to),
        Step::Left(fate) => report.left(egress(&fate)),
        Step::Stored(rehearsal) => report.stored(stored(rehearsal)),
    }
}

fn egress(fate: &Fate) -> Egress {
    let subscription = &fate.subscription;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let pattern = match &fate.mapped {
        Some((_, shadow)) => &shadow.pattern,
        None => &subscription.subject,
    };
    Egress {
        kind: 0,
        cid: subscription.connection.id,
        name: subscription.connection.name(),
        sub: text(pattern),
        queue: subscription.queue.as_deref().map(text),
        error: fate.missed.map(Missed::text),
    }
}

fn stored(rehearsal: Rehearsal) -> Stored {
    let (subject, error) = match rehearsal.outcome {
        Ok(subject) => (subject, None),
        Err(error) => (String::new(), Some(error)),
    };
    Stored {
        stream: rehearsal.stream,
        subject,
        nointerest: rehearsal.no_interest,
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sampled_traceparent_counts() {
        let sampled = |value: &[u8]| is_sampled((b"TraceParent", value));
        assert!(sampled(
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        ));
        assert!(sampled(b"a-b-c-7f"));
        assert!(!sampled(b"a-b-c-02"));
        assert!(!sampled(b"a-b-c-1"));
        assert!(!sampled(b"a-b-01"));
        assert!(!is_sampled((b"tracestate", b"a-b-c-01")));
    }
}
