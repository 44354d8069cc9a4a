//! Key-value: the buckets, the keys of one and their revisions, and desired against actual.
//!
//! A value is written with the revision that was edited (CAS), so that nobody's change is lost unseen: who comes
//! second sees both values. [`watch`] talks to the server, [`model`] is what it told, [`keys`] moves in
//! the tree of keys, and [`view`] draws.

mod keys;
mod model;
mod texts;
mod view;
mod watch;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::Rect;

use crate::tui::overlay::answer;
use crate::tui::panes::key_tree::Shape;
use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::texts as shared;
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::form::Form;
use crate::tui::widgets::select::Selection;
use model::{Bucket, Operation, compare};
use watch::{Side, State, Write};

/// The pane.
pub struct KeyValuePane {
    context: PaneContext,
    state: Shared<State>,
    watched: Watched,
    view: View,
    watch: Option<Task>,
    watch_actual: Option<Task>,
    work: Option<Task>,
    _list: Task,
    _pulse: Task,
}

/// What the screen half remembers between frames.
struct View {
    buckets: Selection,
    keys: Selection,
    revisions: Selection,
    shows_deleted: bool,
    /// How the keys are shown.
    shape: Shape,
    over: Option<Over>,
    problem: Option<String>,
    zone: TimeZone,
}

/// What lies over the list.
enum Over {
    /// Editing a value; the revision is that of the value which was there, none for a new key.
    Edit { form: Box<Form>, revision: Option<u64> },
    /// Which bucket says how things are.
    Against(Box<Field>),
    /// Is this key to go?
    Remove(Write),
}

/// The word by which a layout asks for the flat list.
const FLAT: &str = "list";
const KEY: usize = 0;
const VALUE: usize = 1;

fn edit_form(key: &str, value: &str) -> Form {
    let mut form = Form::new()
        .with(texts::key(), Field::line(key).example("lys.kjeller"))
        .with(texts::value(), Field::text(value));
    if !key.is_empty() && !key.ends_with('.') {
        form.set_focus(VALUE);
    }
    form
}

impl KeyValuePane {
    /// Opens the pane with the list of buckets.
    pub fn open(context: &PaneContext) -> KeyValuePane {
        let state = Shared::new(State::default());
        let watched = Watched::default();
        let list = watch::list(context.clone(), state.clone(), watched.clone());
        KeyValuePane {
            _list: context.spawn(list),
            _pulse: context.pulse(|| false),
            watch: None,
            watch_actual: None,
            work: None,
            state,
            watched,
            view: View::new(TimeZone::system()),
            context: context.clone(),
        }
    }

    fn open_bucket(&mut self, name: &str, side: Side) {
        let bucket = Some(Bucket::of(name));
        let watch = watch::watch(self.context.clone(), self.state.clone(), name.to_owned(), side);
        {
            let mut state = self.state.lock();
            state.trouble = None;
            match side {
                Side::Open => state.open = bucket,
                Side::Actual => state.actual = bucket,
            }
        }
        let task = Some(self.context.spawn(watch));
        match side {
            Side::Open => self.watch = task,
            Side::Actual => self.watch_actual = task,
        }
    }

    /// One step out: from revisions to keys, from two buckets to one, from keys to the list.
    fn leave(&mut self) {
        let mut state = self.state.lock();
        if state.history.take().is_some() {
            return;
        }
        if state.actual.take().is_some() {
            self.watch_actual = None;
            return;
        }
        state.open = None;
        state.trouble = None;
        self.watch = None;
    }

    /// The key of the selected row.
    fn selected_key(&self) -> Option<String> {
        let state = self.state.lock();
        if let Some((key, _)) = &state.history {
            return Some(key.clone());
        }
        let open = state.open.as_ref()?;
        match &state.actual {
            Some(actual) => {
                let rows = compare(open, actual);
                let index = self.view.keys.index(rows.len())?;
                Some(rows[index].key.clone())
            }
            None => {
                let row = self.view.selected_row(open)?;
                row.item.map(|_| row.path.to_owned())
            }
        }
    }

