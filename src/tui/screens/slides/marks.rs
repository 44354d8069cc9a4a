//! What is laid over a slide that is drawn: hits of a search, the pointer, signs that it goes on.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::draw::{MARGIN_CELLS, cells};
use crate::deck::Pattern;
use crate::tui::theme::Theme;

/// Lets what the pattern finds on each row stand out.
pub(super) fn mark_hits(cells: &mut Buffer, area: Rect, pattern: &Pattern, theme: &Theme) {
    for y in area.top()..area.bottom() {
        let mut text = String::new();
        // The byte of the text that each cell begins with.
        let mut starts = Vec::new();
        for x in area.left()..area.right() {
            starts.push(text.len());
            text.push_str(cells[(x, y)].symbol());
        }
        for place in pattern.places(text.trim_end()) {
            let found = starts
                .iter()
                .zip(area.left()..)
                .filter(|(start, _)| place.contains(start));
            for (_, x) in found {
                cells[(x, y)].set_style(theme.selected);
            }
        }
    }
}

/// Lets one row stand out and the others step back.
pub(super) fn shine(frame: &mut Frame<'_>, area: Rect, row: usize, theme: &Theme) {
    let lit = area.y.saturating_add(cells(row));
    for y in area.top()..area.bottom() {
        let line = Rect { y, height: 1, ..area };
        let style = match y == lit {
            true => Style::new()
                .add_modifier(Modifier::BOLD)
                .remove_modifier(Modifier::DIM),
            false => Style::new().add_modifier(Modifier::DIM),
        };
        frame.buffer_mut().set_style(line, style);
    }
    let mark = Rect {
        x: area.x.saturating_sub(MARGIN_CELLS),
        y: lit,
        width: 1,
        height: 1,
    };
    frame.render_widget(Span::styled("➤", theme.bad), mark.intersection(frame.area()));
}

/// Says in the right margin that the slide goes on above or below.
pub(super) fn mark_more(frame: &mut Frame<'_>, area: Rect, (above, below): (bool, bool), theme: &Theme) {
    let mut put = |text: &'static str, y: u16| {
        let at = Rect {
            x: area.right() + 1,
            y,
            width: 1,
            height: 1,
        };
        frame.render_widget(Span::styled(text, theme.accent), at.intersection(frame.area()));
    };
    if above && !area.is_empty() {
        put("▲", area.y);
    }
    if below && !area.is_empty() {
        put("▼", area.bottom() - 1);
    }
}
