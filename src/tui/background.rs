//! What is started behind the first frame: the colours of code, the server, the panes' connection.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::time::MissedTickBehavior;

use super::event::{Event, News, Waker};
use super::faults::Switch;
use super::keep::Keep;
use super::labs::room::{BrokerSlot, Furniture, Room};
use super::panes::access::Access;
use super::panes::flood::Flood;
use super::panes::heard::Heard;
use super::panes::incidents::Incidents;
use super::panes::task::detach;
use super::panes::{PaneContext, SUBSCRIPTION_MESSAGES_WANTED, trouble};
use super::pictures;
use super::reload::Reload;
use super::screens::slides::Colours;
use super::server_log::ServerLog;
use super::status::Traffic;
use crate::broker;
use crate::client::{self, ConnectSettings};
use crate::deck::{Deck, Highlighter};
use crate::lab::Lab;

/// From a failed attempt to connect to the next.
const RETRY_TIME: Duration = Duration::from_secs(2);

/// The account of those who log in to none.
const GLOBAL: &str = "$G";
/// How often the server's traffic is read.
const TRAFFIC_TIME: Duration = Duration::from_secs(1);

/// What is to be started.
pub struct Background {
    /// The server of our own; none when another is used.
    pub broker: Option<Box<broker::Options>>,
    /// The deck's file, when it is to be watched.
    pub reload: Option<Reload>,
    /// The folder that the deck's pictures are looked for in.
    pub folder: PathBuf,
    /// How to reach the server. With one of our own its address is filled in.
    pub connection: ConnectSettings,
    /// The labs there are.
    pub labs: Vec<Arc<Lab>>,
    /// Where the progress of the labs is kept.
    pub progress: Option<PathBuf>,
    /// Whether panes may change anything on the server.
    pub access: Access,
    /// Address of the server's monitoring port, where one was named.
    pub monitor: Option<Arc<str>>,
    /// What is remembered for the deck.
    pub keep: Keep,
    /// The log of our own broker.
    pub log: ServerLog,
    /// The labs have the whole screen.
    pub labs_alone: bool,
}

/// What runs until the show is over.
pub struct Running {
    broker: BrokerSlot,
}

/// The code of one slide: language and shown source of each block.
pub type SlideCode = (usize, Vec<(String, String)>);

/// The deck's code, the slide shown first before the others.
pub fn blocks_to_colour(deck: &Deck, first_page: usize) -> Vec<SlideCode> {
    let first = first_page.min(deck.slides.len());
    let pages = (first..deck.slides.len()).chain(0..first);
    let code = |page: usize| {
        let blocks = deck.slides[page].code.iter();
        blocks
            .map(|block| (block.language.clone().unwrap_or_default(), block.shown.clone()))
            .collect::<Vec<_>>()
    };
    pages
        .map(|page| (page, code(page)))
        .filter(|(_, blocks)| !blocks.is_empty())
        .collect()
}

impl Background {
    /// Starts everything and returns at once.
    pub fn start(self, client: Client, deck: Deck, first_page: usize) -> Running {
        let painter = Painter::start(client.events.clone());
        painter.colour(0, blocks_to_colour(&deck, first_page));
        // Code that is changed has its colours from there, too.
        client.tell(News::Painter(painter.clone()));
        load_pictures(&deck, self.folder.clone(), client.events.clone());
        let mut rest = self;
        if let Some(reload) = rest.reload.take() {
            reload.start(deck, client.events.clone(), painter);
        }
        rest.start_server(client)
    }

    /// Starts the server, or the connection to the one named, and returns at once.
    pub fn start_server(self, client: Client) -> Running {
        let Background {
            broker,
            connection,
            labs,
            progress,
            labs_alone,
            reload: _,
            folder: _,
            access,
            monitor,
            keep,
            log,
        } = self;
        let slot = BrokerSlot::default();
        let running = Running {
            broker: Arc::clone(&slot),
        };
        let labs = Furniture {
            labs,
            progress,
            broker: Arc::clone(&slot),
            settings: connection.clone(),
            is_alone: labs_alone,
        };
        let dial = Dial {
            client,
            broker: Arc::clone(&slot),
            access,
            monitor,
            keep,
            log,
        };
        let runtime = dial.client.runtime.clone();
        detach(&runtime, async move {
            match broker {
                None => dial.connect(connection, Room::new(labs)).await,
                Some(options) => serve(*options, connection, dial, labs).await,
            }
        });
        running
    }
}

