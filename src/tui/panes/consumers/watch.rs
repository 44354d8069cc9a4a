//! The task that keeps the consumers pane up to date: once a second the stream and its consumers, and
//! a reader for the averages, begun anew when the stream was replaced or purged.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use async_nats::jetstream::consumer;
use async_nats::jetstream::stream::{Info, RetentionPolicy};

use crate::tui::panes::PaneContext;
use crate::tui::panes::consumers::averages::Averages;
use crate::tui::panes::consumers::pause::Told;
use crate::tui::panes::consumers::reader;
use crate::tui::panes::consumers::restart::Snapshot;
use crate::tui::panes::jetstream::{JetStream, Listing};
use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::trouble::Trouble;

/// How many of its past lags are kept of a consumer.
const LAGS_MAX: usize = 120;
const REFRESH_EVERY: Duration = Duration::from_secs(1);

/// How reading the stream for the averages goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Nothing came yet.
    Starting,
    /// Messages are read as they come.
    Following,
    /// Not read, since a consumer of ours would take messages away or hold them back.
    WouldDisturb,
    /// Reading failed; it is tried again.
    Failed(String),
}

/// What is known about the chosen stream.
#[derive(Debug)]
pub struct State {
    /// The names of all streams, once they were fetched.
    pub names: Option<Result<Vec<String>, Trouble>>,
    /// The stream that is shown.
    pub stream: Option<String>,
    /// True when the user chose it, so that it is kept even while it does not exist.
    pub chosen: bool,
    /// The stream itself.
    pub info: Option<Result<Info, Trouble>>,
    /// Those that lag most come first, not the first by name.
    pub by_lag: bool,
    /// Its consumers.
    pub consumers: Result<Listing<consumer::Info>, Trouble>,
    /// Messages that each still has to deliver, by name: one number a refresh, the newest last.
    pub lags: HashMap<String, VecDeque<f64>>,
    /// The field whose values are averaged, such as `.temp`; the whole payload when absent.
    pub path: Option<String>,
    /// What was read of it.
    pub averages: Averages,
    /// How that goes.
    pub reading: Reading,
    /// Grows whenever reading begins anew.
    pub generation: u64,
    /// What became of the consumer that was paused last, or let go on.
    pub told: Option<Told>,
}

impl Default for State {
    fn default() -> Self {
        State {
            names: None,
            stream: None,
            chosen: false,
            info: None,
            by_lag: false,
            consumers: Ok(Listing::default()),
            lags: HashMap::new(),
            path: None,
            averages: Averages::default(),
            reading: Reading::Starting,
            generation: 0,
            told: None,
        }
    }
}

impl State {
    /// Shows another stream; `by` is 1 for the next one and -1 for the one before.
    pub fn step(&mut self, by: isize) {
        let Some(Ok(names)) = &self.names else {
            return;
        };
        if names.is_empty() {
            return;
        }
        let at = self
            .stream
            .as_ref()
            .and_then(|s| names.iter().position(|n| n == s))
            .unwrap_or(0);
        let next = (at as isize + by).rem_euclid(names.len() as isize) as usize;
        let next = names[next].clone();
        self.choose(next);
    }

    /// Shows the stream of this name.
    pub fn choose(&mut self, name: String) {
        self.stream = Some(name);
        self.chosen = true;
        self.begin_anew();
        self.info = None;
        self.lags.clear();
        self.consumers = Ok(Listing::default());
    }

    /// Averages another field from the beginning of the stream on.
    pub fn set_path(&mut self, path: Option<String>) {
        self.path = path;
        self.begin_anew();
    }

    /// Puts the consumers in order.
    pub fn arrange(&mut self) {
        let by_lag = self.by_lag;
        let Ok(list) = &mut self.consumers else { return };
        list.entries.sort_by(|a, b| {
            let behind = |info: &consumer::Info| (info.num_pending, info.num_ack_pending);
            let lag = behind(b).cmp(&behind(a));
            let lag = if by_lag { lag } else { Ordering::Equal };
            lag.then_with(|| a.name.cmp(&b.name))
        });
    }

    /// Notes how far behind each consumer is, by the server's own `num_pending`: sequences say nothing of it where
    /// a consumer wants only some subjects.
    fn note_lags(&mut self, consumers: &[consumer::Info]) {
        self.lags
            .retain(|name, _| consumers.iter().any(|info| info.name == *name));
        for info in consumers {
            let lag = self.lags.entry(info.name.clone()).or_default();
            if lag.len() == LAGS_MAX {
                lag.pop_front();
            }
            lag.push_back(info.num_pending as f64);
        }
    }

