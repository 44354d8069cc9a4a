//! The consumer driven by hand, on the screen: keys and drawing.

use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::hand::{Driver, Fate, Hand, Held, Word};
use super::texts;
use crate::client::payload;
use crate::tui::panes::task::{Shared, Task};
use crate::tui::panes::texts as shared;
use crate::tui::panes::{KeyHelp, PaneContext};
use crate::tui::theme::Theme;
use crate::tui::widgets::body::{BodyView, Look};
use crate::tui::widgets::field::Field;
use crate::tui::widgets::number;
use crate::tui::widgets::select::Selection;
use crate::tui::widgets::table::{Cell, Column, Set, Table};
use crate::tui::widgets::text::{self, Keep};
use crate::util::duration;
use crate::util::time::Timestamp;

/// Messages of one large fetch.
const BATCH: usize = 10;
/// Characters of a payload in a row.
const PAYLOAD_CHARS_MAX: usize = 60;

/// The hand on the screen.
pub struct HandView {
    context: PaneContext,
    hand: Shared<Hand>,
    selection: Selection,
    /// How long a message that is given back waits.
    delay: Option<Box<Field>>,
    /// The message that is shown whole.
    zoom: Option<Held>,
    look: Look,
    work: Vec<Task>,
    _clock: Task,
}

impl HandView {
    /// Takes a pull consumer of the stream by its name, or makes one.
    pub fn begin(context: &PaneContext, stream: &str, existing: Option<(String, Duration)>) -> HandView {
        let hand = Shared::new(Hand::default());
        let counted = hand.clone();
        // The time that is left for an ack is on the screen.
        let clock = context.pulse(move || counted.lock().held.iter().any(|held| held.fate == Fate::Waiting));
        let mut view = HandView {
            context: context.clone(),
            hand,
            selection: Selection::default(),
            delay: None,
            zoom: None,
            look: Look::default(),
            work: Vec::new(),
            _clock: clock,
        };
        let begin = view.driver().begin(stream.to_owned(), existing);
        view.run(begin);
        view
    }

    fn driver(&self) -> Driver {
        Driver::new(&self.context, &self.hand)
    }

    fn run(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        const WORK_MAX: usize = 64;
        if self.work.len() >= WORK_MAX {
            self.work.remove(0);
        }
        self.work.push(self.context.spawn(work));
    }

    /// What is consumed, for the title.
    pub fn title(&self) -> String {
        let hand = self.hand.lock();
        texts::hand_title(&hand.stream, &hand.consumer)
    }

    /// Takes a key; false for one that leaves the hand.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        if let Some(mut field) = self.delay.take() {
            match key.code {
                KeyCode::Esc => {}
                KeyCode::Enter => match duration::parse(field.content().trim()) {
                    Ok(delay) => self.say(Word::Nak(delay)),
                    Err(_) => self.delay = Some(field),
                },
                _ => {
                    field.on_key(key);
                    self.delay = Some(field);
                }
            }
            return true;
        }
        if self.zoom.is_some() {
            match key.code {
                KeyCode::Esc => self.zoom = None,
                KeyCode::Enter if self.look.path().is_none() => self.zoom = None,
                _ => {
                    self.look.on_key(key);
                }
            }
            return true;
        }
        match key.code {
            KeyCode::Esc => return false,
            KeyCode::Enter => {
                let hand = self.hand.lock();
                let at = self.selection.index(hand.held.len());
                self.zoom = at.map(|at| hand.held[at].clone());
            }
            KeyCode::Char('f') => self.fetch(1),
            KeyCode::Char('F') => self.fetch(BATCH),
            KeyCode::Char('a') => self.say(Word::Ack),
            KeyCode::Char('n') => self.say(Word::Nak(Duration::ZERO)),
            KeyCode::Char('N') => self.delay = Some(Box::new(Field::line("5s").selected())),
            KeyCode::Char('t') => self.say(Word::Term),
            KeyCode::Char('w') => self.say(Word::Working),
            _ => {
                let len = self.hand.lock().held.len();
                self.selection.on_key(key, len);
            }
        }
        true
    }

    fn fetch(&mut self, batch: usize) {
        if self.hand.lock().fetching || self.hand.lock().consumer.is_empty() {
            return;
        }
        let fetch = self.driver().fetch(batch);
        self.run(fetch);
    }

    /// Says it about the selected message, and goes on to the next one that waits.
    fn say(&mut self, word: Word) {
        let ack = {
            let hand = self.hand.lock();
            let at = self.selection.index(hand.held.len());
            let held = at
                .map(|at| &hand.held[at])
                .filter(|held| held.fate == Fate::Waiting);
            held.map(|held| held.ack.clone())
        };
        match ack {
            Some(ack) => {
                let say = self.driver().say(ack, word);
                self.run(say);
            }
            None => self.hand.lock().notice = Some((texts::choose_waiting().to_owned(), true)),
        }
    }

    /// Draws the hand.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        if let Some(held) = &self.zoom {
            let facts = [
                ("Subject", held.subject.clone()),
                (texts::sequence(), number::count(held.sequence)),
                (texts::delivery(), format!("{}.", held.deliveries)),
            ];
            let message = BodyView {
                facts: &facts,
                headers: &held.headers,
                payload: &held.payload,
                bytes: held.payload.len(),
                previous: None,
            };
            return message.draw(frame, area, theme, &mut self.look);
        }
        let [body, foot] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(u16::from(area.height > 1))])
                .areas(area);
        if let Some(field) = &mut self.delay {
            let label = texts::delay();
            let cells = text::width(label) as u16 + 1;
            let [left, right] =
                Layout::horizontal([Constraint::Length(cells), Constraint::Min(0)]).areas(foot);
            frame.render_widget(Span::styled(label, theme.accent), left);
            field.draw(frame, right, theme, focused);
        }
        let hand = self.hand.lock().clone();
        draw_held(
            frame,
            body,
            (theme, focused),
            &hand,
            &mut self.selection,
            Timestamp::now(),
        );
        if self.delay.is_none() {
            frame.render_widget(notice_line(&hand, theme, foot.width.into()), foot);
        }
    }

    /// The keys.
    pub fn keys(&self) -> Vec<KeyHelp> {
        vec![
            ("f F", texts::key_fetch()),
            ("a", texts::key_ack()),
            ("n", texts::key_nak()),
            ("N", texts::key_nak_later()),
            ("t", texts::key_term()),
            ("w", texts::key_working()),
            ("Enter", shared::show_message()),
            ("Esc", shared::back()),
        ]
    }
}

