//! F2: publish, once or many times.
//!
//! The form is read into an [`order`], which a task ([`sender`]) carries out at a [`pace`] that may be changed while
//! [`progress`] tells how far it came. [`history`] and [`presets`] are kept with the deck.

mod history;
mod order;
mod pace;
mod presets;
mod preview;
mod progress;
mod sender;
mod texts;

#[cfg(test)]
mod tests;

use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};

use crate::client::payload;
use crate::tui::panes::jetstream::{JetStream, SUBJECTS_MAX};
use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::trouble::{self, Trouble};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::form::{Form, FormKey};
use crate::tui::widgets::number;
use crate::tui::widgets::spark;
use crate::tui::widgets::text::{self, Keep};
use crate::util::duration;
use history::History;
pub use order::Draft;
use order::SUBJECT_EXAMPLE;
use pace::Pace;
use presets::{Outcome, Presets};
use preview::Preview;
use progress::{Ack, Progress};
use sender::Lookup;

const SUBJECT: usize = 0;
const HEADERS: usize = 1;
const PAYLOAD: usize = 2;
const COUNT: usize = 3;
const INTERVAL: usize = 4;
const BURST: usize = 5;

/// Cells of the slider.
const SLIDER_CELLS: usize = 26;
/// Cells of the chart of how fast a run went.
const CHART_CELLS: usize = 40;
/// Subjects that are offered at a time.
const OFFERED_MAX: usize = 4;
/// How often the streams are asked for their subjects while somebody looks.
const LEARN_EVERY: Duration = Duration::from_secs(10);

/// The pane of F2.
pub struct PublishPane {
    context: PaneContext,
    form: Form,
    history: History,
    progress: Shared<Progress>,
    lookup: Shared<Lookup>,
    problem: Option<String>,
    run: Option<Task>,
    pace: Pace,
    presets: Option<Presets>,
    preview: Preview,
    watched: Watched,
    _learn: Task,
    _pulse: Task,
}

impl PublishPane {
    /// Opens the pane with an empty form.
    pub fn open(context: &PaneContext) -> PublishPane {
        let watched = Watched::default();
        let progress = Shared::new(Progress::default());
        let sampled = progress.clone();
        PublishPane {
            form: new_form(),
            history: History::of(context.keep.history()),
            progress,
            lookup: Shared::new(Lookup::default()),
            problem: None,
            run: None,
            pace: Pace::default(),
            presets: None,
            preview: Preview::default(),
            _learn: context.spawn(learn(context.clone(), watched.clone())),
            watched,
            _pulse: context.pulse(move || sampled.lock().sample()),
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
            burst: self.form.content(BURST),
        }
    }

