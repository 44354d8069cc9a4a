//! F3: what comes in on one or several patterns.
//!
//! [`feed`] runs one task a pattern and counts everything into the [`window`]; this file takes the
//! keys, and [`view`] draws. While the newest messages are followed the view shows the window's end;
//! selecting a row or pausing holds a copy of the window (handles, not messages), so that what one
//! looks at does not run away. [`asks`] takes what is written, [`look`] filters
//! and searches what is [`held`], [`patterns`] says what is listened to, [`list`] draws messages in as many lines as
//! wanted, [`file`] saves and plays again.

mod asks;
mod feed;
mod file;
mod held;
mod list;
mod look;
mod patterns;
mod texts;
mod view;
pub mod window;

#[cfg(test)]
mod tests;

use crate::tui::panes::texts as shared;
use std::sync::Arc;
use std::time::Instant;

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use crate::client::filter::Filter;
use crate::tui::panes::incidents::Losses;
use crate::tui::panes::internal::INTERNAL_WORD;
use crate::tui::panes::task::{Shared, Task};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind, Wish};
use crate::tui::theme::Theme;
use crate::tui::widgets::body::Look;
use crate::tui::widgets::field::Field;
use asks::Asks;
use file::Notice;
use held::Held;
use look::{Looking, Rows, Times};
pub use patterns::parse_pattern;
use patterns::pattern_text;
use window::{Entry, Window};

/// What a layout says of the form of rows, and of what is shown.
const ROWS: &str = "rows=";
const FILTER: &str = "filter=";

/// The pane of F3.
pub struct SubscribePane {
    context: PaneContext,
    window: Shared<Window>,
    feeds: Vec<(u64, Task)>,
    /// The view of F3 apart from what was received.
    view: View,
    /// What became of a file that was written or played.
    notice: Shared<Notice>,
    work: Option<Task>,
    wish: Option<Wish>,
    _pulse: Task,
}

/// What the screen half remembers between frames.
struct View {
    mode: Mode,
    held: Option<Held>,
    pattern: usize,
    zone: TimeZone,
    losses_before: Losses,
    problem: Option<String>,
    /// Only what it lets through is shown.
    filter: Option<Filter>,
    /// What is looked for.
    search: Option<Filter>,
    /// The search that is under way.
    looking: Option<Looking>,
    /// How one message is looked at.
    look: Look,
    /// What the rows tell of time.
    times: Times,
    /// How much of a message the list shows.
    rows: Rows,
    /// Which message stands on which line of the screen, for the mouse.
    drawn: Vec<(u16, Arc<Entry>)>,
}

/// Where keys go.
enum Mode {
    /// The list of messages.
    List,
    /// The row of patterns.
    Patterns,
    /// Writing a pattern: a new one, or one to replace.
    Edit {
        field: Box<Field>,
        replaces: Option<u64>,
    },
    /// Writing what to filter or look for, or a file's name.
    Ask { what: Asks, field: Box<Field> },
    /// The selected message, whole.
    Zoom,
}

impl SubscribePane {
    /// Opens the pane with a field to write the first pattern in.
    pub fn open(context: &PaneContext) -> SubscribePane {
        let mut pane = SubscribePane::with_patterns(context, &[]);
        pane.view.mode = Mode::Edit {
            field: Box::new(Mode::field(">").selected()),
            replaces: None,
        };
        pane
    }

    /// Opens the pane with these patterns, written as [`parse_pattern`] reads them.
    pub fn with_patterns(context: &PaneContext, patterns: &[&str]) -> SubscribePane {
        let window = Shared::new(Window::default());
        let sampled = window.clone();
        let pulse = context.pulse(move || sampled.lock().sample(Instant::now()));
        let mut pane = SubscribePane {
            context: context.clone(),
            window,
            feeds: Vec::new(),
            view: View::new(TimeZone::system(), context),
            notice: Shared::new(None),
            work: None,
            wish: None,
            _pulse: pulse,
        };
        for pattern in patterns {
            pane.add(pattern);
        }
        pane
    }

