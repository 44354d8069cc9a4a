//! A stream played again: its messages come with the time between them that passed when they were stored, at half
//! to a hundred times the speed. Messages are read one by one through the API and through no consumer, so that
//! nothing changes on the server. [`playhead`] knows the time.

mod playhead;
mod texts;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span, Text};
use tokio::sync::{Notify, mpsc};

use crate::client::payload;
use crate::tui::panes::jetstream::{JetStream, Stored};
use crate::tui::panes::task::{Shared, Task};
use crate::tui::panes::texts as shared;
use crate::tui::panes::trouble::{self, Trouble};
use crate::tui::panes::{KeyHelp, PaneContext};
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};
use crate::util::time::Timestamp;
use playhead::Playhead;

/// Messages that stay on the screen's side; older ones leave.
const KEPT_MAX: usize = 512;
/// Messages that are fetched ahead.
const AHEAD_MAX: usize = 128;
/// Between two frames while time passes.
const FRAME_TIME: Duration = Duration::from_millis(100);
/// How late a message may come before it is said that the server is too slow for the speed.
const LATE: Duration = Duration::from_millis(500);

/// What is played.
#[derive(Debug, Clone)]
pub struct Order {
    /// The stream.
    pub stream: String,
    /// Only messages on this subject or pattern; all when absent.
    pub subject: Option<String>,
    /// From this sequence on.
    pub from: u64,
    /// When the last message was stored, for the length of the time line.
    pub last_at: Timestamp,
}

/// What was played so far.
#[derive(Debug, Default)]
struct Played {
    messages: VecDeque<Stored>,
    count: u64,
    head: Option<Playhead>,
    first_at: Timestamp,
    /// How far it lags behind its own time.
    late: Duration,
    ended: bool,
    trouble: Option<Trouble>,
}

/// A replay on the screen.
pub struct Replay {
    order: Order,
    played: Shared<Played>,
    changed: Arc<Notify>,
    zone: TimeZone,
    _tasks: [Task; 2],
}

impl Replay {
    /// Begins to play.
    pub fn start(context: &PaneContext, order: Order) -> Replay {
        let played = Shared::new(Played::default());
        let changed = Arc::new(Notify::new());
        let (sender, fetched) = mpsc::channel(AHEAD_MAX);
        let fetch = context.spawn(fetch(context.clone(), order.clone(), sender));
        let play = play(context.clone(), played.clone(), Arc::clone(&changed), fetched);
        Replay {
            _tasks: [fetch, context.spawn(play)],
            order,
            played,
            changed,
            zone: TimeZone::system(),
        }
    }

    /// For the border.
    pub fn title(&self) -> String {
        texts::title(&self.order.stream)
    }

    /// Takes a key; false when the replay is to end.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        let now = Instant::now();
        let mut played = self.played.lock();
        match (key.code, &mut played.head) {
            (KeyCode::Esc | KeyCode::Backspace, _) => return false,
            (KeyCode::Char('+') | KeyCode::Right | KeyCode::Up, Some(head)) => head.change_speed(true, now),
            (KeyCode::Char('-') | KeyCode::Left | KeyCode::Down, Some(head)) => head.change_speed(false, now),
            (KeyCode::Char(' '), Some(head)) => head.toggle_pause(now),
            _ => return true,
        }
        drop(played);
        self.changed.notify_one();
        true
    }

    /// The keys, the most useful first.
    pub fn keys(&self) -> Vec<KeyHelp> {
        vec![
            (texts::space(), texts::key_pause()),
            ("← →", texts::key_speed()),
            ("Esc", shared::back()),
        ]
    }

    /// Draws it.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        draw(
            frame,
            area,
            theme,
            (&self.order, &self.played.lock()),
            (Instant::now(), &self.zone),
        );
    }
}

/// Fetches ahead until the end of the stream, then ends.
async fn fetch(context: PaneContext, order: Order, fetched: mpsc::Sender<Result<Stored, Trouble>>) {
    let jetstream = JetStream::new(&context);
    let mut next = order.from.max(1);
    let subject = order.subject.as_deref().unwrap_or(">");
    loop {
        let message = match jetstream.next_message(&order.stream, next, subject).await {
            Ok(Some(message)) => message,
            Ok(None) => return,
            Err(trouble) => {
                // Nobody listens any more, which is no news for whoever closed the replay.
                let _ = fetched.send(Err(trouble)).await;
                return;
            }
        };
        next = message.sequence + 1;
        if fetched.send(Ok(message)).await.is_err() {
            return;
        }
    }
}

