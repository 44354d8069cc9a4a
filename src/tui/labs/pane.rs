//! F9: the labs, and the one that is open.

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::room::State;
use super::{texts, view};
use crate::lab::{Order, Report, Session};
use crate::tui::panes::{Handled, KeyHelp, Pane, PaneContext, PaneKind, Wish};
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
    /// The question that is being answered, and the answer so far.
    answering: Option<Entry>,
    /// The check that was answered last: the next answer is to the question after it.
    answered: String,
    /// Blocks of the step that have been run with a key.
    runs: usize,
    /// The lab whose panes have been opened.
    laid_out: String,
    wishes: VecDeque<Wish>,
    /// `r` was pressed once.
    asks_reset: bool,
    /// `n` was pressed before the step had passed.
    is_early: bool,
}

/// An answer to a check while it is written.
pub(super) struct Entry {
    /// Its id.
    pub(super) check: String,
    /// The question.
    pub(super) prompt: String,
    /// The answer so far.
    pub(super) field: Field,
}

impl LabPane {
    /// Opens the pane: at the lab that is open, else at the list with the next lab chosen.
    pub fn open(context: &PaneContext) -> LabPane {
        let mut pane = LabPane {
            lists: matches!(*context.labs.state(), State::Empty),
            context: context.clone(),
            selection: Selection::default(),
            scroll: 0,
            step: 0,
            answering: None,
            answered: String::new(),
            runs: 0,
            laid_out: String::new(),
            wishes: VecDeque::new(),
            asks_reset: false,
            is_early: false,
        };
        pane.choose_undone();
        pane
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
        self.is_early = false;
        if report.goes_on {
            session.post(Order::Stay);
        }
        match key.code {
            KeyCode::Char('h') => session.post(Order::Hint),
            KeyCode::Char('s') => session.post(Order::Solution),
            KeyCode::Char('n') if report.is_finished() => {
                self.lists = true;
                self.choose_undone();
            }
            KeyCode::Char('n') if report.has_passed() => session.post(Order::Next),
            KeyCode::Char('n') => self.is_early = true,
            KeyCode::Char('k') => self.run_block(session, report.step),
            KeyCode::Char(number @ '1'..='9') => {
                let choice = report.checks.iter().find(|c| c.asks && !c.choices.is_empty());
                if let Some(check) = choice.map(|check| check.id.clone()) {
                    let text = number.to_string();
                    session.post(Order::Answer { check, text });
                }
            }
            KeyCode::Char('>') => session.post(Order::Go(report.step + 1)),
            KeyCode::Char('<') => session.post(Order::Go(report.step.saturating_sub(1))),
            KeyCode::Char('r') if asked => session.post(Order::Reset),
            KeyCode::Char('r') => self.asks_reset = true,
            KeyCode::Char('a') | KeyCode::Enter => self.begin_answer(&report),
            KeyCode::Char('l') => self.lists = true,
            KeyCode::Down | KeyCode::Char('j') => self.scroll += 1,
            KeyCode::Up => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll += 8,
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(8),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Begins an answer to the next question after the one that was answered last.
    fn begin_answer(&mut self, report: &Report) {
        let last = report.checks.iter().position(|check| check.id == self.answered);
        let after = last.map_or(0, |last| last + 1);
        let (before, rest) = report.checks.split_at(after);
        let check = rest.iter().chain(before).find(|check| check.asks);
        self.answering = check.map(|check| Entry {
            check: check.id.clone(),
            prompt: check.say.clone(),
            field: Field::line(""),
        });
    }

    fn answer_key(&mut self, key: KeyEvent) {
        let Some(mut entry) = self.answering.take() else {
            return;
        };
        match key.code {
            KeyCode::Esc => {}
            KeyCode::Enter => {
                if let Some(session) = self.context.labs.session() {
                    self.answered.clone_from(&entry.check);
                    let (check, text) = (entry.check, entry.field.content());
                    session.post(Order::Answer { check, text });
                }
            }
            _ => {
                entry.field.on_key(key);
                self.answering = Some(entry);
            }
        }
    }

    /// Runs the step's blocks that may be run, one a key.
    fn run_block(&mut self, session: &Session, step: usize) {
        let Some(runs) = session.lab.steps.get(step).map(|step| &step.runs) else {
            return;
        };
        if !runs.is_empty() {
            self.wishes
                .push_back(Wish::Run(runs[self.runs % runs.len()].clone()));
            self.runs += 1;
        }
    }

    fn choose_undone(&mut self) {
        let room = &self.context.labs;
        let progress = room.progress();
        let undone = room
            .labs()
            .iter()
            .position(|lab| progress.passed(lab) < lab.steps.len());
        self.selection.set(undone.unwrap_or(0));
    }
}

/// A pane by its name in a lab's `layout`.
fn pane_named(name: &str) -> Option<PaneKind> {
    Some(match name {
        "publish" => PaneKind::Publish,
        "subscribe" => PaneKind::Subscribe,
        "request" => PaneKind::Request,
        "streams" => PaneKind::Streams,
        "consumers" => PaneKind::Consumers,
        _ => return None,
    })
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
        if let Some(entry) = &mut self.answering {
            entry.field.on_paste(text);
        }
    }

    fn wants_escape(&self) -> bool {
        self.answering.is_some()
    }

    fn wish(&mut self) -> Option<Wish> {
        // The panes of a lab need its account, which stands when it is open.
        if let Some(session) = self.context.labs.session()
            && session.lab.id != self.laid_out
        {
            self.laid_out.clone_from(&session.lab.id);
            let panes = session.lab.layout.iter().filter_map(|name| pane_named(name));
            self.wishes.extend(panes.map(Wish::Open));
        }
        self.wishes.pop_front()
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
                    (self.step, self.scroll, self.runs) = (report.step, 0, 0);
                }
                let url = room.url().unwrap_or_default();
                let work = view::Work {
                    lab: &session.lab,
                    report: &report,
                    url: &url,
                    is_open_to_others: room.is_open_to_others(),
                    asks_reset: self.asks_reset,
                    is_early: self.is_early,
                };
                let answering = self.answering.as_mut();
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
            let mut keys = vec![
                ("Enter", texts::open()),
                ("↑ ↓", texts::choose()),
                ("x", texts::close()),
            ];
            keys.extend(self.context.labs.is_alone().then(|| ("q", texts::quit())));
            return keys;
        }
        let session = self.context.labs.session();
        let report = session
            .as_ref()
            .map(|session| session.report())
            .unwrap_or_default();
        let step = session
            .as_ref()
            .and_then(|session| session.lab.steps.get(report.step));
        let mut keys = Vec::new();
        if report.has_passed() {
            keys.push(("n", texts::next()));
        }
        if report.checks.iter().any(|check| check.asks) {
            keys.push(("a", texts::answer()));
        }
        if step.is_some_and(|step| !step.runs.is_empty()) {
            keys.push(("k", texts::run()));
        }
        keys.extend([
            (":", texts::command()),
            ("h", texts::hint()),
            ("l", texts::list()),
            ("s", texts::solution()),
            ("r r", texts::reset()),
            ("< >", texts::jump()),
            ("↑ ↓", texts::scroll()),
        ]);
        keys
    }
}
