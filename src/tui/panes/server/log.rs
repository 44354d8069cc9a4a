//! The log of our own broker.

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use tracing::Level;

use super::texts;
use crate::client::payload;
use crate::tui::server_log::{LogLine, ServerLog};
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};

/// Lines that Page Up and Down go.
const PAGE: usize = 10;

/// Where in the log one looks.
#[derive(Debug, Default)]
pub struct LogView {
    /// Lines between the last that is shown and the newest.
    above: usize,
    /// Lines that there were when it began to stand still.
    written: u64,
}

impl LogView {
    /// Takes a key; false when it means nothing here.
    pub fn on_key(&mut self, key: KeyEvent, log: &ServerLog) -> bool {
        let (written, most) = {
            let (lines, written) = log.lines();
            (written, lines.len())
        };
        self.stand(written);
        match key.code {
            KeyCode::Up => self.above += 1,
            KeyCode::PageUp => self.above += PAGE,
            KeyCode::Down => self.above = self.above.saturating_sub(1),
            KeyCode::PageDown => self.above = self.above.saturating_sub(PAGE),
            KeyCode::Home => self.above = most,
            KeyCode::End => self.above = 0,
            KeyCode::Char('d') => log.toggle_debug(),
            _ => return false,
        }
        self.above = self.above.min(most);
        true
    }

    /// What one looks at does not run away when more is written.
    fn stand(&mut self, written: u64) {
        let more = usize::try_from(written.saturating_sub(self.written)).unwrap_or(usize::MAX);
        if self.above > 0 {
            self.above = self.above.saturating_add(more);
        }
        self.written = written;
    }

    /// Draws the lines, the newest last.
    pub fn draw(
        &mut self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        log: &ServerLog,
        zone: &TimeZone,
    ) {
        let (lines, written) = log.lines();
        if lines.is_empty() {
            return text::draw_wrapped(frame, area, texts::log_empty(), theme.faint);
        }
        self.stand(written);
        let height = usize::from(area.height);
        self.above = self.above.min(lines.len().saturating_sub(height));
        let end = lines.len() - self.above;
        let shown = &lines[end.saturating_sub(height)..end];
        let rows: Vec<Line<'_>> = shown
            .iter()
            .map(|line| row(line, theme, area.width.into(), zone))
            .collect();
        frame.render_widget(Text::from(rows), area);
    }
}

fn row(line: &LogLine, theme: &Theme, width: usize, zone: &TimeZone) -> Line<'static> {
    let (name, style) = match line.level {
        Level::ERROR => ("ERR", theme.bad),
        Level::WARN => ("WRN", theme.warn),
        Level::INFO => ("INF", theme.text),
        Level::DEBUG => ("DBG", theme.faint),
        Level::TRACE => ("TRC", theme.faint),
    };
    let head = format!("{} {name} ", number::clock(line.at, zone));
    let room = width.saturating_sub(text::width(&head));
    Line::from(vec![
        Span::styled(head, theme.faint),
        Span::styled(
            text::fit(&payload::neutralise(&line.text), room, Keep::Head),
            style,
        ),
    ])
}
