//! The tree of subjects: what is said where, how much, and what was said last.
//!
//! [`feed`] counts into the [`tree`], which is bounded while its counts are exact; [`rows`] says what of it
//! is on the screen; [`view`] draws. Rows are made anew at most [`REMAKE_EVERY`], and at once for a key.
//!
//! Memory, whatever comes: [`tree::BYTES_MAX`] for the tree, [`rows::ROWS_MAX`] rows with the rates of those, and what
//! waits to be counted, which is one read ([`crate::client::intake::READ_BYTES`]) or one message if that is larger. A
//! message costs no memory of its own once it was counted. Counts are exact as long as the connection holds; where it
//! did not, or the client library had to drop, the line above the tree says so.

mod feed;
mod rows;
mod texts;
pub mod tree;
mod view;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

pub use rows::{Row, Shown, rows};

use crate::proto::subject;
use crate::tui::panes::incidents::Losses;
use crate::tui::panes::internal::INTERNAL_WORD as INTERNAL;
use crate::tui::panes::publish::Draft;
use crate::tui::panes::task::{Rate, Shared, Task};
use crate::tui::panes::texts as shared;
use crate::tui::panes::trouble;
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind, Wish};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::select::Selection;
use crate::util::time::Timestamp;
use feed::Seen;

/// How often rows are made anew while messages come.
const REMAKE_EVERY: Duration = Duration::from_millis(250);

/// The pane.
pub struct SubjectsPane {
    context: PaneContext,
    pattern: String,
    seen: Shared<Seen>,
    view: View,
    wish: Option<Wish>,
    _feed: Task,
    _pulse: Task,
}

/// What the screen half remembers between frames.
struct View {
    shown: Shown,
    selection: Selection,
    rows: Vec<Row>,
    left_out: usize,
    made: Option<Instant>,
    editing: Option<Field>,
    problem: Option<&'static str>,
    now: Timestamp,
    /// What was not counted since the pane was opened.
    losses: Losses,
    /// What had been lost before.
    losses_before: Losses,
}

impl SubjectsPane {
    /// Opens the pane on everything.
    pub fn open(context: &PaneContext) -> SubjectsPane {
        SubjectsPane::on(context, ">")
    }

    fn on(context: &PaneContext, pattern: &str) -> SubjectsPane {
        let seen = Shared::new(Seen::default());
        let sampled = seen.clone();
        let pulse = context.pulse(move || sampled.lock().sample(Instant::now()));
        let feed = feed::run(context.clone(), seen.clone(), pattern.to_owned());
        SubjectsPane {
            _feed: context.spawn(feed),
            _pulse: pulse,
            context: context.clone(),
            pattern: pattern.to_owned(),
            seen,
            view: View {
                losses_before: context.losses(),
                ..View::default()
            },
            wish: None,
        }
    }

    /// Begins to count anew, on this pattern.
    fn restart(&mut self, pattern: &str) {
        let shown = std::mem::take(&mut self.view.shown);
        let before = std::mem::replace(self, SubjectsPane::on(&self.context.clone(), pattern));
        self.view.shown = shown;
        // Very many nodes take their time to go, and the screen is not to wait for it.
        self.context.runtime.spawn_blocking(move || drop(before.seen));
    }

    fn selected(&self) -> Option<&Row> {
        let index = self.view.selection.index(self.view.rows.len())?;
        self.view.rows.get(index)
    }

    /// Opens the selected row, or closes it.
    fn toggle(&mut self) {
        let Some(path) = self
            .selected()
            .filter(|row| row.below > 0)
            .map(|row| row.path.clone())
        else {
            return;
        };
        if !self.view.shown.open.remove(&path) {
            self.view.shown.open.insert(path);
        }
        self.remake();
    }

    /// To the right opens; on an open row it goes to the first one below.
    fn go_in(&mut self) {
        match self.selected() {
            Some(row) if row.below > 0 && !row.is_open => self.toggle(),
            Some(row) if row.is_open => {
                self.view
                    .selection
                    .on_key(KeyEvent::from(KeyCode::Down), self.view.rows.len());
            }
            _ => {}
        }
    }

    /// To the left closes; on a closed row it goes to the one above it in the tree.
    fn go_out(&mut self) {
        match self.selected() {
            Some(row) if row.is_open => self.toggle(),
            Some(row) => {
                let parent = row.path.rsplit_once('.').map(|(parent, _)| parent.to_owned());
                let at = parent.and_then(|parent| self.view.rows.iter().position(|row| row.path == parent));
                if let Some(at) = at {
                    self.view.selection.set(at);
                }
            }
            None => {}
        }
    }

    /// Lists the values of a folded row one by one, or folds the level of the selected row again.
    fn unfold(&mut self) {
        let Some(row) = self.selected() else { return };
        let parent = row
            .path
            .rsplit_once('.')
            .map_or("", |(parent, _)| parent)
            .to_owned();
        match row.values > 1 {
            true => drop(self.view.shown.unfolded.insert(parent)),
            false => drop(self.view.shown.unfolded.remove(&parent)),
        }
        self.remake();
    }

    /// Opens every level down to the subjects, folded ones folded, or closes all.
    fn open_all(&mut self) {
        if !self.view.shown.open.is_empty() {
            self.view.shown.open.clear();
            return self.remake();
        }
        {
            let seen = self.seen.lock();
            loop {
                let (rows, _) = rows(&seen.tree, &self.view.shown);
                let closed = rows.into_iter().filter(|row| row.below > 0 && !row.is_open);
                let before = self.view.shown.open.len();
                self.view.shown.open.extend(closed.map(|row| row.path));
                if self.view.shown.open.len() == before {
                    break;
                }
            }
        }
        self.remake();
    }