/// What the background needs of the app.
#[derive(Clone)]
pub struct Client {
    /// Where news go.
    pub events: SyncSender<Event>,
    /// Where tasks run.
    pub runtime: Handle,
    /// For the panes.
    pub waker: Waker,
}

impl Client {
    /// False when nobody listens any more. The queue is drained by the screen's thread, which waits
    /// for nothing, so a full one is a matter of milliseconds.
    pub(super) fn tell(&self, news: News) -> bool {
        self.events.send(Event::News(news)).is_ok()
    }
}

impl Running {
    /// Stops what was started.
    pub fn stop(self) {
        let broker = self.broker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(broker) = broker {
            broker.shutdown();
        }
    }
}

/// Starts our own server, connects to it, and reads its traffic from then on.
async fn serve(options: broker::Options, mut connection: ConnectSettings, dial: Dial, labs: Furniture) {
    let slot = Arc::clone(&labs.broker);
    let client = dial.client.clone();
    // Binding and starting threads takes the broker a moment that a task must not block for.
    let again = options.clone();
    let started = tokio::task::spawn_blocking(move || broker::start(options)).await;
    let handle = match started {
        Ok(Ok(handle)) => handle,
        Ok(Err(error)) => {
            client.tell(News::ServerFailed(error.to_string()));
            return;
        }
        Err(panic) => {
            client.tell(News::ServerFailed(panic.to_string()));
            return;
        }
    };
    let url = handle.url();
    let again = broker::Options {
        port: handle.address().port(),
        ..again
    };
    client.tell(News::Switch(Box::new(Switch::new(
        again,
        slot.clone(),
        client.clone(),
    ))));
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
    client.tell(News::Listening(url.clone()));
    connection.servers = vec![url];
    dial.connect(connection, Room::new(labs)).await;
    watch_traffic(client, slot).await;
}

/// Tells of the traffic whenever it differs from what was told before.
async fn watch_traffic(client: Client, slot: BrokerSlot) {
    let mut ticks = tokio::time::interval(TRAFFIC_TIME);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before: Option<(Instant, u64)> = None;
    let mut told = Traffic::default();
    loop {
        ticks.tick().await;
        let statistics = match &*slot.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(handle) => handle.statistics(),
            // Switched off; it begins to count anew.
            None => {
                before = None;
                continue;
            }
        };
        let now = Instant::now();
        let rate = before.map_or(0.0, |(then, messages)| {
            let seconds = now.duration_since(then).as_secs_f64();
            statistics.in_messages.saturating_sub(messages) as f64 / seconds
        });
        before = Some((now, statistics.in_messages));
        let traffic = Traffic {
            clients: statistics.connections as u64,
            messages_per_second: rate.round() as u64,
        };
        if traffic != told && !client.tell(News::Traffic(traffic)) {
            return;
        }
        told = traffic;
    }
}

/// Reads the deck's pictures on a thread of its own; a deck without any needs none.
pub(super) fn load_pictures(deck: &Deck, folder: PathBuf, events: SyncSender<Event>) {
    let paths = deck.pictures();
    if paths.is_empty() {
        return;
    }
    let work = move || {
        let pictures = pictures::load(&paths, &folder);
        let _ = events.send(Event::News(News::Pictures(pictures)));
    };
    // Without pictures the show goes on, so a thread that cannot be had is no error.
    let _ = thread::Builder::new().name("pictures".to_owned()).spawn(work);
}

/// Has code coloured, on a thread of its own.
#[derive(Clone)]
pub struct Painter(Sender<(u64, Vec<SlideCode>)>);

