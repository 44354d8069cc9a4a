//! A field for text, of one line or several, on top of `ratatui-textarea`.

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use ratatui_textarea::{CursorMove, Input, TextArea};

use crate::tui::texts;
use crate::tui::theme::Theme;
use crate::tui::widgets::text::{self, Keep};

/// The most bytes that a field of one line takes.
pub const LINE_BYTES_MAX: usize = 4 * 1024;
/// The most bytes that a field of several lines takes.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;
/// A field for text. What passes its limit is not taken.
pub struct Field {
    area: TextArea<'static>,
    multi_line: bool,
    placeholder: String,
}

impl Field {
    /// A field of one line.
    pub fn line(text: &str) -> Field {
        Field::new(text, false)
    }

    /// A field of several lines.
    pub fn text(text: &str) -> Field {
        Field::new(text, true)
    }

    fn new(text: &str, multi_line: bool) -> Field {
        let mut field = Field {
            area: TextArea::default(),
            multi_line,
            placeholder: String::new(),
        };
        field.set(text);
        field
    }

    /// What an empty field says.
    #[must_use]
    pub fn placeholder(mut self, text: impl Into<String>) -> Field {
        self.placeholder = text.into();
        self
    }

    /// What an empty field shows as an example, so that nobody takes it for something written.
    #[must_use]
    pub fn example(self, text: &str) -> Field {
        self.placeholder(texts::example(text))
    }

    /// With its content selected, so that typing replaces it.
    #[must_use]
    pub fn selected(mut self) -> Field {
        self.area.select_all();
        self
    }

    /// Replaces the content, and puts the cursor behind it.
    pub fn set(&mut self, text: &str) {
        let lines = text.split('\n').map(clean).collect();
        self.area = TextArea::new(lines);
        // Nothing undoes here, so nothing is to be remembered for it.
        self.area.set_max_histories(0);
        self.area.set_cursor_line_style(Style::new());
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// Puts the cursor before everything.
    pub fn move_to_top(&mut self) {
        self.area.move_cursor(CursorMove::Top);
        self.area.move_cursor(CursorMove::Head);
    }

    /// The content, lines joined by a line feed.
    pub fn content(&self) -> String {
        self.area.lines().join("\n")
    }

    /// True when nothing was written.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// True for a field of several lines.
    pub fn is_multi_line(&self) -> bool {
        self.multi_line
    }

    /// True while the cursor is on the first line.
    pub fn at_top(&self) -> bool {
        self.area.cursor().0 == 0
    }

    /// True while the cursor is on the last line.
    pub fn at_bottom(&self) -> bool {
        self.area.cursor().0 + 1 == self.area.lines().len()
    }

    /// True while the cursor stands behind everything.
    pub fn is_at_end(&self) -> bool {
        let last = self.area.lines().last().map_or(0, |line| line.chars().count());
        self.at_bottom() && self.area.cursor().1 >= last
    }

    /// Takes a key. False when it means nothing here.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Enter if !self.multi_line => false,
            KeyCode::Char('m' | 'j') if key.modifiers == KeyModifiers::CONTROL => false,
            KeyCode::Char(c) => self.on_char(c, key),
            KeyCode::Enter => {
                if self.room() > 0 {
                    self.area.insert_newline();
                }
                true
            }
            KeyCode::Backspace
            | KeyCode::Delete
            | KeyCode::Left
            | KeyCode::Right
            | KeyCode::Up
            | KeyCode::Down
            | KeyCode::Home
            | KeyCode::End
            | KeyCode::PageUp
            | KeyCode::PageDown => {
                self.area.input(Input::from(key));
                true
            }
            _ => false,
        }
    }

    fn on_char(&mut self, c: char, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        // Some terminals report AltGr as Control and Alt together; on Norwegian keyboards that is
        // how braces are typed.
        if control == alt {
            if self.room() >= c.len_utf8() && !c.is_control() {
                self.area.insert_char(c);
            }
            return true;
        }
        // Of the shell's keys, those that are no keys of the app.
        match c {
            'k' if control => self.area.delete_line_by_end(),
            'u' if control => self.area.delete_line_by_head(),
            'w' if control => self.area.delete_word(),
            _ => return false,
        };
        true
    }

    /// Takes pasted text, as much of it as there is room for.
    pub fn on_paste(&mut self, text: &str) {
        let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
        if !self.multi_line {
            text = text.trim_end_matches('\n').replace('\n', " ");
        }
        let text = text.split('\n').map(clean).collect::<Vec<_>>().join("\n");
        let end = text.floor_char_boundary(self.room());
        self.area.insert_str(&text[..end]);
    }

    fn room(&self) -> usize {
        let used: usize = self.area.lines().iter().map(|l| l.len() + 1).sum();
        let max = if self.multi_line {
            TEXT_BYTES_MAX
        } else {
            LINE_BYTES_MAX
        };
        max.saturating_sub(used)
    }

    /// Draws the field; only a focused one shows its cursor.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        let hint = theme.faint.add_modifier(Modifier::ITALIC);
        if !focused && self.is_empty() {
            // Where the text would stand; the text area would leave a cell for its cursor.
            let placeholder = text::fit(&self.placeholder, area.width.into(), Keep::Head);
            frame.render_widget(Span::styled(placeholder, hint), area);
            return;
        }
        let cursor = if focused { theme.selected } else { theme.text };
        self.area.set_cursor_style(cursor);
        self.area.set_style(theme.text);
        self.area.set_placeholder_text(self.placeholder.clone());
        self.area.set_placeholder_style(hint);
        frame.render_widget(&self.area, area);
    }
}

/// Tabulators become blanks; other control characters have no place in a line.
fn clean(line: &str) -> String {
    line.replace('\t', "    ").replace(|c: char| c.is_control(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_stays_one_line() {
        let mut field = Field::line("a");
        field.on_paste("b\r\nc\x1b[31m\n");
        assert_eq!(field.content(), "ab c[31m");
        assert!(!field.on_key(KeyEvent::from(KeyCode::Enter)));
    }

    #[test]
    fn braces_through_altgr_are_text_and_ctrl_s_is_not() {
        let mut field = Field::text("");
        let altgr = KeyModifiers::CONTROL | KeyModifiers::ALT;
        assert!(field.on_key(KeyEvent::new(KeyCode::Char('{'), altgr)));
        assert!(!field.on_key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL)));
        assert_eq!(field.content(), "{");
    }

    #[test]
    fn a_flood_of_paste_is_cut_at_the_limit() {
        let mut field = Field::text("");
        field.on_paste(&"æ".repeat(TEXT_BYTES_MAX));
        assert!(field.content().len() <= TEXT_BYTES_MAX);
        assert!(field.on_key(KeyEvent::from(KeyCode::Char('x'))));
        assert!(field.content().len() <= TEXT_BYTES_MAX);
    }
}
