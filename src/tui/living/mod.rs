//! Living slides: blocks that are fed by NATS while their slide is shown.
//!
//! [`Living`] starts the blocks of the slide that is shown and ends them when it goes. Each is an ordinary
//! client on the panes' connection: [`feed`] takes messages into a [`record`], [`strip`] watches a stream,
//! [`button`] asks and publishes; `messages`, `figures` and `chart` draw what a record holds. Without a server
//! the slide shows the block's code, as any other viewer does. Nothing here starts a process or writes to a
//! stream; what publishes waits for a key, and for the speaker's trust in the deck.

mod button;
mod chart;
mod feed;
mod figures;
mod messages;
mod record;
mod strip;
#[cfg(test)]
mod tests;
mod texts;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::panes::PaneContext;
use super::panes::task::{Shared, Task};
use super::theme::Theme;
use super::widgets::text::{self, Keep};
use crate::client::payload;
use crate::deck::{Live, Role, Slide, Source, View};
use button::Button;
use record::Record;
use strip::Strip;

/// Blocks that live on one slide; more stay code.
const PARTS_MAX: usize = 8;

/// The slide whose blocks live: a slide of an edition of the deck, on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The slide, from 0.
    pub page: usize,
    /// How often the deck was read anew.
    pub edition: u64,
    /// How often the connection changed: it came about, or a lab was opened or closed.
    pub connection: u64,
}

/// The living blocks of the slide that is shown.
#[derive(Default)]
pub struct Living {
    shown: Option<Shown>,
    parts: Vec<(usize, Part)>,
}

/// One of them.
struct Part {
    live: Live,
    command: String,
    organ: Organ,
    _tasks: Vec<Task>,
}

/// What a part holds.
enum Organ {
    Record(Shared<Record>),
    Strip(Shared<Strip>),
    Button(Box<Button>),
}

impl Living {
    /// Lets the blocks of `slide` live, and those of the slide before no longer.
    pub fn show(&mut self, shown: Shown, slide: &Slide, context: Option<&PaneContext>) {
        if self.shown == Some(shown) {
            return;
        }
        self.parts.clear();
        self.shown = Some(shown);
        let Some(context) = context else { return };
        let blocks = slide.code.iter().enumerate();
        let living = blocks.filter_map(|(at, block)| Some((at, block, block.live.clone()?)));
        for (at, block, live) in living.take(PARTS_MAX) {
            let command = block.command().to_owned();
            self.parts.push((at, Part::start(live, command, context)));
        }
    }

    /// Presses the button of a block; false when it has none that can be pressed.
    pub fn press(&mut self, block: usize) -> bool {
        match self.parts.iter_mut().find(|(at, _)| *at == block) {
            Some((
                _,
                Part {
                    organ: Organ::Button(button),
                    ..
                },
            )) => {
                button.press();
                true
            }
            _ => false,
        }
    }

    /// What a block looks like in so many columns and rows; none when it does not live.
    pub fn picture(&self, block: usize, (columns, rows): (u16, u16), theme: &Theme) -> Option<Buffer> {
        let (_, part) = self.parts.iter().find(|(at, _)| *at == block)?;
        let area = Rect::new(0, 0, columns, rows);
        let mut buffer = Buffer::empty(area);
        buffer.set_style(area, theme.page);
        part.draw(&mut buffer, theme);
        Some(buffer)
    }

    /// How many live.
    pub fn count(&self) -> usize {
        self.parts.len()
    }
}

impl Part {
    fn start(live: Live, command: String, context: &PaneContext) -> Part {
        let (organ, tasks) = match &live.source {
            Source::Subjects { .. } | Source::Stored { .. } => {
                let record = Shared::new(Record::new(live.field.clone()));
                let tasks = feed::start(&live.source, &record, context);
                (Organ::Record(record), tasks)
            }
            Source::Stream(name) => {
                let strip = Shared::new(Strip::new(name));
                let task = strip::start(&strip, context);
                (Organ::Strip(strip), vec![task])
            }
            Source::Request { subject, body } => (
                Organ::Button(Box::new(Button::request(subject, body, context))),
                Vec::new(),
            ),
            Source::Publish { subject, body } => (
                Organ::Button(Box::new(Button::publish(subject, body, context))),
                Vec::new(),
            ),
        };
        Part {
            live,
            command,
            organ,
            _tasks: tasks,
        }
    }

