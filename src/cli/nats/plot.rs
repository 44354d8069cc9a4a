//! Curves in a terminal: how a number went over time.

use std::time::Duration;

use anyhow::bail;

use super::output::{Out, is_interactive};

/// The height of the last cell of a bar, in eighths.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Cells that the numbers on the left take.
const SCALE_CELLS: usize = 10;
/// Between two points of a curve.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);
/// Smallest terminal that shows something.
const SMALLEST: (usize, usize) = (20, 20);

/// A curve in the making; as many of the last values are kept as there are cells.
pub(super) struct Curve {
    caption: &'static str,
    values: Vec<f64>,
}

impl Curve {
    pub fn new(caption: &'static str) -> Curve {
        Curve {
            caption,
            values: Vec::new(),
        }
    }

    pub fn push(&mut self, value: f64) {
        self.values.push(value);
    }

    /// The curve as lines of this size, scale and caption included; it fills from the right.
    fn lines(&mut self, width: usize, height: usize) -> Vec<String> {
        let cells = width.saturating_sub(SCALE_CELLS + 1).max(1);
        let rows = height.saturating_sub(1).max(1);
        let outside = self.values.len().saturating_sub(cells);
        self.values.drain(..outside);
        let highest = self.values.iter().copied().fold(0.0, f64::max);
        let padding = " ".repeat(cells - self.values.len());
        let eighths = |value: &f64| {
            if highest > 0.0 {
                (value / highest * (rows * 8) as f64).round() as usize
            } else {
                0
            }
        };
        let mut lines: Vec<String> = (0..rows)
            .rev()
            .map(|row| {
                let bar: String = self
                    .values
                    .iter()
                    .map(|value| EIGHTHS[eighths(value).saturating_sub(row * 8).min(8)])
                    .collect();
                let scale = match row {
                    _ if row + 1 == rows => label(highest),
                    0 => label(0.0),
                    _ => String::new(),
                };
                format!("{scale:>SCALE_CELLS$}│{padding}{bar}")
            })
            .collect();
        lines.push(format!("{:SCALE_CELLS$} {}", "", self.caption));
        lines
    }
}

fn label(value: f64) -> String {
    if value < 10.0 && value.fract() != 0.0 {
        format!("{value:.1}")
    } else {
        crate::util::size::format_count(value as u64)
    }
}

/// Fails where there is no terminal to draw on.
pub(super) fn needs_terminal() -> anyhow::Result<()> {
    if !is_interactive() {
        bail!("can only graph data on an interactive terminal");
    }
    Ok(())
}

/// Draws the curves one below the other over the whole terminal.
pub(super) fn draw(out: &mut Out, title: &str, curves: &mut [Curve]) -> anyhow::Result<()> {
    let (width, height) = crossterm::terminal::size()?;
    let (width, height) = (usize::from(width), usize::from(height));
    if width < SMALLEST.0 || height < SMALLEST.1 {
        bail!("please increase terminal dimensions");
    }
    let each = (height - 3) / curves.len().max(1) - 1;
    out.clear_screen()?;
    out.line(title)?;
    for curve in curves {
        out.line("")?;
        for line in curve.lines(width - 1, each) {
            out.line(&line)?;
        }
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_fills_from_the_right() {
        let mut curve = Curve::new("rate");
        for value in [0.0, 4.0, 8.0, 16.0] {
            curve.push(value);
        }
        let lines = curve.lines(SCALE_CELLS + 1 + 5, 3);
        assert_eq!(lines, ["        16│    █", "         0│  ▄██", "           rate"]);
        curve.push(1.0);
        curve.push(1.0);
        assert_eq!(curve.lines(SCALE_CELLS + 1 + 2, 2)[0], "         1│██");
    }
}
