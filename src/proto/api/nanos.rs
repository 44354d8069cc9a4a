//! A duration as the API writes it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A Go `time.Duration` in JSON: whole nanoseconds, and negative when the client wants to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Nanos(pub i64);

impl Nanos {
    /// No time at all, which mostly means "not set".
    pub const ZERO: Nanos = Nanos(0);

    /// From a number of milliseconds.
    pub const fn from_millis(millis: i64) -> Nanos {
        Nanos(millis * 1_000_000)
    }

    /// From a number of seconds.
    pub const fn from_secs(secs: i64) -> Nanos {
        Nanos(secs * 1_000_000_000)
    }

    /// True for zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// As a duration; a negative one becomes zero.
    pub fn duration(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }

    /// As a duration if there is one to speak of: more than zero.
    pub fn positive(self) -> Option<Duration> {
        (self.0 > 0).then(|| self.duration())
    }
}

impl From<Duration> for Nanos {
    fn from(d: Duration) -> Nanos {
        Nanos(i64::try_from(d.as_nanos()).unwrap_or(i64::MAX))
    }
}
