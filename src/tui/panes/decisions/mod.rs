//! The decision log: why a consumer has a stored message or not. Of one message it tells what each consumer did,
//! of one consumer what became of the messages around where it stands.
//!
//! Only our own broker knows; it is asked twice a second while somebody looks, and nothing is written down for it
//! (`broker::jetstream::consumer::explain`). [`sentence`] puts a decision into words.

mod sentence;
mod texts;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::PoisonError;
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span, Text};

use crate::broker::{Decision, Hold};
use crate::client::payload;
use crate::tui::panes::follow::is_ours;
use crate::tui::panes::jetstream::JetStream;
use crate::tui::panes::task::{Shared, Task};
use crate::tui::panes::texts as shared;
use crate::tui::panes::trouble::{self, Trouble};
use crate::tui::panes::{KeyHelp, PaneContext};
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};
use crate::util::time::Timestamp;

pub use sentence::{Mood, mood, sentence};

/// How often the broker is asked.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// Messages that are told of for one consumer.
const MESSAGES_MAX: u64 = 60;
/// Of those, so many from before its ack floor.
const BEFORE: u64 = 5;
/// Cells of the longest label.
const LABEL_CELLS_MAX: usize = 28;
/// The clock is turned so much farther than to what comes next, so that it is over.
const BEYOND: Duration = Duration::from_millis(5);

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// What became of this message at every consumer.
    Message {
        /// The stream.
        stream: String,
        /// The message's sequence.
        sequence: u64,
        /// And its subject, for the title.
        subject: String,
    },
    /// What this consumer did with the messages around its place.
    Consumer {
        /// The stream.
        stream: String,
        /// The consumer.
        name: String,
    },
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The consumer, or the message.
    pub label: String,
    /// What was decided.
    pub decision: Decision,
}

/// What is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Answer {
    /// Nothing yet.
    #[default]
    Asking,
    /// The broker is not ours.
    NotOurs,
    /// The question could not be put.
    Trouble(Trouble),
    /// The log, at JetStream's own time.
    Entries(Vec<Entry>, Timestamp),
}

/// The log on the screen.
pub struct Log {
    question: Question,
    answer: Shared<Answer>,
    scroll: usize,
    _task: Task,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKey {
    /// Nothing more.
    Stay,
    /// Back to where it was opened.
    Close,
    /// The clock turned until something happens.
    Turn(Duration),
}

impl Log {
    /// Asks until it is closed.
    pub fn open(context: &PaneContext, question: Question) -> Log {
        let answer = Shared::new(Answer::default());
        let task = context.spawn(ask(context.clone(), question.clone(), answer.clone()));
        Log {
            question,
            answer,
            scroll: 0,
            _task: task,
        }
    }

    /// For the border.
    pub fn title(&self) -> String {
        match &self.question {
            Question::Message { stream, sequence, .. } => texts::title_message(stream, *sequence),
            Question::Consumer { stream, name } => texts::title_consumer(stream, name),
        }
    }

    /// Takes a key.
    pub fn on_key(&mut self, key: KeyEvent) -> LogKey {
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Backspace | KeyCode::Char('w') => return LogKey::Close,
            KeyCode::Down => self.scroll += 1,
            KeyCode::Up => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown => self.scroll += 10,
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(10),
            KeyCode::Char('t') => {
                if let Answer::Entries(entries, now) = &*self.answer.lock()
                    && let Some(by) = until_next(entries, *now)
                {
                    return LogKey::Turn(by);
                }
            }
            _ => {}
        }
        LogKey::Stay
    }

    /// The keys, the most useful first.
    pub fn keys(&self) -> Vec<KeyHelp> {
        let mut keys = vec![("↑ ↓", shared::scroll()), ("Esc", shared::back())];
        if let Answer::Entries(entries, now) = &*self.answer.lock()
            && until_next(entries, *now).is_some()
        {
            keys.insert(0, ("t", texts::key_turn()));
        }
        keys
    }

    /// Draws the log.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        draw(
            frame,
            area,
            theme,
            (&self.question, &self.answer.lock()),
            &mut self.scroll,
        );
    }
}

/// How far the clock must be turned until the first thing that waits for a time happens.
fn until_next(entries: &[Entry], now: Timestamp) -> Option<Duration> {
    let times = entries.iter().filter_map(|entry| match &entry.decision {
        Decision::AwaitsAck { until, .. } => *until,
        Decision::Returns { hold, .. } | Decision::Waits { hold, .. } => match hold {
            Some(Hold::Paused { until } | Hold::Pace { until }) => Some(*until),
            _ => None,
        },
        _ => None,
    });
    let first = times.filter(|until| *until > now).min()?;
    Some(first.since(now) + BEYOND)
}

async fn ask(context: PaneContext, question: Question, answer: Shared<Answer>) {
    let jetstream = JetStream::new(&context);
    let mut ticks = tokio::time::interval(ASK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let fresh = match answer_to(&context, &jetstream, &question).await {
            Ok(fresh) => fresh,
            Err(trouble) => Answer::Trouble(trouble),
        };
        let is_new = std::mem::replace(&mut *answer.lock(), fresh.clone()) != fresh;
        if is_new {
            context.waker.wake();
        }
    }
}

