//! Count, least, mean and greatest of the numbers on every subject.
//!
//! Sums are compensated (Neumaier): what adding rounds away is kept beside the sum, so that the mean of
//! millions of values is that of the values.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};

/// The most subjects told apart. What comes on further ones is counted together.
pub const SUBJECTS_MAX: usize = 1_000;
/// The newest values of a subject that its p95 is taken of.
pub const VALUES_MAX: usize = 1_000;
/// Those of them that its chart shows.
pub const CHART_VALUES_MAX: usize = 240;

/// A sum with what was rounded away.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let total = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - total) + value
        } else {
            (value - total) + self.sum
        };
        self.sum = total;
    }

    fn total(self) -> f64 {
        // Past the range of an f64 the lost part is no number any more.
        if self.lost.is_finite() {
            self.sum + self.lost
        } else {
            self.sum
        }
    }
}

/// What came on one subject.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Payloads that were numbers.
    pub numbers: u64,
    /// Payloads that were none.
    pub others: u64,
    least: f64,
    greatest: f64,
    sum: Sum,
    newest: VecDeque<f64>,
    /// The p95 as it was after so many numbers: a frame asks for more of them than change in between.
    p95: Cell<(u64, f64)>,
}

impl Series {
    fn add(&mut self, value: Option<f64>) {
        let Some(value) = value else {
            self.others += 1;
            return;
        };
        (self.least, self.greatest) = match self.numbers {
            0 => (value, value),
            _ => (self.least.min(value), self.greatest.max(value)),
        };
        self.numbers += 1;
        self.sum.add(value);
        if self.newest.len() == VALUES_MAX {
            self.newest.pop_front();
        }
        self.newest.push_back(value);
    }

    /// Least, mean and greatest; none before the first number.
    pub fn spread(&self) -> Option<(f64, f64, f64)> {
        let mean = self.sum.total() / self.numbers as f64;
        (self.numbers > 0).then_some((self.least, mean, self.greatest))
    }

    /// The newest values, oldest first, as many as a chart shows.
    pub fn newest(&self) -> impl DoubleEndedIterator<Item = f64> + ExactSizeIterator + Clone {
        let skipped = self.newest.len().saturating_sub(CHART_VALUES_MAX);
        self.newest.iter().skip(skipped).copied()
    }

    /// Of the newest [`VALUES_MAX`] values 95 in 100 are no greater than this; none before the first.
    pub fn p95(&self) -> Option<f64> {
        let (of, known) = self.p95.get();
        if of == self.numbers {
            return (of > 0).then_some(known);
        }
        let mut values: Vec<f64> = self.newest.iter().copied().collect();
        let rank = (values.len() * 95).div_ceil(100).checked_sub(1)?;
        let (_, value, _) = values.select_nth_unstable_by(rank, f64::total_cmp);
        let value = *value;
        self.p95.set((self.numbers, value));
        Some(value)
    }
}

/// What came on all subjects of a stream since its beginning.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Averages {
    subjects: BTreeMap<String, Series>,
    /// What came on subjects beyond [`SUBJECTS_MAX`].
    pub beyond: Series,
    /// Messages read.
    pub messages: u64,
    /// The last sequence read.
    pub last_sequence: u64,
}

impl Averages {
    /// Takes a message. One that was taken before, as after a reconnect, changes nothing.
    pub fn take(&mut self, sequence: u64, subject: &str, value: Option<f64>) {
        if sequence <= self.last_sequence {
            return;
        }
        self.last_sequence = sequence;
        self.messages += 1;
        let full = self.subjects.len() >= SUBJECTS_MAX;
        if !full && !self.subjects.contains_key(subject) {
            self.subjects.insert(subject.to_owned(), Series::default());
        }
        self.subjects
            .get_mut(subject)
            .unwrap_or(&mut self.beyond)
            .add(value);
    }

    /// The subjects by name.
    pub fn subjects(&self) -> impl ExactSizeIterator<Item = (&str, &Series)> {
        self.subjects
            .iter()
            .map(|(subject, series)| (subject.as_str(), series))
    }

    /// Payloads that were no numbers, on all subjects.
    pub fn others(&self) -> u64 {
        self.subjects.values().map(|s| s.others).sum::<u64>() + self.beyond.others
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Averages {
        let mut averages = Averages::default();
        for (n, v) in values.iter().enumerate() {
            averages.take(n as u64 + 1, "a", Some(*v));
        }
        averages
    }

    fn mean(averages: &Averages) -> f64 {
        averages.subjects["a"].spread().unwrap().1
    }

    #[test]
    fn the_mean_is_that_of_the_values() {
        assert_eq!(mean(&of(&[20.1, 20.2, 20.3])), 20.2);
        assert_eq!(mean(&of(&[1e100, 1.0, -1e100, 1.0])), 0.5);
        assert_eq!(mean(&of(&vec![0.1; 1_000_000])), 0.1);
        assert!(mean(&of(&[f64::MAX, f64::MAX])).is_infinite());
        assert_eq!(of(&[3.0, -1.0]).subjects["a"].spread(), Some((-1.0, 1.0, 3.0)));
    }

    #[test]
    fn what_is_no_number_and_what_comes_twice() {
        let mut averages = of(&[1.0]);
        averages.take(1, "a", Some(5.0));
        averages.take(2, "a", None);
        averages.take(3, "b", None);
        assert_eq!((averages.messages, averages.others()), (3, 2));
        assert_eq!(averages.subjects["a"].spread(), Some((1.0, 1.0, 1.0)));
        assert_eq!(averages.subjects["b"].spread(), None);
    }

    #[test]
    fn subjects_are_bounded() {
        let mut averages = Averages::default();
        for n in 0..2 * SUBJECTS_MAX as u64 {
            averages.take(n + 1, &n.to_string(), Some(1.0));
        }
        assert_eq!(averages.subjects().len(), SUBJECTS_MAX);
        assert_eq!(averages.beyond.numbers, SUBJECTS_MAX as u64);
    }

    proptest! {
        #[test]
        fn hundredths_sum_up_exactly(cents in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..500)) {
            let values: Vec<f64> = cents.iter().map(|c| *c as f64 / 100.0).collect();
            let exact = cents.iter().sum::<i64>() as f64 / 100.0 / cents.len() as f64;
            prop_assert!((mean(&of(&values)) - exact).abs() <= exact.abs() * 1e-14 + 1e-12);
        }
    }

    #[test]
    fn p95_is_that_of_the_newest_values() {
        let mut averages = Averages::default();
        assert_eq!(Series::default().p95(), None);
        for n in 1..=100 {
            averages.take(n, "a", Some((101 - n) as f64));
        }
        let p95 = |averages: &Averages| averages.subjects().next().unwrap().1.p95();
        assert_eq!((p95(&averages), p95(&averages)), (Some(95.0), Some(95.0)));
        for n in 101..=100 + VALUES_MAX as u64 {
            averages.take(n, "a", Some(7.0));
        }
        assert_eq!(p95(&averages), Some(7.0));
    }
}
