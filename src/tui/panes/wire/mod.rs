//! The wire and the why: what goes over each connection of our own broker, and for each message who got it, who
//! did not, and why.
//!
//! [`seen`] keeps what the broker's tap tells; [`view`] draws. On any server [`trace`] follows one message, whose way
//! [`path`] reads from what servers tell. While the pane is open the broker notes everything;
//! it stops when the pane is closed.

mod path;
mod seen;
mod texts;
mod trace;
mod view;

#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::Rect;

use crate::tui::panes::task::{Shared, Task};
use crate::tui::panes::texts as shared;
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind};
use crate::tui::theme::Theme;
use crate::tui::widgets::select::Selection;
use seen::{Fate, Seen, WireLine};
use trace::Trace;

/// How often the tap is read.
const READ_EVERY: Duration = Duration::from_millis(100);

/// The pane.
pub struct WirePane {
    context: PaneContext,
    seen: Shared<Seen>,
    view: View,
    /// A message that is followed, over the rest.
    trace: Option<Trace>,
    _tap: Task,
    _pulse: Task,
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    #[default]
    Wire,
    Why,
}

/// What the screen half remembers between frames.
struct View {
    part: Part,
    /// Only this connection; all when absent.
    connection: Option<u64>,
    /// Lines and messages as they were when the view was held; none while the newest are followed.
    held: Option<Held>,
    shows_internal: bool,
    /// Subscriptions whose pattern does not match are listed too.
    shows_all: bool,
    /// The message that is shown whole.
    open: Option<(Arc<Fate>, usize)>,
    zone: TimeZone,
}

/// A view that stands still.
struct Held {
    lines: Vec<Arc<WireLine>>,
    fates: Vec<Arc<Fate>>,
    selection: Selection,
}

impl WirePane {
    /// Opens the pane; the broker begins to note what passes.
    pub fn open(context: &PaneContext) -> WirePane {
        let seen = Shared::new(Seen::default());
        let read = read(context.clone(), seen.clone());
        WirePane {
            _tap: context.spawn(read),
            _pulse: context.pulse(|| false),
            context: context.clone(),
            seen,
            view: View::new(TimeZone::system()),
            trace: None,
        }
    }

    fn hold(&mut self) {
        if self.view.held.is_none() {
            let seen = self.seen.lock();
            let (lines, fates) = (self.view.lines(&seen), self.view.fates(&seen));
            let mut selection = Selection::default();
            let len = if self.view.part == Part::Wire {
                lines.len()
            } else {
                fates.len()
            };
            selection.set(len.saturating_sub(1));
            drop(seen);
            self.view.held = Some(Held {
                lines,
                fates,
                selection,
            });
        }
    }

    /// The next connection that was heard, or all of them again.
    fn choose(&mut self, on: bool) {
        let ids: Vec<u64> = self.seen.lock().connections.keys().copied().collect();
        let at = self
            .view
            .connection
            .and_then(|id| ids.iter().position(|own| *own == id));
        let next = match (at, on) {
            (None, true) => 0,
            (None, false) => ids.len().wrapping_sub(1),
            (Some(at), true) => at + 1,
            (Some(at), false) => at.wrapping_sub(1),
        };
        self.view.connection = ids.get(next).copied();
        self.view.held = None;
    }

    fn enter(&mut self) {
        if self.view.part == Part::Wire {
            return;
        }
        self.hold();
        if let Some(held) = &self.view.held {
            let index = held.selection.index(held.fates.len());
            self.view.open = index.map(|index| (Arc::clone(&held.fates[index]), 0));
        }
    }

    fn move_selection(&mut self, key: KeyEvent) -> Handled {
        if self.view.held.is_none() && matches!(key.code, KeyCode::Down | KeyCode::PageDown) {
            return Handled::Yes;
        }
        if !matches!(
            key.code,
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown | KeyCode::Home
        ) {
            return Handled::No;
        }
        self.hold();
        let part = self.view.part;
        if let Some(held) = &mut self.view.held {
            let len = if part == Part::Wire {
                held.lines.len()
            } else {
                held.fates.len()
            };
            let moved = held.selection.on_key(key, len);
            if !moved && key.code == KeyCode::Down {
                self.view.held = None;
            }
        }
        Handled::Yes
    }
}

/// Reads the tap of our own broker as soon as there is one.
async fn read(context: PaneContext, seen: Shared<Seen>) {
    let mut tap = None;
    let mut ticks = tokio::time::interval(READ_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if tap.is_none() {
            let broker = context.broker.lock().unwrap_or_else(PoisonError::into_inner);
            tap = broker.as_ref().map(|broker| broker.tap());
            seen.lock().is_ours = tap.is_some();
        }
        let Some(tap) = &tap else { continue };
        let (observations, lost) = tap.take();
        if !observations.is_empty() || lost > 0 {
            seen.lock().take(observations, lost, &context.own_ids());
            context.waker.wake();
        }
    }
}

