//! F8: the server: who is connected, what happens, which accounts there are, and how the server is.
//!
//! [`source`] knows whom to ask, [`watch`] asks, [`facts`] reads the answers, [`events`] puts what servers tell
//! into sentences, [`view`] draws.

mod events;
mod facts;
mod log;
mod source;
mod texts;
mod view;
mod watch;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::Rect;

use crate::tui::overlay::answer;
use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::texts as shared;
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind};
use crate::tui::theme::Theme;
use crate::tui::widgets::message::Scroll;
use crate::tui::widgets::select::Selection;
use events::{Event, Weight};
use facts::{Connection, Order};
use log::LogView;
use source::Source;
use watch::State;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    #[default]
    Connections,
    Events,
    Accounts,
    Server,
    Log,
}

impl Part {
    const ALL: [Part; 5] = [
        Part::Connections,
        Part::Events,
        Part::Accounts,
        Part::Server,
        Part::Log,
    ];

    fn step(self, by: usize) -> Part {
        let at = Part::ALL.iter().position(|part| *part == self).unwrap_or(0);
        Part::ALL[(at + by) % Part::ALL.len()]
    }

    fn name(self) -> &'static str {
        match self {
            Part::Connections => texts::connections(),
            Part::Events => texts::events(),
            Part::Accounts => texts::accounts(),
            Part::Server => texts::server(),
            Part::Log => texts::log(),
        }
    }
}

/// The pane of F8.
pub struct ServerPane {
    context: PaneContext,
    state: Shared<State>,
    watched: Watched,
    view: View,
    kick: Option<Task>,
    _watch: Task,
    _listen: Task,
    _pulse: Task,
}

/// What the screen half remembers between frames.
struct View {
    order: Order,
    reversed: bool,
    connections: Selection,
    /// The selected event, counted from the newest.
    events: Selection,
    accounts: Selection,
    shows_light: bool,
    over: Option<Over>,
    log: LogView,
    zone: TimeZone,
}

/// What lies over the list.
enum Over {
    Connection(Box<Connection>, Scroll),
    Event(Arc<Event>, Scroll),
    Kick(Box<Connection>),
}

impl ServerPane {
    /// Opens the pane with the connections.
    pub fn open(context: &PaneContext) -> ServerPane {
        let state = Shared::new(State::default());
        let watched = Watched::default();
        let watch = watch::run(context.clone(), state.clone(), watched.clone());
        let (log, mut seen) = (context.log.clone(), 0);
        let listen = watch::listen(context.clone(), state.clone());
        ServerPane {
            _watch: context.spawn(watch),
            _listen: context.spawn(listen),
            _pulse: context.pulse(move || {
                let now = log.written();
                std::mem::replace(&mut seen, now) != now
            }),
            kick: None,
            state,
            watched,
            view: View::new(TimeZone::system()),
            context: context.clone(),
        }
    }

    fn go(&mut self, by: usize) {
        let mut state = self.state.lock();
        state.part = state.part.step(by);
        state.part_trouble = None;
        drop(state);
        self.watched.hurry();
    }

    fn selected(&self) -> Option<Connection> {
        let state = self.state.lock();
        let list = &state.facts.connections;
        let index = self.view.connections.index(list.len())?;
        list.get(index).cloned()
    }

    fn open_selected(&mut self) -> Handled {
        let part = self.state.lock().part;
        self.view.over = match part {
            Part::Connections => self
                .selected()
                .map(|connection| Over::Connection(Box::new(connection), Scroll::default())),
            Part::Events => {
                let state = self.state.lock();
                let events = self.view.events_of(&state);
                let index = self.view.events.index(events.len());
                index.map(|index| Over::Event(Arc::clone(&events[index]), Scroll::default()))
            }
            Part::Accounts | Part::Server | Part::Log => None,
        };
        Handled::from(self.view.over.is_some())
    }

    fn move_selection(&mut self, key: KeyEvent) -> Handled {
        let state = self.state.lock();
        Handled::from(match state.part {
            Part::Connections => self.view.connections.on_key(key, state.facts.connections.len()),
            Part::Events => {
                let len = self.view.events_of(&state).len();
                self.view.events.on_key(key, len)
            }
            Part::Accounts => self.view.accounts.on_key(key, state.facts.accounts.len()),
            Part::Server | Part::Log => false,
        })
    }

