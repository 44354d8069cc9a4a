//! Runs: messages behind one another whose lines are the same to the byte, as a client sends them that has much to say.
//!
//! ```text
//!  PUB a 16␍␊…16 bytes…␍␊ PUB a 16␍␊…16 bytes…␍␊ PUB a 16␍␊…        read as one message, and a count
//!     ─► may it be published, where does it lead                       once a run
//!     ─► each receiver: may it have it, which stage                     once a run and receiver
//!     ─► MSG a 1 16␍␊…16 bytes…␍␊ MSG a 1 16␍␊…                        two copies a message and receiver
//! ```
//!
//! A line that is the same means the same, so the first message stands for all that is asked of them; only that a
//! payload ends with its line end is looked at in each. A run goes to one receiver after the other, which nobody can
//! tell from message after message, as long as no two receivers are subscriptions of one connection. Where something
//! is different for each message, be it a queue group's choice or a subscription's last message, they are delivered
//! one by one; and where anybody but subscribers is concerned (streams, services, other accounts, traces, mappings)
//! they are no run.

use super::connection::{CLOSED, Connection, LAGGING, NO_ECHO};
use super::desk::Desk;
use super::route::{Route, Target};
use super::session::Session;
use crate::proto::parser::Publish;

/// Messages that differ in their payloads alone, each as long as the others.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The first of them.
    pub first: Publish<'a>,
    bytes: &'a [u8],
    /// Bytes of a message, its line and the last line end included.
    each: usize,
    /// Where in each of them its tail begins.
    tail: usize,
}

impl<'a> Run<'a> {
    /// The run that begins with `first`, which takes up `each` bytes at the beginning of `input`. None when the next
    /// message is another one, has more to it than a subject, or is not there yet.
    #[inline]
    pub fn begin(first: &Publish<'a>, input: &'a [u8], each: usize) -> Option<Run<'a>> {
        let tail = first.tail?;
        let line = &input[..each - LINE_END.len() - first.payload.len()];
        if !first.reply.is_empty() || !first.headers.is_empty() || !input[each..].starts_with(line) {
            return None;
        }
        Some(Run {
            first: *first,
            bytes: input,
            each,
            tail: each - tail.len(),
        })
    }

    /// Looks how far it goes. None when it ends with the first message.
    fn measure(mut self) -> Option<Run<'a>> {
        let line = &self.bytes[..self.each - LINE_END.len() - self.first.payload.len()];
        let is_next = |message: &&[u8]| message.starts_with(line) && message.ends_with(LINE_END);
        let count = self.bytes.chunks_exact(self.each).take_while(is_next).count();
        self.bytes = &self.bytes[..count * self.each];
        (count > 1).then_some(self)
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.each
    }

    /// Payloads altogether, in bytes.
    pub fn size(&self) -> usize {
        self.len() * self.first.payload.len()
    }

    /// What each takes of the input.
    pub fn taken(&self) -> usize {
        self.bytes.len()
    }

    /// Of each what may stand in a MSG as it is.
    #[inline]
    fn tails(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let tail = self.tail;
        self.bytes
            .chunks_exact(self.each)
            .map(move |message| &message[tail..])
    }

    /// The messages one by one.
    fn messages(&self) -> impl Iterator<Item = Publish<'a>> + use<'a> {
        let first = self.first;
        self.tails().map(move |tail| {
            let payload = tail.len() - LINE_END.len() - first.payload.len();
            Publish {
                payload: &tail[payload..payload + first.payload.len()],
                tail: Some(tail),
                ..first
            }
        })
    }
}

/// What a message ends with.
const LINE_END: &[u8] = b"\r\n";

impl Session {
    /// Delivers a run of a client that is logged in and that nobody traces, and says how far it went. None when the
    /// messages have to be looked at one by one.
    #[inline]
    pub(super) fn publish_run<'a>(&mut self, desk: &mut Desk, run: Run<'a>) -> Option<Run<'a>> {
        let subject = run.first.subject;
        let connect = &self.login.connect;
        // What begins like this may be the server's, or an answer that is counted.
        let is_special = matches!(subject.first(), Some(b'$' | b'_'));
        if is_special
            || connect.pedantic
            || connect.verbose
            || !self.rules.mappings.is_empty()
            || !self.rights.can_publish(subject)
        {
            return None;
        }
        let route = self.last_route.find(subject, &self.account, desk);
        if !route.takes_runs() {
            return None;
        }
        let run = run.measure()?;
        desk.fan_out_run(route, &run, &self.connection);
        Some(run)
    }
}

