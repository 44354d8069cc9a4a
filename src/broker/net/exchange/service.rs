//! Requests across a border, and their answers on the way back.

use std::borrow::Cow;
use std::sync::Arc;

use super::answers::{Alarm, Answer, Lost};
use super::follow::{Follow, Step};
use super::info::{HEADER, RequestInfo};
use super::latency::{Measured, Tracked};
use crate::broker::conf::{self, ResponseType};
use crate::broker::jetstream::{Delivery, Incoming, Sink};
use crate::broker::net::account::Account;
use crate::broker::net::connection::Connection;
use crate::broker::net::desk::{Desk, Fate, Imported, Pace, rehearse};
use crate::broker::net::message_trace;
use crate::broker::net::route::{LastRoute, Route, Target};
use crate::broker::net::server::Server;
use crate::broker::net::settings::AccountRules;
use crate::broker::subjects::mapping::Mapped;
use crate::proto::headers;
use crate::proto::parser::Publish;
use crate::proto::subject::{is_literal, matches};
use crate::util::time::Timestamp;

/// Replies that pass a border unchanged: the acknowledgement of a message that came by a pull has to find its
/// consumer, so that an importer of a stream's API imports `$JS.ACK.>` too.
const KEPT_REPLIES: &[u8] = b"$JS.ACK.";

/// What an account exports.
#[derive(Debug)]
pub struct Service {
    /// The number of the account that exports it.
    pub account: u32,
    /// As it was agreed on.
    pub options: conf::ServiceExport,
    /// Whom to tell when an answer will be overdue.
    pub alarm: Arc<Alarm>,
}

/// A service of another account, under the subject that it has here.
#[derive(Debug)]
pub struct ServiceImport {
    /// Who exports it.
    pub exporter: Arc<Account>,
    /// The export that it falls under.
    pub export: Arc<Service>,
    /// What was agreed on.
    pub options: conf::ServiceImport,
    /// What becomes of subjects in the exporting account.
    pub rules: Arc<AccountRules>,
    /// Our server's name, for who asks.
    pub server: Arc<str>,
}

/// What a route reaches in other accounts.
#[derive(Debug, Default)]
pub struct Abroad {
    /// Services of others.
    pub services: Vec<Arc<ServiceImport>>,
    /// Streams of others that store the message, under the subject it has there.
    pub sinks: Vec<(Arc<Account>, Sink, Box<[u8]>)>,
    /// It may be the answer to a request.
    pub answers: bool,
}

impl Abroad {
    /// How many it goes to.
    pub fn fanout(&self) -> usize {
        self.services.len() + self.sinks.len() + usize::from(self.answers)
    }
}

/// Where a message comes from, and who looks after it.
#[derive(Clone, Copy, Default)]
pub struct Origin<'a> {
    /// The client that published it, and its server; none when it comes from JetStream or the server itself.
    pub client: Option<(&'a Arc<Connection>, &'a Server)>,
    /// A message trace notes its way.
    pub follow: Option<&'a Follow>,
}

/// The borders that a message has passed already, the last first.
pub struct Passed<'a> {
    export: &'a Arc<Service>,
    share: bool,
    /// Its headers as its publisher wrote them.
    headers: &'a [u8],
    before: Option<&'a Passed<'a>>,
}

impl<'a> Passed<'a> {
    /// Has it been here before? Then it goes in a circle.
    fn has(passed: Option<&'a Passed<'a>>, export: &Service) -> bool {
        std::iter::successors(passed, |passed| passed.before).any(|passed| passed.export.is(export))
    }
}

impl Service {
    /// The same, whoever imports it?
    fn is(&self, other: &Service) -> bool {
        self.account == other.account && self.options.subject == other.options.subject
    }
}

impl ServiceImport {
    /// Does a request to `here` arrive at `there`?
    pub fn leads(&self, here: &[u8], there: &[u8]) -> bool {
        matches(self.options.local.as_bytes(), here) && self.there(here, &mut || 0) == there
    }

    /// What a subject here is there.
    fn there(&self, subject: &[u8], random: &mut dyn FnMut() -> u32) -> Vec<u8> {
        let options = &self.options;
        let there = match &options.transform {
            Some(transform) => transform.apply(subject, random),
            None if options.local == options.subject && !is_literal(options.subject.as_bytes()) => {
                subject.to_vec()
            }
            None => options.subject.as_bytes().to_vec(),
        };
        match self.rules.mappings.map(&there, random) {
            Mapped::Unchanged => there,
            Mapped::To(subject) => subject,
            // To nobody, since no subject is empty.
            Mapped::Dropped => Vec::new(),
        }
    }
}

