//! Listening to what may come as a flood, with a bound in bytes.
//!
//! `async-nats` puts what it reads into a channel that is bounded in messages, not in bytes, and drops what has no
//! room there. Here the socket is read only as fast as what came is taken: the rest waits at the server, which slows
//! its publishers down or cuts us off, and both can be seen. So while the connection holds every message is counted,
//! and what waits on our side is one read, [`READ_BYTES`], or one message if that is larger.
//!
//! Start with [`Intake::open`], then [`Intake::listen`]. [`login`] says who we are, [`line`] is the socket, [`tls`] its
//! handshake, and [`received`] what comes. A server that only the system's own authorities vouch for is left to
//! `async-nats`: [`IntakeError::NeedsTls`] says so.

mod line;
mod login;
mod received;
mod tls;

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::sync::Notify;

pub use line::READ_BYTES;
pub use received::{Received, header_pairs};
pub use tls::TlsError;

use super::ConnectSettings;
use super::connection::{ConnectError, addresses};
use line::Line;
use login::Hello;

/// Why nothing can be listened to this way.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The server wants TLS, or the settings do, and no authority is named that could be trusted.
    #[error("the connection needs TLS")]
    NeedsTls,
    /// The handshake cannot be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] ConnectError),
    /// The seed signs nothing.
    #[error("the login cannot be signed: {0}")]
    Signature(#[from] nkeys::error::Error),
    /// The server did not let us in, in its words.
    #[error("{0}")]
    Refused(String),
    /// The connection failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Whoever is there speaks something else.
    #[error(transparent)]
    Garbled(#[from] crate::proto::server_op::Garbled),
}

/// What happens to the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incident {
    /// It was lost; it is tried again until it is back. What was published meanwhile is missing.
    Lost,
    /// The server complains, in its words.
    Complaint(String),
}