    fn bucket_name(&self) -> Option<String> {
        self.state.lock().open.as_ref().map(|open| open.name.clone())
    }

    fn spawn_write(&mut self, write: Write) {
        if let Some(bucket) = self.bucket_name() {
            let work = watch::write(self.context.clone(), self.state.clone(), bucket, write);
            self.work = Some(self.context.spawn(work));
        }
    }

    fn show_history(&mut self) -> Handled {
        let (Some(bucket), Some(key)) = (self.bucket_name(), self.selected_key()) else {
            return Handled::No;
        };
        // The newest is what one wants to see first.
        self.view.revisions.set(usize::MAX);
        let fetch = watch::history(self.context.clone(), self.state.clone(), bucket, key);
        self.work = Some(self.context.spawn(fetch));
        Handled::Yes
    }

    /// The selected key's value, to be edited with its revision.
    fn edit(&mut self) {
        let Some(key) = self.selected_key() else { return };
        let state = self.state.lock();
        let entry = state.open.as_ref().and_then(|open| open.keys.get(&key));
        let Some(entry) = entry else { return };
        let Ok(value) = std::str::from_utf8(&entry.value) else {
            drop(state);
            self.view.problem = Some(texts::no_text().to_owned());
            return;
        };
        let revision = (entry.operation == Operation::Put).then_some(entry.revision);
        self.view.over = Some(Over::Edit {
            form: Box::new(edit_form(&key, value)),
            revision,
        });
    }

    fn change_key(&mut self, letter: char) -> Handled {
        if let Err(forbidden) = self.context.access.check() {
            self.view.problem = Some(forbidden.to_string());
            return Handled::Yes;
        }
        match letter {
            'a' => {
                // A new key most likely belongs to the level that is looked at.
                let level = match self.selected_level() {
                    Some((path, _, true, _)) => format!("{path}."),
                    _ => String::new(),
                };
                self.view.over = Some(Over::Edit {
                    form: Box::new(edit_form(&level, "")),
                    revision: None,
                });
            }
            'e' => self.edit(),
            'x' => self.view.over = self.selected_key().map(|key| Over::Remove(Write::Delete(key))),
            _ => self.view.over = self.selected_key().map(|key| Over::Remove(Write::Purge(key))),
        }
        Handled::Yes
    }

    fn over_key(&mut self, over: Over, key: KeyEvent) -> Handled {
        if key.code == KeyCode::Esc {
            return Handled::Yes;
        }
        match over {
            Over::Remove(write) => match answer(key.code) {
                Some(true) => self.spawn_write(write),
                Some(false) => {}
                None => self.view.over = Some(Over::Remove(write)),
            },
            Over::Against(mut field) => match key.code {
                KeyCode::Enter => self.open_bucket(field.content().trim(), Side::Actual),
                _ => {
                    field.on_key(key);
                    self.view.over = Some(Over::Against(field));
                }
            },
            Over::Edit { mut form, revision } => {
                let saves = key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('s');
                if saves {
                    let (name, value) = (form.content(KEY).trim().to_owned(), form.content(VALUE));
                    self.spawn_write(match revision {
                        Some(revision) => Write::Update {
                            key: name,
                            value,
                            revision,
                        },
                        None => Write::Create { key: name, value },
                    });
                    return Handled::Yes;
                }
                // A value belongs to its key; only that of a new one can be typed.
                if form.on_key(key) == crate::tui::widgets::form::FormKey::Enter {
                    form.step_down();
                }
                self.view.over = Some(Over::Edit { form, revision });
            }
        }
        Handled::Yes
    }

