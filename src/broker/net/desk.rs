//! A worker's desk: what its connections' tasks share because only one of them runs at a time.
//!
//! What a batch of input produces is written into a stage for each receiver. At the end all stages are
//! first handed to their connections' queues, and only then is anything written: so whoever reacts
//! to a message finds what was published before it already on its way.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};

use super::account::Account;
use super::chunks::{Buffer, Depot, Pool};
use super::connection::{CLOSED, Connection, HEADERS, LAGGING, NO_ECHO, Pressure, REMEMBERS_REPLIES};
use super::exchange::Shadow;
use super::jetstream::{Aftermath, LastSent};
use super::route::{Group, Route, Target};
use super::subscription::{Subscription, Turn};
use super::trace;
use crate::broker::conf::Options;
use crate::broker::jetstream::Delivery;
use crate::broker::subjects::{CacheFigures, RouteCache, Shard, SubjectHash};
use crate::broker::tap::{Missed, Taps};
use crate::proto::parser::Publish;
use crate::proto::writer::Message;

/// Routes that a worker remembers for each account, in receivers.
const ROUTES_WEIGHT_MAX: usize = 128 * 1024;
/// Bytes that one read takes at most.
const READ_SIZE: usize = 64 * 1024;

/// The desk of one worker.
#[derive(Debug)]
pub struct Desk {
    /// Where input is read into; taken out while it is looked at.
    pub input: Vec<u8>,
    /// Buffers for output.
    pub pool: Pool,
    /// What JetStream left to be done when no stream is locked any more.
    pub aftermath: Aftermath,
    /// Who looks at what passes.
    pub taps: Arc<Taps>,
    /// Publishers do not wait for receivers that lag behind: those go without.
    pub no_stall: bool,
    worker: usize,
    stages: Vec<Stage>,
    routes: HashMap<u32, RouteCache<Route>, SubjectHash>,
    routes_weight_max: usize,
    random: u64,
    /// Taken out while it is used.
    pub last_sent: Option<Box<LastSent>>,
    /// Who sent the request that JetStream is looking at.
    pub requester: Option<Arc<Connection>>,
    /// That request comes from another account.
    pub imported: Option<Imported>,
    /// A receiver that is about to fall behind.
    pressed: Option<Arc<Connection>>,
}

/// A request from another account, for JetStream.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Others may know who asks.
    pub share: bool,
    /// The account that the request has come to.
    pub service: String,
}

/// What one connection is to get.
#[derive(Debug)]
struct Stage {
    connection: Arc<Connection>,
    chunk: Buffer,
    messages: u64,
    bytes: u64,
}

/// What became of a message for one of those whom it was meant for.
#[derive(Debug)]
pub struct Fate {
    /// Whom.
    pub subscription: Arc<Subscription>,
    /// Why it did not get the message; `None` when it did.
    pub missed: Option<Missed>,
    /// The subject it has there, and by what it was imported, when that is another account.
    pub mapped: Option<(Box<[u8]>, Arc<Shadow>)>,
}

/// When a message that no client sent goes into its receiver's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Under the stream's lock, so that what several workers send for one stream arrives in the stream's order.
    AtOnce,
    /// At the end of the batch, with everything else that the receiver gets from it.
    WithTheBatch,
}

/// Would the subscription get a message from `from`, as far as can be said without counting it?
pub fn rehearse(to: &Subscription, subject: &[u8], from: &Connection) -> Result<(), Missed> {
    let is_own = to.connection.id == from.id;
    match to.connection.flags() {
        flags if flags & NO_ECHO != 0 && is_own => Err(Missed::NoEcho),
        _ if to.filters(subject) => Err(Missed::Denied),
        _ if to.is_closed() => Err(Missed::Closed),
        _ => Ok(()),
    }
}

impl Stage {
    fn count(&mut self, messages: usize, size: usize) {
        self.messages += messages as u64;
        self.bytes += size as u64;
    }
}

