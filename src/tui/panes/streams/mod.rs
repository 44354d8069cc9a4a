//! F6: the streams, and one of them in detail.
//!
//! [`watch`] asks the API; [`recent`] decides which messages to fetch, [`browse`] looks through older ones;
//! [`strip`] is the stream as cells; [`explain`] puts the configuration into words; [`plan`] is a change that
//! [`manage`] leads from a form to the server; [`view`] draws.

mod browse;
mod explain;
mod manage;
mod manage_view;
mod plan;
mod recent;
pub(in crate::tui) mod strip;
pub(in crate::tui) mod strip_view;
mod texts;
mod view;
pub(in crate::tui) mod watch;

#[cfg(test)]
mod tests;

use crate::tui::panes::key_tree::Shape;
use crate::tui::panes::texts as shared;

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::Rect;

use crate::tui::panes::above::Above;
use crate::tui::panes::decisions::{Log, Question};
use crate::tui::panes::jetstream::Stored;
use crate::tui::panes::replay::{Order, Replay};
use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind, Wish};
use crate::tui::theme::Theme;
use crate::tui::widgets::body::Look;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::select::Selection;
use crate::util::time::Timestamp;
use browse::Wants;
use manage::{News, Over};
use watch::{Detail, Streams};

/// The pane of F6.
pub struct StreamsPane {
    context: PaneContext,
    state: Shared<Streams>,
    watched: Watched,
    view: View,
    news: Shared<Option<News>>,
    work: Option<Task>,
    /// The decision log or a replay, over the stream.
    above: Option<Above>,
    wish: Option<Wish>,
    _watch: Task,
    _pulse: Task,
}

/// What the screen half remembers between frames.
struct View {
    list: Selection,
    /// The stream that it is on.
    selected: Option<String>,
    /// The selected message of the open stream; none while the newest are followed.
    message: Option<Selection>,
    /// Among the subjects of the open stream, and which of their levels are closed.
    subjects: Selection,
    shape: Shape,
    tab: Tab,
    zoom: Option<Stored>,
    look: Look,
    over: Option<Over>,
    /// What is wrong with what was typed.
    problem: Option<String>,
    /// What became of a change, and whether it is bad news.
    notice: Option<(String, bool)>,
    zone: TimeZone,
    now: Timestamp,
}

/// What a small pane shows of the open stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Messages,
    Strip,
    Subjects,
    Config,
}

impl Tab {
    const ALL: [Tab; 4] = [Tab::Messages, Tab::Strip, Tab::Subjects, Tab::Config];

    fn step(self, by: usize) -> Tab {
        let at = Tab::ALL.iter().position(|t| *t == self).unwrap_or(0);
        Tab::ALL[(at + by) % Tab::ALL.len()]
    }
}

impl StreamsPane {
    /// Opens the pane with the list of streams.
    pub fn open(context: &PaneContext) -> StreamsPane {
        let state = Shared::new(Streams::default());
        let watched = Watched::default();
        let watch = watch::run(context.clone(), state.clone(), watched.clone());
        StreamsPane {
            _watch: context.spawn(watch),
            _pulse: context.pulse(|| false),
            state,
            watched,
            view: View::new(TimeZone::system()),
            news: Shared::new(None),
            work: None,
            above: None,
            wish: None,
            context: context.clone(),
        }
    }

    fn list_key(&mut self, key: KeyEvent) -> Handled {
        let mut state = self.state.lock();
        let names = state.names();
        if self.view.list.on_key(key, names.len()) {
            let at = self.view.list.index(names.len());
            self.view.selected = at.map(|at| names[at].clone());
            return Handled::Yes;
        }
        if key.code == KeyCode::Char('s') {
            state.order = state.order.next();
            state.sort();
            return Handled::Yes;
        }
        let selected = self.view.list.index(names.len());
        match (key.code, selected) {
            (KeyCode::Enter | KeyCode::Right, Some(i)) => {
                drop(state);
                self.open_stream(&names[i]);
                Handled::Yes
            }
            (KeyCode::Char('/'), _) => {
                drop(state);
                self.ask_name();
                Handled::Yes
            }
            (_, selected) => {
                drop(state);
                self.manage_key(key, selected.map(|i| names[i].clone()))
            }
        }
    }

    fn open_stream(&mut self, name: &str) {
        self.state.lock().open = Some(Detail::of(name));
        self.view.message = None;
        self.view.subjects = Selection::default();
        self.view.shape = Shape::default();
        self.view.tab = Tab::Messages;
        self.watched.hurry();
    }

    /// Moves in the tree of subjects, opens and closes levels.
    fn subject_key(&mut self, key: KeyEvent) -> Handled {
        let state = self.state.lock();
        let Some(detail) = &state.open else {
            return Handled::No;
        };
        let mut subjects = view::subjects_of(detail);
        let rows = self.view.shape.rows(&mut subjects);
        let path = self
            .view
            .subjects
            .index(rows.len())
            .map(|at| rows[at].path.to_owned());
        match (key.code, path) {
            (KeyCode::Enter | KeyCode::Char(' '), Some(path)) => self.view.shape.toggle(&path),
            _ => return Handled::from(self.view.subjects.on_key(key, rows.len())),
        }
        Handled::Yes
    }

