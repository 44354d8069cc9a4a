//! Looks at one check: what was expected, what is there.
//!
//! Asks the server and listens to it; never changes what the learner made, and never speaks to the broker
//! but over the socket. Start with [`Eye::look`]: each kind of check has its own way from there. `heard.rs`
//! tells what watches have heard, `stored.rs`, `clients.rs` and `probe.rs` ask, `bunch.rs` puts several together.

mod answer;
mod bunch;
mod clients;
mod file;
mod heard;
mod probe;
mod seen;
mod stored;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::check::{Check, Kind};
use super::compare::{Expected, shorten};
use super::ear::OpenEar;
use super::sight::Sight;
use super::watch::Watch;
use super::{numbers, texts};
use crate::client::api::Api;
use clients::Tally;
pub use seen::Seen;
use seen::trouble;

/// Name of the lab's own connections: what they subscribe to is not the learner's.
pub const OWN_NAME: &str = "goingnats lab";
/// How long a probe of the lab waits for an answer.
const PROBE_TIME: Duration = Duration::from_millis(400);

/// What looks stand on.
pub struct Eye {
    client: Client,
    api: Api,
    folder: PathBuf,
    open_ear: Option<OpenEar>,
    news: Arc<Notify>,
    connections: Option<Result<Vec<Value>, String>>,
    tally: Tally,
}

impl Eye {
    /// An eye that looks through this client, and at files in this folder. Watches tell `news`.
    pub fn new(
        client: Client,
        api: Api,
        folder: PathBuf,
        open_ear: Option<OpenEar>,
        news: Arc<Notify>,
    ) -> Eye {
        Eye {
            client,
            api,
            folder,
            open_ear,
            news,
            connections: None,
            tally: Tally::default(),
        }
    }

    /// Forgets what may have changed since the last round.
    pub fn blink(&mut self) {
        self.connections = None;
    }

    /// Begins to watch for these checks. What subscriptions have been given so far does not count.
    pub async fn open_all(&mut self, checks: &[Check]) -> Vec<Sight> {
        self.tally = Tally::default();
        if checks.iter().any(|check| check.kind.counts_deliveries()) {
            self.blink();
            if let Ok(all) = self.connections().await {
                let all = all.clone();
                self.tally.begin(&all);
            }
            self.blink();
        }
        let mut sights = Vec::new();
        for check in checks {
            sights.push(self.open(check).await);
        }
        sights
    }

    /// Begins to watch for a check, and for its parts unless each has to wait for the one before.
    async fn open(&self, check: &Check) -> Sight {
        let watch = Watch::start(
            &self.client,
            &check.kind,
            self.news.clone(),
            self.open_ear.as_ref(),
        );
        Sight {
            watch: watch.await,
            parts: match &check.kind {
                Kind::Bunch(bunch) => Box::pin(self.open_parts(bunch)).await,
                _ => Vec::new(),
            },
            is_open: true,
            ..Sight::default()
        }
    }

    /// Looks at a check.
    pub async fn look(
        &mut self,
        check: &Check,
        sight: &mut Sight,
        answers: &HashMap<String, String>,
    ) -> Seen {
        let mut seen = match &check.kind {
            Kind::Bunch(bunch) => Box::pin(self.bunch(bunch, sight, answers)).await,
            Kind::Answer(answer) => self.answer(&answer.kind, answers.get(&check.id)).await,
            kind => self.simple(kind, sight.watch.as_ref()).await,
        };
        sight.since = match (seen.passed, sight.since) {
            (true, None) => Some(Instant::now()),
            (true, since) => since,
            (false, _) => None,
        };
        if !check.hold.is_zero() {
            seen.passed = sight.since.is_some_and(|since| since.elapsed() >= check.hold);
        }
        seen
    }

    async fn simple(&mut self, kind: &Kind, watch: Option<&Watch>) -> Seen {
        match kind {
            Kind::Stream {
                name,
                exists,
                catches,
                misses,
                fields,
            } => self.stream(name, *exists, (catches, misses), fields).await,
            Kind::Consumer { stream, name, fields } => self.consumer(stream, name.as_deref(), fields).await,
            Kind::Values {
                stream,
                filter,
                reduce,
                is,
            } => {
                let expected = texts::values(reduce, filter, stream, is);
                match numbers::reduce(&self.api, reduce, stream, filter).await {
                    Ok(value) => Seen::of(is.accepts(&value.into()), expected, value.to_string())
                        .share(value, is.goal()),
                    Err(error) => Seen::of(false, expected, trouble(&error)),
                }
            }
            Kind::Key { bucket, key, fields } => self.key(bucket, key, fields).await,
            Kind::SameKeys { bucket, from, to } => self.same_keys(bucket, from, to).await,
            Kind::Object { bucket, name, fields } => self.object(bucket, name, fields).await,
            Kind::Subscribed { .. }
            | Kind::Delivered { .. }
            | Kind::Distribution { .. }
            | Kind::Connection { .. } => self.clients(kind).await,
            Kind::Request {
                subject,
                payload,
                reply,
            } => request(&self.client, subject, payload, reply).await,
            Kind::Crosses {
                from,
                to,
                subject,
                arrives,
                crosses,
            } => probe::crossing((from, to), (subject, arrives), *crosses).await,
            Kind::Asks {
                login,
                subject,
                reply,
            } => probe::asking(login, subject, reply).await,
            Kind::MayPublish {
                login,
                subject,
                allowed,
            } => probe::publish(login, subject, *allowed).await,
            Kind::File { .. } => self.file(kind).await,
            kind => heard::heard(kind, watch),
        }
    }
}

/// Asks, and holds the answer to what is expected.
async fn request(client: &Client, subject: &str, payload: &str, reply: &Expected) -> Seen {
    let expected = match reply.is_anything() {
        true => texts::some_reply(subject, payload),
        false => texts::reply(subject, payload, reply),
    };
    let request = async_nats::Request::new()
        .payload(payload.to_owned().into())
        .timeout(Some(PROBE_TIME));
    let seen = match client.send_request(subject.to_owned(), request).await {
        Ok(answer) => {
            let text = String::from_utf8_lossy(&answer.payload).into_owned();
            let shown = texts::the_reply(&shorten(&text));
            return Seen::of(reply.accepts(&text.into()), expected, shown);
        }
        Err(error) if error.kind() == async_nats::RequestErrorKind::NoResponders => texts::nobody(),
        Err(_) => texts::no_answer(),
    };
    Seen::of(false, expected, seen.to_owned())
}
