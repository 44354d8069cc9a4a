//! Everything that can happen, in one closed list, and how background work asks for a new frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::crossterm::event::{Event as TerminalEvent, MouseEventKind};

use super::background::Painter;
use super::faults::Switch;
use super::panes::PaneContext;
use super::pictures::Picture;
use super::reload::Edition;
use super::screens::slides::Colours;
use super::stage::follow::FromStage;
use super::status::Traffic;

/// Events that wait for the screen's thread. The terminal's reader waits when it is full; a wish for
/// a frame is dropped then, since a full queue leads to a frame anyway.
pub const EVENTS_MAX: usize = 256;

/// What the screen's thread reacts to.
pub enum Event {
    /// A key, a paste, the mouse, a new size.
    Terminal(TerminalEvent),
    /// The terminal is gone.
    TerminalGone,
    /// A signal to this process.
    Signal(i32),
    /// Something has changed that a window or a job shows.
    Wake,
    /// Something that was started in the background.
    News(News),
}

impl Event {
    /// True when the frame that follows should not wait. A mouse that only moves changes nothing.
    pub fn wants_frame(&self) -> bool {
        match self {
            Event::Terminal(TerminalEvent::Mouse(mouse)) => !matches!(mouse.kind, MouseEventKind::Moved),
            Event::Wake => false,
            _ => true,
        }
    }
}

/// What the background has to tell.
pub enum News {
    /// The colours of one slide's code blocks.
    Colours {
        /// How often the deck had been read before.
        edition: u64,
        /// The slide, from 0.
        page: usize,
        /// By the block's index.
        colours: Colours,
    },
    /// Who colours code that is changed on the stage.
    Painter(Painter),
    /// The pictures of the deck.
    Pictures(Vec<Picture>),
    /// What the stage says, on the speaker's second screen.
    Stage(FromStage),
    /// The deck's file has changed.
    Deck(Box<Edition>),
    /// The server listens at this address, which may differ from the one that was asked for.
    Listening(String),
    /// Our own broker can be switched off and on with this.
    Switch(Box<Switch>),
    /// The panes' connection stands.
    Connected(Box<PaneContext>),
    /// The panes' connection was lost (false), or is back (true).
    Link(bool),
    /// There is no server, and why.
    ServerFailed(String),
    /// What goes through the server.
    Traffic(Traffic),
}

/// Asks the screen's thread for a frame. Cheap enough to call for every message: only the first
/// call since the last frame does anything, and frames come at most 30 times a second.
#[derive(Clone)]
pub struct Waker {
    pending: Arc<AtomicBool>,
    signal: Arc<dyn Fn() + Send + Sync>,
}

impl Waker {
    /// A waker that runs `signal` when a frame is wanted and none is pending yet.
    pub fn new(signal: impl Fn() + Send + Sync + 'static) -> Waker {
        Waker {
            pending: Arc::default(),
            signal: Arc::new(signal),
        }
    }

    /// Asks for a frame.
    pub fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            (self.signal)();
        }
    }

    /// True while a frame is wanted and not drawn yet.
    pub fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Acquire)
    }

    /// Says that a frame is about to be drawn. True when one had been asked for.
    pub fn take(&self) -> bool {
        self.pending.swap(false, Ordering::AcqRel)
    }
}

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waker")
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}
