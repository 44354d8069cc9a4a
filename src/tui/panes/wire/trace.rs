//! Following one message through the servers: it is sent with `Nats-Trace-Dest` and `Nats-Trace-Only`, so that
//! every server tells what it would do and nobody gets it, and its way is drawn step by step.

use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span, Text};

use super::path::{self, Kind, Step};
use super::texts;
use crate::client::payload;
use crate::client::trace::{self, Question, SERVER_VERSION_MIN, TraceError, TraceEvent};
use crate::proto::subject;
use crate::tui::panes::task::{Shared, Task};
use crate::tui::panes::texts as shared;
use crate::tui::panes::{KeyHelp, PaneContext};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};

/// How long servers may take to tell.
const TELL_MAX: Duration = Duration::from_secs(2);
/// How long the message takes on the screen for one step.
const STEP_TIME: Duration = Duration::from_millis(350);
/// Between two frames while it moves.
const FRAME_TIME: Duration = Duration::from_millis(50);
/// Cells of the line that leads to a step.
const LINE_CELLS: usize = 6;

/// What is known of the way.
#[derive(Debug, Default)]
enum State {
    #[default]
    Asking,
    /// Servers tell.
    Waiting,
    /// It is known since then.
    Known(Vec<Step>, Instant),
    /// It is not, and why.
    Failed(String),
}

/// A message that is followed.
pub struct Trace {
    context: PaneContext,
    field: Field,
    subject: String,
    state: Shared<State>,
    problem: Option<String>,
    scroll: usize,
    task: Option<Task>,
}

impl Trace {
    /// Asks for the subject.
    pub fn open(context: &PaneContext) -> Trace {
        Trace {
            context: context.clone(),
            field: Field::line("").example("ordre.ny"),
            subject: String::new(),
            state: Shared::new(State::default()),
            problem: None,
            scroll: 0,
            task: None,
        }
    }

    fn is_asking(&self) -> bool {
        matches!(*self.state.lock(), State::Asking)
    }

    /// True while the subject is written.
    pub fn takes_text(&self) -> bool {
        self.is_asking()
    }

    /// Takes a key; false when the trace is to be closed.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        match (key.code, self.is_asking()) {
            (KeyCode::Esc, _) => return false,
            (KeyCode::Enter, true) => self.send(),
            (_, true) => drop(self.field.on_key(key)),
            (KeyCode::Enter | KeyCode::Char('t'), false) => {
                self.task = None;
                *self.state.lock() = State::Asking;
            }
            (KeyCode::Char('r'), false) => self.send(),
            (KeyCode::Down, false) => self.scroll += 1,
            (KeyCode::Up, false) => self.scroll = self.scroll.saturating_sub(1),
            _ => {}
        }
        true
    }

    /// Pasted text, for the subject.
    pub fn on_paste(&mut self, text: &str) {
        if self.is_asking() {
            self.field.on_paste(text);
        }
    }

    fn send(&mut self) {
        let subject = self.field.content().trim().to_owned();
        let (major, minor, patch) = SERVER_VERSION_MIN;
        self.problem = match () {
            () if subject.is_empty() => Some(texts::trace_empty().to_owned()),
            () if !subject::is_valid_literal(subject.as_bytes()) => {
                Some(texts::trace_bad_subject().to_owned())
            }
            () if !self.context.client.is_server_compatible(major, minor, patch) => {
                Some(texts::trace_too_old().to_owned())
            }
            () => None,
        };
        if self.problem.is_some() {
            return;
        }
        self.subject.clone_from(&subject);
        self.scroll = 0;
        *self.state.lock() = State::Waiting;
        self.task = None;
        let follow = follow(self.context.clone(), subject, self.state.clone());
        self.task = Some(self.context.spawn(follow));
    }

    /// The keys, the most useful first.
    pub fn keys(&self) -> Vec<KeyHelp> {
        match self.is_asking() {
            true => vec![("Enter", texts::key_trace()), ("Esc", shared::back())],
            false => vec![
                ("r", texts::key_again()),
                ("t", texts::key_other()),
                ("↑ ↓", shared::scroll()),
                ("Esc", shared::back()),
            ],
        }
    }

    /// Draws it.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        let [head, line, body] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(u16::from(area.height > 2)),
            Constraint::Min(0),
        ])
        .areas(area);
        let label = texts::trace_subject();
        let cells = u16::try_from(text::width(label) + 1).unwrap_or(u16::MAX);
        let [left, right] = Layout::horizontal([Constraint::Length(cells), Constraint::Min(0)]).areas(head);
        frame.render_widget(Span::styled(label, theme.accent), left);
        let state = self.state.lock();
        if matches!(*state, State::Asking) {
            self.field.draw(frame, right, theme, focused);
            let (said, style) = match &self.problem {
                Some(problem) => (problem.as_str(), theme.bad),
                None => (texts::trace_hint(), theme.faint),
            };
            let rest = Rect {
                height: line.height + body.height,
                ..line
            };
            return text::draw_wrapped(frame, rest, said, style);
        }
        let subject = text::fit(
            &payload::neutralise(&self.subject),
            right.width.into(),
            Keep::Tail,
        );
        frame.render_widget(Span::styled(subject, theme.title), right);
        match &*state {
            State::Asking => {}
            State::Waiting => text::draw_wrapped(frame, body, texts::trace_waiting(), theme.faint),
            State::Failed(why) => text::draw_wrapped(frame, body, &payload::neutralise(why), theme.bad),
            State::Known(steps, since) => {
                let gone = since.elapsed().as_secs_f64() / STEP_TIME.as_secs_f64();
                let lines = lines(steps, gone, theme, body.width.into());
                self.scroll = self.scroll.min(lines.len().saturating_sub(body.height.into()));
                let shown: Vec<Line<'_>> = lines
                    .into_iter()
                    .skip(self.scroll)
                    .take(body.height.into())
                    .collect();
                frame.render_widget(Text::from(shown), body);
            }
        }
    }
}

