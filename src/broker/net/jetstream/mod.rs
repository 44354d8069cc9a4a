//! JetStream's place in an account: how messages get to it, how it sends, and its timer.
//!
//! The timer ticks at the keeper's desk, so that what is due holds up no client's worker; and what is due on the disk
//! is waited for by a thread that holds neither a desk nor a stream ([`start`]).

mod outlet;
mod start;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::account::Account;
use super::connection::Connection;
use super::desk::{Desk, Pace};
use super::exchange::{self, Cast, Origin, Receiver};
use super::route::LastRoute;
use super::subscription::Subscription;
use crate::broker::conf::AccountJetStream;
use crate::broker::jetstream::{
    Ailment, Decision, Delivery, Incoming, JetStream, Outlet, Received, Rehearsal, Sink, StreamDetails,
};
use crate::proto::api::account::AccountInfo;
use crate::util::time::Timestamp;

use outlet::AccountOutlet;
pub use start::{JetStreamError, close, distribute, open, start, stop, switch_off};

/// A subject or pattern, and what JetStream wants with it.
type Binding = (Box<[u8]>, Sink);

/// A binding in the account's tree, and where it stands in those of others.
#[derive(Debug)]
struct Bound {
    id: u64,
    casts: Vec<Cast>,
}

/// JetStream in an account.
#[derive(Debug)]
pub struct Host {
    jetstream: Arc<JetStream>,
    bindings: Mutex<HashMap<Binding, Bound>>,
    next_binding: AtomicU64,
    /// When its timer is set to go off; `i64::MAX` when it is not.
    armed: AtomicI64,
    earlier: Notify,
    /// How far its clock is ahead of the wall clock, in nanoseconds.
    ahead: AtomicU64,
    /// It serves the account; a reload may switch it off and on again.
    on: AtomicBool,
}

/// Bindings of JetStream count their ids down from the top, and subscriptions up from 1.
const FIRST_BINDING: u64 = u64::MAX;
/// The clock can be turned forward by a hundred years, in nanoseconds.
const AHEAD_MAX: u64 = 100 * 365 * 24 * 3600 * 1_000_000_000;

impl Host {
    /// JetStream with its timer; nothing is bound yet.
    pub fn new(jetstream: JetStream) -> Host {
        Host {
            jetstream: Arc::new(jetstream),
            bindings: Mutex::default(),
            next_binding: AtomicU64::new(FIRST_BINDING),
            armed: AtomicI64::new(i64::MAX),
            earlier: Notify::new(),
            ahead: AtomicU64::new(0),
            on: AtomicBool::new(false),
        }
    }

    /// Does it serve the account?
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Acquire)
    }

    /// Lets the account use more or less from now on.
    fn set_limits(&self, limits: &AccountJetStream) {
        self.jetstream.set_limits(start::account_limits(limits));
    }

    /// Takes away all that is bound.
    fn unbind_all(&self, account: &Account) {
        let mut bindings = self.bindings.lock().unwrap_or_else(PoisonError::into_inner);
        for ((subject, _), bound) in bindings.drain() {
            account.subjects.remove(&subject, None, bound.id);
            exchange::withdraw(&bound.casts, None);
        }
    }

    /// The account reaches other accounts' streams now, or no longer.
    pub fn look_around(&self) {
        if self.is_on() {
            self.jetstream.look_at_copies();
            self.rearm();
        }
    }

    /// JetStream itself, for a neighbour that copies from it.
    fn jetstream(&self) -> Arc<JetStream> {
        self.jetstream.clone()
    }

    /// The account imports other streams now: those who store them stand where they come from.
    pub fn recast(&self, account: &Arc<Account>) {
        let mut bindings = self.bindings.lock().unwrap_or_else(PoisonError::into_inner);
        for ((subject, sink), bound) in bindings.iter_mut() {
            let casts = shadows(account, subject, sink);
            exchange::withdraw(&bound.casts, None);
            bound.casts = casts;
        }
    }

    /// What the account uses.
    pub fn usage(&self) -> AccountInfo {
        self.jetstream.account_info()
    }

    /// What JetStream takes the time to be.
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.clock_ahead()
    }

    /// How far its clock is ahead of the wall clock.
    pub fn clock_ahead(&self) -> Duration {
        Duration::from_nanos(self.ahead.load(Ordering::Relaxed))
    }

    /// Lets this much time pass at once: acknowledgements time out, messages grow old.
    pub fn turn_clock(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let turn = |ahead: u64| Some(ahead.saturating_add(by).min(AHEAD_MAX));
        // The answer is always some, so this never fails.
        let _ = self
            .ahead
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, turn);
        self.earlier.notify_one();
    }

    /// Why a message was or was not delivered to a consumer.
    pub fn explain(&self, stream: &str, consumer: &str, seq: u64) -> Option<Decision> {
        self.jetstream.explain(stream, consumer, seq)
    }

    /// The account's streams that are not well.
    pub fn ailments(&self) -> Vec<Ailment> {
        self.jetstream.ailments()
    }

    /// Sets the timer forward if something has become due earlier than it thinks. The timer notes what it is set to
    /// and then looks for what is due; here something was made due and then the note is read. So one of the two sees
    /// the other, as long as all of it stands in one order for everybody (`SeqCst`).
    fn rearm(&self) {
        if self.deadline() < self.armed.load(Ordering::SeqCst) {
            self.earlier.notify_one();
        }
    }

    fn deadline(&self) -> i64 {
        self.jetstream.next_deadline().map_or(i64::MAX, Timestamp::nanos)
    }
}