    fn detail_key(&mut self, key: KeyEvent) -> Handled {
        let in_tree = matches!(
            key.code,
            KeyCode::Enter
                | KeyCode::Char(' ')
                | KeyCode::Up
                | KeyCode::Down
                | KeyCode::PageUp
                | KeyCode::PageDown
                | KeyCode::Home
        );
        if self.view.tab == Tab::Subjects && in_tree {
            return self.subject_key(key);
        }
        match key.code {
            KeyCode::Esc | KeyCode::Backspace => {
                self.state.lock().open = None;
                self.watched.hurry();
            }
            KeyCode::Right => self.view.tab = self.view.tab.step(1),
            KeyCode::Left => self.view.tab = self.view.tab.step(Tab::ALL.len() - 1),
            KeyCode::End => {
                self.view.message = None;
                if let Some(detail) = &mut self.state.lock().open {
                    detail.browse = None;
                }
            }
            KeyCode::Enter => return self.zoom(),
            KeyCode::Char('w') => return self.ask_why(),
            KeyCode::Char('r') => return self.start_replay(),
            KeyCode::Char('g') => {
                self.view.over = Some(Over::Goto(Box::new(
                    Field::line("").placeholder(texts::goto_hint()),
                )));
            }
            KeyCode::Char('a' | 'e' | 'p' | 'x' | 'D') => {
                let name = self.state.lock().open.as_ref().map(|d| d.name.clone());
                return self.manage_key(key, name);
            }
            _ => return self.message_key(key),
        }
        Handled::Yes
    }

    /// Keeps the selection on its message when others came before it.
    fn follow_pages(&mut self) {
        let mut state = self.state.lock();
        let Some(browse) = state.open.as_mut().and_then(|d| d.browse.as_mut()) else {
            return;
        };
        let prepended = std::mem::take(&mut browse.prepended);
        if let Some(selection) = self.view.message.as_mut().filter(|_| prepended > 0) {
            let at = selection.index(browse.messages.len()).unwrap_or(0);
            selection.set(at + prepended - 1);
        }
    }

    fn messages_held(&self) -> usize {
        let state = self.state.lock();
        state.open.as_ref().map_or(0, |d| d.messages().len())
    }

