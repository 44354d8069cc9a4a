//! The flags of `nats consumer add`, and the configuration that they describe.

use std::time::Duration;

use anyhow::bail;
use serde_json::{Map, Value, json};

use super::super::stream::nanos;
use super::super::typed::{object_of, parse_duration, parse_pair, split_subjects};
use crate::util::time::Timestamp;

/// Most steps of a backoff policy; the server takes fewer than `--max-deliver`.
const BACKOFF_STEPS_MAX: u32 = 1_000;

#[derive(Debug, Default, clap::Args)]
pub(super) struct ConfigFlags {
    /// Acknowledgment policy
    #[arg(long, value_parser = ["none", "all", "explicit"])]
    pub ack: Option<String>,
    /// Restrict message delivery to a certain bit per second
    #[arg(long)]
    bps: Option<u64>,
    /// Creates a consumer backoff policy using a specific pre-written algorithm
    #[arg(long, value_name = "MODE", value_parser = ["linear", "none"])]
    backoff: Option<String>,
    /// Number of steps to use when creating the backoff policy
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=i64::from(BACKOFF_STEPS_MAX)))]
    backoff_steps: u32,
    /// The shortest backoff period that will be generated
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = parse_duration)]
    backoff_min: Duration,
    /// The longest backoff period that will be generated
    #[arg(long, value_name = "DURATION", default_value = "20m", value_parser = parse_duration)]
    backoff_max: Duration,
    /// Start policy (all, new, last, subject, 1h, msg sequence)
    #[arg(long, value_name = "POLICY")]
    pub deliver: Option<String>,
    /// Delivers push messages only to subscriptions matching this group
    #[arg(long, value_name = "GROUP")]
    deliver_group: Option<String>,
    /// Sets a contextual description for the consumer
    #[arg(long)]
    description: Option<String>,
    /// Filter Stream by subjects
    #[arg(long, value_name = "SUBJECTS")]
    pub filter: Vec<String>,
    /// Enable Push consumer flow control
    #[arg(long)]
    flow_control: bool,
    /// Enable idle Push consumer heartbeats (-1 disable)
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    heartbeat: Option<String>,
    /// Deliver only headers and no bodies (--no-headers-only turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    headers_only: Option<bool>,
    /// Maximum amount of times a message will be delivered
    #[arg(long, value_name = "TRIES", allow_hyphen_values = true)]
    pub max_deliver: Option<String>,
    /// Maximum pending Acks before consumers are paused
    #[arg(long, alias = "max-outstanding", allow_hyphen_values = true)]
    pub max_pending: Option<String>,
    /// Maximum number of outstanding pulls allowed
    #[arg(long, value_name = "PULLS")]
    max_waiting: Option<u64>,
    /// Maximum size batch size for a pull request to accept
    #[arg(long, value_name = "BATCH_SIZE")]
    max_pull_batch: Option<u64>,
    /// Maximum expire duration for a pull request to accept
    #[arg(long, value_name = "EXPIRES", value_parser = parse_duration)]
    max_pull_expire: Option<Duration>,
    /// Maximum max bytes for a pull request to accept
    #[arg(long, value_name = "BYTES")]
    max_pull_bytes: Option<u64>,
    /// Replay Policy
    #[arg(long, value_name = "POLICY", value_parser = ["instant", "original"])]
    pub replay: Option<String>,
    /// Percentage of requests to sample for monitoring purposes
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..=100))]
    sample: Option<u64>,
    /// Push based delivery target subject
    #[arg(long, value_name = "SUBJECT")]
    pub target: Option<String>,
    /// Acknowledgment waiting time
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,
    /// How long to allow an ephemeral consumer to be idle before removing it
    #[arg(long, value_name = "THRESHOLD", value_parser = parse_duration)]
    inactive_threshold: Option<Duration>,
    /// Force the consumer state to be stored in memory rather than inherit from the stream
    #[arg(long)]
    memory: bool,
    /// Sets a custom replica count rather than inherit from the stream
    #[arg(long)]
    replicas: Option<u64>,
    /// Adds metadata to the consumer
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    metadata: Vec<(String, String)>,
    /// Pause the consumer for a duration after start or until a specific timestamp
    #[arg(long, value_name = "UNTIL")]
    pause: Option<String>,
    /// Create a Pinned Client consumer based on these groups
    #[arg(long, value_name = "GROUPS")]
    pinned_groups: Vec<String>,
    /// The time to allow for a client to pull before losing the pinned status
    #[arg(long, value_name = "TTL", value_parser = parse_duration)]
    pinned_ttl: Option<Duration>,
    /// Create a Overflow consumer based on these groups
    #[arg(long, value_name = "GROUPS", conflicts_with = "pinned_groups")]
    overflow_groups: Vec<String>,
    /// Create a Prioritized consumer based on these groups
    #[arg(long, value_name = "GROUPS", conflicts_with_all = ["pinned_groups", "overflow_groups"])]
    prioritized_groups: Vec<String>,
}

