//! Values as natscli reads them on the command line: durations with days, sizes, `--no-` flags.

use std::ffi::OsString;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::util::{duration, size};

/// Flags that are on or off, and may be written `--no-NAME`.
const NEGATABLE: [&str; 22] = [
    "allow-fast",
    "compact",
    "consumers",
    "doubleack",
    "headers-only",
    "replicas",
    "require-expiry",
    "compress",
    "srv-advisory",
    "progress",
    "templates",
    "deletes",
    "ack",
    "discard-per-subject",
    "allow-batch",
    "allow-rollup",
    "allow-direct",
    "allow-mirror-direct",
    "allow-schedules",
    "allow-msg-ttl",
    "deny-delete",
    "deny-purge",
];

/// Rewrites `--no-NAME` to `--NAME=false`, which is what clap understands.
pub(super) fn spell_out_negations(args: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut literal = false;
    args.map(move |arg| {
        literal |= arg == "--";
        let name = arg.to_str().and_then(|text| text.strip_prefix("--no-"));
        match name {
            Some(name) if !literal && NEGATABLE.contains(&name) => format!("--{name}=false").into(),
            _ => arg,
        }
    })
}

/// Reads a duration; besides Go's units there are `d`, `w`, `M` (30 days) and `y` (365 days).
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    const DAY: f64 = 86_400.0;
    let invalid = || format!("invalid duration {text:?}");
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let unit_len = rest[digits..]
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len() - digits);
        let (part, tail) = rest.split_at(digits + unit_len);
        let seconds = match &part[digits..] {
            "d" | "D" => Some(DAY),
            "w" | "W" => Some(7.0 * DAY),
            "M" => Some(30.0 * DAY),
            "y" | "Y" => Some(365.0 * DAY),
            _ => None,
        };
        let step = match seconds {
            Some(scale) => {
                let number: f64 = part[..digits].parse().map_err(|_| invalid())?;
                Duration::try_from_secs_f64(number * scale).map_err(|_| invalid())?
            }
            None => duration::parse(part).map_err(|_| invalid())?,
        };
        total = total.checked_add(step).ok_or_else(invalid)?;
        rest = tail;
    }
    // Times travel as whole nanoseconds in 63 bits.
    if text.trim().is_empty() || total.as_nanos() > i64::MAX as u128 {
        return Err(invalid());
    }
    Ok(total)
}

/// Reads a size such as `1024`, `64KB`, `1MiB` or `2G`; both kinds of unit are powers of 1024. -1 is "no limit".
pub(super) fn parse_bytes(text: &str) -> Result<i64, String> {
    let invalid = || format!("invalid size {text:?}: expected bytes, or a number with K, M, G or T");
    size::parse_bytes(text).ok_or_else(invalid)
}

/// Reads `KEY=VALUE` or `KEY:VALUE`.
pub(super) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once(['=', ':']) {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("expected KEY=VALUE, got {text:?}")),
    }
}

/// Subjects may be given one by one, or several in one text with commas or blanks between.
pub(super) fn split_subjects(given: &[String]) -> Vec<String> {
    given
        .iter()
        .flat_map(|text| text.split(|c: char| c == ',' || c.is_whitespace()))
        .filter(|subject| !subject.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Pairs as a JSON object; nothing when none was given.
pub(super) fn object_of(pairs: &[(String, String)]) -> Option<Value> {
    let object: Map<String, Value> = pairs
        .iter()
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    (!object.is_empty()).then(|| object.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("5s", 5.0),
            ("1d", 86_400.0),
            ("1d3h5m2s", 97_502.0),
            ("1w", 604_800.0),
            ("0", 0.0),
            ("1.5h", 5_400.0),
            ("1M", 2_592_000.0),
            ("250ms", 0.25),
            ("1y", 31_536_000.0),
        ] {
            assert_eq!(
                parse_duration(text).map(|d| d.as_secs_f64()),
                Ok(seconds),
                "{text}"
            );
        }
        for bad in ["", "1", "abc", "1x", "-1s", "999999y", "..d"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("1024", 1024),
            ("1KB", 1024),
            ("2 MiB", 2 << 20),
            ("1g", 1 << 30),
            ("-1", -1),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for bad in ["", "x", "1XB", "-5", "99999999999T"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn negations_end_at_the_double_dash() {
        let args = ["--no-templates", "--no-context", "--", "--no-ack"].map(OsString::from);
        let spelled: Vec<OsString> = spell_out_negations(args.into_iter()).collect();
        assert_eq!(spelled, ["--templates=false", "--no-context", "--", "--no-ack"]);
    }
}