    fn list_key(&mut self, key: KeyEvent) -> Handled {
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        *self.notice.lock() = None;
        self.view.problem = None;
        match key.code {
            KeyCode::Char('f') => self.ask(Asks::Filter),
            KeyCode::Char('/') => self.ask(Asks::Search),
            KeyCode::Char('n') => self.search(true),
            KeyCode::Char('N') => self.search(false),
            KeyCode::Char('s') => self.ask(Asks::Save),
            KeyCode::Char('l') => self.ask(Asks::Replay),
            KeyCode::Char('y') => self.copy(),
            KeyCode::Char('r') => self.resend(),
            KeyCode::Char('t') => self.view.times = self.view.times.next(),
            KeyCode::Char('v') => self.view.rows = self.view.rows.next(),
            KeyCode::Char(' ') => match self.view.held {
                Some(_) => self.view.held = None,
                None => self.hold(),
            },
            KeyCode::End => self.view.held = None,
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown | KeyCode::Home => {
                return self.move_selection(key);
            }
            KeyCode::Enter => return self.zoom(),
            KeyCode::Char('a') => self.view.mode = Mode::edit("", None),
            KeyCode::Char('p') => self.view.mode = Mode::Patterns,
            KeyCode::Char('i') => {
                let mut window = self.window.lock();
                window.show_internal = !window.show_internal;
            }
            KeyCode::Char('c') => {
                self.window.lock().clear();
                self.view.held = None;
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn move_selection(&mut self, key: KeyEvent) -> Handled {
        if self.view.held.is_none() && key.code == KeyCode::Down {
            return Handled::Yes;
        }
        self.hold();
        if let Some(held) = &mut self.view.held {
            let moved = held.selection.on_key(key, held.entries.len());
            if !moved && key.code == KeyCode::Down {
                self.view.held = None;
            }
        }
        Handled::Yes
    }

    /// Shows the selected message, or the newest, whole. The view is held, so that there are others beside it.
    fn zoom(&mut self) -> Handled {
        self.hold();
        let found = self.view.selected().is_some();
        match found {
            true => self.view.mode = Mode::Zoom,
            false => self.view.held = None,
        }
        self.view.look.rewind();
        Handled::from(found)
    }

    fn zoom_key(&mut self, key: KeyEvent) -> Handled {
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        match key.code {
            KeyCode::Esc => self.view.mode = Mode::List,
            KeyCode::Left => self.view.go_beside(false),
            KeyCode::Right => self.view.go_beside(true),
            KeyCode::Char('y') => self.copy(),
            KeyCode::Char('r') => self.resend(),
            _ if self.view.look.on_key(key) => {}
            KeyCode::Enter => self.view.mode = Mode::List,
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Selects the message that was clicked; a second click shows it whole.
    fn click(&mut self, row: u16) -> Handled {
        let clicked = self.view.drawn.iter().find(|(y, _)| *y == row);
        let Some(clicked) = clicked.map(|(_, entry)| Arc::clone(entry)) else {
            return Handled::No;
        };
        if self
            .view
            .selected()
            .is_some_and(|selected| Arc::ptr_eq(&selected, &clicked))
        {
            return self.zoom();
        }
        self.hold();
        if let Some(held) = &mut self.view.held {
            let at = held
                .entries
                .iter()
                .rposition(|entry| Arc::ptr_eq(entry, &clicked));
            held.selection
                .set(at.unwrap_or(held.entries.len().saturating_sub(1)));
        }
        Handled::Yes
    }

    /// The selected message, or the newest.
    fn chosen(&self) -> Option<Arc<Entry>> {
        match &self.view.held {
            Some(_) => self.view.selected(),
            None => self.window.lock().entries().next_back().cloned(),
        }
    }
}

impl View {
    fn new(zone: TimeZone, context: &PaneContext) -> View {
        View {
            mode: Mode::List,
            held: None,
            pattern: 0,
            zone,
            losses_before: context.losses(),
            problem: None,
            filter: None,
            search: None,
            looking: None,
            look: Look::default(),
            times: Times::default(),
            rows: Rows::default(),
            drawn: Vec::new(),
        }
    }

    /// The selected message of a held view.
    fn selected(&self) -> Option<Arc<Entry>> {
        let held = self.held.as_ref()?;
        let index = held.selection.index(held.entries.len())?;
        held.entries.get(index).cloned()
    }

    /// To the message before or after on the same subject.
    fn go_beside(&mut self, after: bool) {
        let Some(held) = &mut self.held else { return };
        let at = held.selection.index(held.entries.len());
        if let Some(next) = at.and_then(|at| look::neighbour(&held.entries, at, after)) {
            held.selection.set(next);
            self.look.rewind();
        }
    }

    /// The payload before the selected one on its subject.
    fn before_selected(&self) -> Option<Arc<Entry>> {
        let held = self.held.as_ref()?;
        let at = held.selection.index(held.entries.len())?;
        let before = look::neighbour(&held.entries, at, false)?;
        held.entries.get(before).cloned()
    }
}

impl Mode {
    fn edit(text: &str, replaces: Option<u64>) -> Mode {
        Mode::Edit {
            field: Box::new(Mode::field(text)),
            replaces,
        }
    }

    fn field(text: &str) -> Field {
        Field::line(text).placeholder(texts::pattern_hint())
    }
}

impl Pane for SubscribePane {
    fn kind(&self) -> PaneKind {
        PaneKind::Subscribe
    }

    fn title(&self) -> String {
        let window = self.window.lock();
        let mut heard = window.patterns.iter().filter(|pattern| !pattern.ignores);
        match (heard.next(), heard.count()) {
            (None, _) => texts::title().to_owned(),
            (Some(one), 0) => texts::title_of(&one.subject),
            (Some(first), more) => texts::title_of_more(&first.subject, more),
        }
    }

    /// `rows=3`, `filter=.temp > 30`, `internal`, or a pattern.
    fn obey(&mut self, argument: &str) {
        if let Some(word) = argument.strip_prefix(ROWS) {
            self.view.rows = Rows::of_word(word).unwrap_or_default();
        } else if let Some(text) = argument.strip_prefix(FILTER) {
            match Filter::parse(text) {
                Ok(filter) => self.view.filter = Some(filter),
                Err(error) => self.view.problem = Some(texts::no_filter(&error.to_string())),
            }
        } else if argument == INTERNAL_WORD {
            self.window.lock().show_internal = true;
        } else if self.add(argument) {
            self.view.mode = Mode::List;
        }
    }

    fn arguments(&self) -> Vec<String> {
        let window = self.window.lock();
        let mut arguments: Vec<String> = window.patterns.iter().map(pattern_text).collect();
        if self.view.rows != Rows::default() {
            arguments.push(format!("{ROWS}{}", self.view.rows.word()));
        }
        if let Some(filter) = &self.view.filter {
            arguments.push(format!("{FILTER}{}", filter.text()));
        }
        if window.show_internal {
            arguments.push(INTERNAL_WORD.to_owned());
        }
        arguments
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        match &mut self.view.mode {
            Mode::List => self.list_key(key),
            Mode::Patterns => self.pattern_key(key),
            Mode::Edit { .. } => self.edit_key(key),
            Mode::Ask { .. } => self.ask_key(key),
            Mode::Zoom => self.zoom_key(key),
        }
    }

    fn on_paste(&mut self, text: &str) {
        if let Mode::Edit { field, .. } | Mode::Ask { field, .. } = &mut self.view.mode {
            field.on_paste(text);
        }
    }

    fn wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        let code = match mouse.kind {
            MouseEventKind::ScrollUp => KeyCode::Up,
            MouseEventKind::ScrollDown => KeyCode::Down,
            MouseEventKind::Down(_) if matches!(self.view.mode, Mode::List) => return self.click(mouse.row),
            _ => return Handled::No,
        };
        match self.view.mode {
            Mode::List | Mode::Zoom => self.on_key(KeyEvent::from(code)),
            _ => Handled::No,
        }
    }

    fn fills(&self) -> bool {
        matches!(self.view.mode, Mode::Zoom)
    }

    fn wants_escape(&self) -> bool {
        !matches!(self.view.mode, Mode::List)
    }

    fn takes_text(&self) -> bool {
        matches!(self.view.mode, Mode::Edit { .. } | Mode::Ask { .. })
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.look_on();
        let link = self.context.link();
        let losses = self.context.losses().since(self.view.losses_before);
        let screen = view::Screen {
            theme,
            focused,
            link,
            losses,
            notice: self.notice.lock().clone(),
            markings: self.context.keep.markings(),
        };
        view::draw(frame, area, &screen, &self.window.lock(), &mut self.view);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        match self.view.mode {
            Mode::List => vec![
                (texts::space(), texts::hold()),
                ("↑ ↓", shared::choose_message()),
                ("Enter", shared::show_message()),
                ("f", texts::key_filter()),
                ("/ n N", texts::key_search()),
                ("a", texts::new_pattern()),
                ("End", shared::follow_newest()),
                ("y", texts::key_copy()),
                ("r", texts::key_resend()),
                ("v", texts::key_rows()),
                ("t", texts::key_times()),
                ("s", texts::key_save()),
                ("l", texts::key_replay()),
                ("p", texts::edit_patterns()),
                ("i", texts::toggle_internal()),
                ("c", texts::reset()),
            ],
            Mode::Patterns => vec![
                ("← →", texts::choose_pattern()),
                (texts::space(), texts::mute()),
                ("Enter", texts::change()),
                ("x", texts::remove()),
                ("a", texts::new_pattern()),
                ("Esc", texts::to_messages()),
            ],
            Mode::Edit { .. } => vec![("Enter", texts::subscribe()), ("Esc", texts::cancel())],
            Mode::Ask { .. } => vec![("Enter", texts::ok()), ("Esc", texts::cancel())],
            Mode::Zoom => vec![
                ("v", texts::key_view()),
                ("d", texts::key_diff()),
                ("← →", texts::key_beside()),
                ("↑ ↓", shared::scroll()),
                ("y", texts::key_copy()),
                ("r", texts::key_resend()),
                ("Esc", shared::back()),
            ],
        }
    }
}