impl ConfigFlags {
    /// True when the consumer delivers to a subject by itself.
    pub fn is_push(&self) -> bool {
        self.target.as_deref().is_some_and(|target| !target.is_empty())
    }

    /// True when the time to wait for an acknowledgement is given.
    pub fn sets_ack_wait(&self) -> bool {
        self.wait.is_some()
    }

    /// The groups that clients pull for, and the policy that chooses among them.
    fn groups(&self) -> Option<(&'static str, Vec<String>)> {
        [
            ("pinned_client", &self.pinned_groups),
            ("overflow", &self.overflow_groups),
            ("prioritized", &self.prioritized_groups),
        ]
        .into_iter()
        .find(|(_, groups)| !groups.is_empty())
        .map(|(policy, groups)| (policy, split_subjects(groups)))
    }

    /// Writes what was given into a configuration; `now` is where a span of time back begins.
    pub fn apply(&self, config: &mut Map<String, Value>, now: Timestamp) -> anyhow::Result<()> {
        if let Some(policy) = self.deliver.as_deref().filter(|policy| !policy.is_empty()) {
            config.extend(start_policy(policy, now)?);
        }
        config.extend(self.filters());
        config.extend(self.push_settings()?);
        let pause = self
            .pause
            .as_deref()
            .map(|until| pause_until(until, now))
            .transpose()?;
        let mut set = |field: &str, value: Option<Value>| {
            config.extend(value.map(|value| (field.to_owned(), value)));
        };
        set("pause_until", pause.map(|until| json!(until)));
        if let Some((policy, groups)) = self.groups() {
            set("priority_policy", Some(policy.into()));
            set("priority_groups", Some(json!(groups)));
        }
        set("priority_timeout", self.pinned_ttl.map(nanos));
        let explicit = self.ack.as_deref() != Some("none");
        let max_deliver = match (self.backoff_periods(), whole("--max-deliver", &self.max_deliver)?) {
            // The server wants more deliveries than there are periods.
            (Some(periods), None | Some(-1)) => Some(periods.len() as i64 + 1),
            (_, given) => given,
        };
        set("description", self.description.clone().map(Value::from));
        set("ack_policy", self.ack.clone().map(Value::from));
        set("ack_wait", self.wait.map(nanos));
        set("backoff", self.backoff_periods().map(Value::from));
        set("max_deliver", max_deliver.filter(|_| explicit).map(Value::from));
        set(
            "max_ack_pending",
            whole("--max-pending", &self.max_pending)?.map(|n| n.max(0).into()),
        );
        set("replay_policy", self.replay.clone().map(Value::from));
        set(
            "sample_freq",
            self.sample.map(|percent| percent.to_string().into()),
        );
        set("headers_only", self.headers_only.map(Value::from));
        set("inactive_threshold", self.inactive_threshold.map(nanos));
        set("max_waiting", self.max_waiting.map(Value::from));
        set("max_batch", self.max_pull_batch.map(Value::from));
        set("max_expires", self.max_pull_expire.map(nanos));
        set("max_bytes", self.max_pull_bytes.map(Value::from));
        set("mem_storage", self.memory.then_some(true.into()));
        set("num_replicas", self.replicas.map(Value::from));
        set("metadata", object_of(&self.metadata));
        Ok(())
    }

    fn filters(&self) -> Option<(String, Value)> {
        match split_subjects(&self.filter).as_slice() {
            [] => None,
            [one] => Some(("filter_subject".to_owned(), one.as_str().into())),
            many => Some(("filter_subjects".to_owned(), json!(many))),
        }
    }

    /// What only a push consumer has.
    fn push_settings(&self) -> anyhow::Result<Map<String, Value>> {
        let mut settings = Map::new();
        let heartbeat = self
            .heartbeat
            .as_deref()
            .filter(|text| !matches!(*text, "-1" | ""));
        if !self.is_push() {
            if self.bps.is_some_and(|bps| bps > 0) {
                bail!("rate limits are only possible on Push consumers");
            }
            if heartbeat.is_some() {
                bail!("pull subscribers does not support idle heartbeats");
            }
            return Ok(settings);
        }
        let mut set = |field: &str, value: Option<Value>| {
            settings.extend(value.map(|value| (field.to_owned(), value)));
        };
        set("deliver_subject", self.target.clone().map(Value::from));
        set("deliver_group", self.deliver_group.clone().map(Value::from));
        set("flow_control", self.flow_control.then_some(true.into()));
        set("rate_limit_bps", self.bps.filter(|bps| *bps > 0).map(Value::from));
        let heartbeat = heartbeat.map(parse_duration).transpose();
        set(
            "idle_heartbeat",
            heartbeat
                .map_err(|e| anyhow::anyhow!("--heartbeat: {e}"))?
                .map(nanos),
        );
        Ok(settings)
    }

