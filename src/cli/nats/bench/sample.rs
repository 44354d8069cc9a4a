//! What a client measured, and how natscli tells it.

use std::fmt::Write as _;
use std::time::Duration;

use crate::util::size;

/// Bits of a time that are kept below its highest: about 3 % of error.
const PRECISION_BITS: u32 = 5;
const STEPS: usize = 1 << PRECISION_BITS;

/// The work of one client.
#[derive(Debug)]
pub(super) struct Sample {
    pub messages: u64,
    /// Payloads only.
    pub bytes: u64,
    pub took: Duration,
    /// Of each operation, where there is one to wait for.
    pub latencies: Option<Latencies>,
}

/// Times in buckets, so that any number of them takes the same room.
#[derive(Debug)]
pub(in super::super) struct Latencies {
    /// By [`bucket`].
    counts: Vec<u64>,
    number: u64,
    sum: Duration,
    min: Duration,
    max: Duration,
}

impl Default for Latencies {
    fn default() -> Latencies {
        Latencies {
            counts: vec![0; (64 - PRECISION_BITS as usize + 1) * STEPS],
            number: 0,
            sum: Duration::ZERO,
            min: Duration::MAX,
            max: Duration::ZERO,
        }
    }
}

/// The bucket of a time: exact below 32 ns, then 32 to each power of two.
fn bucket(nanos: u64) -> usize {
    let magnitude = (u64::BITS - nanos.leading_zeros()).saturating_sub(PRECISION_BITS + 1);
    magnitude as usize * STEPS + (nanos >> magnitude) as usize
}

/// The least time of a bucket.
fn floor(bucket: usize) -> u64 {
    let magnitude = (bucket / STEPS).saturating_sub(1);
    ((bucket - magnitude * STEPS) as u64) << magnitude
}

impl Latencies {
    pub fn add(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanos)] += 1;
        self.number += 1;
        self.sum += time;
        self.min = self.min.min(time);
        self.max = self.max.max(time);
    }

    fn merge(&mut self, other: &Latencies) {
        for (own, more) in self.counts.iter_mut().zip(&other.counts) {
            *own += more;
        }
        self.number += other.number;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The time that this share of all times, in percent, does not exceed.
    pub fn percentile(&self, percent: f64) -> Duration {
        let rank = (self.number as f64 * percent / 100.0).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank.max(1) {
                return Duration::from_nanos(floor(bucket)).clamp(self.min, self.max);
            }
        }
        self.max
    }

    pub fn mean(&self) -> Duration {
        self.sum.div_f64(self.number.max(1) as f64)
    }

    fn told(&self, between: &str, colon: &str) -> String {
        let mut told = String::new();
        for (name, time) in [
            ("min", self.min),
            ("avg", self.mean()),
            ("max", self.max),
            ("P50", self.percentile(50.0)),
            ("P90", self.percentile(90.0)),
            ("P99", self.percentile(99.0)),
            ("P99.9", self.percentile(99.9)),
        ] {
            let before = if told.is_empty() { "" } else { between };
            // Writing to a text cannot fail.
            let _ = write!(
                told,
                "{before}{name}{colon} {:.2}us",
                time.as_secs_f64() * 1_000_000.0
            );
        }
        told
    }
}

impl Sample {
    fn rate(&self) -> u64 {
        per_second(self.messages, self.took)
    }

    fn told(&self) -> String {
        let mut told = speed(self.messages, self.bytes, self.took);
        if let Some(latencies) = &self.latencies {
            told += &format!(" ~ {}", latencies.told(" ~ ", ":"));
        }
        told
    }
}

fn per_second(number: u64, took: Duration) -> u64 {
    (number as f64 / took.as_secs_f64().max(1e-9)) as u64
}

fn speed(messages: u64, bytes: u64, took: Duration) -> String {
    format!(
        "{} msgs/sec ~ {}/sec",
        size::format_count(per_second(messages, took)),
        size::format_bytes(per_second(bytes, took))
    )
}

