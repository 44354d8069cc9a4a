//! What is started behind the first frame: the colours of code, the server, the panes' connection.

use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;

use super::event::{Event, News, Waker};
use super::panes::PaneContext;
use super::panes::incidents::Incidents;
use super::screens::slides::Colours;
use crate::client::{self, ConnectSettings};
use crate::deck::{Deck, Highlighter};

/// From a failed attempt to connect to the next.
const RETRY_TIME: Duration = Duration::from_secs(2);

/// What is to be started.
pub struct Background {
    /// How to reach the server.
    pub connection: ConnectSettings,
}

/// What runs until the show is over.
pub struct Running {}

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
    pub fn start(
        self,
        runtime: &Handle,
        events: &SyncSender<Event>,
        waker: &Waker,
        code: Vec<SlideCode>,
    ) -> Running {
        let to_app = events.clone();
        // Without colours the show goes on, so a thread that cannot be had is no error.
        let _ = thread::Builder::new()
            .name("colours".to_owned())
            .spawn(move || colour(code, &to_app));
        runtime.spawn(connect(
            self.connection,
            events.clone(),
            runtime.clone(),
            waker.clone(),
        ));
        Running {}
    }
}

impl Running {
    /// Stops what was started.
    pub fn stop(self, _runtime: &tokio::runtime::Runtime) {}
}

fn colour(code: Vec<SlideCode>, events: &SyncSender<Event>) {
    let highlighter = Highlighter::load();
    for (page, blocks) in code {
        let colours: Colours = blocks
            .iter()
            .map(|(language, source)| highlighter.highlight(language, source))
            .collect();
        if events.send(Event::News(News::Colours { page, colours })).is_err() {
            return;
        }
    }
}

/// Tries until there is a server; from then on the client reconnects by itself.
async fn connect(settings: ConnectSettings, events: SyncSender<Event>, runtime: Handle, waker: Waker) {
    loop {
        let news = match client::connect(&settings).await {
            Ok(client) => News::Connected(PaneContext {
                client,
                runtime: runtime.clone(),
                waker: waker.clone(),
                incidents: Incidents::new(),
            }),
            Err(error) => News::ServerFailed(error.to_string()),
        };
        let connected = matches!(news, News::Connected(_));
        if events.send(Event::News(news)).is_err() || connected {
            return;
        }
        tokio::time::sleep(RETRY_TIME).await;
    }
}
