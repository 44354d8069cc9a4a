//! From flags, variables and contexts to a connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{anyhow, bail};
use async_nats::{Client, Event};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::sync::Notify;

use crate::client::api::Api;
use crate::client::contexts::{Choice, Contexts};
use crate::client::environment::Environment;
use crate::client::profile::Profile;
use crate::client::{ConnectSettings, DEFAULT_TIMEOUT, connect_watched};

use super::globals::Globals;
use super::output::log;
use super::typed::parse_duration;

/// Complaints of the server that are kept until somebody asks.
const COMPLAINTS_MAX: usize = 100;

/// What is meant by the global flags.
pub(super) struct Session {
    pub profile: Profile,
    pub timeout: Duration,
    pub trace: bool,
    settings: ConnectSettings,
}

/// A connection, and what the server complained about on it.
pub(super) struct Connection {
    pub client: Client,
    pub api: Api,
    complaints: Arc<Complaints>,
    timeout: Duration,
    /// Where [`Connection::confirm`] sends itself a message.
    probe: String,
}

#[derive(Default)]
struct Complaints {
    texts: Mutex<Vec<String>>,
    arrived: Notify,
}

impl Session {
    /// Reads contexts and credentials; connects nowhere.
    pub fn new(globals: &Globals) -> anyhow::Result<Session> {
        let env = Environment::of_process();
        let choice = globals.choice(&env);
        Session::of(globals, &env, &choice)
    }

    /// As [`Session::new`], with this context whatever the flags choose.
    pub fn of_context(globals: &Globals, name: &str) -> anyhow::Result<Session> {
        let env = Environment::of_process();
        Session::of(globals, &env, &Choice::Named(name.to_owned()))
    }

    fn of(globals: &Globals, env: &Environment, choice: &Choice) -> anyhow::Result<Session> {
        let context = match Contexts::of_user(env) {
            Ok(contexts) => contexts.load(choice)?,
            Err(_) => Profile::default(),
        };
        let profile = globals.profile(env).over(context);
        let timeout = match (globals.timeout, env.get("NATS_TIMEOUT")) {
            (Some(typed), _) => typed,
            (None, Some(text)) => parse_duration(&text).map_err(|e| anyhow!("NATS_TIMEOUT: {e}"))?,
            (None, None) => DEFAULT_TIMEOUT,
        };
        let name = globals
            .connection_name
            .clone()
            .unwrap_or_else(|| format!("NATS CLI Version goingnats {}", crate::cli::VERSION));
        let settings = ConnectSettings {
            timeout,
            name,
            ..profile.settings(env)?
        };
        Ok(Session {
            profile,
            timeout,
            trace: globals.trace,
            settings,
        })
    }

    /// The same, where this many messages may wait for each subscription.
    #[must_use]
    pub fn buffering(mut self, messages: usize) -> Session {
        self.settings.subscription_messages = Some(messages);
        self
    }

    /// The servers to choose from.
    pub fn servers(&self) -> &[String] {
        &self.settings.servers
    }

    /// Connects to any of the servers.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        self.connect_by(&self.settings).await
    }

    /// Connects to this server and no other.
    pub async fn connect_to(&self, url: &str) -> anyhow::Result<Connection> {
        let servers = vec![url.to_owned()];
        let settings = self.settings.clone();
        self.connect_by(&ConnectSettings { servers, ..settings }).await
    }

    async fn connect_by(&self, settings: &ConnectSettings) -> anyhow::Result<Connection> {
        let complaints = Arc::new(Complaints::default());
        let (seen, trace) = (Arc::clone(&complaints), self.trace);
        let client = connect_watched(settings, move |event| seen.note(&event, trace)).await?;
        Ok(Connection {
            api: self.api(client.clone()),
            probe: client.new_inbox(),
            client,
            complaints,
            timeout: self.timeout,
        })
    }

    fn api(&self, client: Client) -> Api {
        let (domain, prefix) = (&self.profile.jetstream_domain, &self.profile.jetstream_api_prefix);
        let api = if domain.is_empty() && !prefix.is_empty() {
            Api::with_prefix(client, self.timeout, prefix.clone())
        } else {
            Api::in_domain(client, self.timeout, domain)
        };
        if self.trace { api.traced(log_traced) } else { api }
    }
}

fn log_traced(what: &str, body: &[u8]) {
    log(&format!("{what}\n{}\n", String::from_utf8_lossy(body)));
}

impl Complaints {
    fn note(&self, event: &Event, trace: bool) {
        match event {
            Event::ServerError(error) => {
                let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
                if texts.len() < COMPLAINTS_MAX {
                    texts.push(error.to_string());
                }
                drop(texts);
                self.arrived.notify_one();
            }
            Event::Disconnected => log(">>> Disconnected, will attempt reconnect"),
            Event::SlowConsumer(_) => log(">>> Unexpected NATS error: nats: slow consumer, messages dropped"),
            event if trace => log(&format!(">>> {event}")),
            _ => {}
        }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.texts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Connection {
    /// Waits until the server has handled everything that was sent, and fails with its first complaint.
    ///
    /// `async-nats` offers no PING of our own, so this sends itself a message: the server hands it back after
    /// all that came before, whoever else may listen. Where permissions forbid even that, the refusal is the
    /// answer.
    pub async fn confirm(&self) -> anyhow::Result<()> {
        let echoed = async {
            let mut echo = self.client.subscribe(self.probe.clone()).await.ok()?;
            self.client.publish(self.probe.clone(), Bytes::new()).await.ok()?;
            echo.next().await
        };
        tokio::select! {
            _ = tokio::time::timeout(self.timeout, echoed) => {}
            () = self.complaints.arrived.notified() => {}
        }
        // The refusal of the probe itself, or of its inbox, says nothing about the user's messages.
        let prefix = self.probe.split('.').next().unwrap_or_default().to_owned();
        match self
            .complaints
            .take()
            .into_iter()
            .find(|text| !text.contains(&prefix))
        {
            Some(complaint) => bail!("{complaint}"),
            None => Ok(()),
        }
    }

    /// Is this where [`Connection::confirm`] sends itself a message? Subscribers to everything get that, too.
    pub fn is_probe(&self, subject: &str) -> bool {
        self.probe == subject
    }

    /// The time that [`Connection::confirm`] takes.
    pub async fn round_trip(&self) -> anyhow::Result<Duration> {
        let start = std::time::Instant::now();
        self.confirm().await?;
        Ok(start.elapsed())
    }
}
