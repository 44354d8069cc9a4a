//! Draws the services.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::model::Services;
use super::texts;
use crate::client::payload;
use crate::tui::panes::trouble;
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::select::Selection;
use crate::tui::widgets::table::{Cell, Column, Set, Table};
use crate::tui::widgets::text;

/// Draws the pane.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    services: &Services,
    selection: &mut Selection,
) {
    if let Some(why) = &services.trouble {
        return trouble::draw(frame, area, theme, why);
    }
    if services.rows.is_empty() {
        let text = if services.asked {
            texts::none()
        } else {
            texts::asking()
        };
        return text::draw_wrapped(frame, area, text, theme.faint);
    }
    let columns = [
        Column::new(texts::service(), 8, 0, Set::Left),
        Column::new("Subject", 8, 1, Set::LeftTail),
        Column::new(texts::instance(), 6, 6, Set::LeftTail),
        Column::new("V.", 5, 7, Set::Left),
        Column::new(texts::requests(), 4, 2, Set::Right),
        Column::new("/s", 3, 3, Set::Right),
        Column::new(texts::errors(), 4, 4, Set::Right),
        Column::new(texts::average(), 7, 5, Set::Right),
        Column::new(texts::last_error(), 8, 8, Set::Left),
    ];
    let shown = |text: &str| payload::neutralise(text).into_owned();
    let rows: Vec<Vec<Cell>> = services
        .rows
        .iter()
        .map(|row| {
            let errors = if row.errors > 0 { theme.bad } else { theme.faint };
            vec![
                Cell(shown(&row.service), theme.title),
                Cell(shown(&row.subject), theme.accent),
                Cell(shown(&row.id), theme.faint),
                Cell(shown(&row.version), theme.faint),
                number::short(row.requests).into(),
                number::short(services.per_second(row)).into(),
                Cell(number::short(row.errors), errors),
                number::latency(row.average).into(),
                Cell(shown(&row.last_error), theme.bad),
            ]
        })
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw(frame, area, theme, Some((selection, focused)));
}