    /// Somebody else was first: theirs, mine over theirs, or neither.
    fn conflict_key(&mut self, key: KeyEvent) -> Handled {
        let mut state = self.state.lock();
        let Some(conflict) = state.conflict.take() else {
            return Handled::No;
        };
        match key.code {
            KeyCode::Char('o') => {
                drop(state);
                self.spawn_write(match &conflict.theirs {
                    Some(theirs) if theirs.operation == Operation::Put => Write::Update {
                        key: conflict.key,
                        value: conflict.mine,
                        revision: theirs.revision,
                    },
                    _ => Write::Create {
                        key: conflict.key,
                        value: conflict.mine,
                    },
                });
            }
            KeyCode::Char('e') => {
                let theirs = conflict
                    .theirs
                    .as_ref()
                    .filter(|theirs| theirs.operation == Operation::Put);
                self.view.over = Some(Over::Edit {
                    form: Box::new(edit_form(&conflict.key, &conflict.mine)),
                    revision: theirs.map(|theirs| theirs.revision),
                });
            }
            KeyCode::Esc => {}
            _ => state.conflict = Some(conflict),
        }
        Handled::Yes
    }

    fn move_selection(&mut self, key: KeyEvent) -> Handled {
        let state = self.state.lock();
        if let Some((_, revisions)) = &state.history {
            return Handled::from(self.view.revisions.on_key(key, revisions.len()));
        }
        Handled::from(match (&state.open, &state.actual) {
            (Some(open), Some(actual)) => self.view.keys.on_key(key, compare(open, actual).len()),
            (Some(open), None) => {
                let len = self.view.rows(open).len();
                self.view.keys.on_key(key, len)
            }
            (None, _) => {
                let len = match &state.list {
                    Some(Ok(list)) => list.len(),
                    _ => 0,
                };
                self.view.buckets.on_key(key, len)
            }
        })
    }

    fn enter(&mut self) -> Handled {
        if let Some((path, false, true, _)) = self.selected_level() {
            self.view.shape.toggle(&path);
            return Handled::Yes;
        }
        let is_open = self.state.lock().open.is_some();
        if is_open {
            return self.show_history();
        }
        let name = {
            let state = self.state.lock();
            let Some(Ok(list)) = &state.list else {
                return Handled::No;
            };
            let index = self.view.buckets.index(list.len());
            index.map(|index| list[index].name.clone())
        };
        let Some(name) = name else { return Handled::No };
        self.view.keys = Selection::default();
        self.view.shape.closed.clear();
        self.open_bucket(&name, Side::Open);
        Handled::Yes
    }
}

impl View {
    fn new(zone: TimeZone) -> View {
        View {
            buckets: Selection::default(),
            keys: Selection::default(),
            revisions: Selection::default(),
            shows_deleted: false,
            shape: Shape::default(),
            over: None,
            problem: None,
            zone,
        }
    }
}

impl Pane for KeyValuePane {
    fn kind(&self) -> PaneKind {
        PaneKind::KeyValue
    }

    fn title(&self) -> String {
        let state = self.state.lock();
        match (&state.open, &state.actual) {
            (Some(desired), Some(actual)) => texts::title_compare(&desired.name, &actual.name),
            (Some(open), None) => format!("Key-value: {}", open.name),
            (None, _) => "Key-value".to_owned(),
        }
    }

    /// A bucket is opened; a second one is compared with it.
    fn obey(&mut self, argument: &str) {
        let side = match self.state.lock().open {
            None => Side::Open,
            Some(_) => Side::Actual,
        };
        match argument {
            FLAT => self.view.shape.is_flat = true,
            bucket => self.open_bucket(bucket, side),
        }
    }

