//! One batch of input: parse, check, deliver.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::complaints;
use super::desk::Desk;
use super::exchange::Origin;
use super::message_trace;
use super::run::Run;
use super::session::Session;
use super::subscription::{Endpoint, Subscription};
use super::trace;
use crate::broker::auth::{Permissions, Verdict};
use crate::broker::jetstream::Incoming;
use crate::broker::subjects::Visit;
use crate::broker::subjects::mapping::Mapped;
use crate::proto::errors::{ClientError, CloseReason};
use crate::proto::headers;
use crate::proto::parser::{Op, Parsed, Publish, Violation, parse, plain_publish};
use crate::proto::subject;
use crate::proto::writer::Message;

/// What a batch contained, counted once at its end.
#[derive(Debug, Default)]
struct Count {
    messages: u64,
    bytes: u64,
    /// Subscriptions made or ended, and pings.
    others: u64,
}

/// Replies that only the server may ask for: service imports, JetStream acknowledgements, gateways.
const RESERVED_REPLIES: [&[u8]; 3] = [b"_R_.", b"$JS.ACK.", b"_GR_."];

/// The queue group in which servers answer for each other.
const SYSTEM_QUEUE: &[u8] = b"_sys_";

impl Count {
    fn publish(&mut self, message: &Publish<'_>) {
        self.messages += 1;
        self.bytes += message.size() as u64;
    }

    fn publish_run(&mut self, run: &Run<'_>) {
        self.messages += run.len() as u64;
        self.bytes += run.size() as u64;
    }
}

impl Session {
    /// Deals with everything whole in `input`, and keeps the rest.
    pub(super) fn batch(&mut self, desk: &mut Desk, input: &[u8]) -> Result<(), CloseReason> {
        let mut count = Count::default();
        desk.no_stall = self.settings.options.no_fast_producer_stall;
        let end = self.operations(desk, input, &mut count);
        self.last_route.trim();
        desk.settle();
        if count.messages > 0 {
            self.connection
                .counters
                .in_messages
                .fetch_add(count.messages, Ordering::Relaxed);
            self.connection
                .counters
                .in_bytes
                .fetch_add(count.bytes, Ordering::Relaxed);
            self.account.traffic.count_in(count.messages, count.bytes);
            self.server.traffic.count_in(count.messages, count.bytes);
        }
        if count.messages + count.others > 0 {
            self.active();
        }
        end
    }

    fn operations(&mut self, desk: &mut Desk, input: &[u8], count: &mut Count) -> Result<(), CloseReason> {
        let (mut at, message) = self.partial.complete(input);
        if let Some(message) = message {
            let Parsed::Whole(op, _) = self.parse(desk, &message)? else {
                return Err(CloseReason::ParseError);
            };
            self.operation(desk, op, Some(&message), count)?;
        }
        while at < input.len() {
            if self.login.is_slow() {
                self.login.wait_with(&input[at..]);
                break;
            }
            let rest = &input[at..];
            // Who is logged in, and traced by nobody, is read without a look at each operation.
            let plainly = self.timers.login.is_none() && !trace::is_on(&desk.taps);
            if plainly && let Some((message, used)) = plain_publish(rest, &self.limits) {
                let run = Run::begin(&message, rest, used);
                if let Some(run) = run.and_then(|run| self.publish_run(desk, run)) {
                    count.publish_run(&run);
                    at += run.taken();
                } else {
                    count.publish(&message);
                    self.publish(desk, &message, None);
                    at += used;
                }
                continue;
            }
            match self.parse(desk, rest)? {
                Parsed::Whole(op, used) => {
                    self.operation(desk, op, None, count)?;
                    at += used;
                }
                Parsed::Need(need) => {
                    self.partial.keep(rest, need);
                    break;
                }
            }
        }
        Ok(())
    }

