//! The task of one connection: reads batches, writes what the socket did not take at once, keeps the
//! timers, and cleans up.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::account::Account;
use super::complaints;
use super::connection::Connection;
use super::desk::Desk;
use super::login::Login;
use super::partial::Partial;
use super::rights::Rights;
use super::route::LastRoute;
use super::server::Server;
use super::settings::{AccountRules, Settings};
use super::socket::{Reader, Socket};
use super::timers::{Ping, Timers};
use super::worker::Worker;
use crate::broker::auth::{self, Refusal};
use crate::broker::conf::WriteTimeout;
use crate::proto::errors::{ClientError, CloseReason};
use crate::proto::parser::Limits;
use crate::util::time::Timestamp;

/// One connection's own state, which nobody else sees.
#[derive(Debug)]
pub struct Session {
    pub(super) server: Arc<Server>,
    pub(super) connection: Arc<Connection>,
    pub(super) account: Arc<Account>,
    pub(super) settings: Arc<Settings>,
    /// What holds in its account.
    pub(super) rules: Arc<AccountRules>,
    pub(super) rights: Rights,
    pub(super) login: Login,
    pub(super) limits: Limits,
    /// Subscriptions it may have; 0 for no limit.
    pub(super) subscriptions_max: usize,
    pub(super) last_route: LastRoute,
    pub(super) timers: Timers,
    pub(super) partial: Partial,
    /// How much of the server's news it has heard.
    pub(super) news: u64,
    worker: Arc<Worker>,
    pub(super) reader: Reader,
}

/// Why the task woke up.
enum Event {
    /// Somebody wants the connection to end.
    Close,
    /// Input has been dealt with. There may be more in the socket.
    Input,
    /// A timer is due.
    Due,
}

impl Session {
    /// The session of a connection that was just accepted.
    pub fn new(
        server: Arc<Server>,
        worker: Arc<Worker>,
        (reader, socket): (Reader, Socket),
        peer: Option<SocketAddr>,
    ) -> Box<Session> {
        // Before the settings, so that a change between the two is heard of.
        let news = server.news();
        let settings = server.settings();
        let options = &settings.options;
        let connection = Connection::new(server.connection_id(), peer, socket, &settings);
        let login = Login::new(&settings.authenticator);
        let limits = Limits {
            control_line_max: options.max_control_line,
            payload_max: options.max_payload,
            headers: false,
        };
        let subscriptions_max = options.max_subscriptions;
        let required = settings.authenticator.is_required();
        let timers = Timers::new(options, required, jitter(connection.id), Instant::now());
        Box::new(Session {
            account: server.global.clone(),
            connection: Arc::new(connection),
            rules: settings.rules(&server.global.name),
            settings,
            rights: Rights::default(),
            login,
            limits,
            subscriptions_max,
            last_route: LastRoute::default(),
            timers,
            partial: Partial::default(),
            news,
            worker,
            reader,
            server,
        })
    }

    /// Serves the connection until it ends. Most connections are idle most of the time, so what one then holds is
    /// kept small: the session in a box of its own, and what is over soon in another.
    pub async fn run(mut self: Box<Self>) {
        self.account.clients.fetch_add(1, Ordering::Relaxed);
        let tls = self.settings.tls.clone();
        if !tls.as_ref().is_some_and(|tls| tls.first) {
            self.say(&self.greeting());
        }
        tracing::debug!("{} - Client connection created", self.connection);
        if !self.server.admit(&self.connection) {
            tracing::error!("{} - {}", self.connection, ClientError::ConnectionsExceeded);
            self.refuse(ClientError::ConnectionsExceeded, CloseReason::ConnectionsExceeded);
        } else if tls.is_some() || self.settings.options.proxy_protocol {
            Box::pin(self.begin(tls.as_ref())).await;
        }
        self.serve().await;
        self.last_words().await;
        self.clean_up();
    }

