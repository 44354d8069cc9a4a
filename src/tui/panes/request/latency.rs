//! How long the last answers took.

use std::collections::VecDeque;
use std::time::Duration;

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
        Some(Summary {
            count: sorted.len(),
            min,
            median,
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
    }
}