    fn parse<'a>(&mut self, desk: &mut Desk, input: &'a [u8]) -> Result<Parsed<'a>, CloseReason> {
        if self.timers.login.is_some() && !input[0].eq_ignore_ascii_case(&b'C') {
            self.enter_unannounced(desk)?;
        }
        match parse(input, &self.limits) {
            Ok(parsed) => {
                if trace::is_on(&desk.taps)
                    && let Parsed::Whole(op, _) = &parsed
                {
                    trace::heard(&desk.taps, &self.connection, op);
                }
                Ok(parsed)
            }
            Err(violation) => {
                if let Violation::Payload { .. } = violation {
                    self.trace_oversized(desk, input);
                }
                Err(self.violated(desk, violation, input))
            }
        }
    }

    #[cold]
    fn violated(&self, desk: &mut Desk, violation: Violation, input: &[u8]) -> CloseReason {
        let complaint = complaints::of_protocol(violation, input, self.limits.payload_max);
        tracing::error!("{} - {complaint}", self.connection);
        let (error, reason) = match violation {
            Violation::UnknownOperation => (ClientError::UnknownOperation, CloseReason::ProtocolViolation),
            Violation::ControlLine => (ClientError::ControlLine, CloseReason::ControlLineExceeded),
            Violation::Payload { .. } => (ClientError::PayloadViolation, CloseReason::PayloadExceeded),
            // Without a word.
            Violation::Arguments | Violation::NoHeaders => return CloseReason::ProtocolViolation,
        };
        desk.say(&self.connection, &error.line());
        reason
    }

    fn operation(
        &mut self,
        desk: &mut Desk,
        op: Op<'_>,
        shared: Option<&Bytes>,
        count: &mut Count,
    ) -> Result<(), CloseReason> {
        match op {
            Op::Publish(message) => {
                count.publish(&message);
                self.publish(desk, &message, shared);
                return Ok(());
            }
            Op::Subscribe { subject, queue, sid } => self.subscribe(desk, subject, queue, sid),
            Op::Unsubscribe { sid, max } => self.unsubscribe(desk, sid, max),
            Op::Ping => self.pong(desk),
            Op::Connect(json) => return self.connect(desk, json),
            Op::Pong => {
                if let Some(rtt) = self.timers.ponged(tokio::time::Instant::now()) {
                    self.connection.counters.note_rtt(rtt);
                }
                return Ok(());
            }
            Op::Info(json) => {
                let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok();
                return if is_json {
                    Ok(())
                } else {
                    Err(CloseReason::ProtocolViolation)
                };
            }
            Op::Ok => return Ok(()),
            Op::Err(text) => {
                let text = String::from_utf8_lossy(text);
                tracing::error!("{} - Client Error {text}", self.connection);
                return Err(CloseReason::ParseError);
            }
        }
        count.others += 1;
        Ok(())
    }

    #[inline]
    fn publish(&mut self, desk: &mut Desk, message: &Publish<'_>, shared: Option<&Bytes>) {
        if self.login.connect.pedantic && !subject::is_valid_literal(message.subject) {
            desk.say(&self.connection, &ClientError::InvalidPublishSubject.line());
        }
        let wants_trace = !message.headers.is_empty()
            && message_trace::is_wanted(message.headers, self.rules.trace.as_ref());
        if wants_trace || desk.taps.is_open() {
            return self.publish_watched(desk, message, shared);
        }
        if self.rules.mappings.is_empty() {
            return self.publish_mapped(desk, message, shared);
        }
        match self.mapped_subject(desk, message.subject) {
            Some(subject) => {
                let subject = &subject;
                self.publish_mapped(desk, &Publish { subject, ..*message }, shared);
            }
            None => self.publish_mapped(desk, message, shared),
        }
    }

    /// What the account's mappings make of a subject; `None` when they leave it.
    pub(super) fn mapped_subject(&self, desk: &mut Desk, subject: &[u8]) -> Option<Vec<u8>> {
        let mapped = self
            .rules
            .mappings
            .map(subject, &mut || desk.random_below(1 << 32) as u32);
        match mapped {
            Mapped::Unchanged => None,
            Mapped::To(subject) => Some(subject),
            // To nobody, since no subject is empty.
            Mapped::Dropped => Some(Vec::new()),
        }
    }

    #[inline]
    fn publish_mapped(&mut self, desk: &mut Desk, message: &Publish<'_>, shared: Option<&Bytes>) {
        if let Some(error) = self.refuses(message) {
            return self.complain(desk, error, b"");
        }
        self.confirm(desk);
        let route = self.last_route.find(message.subject, &self.account, desk);
        let mut delivered = desk.fan_out(route, message, shared, &self.connection);
        let incoming = Incoming {
            subject: message.subject,
            reply: message.reply,
            headers: message.headers,
            payload: message.payload,
        };
        for sink in &route.sinks {
            delivered |= desk.receive_from(&self.connection, &self.account, sink, incoming);
        }
        if route.server {
            // It answers from elsewhere, and not before what this client is told already.
            desk.queue_staged(&self.connection);
            delivered |= self.server.ask(&self.account, &self.connection, message);
        }
        if let Some(abroad) = &route.abroad {
            let origin = Origin {
                client: Some((&self.connection, &self.server)),
                follow: None,
            };
            delivered |= desk.cross(origin, &self.account, abroad, &message.into(), None);
        }
        if !delivered && !message.reply.is_empty() && self.login.connect.no_responders {
            self.nobody(desk, message);
        }
    }

    /// Tells the client what it may not do, and the log too; the connection stays.
    #[cold]
    pub(super) fn complain(&self, desk: &mut Desk, error: ClientError<'_>, sid: &[u8]) {
        let complaint = complaints::of_rights(&error, sid);
        tracing::error!("{} - {complaint}", self.connection);
        desk.say(&self.connection, &error.line());
    }

    /// The one place that decides whether this client may publish this message.
    #[inline]
    pub(super) fn refuses<'a>(&mut self, message: &Publish<'a>) -> Option<ClientError<'a>> {
        if !self.rights.can_publish(message.subject) && !self.connection.may_answer(message.subject) {
            return Some(ClientError::Publish(message.subject));
        }
        // Reserved subjects and replies begin like this; nearly no others need a closer look.
        let special = |text: &[u8]| matches!(text.first(), Some(b'$' | b'_'));
        if special(message.subject) && self.is_reserved(message.subject) {
            return Some(ClientError::Publish(message.subject));
        }
        if special(message.reply)
            && RESERVED_REPLIES
                .iter()
                .any(|prefix| message.reply.starts_with(prefix))
        {
            return Some(ClientError::PublishReply(message.reply));
        }
        None
    }

    pub(super) fn is_reserved(&self, subject: &[u8]) -> bool {
        subject.starts_with(b"_GR_.") || (subject.starts_with(b"$NRG.") && !self.in_system_account())
    }

    /// The one place that decides whether this client may subscribe, and which of the messages it gets.
    fn refuses_subscription<'a>(
        &self,
        subject: &'a [u8],
        queue: Option<&'a [u8]>,
    ) -> Result<Option<Arc<Permissions>>, ClientError<'a>> {
        let permissions = self.rights.permissions();
        let verdict = permissions.map_or(Verdict::Allowed, |p| p.subscribe(subject, queue));
        if verdict == Verdict::Denied || queue == Some(SYSTEM_QUEUE) {
            return Err(match queue {
                Some(queue) => ClientError::SubscribeQueue(subject, queue),
                None => ClientError::Subscribe(subject),
            });
        }
        let tokens_max = self.settings.options.max_sub_tokens;
        if tokens_max > 0 && subject::tokens(subject).count() > tokens_max {
            return Err(ClientError::SubscribeTokens(subject));
        }
        Ok(permissions.filter(|_| verdict == Verdict::Filtered).cloned())
    }

    /// Tells the publisher that nobody can answer, if it listens for an answer itself.
    pub(super) fn nobody(&self, desk: &mut Desk, message: &Publish<'_>) {
        let mut own = OwnListener {
            connection: self.connection.id,
            sid: None,
        };
        self.account.subjects.visit(message.reply, &mut own);
        let Some(sid) = own.sid else { return };
        let block = headers::Builder::status(503, "")
            .add("Nats-Subject", message.subject)
            .build();
        let answer = Message {
            subject: message.reply,
            sid: &sid,
            reply: &[],
            headers: &block,
            payload: &[],
        };
        let mut wire = Vec::with_capacity(answer.size_hint());
        answer.write(&mut wire, true);
        desk.say(&self.connection, &wire);
    }

    fn subscribe(&mut self, desk: &mut Desk, subject: &[u8], queue: Option<&[u8]>, sid: &[u8]) {
        let filter = match self.refuses_subscription(subject, queue) {
            Ok(filter) => filter,
            Err(error) => return self.complain(desk, error, sid),
        };
        // What a message of this very batch has ended counts no more, and its sid is free again.
        desk.end_finished();
        let subscriptions_max = self.subscriptions_max;
        let mut subscriptions = self.connection.subscriptions();
        if subscriptions_max > 0 && subscriptions.len() >= subscriptions_max {
            drop(subscriptions);
            return self.complain(desk, ClientError::SubscriptionsExceeded, sid);
        }
        if subscriptions.contains_key(sid) {
            drop(subscriptions);
            return self.confirm(desk);
        }
        let id = self.server.subscription_id();
        let (connection, account) = (self.connection.clone(), self.account.clone());
        let subscription = Arc::new(Subscription::new(
            id, connection, account, subject, queue, sid, filter,
        ));
        // In the list first: a message that ends it may come as soon as it is in the tree.
        subscriptions.insert(sid.into(), subscription.clone());
        drop(subscriptions);
        let endpoint = Endpoint::Client(subscription.clone());
        if self
            .account
            .subjects
            .insert(subject, queue, id, endpoint)
            .is_err()
        {
            self.connection.forget(&subscription);
            return desk.say(&self.connection, &ClientError::InvalidSubject.line());
        }
        self.confirm(desk);
        desk.interest_changed(&self.account, subject);
        desk.cast_shadows(&subscription);
    }

    fn unsubscribe(&mut self, desk: &mut Desk, sid: &[u8], max: Option<u64>) {
        let subscription = self.connection.subscriptions().get(sid).cloned();
        self.confirm(desk);
        if let Some(subscription) = subscription
            && !subscription.end_after(max)
        {
            desk.end(&subscription);
        }
    }
}

/// Looks for a plain subscription of one connection.
struct OwnListener {
    connection: u64,
    sid: Option<Box<[u8]>>,
}

impl Visit<Endpoint> for OwnListener {
    fn plain(&mut self, members: &[(u64, Endpoint)]) {
        let own = members.iter().find_map(|(_, endpoint)| match endpoint {
            Endpoint::Client(subscription) if subscription.connection.id == self.connection => {
                Some(subscription.sid.clone())
            }
            _ => None,
        });
        self.sid = self.sid.take().or(own);
    }

    fn group(&mut self, _name: &[u8], _members: &[(u64, Endpoint)]) {}
}
