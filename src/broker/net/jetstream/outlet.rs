//! JetStream's way out of an account.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::{Bound, Host, shadows};
use crate::broker::jetstream::{Delivery, JetStream, Outlet, Requester, Sink};
use crate::broker::net::account::Account;
use crate::broker::net::desk::Desk;
use crate::broker::net::exchange::{Receiver, withdraw};
use crate::broker::net::subscription::Endpoint;
use crate::broker::subjects::Visit;

/// JetStream's way out, while a worker's desk is at hand.
pub(super) struct AccountOutlet<'a> {
    pub(super) desk: &'a mut Desk,
    pub(super) account: &'a Arc<Account>,
    pub(super) host: &'a Host,
}

impl AccountOutlet<'_> {
    /// Is there somebody of that description? Who asked from another account listens there.
    fn finds(&self, subject: &[u8], queue: Option<&[u8]>, own: bool, exact: Option<&[u8]>) -> bool {
        let elsewhere = self.account.trace_back(subject);
        let (account, subject, exact) = match &elsewhere {
            Some((account, reply)) => (account, &**reply, exact.map(|_| &**reply)),
            None => (self.account, subject, exact),
        };
        let mut interest = Interest {
            queue,
            own,
            exact,
            found: false,
        };
        account.subjects.visit(subject, &mut interest);
        interest.found
    }
}

impl Outlet for AccountOutlet<'_> {
    fn deliver(&mut self, message: Delivery<'_>) -> bool {
        self.desk.send(self.account, &message)
    }

    fn has_interest(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        self.finds(subject, queue, false, None)
    }

    fn is_subscribed(&self, subject: &[u8]) -> bool {
        self.finds(subject, None, false, Some(subject))
    }

    fn is_heard(&self, subject: &[u8]) -> bool {
        self.finds(subject, None, true, None)
    }

    fn requester(&self) -> Option<Requester> {
        let connection = self.desk.requester.as_ref()?.snapshot();
        let rtt = connection.rtt;
        let rtt = rtt.map(|rtt| u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX));
        let server = self.host.jetstream.server_name().to_owned();
        let imported = self.desk.imported.clone();
        let svc = imported.as_ref().map(|imported| imported.service.clone());
        if imported.is_some_and(|imported| !imported.share) {
            return Some(Requester {
                acc: connection.account,
                svc,
                rtt,
                server,
                ..Requester::default()
            });
        }
        Some(Requester {
            start: Some(connection.started),
            host: connection.host(),
            id: Some(connection.id),
            acc: connection.account,
            svc,
            user: connection.user.as_deref().map(str::to_owned),
            name: connection.name,
            lang: connection.lang,
            ver: connection.version,
            rtt,
            server,
            kind: "Client",
            client_type: "nats",
        })
    }

    fn neighbour(&self, api_prefix: &str, deliver_prefix: &str, stream: &str) -> Option<Arc<JetStream>> {
        let create = |prefix: &str| format!("{prefix}.CONSUMER.CREATE.{stream}");
        let (here, there) = (create(api_prefix), create("$JS.API"));
        let exchange = &self.account.exchange;
        let exporter = exchange.asks(here.as_bytes(), there.as_bytes())?;
        let prefix = match deliver_prefix {
            "" => "$JS",
            prefix => prefix.trim_end_matches('.'),
        };
        // A mirror and a source are delivered to on subjects like these.
        let comes_back = ["S", "M"].iter().any(|kind| {
            let subject = format!("{prefix}.{kind}.copy");
            exchange.hears(&exporter, subject.as_bytes())
        });
        Some(exporter.jetstream().filter(|_| comes_back)?.jetstream())
    }

    fn bind(&mut self, subject: &[u8], sink: Sink) {
        let id = self.host.next_binding.fetch_sub(1, Ordering::Relaxed);
        let mut bindings = self.host.bindings.lock().unwrap_or_else(PoisonError::into_inner);
        if self
            .account
            .subjects
            .insert(subject, None, id, Endpoint::Sink(sink.clone()))
            .is_err()
        {
            tracing::warn!(subject = %String::from_utf8_lossy(subject), "JetStream bound an invalid subject");
            return;
        }
        let casts = shadows(self.account, subject, &sink);
        if let Some(old) = bindings.insert((subject.into(), sink), Bound { id, casts }) {
            self.account.subjects.remove(subject, None, old.id);
            withdraw(&old.casts, None);
        }
    }

    fn unbind(&mut self, subject: &[u8], sink: &Sink) {
        let mut bindings = self.host.bindings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bound) = bindings.remove(&(subject.into(), sink.clone())) {
            self.account.subjects.remove(subject, None, bound.id);
            withdraw(&bound.casts, None);
        }
    }
}

/// Looks whether somebody would get a message.
struct Interest<'a> {
    queue: Option<&'a [u8]>,
    /// JetStream's own bindings count, too.
    own: bool,
    /// Only subscriptions to exactly this count.
    exact: Option<&'a [u8]>,
    found: bool,
}

impl Interest<'_> {
    fn look(&mut self, members: &[(u64, Endpoint)]) {
        self.found |= members.iter().any(|(_, endpoint)| match endpoint {
            Endpoint::Client(subscription) => {
                !subscription.connection.is_closed()
                    && self.exact.is_none_or(|subject| *subscription.subject == *subject)
            }
            Endpoint::Sink(sink) => self.own || (sink.takes_copies() && self.exact.is_none()),
            Endpoint::Shadow(shadow) => match &shadow.receiver {
                Receiver::Client(subscription) => {
                    !subscription.connection.is_closed()
                        && self.exact.is_none_or(|subject| *shadow.pattern == *subject)
                }
                Receiver::Sink(_, sink) => self.own || (sink.takes_copies() && self.exact.is_none()),
            },
            // What JetStream sends there is for another account to answer, if it is heard at all.
            Endpoint::Service(_) => self.exact.is_none(),
            // What JetStream sends is no request.
            Endpoint::Server | Endpoint::Answers => false,
        });
    }
}

impl Visit<Endpoint> for Interest<'_> {
    fn plain(&mut self, members: &[(u64, Endpoint)]) {
        if self.queue.is_none() {
            self.look(members);
        }
    }

    fn group(&mut self, name: &[u8], members: &[(u64, Endpoint)]) {
        if self.queue.is_none_or(|queue| queue == name) {
            self.look(members);
        }
    }
}