/// Shows each message when it is due.
async fn play(
    context: PaneContext,
    played: Shared<Played>,
    changed: Arc<Notify>,
    mut fetched: mpsc::Receiver<Result<Stored, Trouble>>,
) {
    while let Some(message) = fetched.recv().await {
        let message = match message {
            Ok(message) => message,
            Err(trouble) => {
                played.lock().trouble = Some(trouble);
                break;
            }
        };
        loop {
            let now = Instant::now();
            let wait = {
                let mut played = played.lock();
                if played.head.is_none() {
                    played.first_at = message.at;
                    played.head = Some(Playhead::at(message.at, now));
                }
                let wait = played.head.as_mut().and_then(|head| {
                    head.skip_gap(message.at, now);
                    head.wait(message.at, now)
                });
                if wait == Some(Duration::ZERO) {
                    played.take(message.clone(), now);
                }
                wait
            };
            context.waker.wake();
            match wait {
                Some(Duration::ZERO) => break,
                Some(wait) => drop(tokio::time::timeout(wait.min(FRAME_TIME), changed.notified()).await),
                None => changed.notified().await,
            }
        }
    }
    played.lock().ended = true;
    context.waker.wake();
}

impl Played {
    fn take(&mut self, message: Stored, now: Instant) {
        if let Some(head) = &mut self.head {
            self.late = head.time(now).since(message.at).div_f64(head.speed());
            // What cannot be fetched fast enough slows the time down instead of being skipped.
            if self.late > LATE {
                head.jump(message.at, now);
            }
        }
        if self.messages.len() == KEPT_MAX {
            self.messages.pop_front();
        }
        self.count += 1;
        self.messages.push_back(message);
    }
}

fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: &Theme,
    (order, played): (&Order, &Played),
    (now, zone): (Instant, &TimeZone),
) {
    let [line, said, body] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(u16::from(area.height > 2)),
        Constraint::Min(0),
    ])
    .areas(area);
    if let Some(trouble) = &played.trouble {
        return trouble::draw(frame, area, theme, trouble);
    }
    let Some(head) = &played.head else {
        let text = match played.ended {
            true => texts::nothing(),
            false => texts::fetching(),
        };
        return text::draw_wrapped(frame, area, text, theme.faint);
    };
    let time = match played.messages.back() {
        Some(last) if played.ended => last.at,
        _ => head.time(now),
    };
    frame.render_widget(
        time_line(order, played, time, theme, line.width.into(), zone),
        line,
    );
    let mut parts = vec![match (played.ended, head.is_paused()) {
        (true, _) => texts::over().to_owned(),
        (false, true) => texts::paused().to_owned(),
        (false, false) => texts::speed(&speed(head.speed())),
    }];
    parts.push(texts::messages(&number::count(played.count)));
    if played.late > LATE && !played.ended {
        parts.push(texts::too_slow().to_owned());
    }
    let parts = text::fit(&parts.join("  "), said.width.into(), Keep::Head);
    frame.render_widget(Span::styled(parts, theme.accent), said);
    let height = usize::from(body.height);
    let newest = played.messages.len().saturating_sub(height);
    let rows: Vec<Line<'_>> = played
        .messages
        .range(newest..)
        .map(|message| row(message, theme, body.width.into(), zone))
        .collect();
    frame.render_widget(Text::from(rows), body);
}

/// The speed as people write it: `×½`, `×20`.
fn speed(speed: f64) -> String {
    match speed < 1.0 {
        true => "×½".to_owned(),
        false => format!("×{speed}"),
    }
}

/// From the first message to the last, with a knob where the replay is.
fn time_line(
    order: &Order,
    played: &Played,
    time: Timestamp,
    theme: &Theme,
    width: usize,
    zone: &TimeZone,
) -> Line<'static> {
    let clock = |at| number::clock(at, zone);
    let end = order.last_at.max(time);
    let (from, to) = (clock(played.first_at), clock(end));
    let cells = width.saturating_sub(from.len() + to.len() + 2).max(1);
    let whole = end.since(played.first_at).as_secs_f64().max(f64::MIN_POSITIVE);
    let share = (time.since(played.first_at).as_secs_f64() / whole).clamp(0.0, 1.0);
    let knob = ((cells - 1) as f64 * share).round() as usize;
    Line::from(vec![
        Span::styled(format!("{from} "), theme.faint),
        Span::styled("━".repeat(knob), theme.accent),
        Span::styled("●", theme.title),
        Span::styled("─".repeat(cells - 1 - knob), theme.faint),
        Span::styled(format!(" {to}"), theme.faint),
    ])
}

fn row(message: &Stored, theme: &Theme, width: usize, zone: &TimeZone) -> Line<'static> {
    let head = format!(
        "{} {} ",
        number::clock(message.at, zone),
        text::pad_left(&number::count(message.sequence), 6)
    );
    let room = width.saturating_sub(text::width(&head));
    let cells = (room * 2 / 5).min(text::width(&message.subject));
    let subject = text::pad_right(&payload::neutralise(&message.subject), cells, Keep::Tail);
    let left = room.saturating_sub(cells + 1);
    let body = match message.payload.is_empty() {
        true => shared::empty().to_owned(),
        false => payload::preview(&message.payload, left),
    };
    Line::from(vec![
        Span::styled(head, theme.faint),
        Span::styled(subject, theme.accent),
        Span::styled(format!(" {}", text::fit(&body, left, Keep::Head)), theme.text),
    ])
}