    fn message_key(&mut self, key: KeyEvent) -> Handled {
        let len = self.messages_held();
        let browses = self
            .state
            .lock()
            .open
            .as_ref()
            .is_some_and(|d| d.browse.is_some());
        if browses {
            return self.browse_key(key, len);
        }
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

    /// Moves through what is looked through, and wants more at its ends.
    fn browse_key(&mut self, key: KeyEvent, len: usize) -> Handled {
        let selection = self.view.message.get_or_insert_default();
        if selection.on_key(key, len) {
            return Handled::Yes;
        }
        match key.code {
            KeyCode::Up | KeyCode::PageUp => self.turn_page(Wants::Older),
            KeyCode::Down | KeyCode::PageDown => self.turn_page(Wants::Newer),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// The selected message of the open stream, or the newest.
    fn chosen(&self) -> Option<Stored> {
        let state = self.state.lock();
        let messages = state.open.as_ref().map(Detail::messages)?;
        let at = match &self.view.message {
            Some(selection) => selection.index(messages.len()),
            None => messages.len().checked_sub(1),
        };
        at.and_then(|i| messages.get(i)).cloned()
    }

    fn zoom(&mut self) -> Handled {
        self.view.zoom = self.chosen();
        self.view.look.rewind();
        Handled::Yes
    }

    /// Plays the stream again, from the chosen message on or from the first.
    fn start_replay(&mut self) -> Handled {
        let from = self.view.message.as_ref().and_then(|_| self.chosen());
        let state = self.state.lock();
        let Some(Detail {
            name,
            info: Some(Ok(info)),
            browse,
            ..
        }) = &state.open
        else {
            return Handled::No;
        };
        let order = Order {
            stream: name.clone(),
            subject: browse.as_ref().and_then(|browse| browse.subject.clone()),
            from: from.map_or(info.state.first_sequence, |message| message.sequence),
            last_at: view::stored_at(info),
        };
        drop(state);
        self.above = Some(Above::Replay(Replay::start(&self.context, order)));
        Handled::Yes
    }

    /// Opens the log of what consumers decided about the chosen message.
    fn ask_why(&mut self) -> Handled {
        let message = self.view.zoom.clone().or_else(|| self.chosen());
        let stream = self.state.lock().open.as_ref().map(|detail| detail.name.clone());
        let (Some(message), Some(stream)) = (message, stream) else {
            return Handled::No;
        };
        let question = Question::Message {
            stream,
            sequence: message.sequence,
            subject: message.subject,
        };
        self.above = Some(Above::Why(Log::open(&self.context, question)));
        Handled::Yes
    }
}

impl View {
    fn new(zone: TimeZone) -> View {
        View {
            list: Selection::default(),
            selected: None,
            subjects: Selection::default(),
            shape: Shape::default(),
            message: None,
            tab: Tab::Messages,
            zoom: None,
            look: Look::default(),
            over: None,
            problem: None,
            notice: None,
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
        if let Some(above) = &self.above {
            return above.title();
        }
        match &self.state.lock().open {
            Some(detail) => format!("Stream: {}", detail.name),
            None => "Streams".to_owned(),
        }
    }

    fn obey(&mut self, stream: &str) {
        self.open_stream(stream);
    }

    fn arguments(&self) -> Vec<String> {
        let state = self.state.lock();
        state.open.iter().map(|open| open.name.clone()).collect()
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        self.take_news();
        if let Some(over) = self.view.over.take() {
            return self.over_key(over, key);
        }
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        self.view.notice = None;
        if let Some(above) = &mut self.above {
            let (stays, wish) = above.on_key(key);
            self.wish = wish;
            if !stays {
                self.above = None;
            }
            return Handled::Yes;
        }
        if self.view.zoom.is_some() {
            if key.code == KeyCode::Char('w') {
                return self.ask_why();
            }
            if key.code == KeyCode::Esc || (key.code == KeyCode::Enter && self.view.look.path().is_none()) {
                self.view.zoom = None;
                return Handled::Yes;
            }
            return Handled::from(self.view.look.on_key(key));
        }
        let open = self.state.lock().open.is_some();
        if open {
            self.detail_key(key)
        } else {
            self.list_key(key)
        }
    }

    fn on_paste(&mut self, text: &str) {
        match &mut self.view.over {
            Some(Over::Form { form, .. }) => form.on_paste(text),
            Some(Over::Purge { field, .. } | Over::Goto(field) | Over::Find(field)) => field.on_paste(text),
            Some(Over::Preview(_)) | None => {}
        }
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        if self.takes_text() {
            return Handled::No;
        }
        let is_list = self.state.lock().open.is_none() && self.above.is_none() && self.view.over.is_none();
        let list = match (is_list, &self.view.message) {
            (true, _) => self.view.list.clone(),
            (false, _) if self.view.tab == Tab::Subjects => self.view.subjects.clone(),
            (false, message) => message.clone().unwrap_or_default(),
        };
        super::mouse_in(self, &list, mouse)
    }

    fn wants_escape(&self) -> bool {
        self.view.over.is_some()
            || self.above.is_some()
            || self.view.zoom.is_some()
            || self.state.lock().open.is_some()
    }

    fn wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    fn takes_text(&self) -> bool {
        matches!(
            self.view.over,
            Some(Over::Form { .. } | Over::Purge { .. } | Over::Goto(_) | Over::Find(_))
        )
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.watched.seen();
        self.view.now = Timestamp::now();
        self.take_news();
        self.follow_pages();
        let area = super::trouble::banner(frame, area, theme, &self.context.link());
        if let (Some(above), None) = (&mut self.above, &self.view.over) {
            return above.draw(frame, area, theme);
        }
        view::draw(frame, area, (theme, focused), &self.state.lock(), &mut self.view);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        match &self.view.over {
            Some(Over::Form { .. }) => {
                return vec![
                    ("ctrl+s", texts::key_preview()),
                    ("↑ ↓", texts::key_fields()),
                    ("Esc", shared::back()),
                ];
            }
            Some(Over::Preview(_)) => return vec![("j", texts::key_yes()), ("n", texts::key_no())],
            Some(Over::Purge { .. } | Over::Goto(_) | Over::Find(_)) => {
                return vec![("Enter", texts::key_go()), ("Esc", shared::back())];
            }
            None => {}
        }
        if let Some(above) = &self.above {
            return above.keys();
        }
        if self.view.zoom.is_some() {
            return vec![
                ("v", texts::key_view()),
                ("w", texts::key_why()),
                ("↑ ↓", shared::scroll()),
                ("Esc", shared::back()),
            ];
        }
        let manage = [
            ("a", texts::key_create()),
            ("e", texts::key_edit()),
            ("p", texts::key_purge()),
            ("x", texts::key_delete()),
        ];
        if self.state.lock().open.is_none() {
            let mut keys = vec![("↑ ↓", shared::choose_stream()), ("Enter", texts::open_stream())];
            keys.extend(manage);
            keys.extend([("s", texts::key_sort()), ("/", shared::find_stream())]);
            return keys;
        }
        let mut keys = vec![
            ("← →", texts::tabs()),
            ("↑ ↓", shared::choose_message()),
            ("Enter", shared::show_message()),
            ("w", texts::key_why()),
            ("r", texts::key_replay()),
            ("End", shared::follow_newest()),
            ("g", texts::key_goto()),
            ("Esc", texts::to_list()),
        ];
        keys.extend(manage);
        keys.push(("D", texts::key_remove()));
        keys
    }
}
