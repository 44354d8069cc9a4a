//! When a schedule is due: `@at`, `@every`, cron and its predefined names (ADR-51, nats-server `parseMsgSchedule`).

use std::time::Duration;

use jiff::tz::TimeZone;

use super::cron::Cron;
use crate::util::duration;
use crate::util::time::Timestamp;

const SECOND: i64 = 1_000_000_000;
/// The shortest interval of `@every`.
const INTERVAL_MIN: Duration = Duration::from_secs(1);

/// What a pattern comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The next time.
    pub time: Timestamp,
    /// There are more behind it.
    pub repeats: bool,
}

/// The time zone of this name, as Go's `time.LoadLocation` knows it. None when there is no such zone.
pub fn zone(name: &str) -> Option<TimeZone> {
    match name {
        "UTC" => Some(TimeZone::UTC),
        "Local" => Some(TimeZone::system()),
        // Names are files to Go, and their case counts.
        name => TimeZone::get(name)
            .ok()
            .filter(|zone| zone.iana_name() == Some(name)),
    }
}

/// When a pattern is due behind `after`. Of several times that have passed already only the last would matter, so that
/// the next one behind `now` is taken. None for what is no pattern, or can't be combined with a zone.
pub fn due(pattern: &str, zone: Option<&TimeZone>, after: Timestamp, now: Timestamp) -> Option<Due> {
    if let Some(text) = pattern.strip_prefix("@at ") {
        let time = zone.is_none().then(|| parse_time(text))??;
        return Some(Due { time, repeats: false });
    }
    let time = if let Some(text) = pattern.strip_prefix("@every ") {
        let interval = duration::parse(text).ok()?;
        if zone.is_some() || interval < INTERVAL_MIN {
            return None;
        }
        skip_ahead(after, now, |after| Some(rounded(after) + interval))
    } else {
        let cron = Cron::parse(predefined(pattern))?;
        let utc = TimeZone::UTC;
        let zone = zone.unwrap_or(&utc);
        skip_ahead(after, now, |after| {
            let next = cron.next(after.nanos().div_euclid(SECOND), zone)?;
            Some(Timestamp::from_nanos(next.checked_mul(SECOND)?))
        })
    };
    Some(Due {
        time: time?,
        repeats: true,
    })
}

fn skip_ahead(
    after: Timestamp,
    now: Timestamp,
    next: impl Fn(Timestamp) -> Option<Timestamp>,
) -> Option<Timestamp> {
    match next(after)? {
        passed if passed < now => next(rounded(now)),
        time => Some(time),
    }
}

fn rounded(time: Timestamp) -> Timestamp {
    let nanos = time.nanos().saturating_add(SECOND / 2);
    Timestamp::from_nanos(nanos - nanos.rem_euclid(SECOND))
}

fn predefined(pattern: &str) -> &str {
    match pattern {
        "@yearly" | "@annually" => "0 0 0 1 1 *",
        "@monthly" => "0 0 0 1 * *",
        "@weekly" => "0 0 0 * * 0",
        "@daily" | "@midnight" => "0 0 0 * * *",
        "@hourly" => "0 0 * * * *",
        other => other,
    }
}

/// A time in exactly the form of RFC 3339. One that a [`Timestamp`] cannot hold becomes the nearest that it can.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let (clock, rest) = text.split_at_checked(19)?;
    let shape: String = clock
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    if shape != "0000-00-00T00:00:00" || &clock[17..] >= "60" {
        return None;
    }
    let zone = rest.trim_start_matches(|c: char| matches!(c, '.' | ',') || c.is_ascii_digit());
    let is_offset = |zone: &str| zone.len() == 6 && zone.starts_with(['+', '-']) && zone[1..].contains(':');
    if zone != "Z" && !is_offset(zone) {
        return None;
    }
    if text.starts_with("0001-01-01T00:00:00Z") {
        return Some(Timestamp::ZERO);
    }
    let time: jiff::Timestamp = text.parse().ok()?;
    let nanos = time.as_nanosecond();
    let nearest = nanos.clamp(i128::from(i64::MIN + 1), i128::from(i64::MAX - 1));
    i64::try_from(nearest).ok().map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn patterns_come_to_times() {
        let now = at("2026-11-24T18:00:00.6Z");
        for (pattern, zone_name, wanted) in [
            (
                "@at 2030-01-01T00:00:00Z",
                None,
                Some(("2030-01-01T00:00:00Z", false)),
            ),
            (
                "@at 2020-01-01T01:00:00+01:00",
                None,
                Some(("2020-01-01T00:00:00Z", false)),
            ),
            ("@at 2020-01-01T00:00:00Z", Some("UTC"), None),
            ("@at 2020-01-01 00:00:00Z", None, None),
            ("@at 2020-01-01T00:00:00", None, None),
            ("@at soon", None, None),
            ("@every 5m", None, Some(("2026-11-24T18:05:01Z", true))),
            ("@every 5m", Some("UTC"), None),
            ("@every 999ms", None, None),
            ("@every -5s", None, None),
            ("@hourly", None, Some(("2026-11-24T19:00:00Z", true))),
            (
                "@daily",
                Some("Europe/Oslo"),
                Some(("2026-11-24T23:00:00Z", true)),
            ),
            ("@never", None, None),
            (
                "0 0 9 * * *",
                Some("America/New_York"),
                Some(("2026-11-25T14:00:00Z", true)),
            ),
        ] {
            let zone = zone_name.map(|name| zone(name).unwrap());
            let found = due(pattern, zone.as_ref(), now, now);
            let wanted = wanted.map(|(time, repeats)| Due {
                time: at(time),
                repeats,
            });
            assert_eq!(found, wanted, "{pattern}");
        }
        assert!(zone("Europe/oslo").is_none() && zone("../etc/passwd").is_none() && zone("").is_none());
    }

    #[test]
    fn what_has_passed_many_times_comes_once() {
        let (then, now) = (at("2026-11-20T00:00:00Z"), at("2026-11-24T18:00:00Z"));
        let found = due("@every 1h", None, then, now).unwrap();
        assert_eq!(found.time, at("2026-11-24T19:00:00Z"));
        let found = due("@daily", None, then, now).unwrap();
        assert_eq!(found.time, at("2026-11-25T00:00:00Z"));
    }
}
