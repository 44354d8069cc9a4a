//! A job's output in a window of its own, with all that is kept of it.

use crate::tui::texts;
use std::rc::Rc;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;
use ratatui::widgets::Paragraph;

use super::output;
use super::panes::{Handled, KeyHelp};
use super::theme::Theme;
use super::widgets::text::{Keep, fit};
use crate::runner::Job;

/// Cells of a command in the title.
const TITLE_CELLS_MAX: usize = 40;
/// Lines that a turn of the wheel goes.
const WHEEL_LINES: usize = 3;

/// The window.
pub struct OutputPane {
    name: String,
    job: Rc<Job>,
    /// Lines between the end of the output and the lowest one shown; 0 follows the output.
    back: usize,
    /// Lines there were when the window was scrolled back, so that it stands still meanwhile.
    seen: u64,
    height: usize,
}

impl OutputPane {
    /// A window on `job`, named after what it runs.
    pub fn new(source: &str, job: Rc<Job>) -> OutputPane {
        let first = source.trim().lines().next().unwrap_or_default();
        OutputPane {
            name: fit(first, TITLE_CELLS_MAX, Keep::Head),
            job,
            back: 0,
            seen: 0,
            height: 0,
        }
    }

    /// For the border.
    pub fn title(&self) -> String {
        self.name.clone()
    }

    /// The job.
    pub fn job(&self) -> &Rc<Job> {
        &self.job
    }

    /// A key while the window has the focus.
    pub fn on_key(&mut self, key: KeyEvent) -> Handled {
        let page = self.height.saturating_sub(1).max(1);
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.scroll(1),
            KeyCode::PageUp => self.scroll(page),
            KeyCode::Home => self.scroll(usize::MAX),
            KeyCode::Down | KeyCode::Char('j') => self.forward(1),
            KeyCode::PageDown => self.forward(page),
            KeyCode::End => self.back = 0,
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// The wheel.
    pub fn on_mouse(&mut self, mouse: MouseEvent) -> Handled {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.scroll(WHEEL_LINES),
            MouseEventKind::ScrollDown => self.forward(WHEEL_LINES),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn scroll(&mut self, lines: usize) {
        let view = self.job.view();
        if self.back == 0 {
            self.seen = view.lines.pushed();
        }
        let most = view.line_count().saturating_sub(self.height);
        self.back = self.back.saturating_add(lines).min(most);
    }

    fn forward(&mut self, lines: usize) {
        self.back = self.back.saturating_sub(lines);
    }

    /// The keys of the window.
    pub fn keys(&self) -> Vec<KeyHelp> {
        let mut keys = vec![
            ("↑ ↓", texts::scroll()),
            ("End", texts::follow()),
            ("x", texts::close()),
        ];
        if self.job.is_running() {
            keys.insert(0, ("ctrl+c", texts::stop()));
        }
        keys
    }

    /// Draws the newest output, or what the window is scrolled back to.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let view = self.job.view();
        self.height = usize::from(area.height).saturating_sub(1);
        if self.back > 0 {
            let grown = view.lines.pushed() - self.seen;
            self.seen = view.lines.pushed();
            let most = view.line_count().saturating_sub(self.height);
            self.back = (self.back + usize::try_from(grown).unwrap_or(usize::MAX)).min(most);
        }
        let mut lines = view.tail(self.height + self.back);
        lines.truncate(lines.len().saturating_sub(self.back));
        let width = usize::from(area.width);
        let mut rows: Vec<_> = lines
            .iter()
            .flat_map(|line| output::line_rows(line, width, theme))
            .collect();
        rows.drain(..rows.len().saturating_sub(self.height));
        let state = output::status(&view, theme);
        drop(view);
        let text = Rect {
            height: area.height.saturating_sub(1),
            ..area
        };
        frame.render_widget(Paragraph::new(rows), text);
        let foot = Rect {
            y: area.bottom().saturating_sub(1),
            height: 1,
            ..area
        };
        frame.render_widget(state, foot);
    }
}
