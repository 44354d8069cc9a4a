//! Which row of a list is selected, and which rows are in view.

use std::ops::Range;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A selection in a list whose length may change between any two frames.
#[derive(Debug, Default, Clone)]
pub struct Selection {
    index: usize,
    offset: usize,
    page: usize,
}

impl Selection {
    /// The selected row of a list of `len` rows.
    pub fn index(&self, len: usize) -> Option<usize> {
        (len > 0).then(|| self.index.min(len - 1))
    }

    /// The first row in view.
    pub fn first(&self) -> usize {
        self.offset
    }

    /// Selects a row.
    pub fn set(&mut self, index: usize) {
        self.index = index;
    }

    /// Arrows, Page Up and Down, Home and End. False when the key is none of them, or when an arrow
    /// would leave the list.
    pub fn on_key(&mut self, key: KeyEvent, len: usize) -> bool {
        if key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
            || len == 0
        {
            return false;
        }
        let now = self.index.min(len - 1);
        let page = self.page.max(1);
        self.index = match key.code {
            KeyCode::Up if now > 0 => now - 1,
            KeyCode::Down if now + 1 < len => now + 1,
            KeyCode::PageUp => now.saturating_sub(page),
            KeyCode::PageDown => (now + page).min(len - 1),
            KeyCode::Home => 0,
            KeyCode::End => len - 1,
            _ => return false,
        };
        true
    }

    /// The rows to draw in `height` lines, moved no further than needed to hold the selected one.
    pub fn visible(&mut self, len: usize, height: usize) -> Range<usize> {
        self.page = height.saturating_sub(1);
        self.index = self.index.min(len.saturating_sub(1));
        if self.index < self.offset {
            self.offset = self.index;
        } else if self.index >= self.offset + height {
            self.offset = self.index + 1 - height.max(1);
        }
        self.offset = self.offset.min(len.saturating_sub(height));
        self.offset..(self.offset + height).min(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(selection: &mut Selection, code: KeyCode, len: usize) -> bool {
        selection.on_key(KeyEvent::new(code, KeyModifiers::NONE), len)
    }

    #[test]
    fn the_selected_row_stays_in_view() {
        let mut s = Selection::default();
        assert_eq!(s.visible(10, 3), 0..3);
        for _ in 0..4 {
            assert!(press(&mut s, KeyCode::Down, 10));
        }
        assert_eq!(s.visible(10, 3), 2..5);
        press(&mut s, KeyCode::End, 10);
        assert_eq!(s.visible(10, 3), 7..10);
        assert!(!press(&mut s, KeyCode::Down, 10));
        assert_eq!(s.visible(2, 3), 0..2);
        assert_eq!(s.index(2), Some(1));
        assert_eq!(s.visible(0, 3), 0..0);
        assert_eq!(s.index(0), None);
    }
}
