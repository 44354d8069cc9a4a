//! The tasks that keep the server pane up to date: what is shown is asked for once a second while somebody
//! looks, and events are listened to all along.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::select_all;
use serde_json::Value;

use super::Part;
use super::events::Event;
use super::facts::Facts;
use super::source::{Sight, Source};
use crate::tui::panes::PaneContext;
use crate::tui::panes::task::{Shared, Watched};
use crate::tui::panes::trouble::Trouble;
use crate::util::ring::Ring;
use crate::util::time::Timestamp;

const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// Events that are kept.
const EVENTS_MAX: usize = 1_000;
/// Bytes of them.
const EVENTS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What events come on. The first two every account has; the others only the system account may hear.
const EVENT_SUBJECTS: [&str; 10] = [
    "$JS.EVENT.ADVISORY.>",
    "$JS.EVENT.METRIC.>",
    "$SYS.ACCOUNT.*.CONNECT",
    "$SYS.ACCOUNT.*.DISCONNECT",
    "$SYS.ACCOUNT.*.SERVER.CONNS",
    "$SYS.SERVER.*.CLIENT.AUTH.ERR",
    "$SYS.ACCOUNT.CLIENT.AUTH.ERR",
    "$SYS.SERVER.*.OCSP.PEER.>",
    "$SYS.SERVER.*.LAMEDUCK",
    "$SYS.SERVER.*.SHUTDOWN",
];

/// What the pane knows.
#[derive(Debug)]
pub struct State {
    /// What is shown now, so that only that is asked for.
    pub part: Part,
    /// What the server told.
    pub facts: Facts,
    /// How much of it is seen.
    pub sight: Sight,
    /// Why nothing is.
    pub trouble: Option<Trouble>,
    /// Why the part that is shown is empty though others are not.
    pub part_trouble: Option<Trouble>,
    /// True once the server was asked.
    pub asked: bool,
    /// Why events are not heard of, where even those of the own account are not.
    pub events_trouble: Option<Trouble>,
    /// What happened.
    pub events: Ring<Arc<Event>>,
    /// What became of a wish, and whether it was bad news.
    pub notice: Option<(String, bool)>,
}

impl Default for State {
    fn default() -> State {
        State {
            part: Part::default(),
            facts: Facts::default(),
            sight: Sight::default(),
            trouble: None,
            part_trouble: None,
            asked: false,
            events_trouble: None,
            events: Ring::new(EVENTS_MAX, EVENTS_BYTES_MAX),
            notice: None,
        }
    }
}

impl State {
    /// Notes an event.
    pub fn note(&mut self, event: Event) {
        let weight = event.sentence.len() + event.raw.len() + 96;
        self.events.push(Arc::new(event), weight);
    }
}

/// Refreshes until the task is ended.
pub async fn run(context: PaneContext, state: Shared<State>, watched: Watched) {
    let source = Source::new(&context);
    loop {
        refresh(&source, &state).await;
        context.waker.wake();
        watched.next(REFRESH_EVERY).await;
    }
}

async fn refresh(source: &Source, state: &Shared<State>) {
    let connections = source.connections().await;
    let now = Instant::now();
    let part = {
        let mut state = state.lock();
        state.asked = true;
        if state.events_trouble.is_none() {
            let refused = source.refusal(EVENT_SUBJECTS[0]);
            state.events_trouble = refused.map(Trouble::Forbidden);
        }
        match connections {
            Ok((answers, sight)) => {
                let changes = state.facts.take_connections(&answers, now);
                if !source.is_told_of_changes(sight) {
                    for change in &changes {
                        state.note(Event::of_change(Timestamp::now(), change));
                    }
                }
                (state.sight, state.trouble) = (sight, None);
            }
            // What was known stays below the banner.
            Err(_) if !source.is_connected() && !state.facts.connections.is_empty() => {}
            Err(trouble) => state.trouble = Some(trouble),
        }
        state.part
    };
    let trouble = match part {
        Part::Connections | Part::Events | Part::Log => None,
        Part::Accounts => match source.accounts().await {
            Ok(answers) => {
                state.lock().facts.take_accounts(&answers);
                None
            }
            Err(trouble) => Some(trouble),
        },
        Part::Server => match source.servers().await {
            Ok(answers) => {
                let named = answers.into_iter().map(|answer| (id(&answer), answer));
                state.lock().facts.servers = named.collect();
                let health = source.health().await.unwrap_or_default();
                state.lock().facts.health = health;
                None
            }
            Err(trouble) => Some(trouble),
        },
    };
    state.lock().part_trouble = trouble;
}

fn id(varz: &Value) -> String {
    varz["server_id"].as_str().unwrap_or_default().to_owned()
}

/// Listens to events until the task is ended. Where some are forbidden, the others are still heard.
pub async fn listen(context: PaneContext, state: Shared<State>) {
    let mut subscriptions = Vec::new();
    for subject in EVENT_SUBJECTS {
        if let Ok(subscription) = context.client.subscribe(subject).await {
            subscriptions.push(subscription);
        }
    }
    let mut messages = select_all(subscriptions);
    while let Some(message) = messages.next().await {
        if let Some(event) = Event::of_message(Timestamp::now(), &message.subject, &message.payload) {
            state.lock().note(event);
            context.waker.wake();
        }
    }
}