impl Desk {
    /// Takes a message over the borders on its route. True when somebody got it.
    pub fn cross(
        &mut self,
        origin: Origin<'_>,
        account: &Arc<Account>,
        abroad: &Abroad,
        message: &Delivery<'_>,
        passed: Option<&Passed<'_>>,
    ) -> bool {
        let mut delivered = false;
        for import in &abroad.services {
            delivered |= self.request(origin, account, import, message, passed);
        }
        if abroad.answers {
            // As in nats-server, to come too late is no reason to tell a client that nobody is there.
            delivered |= self.answer(origin, account, message, passed) || origin.client.is_some();
        }
        // What came over a border as a request is not exported once more as a stream.
        if passed.is_none() {
            for (to, sink, subject) in &abroad.sinks {
                let moved = message.towards(subject);
                let own = Incoming {
                    subject: moved.subject,
                    ..moved.taken_by(sink)
                };
                delivered |= match origin.client {
                    Some(_) => self.receive(to, sink, own),
                    None => self.put_aside(to, sink, own),
                };
            }
        }
        delivered
    }

    /// Sends a request to a service of another account. False when nobody there takes it.
    fn request(
        &mut self,
        origin: Origin<'_>,
        account: &Arc<Account>,
        import: &ServiceImport,
        message: &Delivery<'_>,
        before: Option<&Passed<'_>>,
    ) -> bool {
        if Passed::has(before, &import.export) {
            return false;
        }
        let subject = import.there(message.route, &mut || self.random_below(1 << 32) as u32);
        let share = before.map_or(import.options.share, |before| before.share);
        let tracked = self.track(origin, import, message);
        if message.reply.is_empty()
            && let Some(tracked) = &tracked
        {
            self.tell_latency(&import.exporter, tracked, &Measured::BadRequest);
        }
        let share_back = import.options.share;
        let reply = leads_back(
            &import.exporter,
            account,
            message,
            &import.export,
            share_back,
            tracked,
        );
        let info = who_asks(origin, account, import, message, before, share);
        let mut headers = headers::with_last(message.headers, HEADER, info.text().as_bytes());
        let mut bare = Cow::Borrowed(before.map_or(message.headers, |before| before.headers));
        let mut inner = origin;
        if let Some(follow) = origin.follow {
            follow.steps.borrow_mut().push(Step::Service {
                account: import.exporter.name.clone(),
                from: message.subject.to_vec(),
                to: subject.clone(),
            });
            // No other server may report on it either, and no stream hands it out as one to be reported on.
            bare = Cow::Owned(message_trace::disabled(&bare));
            if !import.export.options.allow_trace {
                if follow.only {
                    import.exporter.expect_no_more(&reply);
                    return false;
                }
                headers = message_trace::disabled(&headers);
                inner.follow = None;
            }
        }
        let passed = Passed {
            export: &import.export,
            share,
            headers: &bare,
            before,
        };
        let delivery = Delivery {
            reply: &reply,
            headers: &headers,
            ..message.towards(&subject)
        };
        let delivered = self.arrive(inner, &import.exporter, &delivery, &passed);
        if !delivered && let Some(lost) = import.exporter.expect_no_more(&reply) {
            self.tell_lost(&import.exporter, &lost, &Measured::NoResponders);
        }
        delivered
    }

    /// Sends an answer to whoever asked. False when nobody did, or nobody listens any more.
    fn answer(
        &mut self,
        origin: Origin<'_>,
        account: &Arc<Account>,
        message: &Delivery<'_>,
        before: Option<&Passed<'_>>,
    ) -> bool {
        let Some(answer) = account.expected(message.route) else {
            return false;
        };
        if Passed::has(before, &answer.export) {
            return false;
        }
        if let Some(tracked) = &answer.tracked {
            self.tell_latency(account, tracked, &Measured::Answered(origin.client));
        }
        let reply = leads_back(&answer.to, account, message, &answer.export, answer.share, None);
        let passed = Passed {
            export: &answer.export,
            share: answer.share,
            headers: message.headers,
            before,
        };
        let delivery = Delivery {
            reply: &reply,
            ..message.towards(&answer.reply)
        };
        let delivered = self.arrive(origin, &answer.to, &delivery, &passed);
        if !delivered {
            answer.to.expect_no_more(&reply);
        }
        let is_end = message.headers.is_empty() && message.payload.is_empty();
        if !delivered || is_end || answer.export.options.response == ResponseType::Singleton {
            account.expect_no_more(message.route);
        } else {
            account.expect_next(message.route, Timestamp::now());
        }
        delivered
    }

    /// Delivers a message in an account that it was not published in. False when nobody got it.
    fn arrive(
        &mut self,
        origin: Origin<'_>,
        account: &Arc<Account>,
        message: &Delivery<'_>,
        passed: &Passed<'_>,
    ) -> bool {
        let mut last = LastRoute::default();
        let route = last.find(message.route, account, self);
        let mut delivered = false;
        for target in &route.plain {
            delivered |= self.hand(origin, route, target, message);
        }
        for group in &route.groups {
            delivered |= self
                .in_turn(group)
                .any(|target| self.hand(origin, route, target, message));
        }
        for sink in &route.sinks {
            let own = Incoming {
                // Who asked is nobody's business but the responder's: it is not stored.
                headers: passed.headers,
                ..message.taken_by(sink)
            };
            if let Some(follow) = origin.follow
                && let Some(rehearsal) = self.rehearse(account, sink, own)
            {
                follow.steps.borrow_mut().push(Step::Stored(rehearsal));
                if follow.only {
                    delivered = true;
                    continue;
                }
            }
            delivered |= match origin.client {
                Some((connection, _)) => {
                    self.imported = Some(Imported {
                        share: passed.share,
                        service: account.name.clone(),
                    });
                    let received = self.receive_from(connection, account, sink, own);
                    self.imported = None;
                    received
                }
                None => self.put_aside(account, sink, own),
            };
        }
        if route.server
            && !origin.follow.is_some_and(|follow| follow.only)
            && let Some((connection, server)) = origin.client
        {
            let request = publish(message);
            delivered |= server.ask(account, connection, &request);
        }
        if let Some(abroad) = &route.abroad {
            delivered |= self.cross(origin, account, abroad, message, Some(passed));
        }
        delivered
    }

