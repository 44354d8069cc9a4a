//! F4: ask, and answer.
//!
//! Above, a request and every answer to it within the wait ([`asker`], [`latency`]); below, a responder
//! that answers others ([`responder`]). Arrows lead from the form through the answers to the responder. Where
//! both do not fit, the part with the focus is shown.

pub(in crate::tui) mod asker;
mod latency;
mod responder;
mod texts;
mod view;

#[cfg(test)]
mod tests;

use crate::tui::panes::texts as shared;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use crate::client::templates::{Moment, Random, Template};
use crate::proto::subject;
use crate::tui::panes::publish::Draft;
use crate::tui::panes::task::{Shared, Task};
use crate::tui::panes::trouble::Trouble;
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::form::{Form, FormKey};
use crate::tui::widgets::message::Scroll;
use crate::tui::widgets::select::Selection;
use crate::util::duration;
use asker::{Exchange, Outcome, Reply};
use responder::{MEMBERS_MAX, Member, Served, Service};

const SUBJECT: usize = 0;
const PAYLOAD: usize = 1;
const WAIT: usize = 2;

const LISTEN: usize = 0;
const QUEUE: usize = 1;
const MEMBERS: usize = 2;
const ANSWER: usize = 3;
const DELAY: usize = 4;
const FAILURES: usize = 5;

/// The longest wait for answers.
const WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(300);

/// The pane of F4.
pub struct RequestPane {
    context: PaneContext,
    exchange: Shared<Exchange>,
    served: Shared<Served>,
    ask: Option<Task>,
    service: Option<Task>,
    view: View,
    _pulse: Task,
}

/// What the screen half remembers between frames.
struct View {
    part: Part,
    asking: Form,
    serving: Form,
    selection: Selection,
    zoom: Option<(Reply, Scroll)>,
    problem: Option<String>,
    /// Nothing may be sent or answered.
    is_read_only: bool,
}

/// Which part has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Asking,
    Replies,
    Serving,
}

impl RequestPane {
    /// Opens the pane; the responder is off.
    pub fn open(context: &PaneContext) -> RequestPane {
        RequestPane {
            exchange: Shared::new(Exchange::default()),
            served: Shared::new(Served::default()),
            ask: None,
            service: None,
            view: View::new(),
            _pulse: context.pulse(|| false),
            context: context.clone(),
        }
    }

    fn send(&mut self) {
        self.view.problem = None;
        if let Err(problem) = self.try_send() {
            self.view.problem = Some(problem);
        }
    }

