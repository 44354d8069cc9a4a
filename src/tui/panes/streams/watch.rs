//! The task that keeps the streams pane up to date: the list once a second, or the open stream four
//! times. One refresh ends before the next begins, and nothing is asked while nobody looks.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer;
use async_nats::jetstream::stream::{Info, RetentionPolicy};
use futures_util::future::join_all;

use crate::tui::panes::PaneContext;
use crate::tui::panes::follow::is_ours;
use crate::tui::panes::jetstream::{JetStream, Listing, SUBJECTS_MAX, Stored, by_name};
use crate::tui::panes::streams::browse::{self, Browse};
use crate::tui::panes::streams::recent::Recent;
use crate::tui::panes::streams::strip::{HOLES_MAX, Policy, Position, Snapshot, Strip};
use crate::tui::panes::task::{Rate, Shared, Watched};
use crate::tui::panes::trouble::{Trouble, renew};
use crate::util::time::Timestamp;

/// Rates that are remembered of each stream, one a second while the list is shown.
pub const TREND_MAX: usize = 12;

const LIST_EVERY: Duration = Duration::from_secs(1);
const DETAIL_EVERY: Duration = Duration::from_millis(250);
const SUBJECTS_EVERY: Duration = Duration::from_secs(1);

/// What is known about the streams.
#[derive(Debug, Default)]
pub struct Streams {
    /// The list, once it was fetched.
    pub list: Option<Result<Listing<Info>, Trouble>>,
    /// Messages a second by stream.
    pub rates: HashMap<String, Rate>,
    /// What they were before, the newest last.
    pub trends: HashMap<String, VecDeque<u64>>,
    /// What the list is sorted by.
    pub order: Order,
    /// The open stream.
    pub open: Option<Detail>,
}

/// What the list of streams is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By name, those of JetStream's own tools last.
    #[default]
    Name,
    /// Most messages first.
    Messages,
    /// Most bytes first.
    Bytes,
    /// Most messages a second first.
    Rate,
    /// The one that was written to last first.
    Last,
    /// Most consumers first.
    Consumers,
}

impl Order {
    /// The next one.
    pub fn next(self) -> Order {
        match self {
            Order::Name => Order::Messages,
            Order::Messages => Order::Bytes,
            Order::Bytes => Order::Rate,
            Order::Rate => Order::Last,
            Order::Last => Order::Consumers,
            Order::Consumers => Order::Name,
        }
    }
}