/// One line for one client; for several each of them, and what they did together.
pub(super) fn report(what: &str, samples: &[Sample]) -> Vec<String> {
    let (first, rest) = match samples {
        [] => return vec!["No publisher or subscribers. Nothing to report.".to_owned()],
        [one] => return vec![format!("NATS {what} stats: {}", one.told()), String::new()],
        [first, rest @ ..] => (first, rest),
    };
    let mut lines: Vec<String> = samples
        .iter()
        .enumerate()
        .map(|(index, sample)| {
            let messages = size::format_count(sample.messages);
            format!("  [{}] {} ({messages} msgs)", index + 1, sample.told())
        })
        .collect();
    let sum = |of: fn(&Sample) -> u64| samples.iter().map(of).sum::<u64>();
    let took = samples.iter().map(|sample| sample.took).max().unwrap_or_default();
    lines.push(String::new());
    lines.push(format!(
        " NATS {what} aggregated stats: {}",
        speed(sum(|s| s.messages), sum(|s| s.bytes), took)
    ));
    lines.push(format!(" message rates {}", rates(samples)));
    if first.latencies.is_some() {
        let mut all = Latencies::default();
        for latencies in std::iter::once(first)
            .chain(rest)
            .filter_map(|s| s.latencies.as_ref())
        {
            all.merge(latencies);
        }
        lines.push(format!(" latencies per operation {}", all.told(" | ", "")));
    }
    lines.push(String::new());
    lines
}

fn rates(samples: &[Sample]) -> String {
    let rates: Vec<f64> = samples.iter().map(|sample| sample.rate() as f64).collect();
    let number = rates.len() as f64;
    let mean = rates.iter().sum::<f64>() / number;
    let deviation = (rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / number).sqrt();
    let count = |rate: f64| size::format_count(rate as u64);
    format!(
        "min {} | avg {} | max {} | stddev {} msgs",
        count(rates.iter().copied().fold(f64::MAX, f64::min)),
        count(mean),
        count(rates.iter().copied().fold(0.0, f64::max)),
        count(deviation)
    )
}

/// One row a client; times in microseconds.
pub(super) fn csv(prefix: &str, samples: &[Sample]) -> String {
    let mut text = "ClientID,MsgCount,MsgBytes,MsgsPerSec,BytesPerSec,DurationSecs,MinLatency,AvgLatency,MaxLatency,P50,P90,P99,P99.9\n".to_owned();
    for (index, sample) in samples.iter().enumerate() {
        let times = sample.latencies.as_ref().map_or_else(Vec::new, |l| {
            let percentiles = [50.0, 90.0, 99.0, 99.9].map(|p| l.percentile(p));
            [l.min, l.mean(), l.max].into_iter().chain(percentiles).collect()
        });
        let mut row = vec![
            format!("{prefix}{index}"),
            sample.messages.to_string(),
            sample.bytes.to_string(),
            sample.rate().to_string(),
            per_second(sample.bytes, sample.took).to_string(),
            sample.took.as_secs_f64().to_string(),
        ];
        row.extend(
            times
                .iter()
                .map(|time| (time.as_secs_f64() * 1_000_000.0).to_string()),
        );
        text += &row.join(",");
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_times_closely() {
        for nanos in [0, 1, 31, 32, 33, 63, 64, 1_000, 123_456_789, u64::MAX] {
            let least = floor(bucket(nanos));
            assert!(
                least <= nanos && nanos - least <= nanos / STEPS as u64,
                "{nanos}: {least}"
            );
        }
        assert!(bucket(u64::MAX) < Latencies::default().counts.len());
    }

    #[test]
    fn percentiles_are_ranks() {
        let mut latencies = Latencies::default();
        (1..=1_000).for_each(|micros| latencies.add(Duration::from_micros(micros)));
        for (percent, micros) in [(50.0, 500.0), (90.0, 900.0), (99.0, 990.0), (99.9, 999.0)] {
            let found = latencies.percentile(percent).as_secs_f64() * 1e6;
            assert!((found - micros).abs() <= micros * 0.04, "P{percent}: {found}");
        }
        assert_eq!(latencies.mean(), Duration::from_nanos(500_500));
    }

    #[test]
    fn a_report_sums_up() {
        let sample = |messages| Sample {
            messages,
            bytes: messages * 1_024,
            took: Duration::from_secs(1),
            latencies: None,
        };
        assert_eq!(
            report("X", &[sample(2_000)])[0],
            "NATS X stats: 2,000 msgs/sec ~ 2.0 MiB/sec"
        );
        let lines = report("X", &[sample(1_000), sample(3_000)]);
        assert!(
            lines.contains(&" NATS X aggregated stats: 4,000 msgs/sec ~ 3.9 MiB/sec".to_owned()),
            "{lines:?}"
        );
        assert!(
            lines
                .contains(&" message rates min 1,000 | avg 2,000 | max 3,000 | stddev 1,000 msgs".to_owned()),
            "{lines:?}"
        );
        assert_eq!(csv("P", &[sample(1)]).lines().nth(1), Some("P0,1,1024,1,1024,1"));
    }
}
