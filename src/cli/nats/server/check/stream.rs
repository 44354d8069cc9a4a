//! Is a stream well: its cluster, what it holds, and where it comes from?

use std::time::Duration;

use serde_json::Value;

use super::limits::{Limits, float, list, loaded, seconds, told};
use super::{Check, Datum};
use crate::cli::nats::human::{flag, text};
use crate::cli::nats::typed::parse_duration;
use crate::client::api::Api;

#[derive(Debug, clap::Args)]
pub(super) struct StreamArgs {
    /// The streams to check
    #[arg(long)]
    pub stream: String,
    /// Critical threshold to allow for lag on any source or mirror
    #[arg(long, value_name = "MSGS")]
    lag_critical: Option<u64>,
    /// Critical threshold for how long ago the source or mirror should have been seen
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    seen_critical: Option<Duration>,
    /// Minimum number of sources to expect
    #[arg(long, value_name = "SOURCES")]
    min_sources: Option<u64>,
    /// Maximum number of sources to expect
    #[arg(long, value_name = "SOURCES")]
    max_sources: Option<u64>,
    /// Number of cluster replicas to expect
    #[arg(long, value_name = "SERVERS")]
    peer_expect: Option<u64>,
    /// Critical threshold to allow for cluster peer lag
    #[arg(long, value_name = "OPS")]
    peer_lag_critical: Option<u64>,
    /// Critical threshold for how long ago a cluster peer should have been seen
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    peer_seen_critical: Option<Duration>,
    /// Warn if there are fewer than this many messages in the stream
    #[arg(long, value_name = "MSGS")]
    msgs_warn: Option<u64>,
    /// Critical if there are fewer than this many messages in the stream
    #[arg(long, value_name = "MSGS")]
    msgs_critical: Option<u64>,
    /// Warning threshold for subjects in the stream
    #[arg(long, value_name = "SUBJECTS")]
    subjects_warn: Option<u64>,
    /// Critical threshold for subjects in the stream
    #[arg(long, value_name = "SUBJECTS")]
    subjects_critical: Option<u64>,
}

pub(super) async fn stream(api: &Api, args: &StreamArgs, check: &mut Check) -> anyhow::Result<()> {
    let info = loaded(api, &format!("STREAM.INFO.{}", args.stream)).await?;
    let limits = Limits(&info["config"]["metadata"]);
    cluster(&info, args, &limits, check)?;
    messages(&info, args, &limits, check)?;
    subjects(&info, args, &limits, check)?;
    origins(&info, args, &limits, check)
}

fn cluster(info: &Value, args: &StreamArgs, limits: &Limits<'_>, check: &mut Check) -> anyhow::Result<()> {
    let expected = limits.amount(args.peer_expect, "peer-expect")?;
    let lag = limits.amount(args.peer_lag_critical, "peer-lag-critical")?;
    let seen = limits.seconds(args.peer_seen_critical, "peer-seen-critical")?;
    let alone = info["cluster"].is_null() || float(&info["config"]["num_replicas"]) <= 1.0;
    if alone {
        if expected > 0.0 {
            check.critical("Stream is not clustered");
        }
        return Ok(());
    }
    if text(&info["cluster"]["leader"]).is_empty() {
        check.critical("No leader");
        return Ok(());
    }
    let replicas = list(&info["cluster"]["replicas"]);
    let peers = replicas.len() + 1;
    if peers as f64 != expected {
        check.critical(format!("Expected {expected} replicas got {peers}"));
        return Ok(());
    }
    check.ok(format!("{peers} peers"));
    let those = |bad: &dyn Fn(&Value) -> bool| replicas.iter().filter(|replica| bad(replica)).count();
    let offline = those(&|replica| flag(&replica["offline"]));
    if offline > 0 {
        check.critical(format!("{offline} replicas offline"));
    }
    if lag > 0.0 {
        let lagged = those(&|replica| float(&replica["lag"]) > lag);
        let bad = format!("{lagged} replicas lagged");
        check.graded(lagged > 0, false, &bad, "replicas are current");
    }
    if seen > 0.0 {
        let inactive = those(&|replica| seconds(&replica["active"]) > seen);
        let bad = format!("{inactive} replicas inactive");
        check.graded(inactive > 0, false, &bad, "replicas are active");
    }
    Ok(())
}

fn messages(info: &Value, args: &StreamArgs, limits: &Limits<'_>, check: &mut Check) -> anyhow::Result<()> {
    let warn = limits.amount(args.msgs_warn, "msgs-warn")?;
    let crit = limits.amount(args.msgs_critical, "msgs-critical")?;
    if warn == 0.0 && crit == 0.0 {
        return Ok(());
    }
    let stored = float(&info["state"]["messages"]);
    check.measured(Datum::new("messages", stored, "Messages stored in the stream").limits(warn, crit));
    let said = format!("{stored} messages");
    check.graded(
        crit > 0.0 && stored <= crit,
        warn > 0.0 && stored <= warn,
        &said,
        &said,
    );
    Ok(())
}

