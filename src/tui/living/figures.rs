//! Numbers for the back row: a counter in big digits, and means on their scale.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::record::Record;
use super::{colour, short_names, texts};
use crate::deck::{Live, big_text};
use crate::tui::panes::consumers::averages::Series;
use crate::tui::theme::Theme;
use crate::tui::widgets::text::{self, Keep};
use crate::tui::widgets::{number, spark};

/// Rows of a digit.
const DIGIT_ROWS: u16 = 5;
/// Cells for the name of a subject.
const NAME_CELLS_MAX: usize = 24;
/// A scale shorter than this is left out.
const SCALE_CELLS_MIN: usize = 8;

/// How many messages came, as large as fits, and how fast.
pub fn counter(record: &Record, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let digits = number::count(record.total);
    let big = big_text(&digits, area.width.into()).filter(|_| area.height >= DIGIT_ROWS);
    let rows = big.unwrap_or_else(|| vec![digits]);
    let mut y = area.y;
    for row in &rows {
        buffer.set_stringn(area.x, y, row, area.width.into(), theme.accent);
        y += 1;
    }
    let left = area.bottom().saturating_sub(y);
    if left == 0 {
        return;
    }
    // A blank row below the digits, where there is one to spare.
    let y = y + u16::from(left > 1);
    let curve_cells = usize::from(area.width).min(record.rates.len());
    let rates = record.rates.iter().map(|rate| *rate as f64).collect::<Vec<_>>();
    let is_quiet = record.rates.iter().all(|rate| *rate == 0);
    let line = match is_quiet {
        true => Line::styled(texts::waiting(), theme.faint),
        false => {
            let said = texts::last_seconds(record.rates_seconds());
            let cells = curve_cells.min(usize::from(area.width).saturating_sub(text::width(&said) + 2));
            Line::from_iter([
                Span::styled(spark::line(rates.into_iter(), cells), colour(theme, 0)),
                Span::styled(format!("  {said}"), theme.faint),
            ])
        }
    };
    line.render(Rect { y, height: 1, ..area }.intersection(area), buffer);
}

/// The mean of each subject, on a scale from the least to the greatest value.
pub fn averages(record: &Record, live: &Live, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let series: Vec<(&str, &Series)> = record
        .values
        .subjects()
        .filter(|(_, series)| series.numbers > 0)
        .collect();
    if series.is_empty() {
        return Line::styled(texts::waiting(), theme.faint).render(area, buffer);
    }
    let (low, high) = scale(&series, live);
    let subjects: Vec<&str> = series.iter().map(|(subject, _)| *subject).collect();
    let names = short_names(&subjects);
    let name_cells = names
        .iter()
        .map(|name| text::width(name))
        .max()
        .unwrap_or(0)
        .min(NAME_CELLS_MAX)
        .min(usize::from(area.width) / 3);
    let mean_of = |series: &Series| number::value(series.spread().map_or(0.0, |(_, mean, _)| mean));
    let mean_cells = series
        .iter()
        .map(|(_, series)| text::width(&mean_of(series)))
        .max()
        .unwrap_or(0);
    // With rows to spare, one of them is left blank between two subjects.
    let count = u16::try_from(series.len()).unwrap_or(u16::MAX);
    let step = if area.height >= 2 * count { 2 } else { 1 };
    for (nth, ((_, one), name)) in series.iter().zip(&names).enumerate() {
        let y = area
            .y
            .saturating_add(u16::try_from(nth).unwrap_or(u16::MAX).saturating_mul(step));
        if y >= area.bottom() {
            break;
        }
        let mut said = format!("  {}", texts::values(&number::short(one.numbers)));
        let room = usize::from(area.width).saturating_sub(name_cells + mean_cells + 4);
        // The scale says more than the number of values.
        if room < text::width(&said) + SCALE_CELLS_MIN {
            said.clear();
        }
        let scale_cells = room.saturating_sub(text::width(&said));
        let mut spans = vec![
            Span::styled(text::pad_right(name, name_cells, Keep::Tail), theme.text),
            Span::styled(
                format!("  {}  ", text::pad_left(&mean_of(one), mean_cells)),
                theme.accent.add_modifier(Modifier::BOLD),
            ),
        ];
        if scale_cells >= SCALE_CELLS_MIN {
            spans.extend(gauge(one, (low, high), scale_cells, colour(theme, nth), theme));
            spans.push(Span::styled(said, theme.faint));
        }
        Line::from(spans).render(Rect { y, height: 1, ..area }, buffer);
    }
}

/// `──┣━━━●━━━━━┫───`: least, mean and greatest.
fn gauge(
    series: &Series,
    (low, high): (f64, f64),
    cells: usize,
    style: ratatui::style::Style,
    theme: &Theme,
) -> Vec<Span<'static>> {
    let Some((least, mean, greatest)) = series.spread() else {
        return Vec::new();
    };
    let at = |value: f64| spark::level(value, low, high, cells);
    let (least, mean, greatest) = (at(least), at(mean), at(greatest));
    let cell = |n: usize| match n {
        n if n == mean => Span::styled("●", theme.accent.add_modifier(Modifier::BOLD)),
        n if n == least && n < greatest => Span::styled("┣", style),
        n if n == greatest && n > least => Span::styled("┫", style),
        n if least < n && n < greatest => Span::styled("━", style),
        _ => Span::styled("─", theme.faint),
    };
    (0..cells).map(cell).collect()
}

/// The ends of the scale that all subjects share.
pub fn scale(series: &[(&str, &Series)], live: &Live) -> (f64, f64) {
    let spreads = series.iter().filter_map(|(_, series)| series.spread());
    let (low, high) = spark::range(spreads.flat_map(|(least, _, greatest)| [least, greatest]));
    let (low, high) = (live.min.unwrap_or(low), live.max.unwrap_or(high));
    if low < high {
        (low, high)
    } else {
        (low - 1.0, low + 1.0)
    }
}
