//! JetStream's way out of an account.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::{Bound, Host, shadows};
use crate::broker::jetstream::{Delivery, JetStream, Outlet, Requester, Sink};
use crate::broker::net::account::Account;
use crate::broker::net::desk::{Desk, Pace};
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
    fn finds(&self, subject: &[u8], wanted: Wanted<'_>) -> bool {
        let elsewhere = self.account.trace_back(subject);
        let (account, subject) = match &elsewhere {
            Some((account, reply)) => (account, &**reply),
            None => (self.account, subject),
        };
        let mut interest = Interest {
            wanted,
            subject,
            found: false,
        };
        account.subjects.visit(subject, &mut interest);
        interest.found
    }
}

impl Outlet for AccountOutlet<'_> {
    fn deliver(&mut self, message: Delivery<'_>) -> bool {
        self.desk.send(self.account, &message, Pace::AtOnce)
    }

    fn answer(&mut self, reply: &[u8], payload: &[u8]) {
        let answer = Delivery::open(reply, b"", payload);
        self.desk.send(self.account, &answer, Pace::WithTheBatch);
    }

    fn has_interest(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        self.finds(
            subject,
            Wanted {
                group: queue.map_or(Group::Any, Group::Named),
                ..Wanted::default()
            },
        )
    }

    fn is_subscribed(&self, subject: &[u8]) -> bool {
        self.finds(
            subject,
            Wanted {
                exact: true,
                ..Wanted::default()
            },
        )
    }

    fn is_awaited(&self, subject: &[u8], group: Option<&[u8]>) -> bool {
        self.finds(
            subject,
            Wanted {
                group: group.map_or(Group::None, Group::Named),
                exact: true,
                copies: true,
                ..Wanted::default()
            },
        )
    }

    fn is_heard(&self, subject: &[u8]) -> bool {
        self.finds(
            subject,
            Wanted {
                own: true,
                ..Wanted::default()
            },
        )
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

/// Members of which queue group count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Group<'a> {
    /// Those of all, and who is in none.
    #[default]
    Any,
    /// Only who is in none.
    None,
    /// Only those of this one.
    Named(&'a [u8]),
}

/// Who is looked for.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted<'a> {
    group: Group<'a>,
    /// JetStream's own bindings count, too.
    own: bool,
    /// Only subscriptions to exactly the subject count.
    exact: bool,
    /// Bindings that take copies count all the same.
    copies: bool,
}

/// Looks whether somebody would get a message.
struct Interest<'a> {
    wanted: Wanted<'a>,
    subject: &'a [u8],
    found: bool,
}

impl Interest<'_> {
    fn fits(&self, pattern: &[u8]) -> bool {
        !self.wanted.exact || pattern == self.subject
    }

    fn counts(&self, sink: &Sink) -> bool {
        self.wanted.own || sink.takes_copies() && (self.wanted.copies || !self.wanted.exact)
    }

    fn look(&mut self, members: &[(u64, Endpoint)]) {
        self.found |= members.iter().any(|(_, endpoint)| match endpoint {
            Endpoint::Client(subscription) => {
                !subscription.connection.is_closed() && self.fits(&subscription.subject)
            }
            Endpoint::Sink(sink) => self.counts(sink),
            Endpoint::Shadow(shadow) => match &shadow.receiver {
                Receiver::Client(subscription) => {
                    !subscription.connection.is_closed() && self.fits(&shadow.pattern)
                }
                Receiver::Sink(_, sink) => self.counts(sink),
            },
            // What JetStream sends there is for another account to answer, if it is heard at all.
            Endpoint::Service(_) => self.wanted.copies || !self.wanted.exact,
            // What JetStream sends is no request.
            Endpoint::Server | Endpoint::Answers => false,
        });
    }
}

impl Visit<Endpoint> for Interest<'_> {
    fn plain(&mut self, members: &[(u64, Endpoint)]) {
        if !matches!(self.wanted.group, Group::Named(_)) {
            self.look(members);
        }
    }

    fn group(&mut self, name: &[u8], members: &[(u64, Endpoint)]) {
        if [Group::Any, Group::Named(name)].contains(&self.wanted.group) {
            self.look(members);
        }
    }
}
