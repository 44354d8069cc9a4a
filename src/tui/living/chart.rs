//! The newest values of each subject as curves, with the ends of the scale at the left.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Widget};

use super::record::Record;
use super::{colour, figures, short_names, texts};
use crate::deck::Live;
use crate::tui::panes::consumers::averages::Series;
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};

/// Curves that can be told apart.
const CURVES_MAX: usize = 6;
/// Values of a curve.
const VALUES_MAX: usize = 120;

/// Draws the curves, and their names below.
pub fn draw(record: &Record, live: &Live, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let series: Vec<(&str, &Series)> = record
        .values
        .subjects()
        .filter(|(_, series)| series.numbers > 0)
        .take(CURVES_MAX)
        .collect();
    if series.is_empty() {
        return Line::styled(texts::waiting(), theme.faint).render(area, buffer);
    }
    let legend_rows = u16::from(area.height > 3);
    let plot = Rect {
        height: area.height - legend_rows,
        ..area
    };
    let (low, high) = figures::scale(&series, live);
    let points: Vec<Vec<(f64, f64)>> = series.iter().map(|(_, series)| curve(series)).collect();
    let longest = points.iter().map(Vec::len).max().unwrap_or(0);
    let datasets = points.iter().enumerate().map(|(nth, points)| {
        Dataset::default()
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(colour(theme, nth))
            .data(points)
    });
    let label = |value: f64| Span::styled(number::value(value), theme.faint);
    let axis = Style::new().patch(theme.faint);
    Chart::new(datasets.collect())
        .x_axis(
            Axis::default()
                .style(axis)
                .bounds([1.0 - longest.max(2) as f64, 0.0]),
        )
        .y_axis(
            Axis::default()
                .style(axis)
                .bounds([low, high])
                .labels([label(low), label(high)]),
        )
        .legend_position(None)
        .hidden_legend_constraints((Constraint::Length(0), Constraint::Length(0)))
        .render(plot, buffer);
    if legend_rows == 0 {
        return;
    }
    let subjects: Vec<&str> = series.iter().map(|(subject, _)| *subject).collect();
    let mut line = Line::default();
    for (nth, (name, (_, one))) in short_names(&subjects).iter().zip(&series).enumerate() {
        let newest = one.newest().next_back().unwrap_or_default();
        let name = text::fit(name, usize::from(area.width) / 2, Keep::Tail);
        line.push_span(Span::styled("━ ", colour(theme, nth)));
        line.push_span(Span::styled(
            format!("{name} {}   ", number::value(newest)),
            theme.text,
        ));
    }
    let at = Rect {
        y: area.bottom() - 1,
        height: 1,
        ..area
    };
    line.render(at, buffer);
}

/// The newest values, the last one at 0.
fn curve(series: &Series) -> Vec<(f64, f64)> {
    let newest = series.newest();
    let skip = newest.len().saturating_sub(VALUES_MAX);
    let count = newest.len() - skip;
    let place = |nth: usize| nth as f64 - (count - 1) as f64;
    newest
        .skip(skip)
        .enumerate()
        .map(|(nth, value)| (place(nth), value))
        .collect()
}
