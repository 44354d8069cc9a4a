//! Where in a stream's time a replay is. Pure: the wall clock is an argument.

use std::time::{Duration, Instant};

use crate::util::time::Timestamp;

/// The speeds that can be chosen.
pub const SPEEDS: [f64; 8] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
/// The speed to begin with: that of the original.
const ORIGINAL: usize = 1;
/// The longest wait between two messages; beyond it the time between is passed over.
pub const GAP_MAX: Duration = Duration::from_secs(5);

/// A place in a stream's time, which moves on at some speed.
#[derive(Debug, Clone)]
pub struct Playhead {
    from: Timestamp,
    since: Instant,
    speed: usize,
    paused: bool,
}

impl Playhead {
    /// Begins there at the original speed.
    pub fn at(from: Timestamp, now: Instant) -> Playhead {
        Playhead {
            from,
            since: now,
            speed: ORIGINAL,
            paused: false,
        }
    }

    /// How many times as fast as the original it goes.
    pub fn speed(&self) -> f64 {
        SPEEDS[self.speed]
    }

    /// Does it stand still?
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The time of the stream that it has come to.
    pub fn time(&self, now: Instant) -> Timestamp {
        if self.paused {
            return self.from;
        }
        let gone = now.saturating_duration_since(self.since).mul_f64(self.speed());
        self.from + gone
    }

    /// How long until a message of that time is due; zero when it is, none while it stands still.
    pub fn wait(&self, at: Timestamp, now: Instant) -> Option<Duration> {
        if self.paused {
            return None;
        }
        Some(at.since(self.time(now)).div_f64(self.speed()))
    }

    /// Passes over the time to a message that is too far ahead.
    pub fn skip_gap(&mut self, at: Timestamp, now: Instant) {
        if self.wait(at, now).is_some_and(|wait| wait > GAP_MAX) {
            (self.from, self.since) = (at, now);
        }
    }

    /// Jumps to that time.
    pub fn jump(&mut self, at: Timestamp, now: Instant) {
        (self.from, self.since) = (at, now);
    }

    /// One speed up or down, from where it is.
    pub fn change_speed(&mut self, faster: bool, now: Instant) {
        (self.from, self.since) = (self.time(now), now);
        self.speed = match faster {
            true => (self.speed + 1).min(SPEEDS.len() - 1),
            false => self.speed.saturating_sub(1),
        };
    }

    /// Stands still, or goes on.
    pub fn toggle_pause(&mut self, now: Instant) {
        (self.from, self.since) = (self.time(now), now);
        self.paused = !self.paused;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds as i64 * 1_000_000_000)
    }

    #[test]
    fn time_passes_as_fast_as_is_asked_and_not_while_it_stands_still() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let mut head = Playhead::at(at(1_000), start);
        assert_eq!(head.time(after(3)), at(1_003));
        head.change_speed(true, after(3));
        assert_eq!((head.speed(), head.time(after(5))), (2.0, at(1_007)));
        assert_eq!(head.wait(at(1_011), after(5)), Some(Duration::from_secs(2)));
        assert_eq!(head.wait(at(1_000), after(5)), Some(Duration::ZERO));
        head.toggle_pause(after(5));
        assert_eq!(
            (head.time(after(99)), head.wait(at(1_011), after(99))),
            (at(1_007), None)
        );
        head.toggle_pause(after(99));
        assert_eq!(head.time(after(100)), at(1_009));
        for _ in 0..20 {
            head.change_speed(false, after(100));
        }
        assert_eq!(head.speed(), SPEEDS[0]);
    }

    #[test]
    fn a_long_silence_is_passed_over() {
        let start = Instant::now();
        let mut head = Playhead::at(at(0), start);
        head.skip_gap(at(4), start);
        assert_eq!(head.time(start), at(0));
        head.skip_gap(at(3_600), start);
        assert_eq!(head.time(start), at(3_600));
    }
}
