//! How long the last answers took.

use std::collections::VecDeque;
use std::time::Duration;

use crate::tui::widgets::spark::level;

/// The most latencies remembered.
pub const LATENCIES_MAX: usize = 1_000;

/// The newest latencies, oldest first.
#[derive(Debug, Default)]
pub struct Latencies(VecDeque<Duration>);

/// The least, the middle and the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How many were looked at.
    pub count: usize,
    /// The least.
    pub min: Duration,
    /// Half are no greater; the mean of the middle two where there are two.
    pub median: Duration,
    /// Nine in ten are no greater.
    pub p90: Duration,
    /// 99 in 100 are no greater.
    pub p99: Duration,
    /// The greatest.
    pub max: Duration,
}

impl Latencies {
    /// Adds the newest.
    pub fn push(&mut self, latency: Duration) {
        if self.0.len() == LATENCIES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(latency);
    }

    /// In seconds, oldest first.
    pub fn seconds(&self) -> impl ExactSizeIterator<Item = f64> + Clone {
        self.0.iter().map(Duration::as_secs_f64)
    }

    /// How many took how long, from the least to the greatest in steps of equal ratio, since a few are often much
    /// slower than the rest.
    pub fn histogram(&self, steps: usize) -> Vec<u64> {
        let mut counts = vec![0; steps];
        let Some(Summary { min, max, .. }) = self.summary() else {
            return counts;
        };
        let low = min.as_secs_f64().max(f64::MIN_POSITIVE).ln();
        let high = max.as_secs_f64().max(f64::MIN_POSITIVE).ln();
        for seconds in self.seconds() {
            let at = level(seconds.max(f64::MIN_POSITIVE).ln(), low, high, steps);
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        counts
    }

    /// The summary of those remembered; none without any.
    pub fn summary(&self) -> Option<Summary> {
        let mut sorted: Vec<Duration> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let half = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            1 => sorted[half],
            _ => (sorted[half - 1] + sorted[half]) / 2,
        };
        let within = |share: usize| sorted[(sorted.len() * share).div_ceil(100).max(1) - 1];
        Some(Summary {
            count: sorted.len(),
            min,
            median,
            p90: within(90),
            p99: within(99),
            max,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_newest() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.summary(), None);
        for ms in [9, 1, 4] {
            latencies.push(Duration::from_millis(ms));
        }
        assert_eq!(latencies.summary().unwrap().median, Duration::from_millis(4));
        assert_eq!(latencies.summary().unwrap().p90, Duration::from_millis(9));
        assert_eq!(latencies.histogram(3), [1, 1, 1]);
        latencies.push(Duration::from_millis(7));
        assert_eq!(latencies.summary().unwrap().median, Duration::from_micros(5_500));
        for ms in 0..LATENCIES_MAX as u64 {
            latencies.push(Duration::from_millis(100 + ms));
        }
        let summary = latencies.summary().unwrap();
        assert_eq!(
            (summary.count, summary.min),
            (LATENCIES_MAX, Duration::from_millis(100))
        );
        assert_eq!(
            (summary.p90, summary.p99),
            (Duration::from_millis(999), Duration::from_millis(1_089))
        );
        assert_eq!(latencies.histogram(24).iter().sum::<u64>(), LATENCIES_MAX as u64);
    }
}
