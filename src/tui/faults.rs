//! What goes wrong on the stage when the speaker wants it to: the server goes away and comes back, and a client reads
//! nothing. Only our own broker has such switches.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::background::Client;
use super::event::News;
use super::labs::room::BrokerSlot;
use super::panes::PaneContext;
use super::panes::task::Task;
use crate::broker::{self, Options};

/// How long the client that reads nothing tries to connect.
const CONNECT_TIME: Duration = Duration::from_secs(2);
/// What it says before it falls silent: it wants everything.
const WANTS_ALL: &[u8] =
    b"CONNECT {\"verbose\":false,\"name\":\"treg klient\",\"lang\":\"goingnats\",\"version\":\"1\"}\r\nSUB > 1\r\nPING\r\n";

/// The switch of our own broker.
pub struct Switch {
    options: Options,
    broker: BrokerSlot,
    client: Client,
    /// True while it goes on or off.
    turns: std::sync::Arc<AtomicBool>,
}

/// Where it is turned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// Off.
    Off,
    /// On again.
    On,
    /// It is still on its way.
    Busy,
}

impl Switch {
    /// The switch of a broker that was started with these options and is held there.
    pub fn new(options: Options, broker: BrokerSlot, client: Client) -> Switch {
        Switch {
            options,
            broker,
            client,
            turns: std::sync::Arc::default(),
        }
    }

    /// Turns the broker off, or on again at the same port with what it had stored. Returns at once.
    pub fn turn(&self) -> Turned {
        if self.turns.swap(true, Ordering::AcqRel) {
            return Turned::Busy;
        }
        let handle = self.broker.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (turned, turns) = (
            handle.as_ref().map_or(Turned::On, |_| Turned::Off),
            self.turns.clone(),
        );
        let (options, broker, client) = (self.options.clone(), self.broker.clone(), self.client.clone());
        self.client.runtime.spawn_blocking(move || {
            match handle {
                Some(handle) => handle.shutdown(),
                None => match broker::start(options) {
                    Ok(handle) => {
                        *broker.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
                    }
                    Err(error) => drop(client.tell(News::ServerFailed(error.to_string()))),
                },
            }
            turns.store(false, Ordering::Release);
            client.waker.wake();
        });
        turned
    }
}

/// A client that subscribes to everything and reads nothing, until it is dropped or cut off as a slow consumer.
pub fn slow_client(url: &str, context: &PaneContext) -> Task {
    let address = url.rsplit_once("://").map_or(url, |(_, address)| address);
    let address = address
        .rsplit_once('@')
        .map_or(address, |(_, address)| address)
        .to_owned();
    context.spawn(async move {
        let dialled = tokio::time::timeout(CONNECT_TIME, TcpStream::connect(address)).await;
        let Ok(Ok(mut stream)) = dialled else { return };
        if stream.write_all(WANTS_ALL).await.is_ok() {
            std::future::pending::<()>().await;
        }
    })
}