fn notice_line(hand: &Hand, theme: &Theme, width: usize) -> Line<'static> {
    let (text, style) = match &hand.notice {
        _ if hand.fetching => (texts::fetching().to_owned(), theme.faint),
        Some((text, true)) => (text.clone(), theme.bad),
        Some((text, false)) => (text.clone(), theme.good),
        None => (texts::hand_hint().to_owned(), theme.faint),
    };
    Line::styled(text::fit(&payload::neutralise(&text), width, Keep::Head), style)
}

/// Draws the fetched messages.
pub fn draw_held(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    hand: &Hand,
    selection: &mut Selection,
    now: Timestamp,
) {
    if hand.held.is_empty() {
        return text::draw_wrapped(frame, area, texts::hand_empty(), theme.faint);
    }
    let columns = [
        Column::new("Seq", 3, 1, Set::Right),
        Column::new(texts::delivery(), 4, 3, Set::Right),
        Column::new("Subject", 8, 2, Set::LeftTail),
        Column::new(texts::fate(), 10, 0, Set::Left),
        Column::new("Payload", 6, 4, Set::Left),
    ];
    let rows: Vec<Vec<Cell>> = hand
        .held
        .iter()
        .map(|held| {
            let (fate, style) = fate(hand, held, theme, now);
            let times = if held.deliveries > 1 {
                theme.warn
            } else {
                theme.faint
            };
            vec![
                number::count(held.sequence).into(),
                Cell(format!("{}.", held.deliveries), times),
                Cell(payload::neutralise(&held.subject).into_owned(), theme.accent),
                Cell(fate, style),
                payload::preview(&held.payload, PAYLOAD_CHARS_MAX).into(),
            ]
        })
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw(frame, area, theme, Some((selection, focused)));
}

fn fate(hand: &Hand, held: &Held, theme: &Theme, now: Timestamp) -> (String, Style) {
    match held.fate {
        Fate::Acked => (texts::fate_acked().to_owned(), theme.good),
        Fate::Naked(Duration::ZERO) => (texts::fate_naked().to_owned(), theme.warn),
        Fate::Naked(delay) => (texts::fate_later(&duration::format(delay)), theme.warn),
        Fate::Termed => (texts::fate_termed().to_owned(), theme.bad),
        Fate::Waiting => match hand.left(held, now) {
            Some(Duration::ZERO) | None => (texts::fate_late().to_owned(), theme.bad),
            Some(left) => (texts::fate_waiting(left.as_secs() + 1), theme.accent),
        },
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::tui::panes::testing::{LARGE, SMALL, screen};

    #[test]
    fn every_fate_is_told() {
        let at = |seconds: i64| Timestamp::from_nanos(seconds * 1_000_000_000);
        let mut hand = Hand {
            ack_wait: Duration::from_secs(30),
            ..Hand::default()
        };
        for (n, since) in (1..).zip([5, 5, 5, 5, 8, -60]) {
            hand.take(Held {
                sequence: n,
                deliveries: 1 + n / 4,
                subject: format!("ordre.{n}"),
                headers: Vec::new(),
                payload: Bytes::from(format!("{{\"nr\": {n}}}")),
                ack: n.to_string(),
                since: at(since),
                fate: Fate::Waiting,
            });
        }
        for (ack, word) in [
            ("1", Word::Ack),
            ("2", Word::Nak(Duration::ZERO)),
            ("3", Word::Nak(Duration::from_secs(5))),
            ("4", Word::Term),
        ] {
            hand.note(ack, word, at(9));
        }
        let picture = |size| {
            screen(size, |frame| {
                let mut selection = Selection::default();
                draw_held(
                    frame,
                    frame.area(),
                    (&Theme::dark(), true),
                    &hand,
                    &mut selection,
                    at(10),
                );
            })
        };
        insta::assert_snapshot!("hand_small", picture(SMALL));
        insta::assert_snapshot!("hand_large", picture(LARGE));
    }
}