    async fn serve(&mut self) {
        let mut sleep = pin!(sleep_until(self.timers.next()));
        loop {
            match std::future::poll_fn(|cx| self.poll(cx, sleep.as_mut())).await {
                Event::Close => return,
                Event::Input => {}
                Event::Due => self.due(Instant::now()),
            }
        }
    }

    /// Gives the client its time from now on, since what came before took a while and was not its doing.
    pub(super) fn restart_timers(&mut self) {
        let required = self.timers.login.is_some();
        let jitter = jitter(self.connection.id);
        self.timers = Timers::new(&self.settings.options, required, jitter, Instant::now());
    }

    fn poll(&mut self, cx: &mut Context<'_>, mut sleep: Pin<&mut Sleep>) -> Poll<Event> {
        self.connection.register(cx.waker());
        if self.connection.is_blocked() {
            self.write_on(cx);
        }
        if self.connection.close_reason().is_some() {
            return Poll::Ready(Event::Close);
        }
        if self.news != self.server.news() {
            let worker = self.worker.clone();
            let mut desk = worker.desk();
            let end = self.hear_news(&mut desk);
            self.flush(&mut desk);
            if let Err(reason) = end {
                self.connection.close(reason);
                return Poll::Ready(Event::Close);
            }
        }
        let next = self.timers.next();
        if next != sleep.deadline() {
            sleep.as_mut().reset(next);
        }
        if sleep.poll(cx).is_ready() {
            return Poll::Ready(Event::Due);
        }
        if self.timers.paused() {
            return Poll::Pending;
        }
        let end = match self.login.poll_slow(cx) {
            Some(checked) => self.resume_login(ready!(checked)),
            None => ready!(self.poll_input(cx)),
        };
        if let Err(reason) = end {
            self.connection.close(reason);
        }
        Poll::Ready(Event::Input)
    }

    /// Writes as much as the socket takes, and sees to it that the task wakes when it takes more.
    fn write_on(&mut self, cx: &mut Context<'_>) {
        while self.connection.is_blocked() && self.connection.poll_writable(cx).is_ready() {
            self.connection.flush(&mut self.worker.desk().pool, true);
        }
        let options = &self.settings.options;
        let ends = options.write_timeout != WriteTimeout::Retry;
        let since = self.connection.blocked_since().filter(|_| ends);
        self.timers.write = since.map(|since| since + options.write_deadline);
    }

