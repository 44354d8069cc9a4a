//! Is an account well: what JetStream holds for it, and how its streams' replicas are?

use std::time::Duration;

use anyhow::anyhow;
use serde_json::Value;

use super::limits::{float, list, seconds};
use super::{Check, Datum};
use crate::cli::nats::human::{flag, span, text};
use crate::cli::nats::typed::parse_duration;
use crate::client::api::{Api, ApiError};

#[derive(Debug, clap::Args)]
pub(super) struct JetstreamArgs {
    /// Warning threshold for memory storage, in percent of limit
    #[arg(long, default_value_t = 75, allow_hyphen_values = true)]
    mem_warn: i64,
    /// Critical threshold for memory storage, in percent of limit
    #[arg(long, default_value_t = 90, allow_hyphen_values = true)]
    mem_critical: i64,
    /// Warning threshold for disk storage, in percent of limit
    #[arg(long, default_value_t = 75, allow_hyphen_values = true)]
    store_warn: i64,
    /// Critical threshold for disk storage, in percent of limit
    #[arg(long, default_value_t = 90, allow_hyphen_values = true)]
    store_critical: i64,
    /// Warning threshold for number of streams used, in percent of limit
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    streams_warn: i64,
    /// Critical threshold for number of streams used, in percent of limit
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    streams_critical: i64,
    /// Warning threshold for number of consumers used, in percent of limit
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    consumers_warn: i64,
    /// Critical threshold for number of consumers used, in percent of limit
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    consumers_critical: i64,
    /// Checks if all streams have healthy replicas (--no-replicas turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    replicas: bool,
    /// Critical threshold for when a stream replica should have been seen, as a duration
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    replica_seen_critical: Duration,
    /// Critical threshold for how many operations behind a peer can be
    #[arg(long, value_name = "OPS", default_value_t = 200)]
    replica_lag_critical: u64,
}

pub(super) async fn jetstream(api: &Api, args: &JetstreamArgs, check: &mut Check) -> anyhow::Result<()> {
    let unavailable = |error: ApiError| anyhow!("JetStream not available: {error}");
    let info = api.request("INFO", &Value::Null).await.map_err(unavailable)?;
    for (item, unit, used, limit, warn, crit) in [
        (
            "memory",
            "B",
            "memory",
            "max_memory",
            args.mem_warn,
            args.mem_critical,
        ),
        (
            "storage",
            "B",
            "storage",
            "max_storage",
            args.store_warn,
            args.store_critical,
        ),
        (
            "streams",
            "",
            "streams",
            "max_streams",
            args.streams_warn,
            args.streams_critical,
        ),
        (
            "consumers",
            "",
            "consumers",
            "max_consumers",
            args.consumers_warn,
            args.consumers_critical,
        ),
    ] {
        let (used, limit) = (float(&info[used]), float(&info["limits"][limit]));
        usage(item, unit, used, limit, (warn, crit), check);
    }
    if args.replicas {
        let streams = api.list("STREAM.LIST", "streams", &Value::Null).await;
        replicas(&streams.map_err(unavailable)?, args, check);
    }
    Ok(())
}

fn usage(item: &str, unit: &'static str, used: f64, limit: f64, (warn, crit): (i64, i64), check: &mut Check) {
    let percent = if limit > 0.0 {
        (used / limit * 100.0) as i64
    } else {
        0
    };
    let help = format!("JetStream {item} resource usage");
    check.measured(Datum::new(item, used, help.clone()).unit(unit));
    check.measured(
        Datum::new(
            format!("{item}_pct"),
            percent as f64,
            format!("{help} in percent"),
        )
        .unit("%")
        .limits(warn.max(0) as f64, crit.max(0) as f64),
    );
    if warn != -1 && crit != -1 && warn >= crit {
        check.critical(format!("{item}: invalid thresholds"));
    } else if percent > 100 {
        check.critical(format!("{item}: exceed server limits"));
    } else if warn >= 0 && crit >= 0 && percent > crit {
        check.critical(format!("{percent}% {item}"));
    } else if warn >= 0 && crit >= 0 && percent > warn {
        check.warn(format!("{percent}% {item}"));
    }
}

