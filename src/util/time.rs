//! Time as a value: nanoseconds since the Unix epoch, written and read as Go writes and reads it.
//!
//! Streams and consumers never ask a clock; they are handed a [`Timestamp`]. Only the edges
//! (sockets, terminal) call [`Timestamp::now`].

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in UTC with nanosecond precision.
///
/// Serialised as RFC 3339 with trailing zeros of the fraction left out, as Go's `RFC3339Nano`;
/// [`Timestamp::ZERO`] is Go's zero time, `0001-01-01T00:00:00Z`, which NATS uses for "never".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Go's zero time: earlier than every real moment.
    pub const ZERO: Timestamp = Timestamp(i64::MIN);

    /// What a reader of JSON says was wanted where something else than a time stands.
    pub const EXPECTED: &str = "a time in RFC 3339";

    /// The wall clock. Only for the edges of the program.
    pub fn now() -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }

    /// From nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Timestamp {
        Timestamp(nanos)
    }

    /// Nanoseconds since the Unix epoch; `i64::MIN` for [`Timestamp::ZERO`].
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// True for Go's zero time.
    pub const fn is_zero(self) -> bool {
        self.0 == i64::MIN
    }

    /// The time from `earlier` to `self`; zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, d: Duration) -> Timestamp {
        Timestamp(
            self.0
                .saturating_add(i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, d: Duration) -> Timestamp {
        Timestamp(
            self.0
                .saturating_sub(i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

impl Default for Timestamp {
    fn default() -> Self {
        Timestamp::ZERO
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(t) if !self.is_zero() => write!(f, "{t}"),
            _ => f.write_str("0001-01-01T00:00:00Z"),
        }
    }
}

/// A text that is not a time in RFC 3339, in the words of Go's `time.Parse`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": {why}")]
pub struct ParseTimeError {
    text: String,
    why: String,
}

impl ParseTimeError {
    fn new(text: &str) -> ParseTimeError {
        ParseTimeError {
            text: text.to_owned(),
            why: why_no_time(text),
        }
    }
}

/// What of a text is not what it has to be at its place.
fn why_no_time(text: &str) -> String {
    const PARTS: [&str; 11] = ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05"];
    let mut rest = text;
    for part in PARTS {
        let fits = |given: &str| match part.as_bytes()[0].is_ascii_digit() {
            true => given.bytes().all(|b| b.is_ascii_digit()),
            false => given == part,
        };
        match rest.split_at_checked(part.len()) {
            Some((given, behind)) if fits(given) => rest = behind,
            _ => return format!("cannot parse {rest:?} as {part:?}"),
        }
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    match rest.strip_prefix('Z') {
        Some("") => "out of range".to_owned(),
        Some(extra) => format!("extra text: {extra:?}"),
        None => format!("cannot parse {rest:?} as \"Z07:00\""),
    }
}

impl std::str::FromStr for Timestamp {
    type Err = ParseTimeError;
    fn from_str(s: &str) -> Result<Self, ParseTimeError> {
        if s.starts_with("0001-01-01T00:00:00") {
            return Ok(Timestamp::ZERO);
        }
        let t: jiff::Timestamp = s.parse().map_err(|_| ParseTimeError::new(s))?;
        i64::try_from(t.as_nanosecond())
            .map(Timestamp)
            .map_err(|_| ParseTimeError::new(s))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_str(TimeVisitor)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Timestamp::EXPECTED)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_go_writes_it() {
        let t: Timestamp = "2026-11-24T18:00:00.120Z".parse().unwrap();
        assert_eq!(t.to_string(), "2026-11-24T18:00:00.12Z");
        assert_eq!(Timestamp::ZERO.to_string(), "0001-01-01T00:00:00Z");
        assert_eq!("0001-01-01T00:00:00Z".parse(), Ok(Timestamp::ZERO));
        assert_eq!(
            "2026-11-24T19:00:00+01:00"
                .parse::<Timestamp>()
                .unwrap()
                .to_string(),
            "2026-11-24T18:00:00Z"
        );
    }

    #[test]
    fn a_text_that_is_no_time_is_named_in_gos_words() {
        for (text, why) in [
            ("x", r#"cannot parse "x" as "2006""#),
            ("", r#"cannot parse "" as "2006""#),
            ("2026-1", r#"cannot parse "1" as "01""#),
            ("2026-11-24 18", r#"cannot parse " 18" as "T""#),
            ("2026-11-24T18:00:00", r#"cannot parse "" as "Z07:00""#),
            ("2026-11-24T18:00:00.5Zx", r#"extra text: "x""#),
        ] {
            let said = text.parse::<Timestamp>().unwrap_err().to_string();
            assert_eq!(
                said,
                format!(r#"parsing time {text:?} as "2006-01-02T15:04:05Z07:00": {why}"#)
            );
        }
    }

    #[test]
    fn differences_never_underflow() {
        let (a, b) = (Timestamp::from_nanos(5), Timestamp::from_nanos(9));
        assert_eq!(a.since(b), Duration::ZERO);
        assert_eq!(b.since(a), Duration::from_nanos(4));
        assert_eq!(b.since(Timestamp::ZERO), Duration::from_nanos(i64::MAX as u64));
    }
}