    /// Reads one batch and deals with it.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseReason>> {
        let worker = self.worker.clone();
        let mut desk = worker.desk();
        let mut input = std::mem::take(&mut desk.input);
        let lead = self.partial.lead(&mut input);
        let mut buffer = ReadBuf::new(&mut input[lead..]);
        let read = match self.connection.wire() {
            None => Pin::new(&mut self.reader).poll_read(cx, &mut buffer),
            Some(wire) => wire.poll_read(self.connection.line(), cx, &mut buffer),
        };
        let len = buffer.filled().len();
        let end = match read {
            Poll::Ready(Ok(())) if len == 0 => Poll::Ready(Err(CloseReason::ClientClosed)),
            Poll::Ready(Ok(())) => {
                let end = self.batch(&mut desk, &input[..lead + len]);
                self.flush(&mut desk);
                Poll::Ready(end)
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(read_reason(&error))),
            Poll::Pending => {
                if lead > 0 {
                    self.partial.keep(&input[..lead], lead);
                }
                Poll::Pending
            }
        };
        desk.input = input;
        end
    }

    /// Sends what a batch produced, and pauses the input if a receiver can't keep up.
    fn flush(&mut self, desk: &mut Desk) {
        if let Some(receiver) = desk.flush()
            && !self.settings.options.no_fast_producer_stall
        {
            self.connection.counters.stalls.fetch_add(1, Ordering::Relaxed);
            self.timers.pause(receiver, Instant::now());
        }
    }

    /// Deals with what was read already.
    pub(super) fn take_in(&mut self, input: &[u8]) {
        let worker = self.worker.clone();
        let mut desk = worker.desk();
        if let Err(reason) = self.batch(&mut desk, input) {
            self.connection.close(reason);
        }
        self.flush(&mut desk);
    }

    /// Goes on where a slow login had stopped.
    fn resume_login(&mut self, checked: Result<auth::Login, Refusal>) -> Result<(), CloseReason> {
        let worker = self.worker.clone();
        let mut desk = worker.desk();
        let waiting = self.login.take_waiting();
        let end = self
            .enter(&mut desk, checked)
            .and_then(|()| self.batch(&mut desk, &waiting));
        self.flush(&mut desk);
        end
    }

    /// Sends bytes at once.
    pub(super) fn say(&self, bytes: &[u8]) {
        let mut desk = self.worker.desk();
        desk.say(&self.connection, bytes);
        desk.flush();
    }

    /// Tells the client why, and ends the connection.
    pub(super) fn refuse(&self, error: ClientError<'_>, reason: CloseReason) {
        self.say(&error.line());
        self.connection.close(reason);
    }

    fn due(&mut self, now: Instant) {
        self.timers.resume(now);
        if self.timers.login.is_some_and(|deadline| now >= deadline) {
            tracing::debug!("{} - {}", self.connection, ClientError::AuthenticationTimeout);
            return self.refuse(
                ClientError::AuthenticationTimeout,
                CloseReason::AuthenticationTimeout,
            );
        }
        match self.timers.ping(now) {
            Ping::No => {}
            Ping::Send => self.say(b"PING\r\n"),
            Ping::Stale => return self.refuse(ClientError::StaleConnection, CloseReason::StaleConnection),
        }
        if self.timers.write.is_some_and(|deadline| now >= deadline) {
            let deadline = self.settings.options.write_deadline;
            let complaint = complaints::of_deadline(deadline, self.connection.queued());
            tracing::info!("{} - {complaint}", self.connection);
            self.connection.discard();
            self.connection.close(CloseReason::SlowConsumerWriteDeadline);
        }
    }

    /// Gives the client a moment to take what it was told last.
    async fn last_words(&mut self) {
        const MOMENT: Duration = Duration::from_millis(100);
        // What is not taken by then is lost, as with nats-server.
        let _ = tokio::time::timeout(MOMENT, self.all_sent()).await;
    }

    /// Waits until the client has taken what it was told.
    pub(super) async fn all_sent(&mut self) {
        std::future::poll_fn(|cx| {
            self.connection.register(cx.waker());
            self.write_on(cx);
            if self.connection.is_blocked() {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    /// Takes the connection out of everything it stands in.
    fn clean_up(&mut self) {
        self.connection.discard();
        let reason = self
            .connection
            .close_reason()
            .unwrap_or(CloseReason::ClientClosed);
        tracing::debug!(
            "{} - Client connection closed: {}",
            self.connection,
            reason.text()
        );
        self.server.dismiss(&self.connection, reason);
        self.login.give_up();
        self.leave_account();
        self.connection.hang_up();
    }

    fn leave_account(&mut self) {
        let mut desk = self.worker.desk();
        desk.drop_subscriptions(&self.connection);
        desk.settle();
        desk.flush();
        self.account.clients.fetch_sub(1, Ordering::Relaxed);
    }

    /// Notes activity for connz.
    pub(super) fn active(&mut self) {
        self.timers.heard(Instant::now());
        self.connection
            .counters
            .last_activity
            .store(Timestamp::now().nanos(), Ordering::Relaxed);
    }
}

fn read_reason(error: &io::Error) -> CloseReason {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => CloseReason::ClientClosed,
        _ => CloseReason::ReadError,
    }
}

/// A number between 0 and 1 that differs between connections.
pub(super) fn jitter(id: u64) -> f64 {
    use std::hash::BuildHasher;
    let hash = crate::broker::subjects::SubjectHash.hash_one(id);
    (hash >> 11) as f64 / (1u64 << 53) as f64
}