/// How many streams are well, and how many are not in which way.
#[derive(Default)]
struct Replicas {
    well: i32,
    leaderless: i32,
    missing: i32,
    lagged: i32,
    unseen: i32,
    failed: i32,
}

impl Replicas {
    fn of(streams: &[Value], args: &JetstreamArgs) -> Replicas {
        let seen = args.replica_seen_critical;
        let lag = args.replica_lag_critical as f64;
        let mut counts = Replicas::default();
        for info in streams {
            let wanted = float(&info["config"]["num_replicas"]);
            let others = list(&info["cluster"]["replicas"]);
            if wanted <= 1.0 {
                counts.well += 1;
            } else if info["cluster"].is_null() {
                counts.failed += 1;
            } else if text(&info["cluster"]["leader"]).is_empty() {
                counts.leaderless += 1;
            } else if others.len() as f64 != wanted - 1.0 {
                counts.missing += 1;
            } else {
                let before = counts.unhealthy();
                for replica in others {
                    if flag(&replica["offline"]) {
                        counts.failed += 1;
                    } else if !seen.is_zero() && seconds(&replica["active"]) > seen.as_secs_f64() {
                        counts.unseen += 1;
                    } else if lag > 0.0 && float(&replica["lag"]) > lag {
                        counts.lagged += 1;
                    }
                }
                counts.well += i32::from(counts.unhealthy() == before);
            }
        }
        counts
    }

    fn unhealthy(&self) -> i32 {
        self.failed + self.missing + self.leaderless + self.unseen + self.lagged
    }
}

fn replicas(streams: &[Value], args: &JetstreamArgs, check: &mut Check) {
    let seen = args.replica_seen_critical;
    let lag = args.replica_lag_critical as f64;
    let counts = Replicas::of(streams, args);
    let lagged = format!("Streams with > {lag} lagged replicas");
    let unseen = format!("Streams with replicas seen > {} ago", span(seen));
    for (name, number, help, unit, crit) in [
        ("ok", counts.well, "Streams with healthy cluster state", "", 0.0),
        (
            "no_leader",
            counts.leaderless,
            "Streams with no leader elected",
            "",
            0.0,
        ),
        (
            "missing_replicas",
            counts.missing,
            "Streams where there are fewer known replicas than configured",
            "",
            0.0,
        ),
        ("lagged", counts.lagged, &lagged, "", lag),
        ("not_seen", counts.unseen, &unseen, "s", seen.as_secs_f64()),
        ("fail", counts.failed, "Streams unhealthy cluster state", "", 0.0),
    ] {
        let datum = Datum::new(format!("replicas_{name}"), f64::from(number), help);
        check.measured(datum.unit(unit).limits(0.0, crit));
    }
    if counts.unhealthy() > 0 {
        check.critical(format!("{} unhealthy streams", counts.unhealthy()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn replicas_are_counted() {
        let streams = [
            json!({"config": {"num_replicas": 1}}),
            json!({"config": {"num_replicas": 3}, "cluster": {"leader": "a", "replicas": [
                {"active": 1_000_000_000, "lag": 0}, {"active": 1_000_000_000, "lag": 500}]}}),
            json!({"config": {"num_replicas": 3}, "cluster": {"leader": "", "replicas": []}}),
        ];
        let args = <JetstreamArgs as clap::Args>::augment_args(clap::Command::new("x"));
        let matches = args.get_matches_from(["x"]);
        let args = <JetstreamArgs as clap::FromArgMatches>::from_arg_matches(&matches).unwrap();
        let mut check = Check::new("jetstream", "JetStream");
        replicas(&streams, &args, &mut check);
        let said = check.render(super::super::Format::Nagios, "");
        assert!(
            said.starts_with(
                "CRITICAL JetStream Crit:2 unhealthy streams | replicas_ok=1 replicas_no_leader=1"
            ),
            "{said}"
        );
    }
}