async fn answer_to(
    context: &PaneContext,
    jetstream: &JetStream,
    question: &Question,
) -> Result<Answer, Trouble> {
    let (stream, wanted): (String, Vec<(String, String, u64)>) = match question {
        Question::Message { stream, sequence, .. } => {
            let consumers = jetstream.consumers(stream).await?.entries;
            // What our own panes read with is nothing that anybody asks about.
            let wanted = consumers
                .into_iter()
                .filter(|consumer| !is_ours(&consumer.name))
                .map(|consumer| (consumer.name.clone(), consumer.name, *sequence));
            (stream.clone(), wanted.collect())
        }
        Question::Consumer { stream, name } => {
            let info = jetstream.stream(stream).await?;
            let consumers = jetstream.consumers(stream).await?.entries;
            let floor = consumers.iter().find(|consumer| consumer.name == *name);
            let floor = floor.map_or(0, |consumer| consumer.ack_floor.stream_sequence);
            let range = around(floor, info.state.first_sequence, info.state.last_sequence);
            let wanted = range.map(|sequence| (number::count(sequence), name.clone(), sequence));
            (stream.clone(), wanted.collect())
        }
    };
    let (broker, account) = (context.broker.clone(), context.account.clone());
    // The broker may be busy with the stream, and a task must not wait for that.
    let explained = tokio::task::spawn_blocking(move || {
        let broker = broker.lock().unwrap_or_else(PoisonError::into_inner);
        let broker = broker.as_ref()?;
        let explain = |(label, consumer, sequence): (String, String, u64)| {
            let decision = broker.explain_delivery(&account, &stream, &consumer, sequence)?;
            Some(Entry { label, decision })
        };
        let entries = wanted.into_iter().filter_map(explain).collect();
        Some((entries, Timestamp::now() + broker.clock_ahead()))
    });
    Ok(match explained.await {
        Ok(Some((entries, now))) => Answer::Entries(entries, now),
        Ok(None) => Answer::NotOurs,
        Err(_) => Answer::Asking,
    })
}

/// The messages that are told of where the ack floor stands there.
fn around(floor: u64, first: u64, last: u64) -> Range<u64> {
    let from = (floor + 1).saturating_sub(BEFORE).max(first).max(1);
    from..(from + MESSAGES_MAX).min(last + 1).max(from)
}

fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: &Theme,
    (question, answer): (&Question, &Answer),
    scroll: &mut usize,
) {
    let [head, body] =
        Layout::vertical([Constraint::Length(u16::from(area.height > 2)), Constraint::Min(0)]).areas(area);
    let title = match question {
        Question::Message {
            stream,
            sequence,
            subject,
        } => texts::head_message(stream, &number::count(*sequence), subject),
        Question::Consumer { stream, name } => texts::head_consumer(stream, name),
    };
    let title = text::fit(&payload::neutralise(&title), head.width.into(), Keep::Head);
    frame.render_widget(Span::styled(title, theme.title), head);
    let (entries, now) = match answer {
        Answer::Asking => return text::draw_wrapped(frame, body, texts::asking(), theme.faint),
        Answer::NotOurs => return text::draw_wrapped(frame, body, texts::not_ours(), theme.warn),
        Answer::Trouble(trouble) => return trouble::draw(frame, body, theme, trouble),
        Answer::Entries(entries, now) => (entries, *now),
    };
    if entries.is_empty() {
        let nobody = match question {
            Question::Message { .. } => texts::no_consumers(),
            Question::Consumer { .. } => texts::no_messages(),
        };
        return text::draw_wrapped(frame, body, nobody, theme.faint);
    }
    let lines = lines(entries, now, theme, body.width.into());
    *scroll = (*scroll).min(lines.len().saturating_sub(body.height.into()));
    let shown: Vec<Line<'_>> = lines.into_iter().skip(*scroll).take(body.height.into()).collect();
    frame.render_widget(Text::from(shown), body);
}

fn lines(entries: &[Entry], now: Timestamp, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let labels: Vec<String> = entries
        .iter()
        .map(|entry| {
            let label = payload::neutralise(&entry.label);
            text::fit(&label, LABEL_CELLS_MAX.min(width / 3), Keep::Tail)
        })
        .collect();
    let label = labels.iter().map(|label| text::width(label)).max().unwrap_or(0);
    let room = width.saturating_sub(label + 4).max(8);
    let mut lines = Vec::new();
    for (entry, name) in entries.iter().zip(&labels) {
        let (mark, style) = match mood(&entry.decision) {
            Mood::Done => ("✓", theme.good),
            Mood::Waits => ("…", theme.warn),
            Mood::Stuck => ("✗", theme.bad),
            Mood::Aside => ("·", theme.faint),
        };
        let said = payload::neutralise(&sentence(&entry.decision, now)).into_owned();
        for (n, part) in text::wrap(&said, room).into_iter().enumerate() {
            let (mark, name) = if n == 0 { (mark, name.as_str()) } else { (" ", "") };
            lines.push(Line::from(vec![
                Span::styled(format!("{mark} "), style),
                Span::styled(text::pad_right(name, label + 1, Keep::Tail), theme.accent),
                Span::styled(format!(" {part}"), style),
            ]));
        }
    }
    lines
}