impl Desk {
    /// The empty desk of the worker with this number.
    pub fn new(worker: usize, options: &Options, taps: Arc<Taps>, depot: Arc<Depot>) -> Desk {
        Desk {
            input: vec![0; READ_SIZE],
            pool: Pool::new(depot),
            aftermath: Aftermath::default(),
            taps,
            no_stall: false,
            worker,
            stages: Vec::new(),
            routes: HashMap::default(),
            routes_weight_max: match options.disable_sublist_cache {
                true => 0,
                false => ROUTES_WEIGHT_MAX,
            },
            random: SubjectHash::of(&worker.to_le_bytes()) | 1,
            requester: None,
            imported: None,
            pressed: None,
            last_sent: None,
        }
    }

    /// Where `subject` leads: a route that this worker remembers, or one that is written to `own`, which holds nothing
    /// otherwise.
    pub fn find_route(
        &mut self,
        subject: &[u8],
        account: &Account,
        generation: u64,
        own: &mut Route,
    ) -> Option<Arc<Route>> {
        let cache = self
            .routes
            .entry(account.number)
            .or_insert_with(|| RouteCache::new(self.routes_weight_max));
        if let Some(route) = cache.get(subject, generation) {
            own.clear();
            return Some(route.clone());
        }
        own.rebuild(subject, account);
        if !cache.admits(subject) {
            return None;
        }
        own.look_closer();
        let route = Arc::new(std::mem::take(own));
        cache.insert(subject, generation, route.weight(), route.clone());
        Some(route)
    }

    /// What this worker remembers of an account's subjects.
    pub fn remembered(&self, account: &Account) -> CacheFigures {
        let holds =
            |subject: &[u8], generation| account.subjects.generation(Shard::of(subject)) == generation;
        let cache = self.routes.get(&account.number);
        cache.map_or_else(CacheFigures::default, |cache| cache.figures(holds, Route::fanout))
    }

    /// Delivers a message to everybody on its route, JetStream apart. `shared` is the buffer that the
    /// message lies in, when it is large and has one of its own. False when nobody got it.
    #[inline]
    pub fn fan_out(
        &mut self,
        route: &Route,
        message: &Publish<'_>,
        shared: Option<&Bytes>,
        from: &Connection,
    ) -> bool {
        let mut delivered = false;
        for target in &route.plain {
            delivered |= self.deliver(route, target, message, shared, from).is_ok();
        }
        for group in &route.groups {
            delivered |= self
                .in_turn(group)
                .any(|target| self.deliver(route, target, message, shared, from).is_ok());
        }
        delivered
    }

    /// As [`Desk::fan_out`], and tells what became of each receiver. A rehearsal delivers to nobody.
    #[cold]
    pub fn fan_out_watched(
        &mut self,
        route: &Route,
        message: &Publish<'_>,
        shared: Option<&Bytes>,
        from: &Connection,
        rehearsal: bool,
    ) -> Vec<Fate> {
        let mut fates = Vec::new();
        let mut attempt = |desk: &mut Desk, target: &Target, chosen: bool| {
            let outcome = match (chosen, rehearsal) {
                (true, _) => Err(Missed::NotChosen),
                (false, true) => rehearse(&target.subscription, message.subject, from),
                (false, false) => desk.deliver(route, target, message, shared, from),
            };
            fates.push(Fate {
                subscription: target.subscription.clone(),
                missed: outcome.err(),
                mapped: target
                    .mapped
                    .as_ref()
                    .map(|mapped| (mapped.subject.clone(), mapped.shadow.clone())),
            });
            outcome.is_ok()
        };
        for target in &route.plain {
            attempt(self, target, false);
        }
        for group in &route.groups {
            let mut chosen = false;
            for target in self.in_turn(group) {
                chosen |= attempt(self, target, chosen);
            }
        }
        fates
    }

