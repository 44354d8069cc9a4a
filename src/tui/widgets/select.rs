//! Which row of a list is selected, which rows are in view, and which one is clicked.

use std::ops::Range;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// A selection in a list whose length may change between any two frames.
#[derive(Debug, Default, Clone)]
pub struct Selection {
    index: usize,
    offset: usize,
    page: usize,
    /// Where the rows were drawn last, and how many there were, for the mouse.
    area: Rect,
    len: usize,
}

impl Selection {
    /// The selected row of a list of `len` rows.
    pub fn index(&self, len: usize) -> Option<usize> {
        (len > 0).then(|| self.index.min(len - 1))
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

    /// As [`Selection::visible`] for the rows of a table in `area`, under its head where there is room for one.
    pub fn visible_below_head(&mut self, len: usize, area: Rect) -> Range<usize> {
        let head = u16::from(area.height > 1);
        self.visible_in(
            len,
            Rect {
                y: area.y + head,
                height: area.height - head,
                ..area
            },
        )
    }

    /// As [`Selection::visible`] for rows that fill `area`, which the mouse then knows.
    pub fn visible_in(&mut self, len: usize, area: Rect) -> Range<usize> {
        (self.area, self.len) = (area, len);
        self.visible(len, area.height.into())
    }

    /// The keys that do what the mouse did: the wheel moves by one, a click goes to the row, and on the row that is
    /// selected already it opens it.
    pub fn keys_of(&self, mouse: MouseEvent) -> Vec<KeyEvent> {
        let keys = |code: KeyCode, count: usize| vec![KeyEvent::from(code); count];
        match mouse.kind {
            MouseEventKind::ScrollUp => keys(KeyCode::Up, 1),
            MouseEventKind::ScrollDown => keys(KeyCode::Down, 1),
            MouseEventKind::Down(_) => match (self.clicked(mouse), self.index(self.len)) {
                (Some(at), Some(now)) if at < now => keys(KeyCode::Up, now - at),
                (Some(at), Some(now)) if at > now => keys(KeyCode::Down, at - now),
                (Some(_), _) => keys(KeyCode::Enter, 1),
                (None, _) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The row that the mouse is on.
    pub fn clicked(&self, mouse: MouseEvent) -> Option<usize> {
        let at = Position::new(mouse.column, mouse.row);
        let row = usize::from(mouse.row.saturating_sub(self.area.y));
        let index = self.offset + row;
        (self.area.contains(at) && index < self.len).then_some(index)
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

    #[test]
    fn a_click_goes_to_its_row_and_a_second_one_opens_it() {
        let mut s = Selection::default();
        s.set(5);
        s.visible_below_head(10, Rect::new(2, 3, 20, 4));
        let at = |column, row| MouseEvent {
            kind: MouseEventKind::Down(ratatui::crossterm::event::MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        };
        let codes = |mouse| {
            s.keys_of(mouse)
                .into_iter()
                .map(|key| key.code)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            codes(at(5, 4)),
            [KeyCode::Up, KeyCode::Up],
            "3 is the first in view"
        );
        assert_eq!(codes(at(5, 6)), [KeyCode::Enter]);
        assert_eq!(codes(at(5, 3)), [], "the head");
        assert_eq!(codes(at(40, 4)), []);
    }
}
