//! F7: the consumers of a stream, and the averages of what is in it.
//!
//! [`watch`] asks the API and keeps a [`reader`] going that feeds the [`averages`]; [`restart`] says when
//! they begin anew; [`view`] draws. [`hand`] is a consumer that is driven by hand, [`hand_view`] shows it.

pub(in crate::tui) mod averages;
mod chart;
mod hand;
mod hand_view;
mod pause;
mod reader;
mod restart;
mod texts;
mod view;
mod watch;

#[cfg(test)]
mod tests;

use crate::tui::panes::texts as shared;

use async_nats::jetstream::consumer::Info;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::{Constraint, Layout, Rect};

use crate::tui::panes::above::Above;
use crate::tui::panes::decisions::{Log, Question};
use crate::tui::panes::follow::is_ours;
use crate::tui::panes::jetstream::named;
use crate::tui::panes::replay::{Order, Replay};
use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind, Wish};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::select::Selection;
use crate::tui::widgets::text;
use crate::util::time::Timestamp;
use hand_view::HandView;
use watch::State;

/// The pane of F7.
pub struct ConsumersPane {
    context: PaneContext,
    state: Shared<State>,
    watched: Watched,
    view: View,
    /// The consumer that is driven by hand, over the tables.
    hand: Option<HandView>,
    /// What the selected consumer decided, or what it wants played again, over the tables.
    above: Option<Above>,
    wish: Option<Wish>,
    problem: Option<String>,
    /// What is being written.
    asks: Option<(Ask, Field)>,
    /// A consumer is being paused, or let go on.
    pausing: Option<Task>,
    _watch: Task,
    _pulse: Task,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// The field whose values are to be averaged.
    Path,
    /// A stream, by a part of its name.
    Stream,
}

/// What the screen half remembers between frames.
#[derive(Default)]
struct View {
    part: Part,
    averages: Selection,
    consumers: Selection,
    /// The consumer that was chosen, which stays so wherever it moves in the list.
    chosen: Option<String>,
}

/// Which table the keys move in; a small pane shows only that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    #[default]
    Averages,
    Consumers,
}

impl View {
    /// The consumer whose row is chosen.
    fn consumer<'s>(&self, state: &'s State) -> Option<&'s Info> {
        let entries = &state.consumers.as_ref().ok()?.entries;
        Some(
            &entries[self
                .place_of_chosen(entries)
                .or(self.consumers.index(entries.len()))?],
        )
    }

    fn place_of_chosen(&self, entries: &[Info]) -> Option<usize> {
        let chosen = self.chosen.as_ref()?;
        entries.iter().position(|info| info.name == *chosen)
    }

    /// Follows the chosen consumer to where it stands now.
    fn follow_chosen(&mut self, entries: &[Info]) {
        if let Some(place) = self.place_of_chosen(entries) {
            self.consumers.set(place);
        }
    }

    /// As [`View::consumer`], if the keys are among the consumers.
    fn in_hand<'s>(&self, state: &'s State) -> Option<&'s Info> {
        self.consumer(state).filter(|_| self.part == Part::Consumers)
    }
}

impl ConsumersPane {
    /// Opens the pane on the first stream.
    pub fn open(context: &PaneContext) -> ConsumersPane {
        let state = Shared::new(State::default());
        let watched = Watched::default();
        let watch = watch::run(context.clone(), state.clone(), watched.clone());
        ConsumersPane {
            _watch: context.spawn(watch),
            _pulse: context.pulse(|| false),
            state,
            watched,
            view: View::default(),
            hand: None,
            above: None,
            wish: None,
            problem: None,
            asks: None,
            pausing: None,
            context: context.clone(),
        }
    }

    fn asked_key(&mut self, (ask, mut field): (Ask, Field), key: KeyEvent) -> Handled {
        match key.code {
            KeyCode::Esc => self.problem = None,
            KeyCode::Enter if ask == Ask::Stream => {
                let wanted = field.content();
                self.problem = self.find(&wanted).err();
                self.asks = self.problem.is_some().then_some((ask, field));
            }
            KeyCode::Enter => {
                let path = field.content().trim().to_owned();
                self.state
                    .lock()
                    .set_path(Some(path).filter(|path| !path.is_empty()));
                self.view.averages = Selection::default();
                self.watched.hurry();
            }
            _ => {
                self.problem = None;
                field.on_key(key);
                self.asks = Some((ask, field));
            }
        }
        Handled::Yes
    }

