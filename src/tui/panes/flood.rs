//! A connection of its own for what may come as a flood, so that it delays no answer that another pane waits for.
//!
//! It is an [`Intake`], which reads only as fast as the panes take and so needs no more memory than one read. Where
//! that cannot be (TLS that only the system's own authorities vouch for), it is one of the client library's, which may
//! have [`SUBSCRIPTION_MESSAGES_WANTED`] messages of a subscription waiting and drops the rest; and where the server
//! wants no second connection, the panes' own.
//!
//! [`SUBSCRIPTION_MESSAGES_WANTED`]: super::SUBSCRIPTION_MESSAGES_WANTED

use std::sync::Arc;

use async_nats::Client;
use futures_util::StreamExt;
use tokio::sync::OnceCell;

use super::PaneContext;
use super::incidents::{Incidents, Losses};
use super::task::PULSE;
use crate::client::intake::{Intake, Received};
use crate::client::{ConnectSettings, connect_watched};

/// The most messages taken at once from the client library.
const BATCH_MAX: usize = 20_000;
/// How often a refusal is looked for after subscribing.
const REFUSAL_LOOKS: usize = 10;

/// The connection for floods, which comes about when the first pane needs it. Clones share it.
#[derive(Clone)]
pub struct Flood(Arc<Inner>);

struct Inner {
    /// How to reach the server; none where the panes' connection has to do.
    settings: Option<ConnectSettings>,
    incidents: Incidents,
    /// None where there can be none.
    intake: OnceCell<Option<Intake>>,
    client: OnceCell<Client>,
}

impl Flood {
    /// A connection of its own to this server, as soon as somebody needs it.
    pub fn to(settings: ConnectSettings) -> Flood {
        let name = format!("{} feed", settings.name);
        Flood::of(Some(settings.named(&name)))
    }

    /// None of its own: floods come on the panes' connection.
    pub fn shared() -> Flood {
        Flood::of(None)
    }

    fn of(settings: Option<ConnectSettings>) -> Flood {
        Flood(Arc::new(Inner {
            settings,
            incidents: Incidents::new(),
            intake: OnceCell::new(),
            client: OnceCell::new(),
        }))
    }

    async fn intake(&self) -> Option<&Intake> {
        let settings = self.0.settings.as_ref()?;
        let noted = self.0.incidents.clone();
        let open = async {
            Intake::open(settings, move |told| noted.note_intake(&told))
                .await
                .ok()
        };
        self.0.intake.get_or_init(|| open).await.as_ref()
    }

    async fn client(&self) -> Option<&Client> {
        let settings = self.0.settings.as_ref()?;
        let noted = self.0.incidents.clone();
        let connect = || connect_watched(settings, move |event| noted.note(&event));
        self.0.client.get_or_try_init(connect).await.ok()
    }
}

impl PaneContext {
    /// Listens to a subject or pattern on which anything may come, until the connection ends for good. What comes is
    /// noted for completion, and a frame is asked for after each `take`. `refused` is told when the server does not
    /// allow it, in the server's words.
    ///
    /// # Errors
    /// The subscription cannot be made, in the client library's words.
    pub(crate) async fn listen(
        &self,
        subject: &str,
        queue: Option<&str>,
        mut take: impl FnMut(&[Received<'_>]) + Send + 'static,
        refused: impl Fn(String),
    ) -> Result<(), String> {
        let (heard, waker) = (self.heard.clone(), self.waker.clone());
        let mut take = move |messages: &[Received<'_>]| {
            heard.note(messages);
            take(messages);
            waker.wake();
        };
        if let Some(intake) = self.flood.intake().await {
            let before = self.flood.0.incidents.refusals();
            let _listening = intake.listen(subject, queue, Box::new(take));
            self.watch(&self.flood.0.incidents, before, subject, &refused)
                .await;
            return std::future::pending().await;
        }
        let (client, incidents) = match self.flood.client().await {
            Some(client) => (client, &self.flood.0.incidents),
            None => (&self.client, &self.incidents),
        };
        let before = incidents.refusals();
        let subscribed = match queue {
            Some(queue) => client.queue_subscribe(subject.to_owned(), queue.to_owned()).await,
            None => client.subscribe(subject.to_owned()).await,
        };
        let mut batches = subscribed
            .map_err(|error| error.to_string())?
            .ready_chunks(BATCH_MAX);
        let feed = async {
            // Unconstrained, since tokio would otherwise hand out no more than 128 messages at a time; the feed gives
            // way to others between batches instead.
            while let Some(messages) = tokio::task::unconstrained(batches.next()).await {
                take(&messages.iter().map(Received::from).collect::<Vec<_>>());
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(feed, self.watch(incidents, before, subject, &refused));
        Ok(())
    }

    /// A refusal comes some time after subscribing.
    async fn watch(&self, incidents: &Incidents, before: u64, subject: &str, refused: &impl Fn(String)) {
        for _ in 0..REFUSAL_LOOKS {
            tokio::time::sleep(PULSE).await;
            if let Some(text) = incidents.refusal_since(before, subject) {
                refused(text);
                return self.waker.wake();
            }
        }
    }

    /// What was lost so far. A server that goes cuts both connections at once.
    pub(crate) fn losses(&self) -> Losses {
        let flood = &self.flood.0.incidents;
        Losses {
            dropped: self.incidents.dropped() + flood.dropped(),
            disconnects: self.incidents.disconnects().max(flood.disconnects()),
        }
    }

    /// The numbers that the server gave the panes' connections.
    pub(crate) fn own_ids(&self) -> Vec<u64> {
        let flood = self.flood.0.client.get();
        let clients = [Some(&self.client), flood].into_iter().flatten();
        let intake = self.flood.0.intake.get().and_then(Option::as_ref);
        let ids = clients.map(|client| client.server_info().client_id);
        ids.chain(intake.map(Intake::client_id)).collect()
    }
}
