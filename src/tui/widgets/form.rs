//! Labelled fields under each other, with one of them in focus.
//!
//! Tab belongs to the app, so arrows and Enter move between the fields; Control with an arrow does so
//! from inside a field of several lines too.

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::text::{self, Keep};

/// A field and what is to be written there.
pub struct Item {
    label: &'static str,
    field: Field,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormKey {
    /// A field used it, or the focus moved.
    Used,
    /// Enter in a field of one line.
    Enter,
    /// The focus would leave the form upwards.
    Above,
    /// The focus would leave the form downwards.
    Below,
    /// Nothing here knows it.
    Unknown,
}

/// Fields under each other.
#[derive(Default)]
pub struct Form {
    items: Vec<Item>,
    focus: usize,
}

impl Form {
    /// An empty form.
    pub fn new() -> Form {
        Form::default()
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, label: &'static str, field: Field) -> Form {
        self.items.push(Item { label, field });
        self
    }

    /// The content of the field at `index`.
    pub fn content(&self, index: usize) -> String {
        self.items[index].field.content()
    }

    /// Replaces the content of the field at `index`.
    pub fn set(&mut self, index: usize, text: &str) {
        self.items[index].field.set(text);
    }

    /// Which field has the focus.
    pub fn focus(&self) -> usize {
        self.focus
    }

    /// Gives the focus to a field.
    pub fn set_focus(&mut self, index: usize) {
        self.focus = index.min(self.items.len().saturating_sub(1));
    }

    /// True while the cursor stands behind everything in the field with the focus.
    pub fn is_at_end(&self) -> bool {
        self.items[self.focus].field.is_at_end()
    }

    /// Cells of the labels in a form of so many.
    pub fn label_width(&self, cells: u16) -> usize {
        let longest = self.items.iter().map(|i| text::width(i.label)).max().unwrap_or(0);
        (longest + 1).min(usize::from(cells) / 2)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Takes a key.
    pub fn on_key(&mut self, key: KeyEvent) -> FormKey {
        let control = key.modifiers == KeyModifiers::CONTROL;
        let field = &mut self.items[self.focus].field;
        match key.code {
            KeyCode::Up if control || field.at_top() => self.step_up(),
            KeyCode::Down if control || field.at_bottom() => self.step_down(),
            KeyCode::Enter if !field.is_multi_line() => FormKey::Enter,
            _ if field.on_key(key) => FormKey::Used,
            _ => FormKey::Unknown,
        }
    }

    fn step_up(&mut self) -> FormKey {
        if self.focus == 0 {
            return FormKey::Above;
        }
        self.focus -= 1;
        FormKey::Used
    }

    /// Moves the focus to the next field, as Enter does in most of them.
    pub fn step_down(&mut self) -> FormKey {
        if self.focus + 1 >= self.items.len() {
            return FormKey::Below;
        }
        self.focus += 1;
        FormKey::Used
    }

    /// Takes pasted text into the field with the focus.
    pub fn on_paste(&mut self, text: &str) {
        self.items[self.focus].field.on_paste(text);
    }

    /// The lines that a form would like to have: a few for every field of several lines.
    pub fn height_wanted(&self) -> u16 {
        let of = |item: &Item| {
            if item.field.is_multi_line() {
                (item.field.content().split('\n').count() as u16).clamp(1, 4)
            } else {
                1
            }
        };
        self.items.iter().map(of).sum()
    }

    /// Draws the form. Where not every field fits, those around the focus are shown.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        let count = self.items.len();
        let height = usize::from(area.height);
        if height == 0 || area.width == 0 {
            return;
        }
        let first = (self.focus + 1)
            .saturating_sub(height)
            .min(count.saturating_sub(height));
        let shown = first..count.min(first + height);
        let mut heights: Vec<usize> = vec![1; shown.len()];
        let multi: Vec<usize> = shown
            .clone()
            .filter(|i| self.items[*i].field.is_multi_line())
            .collect();
        let mut spare = height - heights.len();
        while spare > 0 && !multi.is_empty() {
            // The last of them is the payload, which gains most from a line more.
            for i in multi.iter().rev() {
                if spare > 0 && (heights[*i - first] < 3 || *i == multi[multi.len() - 1]) {
                    heights[*i - first] += 1;
                    spare -= 1;
                }
            }
        }
        self.draw_items(frame, area, theme, focused, shown.zip(heights));
    }

    fn draw_items(
        &mut self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        focused: bool,
        rows: impl Iterator<Item = (usize, usize)>,
    ) {
        let label_width = self.label_width(area.width);
        let mut y = area.y;
        for (i, height) in rows {
            let active = focused && i == self.focus;
            let item = &mut self.items[i];
            let style = if active { theme.accent } else { theme.faint };
            let label = text::pad_right(item.label, label_width, Keep::Head);
            let height = height as u16;
            let label_width = label_width as u16;
            frame.render_widget(Span::styled(label, style), Rect::new(area.x, y, label_width, 1));
            let rest = Rect::new(area.x + label_width, y, area.width - label_width, height);
            item.field.draw(frame, rest, theme, active);
            y += height;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form::new()
            .with("Subject", Field::line(""))
            .with("Payload", Field::text("a\nb"))
            .with("Antall", Field::line("1"))
    }

    #[test]
    fn arrows_walk_through_lines_and_fields() {
        let mut f = form();
        let press = |f: &mut Form, code| f.on_key(KeyEvent::from(code));
        assert_eq!(press(&mut f, KeyCode::Up), FormKey::Above);
        assert_eq!(press(&mut f, KeyCode::Enter), FormKey::Enter);
        press(&mut f, KeyCode::Down);
        assert_eq!(f.focus(), 1);
        assert_eq!(press(&mut f, KeyCode::Up), FormKey::Used);
        assert_eq!(f.focus(), 1, "the cursor was on the second line");
        f.on_key(KeyEvent::new(KeyCode::Down, KeyModifiers::CONTROL));
        assert_eq!(f.focus(), 2);
        assert_eq!(press(&mut f, KeyCode::Down), FormKey::Below);
    }
}