    fn fill(&mut self, draft: &Draft) {
        for (field, text) in [
            (SUBJECT, &draft.subject),
            (HEADERS, &draft.headers),
            (PAYLOAD, &draft.payload),
            (COUNT, &draft.count),
            (INTERVAL, &draft.interval),
            (BURST, &draft.burst),
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
        let kept = self.context.keep.publish(&draft);
        self.history.push(draft);
        self.pace.set(order.interval);
        // The last run may still be looking for a refusal.
        self.run = None;
        *self.progress.lock() = Progress::begin(order.count);
        let run = sender::run(
            self.context.clone(),
            order,
            self.progress.clone(),
            self.lookup.clone(),
            self.pace.clone(),
        );
        self.run = Some(self.context.spawn(run));
        // What cannot be remembered is sent all the same.
        self.problem = kept.err().map(|error| error.to_string());
    }

    fn stop(&mut self) {
        self.run = None;
        let mut progress = self.progress.lock();
        if progress.running {
            progress.running = false;
            progress.problem = Some(texts::stopped().to_owned());
        }
    }

    /// One step faster or slower, for a run under way as well.
    fn change_pace(&mut self, faster: bool) {
        let draft = self.draft();
        if let (Ok(interval), Ok(burst)) = (draft.pause(), draft.burst()) {
            let interval = pace::step(interval, burst, faster);
            self.form.set(INTERVAL, &duration::format(interval));
            self.pace.set(interval);
        }
    }

    /// What the subject may go on with.
    fn offered(&self) -> Vec<String> {
        match self.form.focus() {
            SUBJECT => self
                .context
                .heard
                .complete(&self.form.content(SUBJECT), OFFERED_MAX),
            HEADERS => known_headers(&self.form.content(HEADERS)),
            _ => Vec::new(),
        }
    }

    /// Takes the first of what is offered; false when there is nothing.
    fn complete(&mut self) -> bool {
        if !self.form.is_at_end() {
            return false;
        }
        let Some(first) = self.offered().into_iter().next() else {
            return false;
        };
        match self.form.focus() {
            HEADERS => {
                let written = self.form.content(HEADERS);
                let above = written.rsplit_once('\n').map_or("", |(above, _)| above);
                let gap = if above.is_empty() { "" } else { "\n" };
                self.form.set(HEADERS, &format!("{above}{gap}{first} "));
            }
            field => self.form.set(field, &first),
        }
        true
    }

    fn preset_key(&mut self, mut presets: Presets, key: KeyEvent) {
        match presets.on_key(key, &self.draft()) {
            Outcome::Open => self.presets = Some(presets),
            Outcome::Closed => {}
            Outcome::Chosen(draft) => self.fill(&draft),
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
        .with("Subject", Field::line("").example(SUBJECT_EXAMPLE))
        .with("Headers", Field::text("").example(texts::header_example()))
        .with("Payload", Field::text("").placeholder(texts::payload_hint()))
        .with(texts::count(), Field::line("1"))
        .with(texts::interval(), Field::line("0s").example("100ms"))
        .with(texts::burst(), Field::line("1").example("10"))
}

/// Learns the subjects of streams, for completion.
async fn learn(context: PaneContext, watched: Watched) {
    let jetstream = JetStream::new(&context);
    loop {
        if let Ok(streams) = jetstream.streams().await {
            let patterns = streams.entries.iter().flat_map(|info| &info.config.subjects);
            context.heard.add(patterns.map(String::as_str));
            for info in &streams.entries {
                if (1..=SUBJECTS_MAX).contains(&info.state.subjects_count)
                    && let Ok(subjects) = jetstream.subjects(&info.config.name).await
                {
                    context.heard.add(subjects.keys().map(String::as_str));
                }
            }
        }
        watched.next(LEARN_EVERY).await;
    }
}

/// Headers that JetStream acts on (ADR-4, 22, 43, 48, 50 and 51), the most useful first.
const KNOWN_HEADERS: [&str; 8] = [
    "Nats-Msg-Id:",
    "Nats-TTL:",
    "Nats-Expected-Last-Sequence:",
    "Nats-Expected-Last-Subject-Sequence:",
    "Nats-Expected-Last-Msg-Id:",
    "Nats-Expected-Stream:",
    "Nats-Rollup:",
    "Nats-Schedule:",
];

/// The headers that the last line may become: all of them while nothing is written.
fn known_headers(written: &str) -> Vec<String> {
    let line = written.rsplit('\n').next().unwrap_or_default();
    let line = line.to_lowercase();
    let fits = |header: &&&str| header.to_lowercase().starts_with(&line) && header.len() > line.len();
    let fitting = KNOWN_HEADERS.iter().filter(fits);
    fitting
        .take(OFFERED_MAX)
        .map(|header| (*header).to_owned())
        .collect()
}

/// What a field may go on with, in a line.
fn offer_line(offered: &[String]) -> Option<String> {
    let (first, rest) = offered.split_first()?;
    let rest: String = rest.iter().map(|subject| format!("  {subject}")).collect();
    Some(texts::completion(first, &rest))
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
    if progress.rates.len() > 1 {
        let chart = spark::line(progress.rates.iter().copied(), CHART_CELLS);
        let most = spark::range(progress.rates.iter().copied()).1;
        let most = number::count(most.max(0.0).round() as u64);
        lines.push((texts::rates(&chart, &most), theme.accent));
    }
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

    /// A message by its name, or a subject.
    fn obey(&mut self, argument: &str) {
        let presets = self.context.keep.presets();
        match presets.into_iter().find(|preset| preset.name == argument) {
            Some(preset) => self.fill(&preset.draft),
            None => self.form.set(SUBJECT, argument),
        }
    }

    fn arguments(&self) -> Vec<String> {
        let subject = self.form.content(SUBJECT);
        Some(subject)
            .filter(|subject| !subject.is_empty())
            .into_iter()
            .collect()
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if let Some(presets) = self.presets.take() {
            self.preset_key(presets, key);
            return Handled::Yes;
        }
        let control = key.modifiers == KeyModifiers::CONTROL;
        match key.code {
            KeyCode::Char('o') if control => self.presets = Some(Presets::open(&self.context.keep)),
            KeyCode::Right if control => self.change_pace(true),
            KeyCode::Left if control => self.change_pace(false),
            KeyCode::Right if matches!(self.form.focus(), SUBJECT | HEADERS) && self.complete() => {}
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
        match &mut self.presets {
            Some(presets) => presets.on_paste(text),
            None => self.form.on_paste(text),
        }
    }

    fn prefill(&mut self, draft: &Draft) {
        self.fill(draft);
        self.problem = None;
    }

    fn wants_escape(&self) -> bool {
        self.is_running() || self.presets.is_some()
    }

    fn takes_text(&self) -> bool {
        self.presets.as_ref().is_none_or(Presets::takes_text)
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        let area = trouble::banner(frame, area, theme, &self.context.link());
        self.watched.seen();
        if let Some(presets) = &mut self.presets {
            return presets.draw(frame, area, theme);
        }
        let draft = self.draft();
        let mut lines = result_lines(&self.progress.lock(), self.problem.as_deref(), theme);
        if let (Err(forbidden), None) = (self.context.access.check(), &self.problem) {
            lines.push((forbidden.to_string(), theme.warn));
        }
        if let Some(offer) = offer_line(&self.offered()).filter(|_| focused) {
            lines.insert(0, (offer, theme.accent));
        }
        let (shown, is_bad) = self.preview.rows(&draft);
        let preview_style = if is_bad { theme.warn } else { theme.faint };
        let previews: Vec<(String, Style)> = shown.iter().map(|row| (row.clone(), preview_style)).collect();
        let fields = self.form.len() as u16;
        // Only where nothing else has to give way for it.
        let wanted = (lines.len() + previews.len()) as u16;
        if area.height > fields + wanted + 3 {
            lines.splice(0..0, previews);
        }
        let wanted = lines.len() as u16;
        let height = wanted.min(area.height.saturating_sub(fields).max(1));
        let slider = u16::from(area.height > fields + height + 1);
        let [form, rate, result] = Layout::vertical([
            Constraint::Min(1),
            Constraint::Length(slider),
            Constraint::Length(height),
        ])
        .areas(area);
        self.form.draw(frame, form, theme, focused);
        if let (Ok(interval), Ok(burst)) = (draft.pause(), draft.burst()) {
            let label = text::pad_right(texts::rate(), self.form.label_width(rate.width), Keep::Head);
            let slider = pace::slider(interval, burst, SLIDER_CELLS);
            let line = Line::from(vec![
                Span::styled(label, theme.faint),
                Span::styled(slider, theme.accent),
            ]);
            frame.render_widget(line, rate);
        }
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
        if let Some(presets) = &self.presets {
            return presets.keys();
        }
        vec![
            ("ctrl+s", texts::send()),
            ("→", texts::key_complete()),
            ("ctrl+← ctrl+→", texts::key_pace()),
            ("ctrl+o", texts::key_presets()),
            ("Enter", texts::enter_sends()),
            ("↑ ↓", texts::between_fields()),
            ("ctrl+↑ ctrl+↓", texts::from_payload()),
            ("Esc", texts::stop_sending()),
        ]
    }
}
