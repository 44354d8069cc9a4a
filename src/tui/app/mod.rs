//! The state of the show, what changes it, and what it looks like.
//!
//! [`App::update`] takes an event and never waits; [`App::draw`] draws what there is. What the app
//! wants done outside of itself (the clipboard, the shell, the end) it hands out as an [`Effect`].
//! `keys.rs` leads a key to what has the focus, `actions.rs` does what it means, `blocks.rs` runs
//! code, `view.rs` draws.

mod actions;
mod blocks;
mod keys;
mod view;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use ratatui::crossterm::event::Event as TerminalEvent;
use signal_hook::consts::SIGCONT;

use super::event::{Event, News};
use super::host::Host;
use super::jobs::{BlockId, Jobs};
use super::keymap::KeyReader;
use super::overlay::Overlay;
use super::panes::{Pane, PaneContext, PaneKind};
use super::screens::slides::SlideView;
use super::status::{Server, ServerState};
use super::theme::Theme;
use super::trust::Trust;
use crate::deck::{Deck, Pattern};
use crate::runner::{Environment, Runner};

/// What the app starts with.
pub struct Setup {
    /// The deck.
    pub deck: Deck,
    /// The slide to begin with, from 0.
    pub first_page: usize,
    /// Who speaks; empty for nobody.
    pub author: String,
    /// The date, as it is shown.
    pub date: String,
    /// How the page counter is written.
    pub paging: String,
    /// Colours.
    pub theme: Theme,
    /// Whether the deck may run code.
    pub trust: Trust,
    /// What jobs are started with.
    pub environment: Environment,
    /// Opens a pane.
    pub open_pane: fn(PaneKind, &PaneContext) -> Box<dyn Pane>,
    /// The labs have the whole screen.
    pub labs_alone: bool,
}

/// What the app wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Leave with this exit code.
    Quit(u8),
    /// Give the terminal to the shell.
    Suspend,
    /// Take the terminal over anew: someone else had it.
    Retake,
    /// Draw everything anew.
    Redraw,
    /// Put this on the clipboard.
    Copy(String),
}

/// How a message in the status line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Plain,
    Bad,
}

/// The show.
pub struct App {
    slides: SlideView,
    host: Host,
    jobs: Jobs,
    /// Blocks that are to run after the one before has ended.
    queue: VecDeque<BlockId>,
    /// The block that the queue waits for.
    queue_waits: Option<BlockId>,
    keys: KeyReader,
    overlay: Option<Overlay>,
    message: Option<(String, Tone)>,
    pattern: Option<Pattern>,
    server: Server,
    context: Option<PaneContext>,
    author: String,
    date: String,
    paging: String,
    theme: Theme,
    trust: Trust,
    environment: Environment,
    runner: Runner,
    open_pane: fn(PaneKind, &PaneContext) -> Box<dyn Pane>,
    labs_alone: bool,
}

impl App {
    /// The show at its first slide. Whatever takes time comes later, as [`News`].
    pub fn new(setup: Setup, runner: Runner) -> App {
        App {
            slides: SlideView::new(setup.deck, setup.first_page),
            host: Host::default(),
            jobs: Jobs::default(),
            queue: VecDeque::new(),
            queue_waits: None,
            keys: KeyReader::default(),
            overlay: None,
            message: None,
            pattern: None,
            server: Server {
                url: setup.environment.shown_url(),
                state: ServerState::Starting,
                traffic: None,
            },
            context: None,
            author: setup.author,
            date: setup.date,
            paging: setup.paging,
            theme: setup.theme,
            trust: setup.trust,
            environment: setup.environment,
            runner,
            open_pane: setup.open_pane,
            labs_alone: setup.labs_alone,
        }
    }

    /// Takes one event.
    pub fn update(&mut self, event: Event) -> Option<Effect> {
        match event {
            Event::Terminal(TerminalEvent::Key(key)) if !key.is_release() => self.on_key(key),
            Event::Terminal(TerminalEvent::Paste(text)) => {
                self.on_paste(&text);
                None
            }
            Event::Terminal(TerminalEvent::Mouse(mouse)) => {
                self.on_mouse(mouse);
                None
            }
            Event::Terminal(_) => None,
            Event::TerminalGone => Some(Effect::Quit(1)),
            Event::Signal(SIGCONT) => Some(Effect::Retake),
            Event::Signal(signal) => Some(Effect::Quit(u8::try_from(128 + signal).unwrap_or(1))),
            Event::Wake => {
                self.advance_queue();
                None
            }
            Event::News(news) => {
                self.on_news(news);
                None
            }
        }
    }

    /// True while something on the screen counts seconds.
    pub fn has_clock(&self) -> bool {
        self.jobs.running() > 0
    }

    fn on_news(&mut self, news: News) {
        match news {
            News::Colours { page, colours } => self.slides.set_colours(page, colours),
            News::Listening(url) => {
                self.server.url.clone_from(&url);
                self.environment.url = url;
            }
            News::Connected(context) => {
                self.context = Some(context);
                self.server.state = ServerState::Ready;
                if std::mem::take(&mut self.labs_alone) {
                    self.host.fill();
                    self.toggle_pane(PaneKind::Labs);
                }
            }
            News::Link(is_up) => {
                self.server.state = if is_up {
                    ServerState::Ready
                } else {
                    ServerState::Lost
                };
            }
            News::ServerFailed(reason) => self.server.state = ServerState::Failed(reason),
            News::Traffic(traffic) => self.server.traffic = Some(traffic),
        }
    }

    fn say(&mut self, text: impl Into<String>) {
        self.message = Some((text.into(), Tone::Plain));
    }

    fn complain(&mut self, text: impl Into<String>) {
        self.message = Some((text.into(), Tone::Bad));
    }
}
