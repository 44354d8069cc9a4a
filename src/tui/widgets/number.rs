//! Numbers, sizes and times as the panes write them.
//!
//! Thousands are set apart by a blank, as in Norwegian; decimals keep the point, since the values
//! stand beside payloads that have one.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::util::time::Timestamp;

/// A whole number with blanks between thousands: `1 234 567`.
pub fn count(n: u64) -> String {
    crate::util::size::format_count(n).replace(',', " ")
}

/// A whole number in few cells: `999`, `12.3k`, `4.5M`.
pub fn short(n: u64) -> String {
    match n {
        0..10_000 => n.to_string(),
        10_000..1_000_000 => format!("{:.1}k", tenths(n, 1_000)),
        1_000_000..1_000_000_000 => format!("{:.1}M", tenths(n, 1_000_000)),
        _ => format!("{:.1}G", tenths(n, 1_000_000_000)),
    }
}

/// Rounded down, so that 999 999 stays below the next unit.
fn tenths(n: u64, unit: u64) -> f64 {
    (n / (unit / 10)) as f64 / 10.0
}

/// A value with two decimals; in exponent form where that would take more than about 15 cells.
pub fn value(v: f64) -> String {
    if v != 0.0 && (v.abs() >= 1e12 || v.abs() < 0.005) {
        format!("{v:.2e}")
    } else {
        format!("{v:.2}")
    }
}

/// A latency: `850 ns`, `12.3 µs`, `4.56 ms`, `1.20 s`.
pub fn latency(d: Duration) -> String {
    let nanos = d.as_nanos() as f64;
    match nanos {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 1e6 => format!("{:.1} µs", n / 1e3),
        n if n < 1e9 => format!("{:.2} ms", n / 1e6),
        n => format!("{:.2} s", n / 1e9),
    }
}

/// The time of day in `zone` with milliseconds; a dash for "never".
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(at.nanos())) {
        Ok(t) if !at.is_zero() => t
            .to_zoned_datetime(zone.clone())
            .strftime("%H:%M:%S%.3f")
            .to_string(),
        _ => "–".to_owned(),
    }
}

/// How long ago, in few cells: `3 s`, `5 min`, `2 t`, `4 d`.
pub fn ago(age: Duration) -> String {
    match age.as_secs() {
        s @ 0..60 => format!("{s} s"),
        s @ 60..3_600 => format!("{} min", s / 60),
        s @ 3_600..86_400 => format!("{} t", s / 3_600),
        s => format!("{} d", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_the_panes_write_them() {
        assert_eq!(count(1_234_567), "1 234 567");
        assert_eq!(
            [short(9_999), short(12_345), short(999_999), short(4_500_000)],
            ["9999", "12.3k", "999.9k", "4.5M"]
        );
        assert_eq!(
            [value(21.525), value(-3.0), value(0.0), value(1e15), value(0.0001)],
            ["21.52", "-3.00", "0.00", "1.00e15", "1.00e-4"]
        );
        assert_eq!(latency(Duration::from_micros(4_560)), "4.56 ms");
        assert_eq!(ago(Duration::from_secs(7_300)), "2 t");
        let t: Timestamp = "2026-11-24T18:00:01.5Z".parse().unwrap();
        assert_eq!(clock(t, &TimeZone::UTC), "18:00:01.500");
        assert_eq!(clock(Timestamp::ZERO, &TimeZone::UTC), "–");
    }
}
