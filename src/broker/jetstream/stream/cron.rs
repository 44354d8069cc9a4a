//! Cron patterns with six fields, read as nats-server reads them (`cron.go`; its grammar is a dialect of its own, so
//! that no crate fits): second, minute, hour, day of the month, month, day of the week.
//!
//! A field is a list of `*`, `?`, numbers, names and ranges, each with a step if need be. When both days are
//! restricted, either may match.

use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Set in a field that leaves everything open.
const STAR: u64 = 1 << 63;
/// A pattern that matches nothing for so many years never does.
const YEARS_MAX: i16 = 5;

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const fn bounds(min: u32, max: u32, names: &'static [&'static str]) -> Bounds {
    Bounds { min, max, names }
}

/// A pattern: for each field the set of its numbers, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cron {
    second: u64,
    minute: u64,
    hour: u64,
    day: u64,
    month: u64,
    weekday: u64,
}

impl Cron {
    /// Reads a pattern. None when it is not one.
    pub fn parse(pattern: &str) -> Option<Cron> {
        let fields: Vec<&str> = pattern.split_whitespace().collect();
        let [second, minute, hour, day, month, weekday] = fields[..] else {
            return None;
        };
        Some(Cron {
            second: field(second, bounds(0, 59, &[]))?,
            minute: field(minute, bounds(0, 59, &[]))?,
            hour: field(hour, bounds(0, 23, &[]))?,
            day: field(day, bounds(1, 31, &[]))?,
            month: field(month, bounds(1, 12, &MONTHS))?,
            weekday: field(weekday, bounds(0, 6, &WEEKDAYS))?,
        })
    }

    /// The first second behind `after` that matches, both in seconds since 1970. None when there is none for years.
    pub fn next(&self, after: i64, zone: &TimeZone) -> Option<i64> {
        // Nothing to look for, and every second of five years to look at.
        if [self.second, self.minute, self.hour, self.month].contains(&0) {
            return None;
        }
        let mut clock = Clock::new(after + 1, zone)?;
        let year_max = clock.civil.year() + YEARS_MAX;
        while clock.civil.year() <= year_max {
            if self.wind(&mut clock)? {
                return Some(clock.seconds);
            }
        }
        None
    }

    /// Moves on field by field. False when a field has come round, so that those before it must be looked at again.
    fn wind(&self, clock: &mut Clock<'_>) -> Option<bool> {
        let has = |set: u64, number: i8| set & (1 << number) != 0;
        while !has(self.month, clock.civil.month()) {
            clock.cut(|now| date(now.year(), now.month(), 1).at(0, 0, 0, 0))?;
            clock.step_civil(1.month())?;
            if clock.civil.month() == 1 {
                return Some(false);
            }
        }
        while !self.has_day(clock.civil) {
            clock.cut(|now| now.date().at(0, 0, 0, 0))?;
            clock.step_civil(1.day())?;
            if clock.civil.day() == 1 {
                return Some(false);
            }
        }
        while !has(self.hour, clock.civil.hour()) {
            clock.cut(|now| now.date().at(now.hour(), 0, 0, 0))?;
            clock.set(clock.seconds + 3600)?;
            if clock.civil.hour() == 0 {
                return Some(false);
            }
        }
        while !has(self.minute, clock.civil.minute()) {
            clock.cut_minute()?;
            clock.set(clock.seconds + 60)?;
            if clock.civil.minute() == 0 {
                return Some(false);
            }
        }
        while !has(self.second, clock.civil.second()) {
            clock.is_cut = true;
            clock.set(clock.seconds + 1)?;
            if clock.civil.second() == 0 {
                return Some(false);
            }
        }
        Some(true)
    }

    fn has_day(&self, now: DateTime) -> bool {
        let day = self.day & (1 << now.day()) != 0;
        let weekday = self.weekday & (1 << now.weekday().to_sunday_zero_offset()) != 0;
        if (self.day | self.weekday) & STAR != 0 {
            day && weekday
        } else {
            day || weekday
        }
    }
}

/// A moment, and what clocks in the zone show then.
struct Clock<'z> {
    zone: &'z TimeZone,
    seconds: i64,
    civil: DateTime,
    /// Smaller fields were set back to their beginnings, which happens once.
    is_cut: bool,
}

