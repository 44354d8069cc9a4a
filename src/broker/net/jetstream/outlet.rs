//! JetStream's way out of an account.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::Host;
use crate::broker::jetstream::{Delivery, Outlet, Requester, Sink};
use crate::broker::net::account::Account;
use crate::broker::net::desk::Desk;
use crate::broker::net::subscription::Endpoint;
use crate::broker::subjects::Visit;

/// JetStream's way out, while a worker's desk is at hand.
pub(super) struct AccountOutlet<'a> {
    pub(super) desk: &'a mut Desk,
    pub(super) account: &'a Arc<Account>,
    pub(super) host: &'a Host,
}

impl Outlet for AccountOutlet<'_> {
    fn deliver(&mut self, message: Delivery<'_>) -> bool {
        self.desk.send(self.account, &message)
    }

    fn has_interest(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        let mut interest = Interest {
            queue,
            own: false,
            exact: None,
            found: false,
        };
        self.account.subjects.visit(subject, &mut interest);
        interest.found
    }

    fn is_subscribed(&self, subject: &[u8]) -> bool {
        let mut interest = Interest {
            queue: None,
            own: false,
            exact: Some(subject),
            found: false,
        };
        self.account.subjects.visit(subject, &mut interest);
        interest.found
    }

    fn is_heard(&self, subject: &[u8]) -> bool {
        let mut interest = Interest {
            queue: None,
            own: true,
            exact: None,
            found: false,
        };
        self.account.subjects.visit(subject, &mut interest);
        interest.found
    }

    fn requester(&self) -> Option<Requester> {
        let connection = self.desk.requester.as_ref()?.snapshot();
        Some(Requester {
            start: connection.started,
            host: connection.peer.ip().to_string(),
            id: connection.id,
            acc: connection.account,
            user: connection.user.as_deref().map(str::to_owned),
            name: connection.name,
            lang: connection.lang,
            ver: connection.version,
            rtt: connection
                .rtt
                .map(|rtt| u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX)),
            server: self.host.jetstream.server_name().to_owned(),
            kind: "Client",
            client_type: "nats",
        })
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
        if let Some(old) = bindings.insert((subject.into(), sink), id) {
            self.account.subjects.remove(subject, None, old);
        }
    }

    fn unbind(&mut self, subject: &[u8], sink: &Sink) {
        let mut bindings = self.host.bindings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = bindings.remove(&(subject.into(), sink.clone())) {
            self.account.subjects.remove(subject, None, id);
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
            // What JetStream sends is no request.
            Endpoint::Server => false,
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
