//! A button: a request or a message that is sent with a key, and what came of it.

use std::collections::VecDeque;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::texts;
use crate::client::payload;
use crate::tui::panes::PaneContext;
use crate::tui::panes::request::asker::{self, Exchange, Outcome};
use crate::tui::panes::task::{Shared, Task, detach};
use crate::tui::panes::trouble::Trouble;
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};

/// How long answers are awaited.
const WAIT: Duration = Duration::from_secs(2);
/// Messages sent that are kept on the screen.
const SENT_MAX: usize = 16;

/// A button and what it is for.
pub struct Button {
    context: PaneContext,
    subject: String,
    body: String,
    deed: Deed,
}

enum Deed {
    Request {
        exchange: Shared<Exchange>,
        task: Option<Task>,
    },
    Publish(Shared<Sent>),
}

/// What was published.
#[derive(Default)]
struct Sent {
    count: u64,
    newest: VecDeque<Result<(), String>>,
}

impl Button {
    /// A button that asks.
    pub fn request(subject: &str, body: &str, context: &PaneContext) -> Button {
        let deed = Deed::Request {
            exchange: Shared::new(Exchange::default()),
            task: None,
        };
        Button::new(subject, body, context, deed)
    }

    /// A button that publishes.
    pub fn publish(subject: &str, body: &str, context: &PaneContext) -> Button {
        Button::new(subject, body, context, Deed::Publish(Shared::default()))
    }

    fn new(subject: &str, body: &str, context: &PaneContext, deed: Deed) -> Button {
        Button {
            context: context.clone(),
            subject: subject.to_owned(),
            body: body.to_owned(),
            deed,
        }
    }

    /// Sends.
    pub fn press(&mut self) {
        let (context, subject, body) = (self.context.clone(), self.subject.clone(), self.body.clone());
        match &mut self.deed {
            Deed::Request { exchange, task } => {
                exchange.lock().begin(WAIT);
                let ask = asker::run(context, subject, body.into(), WAIT, exchange.clone());
                // The task of the last request ends here, and with it its inbox.
                *task = Some(self.context.spawn(ask));
            }
            Deed::Publish(sent) => {
                let sent = sent.clone();
                detach(&self.context.runtime, async move {
                    let outcome = publish(&context, subject, body).await;
                    let mut sent = sent.lock();
                    sent.count += u64::from(outcome.is_ok());
                    if sent.newest.len() == SENT_MAX {
                        sent.newest.pop_front();
                    }
                    sent.newest.push_back(outcome);
                    drop(sent);
                    context.waker.wake();
                });
            }
        }
    }

    /// How often it was pressed. What went wrong stands among the answers.
    pub fn state(&self) -> (String, Option<String>) {
        (texts::sent(&number::count(self.presses())), None)
    }

    /// How often something was sent.
    pub fn presses(&self) -> u64 {
        match &self.deed {
            Deed::Request { exchange, .. } => exchange.lock().requests,
            Deed::Publish(sent) => sent.lock().count,
        }
    }

    /// The button, and below it what came of it, the newest first.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let what = match &self.deed {
            Deed::Request { .. } => texts::ask(),
            Deed::Publish(_) => texts::publish(),
        };
        let key = format!(" ctrl+e  {what} ");
        let to = format!("  {}", payload::neutralise(&self.subject));
        let body = format!("  {}", payload::neutralise(&self.body));
        let line = Line::from_iter([
            Span::styled(key, theme.accent.add_modifier(Modifier::REVERSED)),
            Span::styled(to, theme.accent),
            Span::styled(body, theme.text),
        ]);
        line.render(Rect { height: 1, ..area }, buffer);
        let rows = self.rows(usize::from(area.width), theme);
        for (row, y) in rows.into_iter().zip(area.top() + 1..area.bottom()) {
            row.render(Rect { y, height: 1, ..area }, buffer);
        }
    }

    fn rows(&self, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        match &self.deed {
            Deed::Request { exchange, .. } => {
                let exchange = exchange.lock();
                let mut rows: Vec<Line<'static>> = exchange
                    .replies
                    .iter()
                    .rev()
                    .map(|reply| {
                        let latency = number::latency(reply.latency);
                        let room = width.saturating_sub(text::width(&latency) + 5);
                        let said = payload::preview(&reply.payload, room);
                        Line::from_iter([
                            Span::styled("◂ ", theme.good),
                            Span::styled(text::fit(&said, room, Keep::Head), theme.text),
                            Span::styled(format!("  {latency}"), theme.faint),
                        ])
                    })
                    .collect();
                let outcome = match &exchange.outcome {
                    Outcome::Waiting if rows.is_empty() => {
                        Some((texts::waiting_for_answer().to_owned(), theme.faint))
                    }
                    Outcome::NoResponders => Some((texts::nobody_answers().to_owned(), theme.warn)),
                    Outcome::Over if rows.is_empty() => Some((texts::no_answer().to_owned(), theme.warn)),
                    Outcome::Failed(why) => Some((payload::neutralise(why).into_owned(), theme.bad)),
                    _ => None,
                };
                if let Some((text, style)) = outcome {
                    rows.insert(0, Line::styled(text, style));
                }
                rows
            }
            Deed::Publish(sent) => {
                let sent = sent.lock();
                let row = |outcome: &Result<(), String>| match outcome {
                    Ok(()) => Line::styled(texts::was_sent(), theme.good),
                    Err(why) => Line::styled(payload::neutralise(why).into_owned(), theme.bad),
                };
                sent.newest.iter().rev().map(row).collect()
            }
        }
    }
}

async fn publish(context: &PaneContext, subject: String, body: String) -> Result<(), String> {
    if !context.is_connected() {
        return Err(Trouble::Disconnected.to_string());
    }
    let sent = context.client.publish(subject, body.into()).await;
    sent.map_err(|error| error.to_string())?;
    context.client.flush().await.map_err(|error| error.to_string())
}
