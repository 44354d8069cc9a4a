//! What everybody may know and do about a connection: append to it, flush it, ask it to end.
//!
//! The connection's own task is [`super::session`]; this is the part that other connections' tasks
//! reach through their subscriptions.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use super::chunks::{Buffer, Pool};
use super::counters::Counters;
use super::outbound::{Outbound, Written};
use super::settings::Settings;
use super::socket::{Line, Socket};
use super::subscription::Subscription;
use super::tls::{Secured, Wire};
use super::worker::DESKS_MAX;
use crate::broker::auth::{Permissions, Replies};
use crate::broker::conf::GLOBAL_ACCOUNT;
use crate::broker::subjects::SubjectHash;
use crate::proto::errors::CloseReason;
use crate::util::time::Timestamp;

/// The client understands headers.
pub const HEADERS: u8 = 1;
/// The client does not want its own messages.
pub const NO_ECHO: u8 = 2;
/// The connection is over.
pub const CLOSED: u8 = 4;
/// The socket took less than it was offered: the connection's own task must wait for it.
const BLOCKED: u8 = 8;
/// The user may answer what it receives, though not publish there otherwise.
pub const REMEMBERS_REPLIES: u8 = 16;
/// More than three quarters of what may be pending was, when something was appended last.
pub const LAGGING: u8 = 32;

/// A client's connection.
#[derive(Debug)]
pub struct Connection {
    /// The client id, as in INFO and connz.
    pub id: u64,
    /// The address at the other end of the socket, which the log shows; a client in this process has none.
    peer: Option<SocketAddr>,
    /// The address of whom a proxy at the other end speaks for.
    proxied: OnceLock<SocketAddr>,
    /// When it was accepted.
    pub started: Timestamp,
    /// What it has done so far.
    pub counters: Counters,
    /// What it has told about itself.
    pub about: Mutex<About>,
    /// Its subscriptions by sid.
    subscriptions: Mutex<Subscriptions>,
    /// What its user may do, and the replies it may answer, for a user with `allow_responses`.
    replies: Mutex<Option<Box<Answers>>>,
    /// Where its stage stands on each worker's desk; only a hint, which the desk checks.
    pub stages: [AtomicU32; DESKS_MAX],
    /// Longest payload that the log shows, in bytes; 0 for any.
    pub traced_max: usize,
    /// Bytes that may be pending.
    pending_max: usize,
    flags: AtomicU8,
    reason: AtomicU8,
    socket: Socket,
    /// Where clients may or must speak TLS.
    wire: Option<Box<Wire>>,
    /// What the handshake agreed on.
    secured: OnceLock<Box<Secured>>,
    outbound: Mutex<Outbound>,
    task: AtomicWaker,
}

/// What a user with `allow_responses` may do, and the replies it may answer.
type Answers = (Arc<Permissions>, Replies);

/// Subscriptions by sid.
pub type Subscriptions = HashMap<Box<[u8]>, Arc<Subscription>, SubjectHash>;

/// What a client told in CONNECT, as far as others want to know it.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Connection name.
    pub name: String,
    /// Language of the library.
    pub lang: String,
    /// Version of the library.
    pub version: String,
    /// The account.
    pub account: String,
    /// The user, when it logged in as one.
    pub user: Option<Arc<str>>,
}

/// What appending to a connection told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressure {
    /// All is well.
    None,
    /// More than three quarters of what may be pending is: who publishes should wait.
    High,
}

/// As the log names it: address, number, what the client says it is, and its user.
impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.peer {
            Some(peer) => write!(f, "{peer}")?,
            // As Go calls the address of such a client.
            None => f.write_str("pipe")?,
        }
        write!(f, " - cid:{}", self.id)?;
        let about = self.about.lock().unwrap_or_else(PoisonError::into_inner);
        let version = match about.version.as_str() {
            "" => String::new(),
            version => format!("v{version}"),
        };
        let parts = [version.as_str(), &about.lang, &about.name];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            write!(f, " - {:?}", parts.join(":"))?;
        }
        match &about.user {
            Some(user) => {
                // A public key of a user is that long, and begins so.
                let kind = if user.len() == 56 && user.starts_with('U') {
                    "nkey"
                } else {
                    "user"
                };
                write!(f, " - {:?}", format!("{}/{kind}:{user}", about.account))
            }
            None => Ok(()),
        }
    }
}

