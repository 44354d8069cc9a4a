//! The newest messages, one a row, the newest last.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::record::{Entry, Record};
use super::{colour, texts};
use crate::client::payload;
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};

/// Cells of `18:00:01`.
const TIME_CELLS: usize = 8;
/// From this width on there is room for the time.
const WITH_TIME_CELLS_MIN: usize = 50;

/// Draws them.
pub fn draw(record: &Record, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    if record.newest.is_empty() {
        return Line::styled(texts::waiting(), theme.faint).render(area, buffer);
    }
    let width = usize::from(area.width);
    let has_time = width >= WITH_TIME_CELLS_MIN;
    let rows = usize::from(area.height);
    let shown = record.newest.len().min(rows);
    let newest: Vec<&Entry> = record.newest.iter().skip(record.newest.len() - shown).collect();
    let subjects = newest
        .iter()
        .map(|entry| text::width(&record.subjects[entry.subject]));
    let subject_cells = subjects.max().unwrap_or(0).min(width / 2);
    for ((nth, entry), y) in newest.into_iter().enumerate().zip(area.top()..) {
        let subject = payload::neutralise(&record.subjects[entry.subject]);
        let mut spans = Vec::new();
        if has_time {
            let time: String = number::clock(entry.at, &TimeZone::system())
                .chars()
                .take(TIME_CELLS)
                .collect();
            spans.push(Span::styled(format!("{time}  "), theme.faint));
        }
        spans.push(Span::styled(
            text::pad_right(&subject, subject_cells, Keep::Tail),
            colour(theme, entry.subject),
        ));
        let used: usize = spans.iter().map(Span::width).sum();
        let body = text::fit(&entry.text, width.saturating_sub(used + 2), Keep::Head);
        let is_newest = nth + 1 == shown;
        let style = match is_newest {
            true => theme.text.add_modifier(Modifier::BOLD),
            false => theme.text,
        };
        spans.push(Span::styled(format!("  {body}"), style));
        Line::from(spans).render(Rect { y, height: 1, ..area }, buffer);
    }
}