impl View {
    fn new(zone: TimeZone) -> View {
        View {
            part: Part::default(),
            connection: None,
            held: None,
            shows_internal: false,
            shows_all: false,
            open: None,
            zone,
        }
    }

    fn lines(&self, seen: &Seen) -> Vec<Arc<WireLine>> {
        let wanted = |line: &&Arc<WireLine>| self.connection.is_none_or(|id| line.connection == id);
        seen.lines.iter().filter(wanted).cloned().collect()
    }

    fn fates(&self, seen: &Seen) -> Vec<Arc<Fate>> {
        let is_internal = |fate: &Arc<Fate>| {
            let subject = &fate.published.subject;
            subject.starts_with("$JS.") || subject.starts_with("$SYS.") || subject.starts_with("_INBOX.")
        };
        let wanted = |fate: &&Arc<Fate>| {
            self.connection.is_none_or(|id| fate.connection == id)
                && (self.shows_internal || !is_internal(fate))
        };
        seen.fates.iter().filter(wanted).cloned().collect()
    }
}

impl Pane for WirePane {
    fn kind(&self) -> PaneKind {
        PaneKind::Wire
    }

    fn title(&self) -> String {
        if self.trace.is_some() {
            return texts::trace().to_owned();
        }
        let part = match self.view.part {
            Part::Wire => texts::wire(),
            Part::Why => texts::why(),
        };
        match self.view.connection {
            Some(id) => texts::title_of(part, id),
            None => part.to_owned(),
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        let is_plain = !key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        if let Some(trace) = self.trace.as_mut().filter(|trace| is_plain || trace.takes_text()) {
            if !trace.on_key(key) {
                self.trace = None;
            }
            return Handled::Yes;
        }
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        if let Some((_, scroll)) = &mut self.view.open {
            match key.code {
                KeyCode::Esc | KeyCode::Enter => self.view.open = None,
                KeyCode::Down => *scroll += 1,
                KeyCode::Up => *scroll = scroll.saturating_sub(1),
                KeyCode::Char('a') => self.view.shows_all = !self.view.shows_all,
                _ => return Handled::No,
            }
            return Handled::Yes;
        }
        match key.code {
            KeyCode::Char('w') => {
                self.view.part = match self.view.part {
                    Part::Wire => Part::Why,
                    Part::Why => Part::Wire,
                };
                self.view.held = None;
            }
            KeyCode::Char('t') => self.trace = Some(Trace::open(&self.context)),
            KeyCode::Right => self.choose(true),
            KeyCode::Left => self.choose(false),
            KeyCode::Enter => self.enter(),
            KeyCode::End => self.view.held = None,
            KeyCode::Char(' ') => match self.view.held {
                Some(_) => self.view.held = None,
                None => self.hold(),
            },
            KeyCode::Char('i') => {
                self.view.shows_internal = !self.view.shows_internal;
                self.view.held = None;
            }
            KeyCode::Char('c') => {
                let is_ours = self.seen.lock().is_ours;
                *self.seen.lock() = Seen {
                    is_ours,
                    ..Seen::default()
                };
                (self.view.held, self.view.connection) = (None, None);
            }
            _ => return self.move_selection(key),
        }
        Handled::Yes
    }

    fn on_paste(&mut self, text: &str) {
        if let Some(trace) = &mut self.trace {
            trace.on_paste(text);
        }
    }

    fn takes_text(&self) -> bool {
        self.trace.as_ref().is_some_and(Trace::takes_text)
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        let held = self.view.held.as_ref();
        let list = held.map(|held| held.selection.clone()).unwrap_or_default();
        super::mouse_in(self, &list, mouse)
    }

    fn wants_escape(&self) -> bool {
        self.view.open.is_some() || self.trace.is_some()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        let area = super::trouble::banner(frame, area, theme, &self.context.link());
        if let Some(trace) = &mut self.trace {
            return trace.draw(frame, area, theme, focused);
        }
        view::draw(frame, area, (theme, focused), &self.seen.lock(), &mut self.view);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        if let Some(trace) = &self.trace {
            return trace.keys();
        }
        if self.view.open.is_some() {
            return vec![
                ("↑ ↓", shared::scroll()),
                ("a", texts::key_all()),
                ("Esc", shared::back()),
            ];
        }
        vec![
            ("w", texts::key_part()),
            ("t", texts::key_follow()),
            ("← →", texts::key_connection()),
            (texts::space(), texts::key_hold()),
            ("Enter", texts::key_open()),
            ("i", texts::key_internal()),
            ("c", texts::key_clear()),
        ]
    }
}