impl Streams {
    /// The names of those that are listed, in the order of the list.
    pub fn names(&self) -> Vec<String> {
        match &self.list {
            Some(Ok(list)) => list.entries.iter().map(|info| info.config.name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// Sorts the list; streams that are alike stand by name.
    pub fn sort(&mut self) {
        let Some(Ok(list)) = &mut self.list else { return };
        list.entries
            .sort_by(|a, b| by_name(&a.config.name).cmp(&by_name(&b.config.name)));
        let rate = |info: &Info| self.rates.get(&info.config.name).map_or(0, Rate::per_second);
        let key = |info: &Info| -> u64 {
            match self.order {
                Order::Name => 0,
                Order::Messages => info.state.messages,
                Order::Bytes => info.state.bytes,
                Order::Rate => rate(info),
                Order::Last => u64::try_from(info.state.last_timestamp.unix_timestamp_nanos()).unwrap_or(0),
                Order::Consumers => info.state.consumer_count as u64,
            }
        };
        list.entries.sort_by_key(|info| std::cmp::Reverse(key(info)));
    }

    /// Remembers what the rates are now.
    fn note_trends(&mut self) {
        self.trends.retain(|name, _| self.rates.contains_key(name));
        for (name, rate) in &self.rates {
            let trend = self.trends.entry(name.clone()).or_default();
            trend.push_back(rate.per_second());
            if trend.len() > TREND_MAX {
                trend.pop_front();
            }
        }
    }
}

/// What is known about the open stream.
#[derive(Debug, Default)]
pub struct Detail {
    /// Its name.
    pub name: String,
    /// Configuration and state, once they were fetched.
    pub info: Option<Result<Info, Trouble>>,
    /// Its subjects with the number of messages; empty when there are more than [`SUBJECTS_MAX`].
    pub subjects: BTreeMap<String, u64>,
    /// Its last messages.
    pub recent: Recent,
    /// Messages a second.
    pub rate: Rate,
    /// The stream as a strip.
    pub strip: Strip,
    /// What is looked through instead of the last messages.
    pub browse: Option<Browse>,
    subjects_of: Option<(u64, u64, Instant)>,
}

impl Detail {
    /// The messages that are shown: those looked through, or the last ones.
    pub fn messages(&self) -> &VecDeque<Stored> {
        match &self.browse {
            Some(browse) => &browse.messages,
            None => self.recent.messages(),
        }
    }

    /// Nothing is known of `name` yet.
    pub fn of(name: &str) -> Detail {
        Detail {
            name: name.to_owned(),
            ..Detail::default()
        }
    }
}

/// Refreshes until the task is ended.
pub async fn run(context: PaneContext, state: Shared<Streams>, watched: Watched) {
    let jetstream = JetStream::new(&context);
    loop {
        let open = state.lock().open.as_ref().map(|d| d.name.clone());
        let pause = match open {
            None => {
                refresh_list(&jetstream, &state).await;
                LIST_EVERY
            }
            Some(name) => {
                refresh_detail(&jetstream, &state, &name).await;
                DETAIL_EVERY
            }
        };
        context.waker.wake();
        watched.next(pause).await;
    }
}

async fn refresh_list(jetstream: &JetStream, state: &Shared<Streams>) {
    let list = jetstream.streams().await;
    let now = Instant::now();
    let mut state = state.lock();
    if let Ok(list) = &list {
        let names: HashSet<&String> = list.entries.iter().map(|i| &i.config.name).collect();
        state.rates.retain(|name, _| names.contains(name));
        for info in &list.entries {
            let rate = state.rates.entry(info.config.name.clone()).or_default();
            rate.sample(now, info.state.last_sequence);
        }
    }
    state.note_trends();
    renew(&mut state.list, list, jetstream.is_connected());
    state.sort();
}

/// Applies `change` to the open stream, unless another was opened meanwhile.
fn update<R>(state: &Shared<Streams>, name: &str, change: impl FnOnce(&mut Detail) -> R) -> Option<R> {
    let mut state = state.lock();
    state.open.as_mut().filter(|d| d.name == name).map(change)
}

async fn refresh_detail(jetstream: &JetStream, state: &Shared<Streams>, name: &str) {
    let info = match jetstream.stream(name).await {
        Ok(info) => info,
        Err(trouble) => {
            let connected = jetstream.is_connected();
            update(state, name, |detail| {
                if !connected && matches!(detail.info, Some(Ok(_))) {
                    return;
                }
                *detail = Detail {
                    info: Some(Err(trouble)),
                    ..Detail::of(name)
                };
            });
            return;
        }
    };
    refresh_subjects(jetstream, state, name, &info).await;
    refresh_strip(jetstream, state, name, &info).await;
    let ends = (info.state.first_sequence, info.state.last_sequence);
    let (created, now) = (info.created.unix_timestamp_nanos(), Instant::now());
    let missing = update(state, name, |detail| {
        detail.rate.sample(now, info.state.last_sequence);
        let s = &info.state;
        let missing = detail.recent.missing(created, s.first_sequence, s.last_sequence);
        detail.info = Some(Ok(info));
        missing
    });
    let fetches = missing
        .into_iter()
        .flatten()
        .map(|sequence| jetstream.message(name, sequence));
    // A message that was removed meanwhile, or cannot be fetched, leaves a hole; the next refresh goes on
    // behind it.
    let fetched = join_all(fetches).await;
    let fetched = fetched.into_iter().filter_map(|m| m.ok().flatten());
    update(state, name, |detail| detail.recent.take(fetched));
    refresh_browse(jetstream, state, name, ends).await;
}

/// Asks for what the strip of a stream is drawn from.
pub async fn look_at(jetstream: &JetStream, name: &str, info: &Info) -> Snapshot {
    // Without the consumers the strip still shows the messages.
    let consumers = jetstream.consumers(name).await.map(|list| list.entries);
    let holes = match info.state.deleted_count.unwrap_or(0) {
        1..=HOLES_MAX => jetstream.holes(name).await.unwrap_or_default(),
        _ => Vec::new(),
    };
    snapshot(info, &consumers.unwrap_or_default(), holes)
}

async fn refresh_strip(jetstream: &JetStream, state: &Shared<Streams>, name: &str, info: &Info) {
    let snapshot = look_at(jetstream, name, info).await;
    update(state, name, |detail| {
        detail.strip.take(Timestamp::now(), snapshot)
    });
}

/// What the strip is drawn from.
fn snapshot(info: &Info, consumers: &[consumer::Info], holes: Vec<u64>) -> Snapshot {
    let (config, s) = (&info.config, &info.state);
    let limit = |limit: i64| u64::try_from(limit).unwrap_or(0);
    let at = |time: async_nats::datetime::DateTime| {
        i64::try_from(time.unix_timestamp_nanos()).map_or(Timestamp::ZERO, Timestamp::from_nanos)
    };
    Snapshot {
        first: s.first_sequence,
        last: s.last_sequence,
        messages: s.messages,
        bytes: s.bytes,
        first_at: at(s.first_timestamp),
        last_at: at(s.last_timestamp),
        holes: BTreeSet::from_iter(holes),
        policy: Policy {
            by_ack: config.retention != RetentionPolicy::Limits,
            age_max: config.max_age,
            messages_max: limit(config.max_messages),
            bytes_max: limit(config.max_bytes),
            per_subject_max: limit(config.max_messages_per_subject),
        },
        consumers: consumers
            .iter()
            .filter(|c| !is_ours(&c.name))
            .map(|c| Position {
                name: c.name.clone(),
                delivered: c.delivered.stream_sequence,
                ack_floor: c.ack_floor.stream_sequence,
                pending: c.num_pending,
                ack_pending: c.num_ack_pending as u64,
            })
            .collect(),
    }
}

async fn refresh_browse(jetstream: &JetStream, state: &Shared<Streams>, name: &str, ends: (u64, u64)) {
    let wanted = update(state, name, |detail| {
        let browse = detail.browse.as_mut()?;
        let oldest = browse.messages.front().map(|m| m.sequence);
        let newest = browse.messages.back().map(|m| m.sequence);
        Some((browse.wants.take()?, browse.subject.clone(), oldest, newest))
    });
    let Some(Some((wants, subject, oldest, newest))) = wanted else {
        return;
    };
    let page = browse::fetch(jetstream, name, ends, wants.clone(), (subject, oldest, newest)).await;
    update(state, name, |detail| {
        let Some(browse) = &mut detail.browse else { return };
        match (page, wants) {
            (Ok((_, page)), browse::Wants::Older) => browse.take_older(page),
            (Ok((_, page)), browse::Wants::Newer) => browse.take_newer(page),
            (Ok((subject, page)), browse::Wants::Jump(_)) => {
                *browse = Browse {
                    subject,
                    messages: page.into(),
                    ..Browse::default()
                };
            }
            (Err(trouble), _) => browse.trouble = Some(trouble),
        }
    });
}

async fn refresh_subjects(jetstream: &JetStream, state: &Shared<Streams>, name: &str, info: &Info) {
    let (messages, last) = (info.state.messages, info.state.last_sequence);
    let fresh = update(state, name, |detail| {
        matches!(detail.subjects_of, Some((m, l, at))
            if (m, l) == (messages, last) || at.elapsed() < SUBJECTS_EVERY)
    });
    if fresh != Some(false) {
        return;
    }
    let subjects = match info.state.subjects_count {
        0 => BTreeMap::new(),
        1..=SUBJECTS_MAX => jetstream.subjects(name).await.unwrap_or_default(),
        _ => BTreeMap::new(),
    };
    update(state, name, |detail| {
        detail.subjects = subjects;
        detail.subjects_of = Some((messages, last, Instant::now()));
    });
}
