//! A connection of its own for what may come as a flood, so that it delays no answer that another pane waits for.

use std::sync::Arc;

use async_nats::Client;
use tokio::sync::OnceCell;

use super::PaneContext;
use super::incidents::Incidents;
use crate::client::{ConnectSettings, connect_watched};

/// The connection for floods, which comes about when the first pane needs it. Clones share it.
#[derive(Clone)]
pub struct Flood(Arc<Inner>);

struct Inner {
    /// How to reach the server; none where the panes' connection has to do.
    settings: Option<ConnectSettings>,
    incidents: Incidents,
    client: OnceCell<Client>,
}

/// The connection that a flood comes on, and what it complains about.
pub struct Line {
    /// The connection.
    pub client: Client,
    /// Its complaints.
    pub incidents: Incidents,
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
            client: OnceCell::new(),
        }))
    }

    async fn client(&self) -> Option<&Client> {
        let settings = self.0.settings.as_ref()?;
        let noted = self.0.incidents.clone();
        let connect = || connect_watched(settings, move |event| noted.note(&event));
        self.0.client.get_or_try_init(connect).await.ok()
    }
}

impl PaneContext {
    /// The connection for a subscription that anything may come on. Where the server wants no second one, such as
    /// for a user of few connections, it is the panes'.
    pub(crate) async fn flood_line(&self) -> Line {
        match self.flood.client().await {
            Some(client) => Line {
                client: client.clone(),
                incidents: self.flood.0.incidents.clone(),
            },
            None => Line {
                client: self.client.clone(),
                incidents: self.incidents.clone(),
            },
        }
    }

    /// At least so many messages were dropped on either connection.
    pub(crate) fn dropped(&self) -> u64 {
        self.incidents.dropped() + self.flood.0.incidents.dropped()
    }

    /// How often what floods come on was lost. A server that goes cuts both connections at once.
    pub(crate) fn disconnects(&self) -> u64 {
        let flood = self.flood.0.incidents.disconnects();
        self.incidents.disconnects().max(flood)
    }

    /// The numbers that the server gave the panes' connections.
    pub(crate) fn own_ids(&self) -> Vec<u64> {
        let flood = self.flood.0.client.get();
        let clients = [Some(&self.client), flood].into_iter().flatten();
        clients.map(|client| client.server_info().client_id).collect()
    }
}
