//! F2: publish, once or many times.
//!
//! The form is read into an [`order`], which a task ([`sender`]) carries out while [`progress`] tells
//! how far it came.

mod history;
mod order;
mod progress;
mod sender;
mod texts;

#[cfg(test)]
mod tests;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Text};

use crate::client::payload;
use crate::tui::panes::task::{Shared, Task};
use crate::tui::panes::trouble::{self, Trouble};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::form::{Form, FormKey};
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};
use history::History;
pub use order::Draft;
use progress::{Ack, Progress};
use sender::Lookup;

const SUBJECT: usize = 0;
const HEADERS: usize = 1;
const PAYLOAD: usize = 2;
const COUNT: usize = 3;
const INTERVAL: usize = 4;

/// The pane of F2.
pub struct PublishPane {
    context: PaneContext,
    form: Form,
    history: History,
    progress: Shared<Progress>,
    lookup: Shared<Lookup>,
    problem: Option<String>,
    run: Option<Task>,
    _pulse: Task,
}

impl PublishPane {
    /// Opens the pane with an empty form.
    pub fn open(context: &PaneContext) -> PublishPane {
        PublishPane {
            form: new_form(),
            history: History::default(),
            progress: Shared::new(Progress::default()),
            lookup: Shared::new(Lookup::default()),
            problem: None,
            run: None,
            _pulse: context.pulse(|| false),
            context: context.clone(),
        }
    }

    fn draft(&self) -> Draft {
        Draft {
            subject: self.form.content(SUBJECT),
            headers: self.form.content(HEADERS),
            payload: self.form.content(PAYLOAD),
            count: self.form.content(COUNT),
            interval: self.form.content(INTERVAL),
        }
    }

    fn fill(&mut self, draft: &Draft) {
        for (field, text) in [
            (SUBJECT, &draft.subject),
            (HEADERS, &draft.headers),
            (PAYLOAD, &draft.payload),
            (COUNT, &draft.count),
            (INTERVAL, &draft.interval),
        ] {
            self.form.set(field, text);
        }
    }

    fn is_running(&self) -> bool {
        self.progress.lock().running
    }

    fn send(&mut self) {
        if self.is_running() {
            self.problem = Some(texts::sends_already().to_owned());
            return;
        }
        if !self.context.is_connected() {
            self.problem = Some(Trouble::Disconnected.to_string());
            return;
        }
        if let Err(forbidden) = self.context.access.check() {
            self.problem = Some(forbidden.to_string());
            return;
        }
        let draft = self.draft();
        let order = match draft.order() {
            Ok(order) => order,
            Err(error) => {
                self.problem = Some(error.to_string());
                return;
            }
        };
        self.problem = None;
        self.history.push(draft);
        // The last run may still be looking for a refusal.
        self.run = None;
        *self.progress.lock() = Progress::begin(order.count);
        let run = sender::run(
            self.context.clone(),
            order,
            self.progress.clone(),
            self.lookup.clone(),
        );
        self.run = Some(self.context.spawn(run));
    }

    fn stop(&mut self) {
        self.run = None;
        let mut progress = self.progress.lock();
        if progress.running {
            progress.running = false;
            progress.problem = Some(texts::stopped().to_owned());
        }
    }

    fn form_key(&mut self, key: KeyEvent) -> Handled {
        match self.form.on_key(key) {
            FormKey::Used => self.problem = None,
            FormKey::Enter if self.form.focus() == SUBJECT => self.send(),
            FormKey::Enter => drop(self.form.step_down()),
            FormKey::Above => {
                let now = self.draft();
                if let Some(draft) = self.history.back(now) {
                    self.fill(&draft);
                }
            }
            FormKey::Below => {}
            FormKey::Unknown => return Handled::No,
        }
        Handled::Yes
    }
}

fn new_form() -> Form {
    Form::new()
        .with("Subject", Field::line("").placeholder("sensors.pizzanini.temp"))
        .with("Headers", Field::text("").placeholder(texts::header_hint()))
        .with("Payload", Field::text("").placeholder(texts::payload_hint()))
        .with(texts::count(), Field::line("1"))
        .with(texts::interval(), Field::line("0s").placeholder("100ms"))
}

