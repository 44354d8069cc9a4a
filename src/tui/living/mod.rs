//! Living slides: blocks that are fed by NATS while their slide is shown.
//!
//! [`Living`] starts the blocks of the slide that is shown and ends them when it goes. Each is an ordinary client on
//! the panes' connection: [`feed`] takes messages into a [`record`], [`strip`] watches a stream, [`button`] asks and
//! publishes; `messages`, `figures` and `chart` draw what a record holds, `flow` the messages on their way through a
//! diagram. Without a server the slide shows the block's code, as any other viewer does. Nothing here starts a
//! process; what publishes waits for a key, and for the speaker's trust in the deck.
//!
//! Two kinds are the audience's: a [`poll`], whose `ballot` knows who answered what and whose `bars` show it, and
//! [`questions`]. Both are kept in a bucket (`room`), the only thing that is written here.

mod ballot;
mod bars;
mod button;
mod chart;
mod feed;
mod figures;
mod flow;
mod messages;
mod poll;
mod questions;
mod record;
mod room;
mod strip;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::HashMap;
use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::panes::PaneContext;
use super::panes::task::{Shared, Task};
use super::theme::Theme;
use super::widgets::text::{self, Keep};
use crate::client::payload;
use crate::deck::{Deck, Flow, Live, Role, Slide, Source, View, letter};
use ballot::Ballot;
use button::Button;
use flow::Runs;
use questions::Questions;
use record::Record;
use strip::Strip;

/// Blocks that live on one slide; more stay code.
const PARTS_MAX: usize = 8;
/// Cells of a title that are neither the command nor how it goes.
const TITLE_CELLS: usize = 7;
/// Subjects that questions are gathered on.
const QUESTIONS_SUBJECTS_MAX: usize = 4;

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
    /// Questions that are gathered, by their subject, and on which connection.
    gathered: HashMap<String, Gathered>,
    gathered_on: Option<u64>,
    /// Where the audience is, whatever lab is open.
    audience: Option<PaneContext>,
    role: poll::Role,
}

/// Questions that are gathered.
struct Gathered {
    questions: Shared<Questions>,
    _tasks: Vec<Task>,
}

/// One of them.
struct Part {
    live: Live,
    command: String,
    organ: Organ,
    runs: Runs,
    _tasks: Vec<Task>,
}

/// What a part holds.
enum Organ {
    Record(Shared<Record>),
    Strip(Shared<Strip>),
    Button(Box<Button>),
    Poll(Shared<Ballot>, Box<PaneContext>),
    Questions(Shared<Questions>),
}

impl Living {
    /// What lives on an audience's screen: polls and questions, to be seen. Answers are taken by the stage alone.
    pub fn for_audience() -> Living {
        Living {
            role: poll::Role::Shows,
            ..Living::default()
        }
    }

    /// Gathers questions wherever the deck has a place for them, whatever slide the stage shows.
    pub fn gather(&mut self, shown: Shown, deck: &Deck, context: Option<&PaneContext>) {
        if self.gathered_on == Some(shown.connection) && self.is_showing(shown) {
            return;
        }
        if self.gathered_on != Some(shown.connection) {
            self.gathered.clear();
        }
        self.gathered_on = Some(shown.connection);
        self.audience = context.cloned();
        let Some(context) = context else {
            return self.gathered.clear();
        };
        // Whoever only shows them has no use for those of other slides.
        let is_wanted = |page: usize| self.role == poll::Role::Collects || page == shown.page;
        let wanted: Vec<&String> = deck
            .blocks()
            .filter(|(page, ..)| is_wanted(*page))
            .filter_map(|(_, _, block)| match &block.live.as_ref()?.source {
                Source::Questions(subject) => Some(subject),
                _ => None,
            })
            .take(QUESTIONS_SUBJECTS_MAX)
            .collect();
        self.gathered.retain(|subject, _| wanted.contains(&subject));
        for subject in wanted {
            self.gathered.entry(subject.clone()).or_insert_with(|| {
                let questions = Shared::new(Questions::default());
                Gathered {
                    _tasks: questions::start(subject, &questions, self.role, context),
                    questions,
                }
            });
        }
    }

    /// The questions that were asked, as lines of so many columns, under what they are called; none without any.
    pub fn asked(&self, columns: usize, theme: &Theme) -> Option<(String, Vec<Line<'static>>)> {
        let lists = || self.gathered.values().map(|gathered| gathered.questions.lock());
        let count = lists().map(|list| list.count()).sum();
        let lines = || lists().flat_map(|list| list.lines(columns, theme));
        (count > 0).then(|| (texts::questions_title(count), lines().collect()))
    }