impl<'z> Clock<'z> {
    fn new(seconds: i64, zone: &'z TimeZone) -> Option<Clock<'z>> {
        let civil = civil_at(seconds, zone)?;
        Some(Clock {
            zone,
            seconds,
            civil,
            is_cut: false,
        })
    }

    fn set(&mut self, seconds: i64) -> Option<()> {
        (self.seconds, self.civil) = (seconds, civil_at(seconds, self.zone)?);
        Some(())
    }

    fn cut(&mut self, to: impl FnOnce(DateTime) -> DateTime) -> Option<()> {
        if !std::mem::replace(&mut self.is_cut, true) {
            self.set_civil(to(self.civil))?;
        }
        Some(())
    }

    fn cut_minute(&mut self) -> Option<()> {
        if !std::mem::replace(&mut self.is_cut, true) {
            self.set(self.seconds - self.seconds.rem_euclid(60))?;
        }
        Some(())
    }

    fn step_civil(&mut self, by: Span) -> Option<()> {
        self.set_civil(self.civil.checked_add(by).ok()?)
    }

    /// A time that the zone skips or has twice is taken as Go takes it: with the offset that holds when the
    /// offset of the same time in UTC is taken off.
    fn set_civil(&mut self, civil: DateTime) -> Option<()> {
        let utc = TimeZone::UTC.to_timestamp(civil).ok()?.as_second();
        let first = offset_at(utc, self.zone)?;
        let second = offset_at(utc - first, self.zone)?;
        self.set(utc - second)
    }
}

fn offset_at(seconds: i64, zone: &TimeZone) -> Option<i64> {
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    Some(i64::from(zone.to_offset(time).seconds()))
}

fn civil_at(seconds: i64, zone: &TimeZone) -> Option<DateTime> {
    Some(zone.to_datetime(jiff::Timestamp::from_second(seconds).ok()?))
}

fn field(text: &str, bounds: Bounds) -> Option<u64> {
    let mut parts = text.split(',').filter(|part| !part.is_empty());
    parts.try_fold(0, |set, part| Some(set | range(part, bounds)?))
}

fn range(text: &str, bounds: Bounds) -> Option<u64> {
    let (ends, step) = match text.split_once('/') {
        Some((ends, step)) => (ends, Some(number(step)?)),
        None => (text, None),
    };
    let ends: Vec<&str> = ends.split('-').collect();
    let mut star = 0;
    let (start, mut end) = if matches!(ends[0], "*" | "?") {
        star = STAR;
        (bounds.min, bounds.max)
    } else {
        let start = number_or_name(ends[0], &bounds)?;
        match ends[..] {
            [_] => (start, start),
            [_, end] => (start, number_or_name(end, &bounds)?),
            _ => return None,
        }
    };
    // A number with a step stands for all from there on.
    if step.is_some() && ends.len() == 1 {
        end = bounds.max;
    }
    let step = step.unwrap_or(1);
    if start < bounds.min || end > bounds.max || start > end || step == 0 {
        return None;
    }
    if step > 1 {
        star = 0;
    }
    let numbers = (start..=end).step_by(step as usize);
    Some(numbers.fold(star, |set, number| set | 1 << number))
}

fn number_or_name(text: &str, bounds: &Bounds) -> Option<u32> {
    let name = bounds
        .names
        .iter()
        .position(|name| text.eq_ignore_ascii_case(name));
    match name {
        Some(place) => Some(bounds.min + place as u32),
        None => number(text),
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(pattern: &str, after: &str, zone: &str) -> Option<String> {
        let after: jiff::Timestamp = after.parse().unwrap();
        let zone = TimeZone::get(zone).unwrap();
        let next = Cron::parse(pattern)?.next(after.as_second(), &zone)?;
        Some(jiff::Timestamp::from_second(next).unwrap().to_string())
    }

    #[test]
    fn patterns_find_their_next_time() {
        for (pattern, after, wanted) in [
            ("* * * * * *", "2026-11-24T18:00:00Z", "2026-11-24T18:00:01Z"),
            ("0 */15 * * * *", "2026-11-24T18:00:00Z", "2026-11-24T18:15:00Z"),
            ("30 5/20 * * * ?", "2026-11-24T18:45:30Z", "2026-11-24T19:05:30Z"),
            ("0 0 0 1 1 *", "2026-11-24T18:00:00Z", "2027-01-01T00:00:00Z"),
            (
                "0 0 12 * * Mon-Fri",
                "2026-11-27T13:00:00Z",
                "2026-11-30T12:00:00Z",
            ),
            ("0 0 0 13 * fri", "2026-11-24T18:00:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 0 29 feb ?", "2026-11-24T18:00:00Z", "2028-02-29T00:00:00Z"),
            (
                "0 0 23,5 * JAN,dec *",
                "2026-11-24T18:00:00Z",
                "2026-12-01T05:00:00Z",
            ),
        ] {
            assert_eq!(next(pattern, after, "UTC").as_deref(), Some(wanted), "{pattern}");
        }
    }

    #[test]
    fn zones_and_their_changes_of_clocks() {
        for (after, wanted) in [
            ("2026-07-01T00:00:00Z", "2026-07-01T07:00:00Z"),
            ("2026-12-01T00:00:00Z", "2026-12-01T08:00:00Z"),
        ] {
            let found = next("0 0 9 * * *", after, "Europe/Oslo");
            assert_eq!(found.as_deref(), Some(wanted));
        }
        // Half past two does not exist on the last Sunday of March.
        let skipped = next("0 30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Oslo");
        assert_eq!(skipped.as_deref(), Some("2026-03-30T00:30:00Z"));
    }

    #[test]
    fn what_is_no_pattern() {
        for pattern in [
            "",
            "* * * * *",
            "60 * * * * *",
            "* * 24 * * *",
            "* * * 0 * *",
            "* * * * 13 *",
            "* * * * * 7",
            "5-1 * * * * *",
            "*/0 * * * * *",
            "1-2-3 * * * * *",
            "1/2/3 * * * * *",
            "x * * * * *",
            "-1 * * * * *",
            "* * * * foo *",
        ] {
            assert_eq!(Cron::parse(pattern), None, "{pattern}");
        }
        assert_eq!(next("0 0 0 31 2 ?", "2026-11-24T18:00:00Z", "UTC"), None);
        assert_eq!(next(", * * * * *", "2026-11-24T18:00:00Z", "UTC"), None);
    }
}