/// Where a binding stands in other accounts: what takes in messages takes in imported ones, too.
fn shadows(account: &Arc<Account>, subject: &[u8], sink: &Sink) -> Vec<Cast> {
    match sink.takes_messages() {
        true => exchange::cast(account, subject, &Receiver::Sink(account.clone(), sink.clone())),
        false => Vec::new(),
    }
}

/// What cannot be done while a message is on its way, since a stream may be locked or a route in use.
#[derive(Debug, Default)]
pub struct Aftermath {
    /// Subscriptions that have had their last message.
    pub ended: Vec<Arc<Subscription>>,
    /// What JetStream sent to subjects that JetStream itself has bound.
    aside: VecDeque<(Arc<Account>, OwnMessage)>,
    commits: Vec<(Arc<Account>, Sink)>,
    /// Accounts whose timers may have to be set forward.
    touched: Vec<Arc<Account>>,
}

/// Where JetStream sent to last.
#[derive(Debug, Default)]
pub struct LastSent {
    account: u32,
    route: LastRoute,
}

impl LastSent {
    /// Nowhere yet in this account.
    fn to(account: &Account) -> LastSent {
        LastSent {
            account: account.number,
            route: LastRoute::default(),
        }
    }
}

#[derive(Debug)]
struct OwnMessage {
    sink: Sink,
    subject: Vec<u8>,
    reply: Vec<u8>,
    headers: Vec<u8>,
    payload: Vec<u8>,
}

impl Desk {
    /// Starts JetStream in an account.
    pub fn start_jetstream(&mut self, account: &Arc<Account>) {
        self.with_jetstream(account, |jetstream, now, outlet| jetstream.start(now, outlet));
        if let Some(host) = account.host.get() {
            host.on.store(true, Ordering::Release);
        }
    }

    /// Ends JetStream in an account, as far as it is on.
    pub fn shut_jetstream(&mut self, account: &Arc<Account>) {
        let Some(host) = account.jetstream() else {
            return;
        };
        host.on.store(false, Ordering::Release);
        self.with_jetstream(account, |jetstream, now, outlet| jetstream.close(now, outlet));
        host.unbind_all(account);
        self.settle();
        self.flush();
    }

    /// Tells everybody who waits for a message that there will be none.
    pub fn stop_jetstream(&mut self, account: &Arc<Account>) {
        self.with_jetstream(account, |jetstream, now, outlet| jetstream.stop(now, outlet));
        self.settle();
        self.flush();
    }

    /// Hands a client's message to JetStream. False when nobody is behind the binding.
    pub fn receive_from(
        &mut self,
        connection: &Arc<Connection>,
        account: &Arc<Account>,
        sink: &Sink,
        message: Incoming<'_>,
    ) -> bool {
        self.requester = sink.takes_requests().then(|| connection.clone());
        let received = self.receive(account, sink, message);
        self.requester = None;
        received
    }

    /// Hands a message to JetStream. False when nobody is behind the binding.
    pub fn receive(&mut self, account: &Arc<Account>, sink: &Sink, message: Incoming<'_>) -> bool {
        let received = self.with_jetstream(account, |jetstream, now, outlet| {
            jetstream.receive(now, sink, message, outlet)
        });
        if received == Some(Received::CommitDue) {
            let commits = &mut self.aftermath.commits;
            if !commits.iter().any(|(a, s)| Arc::ptr_eq(a, account) && s == sink) {
                commits.push((account.clone(), sink.clone()));
            }
        }
        received.is_some_and(|received| received != Received::Nobody)
    }