    /// The members of a group from one of them on, who is chosen at random: the first that takes a message gets it.
    pub fn in_turn<'g>(&mut self, group: &'g Group) -> impl Iterator<Item = &'g Target> + use<'g> {
        let first = self.random_below(group.members.len());
        let (before, after) = group.members.split_at(first);
        after.iter().chain(before)
    }

    /// Delivers to one subscriber, or says why not.
    #[inline]
    pub fn deliver(
        &mut self,
        route: &Route,
        target: &Target,
        message: &Publish<'_>,
        shared: Option<&Bytes>,
        from: &Connection,
    ) -> Result<(), Missed> {
        let subscription = &target.subscription;
        let connection = &subscription.connection;
        let flags = connection.flags();
        if flags & NO_ECHO != 0 && connection.id == from.id {
            return Err(Missed::NoEcho);
        }
        if flags & LAGGING != 0 && self.no_stall && connection.is_too_slow() {
            return Err(Missed::Slow);
        }
        let subject = target.subject().unwrap_or(message.subject);
        self.accepts(subscription, flags, subject, message.reply)?;
        let headers_supported = flags & HEADERS != 0;
        let with_headers = headers_supported && !message.headers.is_empty();
        let at = self.stage(connection);
        match message
            .tail
            .filter(|_| headers_supported || message.headers.is_empty())
        {
            Some(tail) => {
                let prefix = route.prefix(target, with_headers);
                match shared {
                    Some(shared) => {
                        self.room(at, prefix.len()).extend_from_slice(prefix);
                        self.hand_over(at, Some(shared.slice_ref(tail)));
                    }
                    None => {
                        let chunk = self.room(at, prefix.len() + tail.len());
                        chunk.extend_from_slice(prefix);
                        chunk.extend_from_slice(tail);
                    }
                }
            }
            None => {
                let message = Message {
                    subject,
                    sid: &subscription.sid,
                    reply: message.reply,
                    headers: message.headers,
                    payload: message.payload,
                };
                message.write(self.room(at, message.size_hint()), headers_supported);
            }
        }
        let size = if headers_supported {
            message.size()
        } else {
            message.payload.len()
        };
        self.count_staged(at, 1, size);
        if trace::is_on(&self.taps) {
            let message = Message {
                subject,
                sid: &subscription.sid,
                reply: message.reply,
                headers: message.headers,
                payload: message.payload,
            };
            trace::delivered(&self.taps, connection, &message, headers_supported);
        }
        Ok(())
    }

    /// Delivers a message that no client sent to one of its route.
    pub fn deliver_sent(
        &mut self,
        route: &Route,
        target: &Target,
        message: &Delivery<'_>,
        pace: Pace,
    ) -> bool {
        // Where the wire shows another subject than the one that it travels to, it does so in every account.
        let openly = message.subject == message.route;
        let subject = match &target.mapped {
            Some(mapped) if openly => &mapped.subject,
            _ => message.subject,
        };
        let message = Message {
            subject,
            sid: &target.subscription.sid,
            reply: message.reply,
            headers: message.headers,
            payload: message.payload,
        };
        let subscription = &target.subscription;
        let connection = &subscription.connection;
        let flags = connection.flags();
        if self
            .accepts(subscription, flags, message.subject, message.reply)
            .is_err()
        {
            return false;
        }
        let headers_supported = flags & HEADERS != 0;
        let at = self.stage(connection);
        let chunk = self.room(at, message.size_hint());
        if openly {
            let with_headers = headers_supported && !message.headers.is_empty();
            chunk.extend_from_slice(route.prefix(target, with_headers));
            message.write_behind_prefix(chunk, headers_supported);
        } else {
            message.write(chunk, headers_supported);
        }
        if trace::is_on(&self.taps) {
            trace::delivered(&self.taps, connection, &message, headers_supported);
        }
        let headers = if headers_supported {
            message.headers.len()
        } else {
            0
        };
        self.count_staged(at, 1, headers + message.payload.len());
        if pace == Pace::AtOnce {
            self.hand_over(at, None);
        }
        true
    }

    /// The one place that decides whether a subscription gets a message that matches it, its own echo
    /// apart.
    #[inline]
    fn accepts(
        &mut self,
        to: &Arc<Subscription>,
        flags: u8,
        subject: &[u8],
        reply: &[u8],
    ) -> Result<(), Missed> {
        if to.filters(subject) {
            return Err(Missed::Denied);
        }
        if flags & CLOSED != 0 {
            return Err(Missed::Gone);
        }
        match to.take_turn() {
            Turn::Deliver => {}
            Turn::Last => self.aftermath.ended.push(to.clone()),
            Turn::Closed => return Err(Missed::Closed),
            Turn::Exceeded => return Err(Missed::Exceeded),
        }
        if flags & REMEMBERS_REPLIES != 0 && !reply.is_empty() {
            to.connection.remember_reply(reply);
        }
        Ok(())
    }

    /// Appends bytes for a connection, behind what this batch has already for it.
    pub fn say(&mut self, connection: &Arc<Connection>, bytes: &[u8]) {
        let at = self.stage(connection);
        self.room(at, bytes.len()).extend_from_slice(bytes);
        if trace::is_on(&self.taps) {
            trace::said(&self.taps, connection, bytes);
        }
    }

    /// Puts what this batch has for a connection into its queue, in front of what others have for it from now on.
    pub fn queue_staged(&mut self, connection: &Arc<Connection>) {
        let at = self.stage(connection);
        self.hand_over(at, None);
    }

    /// Ends the subscriptions that have had their last message. Not while a route is in use.
    pub fn end_finished(&mut self) {
        while let Some(subscription) = self.aftermath.ended.pop() {
            self.end(&subscription);
        }
    }

    /// Ends all subscriptions of a connection.
    pub fn drop_subscriptions(&mut self, connection: &Connection) {
        let subscriptions = std::mem::take(&mut *connection.subscriptions());
        for subscription in subscriptions.into_values() {
            self.end(&subscription);
        }
    }

    /// Counts what was written into a stage; `size` is that of headers and payloads.
    #[inline]
    pub fn count_staged(&mut self, at: usize, messages: usize, size: usize) {
        self.stages[at].count(messages, size);
    }

    /// The number of the connection's stage in this batch.
    #[inline]
    pub fn stage(&mut self, connection: &Arc<Connection>) -> usize {
        let hint = &connection.stages[self.worker];
        let at = hint.load(Ordering::Relaxed) as usize;
        if self
            .stages
            .get(at)
            .is_some_and(|stage| Arc::ptr_eq(&stage.connection, connection))
        {
            return at;
        }
        hint.store(self.stages.len() as u32, Ordering::Relaxed);
        self.stages.push(Stage {
            connection: connection.clone(),
            chunk: Buffer::default(),
            messages: 0,
            bytes: 0,
        });
        self.stages.len() - 1
    }

    /// The stage's buffer with room for `size` more bytes.
    #[inline]
    pub fn room(&mut self, at: usize, size: usize) -> &mut BytesMut {
        let chunk = &self.stages[at].chunk;
        if chunk.capacity() - chunk.len() < size {
            self.hand_over(at, None);
            self.stages[at].chunk = self.pool.take(size);
        }
        &mut self.stages[at].chunk
    }

    /// Moves a stage's buffer, and `shared` behind it, into the connection's queue.
    fn hand_over(&mut self, at: usize, shared: Option<Bytes>) {
        let stage = &mut self.stages[at];
        if stage.chunk.is_empty() && shared.is_none() {
            return;
        }
        let chunk = std::mem::take(&mut stage.chunk);
        if stage.connection.append(chunk, shared, &mut self.pool) == Pressure::High {
            self.pressed = Some(stage.connection.clone());
        }
    }

    /// Hands over every stage and then writes to each connection once. Returns a receiver that is about
    /// to fall behind, for whom the sender should wait.
    pub fn flush(&mut self) -> Option<Arc<Connection>> {
        for at in 0..self.stages.len() {
            self.hand_over(at, None);
        }
        for stage in self.stages.drain(..) {
            if stage.messages > 0 {
                let counters = &stage.connection.counters;
                counters.out_messages.fetch_add(stage.messages, Ordering::Relaxed);
                counters.out_bytes.fetch_add(stage.bytes, Ordering::Relaxed);
            }
            stage.connection.flush(&mut self.pool, false);
        }
        self.pressed.take()
    }

    /// A number below `limit`, every one as likely; xorshift is random enough for choosing a receiver.
    pub fn random_below(&mut self, limit: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        ((u128::from(self.random) * limit as u128) >> 64) as usize
    }
}
