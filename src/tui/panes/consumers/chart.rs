//! The newest values of one subject as bars over the whole width.

use crate::tui::panes::consumers::texts;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Sparkline;

use crate::client::payload;
use crate::tui::panes::consumers::averages::Series;
use crate::tui::theme::Theme;
use crate::tui::widgets::text::{self, Keep};
use crate::tui::widgets::{number, spark};

/// The broadest bar, in cells.
const BAR_CELLS_MAX: usize = 4;

/// Draws the chart: with a label above where there is room, else on one line.
pub fn draw(frame: &mut Frame<'_>, area: Rect, theme: &Theme, subject: &str, series: &Series, style: Style) {
    if area.height == 0 || series.numbers == 0 {
        return;
    }
    let width = usize::from(area.width);
    let subject = payload::neutralise(subject);
    if area.height == 1 {
        let label = text::fit(&subject, width / 3, Keep::Tail) + " ";
        let left = width.saturating_sub(text::width(&label));
        let chart = spark::line(series.newest(), left);
        let line = Line::from(vec![Span::styled(label, theme.faint), Span::styled(chart, style)]);
        return frame.render_widget(line, area);
    }
    let [label, bars] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    // Few values get broad bars.
    let cells = (width / series.newest().len().max(1)).clamp(1, BAR_CELLS_MAX);
    let skip = series.newest().len().saturating_sub(width / cells);
    let values = series.newest().skip(skip);
    let (low, high) = spark::range(values.clone());
    let said = texts::chart(&subject, values.len(), &number::value(low), &number::value(high));
    let said = text::fit(&said, width, Keep::Head);
    frame.render_widget(Span::styled(said, theme.faint), label);
    // Every bar has at least one eighth of a cell, so that the least value is seen too.
    let levels = usize::from(bars.height) * 8;
    let data = values.flat_map(|v| {
        let bar = spark::level(v, low, high, levels) as u64 + 1;
        std::iter::repeat_n(bar, cells)
    });
    let chart = Sparkline::default()
        .data(data.collect::<Vec<u64>>())
        .max(levels as u64)
        .style(style);
    frame.render_widget(chart, bars);
}
