//! Draws the tree of subjects.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::feed::Seen;
use super::rows::{Row, internal_messages};
use super::{View, texts};
use crate::client::payload;
use crate::tui::panes::texts as shared;
use crate::tui::panes::trouble;
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::table::{Cell, Column, Set, Table, Whole};
use crate::tui::widgets::text::{self, Keep};
use crate::util::size::format_bytes;

/// Characters of a value that a row may show.
const VALUE_CHARS_MAX: usize = 48;

fn columns() -> [Column; 6] {
    [
        Column::new("Subject", 12, 0, Set::Left),
        Column::new(texts::messages(), 5, 1, Set::Right),
        Column::new("/s", 3, 2, Set::Right),
        Column::new("Bytes", 7, 5, Set::Right),
        Column::new(texts::last(), 4, 4, Set::Right),
        Column::new(texts::value(), 8, 3, Set::Left),
    ]
}

/// Draws the pane.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    seen: &Seen,
    view: &mut View,
) {
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(u16::from(area.height > 1)),
        Constraint::Min(0),
        Constraint::Length(u16::from(view.left_out > 0 && area.height > 4)),
    ])
    .areas(area);
    match &mut view.editing {
        Some(field) => {
            let label = texts::pattern_label();
            let [left, right] =
                Layout::horizontal([Constraint::Length(text::width(label) as u16), Constraint::Min(0)])
                    .areas(head);
            frame.render_widget(Span::styled(label, theme.accent), left);
            field.draw(frame, right, theme, focused);
        }
        None => {
            frame.render_widget(totals(seen, view, theme, head.width.into()), head);
        }
    }
    if let Some(why) = &seen.trouble {
        trouble::draw(frame, body, theme, why);
        if body.height > 3 {
            let below = Rect {
                y: body.bottom() - 1,
                height: 1,
                ..body
            };
            text::draw_wrapped(frame, below, texts::try_other(), theme.faint);
        }
        return;
    }
    if view.rows.is_empty() {
        return text::draw_wrapped(frame, body, texts::nothing(), theme.faint);
    }
    // Only what can be seen is set, since there may be thousands of rows.
    let range = view.selection.visible_below_head(view.rows.len(), body);
    let rows: Vec<Vec<Cell>> = view.rows[range.clone()]
        .iter()
        .map(|row| cells(row, seen, view, theme))
        .collect();
    let table = Table {
        columns: &columns(),
        rows: &rows,
    };
    let whole = Whole::of(&view.selection, range, view.rows.len());
    table.draw_part(frame, body, theme, (whole, focused));
    if view.left_out > 0 {
        let text = texts::left_out(&number::count(view.left_out as u64));
        text::draw_wrapped(frame, foot, &text, theme.warn);
    }
}

fn totals(seen: &Seen, view: &View, theme: &Theme, width: usize) -> Line<'static> {
    if let Some(problem) = view.problem {
        return Line::styled(problem, theme.bad);
    }
    let root = seen.tree.root();
    let (subjects, has_more) = seen.tree.subjects();
    let subjects = match has_more {
        true => texts::more_subjects(&number::count(subjects)),
        false if subjects == 1 => texts::one_subject().to_owned(),
        false => texts::some_subjects(&number::count(subjects)),
    };
    let mut text = texts::total(
        &number::count(root.messages),
        &number::count(seen.rate.per_second()),
        &format_bytes(root.bytes),
        &subjects,
    );
    let internal = internal_messages(&seen.tree);
    if internal > 0 && !view.shown.internal {
        text += &format!("  {}", texts::hidden(&number::count(internal)));
    }
    if view.losses.dropped > 0 {
        text += &format!("  {}", shared::lost(&number::count(view.losses.dropped)));
    }
    if view.losses.disconnects > 0 {
        text += &format!("  {}", shared::broken(view.losses.disconnects));
    }
    if seen.deliveries > 0 {
        text += &format!("  {}", texts::deliveries(&number::count(seen.deliveries)));
    }
    let style = if view.losses.any() {
        theme.warn
    } else {
        theme.faint
    };
    Line::styled(text::fit(&text, width, Keep::Head), style)
}

fn cells(row: &Row, seen: &Seen, view: &View, theme: &Theme) -> Vec<Cell> {
    let rate = seen.rates.get(&row.path).map_or(0, |rate| rate.per_second());
    let mark = match (row.below > 0, row.is_open) {
        (false, _) => "  ",
        (true, true) => "▾ ",
        (true, false) => "▸ ",
    };
    let mut name = format!(
        "{}{mark}{}",
        "  ".repeat(row.depth),
        payload::neutralise(&row.token)
    );
    if row.values > 1 {
        name += &format!("  ({})", texts::values(&number::count(row.values as u64)));
    }
    if row.untold > 0 {
        name += &format!("  +{}", texts::untold(&number::count(row.untold)));
    }
    let value = match &row.value {
        Some(value) => payload::preview(value, VALUE_CHARS_MAX),
        None => String::new(),
    };
    let style = match (row.values > 1, row.value.is_some()) {
        (true, _) => theme.warn,
        (false, true) => theme.accent,
        (false, false) => theme.text,
    };
    vec![
        Cell(name, style),
        number::count(row.messages).into(),
        Cell(
            number::short(rate),
            if rate > 0 { theme.good } else { theme.faint },
        ),
        Cell(format_bytes(row.bytes), theme.faint),
        Cell(number::ago(view.now.since(row.seen)), theme.faint),
        Cell(value, Style::new()),
    ]
}