    /// Delivers to one subscriber of the account that a message has come to, though not to a shadow: what came over
    /// a border as a request is not exported once more as a stream.
    fn hand(&mut self, origin: Origin<'_>, route: &Route, target: &Target, message: &Delivery<'_>) -> bool {
        if target.mapped.is_some() {
            return false;
        }
        match origin.client {
            Some((connection, _)) => {
                let outcome = match origin.follow {
                    Some(follow) if follow.only => {
                        rehearse(&target.subscription, message.subject, connection)
                    }
                    _ => self.deliver(route, target, &publish(message), None, connection),
                };
                if let Some(follow) = origin.follow {
                    follow.steps.borrow_mut().push(Step::Left(Fate {
                        subscription: target.subscription.clone(),
                        missed: outcome.err(),
                        mapped: None,
                    }));
                }
                outcome.is_ok()
            }
            None => self.deliver_sent(route, target, message, Pace::AtOnce),
        }
    }

    /// A subscription has ended: answers that only it waited for need not come any more.
    pub(super) fn nobody_hears(&mut self, account: &Account, pattern: &[u8]) {
        for lost in account.unheard(pattern) {
            self.tell_lost(&lost.exporter, &lost.answer, &Measured::InterestLost);
            // A consumer may be about to send there.
            self.interest_changed(&lost.exporter, &lost.subject);
        }
    }

    /// Answers that have not come in time.
    pub(super) fn give_up(&mut self, overdue: Vec<Lost>) {
        for lost in overdue {
            self.tell_lost(&lost.exporter, &lost.answer, &Measured::TimedOut);
            self.interest_changed(&lost.exporter, &lost.subject);
        }
    }

    fn tell_lost(&mut self, exporter: &Arc<Account>, answer: &Answer, how: &Measured<'_>) {
        if let Some(tracked) = &answer.tracked {
            self.tell_latency(exporter, tracked, how);
        }
    }

    /// Is the time of this request to be taken?
    fn track(
        &mut self,
        origin: Origin<'_>,
        import: &ServiceImport,
        message: &Delivery<'_>,
    ) -> Option<Tracked> {
        let latency = import.export.options.latency.as_ref()?;
        let draw = self.random_below(100);
        let header = super::latency::is_sampled(latency, draw, message.headers)?;
        let (connection, _) = origin.client?;
        Some(Tracked::new(
            latency,
            RequestInfo::new(connection, &import.server, import.options.share),
            header,
            import.server.clone(),
        ))
    }
}

/// The reply of a message that goes from `here` to the account `there`: one that leads back, unless it needs none.
fn leads_back(
    there: &Arc<Account>,
    here: &Arc<Account>,
    message: &Delivery<'_>,
    export: &Arc<Service>,
    share: bool,
    tracked: Option<Tracked>,
) -> Arc<[u8]> {
    match message.reply {
        [] => Arc::default(),
        reply if reply.starts_with(KEPT_REPLIES) => reply.into(),
        reply => there.expect(Answer {
            to: here.clone(),
            reply: reply.into(),
            export: export.clone(),
            deadline: Timestamp::now() + export.options.threshold,
            share,
            tracked: tracked.map(Arc::new),
        }),
    }
}

/// A message as a client would have published it.
fn publish<'a>(message: &Delivery<'a>) -> Publish<'a> {
    Publish {
        subject: message.subject,
        reply: message.reply,
        headers: message.headers,
        payload: message.payload,
        tail: None,
    }
}

/// What the exporter is told of who asks. Behind a second border it is what was told at the first, and from which
/// account it comes.
fn who_asks(
    origin: Origin<'_>,
    account: &Account,
    import: &ServiceImport,
    message: &Delivery<'_>,
    before: Option<&Passed<'_>>,
    share: bool,
) -> RequestInfo {
    let told = before
        .and_then(|_| headers::get(message.headers, HEADER))
        .and_then(|told| serde_json::from_slice::<RequestInfo>(told).ok());
    if let Some(told) = told {
        return RequestInfo {
            svc: account.name.clone(),
            server: match !share && import.options.share {
                true => import.server.to_string(),
                false => told.server,
            },
            ..told
        };
    }
    match origin.client {
        Some((connection, _)) => RequestInfo::new(connection, &import.server, share),
        None => RequestInfo {
            acc: account.name.clone(),
            ..RequestInfo::default()
        },
    }
}
