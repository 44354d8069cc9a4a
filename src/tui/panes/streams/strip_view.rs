//! Draws the strip: the stream's cells, and under them where each consumer stands.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};

use super::strip::{Age, Cell, Position, Reason, Strip};
use super::texts;
use crate::client::payload;
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};

/// Cells for names.
const NAME_CELLS_MAX: usize = 14;
/// Cells for what a consumer still owes, where there is room.
const OWED_CELLS: usize = 26;
/// From this width on it is shown.
const OWED_WIDTH_MIN: usize = 76;

/// Rows that the strip would like to have: itself, its consumers, and the legend.
pub fn rows_wanted(strip: &Strip) -> u16 {
    u16::try_from(strip.consumers().len())
        .unwrap_or(u16::MAX)
        .saturating_add(3)
}

/// Draws the strip of the stream called `name`.
pub fn draw(frame: &mut Frame<'_>, area: Rect, theme: &Theme, name: &str, strip: &Strip) {
    let width = usize::from(area.width);
    let names = strip.consumers().iter().map(|c| text::width(&c.name));
    let label = names
        .chain([text::width(name)])
        .max()
        .unwrap_or(0)
        .min(NAME_CELLS_MAX)
        .min(width / 3)
        + 1;
    let owed = if width >= OWED_WIDTH_MIN { OWED_CELLS } else { 0 };
    let room = width.saturating_sub(label + owed + usize::from(owed > 0)).max(1);
    let span = strip.span();
    let mut lines = Vec::new();
    let ends = (
        number::count(span.start),
        number::count(span.end.saturating_sub(1)),
    );
    if area.height > 2 {
        lines.push(scale_line(strip, &ends, (label, room), theme));
    }
    let mut cells = vec![Span::styled(name_cell(name, label), theme.title)];
    cells.extend(
        strip
            .cells(room)
            .iter()
            .map(|cell| mark(cell, strip.scale(room), theme))
            .map(|(symbol, style)| Span::styled(symbol, style)),
    );
    lines.push(Line::from(cells));
    // Where a consumer has to give way to it, the legend does instead.
    let legend = usize::from(area.height > 3 || (area.height == 3 && strip.consumers().is_empty()));
    let places = usize::from(area.height).saturating_sub(lines.len() + legend);
    for consumer in strip.consumers().iter().take(places) {
        lines.push(track(strip, consumer, (label, room, owed), theme));
    }
    if legend == 1 {
        lines.push(legend_line(strip, theme, width));
    }
    frame.render_widget(Text::from(lines), area);
}

fn name_cell(name: &str, cells: usize) -> String {
    let name = payload::neutralise(name);
    text::pad_right(
        &text::fit(&name, cells.saturating_sub(1), Keep::Tail),
        cells,
        Keep::Head,
    )
}

/// The first and the last sequence above the ends of the strip.
fn scale_line(
    strip: &Strip,
    (first, last): &(String, String),
    (label, room): (usize, usize),
    theme: &Theme,
) -> Line<'static> {
    if strip.span().is_empty() {
        return Line::styled(
            format!("{}{}", " ".repeat(label), texts::empty_strip()),
            theme.faint,
        );
    }
    let used = strip.cells(room).len();
    let scale = match strip.scale(room) {
        1 => String::new(),
        scale => format!("  {}", texts::per_cell(&number::count(scale))),
    };
    let between = used.saturating_sub(first.len() + last.len()).max(1);
    let line = format!("{}{first}{}{last}{scale}", " ".repeat(label), " ".repeat(between));
    Line::styled(line, theme.faint)
}

/// A cell's mark, and how it looks where one cell stands for `scale` messages.
pub fn mark(cell: &Cell, scale: u64, theme: &Theme) -> (&'static str, Style) {
    match cell {
        Cell::Empty => ("·", theme.faint),
        Cell::Vanished(reason) => ("×", reason_style(*reason, theme)),
        Cell::Held { share, age, acked } => {
            let symbol = match (scale, *age) {
                (1, Age::New) => "█",
                (1, Age::Young) => "▓",
                (1, Age::Grown) => "▒",
                (1, Age::Old) => "░",
                _ if *share > 0.75 => "█",
                _ if *share > 0.5 => "▓",
                _ if *share > 0.25 => "▒",
                _ => "░",
            };
            let style = match (acked, age) {
                (true, _) => theme.faint,
                (false, Age::New) => theme.good,
                (false, Age::Young) => theme.accent,
                (false, Age::Grown | Age::Old) => theme.text,
            };
            (symbol, style)
        }
    }
}

fn reason_style(reason: Reason, theme: &Theme) -> Style {
    match reason {
        Reason::Acked => theme.good,
        Reason::Age => theme.warn,
        _ => theme.bad,
    }
}

/// A consumer's row: acknowledged up to here, delivered up to there, the rest to come.
fn track(
    strip: &Strip,
    consumer: &Position,
    (label, room, owed): (usize, usize, usize),
    theme: &Theme,
) -> Line<'static> {
    let used = strip.cells(room).len();
    let floor = strip.place(consumer.ack_floor, room);
    let delivered = strip.place(consumer.delivered, room);
    let mut spans = vec![Span::styled(name_cell(&consumer.name, label), theme.text)];
    for cell in 0..used {
        let is_delivered = delivered.is_some_and(|at| cell <= at);
        spans.push(if delivered == Some(cell) {
            Span::styled("▶", theme.accent)
        } else if floor.is_some_and(|at| cell <= at) {
            Span::styled("─", theme.good)
        } else if is_delivered {
            Span::styled("■", theme.warn)
        } else {
            Span::styled("·", theme.faint)
        });
    }
    if owed > 0 {
        let text = texts::owed(
            &number::count(consumer.pending),
            &number::count(consumer.ack_pending),
        );
        spans.push(Span::raw(" ".repeat(room - used + 1)));
        spans.push(Span::styled(text::fit(&text, owed, Keep::Head), theme.faint));
    }
    Line::from(spans)
}

fn legend_line(strip: &Strip, theme: &Theme, width: usize) -> Line<'static> {
    if let Some((reason, count)) = strip.told() {
        let count = number::count(count);
        let text = match reason {
            Reason::Acked => texts::gone_acked(&count),
            Reason::Age => texts::gone_age(&count),
            Reason::Messages => texts::gone_messages(&count),
            Reason::Bytes => texts::gone_bytes(&count),
            Reason::Subject => texts::gone_subject(&count),
            Reason::Purged => texts::gone_purged(&count),
            Reason::Deleted => texts::gone_deleted(&count),
        };
        return Line::styled(text::fit(&text, width, Keep::Head), reason_style(reason, theme));
    }
    Line::styled(text::fit(texts::legend(), width, Keep::Head), theme.faint)
}
