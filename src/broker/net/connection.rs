//! What everybody may know and do about a connection: append to it, flush it, ask it to end.
//!
//! The connection's own task is [`super::session`]; this is the part that other connections' tasks
//! reach through their subscriptions.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::Instant;

use super::outbound::{Outbound, Pool, Written};
use super::settings::Settings;
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
    /// The address at the other end of the socket, which the log shows.
    peer: SocketAddr,
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
    replies: Mutex<Option<(Arc<Permissions>, Replies)>>,
    /// Where its stage stands on each worker's desk; only a hint, which the desk checks.
    pub stages: [AtomicU32; DESKS_MAX],
    /// Longest payload that the log shows, in bytes; 0 for any.
    pub traced_max: usize,
    /// Bytes that may be pending.
    pending_max: usize,
    flags: AtomicU8,
    reason: AtomicU8,
    socket: OwnedWriteHalf,
    /// Where clients may or must speak TLS.
    wire: Option<Box<Wire>>,
    /// What the handshake agreed on.
    secured: OnceLock<Secured>,
    outbound: Mutex<Outbound>,
    task: AtomicWaker,
}

/// Subscriptions by sid.
pub type Subscriptions = HashMap<Box<[u8]>, Arc<Subscription>, SubjectHash>;

/// Figures that connz shows. Each is written by one task at a time.
#[derive(Debug, Default)]
pub struct Counters {
    /// Messages from the client.
    pub in_messages: AtomicU64,
    /// Their size without line ends.
    pub in_bytes: AtomicU64,
    /// Messages to the client.
    pub out_messages: AtomicU64,
    /// Their size without line ends.
    pub out_bytes: AtomicU64,
    /// When it last published or subscribed, in nanoseconds since the epoch.
    pub last_activity: AtomicI64,
    /// Round trip in nanoseconds; 0 when not yet known.
    pub rtt: AtomicU64,
    /// How often it was made to wait for a slow receiver.
    pub stalls: AtomicU64,
}

impl Counters {
    /// Notes a round trip, as short as it may have been.
    pub fn note_rtt(&self, rtt: Duration) {
        let nanos = u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX);
        self.rtt.store(nanos.max(1), Ordering::Relaxed);
    }
}

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
        write!(f, "{} - cid:{}", self.peer, self.id)?;
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
    pub fn new(id: u64, peer: SocketAddr, socket: OwnedWriteHalf, settings: &Settings) -> Connection {
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

    /// The address at the other end of the socket.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The client's address, which a proxy may have told.
    pub fn client_address(&self) -> SocketAddr {
        *self.proxied.get().unwrap_or(&self.peer)
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
        let _ = self.secured.set(secured);
    }

    /// What the handshake agreed on, if there was one.
    pub fn secured(&self) -> Option<&Secured> {
        self.secured.get()
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
        self.socket.as_ref().poll_write_ready(cx).map(|_| ())
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
    pub fn append(&self, chunk: Vec<u8>, shared: Option<Bytes>, pool: &mut Pool) -> Pressure {
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
                    drop(outbound);
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
            None => self.socket.try_write_vectored(slices),
            Some(wire) => wire.write(self.socket.as_ref(), slices),
        }
    }

    /// All is written, as far as nothing encrypted is left to be sent.
    fn set_blocked_by_wire(&self) {
        match self.wire.as_ref().map(|wire| wire.push(self.socket.as_ref())) {
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
        let allowed = permissions.and_then(|p| Some((p.clone(), Replies::new(p.responses()?))));
        self.set_flag(REMEMBERS_REPLIES, allowed.is_some());
        *self.replies() = allowed;
    }

    fn replies(&self) -> MutexGuard<'_, Option<(Arc<Permissions>, Replies)>> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message with this reply was delivered.
    pub fn remember_reply(&self, reply: &[u8]) {
        if let Some((permissions, replies)) = &mut *self.replies()
            && !permissions.can_publish(reply)
        {
            replies.received(reply, Timestamp::now());
        }
    }

    /// Is this an answer that it may give? Counts it as given.
    pub fn may_answer(&self, subject: &[u8]) -> bool {
        match &mut *self.replies() {
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
            wire.say_goodbye(self.socket.as_ref());
        }
        let socket = self.socket.as_ref().as_fd().try_clone_to_owned();
        // When that fails the socket ends together with the connection.
        if let Ok(socket) = socket.map(std::net::TcpStream::from) {
            let _ = socket.shutdown(std::net::Shutdown::Both);
        }
    }
}
