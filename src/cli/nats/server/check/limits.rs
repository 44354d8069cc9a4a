//! Limits that a check holds against what the API says, and how it reads that.

use std::time::Duration;

use anyhow::anyhow;
use serde_json::Value;

use crate::cli::nats::human::time;
use crate::cli::nats::typed::parse_duration;
use crate::client::api::Api;
use crate::util::duration;
use crate::util::time::Timestamp;

/// What the metadata of a stream or consumer begins with when it sets a limit.
pub(super) const LIMITS: &str = "io.nats.monitor.";

/// A limit from the flags, else from the metadata of what is checked; 0 for none.
pub(super) struct Limits<'a>(pub &'a Value);

impl Limits<'_> {
    pub fn number(&self, given: Option<i64>, name: &str) -> anyhow::Result<f64> {
        let limit = match (given, self.0[format!("{LIMITS}{name}")].as_str()) {
            (Some(given), _) => given,
            (None, Some(set)) => set.parse().map_err(|_| unusable(name, set))?,
            (None, None) => 0,
        };
        Ok(limit.max(0) as f64)
    }

    pub fn amount(&self, given: Option<u64>, name: &str) -> anyhow::Result<f64> {
        self.number(given.map(|given| i64::try_from(given).unwrap_or(i64::MAX)), name)
    }

    pub fn seconds(&self, given: Option<Duration>, name: &str) -> anyhow::Result<f64> {
        let limit = match (given, self.0[format!("{LIMITS}{name}")].as_str()) {
            (Some(given), _) => given,
            (None, Some(set)) => parse_duration(set).map_err(|_| unusable(name, set))?,
            (None, None) => Duration::ZERO,
        };
        Ok(limit.as_secs_f64())
    }
}

fn unusable(name: &str, set: &str) -> anyhow::Error {
    anyhow!("could not configure based on metadata: {LIMITS}{name}: {set:?}")
}

pub(super) fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

/// Nanoseconds of the API in seconds.
pub(super) fn seconds(value: &Value) -> f64 {
    float(value) / 1e9
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(super) async fn loaded(api: &Api, subject: &str) -> anyhow::Result<Value> {
    let info = api.request(subject, &Value::Null).await;
    info.map_err(|e| anyhow!("could not load info: {e}"))
}

/// Seconds as Go writes them.
pub(super) fn told(seconds: f64) -> String {
    duration::format(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// Seconds since a time of the API; none when it never was.
pub(super) fn since(value: &Value) -> Option<f64> {
    time(value).map(|then| Timestamp::now().since(then).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn limits_come_from_flags_before_metadata() {
        let metadata = json!({"io.nats.monitor.msgs-warn": "7", "io.nats.monitor.seen-critical": "1m", "io.nats.monitor.bad": "x"});
        let limits = Limits(&metadata);
        assert_eq!(limits.amount(None, "msgs-warn").unwrap(), 7.0);
        assert_eq!(limits.amount(Some(3), "msgs-warn").unwrap(), 3.0);
        assert_eq!(limits.seconds(None, "seen-critical").unwrap(), 60.0);
        assert_eq!(limits.number(Some(-1), "absent").unwrap(), 0.0);
        assert!(limits.amount(None, "bad").is_err());
    }
}
