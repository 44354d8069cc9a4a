//! Values of the API as natscli writes them for people.

use std::cmp::Ordering;
use std::time::Duration;

use serde_json::Value;

use crate::util::time::Timestamp;
use crate::util::{duration, size};

/// A whole number with commas; 0 for what is absent. Negative ones mean "no limit".
pub(super) fn count(value: &Value) -> String {
    match value.as_i64() {
        Some(negative) if negative < 0 => "unlimited".to_owned(),
        _ => size::format_count(value.as_u64().unwrap_or(0)),
    }
}

/// A size in bytes.
pub(super) fn bytes(value: &Value) -> String {
    match value.as_i64() {
        Some(negative) if negative < 0 => "unlimited".to_owned(),
        _ => size::format_bytes(value.as_u64().unwrap_or(0)),
    }
}

/// A limit where 0 and negative numbers mean that there is none.
pub(super) fn limit(value: &Value, write: fn(&Value) -> String) -> String {
    match value.as_i64() {
        Some(limit) if limit > 0 => write(value),
        _ => "unlimited".to_owned(),
    }
}

/// A text; empty for what is absent.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// `true` or `false`; what is absent is false.
pub(super) fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or(false)
}

/// A list of texts with commas between.
pub(super) fn list(value: &Value) -> String {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// A number; 0 for what is absent.
pub(super) fn amount(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// Sorts answers. A function of its own and not generic, so that sorting is compiled once for all reports.
pub(super) fn sort(values: &mut [Value], compare: &dyn Fn(&Value, &Value) -> Ordering) {
    values.sort_by(compare);
}

/// `work_queue` or `workqueue` as a heading has it: first letters large.
pub(super) fn title(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Nanoseconds as a span of time.
pub(super) fn nanos(value: &Value) -> String {
    span(Duration::from_nanos(value.as_u64().unwrap_or(0)))
}

/// A span of time: `159µs`, `28ms`, `30.00s`, `2m0s`, `1d3h5m2s`.
pub(super) fn span(span: Duration) -> String {
    const DAY: u64 = 86_400;
    let seconds = span.as_secs();
    let (days, rest) = (seconds / DAY, seconds % DAY);
    let (hours, minutes, rest) = (rest / 3600, rest % 3600 / 60, rest % 60);
    if span.is_zero() {
        "0s".to_owned()
    } else if span < Duration::from_millis(1) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        duration::format(Duration::from_micros(micros))
    } else if seconds == 0 {
        format!("{}ms", span.as_millis())
    } else if seconds < 60 {
        format!("{:.2}s", span.as_secs_f64())
    } else if seconds < 3600 {
        format!("{minutes}m{rest}s")
    } else if days == 0 {
        format!("{hours}h{minutes}m{rest}s")
    } else if days < 365 {
        format!("{days}d{hours}h{minutes}m{rest}s")
    } else {
        format!("{}y{}d{hours}h{minutes}m{rest}s", days / 365, days % 365)
    }
}

/// A time of the API; the zero time, and what cannot be read, is none.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    text(value)
        .parse()
        .ok()
        .filter(|time: &Timestamp| !time.is_zero())
}

/// A time in the zone of the reader, to the second; `never` for none.
pub(super) fn local(time: Option<Timestamp>) -> String {
    let zoned = time
        .and_then(|time| jiff::Timestamp::from_nanosecond(i128::from(time.nanos())).ok())
        .map(|time| time.to_zoned_datetime(jiff::tz::TimeZone::system()));
    match zoned {
        Some(zoned) => zoned.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        None => "never".to_owned(),
    }
}

/// How long before `answer`'s own time `value` was; `never` for no time.
pub(super) fn ago(value: &Value, answer: &Value) -> String {
    let now = time(&answer["ts"]).unwrap_or_else(Timestamp::now);
    time(value).map_or_else(|| "never".to_owned(), |then| span(now.since(then)))
}

/// Metadata without what the server adds on its own.
pub(super) fn metadata(config: &Value) -> Vec<(&str, &str)> {
    let entries = config["metadata"].as_object();
    entries
        .into_iter()
        .flatten()
        .filter(|(key, _)| !key.starts_with("_nats."))
        .map(|(key, value)| (key.as_str(), text(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spans() {
        for (nanos, expected) in [
            (0, "0s"),
            (159_400, "159µs"),
            (28_900_000, "28ms"),
            (1_070_000_000, "1.07s"),
            (30_000_000_000, "30.00s"),
            (120_000_000_000, "2m0s"),
            (3_600_000_000_000, "1h0m0s"),
            (97_502_000_000_000, "1d3h5m2s"),
            (34_560_000_000_000_000, "1y35d0h0m0s"),
        ] {
            assert_eq!(span(Duration::from_nanos(nanos)), expected);
        }
    }

    #[test]
    fn values_of_the_api() {
        assert_eq!(count(&json!(12345)), "12,345");
        assert_eq!(count(&json!(-1)), "unlimited");
        assert_eq!(count(&Value::Null), "0");
        assert_eq!(limit(&json!(0), count), "unlimited");
        assert_eq!(list(&json!(["a", "b.>"])), "a, b.>");
        assert_eq!(title("limits"), "Limits");
        let answer = json!({"ts": "2026-11-24T18:00:01Z", "last": "2026-11-24T18:00:00Z", "none": "0001-01-01T00:00:00Z"});
        assert_eq!(ago(&answer["last"], &answer), "1.00s");
        assert_eq!(ago(&answer["none"], &answer), "never");
        let config = json!({"metadata": {"_nats.ver": "2.14.5", "a": "b"}});
        assert_eq!(metadata(&config), [("a", "b")]);
    }
}
