//! How fast a run goes: bursts, and the time between two of them, which may be changed while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::texts;
use crate::tui::widgets::number;

/// The rates of the slider, in messages a second; beyond the last there is no pause at all.
const RATES: [u64; 19] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000,
    500_000, 1_000_000,
];

/// A rounding error makes no other rate.
const EXACT: f64 = 0.999;

/// The time between two bursts. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Pace(Arc<AtomicU64>);

impl Pace {
    /// The time between two bursts; zero for no pause.
    pub fn interval(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    /// Sets it for a run that may be under way.
    pub fn set(&self, interval: Duration) {
        let nanos = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        self.0.store(nanos, Ordering::Relaxed);
    }
}

/// Messages a second; none for as fast as it goes.
fn rate(interval: Duration, burst: u64) -> Option<f64> {
    (!interval.is_zero()).then(|| burst as f64 / interval.as_secs_f64())
}

/// Where on the slider that is: at [`RATES`]' end when there is no pause.
fn place(interval: Duration, burst: u64) -> usize {
    match rate(interval, burst) {
        Some(rate) => RATES.partition_point(|of| (*of as f64) < rate * EXACT),
        None => RATES.len(),
    }
}

/// The time between two bursts one step faster or slower.
pub fn step(interval: Duration, burst: u64, faster: bool) -> Duration {
    let place = place(interval, burst);
    let is_below = |rate: f64| RATES.get(place).is_some_and(|of| rate < *of as f64 * EXACT);
    let next = match (faster, rate(interval, burst)) {
        (true, Some(rate)) if is_below(rate) => place,
        (true, _) => place + 1,
        // What is slower than the slider goes is written.
        (false, _) if place == 0 => return interval,
        (false, _) => place - 1,
    };
    match RATES.get(next) {
        Some(rate) => Duration::from_nanos(burst.max(1) * 1_000_000_000 / rate),
        None => Duration::ZERO,
    }
}

/// The slider as text in so many cells, with the rate behind it.
pub fn slider(interval: Duration, burst: u64, cells: usize) -> String {
    let said = match rate(interval, burst) {
        Some(rate) if rate < 1.0 => texts::per_minute(&format!("{:.1}", rate * 60.0)),
        Some(rate) => format!("{}/s", number::short(rate.round() as u64)),
        None => texts::full_speed().to_owned(),
    };
    let said = match burst {
        0 | 1 => said,
        burst => texts::in_bursts(&said, burst),
    };
    let track = cells.saturating_sub(3);
    let knob = (place(interval, burst) * track.saturating_sub(1)) / RATES.len();
    let line: String = (0..track)
        .map(|cell| if cell == knob { '●' } else { '─' })
        .collect();
    format!("├{line}┤ {said}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_walks_through_the_rates_to_no_pause_and_back() {
        let mut interval = Duration::from_secs(1);
        let mut seen = vec![1];
        while !interval.is_zero() {
            interval = step(interval, 1, true);
            seen.extend(rate(interval, 1).map(|rate| rate.round() as u64));
        }
        assert_eq!(seen, RATES);
        assert_eq!(step(interval, 1, true), Duration::ZERO);
        assert_eq!(rate(step(interval, 1, false), 1).unwrap().round(), 1_000_000.0);
        // From between two rates it goes to the next one.
        let odd = Duration::from_millis(300);
        assert_eq!(rate(step(odd, 1, true), 1).unwrap().round(), 5.0);
        assert_eq!(rate(step(odd, 1, false), 1).unwrap().round(), 2.0);
    }

    #[test]
    fn what_is_slower_than_the_slider_stays_or_comes_to_its_slowest() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(step(hour, 1, false), hour);
        assert_eq!(step(hour, 1, true), Duration::from_secs(1));
        assert_eq!(step(Duration::from_secs(1), 1, false), Duration::from_secs(1));
    }

    #[test]
    fn a_burst_keeps_its_rate() {
        assert_eq!(step(Duration::from_secs(1), 10, true), Duration::from_millis(500));
        assert!(slider(Duration::from_secs(1), 10, 24).ends_with("10/s, 10 om gangen"));
        assert!(slider(Duration::ZERO, 1, 24).starts_with("├───"));
        assert!(slider(Duration::from_secs(60), 1, 24).contains("1.0 i minuttet"));
    }
}
