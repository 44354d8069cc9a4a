//! Object stores: what is in them, fetching and storing files with progress.
//!
//! [`work`] talks to the server and the disk; this file takes the keys and draws.

mod texts;
mod work;

#[cfg(test)]
mod tests;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::client::payload;
use crate::tui::overlay::{Question, answer};
use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind, texts as shared, trouble};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::number;
use crate::tui::widgets::select::Selection;
use crate::tui::widgets::table::{Cell, Column, Set, Table};
use crate::tui::widgets::text::{self, Keep};
use crate::util::size::format_bytes;
use work::{Listed, State, Work};

/// Cells of a bar that tells how far a transfer has come.
const BAR_CELLS: u64 = 20;

/// The pane.
pub struct ObjectsPane {
    context: PaneContext,
    state: Shared<State>,
    watched: Watched,
    view: View,
    work: Option<Task>,
    watch: Task,
    _pulse: Task,
}

/// What the screen half remembers between frames.
#[derive(Default)]
struct View {
    buckets: Selection,
    objects: Selection,
    asks: Option<Asks>,
}

/// What is asked for.
enum Asks {
    /// The file that an object goes into.
    Get(String, Box<Field>),
    /// The file to store.
    Put(Box<Field>),
    /// Is this object to go?
    Delete(String),
}

impl ObjectsPane {
    /// Opens the pane with the list of buckets.
    pub fn open(context: &PaneContext) -> ObjectsPane {
        let (state, watched) = (Shared::new(State::default()), Watched::default());
        let watch = work::watch(context.clone(), state.clone(), watched.clone());
        ObjectsPane {
            watch: context.spawn(watch),
            _pulse: context.pulse(|| false),
            work: None,
            context: context.clone(),
            state,
            watched,
            view: View::default(),
        }
    }

    /// Shows another bucket, or the list, at once.
    fn show(&mut self, bucket: Option<String>) {
        {
            let mut state = self.state.lock();
            state.open = bucket;
            state.objects = None;
            state.notice = None;
        }
        let watch = work::watch(self.context.clone(), self.state.clone(), self.watched.clone());
        self.watch = self.context.spawn(watch);
    }

    fn selected(&self) -> Option<String> {
        let state = self.state.lock();
        match (&state.open, &state.objects, &state.buckets) {
            (Some(_), Some(Ok(objects)), _) => {
                let index = self.view.objects.index(objects.len())?;
                Some(objects[index].name.clone())
            }
            (None, _, Some(Ok(buckets))) => {
                let index = self.view.buckets.index(buckets.len())?;
                Some(buckets[index].0.clone())
            }
            _ => None,
        }
    }

    fn begin(&mut self, work: Work) {
        let bucket = self.state.lock().open.clone();
        let Some(bucket) = bucket else { return };
        let run = work::run(self.context.clone(), self.state.clone(), bucket, work);
        self.work = Some(self.context.spawn(run));
    }

    fn ask(&mut self, letter: char) {
        let changes = letter != 'g';
        if let Err(forbidden) = self.context.access.check()
            && changes
        {
            self.state.lock().notice = Some((forbidden.to_string(), true));
            return;
        }
        let selected = self.selected();
        self.view.asks = match (letter, selected) {
            ('g', Some(name)) => {
                let file = name.rsplit('/').next().unwrap_or(&name).to_owned();
                Some(Asks::Get(name, Box::new(Field::line(&file))))
            }
            ('p', _) => Some(Asks::Put(Box::new(
                Field::line("").placeholder(texts::file_hint()),
            ))),
            ('x', Some(name)) => Some(Asks::Delete(name)),
            _ => None,
        };
    }

    fn ask_key(&mut self, asks: Asks, key: KeyEvent) {
        match (asks, key.code) {
            (_, KeyCode::Esc) => {}
            (Asks::Delete(name), code) => match answer(code) {
                Some(true) => self.begin(Work::Delete(name)),
                Some(false) => {}
                None => self.view.asks = Some(Asks::Delete(name)),
            },
            (Asks::Get(name, field), KeyCode::Enter) => {
                let path = field.content().trim().into();
                self.begin(Work::Get { name, path });
            }
            (Asks::Put(field), KeyCode::Enter) => self.begin(Work::Put(field.content().trim().into())),
            (Asks::Get(name, mut field), _) => {
                field.on_key(key);
                self.view.asks = Some(Asks::Get(name, field));
            }
            (Asks::Put(mut field), _) => {
                field.on_key(key);
                self.view.asks = Some(Asks::Put(field));
            }
        }
    }

    fn move_selection(&mut self, key: KeyEvent) -> Handled {
        let state = self.state.lock();
        Handled::from(match (&state.open, &state.objects, &state.buckets) {
            (Some(_), Some(Ok(objects)), _) => self.view.objects.on_key(key, objects.len()),
            (None, _, Some(Ok(buckets))) => self.view.buckets.on_key(key, buckets.len()),
            _ => false,
        })
    }
}

