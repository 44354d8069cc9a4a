//! F9: the labs, and the one that is open.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::room::State;
use super::{texts, view};
use crate::lab::{Order, Session};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::select::Selection;

/// The pane.
pub struct LabPane {
    context: PaneContext,
    /// The list is shown even though a lab is open.
    lists: bool,
    selection: Selection,
    scroll: usize,
    /// The step that `scroll` belongs to.
    step: usize,
    /// The check that is being answered, and the answer so far.
    answering: Option<(String, Field)>,
    /// `r` was pressed once.
    asks_reset: bool,
}

impl LabPane {
    /// Opens the pane: at the lab that is open, else at the list with the next lab chosen.
    pub fn open(context: &PaneContext) -> LabPane {
        let room = &context.labs;
        let progress = room.progress();
        let mut selection = Selection::default();
        let undone = room
            .labs()
            .iter()
            .position(|lab| progress.passed(lab) < lab.steps.len());
        selection.set(undone.unwrap_or(0));
        LabPane {
            lists: matches!(*room.state(), State::Empty),
            context: context.clone(),
            selection,
            scroll: 0,
            step: 0,
            answering: None,
            asks_reset: false,
        }
    }

    fn list_key(&mut self, key: KeyEvent) -> Handled {
        let labs = self.context.labs.labs();
        if self.selection.on_key(key, labs.len()) {
            return Handled::Yes;
        }
        match key.code {
            KeyCode::Enter => {
                if let Some(lab) = self.selection.index(labs.len()).map(|index| labs[index].clone()) {
                    let open = self.context.labs.session().filter(|open| open.lab.id == lab.id);
                    if open.is_none() {
                        self.context.labs.open(&lab, &self.context);
                    }
                    self.lists = false;
                }
            }
            KeyCode::Char('x') => self.context.labs.close(&self.context),
            KeyCode::Char('l') if self.context.labs.session().is_some() => self.lists = false,
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn lab_key(&mut self, key: KeyEvent, session: &Arc<Session>) -> Handled {
        let report = session.report();
        let asked = std::mem::take(&mut self.asks_reset);
        match key.code {
            KeyCode::Char('h') => session.post(Order::Hint),
            KeyCode::Char('s') => session.post(Order::Solution),
            KeyCode::Char('n') if report.is_finished() => self.lists = true,
            KeyCode::Char('n') => session.post(Order::Next),
            KeyCode::Char('>') => session.post(Order::Go(report.step + 1)),
            KeyCode::Char('<') => session.post(Order::Go(report.step.saturating_sub(1))),
            KeyCode::Char('r') if asked => session.post(Order::Reset),
            KeyCode::Char('r') => self.asks_reset = true,
            KeyCode::Char('a') | KeyCode::Enter => {
                let check = report.checks.iter().find(|check| check.asks);
                self.answering = check.map(|check| (check.id.clone(), Field::line("")));
            }
            KeyCode::Char('l') => self.lists = true,
            KeyCode::Down | KeyCode::Char('j') => self.scroll += 1,
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll += 8,
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(8),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn answer_key(&mut self, key: KeyEvent) {
        let Some((check, mut field)) = self.answering.take() else {
            return;
        };
        match key.code {
            KeyCode::Esc => {}
            KeyCode::Enter => {
                if let Some(session) = self.context.labs.session() {
                    let text = field.content();
                    session.post(Order::Answer { check, text });
                }
            }
            _ => {
                field.on_key(key);
                self.answering = Some((check, field));
            }
        }
    }
}

impl Pane for LabPane {
    fn kind(&self) -> PaneKind {
        PaneKind::Labs
    }

    fn title(&self) -> String {
        match self.context.labs.session().filter(|_| !self.lists) {
            Some(session) => texts::lab(&session.lab.title),
            None => texts::labs().to_owned(),
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        if self.answering.is_some() {
            self.answer_key(key);
            return Handled::Yes;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return Handled::No;
        }
        match self.context.labs.session().filter(|_| !self.lists) {
            Some(session) => self.lab_key(key, &session),
            None => {
                self.lists = true;
                self.list_key(key)
            }
        }
    }

    fn on_paste(&mut self, text: &str) {
        if let Some((_, field)) = &mut self.answering {
            field.on_paste(text);
        }
    }

    fn wants_escape(&self) -> bool {
        self.answering.is_some()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        let room = self.context.labs.clone();
        if !self.lists {
            let words = match &*room.state() {
                State::Opening(id) => Some(texts::opening(id)),
                State::Failed(why) => Some(texts::failed(why)),
                State::Empty | State::Open(_) => None,
            };
            if let Some(words) = words {
                return frame.render_widget(words, area);
            }
        }
        match room.session().filter(|_| !self.lists) {
            Some(session) => {
                let report = session.report();
                if report.step != self.step {
                    (self.step, self.scroll) = (report.step, 0);
                }
                let url = room.url().unwrap_or_default();
                let work = view::Work {
                    lab: &session.lab,
                    report: &report,
                    url: &url,
                    asks_reset: self.asks_reset,
                };
                let answering = self.answering.as_mut();
                let answering = answering.map(|(check, field)| (check.as_str(), field));
                view::draw_work(frame, area, (theme, focused), &work, &mut self.scroll, answering);
            }
            None => {
                let open = room.session().map(|session| session.lab.id.clone());
                let (labs, progress) = (room.labs(), room.progress());
                view::draw_list(
                    frame,
                    area,
                    theme,
                    labs,
                    &progress,
                    open.as_deref(),
                    &mut self.selection,
                );
            }
        }
    }

    fn keys(&self) -> Vec<KeyHelp> {
        if self.answering.is_some() {
            return vec![("Enter", texts::answer()), ("Esc", texts::cancel())];
        }
        if self.lists || self.context.labs.session().is_none() {
            return vec![
                ("Enter", texts::open()),
                ("↑ ↓", texts::choose()),
                ("x", texts::close()),
            ];
        }
        vec![
            ("a", texts::answer()),
            ("h", texts::hint()),
            ("n", texts::next()),
            ("l", texts::list()),
            ("s", texts::solution()),
            ("r r", texts::reset()),
            ("< >", texts::jump()),
            ("↑ ↓", texts::scroll()),
        ]
    }
}