    /// Begins the poll of the slide anew; false without one.
    pub fn begin_anew(&mut self) -> bool {
        let poll = self.parts.iter().find_map(|(_, part)| part.poll());
        if let Some((ballot, context)) = poll {
            let standing = ballot.lock().anew();
            poll::stand(standing, ballot, context);
        }
        poll.is_some()
    }

    /// The subject of the slide's poll, and what a key means there: the letter or the number of an answer.
    pub fn answer(&self, key: char) -> Option<(String, String)> {
        let (ballot, _) = self.parts.iter().find_map(|(_, part)| part.poll())?;
        let ballot = ballot.lock();
        let option = ballot.poll.choice(&key.to_string())?;
        Some((ballot.poll.subject(), letter(option).to_string()))
    }

    /// Lets the blocks of `slide` live, and those of the slide before no longer.
    pub fn show(&mut self, shown: Shown, slide: &Slide, context: Option<&PaneContext>) {
        if self.is_showing(shown) {
            return;
        }
        self.parts.clear();
        self.shown = Some(shown);
        let Some(context) = context else { return };
        let blocks = slide.code.iter().enumerate();
        let living = blocks.filter_map(|(at, block)| Some((at, block, block.live.clone()?)));
        let is_shown = |live: &Live| self.role == poll::Role::Collects || live.is_for_audience();
        let living = living.filter(|(_, _, live)| is_shown(live));
        for (at, block, live) in living.take(PARTS_MAX) {
            let command = block.command().to_owned();
            let part = match &live.source {
                Source::Questions(subject) => match self.gathered.get(subject) {
                    Some(gathered) => Part::of_questions(live, &gathered.questions),
                    None => continue,
                },
                Source::Poll(_) => {
                    let context = self.audience.as_ref().unwrap_or(context);
                    Part::start(live, command, self.role, context)
                }
                _ => Part::start(live, command, self.role, context),
            };
            self.parts.push((at, part));
        }
    }

    /// Does a block ask the audience?
    pub fn is_poll(&self, block: usize) -> bool {
        let part = self.parts.iter().find(|(at, _)| *at == block);
        part.is_some_and(|(_, part)| matches!(part.organ, Organ::Poll(..)))
    }

    /// Presses the button of a block; false when it has none that can be pressed.
    pub fn press(&mut self, block: usize) -> bool {
        let part = self.parts.iter_mut().find(|(at, _)| *at == block);
        match part.map(|(_, part)| &mut part.organ) {
            Some(Organ::Button(button)) => button.press(),
            Some(Organ::Poll(ballot, context)) => {
                let standing = ballot.lock().pressed();
                poll::stand(standing, ballot, context);
            }
            _ => return false,
        }
        true
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

    /// Sends messages that have come on their way through their diagrams.
    pub fn tick(&mut self, now: Instant) {
        for (_, part) in &mut self.parts {
            if let Some(total) = part.flowing() {
                part.runs.notice(total, now);
            }
        }
    }

    /// Whether a message is on its way through a diagram.
    pub fn is_moving(&self) -> bool {
        let parts = self.parts.iter();
        parts
            .filter_map(|(_, part)| Some((part, part.flowing()?)))
            .any(|(part, total)| part.runs.is_moving(total))
    }

    /// The messages on their way through the diagram of a block: their cells, and how they look.
    pub fn dots(
        &self,
        block: usize,
        flows: &[Flow],
        now: Instant,
        theme: &Theme,
    ) -> Vec<((usize, usize), Style)> {
        let part = self
            .parts
            .iter()
            .find(|(at, part)| *at == block && part.flowing().is_some());
        let Some((_, part)) = part else {
            return Vec::new();
        };
        let dots = part.runs.dots(flows, now).into_iter();
        dots.map(|dot| {
            let nth = usize::try_from(dot.number).unwrap_or(0);
            (dot.cell, colour(theme, nth).add_modifier(Modifier::BOLD))
        })
        .collect()
    }

    /// Whether these blocks are the ones that live.
    pub fn is_showing(&self, shown: Shown) -> bool {
        self.shown == Some(shown)
    }

    /// What the blocks that have something to tell look like in so many columns, in colours that any theme can take
    /// over: of which slide, and by the blocks' indices.
    pub fn keepsakes(&self, columns: u16) -> Option<(Shown, Vec<(usize, Buffer)>)> {
        let theme = Theme::dark();
        let telling = self.parts.iter().filter(|(_, part)| part.has_told());
        let pictures = telling.filter_map(|(at, part)| {
            let picture = self.picture(*at, (columns, part.live.rows), &theme)?;
            Some((*at, picture))
        });
        Some((self.shown?, pictures.collect()))
    }

    /// How many live.
    pub fn count(&self) -> usize {
        self.parts.len()
    }
}

impl Part {
    /// A list of questions that are gathered anyway.
    fn of_questions(live: Live, questions: &Shared<Questions>) -> Part {
        let command = match &live.source {
            Source::Questions(subject) => format!("nats pub {subject} \"…?\""),
            _ => String::new(),
        };
        Part {
            live,
            command,
            organ: Organ::Questions(questions.clone()),
            runs: Runs::default(),
            _tasks: Vec::new(),
        }
    }

