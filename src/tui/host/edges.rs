//! The edges between the slide and the windows, which the mouse moves.

use ratatui::crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{BESIDE_CELLS_MIN, Host};

/// The least and the most of the screen that the slide can be given, in per cent.
const SHARE_MIN: u16 = 20;
const SHARE_MAX: u16 = 80;
/// The least height that the mouse gives a window.
const HELD_ROWS_MIN: u16 = 3;

/// An edge that can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Between the slide and the windows.
    Share,
    /// Above the window of that number.
    Above(usize),
}

impl Host {
    /// Moves the edge that is held to where the mouse is; false when none is.
    pub(super) fn moves_edge(&mut self, mouse: MouseEvent) -> bool {
        let Some(edge) = self.held else { return false };
        match (mouse.kind, edge) {
            (MouseEventKind::Up(_), _) => self.held = None,
            (MouseEventKind::Drag(_), Edge::Share) => {
                let is_beside = self.whole.width >= BESIDE_CELLS_MIN;
                let (at, from, all) = match is_beside {
                    true => (mouse.column, self.whole.x, self.whole.width),
                    false => (mouse.row, self.whole.y, self.whole.height),
                };
                let share = u32::from(at.saturating_sub(from)) * 100 / u32::from(all.max(1));
                let share = u16::try_from(share).unwrap_or(SHARE_MAX);
                self.share = Some(share.clamp(SHARE_MIN, SHARE_MAX));
            }
            (MouseEventKind::Drag(_), Edge::Above(index)) => {
                let (Some(above), Some(below)) = (self.areas.get(index - 1), self.areas.get(index)) else {
                    return true;
                };
                let both = above.height + below.height;
                let most = both.saturating_sub(HELD_ROWS_MIN).max(HELD_ROWS_MIN);
                let first = mouse.row.saturating_sub(above.y).clamp(HELD_ROWS_MIN, most);
                self.weights = self.areas.iter().map(|area| area.height.max(1)).collect();
                self.weights[index - 1] = first;
                self.weights[index] = both.saturating_sub(first).max(1);
            }
            _ => return false,
        }
        true
    }

    /// The edge that a click takes hold of.
    pub(super) fn edge_at(&self, at: Position) -> Option<Edge> {
        let first = self.areas.first()?;
        let on_share = match self.whole.width >= BESIDE_CELLS_MIN {
            true => at.x + 1 == first.x || at.x == first.x,
            false => at.y == first.y,
        };
        if on_share && !self.fills && self.whole.contains(at) {
            return Some(Edge::Share);
        }
        let is_edge = |pair: &[Rect]| pair[0].x == pair[1].x && pair[1].contains(at) && at.y == pair[1].y;
        let index = self.areas.windows(2).position(is_edge)?;
        Some(Edge::Above(index + 1))
    }
}