/// Takes what came on one subscription, as much as came at once.
pub type Take = Box<dyn FnMut(&[Received<'_>]) + Send>;

/// A connection that only listens. It ends when this is dropped.
pub struct Intake {
    wanted: Arc<Wanted>,
    task: tokio::task::AbortHandle,
}

/// A subscription. It ends when this is dropped.
pub struct Listening {
    sid: u64,
    wanted: Arc<Wanted>,
}

/// What is to be listened to, and what is known of the connection.
#[derive(Default)]
struct Wanted {
    subscriptions: Mutex<Subscriptions>,
    changed: Notify,
    client_id: AtomicU64,
}

#[derive(Default)]
struct Subscriptions {
    last_sid: u64,
    by_sid: BTreeMap<u64, Subscription>,
    /// Lines that the server is still to be told.
    unsaid: Vec<u8>,
}

struct Subscription {
    /// `SUB` with its line end, for every new connection.
    line: String,
    take: Arc<Mutex<Take>>,
}

impl Intake {
    /// Connects. `report` is called from the connection's task and must not block.
    ///
    /// # Errors
    /// [`IntakeError::NeedsTls`], or the server cannot be reached or does not let us in.
    pub async fn open(
        settings: &ConnectSettings,
        report: impl Fn(Incident) + Send + Sync + 'static,
    ) -> Result<Intake, IntakeError> {
        Intake::say_hello(Hello::of(settings)?, report).await
    }

    async fn say_hello(
        hello: Hello,
        report: impl Fn(Incident) + Send + Sync + 'static,
    ) -> Result<Intake, IntakeError> {
        let wanted = Arc::new(Wanted::default());
        let first = dial(&hello, &mut Vec::new(), &wanted).await?;
        let work = keep_on(hello, first, Arc::clone(&wanted), report);
        Ok(Intake {
            task: tokio::spawn(work.boxed()).abort_handle(),
            wanted,
        })
    }

    /// Listens to a subject or pattern, in a queue group if one is named; both must be valid.
    pub fn listen(&self, subject: &str, queue: Option<&str>, take: Take) -> Listening {
        let mut subscriptions = self.wanted.lock();
        subscriptions.last_sid += 1;
        let sid = subscriptions.last_sid;
        let line = match queue {
            Some(queue) => format!("SUB {subject} {queue} {sid}\r\n"),
            None => format!("SUB {subject} {sid}\r\n"),
        };
        subscriptions.unsaid.extend_from_slice(line.as_bytes());
        let take = Arc::new(Mutex::new(take));
        subscriptions.by_sid.insert(sid, Subscription { line, take });
        drop(subscriptions);
        self.wanted.changed.notify_one();
        Listening {
            sid,
            wanted: Arc::clone(&self.wanted),
        }
    }

    /// The server's number for the connection.
    pub fn client_id(&self) -> u64 {
        self.wanted.client_id.load(Ordering::Relaxed)
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut subscriptions = self.wanted.lock();
        subscriptions.by_sid.remove(&self.sid);
        let line = format!("UNSUB {}\r\n", self.sid);
        subscriptions.unsaid.extend_from_slice(line.as_bytes());
        drop(subscriptions);
        self.wanted.changed.notify_one();
    }
}

impl Wanted {
    fn lock(&self) -> MutexGuard<'_, Subscriptions> {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is still to be said.
    fn unsaid(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().unsaid)
    }

    /// Everything that a new connection is told.
    fn all(&self) -> Vec<u8> {
        let mut subscriptions = self.lock();
        subscriptions.unsaid.clear();
        let lines = subscriptions.by_sid.values().map(|one| one.line.as_str());
        lines.collect::<String>().into_bytes()
    }

    /// Hands over what came. The subscriptions are not locked meanwhile, since whoever takes may lock something that
    /// is held while a subscription ends.
    fn hand_over(&self, sid: u64, messages: &[Received<'_>]) {
        let take = self.lock().by_sid.get(&sid).map(|one| Arc::clone(&one.take));
        if let Some(take) = take {
            (take.lock().unwrap_or_else(PoisonError::into_inner))(messages);
        }
    }
}

/// Connects to the first server that lets us in; `others` are those that it named before.
async fn dial(hello: &Hello, others: &mut Vec<String>, wanted: &Wanted) -> Result<Line, IntakeError> {
    // Named without a scheme, as servers name each other.
    let named = addresses(others).unwrap_or_default();
    let mut outcome = Err(IntakeError::Io(io::ErrorKind::NotFound.into()));
    for server in hello.servers.iter().chain(&named) {
        let attempt = Line::open(server, hello);
        outcome = match tokio::time::timeout(hello.timeout, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(IntakeError::Io(io::ErrorKind::TimedOut.into())),
        };
        if let Ok(line) = &outcome {
            wanted.client_id.store(line.client_id, Ordering::Relaxed);
            *others = line.others.clone();
            break;
        }
    }
    outcome
}

/// Reads for ever, on one connection after the other.
async fn keep_on(hello: Hello, first: Line, wanted: Arc<Wanted>, report: impl Fn(Incident) + Send + Sync) {
    let mut others = first.others.clone();
    let mut line = first;
    loop {
        // Whatever ended it, the connection is gone; the next one says whether the reason stays.
        if let Err(IntakeError::Refused(why)) = read_on(&mut line, &wanted, &report).await {
            report(Incident::Complaint(why));
        }
        report(Incident::Lost);
        line = loop {
            tokio::time::sleep(hello.retry_time).await;
            if let Ok(line) = dial(&hello, &mut others, &wanted).await {
                break line;
            }
        };
    }
}

/// Reads until the connection ends.
async fn read_on(
    line: &mut Line,
    wanted: &Wanted,
    report: &(impl Fn(Incident) + Sync),
) -> Result<(), IntakeError> {
    line.write(&wanted.all()).await?;
    let mut pings = line::pings();
    loop {
        line.take_whole(|sid, messages| wanted.hand_over(sid, messages), report)?;
        line.answer().await?;
        tokio::select! {
            read = line.read() => read?,
            () = wanted.changed.notified() => line.write(&wanted.unsaid()).await?,
            _ = pings.tick() => line.ping().await?,
        }
    }
}

#[cfg(test)]
mod tests;