    fn poll(&self) -> Option<(&Shared<Ballot>, &PaneContext)> {
        match &self.organ {
            Organ::Poll(ballot, context) => Some((ballot, context)),
            _ => None,
        }
    }

    fn start(live: Live, command: String, role: poll::Role, context: &PaneContext) -> Part {
        let mut command = command;
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
            Source::Poll(poll) => {
                let letters: String = (0..poll.options.len()).map(letter).collect();
                command = format!("nats pub {} [{letters}]", poll.subject());
                let ballot = Shared::new(Ballot::new(poll.clone()));
                let tasks = poll::start(&ballot, role, context);
                (Organ::Poll(ballot, Box::new(context.clone())), tasks)
            }
            Source::Questions(_) => (Organ::Questions(Shared::default()), Vec::new()),
        };
        Part {
            live,
            command,
            organ,
            runs: Runs::default(),
            _tasks: tasks,
        }
    }

    /// How many messages have come for a diagram; none for other blocks.
    fn flowing(&self) -> Option<u64> {
        match &self.organ {
            Organ::Record(record) if self.live.view == View::Flow => Some(record.lock().total),
            _ => None,
        }
    }

    /// Whether it has a picture of its own, and anything came or was sent.
    fn has_told(&self) -> bool {
        match &self.organ {
            _ if self.live.view == View::Flow => false,
            Organ::Record(record) => record.lock().total > 0,
            Organ::Strip(strip) => strip.lock().has_messages(),
            Organ::Button(button) => button.presses() > 0,
            Organ::Poll(ballot, _) => ballot.lock().total() > 0,
            Organ::Questions(questions) => questions.lock().count() > 0,
        }
    }

    fn draw(&self, buffer: &mut Buffer, theme: &Theme) {
        let area = buffer.area;
        let (state, trouble) = match &self.organ {
            Organ::Record(record) => record.lock().state(),
            Organ::Strip(strip) => strip.lock().state(),
            Organ::Button(button) => button.state(),
            Organ::Poll(ballot, _) => bars::state(&ballot.lock()),
            Organ::Questions(questions) => (questions.lock().state(), None),
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
                    View::Messages
                    | View::Strip
                    | View::Button
                    | View::Flow
                    | View::Poll
                    | View::Questions => messages::draw(&record, inner, buffer, theme),
                }
            }
            Organ::Strip(strip) => strip.lock().draw(inner, buffer, theme),
            Organ::Button(button) => button.draw(inner, buffer, theme),
            Organ::Poll(ballot, _) => bars::draw(&ballot.lock(), inner, buffer, theme),
            Organ::Questions(questions) => questions.lock().draw(inner, buffer, theme),
        }
    }

    /// `╭─ ● nats sub hello.>            30 meld. · 4/s`
    fn draw_title(&self, buffer: &mut Buffer, (state, is_bad): (&str, bool), theme: &Theme) {
        let area = buffer.area;
        let width = usize::from(area.width);
        let dot = if is_bad { theme.warn } else { theme.good };
        let (command, state) = title_of(&payload::neutralise(&self.command), state, width);
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

/// What a title of `width` cells says: the command and how it goes, or where that is too much what the command is about,
/// and the first that there is to say of it.
fn title_of(command: &str, state: &str, width: usize) -> (String, String) {
    let room = |state: &str| width.saturating_sub(text::width(state) + TITLE_CELLS);
    if text::width(command) <= room(state) {
        return (command.to_owned(), state.to_owned());
    }
    let state = text::fit(
        state.split(" · ").next().unwrap_or_default(),
        width / 2,
        Keep::Head,
    );
    let verbs = ["nats stream info ", "nats sub ", "nats request ", "nats pub "];
    let about = verbs.iter().find_map(|verb| command.strip_prefix(verb));
    let said = match text::width(command) <= room(&state) {
        true => command,
        false => about.unwrap_or(command),
    };
    (text::fit(said, room(&state), Keep::Head), state)
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