impl Pane for ObjectsPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Objects
    }

    fn title(&self) -> String {
        match &self.state.lock().open {
            Some(bucket) => texts::title_of(bucket),
            None => texts::title().to_owned(),
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if let Some(asks) = self.view.asks.take() {
            self.ask_key(asks, key);
            return Handled::Yes;
        }
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        self.state.lock().notice = None;
        let is_open = self.state.lock().open.is_some();
        match key.code {
            KeyCode::Esc | KeyCode::Backspace if is_open => self.show(None),
            KeyCode::Enter | KeyCode::Right if !is_open => {
                let bucket = self.selected();
                if bucket.is_some() {
                    self.view.objects = Selection::default();
                    self.show(bucket);
                }
            }
            KeyCode::Char(letter @ ('g' | 'p' | 'x')) if is_open => self.ask(letter),
            _ => return self.move_selection(key),
        }
        Handled::Yes
    }

    fn on_paste(&mut self, text: &str) {
        if let Some(Asks::Get(_, field) | Asks::Put(field)) = &mut self.view.asks {
            field.on_paste(text);
        }
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        if self.view.asks.is_some() {
            return Handled::No;
        }
        let list = match self.state.lock().open {
            Some(_) => self.view.objects.clone(),
            None => self.view.buckets.clone(),
        };
        super::mouse_in(self, &list, mouse)
    }

    fn wants_escape(&self) -> bool {
        self.view.asks.is_some() || self.state.lock().open.is_some()
    }

    fn takes_text(&self) -> bool {
        matches!(self.view.asks, Some(Asks::Get(..) | Asks::Put(_)))
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.watched.seen();
        let area = trouble::banner(frame, area, theme, &self.context.link());
        draw(frame, area, (theme, focused), &self.state.lock(), &mut self.view);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        if self.view.asks.is_some() {
            return vec![("Enter", texts::ok()), ("Esc", shared::back())];
        }
        match self.state.lock().open {
            None => vec![("↑ ↓", texts::choose()), ("Enter", texts::open())],
            Some(_) => vec![
                ("↑ ↓", texts::choose()),
                ("g", texts::key_get()),
                ("p", texts::key_put()),
                ("x", texts::key_delete()),
                ("Esc", shared::back()),
            ],
        }
    }
}

fn draw(frame: &mut Frame<'_>, area: Rect, look: (&Theme, bool), state: &State, view: &mut View) {
    let (theme, _) = look;
    let [body, foot] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(u16::from(area.height > 2))]).areas(area);
    match (&state.open, &state.objects, &state.buckets) {
        (Some(_), Some(Err(why)), _) => text::draw_wrapped(frame, body, &payload::neutralise(why), theme.bad),
        (Some(_), Some(Ok(objects)), _) => draw_objects(frame, body, look, objects, view),
        (None, _, Some(Err(why))) => trouble::draw(frame, body, theme, why),
        (None, _, Some(Ok(buckets))) => draw_buckets(frame, body, look, buckets, view),
        _ => text::draw_wrapped(frame, body, texts::fetching(), theme.faint),
    }
    match &mut view.asks {
        Some(Asks::Get(_, field)) => draw_ask(frame, foot, look, texts::save_as(), field),
        Some(Asks::Put(field)) => draw_ask(frame, foot, look, texts::store_file(), field),
        Some(Asks::Delete(name)) => Question {
            title: texts::delete_title(),
            text: &texts::delete_question(&payload::neutralise(name)),
            yes: texts::yes(),
            no: texts::no(),
        }
        .draw(frame, area, theme),
        None => frame.render_widget(foot_line(state, theme, foot.width.into()), foot),
    }
}

fn draw_ask(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    label: &'static str,
    field: &mut Field,
) {
    let cells = text::width(label) as u16 + 1;
    let [left, right] = Layout::horizontal([Constraint::Length(cells), Constraint::Min(0)]).areas(area);
    frame.render_widget(Span::styled(label, theme.accent), left);
    field.draw(frame, right, theme, focused);
}

fn foot_line(state: &State, theme: &Theme, width: usize) -> Line<'static> {
    let (line, style) = match (&state.progress, &state.notice) {
        (Some(progress), _) => {
            let filled = progress.done * BAR_CELLS / progress.total.max(1);
            let bar: String = (0..BAR_CELLS)
                .map(|cell| if cell < filled { '█' } else { '░' })
                .collect();
            let sizes = format!(
                "{} / {}",
                format_bytes(progress.done),
                format_bytes(progress.total)
            );
            (format!("{bar} {sizes} {}", progress.name), theme.accent)
        }
        (None, Some((text, true))) => (text.clone(), theme.bad),
        (None, Some((text, false))) => (text.clone(), theme.good),
        (None, None) => (String::new(), theme.faint),
    };
    Line::styled(text::fit(&payload::neutralise(&line), width, Keep::Head), style)
}

fn draw_buckets(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    buckets: &[(String, u64)],
    view: &mut View,
) {
    if buckets.is_empty() {
        return text::draw_wrapped(frame, area, texts::no_buckets(), theme.faint);
    }
    let columns = [
        Column::new(texts::bucket(), 8, 0, Set::Left),
        Column::new("Bytes", 6, 1, Set::Right),
    ];
    let rows: Vec<Vec<Cell>> = buckets
        .iter()
        .map(|(name, bytes)| {
            let name = payload::neutralise(name).into_owned();
            vec![Cell(name, theme.accent), format_bytes(*bytes).into()]
        })
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw(frame, area, theme, Some((&mut view.buckets, focused)));
}

fn draw_objects(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    objects: &[Listed],
    view: &mut View,
) {
    if objects.is_empty() {
        return text::draw_wrapped(frame, area, texts::no_objects(), theme.faint);
    }
    let columns = [
        Column::new(texts::name(), 8, 0, Set::LeftTail),
        Column::new("Bytes", 6, 1, Set::Right),
        Column::new(texts::chunks(), 4, 3, Set::Right),
        Column::new("SHA-256", 12, 4, Set::Left),
    ];
    let rows: Vec<Vec<Cell>> = objects
        .iter()
        .map(|object| {
            vec![
                Cell(payload::neutralise(&object.name).into_owned(), theme.accent),
                format_bytes(object.bytes).into(),
                number::count(object.chunks).into(),
                Cell(
                    object.digest.trim_start_matches("SHA-256=").to_owned(),
                    theme.faint,
                ),
            ]
        })
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw(frame, area, theme, Some((&mut view.objects, focused)));
}