fn subjects(info: &Value, args: &StreamArgs, limits: &Limits<'_>, check: &mut Check) -> anyhow::Result<()> {
    let warn = limits.amount(args.subjects_warn, "subjects-warn")?;
    let crit = limits.amount(args.subjects_critical, "subjects-critical")?;
    if warn == 0.0 && crit == 0.0 {
        return Ok(());
    }
    let number = float(&info["state"]["num_subjects"]);
    check.measured(
        Datum::new("subjects", number, "Number of subjects stored in the stream").limits(warn, crit),
    );
    let said = format!("{number} subjects");
    let (critical, warning) = against(number, warn, crit);
    check.graded(critical, warning, &said, &said);
    Ok(())
}

/// Too many, or too few where the critical limit is the lower one.
fn against(value: f64, warn: f64, crit: f64) -> (bool, bool) {
    if warn < crit {
        (value >= crit, value >= warn)
    } else {
        (value <= crit, value <= warn)
    }
}

/// Sources, or the mirror that a stream is.
fn origins(info: &Value, args: &StreamArgs, limits: &Limits<'_>, check: &mut Check) -> anyhow::Result<()> {
    let lag = limits.amount(args.lag_critical, "lag-critical")?;
    let seen = limits.seconds(args.seen_critical, "seen-critical")?;
    let least = limits.amount(args.min_sources, "min-sources")?;
    let most = limits.amount(args.max_sources, "max-sources")?;
    let sources = list(&info["sources"]);
    let count = sources.len();
    let help = "Number of sources being consumed by this stream";
    check.measured(Datum::new("sources", count as f64, help).limits(least, most));
    let said = format!("{count} sources");
    let outside = (least > 0.0 && (count as f64) < least) || (most > 0.0 && count as f64 > most);
    check.graded(outside, false, &said, &said);
    if lag == 0.0 && seen == 0.0 {
        return Ok(());
    }
    let is_lagged = |origin: &Value| lag > 0.0 && float(&origin["lag"]) >= lag;
    let is_inactive = |origin: &Value| seen > 0.0 && seconds(&origin["active"]) >= seen;
    let lagged = sources.iter().filter(|source| is_lagged(source)).count();
    let inactive = sources.iter().filter(|source| is_inactive(source)).count();
    for (name, number, help) in [
        (
            "sources_lagged",
            lagged,
            "Number of sources that are behind more than the configured threshold",
        ),
        (
            "sources_inactive",
            inactive,
            "Number of sources that are inactive",
        ),
    ] {
        check.measured(Datum::new(name, number as f64, help));
    }
    for (bad, lagging, how) in [(lagged, "lagged", "current"), (inactive, "inactive", "active")] {
        let said = format!("{bad} sources are {lagging}");
        check.graded(bad > 0, false, &said, &format!("{count} sources {how}"));
    }
    if sources.is_empty() {
        mirror(info, lag, seen, check);
    }
    Ok(())
}

fn mirror(info: &Value, lag: f64, seen: f64, check: &mut Check) {
    let (wanted, state) = (&info["config"]["mirror"], &info["mirror"]);
    if wanted.is_null() || state.is_null() {
        check.critical(if wanted.is_null() {
            "not mirrored"
        } else {
            "invalid state"
        });
        return;
    }
    let (behind, active) = (float(&state["lag"]), seconds(&state["active"]));
    let help = "Number of operations this peer is behind its origin";
    check.measured(Datum::new("lag", behind, help).limits(0.0, lag));
    let help = "Indicates if this peer is active and catching up if lagged";
    check.measured(Datum::new("active", active, help).unit("s").limits(0.0, seen));
    let (lagged, unseen) = (lag > 0.0 && behind >= lag, seen > 0.0 && active >= seen);
    if lagged {
        check.critical(format!("Mirror Lag {behind}"));
    }
    if unseen {
        check.critical(format!("Mirror Seen {}", told(active)));
    }
    if !lagged && !unseen {
        check.ok(format!("Mirror {}", text(&wanted["name"])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_critical_limit_turns_the_check_round() {
        assert_eq!(against(5.0, 3.0, 6.0), (false, true));
        assert_eq!(against(7.0, 3.0, 6.0), (true, true));
        assert_eq!(against(5.0, 6.0, 3.0), (false, true));
        assert_eq!(against(2.0, 6.0, 3.0), (true, true));
    }
}