    fn kick(&mut self, connection: Connection) {
        let (source, state) = (Source::new(&self.context), self.state.clone());
        let (waker, watched) = (self.context.waker.clone(), self.watched.clone());
        self.kick = Some(self.context.spawn(async move {
            let outcome = source.kick(&connection).await;
            state.lock().notice = Some(match outcome {
                Ok(()) => (texts::kicked(connection.cid), false),
                Err(why) => (why, true),
            });
            watched.hurry();
            waker.wake();
        }));
    }

    fn key_over(&mut self, mut over: Over, key: KeyEvent) -> Handled {
        let stays = match &mut over {
            Over::Kick(connection) => match answer(key.code) {
                Some(true) => {
                    let connection = (**connection).clone();
                    self.kick(connection);
                    false
                }
                Some(false) => false,
                None => true,
            },
            Over::Connection(_, scroll) | Over::Event(_, scroll) => {
                if matches!(key.code, KeyCode::Esc | KeyCode::Enter) {
                    false
                } else {
                    scroll.on_key(key);
                    true
                }
            }
        };
        if stays {
            self.view.over = Some(over);
        }
        Handled::Yes
    }
}

impl View {
    fn new(zone: TimeZone) -> View {
        View {
            order: Order::default(),
            reversed: false,
            connections: Selection::default(),
            events: Selection::default(),
            accounts: Selection::default(),
            shows_light: false,
            over: None,
            log: LogView::default(),
            zone,
        }
    }

    /// The events that are shown, the newest first.
    fn events_of(&self, state: &State) -> Vec<Arc<Event>> {
        let shown = |event: &&Arc<Event>| self.shows_light || event.weight != Weight::Light;
        state.events.iter().rev().filter(shown).cloned().collect()
    }
}

impl Pane for ServerPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Server
    }

    fn title(&self) -> String {
        texts::title_of(self.state.lock().part.name())
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        if let Some(over) = self.view.over.take() {
            return self.key_over(over, key);
        }
        self.state.lock().notice = None;
        let is_log = self.state.lock().part == Part::Log;
        if is_log && self.view.log.on_key(key, &self.context.log) {
            return Handled::Yes;
        }
        match key.code {
            KeyCode::Right => self.go(1),
            KeyCode::Left => self.go(Part::ALL.len() - 1),
            KeyCode::Enter => return self.open_selected(),
            KeyCode::Char('s') => self.view.order = self.view.order.next(),
            KeyCode::Char('S') => self.view.reversed = !self.view.reversed,
            KeyCode::Char('a') => self.view.shows_light = !self.view.shows_light,
            KeyCode::Char('x') => match self.context.access.check() {
                Ok(()) => self.view.over = self.selected().map(|c| Over::Kick(Box::new(c))),
                Err(forbidden) => self.state.lock().notice = Some((forbidden.to_string(), true)),
            },
            _ => return self.move_selection(key),
        }
        Handled::Yes
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        let part = self.state.lock().part;
        let list = match part {
            Part::Connections => self.view.connections.clone(),
            Part::Events => self.view.events.clone(),
            Part::Accounts => self.view.accounts.clone(),
            Part::Server | Part::Log => Selection::default(),
        };
        super::mouse_in(self, &list, mouse)
    }

    fn wants_escape(&self) -> bool {
        self.view.over.is_some()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.watched.seen();
        let area = super::trouble::banner(frame, area, theme, &self.context.link());
        let is_ours = self.context.has_broker();
        view::draw(
            frame,
            area,
            (theme, focused),
            (&mut self.state.lock(), is_ours.then_some(&self.context.log)),
            &mut self.view,
        );
    }

    fn keys(&self) -> Vec<KeyHelp> {
        if self.view.over.is_some() {
            return vec![("↑ ↓", shared::scroll()), ("Esc", shared::back())];
        }
        let mut keys = vec![("← →", texts::tabs()), ("↑ ↓", texts::choose())];
        match self.state.lock().part {
            Part::Connections => keys.extend([
                ("Enter", texts::open()),
                ("s", texts::sort()),
                ("S", texts::reverse()),
                ("x", texts::kick()),
            ]),
            Part::Events => keys.extend([("Enter", texts::open()), ("a", texts::toggle_light())]),
            Part::Log => keys.extend([("End", shared::follow_newest()), ("d", texts::toggle_debug())]),
            Part::Accounts | Part::Server => {}
        }
        keys
    }
}