    /// Shows the stream with that in its name.
    fn find(&mut self, wanted: &str) -> Result<(), String> {
        let mut state = self.state.lock();
        let names = match &state.names {
            Some(Ok(names)) => &names[..],
            _ => &[],
        };
        let at = named(names, wanted).ok_or_else(|| shared::no_such_name(wanted.trim()))?;
        let name = names[at].clone();
        state.choose(name);
        self.view = View {
            part: self.view.part,
            ..View::default()
        };
        self.watched.hurry();
        Ok(())
    }

    /// Takes the selected pull consumer into the hand, or one of its own where none is selected.
    fn take_in_hand(&mut self) {
        if let Err(forbidden) = self.context.access.check() {
            self.problem = Some(forbidden.to_string());
            return;
        }
        let state = self.state.lock();
        let Some(stream) = state.stream.clone() else {
            return;
        };
        let selected = self.view.in_hand(&state).filter(|info| {
            // The one that reads the averages is not to be taken away from them.
            !is_ours(&info.name)
        });
        if selected.is_some_and(|info| info.config.deliver_subject.is_some()) {
            self.problem = Some(texts::only_pull().to_owned());
            return;
        }
        let existing = selected.map(|info| (info.name.clone(), info.config.ack_wait));
        drop(state);
        self.hand = Some(HandView::begin(&self.context, &stream, existing));
    }

    /// Plays the stream again as the selected consumer would see it: its subject, from its ack floor on.
    fn start_replay(&mut self) {
        let state = self.state.lock();
        let (Some(stream), Some(Ok(info))) = (state.stream.clone(), &state.info) else {
            return;
        };
        let selected = self.view.in_hand(&state);
        let subject = selected.map(|info| info.config.filter_subject.clone());
        let order = Order {
            stream,
            subject: subject.filter(|subject| !subject.is_empty()),
            from: selected.map_or(info.state.first_sequence, |info| {
                info.ack_floor.stream_sequence + 1
            }),
            last_at: i64::try_from(info.state.last_timestamp.unix_timestamp_nanos())
                .map_or(Timestamp::ZERO, Timestamp::from_nanos),
        };
        drop(state);
        self.above = Some(Above::Replay(Replay::start(&self.context, order)));
    }

    /// Opens the log of what the selected consumer decided, or the first one.
    fn ask_why(&mut self) {
        let state = self.state.lock();
        let Some(stream) = state.stream.clone() else {
            return;
        };
        let name = self.view.consumer(&state).map(|info| info.name.clone());
        drop(state);
        match name {
            Some(name) => {
                let log = Log::open(&self.context, Question::Consumer { stream, name });
                self.above = Some(Above::Why(log));
            }
            None => self.problem = Some(texts::no_consumers().to_owned()),
        }
    }

    fn move_selection(&mut self, key: KeyEvent) -> Handled {
        let state = self.state.lock();
        Handled::from(match self.view.part {
            Part::Averages => self.view.averages.on_key(key, state.averages.subjects().len()),
            Part::Consumers => {
                let entries = state.consumers.as_ref().map_or(&[][..], |list| &list.entries);
                self.view.follow_chosen(entries);
                let is_moved = self.view.consumers.on_key(key, entries.len());
                let at = self.view.consumers.index(entries.len());
                self.view.chosen = at.map(|at| entries[at].name.clone());
                is_moved
            }
        })
    }
}