    fn arguments(&self) -> Vec<String> {
        let state = self.state.lock();
        let buckets = [&state.open, &state.actual].into_iter().flatten();
        let flat = self.view.shape.is_flat.then(|| FLAT.to_owned());
        buckets.map(|bucket| bucket.name.clone()).chain(flat).collect()
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if let Some(over) = self.view.over.take() {
            return self.over_key(over, key);
        }
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        if self.state.lock().conflict.is_some() {
            return self.conflict_key(key);
        }
        self.view.problem = None;
        self.state.lock().notice = None;
        let (is_open, shows_keys) = {
            let state = self.state.lock();
            (state.open.is_some(), state.shows_keys())
        };
        match key.code {
            KeyCode::Esc | KeyCode::Backspace if is_open => self.leave(),
            KeyCode::Enter => return self.enter(),
            KeyCode::Right => return self.go_in(),
            KeyCode::Left if is_open => self.go_out(),
            KeyCode::Char(' ') if is_open => {
                if let Some((path, _, true, _)) = self.selected_level() {
                    self.view.shape.toggle(&path);
                }
            }
            KeyCode::Char('r') if self.state.lock().history.is_some() => self.revert(),
            KeyCode::Char('t') if shows_keys => self.change_shape(),
            KeyCode::Char('o') if shows_keys => self.fold_all(),
            KeyCode::Char('d') if is_open => self.view.shows_deleted = !self.view.shows_deleted,
            KeyCode::Char('c') if is_open => {
                let field = Field::line("").placeholder(texts::against_hint());
                self.view.over = Some(Over::Against(Box::new(field)));
            }
            KeyCode::Char(letter @ ('a' | 'e' | 'x' | 'X')) if is_open => return self.change_key(letter),
            _ => return self.move_selection(key),
        }
        Handled::Yes
    }

    fn on_paste(&mut self, text: &str) {
        match &mut self.view.over {
            Some(Over::Edit { form, .. }) => form.on_paste(text),
            Some(Over::Against(field)) => field.on_paste(text),
            Some(Over::Remove(_)) | None => {}
        }
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        if self.view.over.is_some() || self.state.lock().conflict.is_some() {
            return Handled::No;
        }
        let list = {
            let state = self.state.lock();
            match (&state.open, &state.history) {
                (None, _) => self.view.buckets.clone(),
                (Some(_), Some(_)) => self.view.revisions.clone(),
                (Some(_), None) => self.view.keys.clone(),
            }
        };
        super::mouse_in(self, &list, mouse)
    }

    fn wants_escape(&self) -> bool {
        let state = self.state.lock();
        self.view.over.is_some() || state.open.is_some() || state.conflict.is_some()
    }

    fn takes_text(&self) -> bool {
        matches!(self.view.over, Some(Over::Edit { .. } | Over::Against(_)))
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.watched.seen();
        let area = super::trouble::banner(frame, area, theme, &self.context.link());
        view::draw(frame, area, (theme, focused), &self.state.lock(), &mut self.view);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        let state = self.state.lock();
        if state.conflict.is_some() {
            return vec![
                ("o", texts::key_overwrite()),
                ("e", texts::key_edit_again()),
                ("Esc", shared::back()),
            ];
        }
        match &self.view.over {
            Some(Over::Edit { .. }) => return vec![("ctrl+s", texts::key_save()), ("Esc", shared::back())],
            Some(Over::Against(_)) => return vec![("Enter", texts::key_compare()), ("Esc", shared::back())],
            Some(Over::Remove(_)) => return vec![("j", texts::key_yes()), ("n", texts::key_no())],
            None => {}
        }
        if state.history.is_some() {
            return vec![
                ("↑ ↓", texts::choose()),
                ("r", texts::key_revert()),
                ("Esc", shared::back()),
            ];
        }
        if state.open.is_none() {
            return vec![("↑ ↓", texts::choose()), ("Enter", texts::open_bucket())];
        }
        vec![
            ("↑ ↓", texts::choose()),
            ("Enter", texts::key_history()),
            ("e", texts::key_edit()),
            ("a", texts::key_create()),
            ("x X", texts::key_remove()),
            ("← →", texts::key_fold()),
            ("t", texts::key_shape()),
            ("o", texts::key_fold_all()),
            ("d", texts::key_deleted()),
            ("c", texts::key_compare()),
            ("Esc", shared::back()),
        ]
    }
}