impl Connection {
    /// A connection with an empty queue.
    pub fn new(id: u64, peer: Option<SocketAddr>, socket: Socket, settings: &Settings) -> Connection {
        let options = &settings.options;
        let started = Timestamp::now();
        let counters = Counters {
            last_activity: started.nanos().into(),
            ..Counters::default()
        };
        Connection {
            id,
            peer,
            proxied: OnceLock::new(),
            started,
            counters,
            about: Mutex::new(About {
                account: GLOBAL_ACCOUNT.to_owned(),
                ..About::default()
            }),
            subscriptions: Mutex::default(),
            replies: Mutex::default(),
            stages: [const { AtomicU32::new(u32::MAX) }; DESKS_MAX],
            traced_max: options.log.max_traced_msg_len,
            pending_max: options.max_pending,
            flags: AtomicU8::new(0),
            reason: AtomicU8::new(0),
            socket,
            wire: settings.tls.as_ref().map(|_| Box::default()),
            secured: OnceLock::new(),
            outbound: Mutex::default(),
            task: AtomicWaker::new(),
        }
    }

    /// The address at the other end of the socket, if there is a socket.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The client's address, which a proxy may have told.
    pub fn client_address(&self) -> Option<SocketAddr> {
        self.proxied.get().copied().or(self.peer)
    }

    /// Is the client in this process, without a socket?
    pub fn is_in_process(&self) -> bool {
        matches!(self.socket, Socket::Memory(_))
    }