    fn remake(&mut self) {
        let selected = self.selected().map(|row| row.path.clone());
        let now = Instant::now();
        self.view.take(&mut self.seen.lock(), now);
        // The selection stays on its row when others come above it.
        let at = selected.and_then(|path| self.view.rows.iter().position(|row| row.path == path));
        if let Some(at) = at {
            self.view.selection.set(at);
        }
    }

    fn edit_key(&mut self, key: KeyEvent) -> Handled {
        let Some(mut field) = self.view.editing.take() else {
            return Handled::No;
        };
        match key.code {
            KeyCode::Esc => {}
            KeyCode::Enter => {
                let text = field.content().trim().to_owned();
                match subject::is_valid_pattern(text.as_bytes()) {
                    true => self.restart(&text),
                    false => {
                        self.view.problem = Some(texts::bad_pattern());
                        self.view.editing = Some(field);
                    }
                }
            }
            _ => {
                let used = field.on_key(key);
                self.view.editing = Some(field);
                return Handled::from(used);
            }
        }
        Handled::Yes
    }
}

impl Default for View {
    fn default() -> View {
        View {
            shown: Shown::default(),
            selection: Selection::default(),
            rows: Vec::new(),
            left_out: 0,
            made: None,
            editing: None,
            problem: None,
            now: Timestamp::now(),
            losses: Losses::default(),
            losses_before: Losses::default(),
        }
    }
}

impl View {
    /// Makes the rows anew, and samples the rates of those on the screen.
    fn take(&mut self, seen: &mut Seen, now: Instant) {
        (self.rows, self.left_out) = rows(&seen.tree, &self.shown);
        self.made = Some(now);
        let mut rates = std::mem::take(&mut seen.rates);
        for row in &self.rows {
            let known = rates.remove_entry(&row.path);
            let (path, mut rate) = known.unwrap_or_else(|| (row.path.clone(), Rate::default()));
            rate.sample(now, row.messages);
            seen.rates.insert(path, rate);
        }
    }
}

impl Pane for SubjectsPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Subjects
    }

    fn title(&self) -> String {
        format!("Subjects: {}", self.pattern)
    }

    fn obey(&mut self, argument: &str) {
        match argument {
            INTERNAL => self.view.shown.internal = true,
            pattern if subject::is_valid_pattern(pattern.as_bytes()) => self.restart(pattern),
            _ => {}
        }
    }

    fn arguments(&self) -> Vec<String> {
        let pattern = (self.pattern != ">").then(|| self.pattern.clone());
        let internal = self.view.shown.internal.then(|| INTERNAL.to_owned());
        pattern.into_iter().chain(internal).collect()
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if self.view.editing.is_some() {
            return self.edit_key(key);
        }
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        self.view.problem = None;
        match key.code {
            KeyCode::Enter | KeyCode::Char(' ') => self.toggle(),
            KeyCode::Right => self.go_in(),
            KeyCode::Left => self.go_out(),
            KeyCode::Char('*' | 'u') => self.unfold(),
            KeyCode::Char('o') => self.open_all(),
            KeyCode::Char('i') => {
                self.view.shown.internal = !self.view.shown.internal;
                self.remake();
            }
            KeyCode::Char('e') => self.view.editing = Some(Field::line(&self.pattern).selected()),
            KeyCode::Char('c') => self.restart(&self.pattern.clone()),
            KeyCode::Char('p') => {
                let subject = self.selected().and_then(|row| row.subject.clone());
                self.wish = subject.map(|subject| Wish::Publish(Draft::to(subject)));
            }
            KeyCode::Char('y') => self.wish = self.selected().map(|row| Wish::Copy(row.path.clone())),
            _ => return Handled::from(self.view.selection.on_key(key, self.view.rows.len())),
        }
        Handled::Yes
    }

    fn on_paste(&mut self, text: &str) {
        if let Some(field) = &mut self.view.editing {
            field.on_paste(text);
        }
    }

    fn wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.on_key(KeyEvent::from(KeyCode::Up)),
            MouseEventKind::ScrollDown => self.on_key(KeyEvent::from(KeyCode::Down)),
            MouseEventKind::Down(_) => {
                if let Some(index) = self.view.selection.clicked(mouse) {
                    self.view.selection.set(index);
                    self.toggle();
                }
                Handled::Yes
            }
            _ => Handled::No,
        }
    }

    fn wants_escape(&self) -> bool {
        self.view.editing.is_some()
    }

    fn takes_text(&self) -> bool {
        self.view.editing.is_some()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.view.now = Timestamp::now();
        self.view.losses = self.context.losses().since(self.view.losses_before);
        if self.view.made.is_none_or(|made| made.elapsed() >= REMAKE_EVERY) {
            self.remake();
        }
        let inside = trouble::banner(frame, area, theme, &self.context.link());
        view::draw(frame, inside, (theme, focused), &self.seen.lock(), &mut self.view);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        if self.view.editing.is_some() {
            return vec![("Enter", texts::count()), ("Esc", shared::back())];
        }
        vec![
            ("↑ ↓", texts::choose()),
            ("Enter", texts::open()),
            ("o", texts::open_all()),
            ("*", texts::unfold()),
            ("i", texts::internal()),
            ("e", texts::pattern()),
            ("p", texts::publish()),
            ("y", texts::copy()),
            ("c", texts::anew()),
        ]
    }
}
