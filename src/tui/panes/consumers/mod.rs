//! F7: the consumers of a stream, and the averages of what is in it.
//!
//! [`watch`] asks the API and keeps a [`reader`] going that feeds the [`averages`]; [`restart`] says when
//! they begin anew; [`view`] draws.

pub(in crate::tui) mod averages;
mod chart;
mod reader;
mod restart;
mod texts;
mod view;
mod watch;

#[cfg(test)]
mod tests;

use crate::tui::panes::texts as shared;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;
use tokio::sync::Notify;

use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind};
use crate::tui::theme::Theme;
use crate::tui::widgets::select::Selection;
use watch::State;

/// The pane of F7.
pub struct ConsumersPane {
    context: PaneContext,
    state: Shared<State>,
    watched: Watched,
    nudge: Arc<Notify>,
    view: View,
    _watch: Task,
    _pulse: Task,
}

/// What the screen half remembers between frames.
#[derive(Default)]
struct View {
    part: Part,
    averages: Selection,
    consumers: Selection,
}

/// Which table the keys move in; a small pane shows only that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    #[default]
    Averages,
    Consumers,
}

impl ConsumersPane {
    /// Opens the pane on the first stream.
    pub fn open(context: &PaneContext) -> ConsumersPane {
        let state = Shared::new(State::default());
        let (watched, nudge) = (Watched::default(), Arc::new(Notify::new()));
        let watch = watch::run(
            context.clone(),
            state.clone(),
            watched.clone(),
            Arc::clone(&nudge),
        );
        ConsumersPane {
            _watch: context.spawn(watch),
            _pulse: context.pulse(|| false),
            state,
            watched,
            nudge,
            view: View::default(),
            context: context.clone(),
        }
    }

    fn move_selection(&mut self, key: KeyEvent) -> Handled {
        let state = self.state.lock();
        Handled::from(match self.view.part {
            Part::Averages => self.view.averages.on_key(key, state.averages.subjects().len()),
            Part::Consumers => {
                let len = state.consumers.as_ref().map_or(0, |c| c.entries.len());
                self.view.consumers.on_key(key, len)
            }
        })
    }
}

impl Pane for ConsumersPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Consumers
    }

    fn title(&self) -> String {
        match &self.state.lock().stream {
            Some(stream) => format!("Consumers: {stream}"),
            None => "Consumers".to_owned(),
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        match key.code {
            KeyCode::Left | KeyCode::Right => {
                let by = if key.code == KeyCode::Left { -1 } else { 1 };
                self.state.lock().step(by);
                self.view = View {
                    part: self.view.part,
                    ..View::default()
                };
                self.nudge.notify_one();
            }
            KeyCode::Char('s') | KeyCode::Enter => {
                self.view.part = match self.view.part {
                    Part::Averages => Part::Consumers,
                    Part::Consumers => Part::Averages,
                };
            }
            _ => return self.move_selection(key),
        }
        Handled::Yes
    }

    fn on_paste(&mut self, _text: &str) {}

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.on_key(KeyEvent::from(KeyCode::Up)),
            MouseEventKind::ScrollDown => self.on_key(KeyEvent::from(KeyCode::Down)),
            _ => Handled::No,
        }
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.watched.seen();
        let area = super::trouble::banner(frame, area, theme, self.context.is_connected());
        view::draw(frame, area, (theme, focused), &self.state.lock(), &mut self.view);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        vec![
            ("← →", shared::choose_stream()),
            ("s", texts::between_parts()),
            ("↑ ↓", texts::choose_row()),
        ]
    }
}
