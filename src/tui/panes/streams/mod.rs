//! F6: the streams, and one of them in detail.
//!
//! [`watch`] asks the API; [`recent`] decides which messages to fetch; [`explain`] puts the configuration
//! into words; [`view`] draws.

mod explain;
mod recent;
mod texts;
mod view;
mod watch;

#[cfg(test)]
mod tests;

use crate::tui::panes::texts as shared;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;
use tokio::sync::Notify;

use crate::tui::panes::jetstream::Stored;
use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind};
use crate::tui::theme::Theme;
use crate::tui::widgets::message::Scroll;
use crate::tui::widgets::select::Selection;
use crate::util::time::Timestamp;
use watch::{Detail, Streams};

/// The pane of F6.
pub struct StreamsPane {
    context: PaneContext,
    state: Shared<Streams>,
    watched: Watched,
    nudge: Arc<Notify>,
    view: View,
    _watch: Task,
    _pulse: Task,
}

/// What the screen half remembers between frames.
struct View {
    list: Selection,
    /// The selected message of the open stream; none while the newest are followed.
    message: Option<Selection>,
    tab: Tab,
    zoom: Option<(Stored, Scroll)>,
    zone: TimeZone,
    now: Timestamp,
}

/// What a small pane shows of the open stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Messages,
    Subjects,
    Config,
}

impl Tab {
    const ALL: [Tab; 3] = [Tab::Messages, Tab::Subjects, Tab::Config];

    fn step(self, by: usize) -> Tab {
        let at = Tab::ALL.iter().position(|t| *t == self).unwrap_or(0);
        Tab::ALL[(at + by) % Tab::ALL.len()]
    }
}

impl StreamsPane {
    /// Opens the pane with the list of streams.
    pub fn open(context: &PaneContext) -> StreamsPane {
        let state = Shared::new(Streams::default());
        let (watched, nudge) = (Watched::default(), Arc::new(Notify::new()));
        let watch = watch::run(
            context.clone(),
            state.clone(),
            watched.clone(),
            Arc::clone(&nudge),
        );
        StreamsPane {
            _watch: context.spawn(watch),
            _pulse: context.pulse(|| false),
            state,
            watched,
            nudge,
            view: View::new(TimeZone::system()),
            context: context.clone(),
        }
    }

    fn list_key(&mut self, key: KeyEvent) -> Handled {
        let mut state = self.state.lock();
        let names: Vec<String> = match &state.list {
            Some(Ok(list)) => list.entries.iter().map(|i| i.config.name.clone()).collect(),
            _ => Vec::new(),
        };
        if self.view.list.on_key(key, names.len()) {
            return Handled::Yes;
        }
        let selected = self.view.list.index(names.len());
        match (key.code, selected) {
            (KeyCode::Enter | KeyCode::Right, Some(i)) => {
                state.open = Some(Detail::of(&names[i]));
                self.view.message = None;
                self.view.tab = Tab::Messages;
                self.nudge.notify_one();
                Handled::Yes
            }
            _ => Handled::No,
        }
    }

    fn detail_key(&mut self, key: KeyEvent) -> Handled {
        match key.code {
            KeyCode::Esc | KeyCode::Backspace => {
                self.state.lock().open = None;
                self.nudge.notify_one();
            }
            KeyCode::Right => self.view.tab = self.view.tab.step(1),
            KeyCode::Left => self.view.tab = self.view.tab.step(2),
            KeyCode::End => self.view.message = None,
            KeyCode::Enter => return self.zoom(),
            _ => return self.message_key(key),
        }
        Handled::Yes
    }

    fn messages_held(&self) -> usize {
        let state = self.state.lock();
        state.open.as_ref().map_or(0, |d| d.recent.messages().len())
    }

    fn message_key(&mut self, key: KeyEvent) -> Handled {
        let len = self.messages_held();
        let Some(selection) = &mut self.view.message else {
            if !matches!(key.code, KeyCode::Up | KeyCode::PageUp | KeyCode::Home) || len == 0 {
                return Handled::No;
            }
            let mut selection = Selection::default();
            selection.set(len - 1);
            self.view.message = Some(selection);
            return Handled::Yes;
        };
        if !selection.on_key(key, len) && key.code == KeyCode::Down {
            self.view.message = None;
        }
        Handled::Yes
    }

    fn zoom(&mut self) -> Handled {
        let state = self.state.lock();
        let Some(messages) = state.open.as_ref().map(|d| d.recent.messages()) else {
            return Handled::No;
        };
        let at = match &self.view.message {
            Some(selection) => selection.index(messages.len()),
            None => messages.len().checked_sub(1),
        };
        let message = at.and_then(|i| messages.get(i));
        self.view.zoom = message.map(|m| (m.clone(), Scroll::default()));
        Handled::Yes
    }
}

impl View {
    fn new(zone: TimeZone) -> View {
        View {
            list: Selection::default(),
            message: None,
            tab: Tab::Messages,
            zoom: None,
            zone,
            now: Timestamp::now(),
        }
    }
}

impl Pane for StreamsPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Streams
    }

    fn title(&self) -> String {
        match &self.state.lock().open {
            Some(detail) => format!("Stream: {}", detail.name),
            None => "Streams".to_owned(),
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        if let Some((_, scroll)) = &mut self.view.zoom {
            if matches!(key.code, KeyCode::Esc | KeyCode::Enter) {
                self.view.zoom = None;
                return Handled::Yes;
            }
            return Handled::from(scroll.on_key(key));
        }
        let open = self.state.lock().open.is_some();
        if open {
            self.detail_key(key)
        } else {
            self.list_key(key)
        }
    }

    fn on_paste(&mut self, _text: &str) {}

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.on_key(KeyEvent::from(KeyCode::Up)),
            MouseEventKind::ScrollDown => self.on_key(KeyEvent::from(KeyCode::Down)),
            _ => Handled::No,
        }
    }

    fn wants_escape(&self) -> bool {
        self.view.zoom.is_some() || self.state.lock().open.is_some()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.watched.seen();
        self.view.now = Timestamp::now();
        let area = super::trouble::banner(frame, area, theme, self.context.is_connected());
        view::draw(frame, area, (theme, focused), &self.state.lock(), &mut self.view);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        if self.view.zoom.is_some() {
            return vec![("↑ ↓", shared::scroll()), ("Esc", shared::back())];
        }
        if self.state.lock().open.is_none() {
            return vec![("↑ ↓", shared::choose_stream()), ("Enter", texts::open_stream())];
        }
        vec![
            ("← →", texts::tabs()),
            ("↑ ↓", shared::choose_message()),
            ("Enter", shared::show_message()),
            ("End", shared::follow_newest()),
            ("Esc", texts::to_list()),
        ]
    }
}
