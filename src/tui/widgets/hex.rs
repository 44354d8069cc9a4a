//! Bytes with a cursor among them: which one it is on, what it is there, and from where to where is marked.

use std::ops::Range;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};

use crate::client::payload::{bytes_per_row, hex_row};
use crate::tui::theme::Theme;
use crate::tui::widgets::text::{self, Keep};
use crate::tui::widgets::texts;

/// Where hex begins on a row, behind the offset.
const HEX_AT: usize = 10;

/// The cursor. It is brought back into range when other bytes are drawn.
#[derive(Debug, Default)]
pub struct HexCursor {
    at: usize,
    /// The other end of what is marked.
    mark: Option<usize>,
    first_row: usize,
    /// As last drawn.
    len: usize,
    per_row: usize,
}

impl HexCursor {
    /// `h` and `l` go by a byte, `j`, `k` and the arrows by a row; `m` marks from here. False for other keys.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        let row = self.per_row.max(1);
        let last = self.len.saturating_sub(1);
        self.at = match key.code {
            KeyCode::Char('h') => self.at.saturating_sub(1),
            KeyCode::Char('l') => (self.at + 1).min(last),
            KeyCode::Char('k') | KeyCode::Up => self.at.checked_sub(row).unwrap_or(self.at),
            KeyCode::Char('j') | KeyCode::Down if self.at + row <= last => self.at + row,
            KeyCode::Char('j') | KeyCode::Down => self.at,
            KeyCode::PageUp => self.at.saturating_sub(10 * row),
            KeyCode::PageDown => (self.at + 10 * row).min(last),
            KeyCode::Home => 0,
            KeyCode::Char('m') => {
                self.mark = match self.mark {
                    Some(_) => None,
                    None => Some(self.at),
                };
                self.at
            }
            _ => return false,
        };
        true
    }

    /// What is marked, or the byte with the cursor.
    pub fn marked(&self) -> Range<usize> {
        let other = self.mark.unwrap_or(self.at);
        self.at.min(other)..self.at.max(other) + 1
    }

    /// Draws the rows around the cursor, and what it is on.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, bytes: &[u8]) {
        let [rows, foot] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(u16::from(area.height > 1))])
                .areas(area);
        self.len = bytes.len();
        self.per_row = bytes_per_row(area.width.into());
        self.at = self.at.min(self.len.saturating_sub(1));
        self.mark = self.mark.filter(|mark| *mark < self.len);
        if bytes.is_empty() {
            return;
        }
        let height = usize::from(rows.height).max(1);
        let row = self.at / self.per_row;
        let last = (self.len - 1) / self.per_row;
        self.first_row = self.first_row.clamp((row + 1).saturating_sub(height), row);
        self.first_row = self.first_row.min((last + 1).saturating_sub(height));
        let marked = self.marked();
        let lines: Vec<Line<'_>> = (self.first_row..=last)
            .take(height)
            .map(|row| hex_line(bytes, row * self.per_row, self.per_row, &marked, theme))
            .collect();
        frame.render_widget(Text::from(lines), rows);
        let width = usize::from(foot.width);
        let line = text::fit(&told(bytes, &marked), width, Keep::Head);
        frame.render_widget(Span::styled(line, theme.accent), foot);
    }
}

/// A row with what is marked in it, both as bytes and as text.
fn hex_line(bytes: &[u8], offset: usize, row: usize, marked: &Range<usize>, theme: &Theme) -> Line<'static> {
    let text: Vec<char> = hex_row(bytes, offset, row).chars().collect();
    let is_marked = |cell: usize| {
        let hex = cell.checked_sub(HEX_AT).map(|cell| (cell / 3, cell % 3 < 2));
        let ascii = cell.checked_sub(HEX_AT + 3 * row + 1);
        let at = match (hex, ascii) {
            (_, Some(at)) if at < row => offset + at,
            (Some((at, true)), None) if at < row => offset + at,
            _ => return false,
        };
        marked.contains(&at)
    };
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (cell, letter) in text.into_iter().enumerate() {
        let style = if is_marked(cell) {
            theme.selected
        } else {
            Style::new()
        };
        match spans.last_mut().filter(|last| last.style == style) {
            Some(last) => last.content.to_mut().push(letter),
            None => spans.push(Span::styled(letter.to_string(), style)),
        }
    }
    Line::from(spans)
}

/// Where the marked bytes are, and what number they are where they can be one.
fn told(bytes: &[u8], marked: &Range<usize>) -> String {
    let some = &bytes[marked.clone()];
    let mut line = match some.len() {
        1 => texts::byte_at(marked.start, some[0]),
        len => texts::bytes_from(marked.start, marked.end - 1, len),
    };
    if let 2..=8 = some.len() {
        let big = some.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let little = some
            .iter()
            .rev()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        line += &texts::numbers(big, little);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::panes::testing::screen;

    #[test]
    fn the_cursor_says_what_it_is_on_and_marks() {
        let mut cursor = HexCursor::default();
        let bytes: Vec<u8> = (0..200).collect();
        let draw = |cursor: &mut HexCursor| {
            screen((60, 5), |frame| {
                cursor.draw(frame, frame.area(), &Theme::dark(), &bytes)
            })
        };
        draw(&mut cursor);
        let press = |cursor: &mut HexCursor, keys: &str| {
            for key in keys.chars() {
                assert!(cursor.on_key(KeyEvent::from(KeyCode::Char(key))));
            }
        };
        press(&mut cursor, "jl");
        let text = draw(&mut cursor);
        assert!(text.contains("9 (0x9)"), "{text}");
        press(&mut cursor, "ml");
        assert_eq!(cursor.marked(), 9..11);
        let text = draw(&mut cursor);
        assert!(text.contains("2314") && text.contains("2569"), "{text}");
        for _ in 0..40 {
            cursor.on_key(KeyEvent::from(KeyCode::PageDown));
        }
        assert!(draw(&mut cursor).contains("000000c0"), "the end is in view");
        assert!(!cursor.on_key(KeyEvent::from(KeyCode::Char('x'))));
        screen((60, 5), |frame| {
            cursor.draw(frame, frame.area(), &Theme::dark(), b"")
        });
    }
}
