//! Values as a row of bars, one cell each.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The newest `cells` values, lowest bar for the least and highest for the greatest among them.
/// Equal values lie in the middle.
pub fn line(values: impl ExactSizeIterator<Item = f64> + Clone, cells: usize) -> String {
    let skip = values.len().saturating_sub(cells);
    let shown = values.skip(skip);
    let (low, high) = range(shown.clone());
    shown.map(|v| BARS[level(v, low, high, BARS.len())]).collect()
}

/// Counts as bars, one cell each; nothing is a blank, and the most is the highest bar.
pub fn bars(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0) as f64;
    counts
        .iter()
        .map(|count| match count {
            0 => ' ',
            count => BARS[level(*count as f64, 0.0, most, BARS.len())],
        })
        .collect()
}

/// The least and the greatest value; infinities the wrong way round without any.
pub fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    })
}

/// On which of `levels` steps between `low` and `high` a value lies.
pub fn level(v: f64, low: f64, high: f64, levels: usize) -> usize {
    // Halved first: the span of two finite values may itself be infinite.
    let span = high / 2.0 - low / 2.0;
    if !(span.is_finite() && span > 0.0) {
        return levels / 2;
    }
    let share = ((v / 2.0 - low / 2.0) / span).clamp(0.0, 1.0);
    (share * (levels - 1) as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_values_fill_the_cells() {
        let values = [100.0, 0.0, 3.5, 7.0];
        assert_eq!(line(values.iter().copied(), 3), "▁▅█");
        assert_eq!(bars(&[0, 1, 4, 8]), " ▂▅█");
        assert_eq!(line([5.0, 5.0].iter().copied(), 9), "▅▅");
        assert_eq!(line([].iter().copied(), 9), "");
        assert_eq!(line([f64::MIN, 0.0, f64::MAX].iter().copied(), 9), "▁▅█");
    }
}