    fn draw(&self, buffer: &mut Buffer, theme: &Theme) {
        let area = buffer.area;
        let (state, trouble) = match &self.organ {
            Organ::Record(record) => record.lock().state(),
            Organ::Strip(strip) => strip.lock().state(),
            Organ::Button(button) => button.state(),
        };
        self.draw_title(buffer, (&state, trouble.is_some()), theme);
        let inner = Rect {
            x: area.x + 2.min(area.width),
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(1),
        };
        let bar = theme.role(Role::CodeFrame);
        for y in inner.top()..inner.bottom() {
            buffer.set_string(area.x, y, "│", bar);
        }
        if inner.is_empty() {
            return;
        }
        if let Some(trouble) = trouble {
            let text = payload::neutralise(&trouble).into_owned();
            for (row, y) in text::wrap(&text, inner.width.into())
                .iter()
                .zip(inner.top()..inner.bottom())
            {
                buffer.set_string(inner.x, y, row, theme.warn);
            }
            return;
        }
        match &self.organ {
            Organ::Record(record) => {
                let record = record.lock();
                match self.live.view {
                    View::Counter => figures::counter(&record, inner, buffer, theme),
                    View::Average => figures::averages(&record, &self.live, inner, buffer, theme),
                    View::Chart => chart::draw(&record, &self.live, inner, buffer, theme),
                    View::Messages | View::Strip | View::Button => {
                        messages::draw(&record, inner, buffer, theme);
                    }
                }
            }
            Organ::Strip(strip) => strip.lock().draw(inner, buffer, theme),
            Organ::Button(button) => button.draw(inner, buffer, theme),
        }
    }

    /// `╭─ ● nats sub hello.>            30 meld. · 4/s`
    fn draw_title(&self, buffer: &mut Buffer, (state, is_bad): (&str, bool), theme: &Theme) {
        let area = buffer.area;
        let width = usize::from(area.width);
        let dot = if is_bad { theme.warn } else { theme.good };
        let state = text::fit(state, width / 2, Keep::Head);
        let room = width.saturating_sub(text::width(&state) + 7);
        let command = text::fit(&payload::neutralise(&self.command), room, Keep::Head);
        let title = Line::from_iter([
            Span::styled("╭─ ", theme.role(Role::CodeFrame)),
            Span::styled("● ", dot),
            Span::styled(command, theme.role(Role::CodeFrame)),
        ]);
        let row = Rect {
            height: 1.min(area.height),
            ..area
        };
        title.render(row, buffer);
        Line::styled(state, theme.faint)
            .right_aligned()
            .render(row, buffer);
    }
}

/// The colour of the `nth` subject.
fn colour(theme: &Theme, nth: usize) -> Style {
    match theme.series.len() {
        0 => theme.text,
        count => Style::new().fg(theme.series[nth % count]),
    }
}

/// What of the subjects tells them apart: the tokens that not all of them share.
fn short_names(subjects: &[&str]) -> Vec<String> {
    let tokens: Vec<Vec<&str>> = subjects
        .iter()
        .map(|subject| subject.split('.').collect())
        .collect();
    let shared = |at: usize| {
        let first = tokens.first().and_then(|tokens| tokens.get(at));
        first.is_some()
            && tokens
                .iter()
                .all(|tokens| tokens.get(at) == first && tokens.len() > at + 1)
    };
    let skip = if subjects.len() > 1 {
        (0..).take_while(|at| shared(*at)).count()
    } else {
        0
    };
    tokens
        .iter()
        .map(|tokens| payload::neutralise(&tokens[skip..].join(".")).into_owned())
        .collect()
}