impl Desk {
    /// Delivers a run to everybody on its route, who are clients alone.
    fn fan_out_run(&mut self, route: &Route, run: &Run<'_>, from: &Connection) {
        if route.is_distinct() {
            for target in &route.plain {
                self.deliver_run(route, target, run, from);
            }
        } else {
            for message in run.messages() {
                self.fan_out(route, &message, None, from);
            }
        }
    }

    /// Delivers a run to one subscriber, as [`Desk::deliver`] each of its messages.
    fn deliver_run(&mut self, route: &Route, target: &Target, run: &Run<'_>, from: &Connection) {
        let subscription = &target.subscription;
        let connection = &subscription.connection;
        let flags = connection.flags();
        if flags & NO_ECHO != 0 && connection.id == from.id {
            return;
        }
        let lags = flags & LAGGING != 0 && self.no_stall;
        if lags || subscription.max() != 0 {
            for message in run.messages() {
                // Who does not get it is nobody's concern.
                let _ = self.deliver(route, target, &message, None, from);
            }
            return;
        }
        let subject = target.subject().unwrap_or(run.first.subject);
        if flags & CLOSED != 0 || subscription.filters(subject) || !subscription.take_turns(run.len() as u64)
        {
            return;
        }
        let at = self.stage(connection);
        let prefix = route.prefix(target, false);
        let mut tails = run.tails().peekable();
        let each = prefix.len() + run.each - run.tail;
        while tails.peek().is_some() {
            let chunk = self.room(at, each);
            let fit = (chunk.capacity() - chunk.len()) / each;
            for tail in tails.by_ref().take(fit) {
                chunk.extend_from_slice(prefix);
                chunk.extend_from_slice(tail);
            }
        }
        self.count_staged(at, run.len(), run.size());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proto::parser::{Limits, Op, Parsed, parse};

    const LIMITS: Limits = Limits {
        control_line_max: 4096,
        payload_max: 100,
        headers: true,
    };

    /// Subject, reply, headers, payload and tail of every message, and where the first thing lies that is none.
    type Read = (Vec<[Vec<u8>; 5]>, usize);

    fn read(input: &[u8], runs: bool) -> Read {
        let (mut messages, mut at) = (Vec::new(), 0);
        let mut note = |message: &Publish<'_>| {
            let parts = [
                message.subject,
                message.reply,
                message.headers,
                message.payload,
                message.tail.unwrap_or_default(),
            ];
            messages.push(parts.map(<[u8]>::to_vec));
        };
        while let Ok(Parsed::Whole(Op::Publish(message), used)) = parse(&input[at..], &LIMITS) {
            match Run::begin(&message, &input[at..], used).and_then(Run::measure) {
                Some(run) if runs => {
                    assert_eq!(run.messages().count(), run.len());
                    assert_eq!(run.messages().map(|m| m.size()).sum::<usize>(), run.size());
                    run.messages().for_each(|message| note(&message));
                    at += run.taken();
                }
                _ => {
                    note(&message);
                    at += used;
                }
            }
        }
        (messages, at)
    }

    /// Messages of a few kinds, whole or broken.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let payload = prop_oneof![
            Just("x"),
            Just("y"),
            Just(""),
            Just("PUB a 1"),
            Just("\r\n"),
            Just("1\r\nx")
        ];
        let subject = prop_oneof![4 => Just("a"), 1 => Just("a.b"), 1 => Just("a r")];
        let verb = prop_oneof![6 => Just("PUB "), 1 => Just("pub "), 1 => Just("PUB\t")];
        let end = prop_oneof![30 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\rx"), 1 => Just("")];
        let size = prop_oneof![20 => Just(0usize), 1 => Just(1)];
        (verb, subject, payload, end, size).prop_map(|(verb, subject, payload, end, more)| {
            format!("{verb}{subject} {}\r\n{payload}{end}", payload.len() + more).into_bytes()
        })
    }

    proptest! {
        /// Whatever comes, wherever it ends: runs are the messages that are read one by one.
        #[test]
        fn runs_are_what_is_read_one_by_one(
            pieces in proptest::collection::vec((piece(), 1usize..5), 0..12),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut input: Vec<u8> = pieces.iter().flat_map(|(piece, times)| piece.repeat(*times)).collect();
            prop_assert_eq!(read(&input, true), read(&input, false));
            input.truncate(cut.index(input.len() + 1));
            prop_assert_eq!(read(&input, true), read(&input, false));
        }
    }
}