impl Painter {
    fn start(events: SyncSender<Event>) -> Painter {
        let (sender, orders) = channel();
        // Without colours the show goes on, so a thread that cannot be had is no error.
        let _ = thread::Builder::new()
            .name("colours".to_owned())
            .spawn(move || paint(&orders, &events));
        Painter(sender)
    }

    /// Colours the code of the deck's edition of that number; the first is 0.
    pub fn colour(&self, edition: u64, code: Vec<SlideCode>) {
        let _ = self.0.send((edition, code));
    }
}

fn paint(orders: &Receiver<(u64, Vec<SlideCode>)>, events: &SyncSender<Event>) {
    let highlighter = Highlighter::load();
    for (edition, code) in orders {
        for (page, blocks) in code {
            let colours: Colours = blocks
                .iter()
                .map(|(language, source)| highlighter.highlight(language, source))
                .collect();
            let news = News::Colours {
                edition,
                page,
                colours,
            };
            if events.send(Event::News(news)).is_err() {
                return;
            }
        }
    }
}

/// What it takes to connect the panes, besides the server's address.
#[derive(Clone)]
pub struct Dial {
    /// Whom to tell.
    pub client: Client,
    /// Our own broker.
    pub broker: BrokerSlot,
    /// Whether panes may change anything on the server.
    pub access: Access,
    /// Address of the server's monitoring port, where one was named.
    pub monitor: Option<Arc<str>>,
    /// What is remembered for the deck.
    pub keep: Keep,
    /// The log of our own broker.
    pub log: ServerLog,
}

impl Dial {
    /// Tries until there is a server; from then on the client reconnects by itself.
    pub async fn connect(self, settings: ConnectSettings, labs: Room) {
        let Dial {
            client,
            broker,
            access,
            monitor,
            keep,
            log,
        } = self;
        let settings = ConnectSettings {
            subscription_messages: Some(SUBSCRIPTION_MESSAGES_WANTED),
            ..settings
        };
        loop {
            let incidents = Incidents::new();
            let tell = watch_link(&client, &incidents);
            let connected =
                client::connect_told(&settings, tell, watch_attempts(&client, &settings, &incidents)).await;
            match connected {
                Ok(connection) => {
                    client.tell(News::Connected(Box::new(PaneContext {
                        client: connection,
                        flood: Flood::to(settings),
                        account: GLOBAL.into(),
                        incidents,
                        runtime: client.runtime.clone(),
                        waker: client.waker.clone(),
                        labs,
                        broker,
                        heard: Heard::default(),
                        keep,
                        log,
                        access,
                        monitor,
                    })));
                    return;
                }
                Err(error) if client.tell(News::ServerFailed(error.to_string())) => {}
                Err(_) => return,
            }
            tokio::time::sleep(RETRY_TIME).await;
        }
    }
}

/// Notes each attempt to come back, and finds out why it fails: the client library keeps that to itself.
fn watch_attempts(
    client: &Client,
    settings: &ConnectSettings,
    incidents: &Incidents,
) -> impl Fn(usize) + Send + Sync + 'static {
    let (client, settings, incidents) = (client.clone(), settings.clone(), incidents.clone());
    move |attempts| {
        incidents.note_attempts(attempts);
        let (settings, incidents, waker) = (settings.clone(), incidents.clone(), client.waker.clone());
        detach(&client.runtime, async move {
            let outcome = client::knock(&settings).await;
            incidents.note_why(trouble::in_words(outcome.err().as_ref()));
            waker.wake();
        });
    }
}

/// Notes what happens to the connection, for the panes and the status line. It is called by the
/// client's own task, which must not wait: with the queue full the status line may be late.
fn watch_link(client: &Client, incidents: &Incidents) -> impl Fn(async_nats::Event) + Send + Sync + 'static {
    let (events, incidents) = (client.events.clone(), incidents.clone());
    move |event| {
        incidents.note(&event);
        let is_up = match event {
            async_nats::Event::Connected => true,
            async_nats::Event::Disconnected => false,
            _ => return,
        };
        let _ = events.try_send(Event::News(News::Link(is_up)));
    }
}