    /// Its socket, or what it has instead.
    pub fn line(&self) -> Line<'_> {
        self.socket.line()
    }

    /// Notes for whom the proxy at the other end speaks.
    pub fn note_proxied(&self, client: SocketAddr) {
        // It says so once, before anything else.
        let _ = self.proxied.set(client);
    }

    /// Its encryption, where clients may or must speak TLS.
    pub fn wire(&self) -> Option<&Wire> {
        self.wire.as_deref()
    }

    /// Notes what the handshake agreed on.
    pub fn note_secured(&self, secured: Secured) {
        // There is one handshake.
        let _ = self.secured.set(Box::new(secured));
    }

    /// What the handshake agreed on, if there was one.
    pub fn secured(&self) -> Option<&Secured> {
        self.secured.get().map(|secured| &**secured)
    }

    /// The name that its client gave it.
    pub fn name(&self) -> String {
        self.about
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .name
            .clone()
    }

    /// The flags of one look: [`HEADERS`], [`NO_ECHO`], and those behind the methods below.
    #[inline]
    pub fn flags(&self) -> u8 {
        self.flags.load(Ordering::Relaxed)
    }

    /// Sets or clears a flag.
    pub fn set_flag(&self, flag: u8, on: bool) {
        if on {
            self.flags.fetch_or(flag, Ordering::AcqRel);
        } else {
            self.flags.fetch_and(!flag, Ordering::AcqRel);
        }
    }

    /// True when nothing more can be delivered.
    pub fn is_closed(&self) -> bool {
        self.flags() & CLOSED != 0
    }

    /// True when its own task must wait for the socket.
    pub fn is_blocked(&self) -> bool {
        self.flags() & BLOCKED != 0
    }

    /// Asks the connection to end; the first reason counts. Nothing is delivered from now on.
    pub fn close(&self, reason: CloseReason) {
        if self.set_reason(reason) {
            self.set_flag(CLOSED, true);
            self.task.wake();
        }
    }

    fn set_reason(&self, reason: CloseReason) -> bool {
        self.reason
            .compare_exchange(0, reason as u8, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Why it ends, once it does.
    pub fn close_reason(&self) -> Option<CloseReason> {
        CloseReason::from_number(self.reason.load(Ordering::Acquire))
    }

    /// Waits until it is to end. Only its own task may wait.
    pub async fn closing(&self) {
        std::future::poll_fn(|cx| {
            self.register(cx.waker());
            match self.close_reason() {
                Some(_) => Poll::Ready(()),
                None => Poll::Pending,
            }
        })
        .await;
    }

    /// Wakes `waker` when something is to be done for this connection from now on.
    pub fn register(&self, waker: &Waker) {
        self.task.register(waker);
    }

    /// Lets its task look for what has changed.
    pub fn wake(&self) {
        self.task.wake();
    }

    /// Waits until the socket takes more.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        // An error comes up again in the write that follows.
        self.line().poll_writable(cx).map(|_| ())
    }

    /// Bytes not yet taken by the kernel.
    pub fn pending(&self) -> usize {
        self.outbound().pending()
    }

    /// How many chunks are queued, and how many bytes are not yet taken by the kernel.
    pub fn queued(&self) -> (usize, usize) {
        let outbound = self.outbound();
        (outbound.chunks(), outbound.pending())
    }

    /// Since when the socket takes nothing.
    pub fn blocked_since(&self) -> Option<Instant> {
        self.outbound().blocked_since()
    }

    fn outbound(&self) -> MutexGuard<'_, Outbound> {
        self.outbound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a buffer, and behind it part of a large message. A client that leaves too much unread is
    /// cut off without a word.
    pub fn append(&self, chunk: Buffer, shared: Option<Bytes>, pool: &mut Pool) -> Pressure {
        let mut outbound = self.outbound();
        if !chunk.is_empty() {
            outbound.push(chunk, pool);
        }
        if let Some(shared) = shared {
            outbound.push_shared(shared);
        }
        let pending = outbound.pending();
        if pending > self.pending_max {
            outbound.close();
            drop(outbound);
            self.close(CloseReason::SlowConsumerPendingBytes);
            return Pressure::None;
        }
        if self.is_much(pending) {
            drop(outbound);
            self.set_flag(LAGGING, true);
            Pressure::High
        } else {
            Pressure::None
        }
    }

    fn is_much(&self, pending: usize) -> bool {
        pending > self.pending_max / 4 * 3
    }

    /// True when it lags so far behind that a publisher who does not wait must leave it out.
    #[cold]
    pub fn is_too_slow(&self) -> bool {
        let behind = self.is_behind();
        if !behind {
            self.set_flag(LAGGING, false);
        }
        behind
    }

    /// True when so much is pending that who publishes should wait.
    pub fn is_behind(&self) -> bool {
        !self.is_closed() && self.is_much(self.pending())
    }

    /// Writes what is queued as far as the socket takes it. If somebody is writing already, that one
    /// goes on with what was appended; once the socket is full, only the connection's own task
    /// (`owner`) tries again.
    pub fn flush(&self, pool: &mut Pool, owner: bool) {
        /// How often a writer goes on with what others appended; then it is the owner's turn.
        const ROUNDS_MAX: usize = 8;
        if !owner && self.is_blocked() {
            return;
        }
        for _ in 0..ROUNDS_MAX {
            let mut outbound = self.outbound();
            let Some(mut batch) = outbound.begin_write() else {
                if outbound.is_idle() {
                    // Under the lock: otherwise somebody could meet a full socket meanwhile, and nobody would hear of
                    // it.
                    self.set_blocked_by_wire();
                }
                return;
            };
            drop(outbound);
            let (written, how) = batch.write(pool, |slices| self.write(slices));
            let mut outbound = self.outbound();
            let more = outbound.end_write(batch, written, &how, Instant::now());
            match how {
                Written::All if more => {}
                Written::All => return self.set_blocked_by_wire(),
                Written::Blocked => return self.set_blocked(true),
                Written::Failed => {
                    outbound.close();
                    drop(outbound);
                    return self.close(CloseReason::WriteError);
                }
            }
        }
        self.set_blocked(true);
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.wire {
            None => self.line().try_write(slices),
            Some(wire) => wire.write(self.line(), slices),
        }
    }

    /// All is written, as far as nothing encrypted is left to be sent.
    fn set_blocked_by_wire(&self) {
        match self.wire.as_ref().map(|wire| wire.push(self.line())) {
            None => self.set_blocked(false),
            Some(Ok(all)) => self.set_blocked(!all),
            Some(Err(_)) => self.close(CloseReason::WriteError),
        }
    }

    fn set_blocked(&self, blocked: bool) {
        if self.is_blocked() != blocked {
            self.set_flag(BLOCKED, blocked);
            if blocked {
                self.task.wake();
            }
        }
    }

    /// From now on it may answer what it receives, or no longer.
    pub fn allow_answers(&self, permissions: Option<&Arc<Permissions>>) {
        let allowed = permissions.and_then(|p| Some(Box::new((p.clone(), Replies::new(p.responses()?)))));
        self.set_flag(REMEMBERS_REPLIES, allowed.is_some());
        *self.replies() = allowed;
    }

    fn replies(&self) -> MutexGuard<'_, Option<Box<Answers>>> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message with this reply was delivered.
    pub fn remember_reply(&self, reply: &[u8]) {
        if let Some((permissions, replies)) = self.replies().as_deref_mut()
            && !permissions.can_publish(reply)
        {
            replies.received(reply, Timestamp::now());
        }
    }

    /// Is this an answer that it may give? Counts it as given.
    pub fn may_answer(&self, subject: &[u8]) -> bool {
        match self.replies().as_deref_mut() {
            Some((_, replies)) => replies.answer(subject, Timestamp::now()),
            None => false,
        }
    }

    /// Its subscriptions, locked.
    pub fn subscriptions(&self) -> MutexGuard<'_, Subscriptions> {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops a subscription from the list, unless its sid has been given to another one.
    pub fn forget(&self, subscription: &Subscription) {
        let mut subscriptions = self.subscriptions();
        if subscriptions
            .get(&subscription.sid)
            .is_some_and(|held| held.id == subscription.id)
        {
            subscriptions.remove(&subscription.sid);
        }
    }

    /// Gives up what is still queued.
    pub fn discard(&self) {
        self.set_flag(CLOSED, true);
        self.outbound().close();
    }

    /// Lets the client see the end now: a remembered route may hold the connection, and with it the
    /// socket, for much longer.
    pub fn hang_up(&self) {
        if let Some(wire) = &self.wire {
            wire.say_goodbye(self.line());
        }
        self.line().hang_up();
    }
}
