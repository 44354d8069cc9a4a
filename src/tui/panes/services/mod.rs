//! Services: which answer on `$SRV` (ADR-32), how they do, and calling one.
//!
//! [`model`] reads their answers, [`view`] draws.

mod model;
mod texts;
mod view;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use async_nats::StatusCode;
use bytes::Bytes;
use futures_util::StreamExt;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::Rect;

use crate::tui::panes::publish::Draft;
use crate::tui::panes::task::{Shared, Task, Watched};
use crate::tui::panes::trouble::Trouble;
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind, Wish};
use crate::tui::theme::Theme;
use crate::tui::widgets::select::Selection;
use model::Services;

/// Where services tell how they do.
const STATS_SUBJECT: &str = "$SRV.STATS";
/// How often they are asked.
const REFRESH_EVERY: Duration = Duration::from_secs(2);
/// How long the first may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// How long the others may take longer.
const QUIET: Duration = Duration::from_millis(300);

/// The pane.
pub struct ServicesPane {
    context: PaneContext,
    services: Shared<Services>,
    watched: Watched,
    selection: Selection,
    wish: Option<Wish>,
    _watch: Task,
    _pulse: Task,
}

impl ServicesPane {
    /// Opens the pane and asks around.
    pub fn open(context: &PaneContext) -> ServicesPane {
        let (services, watched) = (Shared::new(Services::default()), Watched::default());
        let watch = watch(context.clone(), services.clone(), watched.clone());
        ServicesPane {
            _watch: context.spawn(watch),
            _pulse: context.pulse(|| false),
            context: context.clone(),
            services,
            watched,
            selection: Selection::default(),
            wish: None,
        }
    }

    /// The selected endpoint's subject, into the request pane.
    fn call(&mut self) {
        let services = self.services.lock();
        let index = self.selection.index(services.rows.len());
        let row = index.map(|index| &services.rows[index]);
        self.wish = row.map(|row| Wish::Request(Draft::to(&row.subject)));
    }
}

async fn watch(context: PaneContext, services: Shared<Services>, watched: Watched) {
    loop {
        let answers = ask(&context).await;
        {
            let mut services = services.lock();
            match answers {
                Ok(answers) => services.take(&answers, Instant::now()),
                Err(_) if services.asked && !context.is_connected() => {}
                Err(trouble) => services.trouble = Some(trouble),
            }
        }
        context.waker.wake();
        watched.next(REFRESH_EVERY).await;
    }
}

/// Asks all services, and gives their answers.
async fn ask(context: &PaneContext) -> Result<Vec<Bytes>, Trouble> {
    if !context.is_connected() {
        return Err(Trouble::Disconnected);
    }
    let client = &context.client;
    let failed = |error: &dyn std::fmt::Display| Trouble::Server(error.to_string());
    let refusals = context.incidents.refusals();
    let inbox = client.new_inbox();
    let mut messages = client.subscribe(inbox.clone()).await.map_err(|e| failed(&e))?;
    let sent = client.publish_with_reply(STATS_SUBJECT, inbox, Bytes::new());
    sent.await.map_err(|e| failed(&e))?;
    let mut limit = ANSWER_MAX;
    let mut answers = Vec::new();
    while answers.len() < model::INSTANCES_MAX {
        let Ok(Some(message)) = tokio::time::timeout(limit, messages.next()).await else {
            break;
        };
        if message.status == Some(StatusCode::NO_RESPONDERS) {
            break;
        }
        answers.push(message.payload);
        limit = QUIET;
    }
    match context.incidents.refusal_since(refusals, STATS_SUBJECT) {
        Some(text) if answers.is_empty() => Err(Trouble::Forbidden(text)),
        _ => Ok(answers),
    }
}

impl Pane for ServicesPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Services
    }

    fn title(&self) -> String {
        texts::title().to_owned()
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            return Handled::No;
        }
        match key.code {
            KeyCode::Enter => self.call(),
            _ => {
                let len = self.services.lock().rows.len();
                return Handled::from(self.selection.on_key(key, len));
            }
        }
        Handled::Yes
    }

    fn wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _area: Rect) -> Handled {
        let list = self.selection.clone();
        super::mouse_in(self, &list, mouse)
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.watched.seen();
        let area = super::trouble::banner(frame, area, theme, &self.context.link());
        view::draw(
            frame,
            area,
            (theme, focused),
            &self.services.lock(),
            &mut self.selection,
        );
    }

    fn keys(&self) -> Vec<KeyHelp> {
        vec![("↑ ↓", texts::choose()), ("Enter", texts::call())]
    }
}
