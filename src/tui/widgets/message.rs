//! One message, whole: where it went, its headers, and its payload decoded.

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::client::payload;
use crate::tui::theme::Theme;
use crate::tui::widgets::text::{self, Keep};
use crate::tui::widgets::{number, texts};

/// What is shown of a message.
pub struct MessageView<'a> {
    /// Facts above the headers: name and value.
    pub facts: &'a [(&'static str, String)],
    /// The headers, repeated keys included.
    pub headers: &'a [(String, String)],
    /// The payload as it came.
    pub payload: &'a [u8],
}

/// How far down a message is scrolled, in lines.
#[derive(Debug, Default, Clone, Copy)]
pub struct Scroll(usize);

impl Scroll {
    /// Arrows, Page Up and Down, Home. False when the key is none of them.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        self.0 = match key.code {
            KeyCode::Up => self.0.saturating_sub(1),
            KeyCode::Down => self.0 + 1,
            KeyCode::PageUp => self.0.saturating_sub(10),
            KeyCode::PageDown => self.0 + 10,
            KeyCode::Home => 0,
            _ => return false,
        };
        true
    }
}

impl Scroll {
    /// Draws the lines from here on, and brings itself back into range.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
        self.0 = self.0.min(lines.len().saturating_sub(area.height.into()));
        let shown: Vec<Line<'_>> = lines.into_iter().skip(self.0).take(area.height.into()).collect();
        frame.render_widget(ratatui::text::Text::from(shown), area);
    }
}

/// A name and its value, wrapped behind it.
pub fn pair_lines(lines: &mut Vec<Line<'static>>, (name, value): (&str, &str), width: usize, style: Style) {
    let name = payload::neutralise(name).into_owned() + ": ";
    let indent = text::width(&name).min(width / 2);
    let value = payload::neutralise(value);
    for (n, part) in text::wrap(&value, width - indent).into_iter().enumerate() {
        let name = if n == 0 { name.as_str() } else { "" };
        lines.push(Line::from(vec![
            Span::styled(text::pad_right(name, indent, Keep::Head), style),
            Span::raw(part),
        ]));
    }
}

impl MessageView<'_> {
    /// Draws the message from the line that `scroll` says, which is brought back into range.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, scroll: &mut Scroll) {
        let lines = self.lines(theme, usize::from(area.width));
        scroll.draw(frame, area, lines);
    }

    fn lines(&self, theme: &Theme, width: usize) -> Vec<Line<'static>> {
        let kind = payload::classify(self.payload);
        let mut lines = Vec::new();
        let mut pair = |name: &str, value: &str, style: Style| {
            pair_lines(&mut lines, (name, value), width, style);
        };
        for (name, value) in self.facts {
            pair(name, value, theme.faint);
        }
        for (name, value) in self.headers {
            pair(name, value, theme.accent);
        }
        pair(
            "Payload",
            &texts::payload(kind.name(), &number::count(self.payload.len() as u64)),
            theme.faint,
        );
        for line in payload::lines(self.payload, width) {
            for part in text::wrap(&line, width) {
                lines.push(Line::styled(part, theme.text));
            }
        }
        lines
    }
}