    fn try_send(&mut self) -> Result<(), String> {
        if !self.context.is_connected() {
            return Err(Trouble::Disconnected.to_string());
        }
        self.context
            .access
            .check()
            .map_err(|forbidden| forbidden.to_string())?;
        let subject = self.view.asking.content(SUBJECT).trim().to_owned();
        if subject.is_empty() {
            return Err(texts::no_subject(texts::subject_example()));
        }
        if !subject::is_valid_literal(subject.as_bytes()) {
            return Err(texts::bad_subject().to_owned());
        }
        let wait = duration::parse(self.view.asking.content(WAIT).trim())
            .ok()
            .filter(|wait| !wait.is_zero() && *wait <= WAIT_MAX)
            .ok_or(texts::bad_wait())?;
        let number = self.exchange.lock().begin(wait);
        let (template, _) = Template::lenient(&self.view.asking.content(PAYLOAD));
        let now = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::system());
        let payload = template.render(&Moment::of_message(number, &now), &mut Random::from_system());
        self.view.selection = Selection::default();
        // The task of the last request ends here, and with it its inbox.
        let ask = asker::run(
            self.context.clone(),
            subject,
            payload.into(),
            wait,
            self.exchange.clone(),
        );
        self.ask = None;
        self.ask = Some(self.context.spawn(ask));
        Ok(())
    }

    fn stop_waiting(&mut self) {
        self.ask = None;
        let mut exchange = self.exchange.lock();
        if exchange.outcome == Outcome::Waiting {
            exchange.outcome = Outcome::Stopped;
        }
    }

    fn toggle_service(&mut self) {
        if self.service.take().is_some() && self.served.lock().on {
            self.served.lock().on = false;
            return;
        }
        match self.context.access.check() {
            Ok(()) => self.start_service(),
            Err(forbidden) => self.view.problem = Some(forbidden.to_string()),
        }
    }

    fn start_service(&mut self) {
        self.service = None;
        let text = |field| self.view.serving.content(field);
        let subject = text(LISTEN).trim().to_owned();
        if subject.is_empty() {
            let problem = texts::no_serving_subject(texts::answer_on_example());
            self.served.lock().problem = Some(problem);
            return;
        }
        if !subject::is_valid_pattern(subject.as_bytes()) {
            self.served.lock().problem = Some(texts::bad_serving_subject().to_owned());
            return;
        }
        let queue = Some(text(QUEUE).trim().to_owned()).filter(|q| !q.is_empty());
        if queue.as_ref().is_some_and(|q| q.contains(char::is_whitespace)) {
            self.served.lock().problem = Some(texts::bad_queue().to_owned());
            return;
        }
        let members = match text(MEMBERS).trim() {
            "" => Some(1),
            members => members.parse().ok(),
        };
        let Some(members) = members.filter(|members| (1..=MEMBERS_MAX).contains(members)) else {
            self.served.lock().problem = Some(texts::bad_members(MEMBERS_MAX));
            return;
        };
        let delay = match text(DELAY).trim() {
            "" => Some(std::time::Duration::ZERO),
            delay => duration::parse(delay).ok().filter(|delay| *delay <= WAIT_MAX),
        };
        let failures = match text(FAILURES).trim().trim_end_matches('%').trim_end() {
            "" => Some(0),
            share => share.parse::<u8>().ok().filter(|share| *share <= 100),
        };
        let (Some(delay), Some(failures)) = (delay, failures) else {
            self.served.lock().problem = Some(texts::bad_delay_or_failures().to_owned());
            return;
        };
        let answer = Some(text(ANSWER)).filter(|a| !a.is_empty());
        let service = Service {
            subject,
            queue,
            members,
            delay,
            failures,
            answer: answer.map(|a| Template::lenient(&a).0),
        };
        *self.served.lock() = Served {
            on: true,
            members: vec![Member::default(); if members > 1 { members } else { 0 }],
            ..Served::default()
        };
        let run = responder::run(self.context.clone(), service, self.served.clone());
        self.service = Some(self.context.spawn(run));
    }

    fn asking_key(&mut self, key: KeyEvent) -> Handled {
        match self.view.asking.on_key(key) {
            FormKey::Used => self.view.problem = None,
            FormKey::Enter => self.send(),
            FormKey::Below if self.exchange.lock().replies.is_empty() => self.view.part = Part::Serving,
            FormKey::Below => self.view.part = Part::Replies,
            FormKey::Above => {}
            FormKey::Unknown => return Handled::No,
        }
        Handled::Yes
    }

    fn replies_key(&mut self, key: KeyEvent) -> Handled {
        let exchange = self.exchange.lock();
        let len = exchange.replies.len();
        if self.view.selection.on_key(key, len) {
            return Handled::Yes;
        }
        match key.code {
            KeyCode::Up => self.view.part = Part::Asking,
            KeyCode::Down => self.view.part = Part::Serving,
            KeyCode::Enter => {
                let reply = self
                    .view
                    .selection
                    .index(len)
                    .and_then(|i| exchange.replies.get(i));
                self.view.zoom = reply.map(|r| (r.clone(), Scroll::default()));
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn serving_key(&mut self, key: KeyEvent) -> Handled {
        match self.view.serving.on_key(key) {
            FormKey::Used | FormKey::Below => {}
            FormKey::Enter => self.start_service(),
            FormKey::Above if self.exchange.lock().replies.is_empty() => self.view.part = Part::Asking,
            FormKey::Above => self.view.part = Part::Replies,
            FormKey::Unknown => return Handled::No,
        }
        Handled::Yes
    }

    fn zoom_key(&mut self, key: KeyEvent) -> Handled {
        if matches!(key.code, KeyCode::Esc | KeyCode::Enter) {
            self.view.zoom = None;
            return Handled::Yes;
        }
        match &mut self.view.zoom {
            Some((_, scroll)) => Handled::from(scroll.on_key(key)),
            None => Handled::No,
        }
    }
}

impl View {
    fn new() -> View {
        View {
            part: Part::Asking,
            asking: Form::new()
                .with("Subject", Field::line("").example(texts::subject_example()))
                .with("Payload", Field::text("").placeholder(texts::payload_hint()))
                .with(texts::wait(), Field::line("2s")),
            serving: Form::new()
                .with(
                    texts::answer_on(),
                    Field::line("").example(texts::answer_on_example()),
                )
                .with(texts::queue(), Field::line("").placeholder(texts::queue_hint()))
                .with(texts::members(), Field::line("1"))
                .with(texts::answer(), Field::text("").placeholder(texts::answer_hint()))
                .with(texts::delay(), Field::line("0s"))
                .with(texts::failures(), Field::line("0 %")),
            selection: Selection::default(),
            zoom: None,
            problem: None,
            is_read_only: false,
        }
    }
}

impl Pane for RequestPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Request
    }

    fn title(&self) -> String {
        let responder = if self.served.lock().on {
            texts::and_answers()
        } else {
            ""
        };
        match self.view.asking.content(SUBJECT).trim() {
            "" => texts::title(responder),
            subject => texts::title_of(subject, responder),
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if self.view.zoom.is_some() {
            return self.zoom_key(key);
        }
        let control = key.modifiers == KeyModifiers::CONTROL;
        match (key.code, self.view.part) {
            (KeyCode::Char('r'), _) if control => self.toggle_service(),
            (KeyCode::Char('s'), Part::Serving) if control => self.start_service(),
            (KeyCode::Char('s'), _) if control => self.send(),
            (KeyCode::Esc, _) => self.stop_waiting(),
            (_, Part::Asking) => return self.asking_key(key),
            (_, Part::Replies) => return self.replies_key(key),
            (_, Part::Serving) => return self.serving_key(key),
        }
        Handled::Yes
    }

    fn on_paste(&mut self, text: &str) {
        match self.view.part {
            Part::Asking => self.view.asking.on_paste(text),
            Part::Serving => self.view.serving.on_paste(text),
            Part::Replies => {}
        }
    }

    fn prefill(&mut self, draft: &Draft) {
        self.view.asking.set(SUBJECT, &draft.subject);
        self.view.asking.set(PAYLOAD, &draft.payload);
        self.view.part = Part::Asking;
    }

    fn wants_escape(&self) -> bool {
        self.view.zoom.is_some() || self.exchange.lock().outcome == Outcome::Waiting
    }

    fn takes_text(&self) -> bool {
        self.view.zoom.is_none() && self.view.part != Part::Replies
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        let area = super::trouble::banner(frame, area, theme, &self.context.link());
        let served = self.served.lock().clone();
        self.view.is_read_only = !self.context.access.may_write();
        view::draw(
            frame,
            area,
            (theme, focused),
            &self.exchange.lock(),
            &served,
            &mut self.view,
        );
    }

    fn keys(&self) -> Vec<KeyHelp> {
        if self.view.zoom.is_some() {
            return vec![("↑ ↓", shared::scroll()), ("Esc", shared::back())];
        }
        vec![
            ("ctrl+s", texts::send_or_serve()),
            ("Enter", texts::enter_does()),
            ("ctrl+r", texts::toggle_serving()),
            ("↑ ↓", texts::between()),
            ("Esc", texts::stop_waiting()),
        ]
    }
}