    /// Forgets what was read.
    fn begin_anew(&mut self) -> u64 {
        self.averages = Averages::default();
        self.reading = Reading::Starting;
        self.generation += 1;
        self.generation
    }

    /// Takes the list of names; without a choice of the user's, the first one is shown.
    fn take_names(&mut self, names: Result<Vec<String>, Trouble>) {
        if let (Ok(names), false) = (&names, self.chosen) {
            let still_there = self.stream.as_ref().is_some_and(|s| names.contains(s));
            if !still_there {
                self.stream = names.first().cloned();
                self.info = None;
            }
        }
        self.names = Some(names);
    }
}

/// Refreshes until the task is ended.
pub async fn run(context: PaneContext, state: Shared<State>, watched: Watched) {
    let jetstream = JetStream::new(&context);
    let mut reader = Reader::new(context.clone(), state.clone());
    loop {
        let names = jetstream.stream_names().await.map(|list| list.entries);
        // While the server is gone, what was known of it stays.
        let is_gone = names.is_err() && !jetstream.is_connected() && state.lock().info.is_some();
        if !is_gone {
            state.lock().take_names(names);
            let stream = state.lock().stream.clone();
            match stream {
                Some(stream) => refresh(&jetstream, &state, &mut reader, &stream).await,
                None => reader.stop(),
            }
        }
        context.waker.wake();
        watched.next(REFRESH_EVERY).await;
    }
}

async fn refresh(jetstream: &JetStream, state: &Shared<State>, reader: &mut Reader, stream: &str) {
    let info = jetstream.stream(stream).await;
    let consumers = match &info {
        Ok(_) => jetstream.consumers(stream).await,
        Err(trouble) => Err(trouble.clone()),
    };
    match &info {
        Ok(info) => reader.follow(stream, info),
        // A stream that could not be asked about may still be there; the reader is left alone.
        Err(Trouble::NoStream(_)) => reader.stop(),
        Err(_) => {}
    }
    let mut state = state.lock();
    if info.is_err() && !jetstream.is_connected() && matches!(state.info, Some(Ok(_))) {
        return;
    }
    if state.stream.as_deref() == Some(stream) {
        state.info = Some(info);
        if let Ok(list) = &consumers {
            state.note_lags(&list.entries);
        }
        state.consumers = consumers;
        state.arrange();
    }
}

/// The reader's task and what it reads.
struct Reader {
    context: PaneContext,
    state: Shared<State>,
    task: Option<Task>,
    of: Option<(String, Snapshot, u64)>,
}

impl Reader {
    fn new(context: PaneContext, state: Shared<State>) -> Reader {
        Reader {
            context,
            state,
            task: None,
            of: None,
        }
    }

    fn stop(&mut self) {
        if self.of.take().is_some() {
            self.task = None;
            self.state.lock().begin_anew();
        }
    }

    /// Reads this stream, from the beginning if it is another one than before.
    fn follow(&mut self, stream: &str, info: &Info) {
        let now = Snapshot::of(info);
        let goes_on = {
            let state = self.state.lock();
            let failed = matches!(state.reading, Reading::Failed(_));
            matches!(&self.of, Some((name, before, generation))
                if name == stream && *generation == state.generation && !failed && !now.is_fresh_start(before))
        };
        if goes_on {
            if let Some((_, before, _)) = &mut self.of {
                *before = now;
            }
            return;
        }
        self.task = None;
        let generation = {
            let mut state = self.state.lock();
            let generation = state.begin_anew();
            if info.config.retention != RetentionPolicy::Limits {
                state.reading = Reading::WouldDisturb;
            }
            generation
        };
        self.of = Some((stream.to_owned(), now, generation));
        if info.config.retention == RetentionPolicy::Limits {
            let read = reader::run(
                self.context.clone(),
                self.state.clone(),
                stream.to_owned(),
                generation,
            );
            self.task = Some(self.context.spawn(read));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Result<Vec<String>, Trouble> {
        Ok(names.iter().map(|n| (*n).to_owned()).collect())
    }

    #[test]
    fn the_first_stream_is_shown_until_the_user_chooses() {
        let mut state = State::default();
        state.take_names(names(&[]));
        assert_eq!(state.stream, None);
        state.take_names(names(&["B", "C"]));
        assert_eq!(state.stream.as_deref(), Some("B"));
        state.take_names(names(&["A", "B", "C"]));
        assert_eq!(state.stream.as_deref(), Some("B"));
        state.step(-1);
        state.step(-1);
        assert_eq!(state.stream.as_deref(), Some("C"));
        state.take_names(names(&["A"]));
        assert_eq!(state.stream.as_deref(), Some("C"), "chosen, though it is gone");
    }
}