/// The result in a line, and what JetStream said in another.
fn result_lines(progress: &Progress, problem: Option<&str>, theme: &Theme) -> Vec<(String, Style)> {
    if let Some(problem) = problem {
        return vec![(problem.to_owned(), theme.bad)];
    }
    if progress.total == 0 {
        return vec![(texts::how_to_send().to_owned(), theme.faint)];
    }
    let mut lines = Vec::new();
    let sent = number::count(progress.sent);
    let mut text = match progress.running && progress.sent < progress.total {
        true => texts::sending(&sent, &number::count(progress.total)),
        false => texts::published(&sent),
    };
    if progress.sent > 1 {
        text += &format!(", {}/s", number::count(progress.per_second()));
    }
    let style = match progress.problem {
        Some(_) => theme.bad,
        None => theme.good,
    };
    if let Some(problem) = &progress.problem {
        text += &format!(" – {problem}");
    }
    lines.push((text, style));
    if progress.to_stream {
        lines.push((ack_text(progress), ack_style(progress, theme)));
    }
    lines
}

fn ack_text(progress: &Progress) -> String {
    let last = match &progress.last_ack {
        None => texts::waiting_for_ack().to_owned(),
        Some(Ack::Stored {
            stream,
            sequence,
            duplicate,
        }) => {
            let twice = if *duplicate { texts::and_duplicate() } else { "" };
            format!("ack: {stream} seq {}{twice}", number::count(*sequence))
        }
        Some(Ack::Refused(why)) => texts::not_stored(why),
    };
    if progress.total == 1 {
        return last;
    }
    let mut text = texts::stored(&last, &number::count(progress.stored));
    if progress.duplicates > 0 {
        let word = if progress.duplicates == 1 {
            texts::duplicate()
        } else {
            texts::duplicates()
        };
        text += &format!(", {} {word}", number::count(progress.duplicates));
    }
    if progress.refused > 0 {
        text += &texts::refused(&number::count(progress.refused));
    }
    text + ")"
}

fn ack_style(progress: &Progress, theme: &Theme) -> Style {
    match &progress.last_ack {
        Some(Ack::Stored { duplicate: false, .. }) if progress.refused == 0 => theme.good,
        Some(Ack::Refused(_)) => theme.bad,
        _ => theme.warn,
    }
}

impl Pane for PublishPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Publish
    }

    fn title(&self) -> String {
        match self.form.content(SUBJECT).trim() {
            "" => texts::title().to_owned(),
            subject => texts::title_of(subject),
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        let control = key.modifiers == KeyModifiers::CONTROL;
        match key.code {
            KeyCode::Char('s') if control => self.send(),
            KeyCode::Esc => self.stop(),
            KeyCode::Down if !control && self.form.focus() == SUBJECT => match self.history.forward() {
                Some(draft) => self.fill(&draft),
                None => return self.form_key(key),
            },
            _ => return self.form_key(key),
        }
        Handled::Yes
    }

    fn on_paste(&mut self, text: &str) {
        self.form.on_paste(text);
    }

    fn prefill(&mut self, draft: &Draft) {
        self.fill(draft);
        self.problem = None;
    }

    fn wants_escape(&self) -> bool {
        self.is_running()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        let area = trouble::banner(frame, area, theme, self.context.is_connected());
        let lines = result_lines(&self.progress.lock(), self.problem.as_deref(), theme);
        let wanted = lines.len() as u16;
        let height = wanted.min(area.height.saturating_sub(self.form.len() as u16).max(1));
        let [form, result] = Layout::vertical([Constraint::Min(1), Constraint::Length(height)]).areas(area);
        self.form.draw(frame, form, theme, focused);
        let width = usize::from(result.width);
        // With one line only, the last says most: the ack.
        let skip = lines.len().saturating_sub(result.height.into());
        let lines = lines.into_iter().skip(skip).map(|(line, style)| {
            let line = payload::neutralise(&line).into_owned();
            Line::styled(text::fit(&line, width, Keep::Head), style)
        });
        frame.render_widget(Text::from(lines.collect::<Vec<_>>()), result);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        vec![
            ("ctrl+s", texts::send()),
            ("Enter", texts::enter_sends()),
            ("↑ ↓", texts::between_fields()),
            ("ctrl+↑ ctrl+↓", texts::from_payload()),
            ("Esc", texts::stop_sending()),
        ]
    }
}
