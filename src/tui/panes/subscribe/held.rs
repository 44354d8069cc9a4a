//! The window as it was when the view was held: filtered and searched a little at a time, so that no key waits for
//! ten thousand messages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::look::{self, Found};
use super::window::Entry;
use super::{SubscribePane, View, texts};
use crate::client::filter::Filter;
use crate::tui::widgets::select::Selection;

/// How long the screen's thread looks at messages before it draws; the rest waits for the next frame.
const LOOK_TIME: Duration = Duration::from_millis(8);
/// Messages that are looked at between two glances at the clock.
const LOOK_MESSAGES: usize = 64;

/// The window as it was when the view was held.
pub(super) struct Held {
    pub(super) entries: Vec<Arc<Entry>>,
    pub(super) shown_then: u64,
    pub(super) selection: Selection,
    /// The first one that is drawn.
    pub(super) top: usize,
    /// Older ones that the filter has not been asked about yet, oldest first.
    pub(super) older: Vec<Arc<Entry>>,
}

impl SubscribePane {
    /// Holds the view with the newest message selected.
    pub(super) fn hold(&mut self) {
        if self.view.held.is_none() {
            let (older, shown_then) = {
                let window = self.window.lock();
                (window.heard().cloned().collect(), window.shown())
            };
            self.view.held = Some(Held::of(older, shown_then));
            self.look_on();
        }
    }

    /// Goes on filtering what is held and looking for what is searched, for as long as a frame may take. What is left
    /// is done before the next frame, which is asked for.
    pub(super) fn look_on(&mut self) {
        if !self.view.look_until(Instant::now() + LOOK_TIME) {
            self.context.waker.wake();
        }
    }
}

impl View {
    /// Filters and searches until then; true when there is no more to do.
    pub(super) fn look_until(&mut self, end: Instant) -> bool {
        let Some(held) = &mut self.held else {
            self.looking = None;
            return true;
        };
        while !held.older.is_empty() {
            let added = held.take_older(self.filter.as_ref());
            if let Some(looking) = &mut self.looking {
                looking.shift(added);
            }
            if Instant::now() >= end {
                return held.older.is_empty() && self.looking.is_none();
            }
        }
        while let Some(looking) = &mut self.looking {
            match looking.look_at(&held.entries, LOOK_MESSAGES) {
                Found::NotYet => {}
                Found::Hit(hit) => {
                    held.selection.set(hit);
                    self.looking = None;
                }
                Found::Nothing => {
                    self.problem = Some(texts::no_hit(looking.text()));
                    self.looking = None;
                }
            }
            if Instant::now() >= end {
                break;
            }
        }
        self.looking.is_none()
    }
}

impl Held {
    /// These, of which none was looked at yet.
    pub(super) fn of(older: Vec<Arc<Entry>>, shown_then: u64) -> Held {
        Held {
            entries: Vec::new(),
            shown_then,
            selection: Selection::default(),
            top: 0,
            older,
        }
    }

    /// Looks at some more of the older ones, and says how many fit; what is selected stays selected.
    fn take_older(&mut self, filter: Option<&Filter>) -> usize {
        let from = match filter {
            Some(_) => self.older.len().saturating_sub(LOOK_MESSAGES),
            None => 0,
        };
        let some = self.older.drain(from..);
        let fit = look::filtered(some, filter);
        let added = fit.len();
        let at = match self.selection.index(self.entries.len()) {
            Some(at) => at + added,
            None => added.saturating_sub(1),
        };
        self.selection.set(at);
        self.top += added;
        self.entries.splice(0..0, fit);
        added
    }
}