impl Pane for ConsumersPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Consumers
    }

    fn title(&self) -> String {
        if let Some(hand) = &self.hand {
            return hand.title();
        }
        if let Some(above) = &self.above {
            return above.title();
        }
        let state = self.state.lock();
        match (&state.stream, &state.path) {
            (Some(stream), Some(path)) => format!("Consumers: {stream} ({path})"),
            (Some(stream), None) => format!("Consumers: {stream}"),
            (None, _) => "Consumers".to_owned(),
        }
    }

    fn obey(&mut self, argument: &str) {
        let mut state = self.state.lock();
        match argument.starts_with('.') {
            true => state.set_path(Some(argument.to_owned())),
            false => state.choose(argument.to_owned()),
        }
        self.watched.hurry();
    }

    fn arguments(&self) -> Vec<String> {
        let state = self.state.lock();
        let chosen = state.stream.clone().filter(|_| state.chosen);
        chosen.into_iter().chain(state.path.clone()).collect()
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        if let Some(hand) = &mut self.hand {
            if !hand.on_key(key) {
                self.hand = None;
            }
            return Handled::Yes;
        }
        if let Some(asked) = self.asks.take() {
            return self.asked_key(asked, key);
        }
        if let Some(above) = &mut self.above {
            let (stays, wish) = above.on_key(key);
            self.wish = wish;
            if !stays {
                self.above = None;
            }
            return Handled::Yes;
        }
        self.problem = None;
        self.state.lock().told = None;
        match key.code {
            KeyCode::Char('p') => self.pause_or_resume(),
            KeyCode::Char('j') => {
                let now = self.state.lock().path.clone().unwrap_or_default();
                let field = Field::line(&now).placeholder(texts::path_hint());
                self.asks = Some((Ask::Path, field));
            }
            KeyCode::Char('/') => {
                let field = Field::line("").placeholder(shared::find_hint());
                self.asks = Some((Ask::Stream, field));
            }
            KeyCode::Char('o') => {
                let mut state = self.state.lock();
                state.by_lag = !state.by_lag;
                state.arrange();
                self.view.part = Part::Consumers;
            }
            KeyCode::Char('h') => self.take_in_hand(),
            KeyCode::Char('w') => self.ask_why(),
            KeyCode::Char('r') => self.start_replay(),
            KeyCode::Left | KeyCode::Right => {
                let by = if key.code == KeyCode::Left { -1 } else { 1 };
                self.state.lock().step(by);
                self.view = View {
                    part: self.view.part,
                    ..View::default()
                };
                self.watched.hurry();
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

    fn on_paste(&mut self, text: &str) {
        if let Some((_, field)) = &mut self.asks {
            field.on_paste(text);
        }
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        let is_plain = self.hand.is_none() && self.above.is_none() && self.asks.is_none();
        if is_plain {
            let is_in = |list: &Selection| list.clicked(mouse).is_some();
            let list = match (is_in(&self.view.averages), is_in(&self.view.consumers)) {
                (true, _) => (Part::Averages, &self.view.averages),
                (false, true) => (Part::Consumers, &self.view.consumers),
                (false, false) => match self.view.part {
                    part @ Part::Averages => (part, &self.view.averages),
                    part @ Part::Consumers => (part, &self.view.consumers),
                },
            };
            let (part, list) = (list.0, list.1.clone());
            // Enter would lead to the other table.
            let keys = list.keys_of(mouse).into_iter();
            self.view.part = part;
            return keys
                .filter(|key| key.code != KeyCode::Enter)
                .fold(Handled::Yes, |_, key| self.on_key(key));
        }
        super::mouse_in(self, &Selection::default(), mouse)
    }

    fn wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    fn takes_text(&self) -> bool {
        self.asks.is_some()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.watched.seen();
        let area = super::trouble::banner(frame, area, theme, &self.context.link());
        if let Some(hand) = &mut self.hand {
            return hand.draw(frame, area, theme, focused);
        }
        if let Some(above) = &mut self.above {
            return above.draw(frame, area, theme);
        }
        let told = self.state.lock().told.clone();
        let has_foot = self.problem.is_some() || self.asks.is_some() || told.is_some();
        let [area, foot] = Layout::vertical([
            Constraint::Min(0),
            Constraint::Length(u16::from(has_foot && area.height > 2)),
        ])
        .areas(area);
        if let Some((ask, field)) = self.asks.as_mut().filter(|_| self.problem.is_none()) {
            let label = match ask {
                Ask::Path => texts::path(),
                Ask::Stream => shared::find_label(),
            };
            let cells = text::width(label) as u16 + 1;
            let [left, right] =
                Layout::horizontal([Constraint::Length(cells), Constraint::Min(0)]).areas(foot);
            text::draw_wrapped(frame, left, label, theme.accent);
            field.draw(frame, right, theme, focused);
        }
        if let Some(problem) = &self.problem {
            text::draw_wrapped(frame, foot, problem, theme.bad);
        }
        match told {
            Some(Ok(told)) => text::draw_wrapped(frame, foot, &told, theme.good),
            Some(Err(trouble)) => super::trouble::draw(frame, foot, theme, &trouble),
            None => {}
        }
        view::draw(frame, area, (theme, focused), &self.state.lock(), &mut self.view);
    }

    fn wants_escape(&self) -> bool {
        self.hand.is_some() || self.above.is_some() || self.asks.is_some()
    }

    fn keys(&self) -> Vec<KeyHelp> {
        if let Some(hand) = &self.hand {
            return hand.keys();
        }
        if let Some(above) = &self.above {
            return above.keys();
        }
        vec![
            ("← →", shared::choose_stream()),
            ("/", shared::find_stream()),
            ("s", texts::between_parts()),
            ("↑ ↓", texts::choose_row()),
            ("o", texts::key_order()),
            ("h", texts::key_hand()),
            ("w", texts::key_why()),
            ("p", texts::key_pause()),
            ("r", texts::key_replay()),
            ("j", texts::key_path()),
        ]
    }
}
