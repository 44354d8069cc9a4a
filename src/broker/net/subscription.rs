//! One subscription of one connection, and what else may stand in an account's subject tree.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::account::Account;
use super::connection::Connection;
use super::exchange::{Cast, ServiceImport, Shadow, withdraw};
use crate::broker::auth::Permissions;
use crate::broker::jetstream::Sink;

/// What a SUB made.
#[derive(Debug)]
pub struct Subscription {
    /// Unique in the server, in the order of creation.
    pub id: u64,
    /// Whose it is.
    pub connection: Arc<Connection>,
    /// The account it was made in.
    pub account: Arc<Account>,
    /// The subject or pattern.
    pub subject: Box<[u8]>,
    /// Its queue group.
    pub queue: Option<Box<[u8]>>,
    /// The client's name for it.
    pub sid: Box<[u8]>,
    /// Decides message by message, when something narrower than the subject is denied.
    pub filter: Option<Arc<Permissions>>,
    /// Messages delivered since it was made.
    delivered: AtomicU64,
    /// Where it stands in other accounts, whose streams its own account imports.
    casts: Mutex<Vec<Cast>>,
    /// Ends after that many; 0 for no end.
    max: AtomicU64,
    closed: AtomicBool,
}

/// May one more message be delivered?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Yes.
    Deliver,
    /// Yes, and with it the subscription is over.
    Last,
    /// No: it has ended.
    Closed,
    /// No: it has had as many as it wanted.
    Exceeded,
}

impl Subscription {
    /// A subscription that has seen nothing yet.
    pub fn new(
        id: u64,
        connection: Arc<Connection>,
        account: Arc<Account>,
        subject: &[u8],
        queue: Option<&[u8]>,
        sid: &[u8],
        filter: Option<Arc<Permissions>>,
    ) -> Subscription {
        Subscription {
            id,
            connection,
            account,
            subject: subject.into(),
            queue: queue.map(Into::into),
            sid: sid.into(),
            filter,
            delivered: AtomicU64::new(0),
            casts: Mutex::default(),
            max: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// The same subscription as far as its client sees, with another filter.
    pub fn renewed(&self, id: u64, filter: Option<Arc<Permissions>>) -> Subscription {
        let (connection, account) = (self.connection.clone(), self.account.clone());
        let (queue, sid) = (self.queue.as_deref(), &self.sid);
        let renewed = Subscription::new(id, connection, account, &self.subject, queue, sid, filter);
        renewed.delivered.store(self.delivered(), Ordering::Relaxed);
        renewed
            .max
            .store(self.max.load(Ordering::Relaxed), Ordering::Relaxed);
        renewed
    }

    /// Counts one more message, and says what that means.
    #[inline]
    pub fn take_turn(&self) -> Turn {
        if self.closed.load(Ordering::Relaxed) {
            return Turn::Closed;
        }
        let count = self.delivered.fetch_add(1, Ordering::Relaxed) + 1;
        match self.max.load(Ordering::Relaxed) {
            0 => Turn::Deliver,
            max if count < max => Turn::Deliver,
            max if count == max => Turn::Last,
            _ => Turn::Exceeded,
        }
    }

    /// Counts so many more messages, where there is no limit to them. False when it has ended.
    #[inline]
    pub fn take_turns(&self, count: u64) -> bool {
        if self.is_closed() {
            return false;
        }
        self.delivered.fetch_add(count, Ordering::Relaxed);
        true
    }

    /// Sets after how many messages, counted from the start, it ends. False when those were already
    /// delivered, or none are wanted: then it is over now.
    pub fn end_after(&self, max: Option<u64>) -> bool {
        let max = max.unwrap_or(0);
        let goes_on = max > self.delivered();
        self.max.store(if goes_on { max } else { 0 }, Ordering::Relaxed);
        goes_on
    }

    /// Is a message to this subject kept from it?
    #[inline]
    pub fn filters(&self, subject: &[u8]) -> bool {
        self.filter
            .as_ref()
            .is_some_and(|filter| !filter.may_deliver(subject, self.queue.as_deref()))
    }

    /// After how many messages it ends; 0 for no end.
    pub fn max(&self) -> u64 {
        self.max.load(Ordering::Relaxed)
    }

    /// Messages delivered so far.
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Has it ended?
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Where it stands in other accounts.
    pub fn casts(&self) -> MutexGuard<'_, Vec<Cast>> {
        self.casts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing more is delivered from now on. False when that was already so.
    pub fn close(&self) -> bool {
        !self.closed.swap(true, Ordering::Relaxed)
    }
}

/// What a subject may lead to.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// A client's subscription.
    Client(Arc<Subscription>),
    /// A binding of JetStream.
    Sink(Sink),
    /// The server itself answers.
    Server,
    /// Somebody in another account, which imports a stream.
    Shadow(Arc<Shadow>),
    /// Another account answers.
    Service(Arc<ServiceImport>),
    /// Answers to other accounts.
    Answers,
}

impl Subscription {
    /// Takes it out of its connection and of every tree it stands in. False when somebody else did already.
    pub fn remove(&self) -> bool {
        if !self.close() {
            return false;
        }
        self.connection.forget(self);
        withdraw(&self.casts(), self.queue.as_deref());
        self.account
            .subjects
            .remove(&self.subject, self.queue.as_deref(), self.id)
    }
}