    /// What the stream behind a binding would do with a message, if there is one.
    pub fn rehearse(
        &mut self,
        account: &Arc<Account>,
        sink: &Sink,
        message: Incoming<'_>,
    ) -> Option<Rehearsal> {
        self.with_jetstream(account, |jetstream, now, _| {
            jetstream.rehearse(now, sink, &message)
        })?
    }

    /// Tells JetStream that a subscription to `subject` came or went.
    pub fn interest_changed(&mut self, account: &Arc<Account>, subject: &[u8]) {
        self.with_jetstream(account, |jetstream, now, outlet| {
            jetstream.interest_changed(now, subject, outlet);
        });
    }

    fn with_jetstream<T>(
        &mut self,
        account: &Arc<Account>,
        act: impl FnOnce(&JetStream, Timestamp, &mut dyn Outlet) -> T,
    ) -> Option<T> {
        let host = account.host.get()?;
        let touched = &mut self.aftermath.touched;
        if !touched.iter().any(|a| Arc::ptr_eq(a, account)) {
            touched.push(account.clone());
        }
        Some(act(
            &host.jetstream,
            host.now(),
            &mut AccountOutlet {
                desk: self,
                account,
                host,
            },
        ))
    }

    /// Every stream of an account, for those who watch.
    pub fn look_at_streams(&mut self, account: &Arc<Account>, consumers: bool) -> Vec<StreamDetails> {
        let streams = self.with_jetstream(account, |jetstream, now, outlet| {
            jetstream.details(now, consumers, outlet)
        });
        self.settle();
        self.flush();
        streams.unwrap_or_default()
    }

    /// Deletes every stream of an account; returns how many there were.
    pub fn delete_streams(&mut self, account: &Arc<Account>) -> usize {
        let deleted = self.with_jetstream(account, |jetstream, now, outlet| {
            jetstream.delete_streams(now, outlet)
        });
        self.settle();
        self.flush();
        deleted.unwrap_or_default()
    }

    /// Hands a message to JetStream when no stream is locked any more.
    pub fn put_aside(&mut self, account: &Arc<Account>, sink: &Sink, message: Incoming<'_>) -> bool {
        let own = OwnMessage {
            sink: sink.clone(),
            subject: message.subject.to_vec(),
            reply: message.reply.to_vec(),
            headers: message.headers.to_vec(),
            payload: message.payload.to_vec(),
        };
        self.aftermath.aside.push_back((account.clone(), own));
        true
    }

    /// Delivers a message that no client sent.
    pub fn send(&mut self, account: &Arc<Account>, message: &Delivery<'_>, pace: Pace) -> bool {
        let mut last = self.last_sent.take().unwrap_or_default();
        if last.account != account.number {
            *last = LastSent::to(account);
        }
        let route = last.route.find(message.route, account, self);
        let mut delivered = false;
        for target in &route.plain {
            delivered |= self.deliver_sent(route, target, message, pace);
        }
        for group in &route.groups {
            delivered |= self
                .in_turn(group)
                .any(|target| self.deliver_sent(route, target, message, pace));
        }
        for sink in &route.sinks {
            delivered |= self.put_aside(account, sink, message.taken_by(sink));
        }
        if let Some(abroad) = &route.abroad {
            let origin = Origin::default();
            delivered |= self.cross(origin, account, abroad, message, None);
        }
        last.route.trim();
        self.last_sent = Some(last);
        delivered
    }

    /// Does what had to wait until no route was in use and no stream locked. To be called before
    /// [`Desk::flush`].
    pub fn settle(&mut self) {
        /// Messages from JetStream to itself in one batch. A stream can't feed itself, so this many
        /// mean a circle that its checks did not see.
        const ASIDE_MAX: usize = 100_000;
        let mut passed = 0;
        loop {
            self.end_finished();
            if let Some((account, message)) = self.aftermath.aside.pop_front() {
                passed += 1;
                if passed > ASIDE_MAX {
                    tracing::warn!(account = account.name, "JetStream sends to itself without end");
                    self.aftermath.aside.clear();
                    continue;
                }
                let OwnMessage {
                    sink,
                    subject,
                    reply,
                    headers,
                    payload,
                } = &message;
                self.receive(
                    &account,
                    sink,
                    Incoming {
                        subject,
                        reply,
                        headers,
                        payload,
                    },
                );
            } else if let Some((account, sink)) = self.aftermath.commits.pop() {
                self.with_jetstream(&account, |jetstream, now, outlet| {
                    jetstream.commit(now, &sink, outlet)
                });
            } else {
                break;
            }
        }
        for account in self.aftermath.touched.drain(..) {
            if let Some(host) = account.host.get() {
                host.rearm();
            }
        }
    }
}