    /// Periods in even steps from the shortest to the longest.
    fn backoff_periods(&self) -> Option<Vec<Value>> {
        if self.backoff.as_deref() != Some("linear") {
            return None;
        }
        let (steps, min) = (self.backoff_steps, self.backoff_min);
        let step = self.backoff_max.saturating_sub(min) / steps.saturating_sub(1).max(1);
        Some((0..steps).map(|index| nanos(min + step * index)).collect())
    }
}

/// A span of time from now on, or a time, with or without its zone.
pub(super) fn pause_until(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    if let Ok(span) = parse_duration(text) {
        return Ok(now + span);
    }
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let local: jiff::civil::DateTime = text
        .parse()
        .map_err(|_| anyhow::anyhow!("invalid time or duration {text:?}"))?;
    let time = jiff::tz::TimeZone::system().to_timestamp(local)?;
    Ok(Timestamp::from_nanos(i64::try_from(time.as_nanosecond())?))
}

fn whole(flag: &str, given: &Option<String>) -> anyhow::Result<Option<i64>> {
    match given.as_deref().map(str::parse).transpose() {
        Ok(number) => Ok(number),
        Err(_) => bail!("{flag} must be a whole number"),
    }
}

/// Where a consumer begins: a word, a sequence, or a span of time back from now.
fn start_policy(policy: &str, now: Timestamp) -> anyhow::Result<Map<String, Value>> {
    let (name, start) = match policy {
        "all" | "last" | "new" => (policy, None),
        "next" => ("new", None),
        "subject" | "last_per_subject" => ("last_per_subject", None),
        other => match other.parse::<u64>() {
            Ok(sequence) => ("by_start_sequence", Some(("opt_start_seq", json!(sequence)))),
            Err(_) => {
                let back = parse_duration(other)
                    .map_err(|e| anyhow::anyhow!("could not parse starting delta: {e}"))?;
                ("by_start_time", Some(("opt_start_time", json!(now - back))))
            }
        },
    };
    let mut settings = Map::new();
    settings.insert("deliver_policy".to_owned(), name.into());
    settings.extend(start.map(|(field, value)| (field.to_owned(), value)));
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        flags: ConfigFlags,
    }

    fn configured(line: &str) -> anyhow::Result<Value> {
        let flags = Typed::try_parse_from(format!("x {line}").split_whitespace())?.flags;
        let mut config = Map::new();
        flags.apply(&mut config, "2026-11-24T18:00:00Z".parse()?)?;
        Ok(config.into())
    }

    #[test]
    fn flags_become_settings() {
        for (line, expected) in [
            ("", json!({})),
            ("--filter a", json!({"filter_subject": "a"})),
            ("--filter a,b", json!({"filter_subjects": ["a", "b"]})),
            ("--deliver subject", json!({"deliver_policy": "last_per_subject"})),
            (
                "--deliver 10",
                json!({"deliver_policy": "by_start_sequence", "opt_start_seq": 10}),
            ),
            (
                "--deliver 1h",
                json!({"deliver_policy": "by_start_time", "opt_start_time": "2026-11-24T17:00:00Z"}),
            ),
            ("--ack none --max-deliver 5", json!({"ack_policy": "none"})),
            (
                "--max-deliver -1 --max-pending -1",
                json!({"max_deliver": -1, "max_ack_pending": 0}),
            ),
            ("--wait 10s", json!({"ack_wait": 10_000_000_000_u64})),
            (
                "--target t --heartbeat 1s --flow-control",
                json!({"deliver_subject": "t", "idle_heartbeat": 1_000_000_000, "flow_control": true}),
            ),
            (
                "--pinned-groups a,b --pinned-ttl 10s",
                json!({"priority_policy": "pinned_client", "priority_groups": ["a", "b"], "priority_timeout": 10_000_000_000_u64}),
            ),
            (
                "--pause 1h --headers-only=false",
                json!({"pause_until": "2026-11-24T19:00:00Z", "headers_only": false}),
            ),
            (
                "--backoff linear --backoff-steps 3 --backoff-min 1s --backoff-max 3s",
                json!({"backoff": [1_000_000_000, 2_000_000_000, 3_000_000_000_u64], "max_deliver": 4}),
            ),
        ] {
            assert_eq!(configured(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "--heartbeat 1s",
            "--bps 100",
            "--deliver soon",
            "--max-pending x",
            "--ack maybe",
        ] {
            assert!(configured(line).is_err(), "{line}");
        }
    }
}