async fn follow(context: PaneContext, subject: String, state: Shared<State>) {
    let fresh = match gather(&context, &subject).await {
        Ok(events) => State::Known(path::steps(&events), Instant::now()),
        Err(why) => State::Failed(why),
    };
    let steps = match &fresh {
        State::Known(steps, _) => steps.len(),
        _ => 0,
    };
    *state.lock() = fresh;
    context.waker.wake();
    let time = STEP_TIME * u32::try_from(steps + 1).unwrap_or(u32::MAX);
    let until = Instant::now() + time;
    while Instant::now() < until {
        tokio::time::sleep(FRAME_TIME).await;
        context.waker.wake();
    }
}

async fn gather(context: &PaneContext, subject: &str) -> Result<Vec<TraceEvent>, String> {
    let refusals = context.incidents.refusals();
    let question = Question {
        subject: subject.to_owned(),
        ..Question::default()
    };
    let asked = trace::ask(&context.client, question, TELL_MAX, |_| {}).await;
    asked.map_err(|error| match error {
        TraceError::Silent => {
            let refused = context.incidents.refusal_since(refusals, subject);
            refused.unwrap_or_else(|| texts::trace_silent().to_owned())
        }
        error => error.to_string(),
    })
}

/// The steps that the message has come to after `gone` steps' time.
fn lines(steps: &[Step], gone: f64, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        let share = gone - n as f64;
        if share < 0.0 {
            break;
        }
        let (mark, style) = match step.kind {
            Kind::Came => ("◉", theme.title),
            Kind::Changed => ("↦", theme.accent),
            Kind::Stored => ("▣", theme.good),
            Kind::Delivered => ("✓", theme.good),
            Kind::Onward => ("⇒", theme.accent),
            Kind::Lost => ("✗", theme.bad),
        };
        let indent = "    ".repeat(step.depth);
        let is_there = share >= 1.0;
        let at = ((share * LINE_CELLS as f64) as usize).min(LINE_CELLS - 1);
        let line: String = (0..LINE_CELLS)
            .map(|cell| if cell == at && !is_there { '●' } else { '─' })
            .collect();
        let line = if step.kind == Kind::Came {
            String::new()
        } else {
            format!("{line} ")
        };
        let after = step.after.map(number::latency).unwrap_or_default();
        let head = format!("{} {indent}", text::pad_left(&after, 9));
        let room = width.saturating_sub(text::width(&head) + text::width(&line) + 2);
        let words = match is_there || step.kind == Kind::Came {
            true => text::fit(&payload::neutralise(&step.words), room, Keep::Head),
            false => String::new(),
        };
        lines.push(Line::from(vec![
            Span::styled(head, theme.faint),
            Span::styled(line, if is_there { theme.faint } else { theme.accent }),
            Span::styled(format!("{mark} "), style),
            Span::styled(
                words,
                if step.kind == Kind::Lost {
                    theme.bad
                } else {
                    theme.text
                },
            ),
        ]));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::panes::testing::{disconnected, screen};

    fn picture(gone: f64) -> String {
        let steps = path::steps(&path::tests::events());
        screen((80, 9), |frame| {
            let lines = lines(&steps, gone, &Theme::dark(), 80);
            frame.render_widget(Text::from(lines), frame.area());
        })
    }

    #[test]
    fn the_message_moves_along_its_way() {
        insta::assert_snapshot!("trace_moving", picture(3.5));
        insta::assert_snapshot!("trace_whole", picture(99.0));
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        let (_runtime, context) = disconnected();
        let mut trace = Trace::open(&context);
        trace.on_key(KeyEvent::from(KeyCode::Enter));
        assert!(trace.problem.as_deref().unwrap().contains("tomt"));
        for letter in "a.*".chars() {
            trace.on_key(KeyEvent::from(KeyCode::Char(letter)));
        }
        trace.on_key(KeyEvent::from(KeyCode::Enter));
        assert!(trace.problem.as_deref().unwrap().contains("jokertegn"));
        assert!(trace.takes_text() && !trace.on_key(KeyEvent::from(KeyCode::Esc)));
    }
}
