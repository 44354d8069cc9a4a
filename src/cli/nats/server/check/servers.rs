//! Are the servers well: one of them, and all that lead JetStream together?

use std::time::Duration;

use anyhow::{anyhow, bail};
use serde_json::{Value, json};

use super::super::System;
use super::{Check, Datum};
use crate::cli::nats::human::{amount, flag, local, span, text, time};
use crate::cli::nats::typed::parse_duration;
use crate::util::duration;
use crate::util::time::Timestamp;

/// How long the leader of JetStream may take to answer.
const META_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub(super) struct MetaArgs {
    /// Number of servers to expect
    #[arg(long, value_name = "SERVERS")]
    expect: usize,
    /// Critical threshold to allow for lag
    #[arg(long, value_name = "OPS")]
    lag_critical: u64,
    /// Critical threshold for how long ago a peer should have been seen
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    seen_critical: Duration,
}

#[derive(Debug, clap::Args)]
pub(super) struct ServerArgs {
    /// Server name to require in the result
    #[arg(long)]
    pub name: String,
    /// Warning threshold for CPU usage, in percent
    #[arg(long, default_value_t = 0.0)]
    cpu_warn: f64,
    /// Critical threshold for CPU usage, in percent
    #[arg(long, default_value_t = 0.0)]
    cpu_critical: f64,
    /// Warning threshold for Memory usage, in bytes
    #[arg(long, default_value_t = 0.0)]
    mem_warn: f64,
    /// Critical threshold for Memory usage, in bytes
    #[arg(long, default_value_t = 0.0)]
    mem_critical: f64,
    /// Warning threshold for connections, supports inversion
    #[arg(long, default_value_t = 0.0)]
    conn_warn: f64,
    /// Critical threshold for connections, supports inversion
    #[arg(long, default_value_t = 0.0)]
    conn_critical: f64,
    /// Warning threshold for number of active subscriptions, supports inversion
    #[arg(long, default_value_t = 0.0)]
    subs_warn: f64,
    /// Critical threshold for number of active subscriptions, supports inversion
    #[arg(long, default_value_t = 0.0)]
    subs_critical: f64,
    /// Warning threshold for server uptime as duration
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    uptime_warn: Duration,
    /// Critical threshold for server uptime as duration
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    uptime_critical: Duration,
    /// Checks that authentication is enabled
    #[arg(long)]
    auth_required: bool,
    /// Checks that TLS is required
    #[arg(long)]
    tls_required: bool,
    /// Checks that JetStream is enabled
    #[arg(long)]
    js_required: bool,
    /// Warning threshold for TLS certificate expiry like 1d3h5m
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    tls_cert_warn: Duration,
    /// Critical threshold for TLS certificate expiry like 1d3h5m
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    tls_cert_crit: Duration,
}

pub(super) async fn meta(system: &System, args: &MetaArgs, check: &mut Check) -> anyhow::Result<()> {
    let question = json!({ "leader_only": true });
    let asked = system.ask("$SYS.REQ.SERVER.PING.JSZ", &question, Some(1));
    let answers = match tokio::time::timeout(META_WAIT, asked).await {
        Ok(answers) => answers?,
        Err(_) => Vec::new(),
    };
    let Some(answer) = answers.first() else {
        bail!("JSZ API request failed: nats: timeout");
    };
    if answer.body["error"].is_object() {
        bail!(
            "invalid result received: {}",
            text(&answer.body["error"]["description"])
        );
    }
    let meta = &answer.body["data"]["meta_cluster"];
    if meta.is_null() {
        bail!("no cluster information");
    }
    peers(meta, args, check)
}

fn peers(meta: &Value, args: &MetaArgs, check: &mut Check) -> anyhow::Result<()> {
    let leader = text(&meta["leader"]);
    if leader.is_empty() {
        bail!("No leader");
    }
    let others = meta["replicas"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (peers, expected) = (others.len() + 1, args.expect as f64);
    check.measured(Datum::new("peers", peers as f64, "Configured RAFT peers").limits(expected, expected));
    if args.expect > 0 && peers != args.expect {
        check.critical(format!("{peers} peers of expected {}", args.expect));
    }
    let those = |bad: &dyn Fn(&Value) -> bool| others.iter().filter(|peer| bad(peer)).count();
    let active = |peer: &Value| Duration::from_nanos(amount(&peer["active"]));
    let seen = args.seen_critical;
    let lag = args.lag_critical;
    let offline = those(&|peer| flag(&peer["offline"]));
    let outdated = those(&|peer| !flag(&peer["current"]));
    let inactive = those(&|peer| !seen.is_zero() && active(peer) > seen);
    let lagged = those(&|peer| lag > 0 && amount(&peer["lag"]) > lag);
    for (name, number, help) in [
        ("peer_offline", offline, "Offline RAFT peers"),
        ("peer_not_current", outdated, "RAFT peers that are not current"),
        ("peer_inactive", inactive, "Inactive RAFT peers"),
        (
            "peer_lagged",
            lagged,
            "RAFT peers that are lagged more than configured threshold",
        ),
    ] {
        check.measured(Datum::new(name, number as f64, help));
    }
    for (number, said) in [
        (outdated, "not current".to_owned()),
        (inactive, format!("inactive more than {}", duration::format(seen))),
        (offline, "offline".to_owned()),
        (lagged, format!("lagged more than {lag} ops")),
    ] {
        if number > 0 {
            check.critical(format!("{number} {said}"));
        }
    }
    if check.is_well() {
        check.ok(format!("{peers} peers led by {leader}"));
    }
    Ok(())
}

pub(super) async fn server(system: &System, args: &ServerArgs, check: &mut Check) -> anyhow::Result<()> {
    let question = json!({ "server_name": args.name, "exact_match": true });
    let answers = system
        .ask("$SYS.REQ.SERVER.PING.VARZ", &question, Some(1))
        .await
        .map_err(|e| anyhow!("varz failed: {e}"))?;
    let Some(answer) = answers.first() else {
        bail!("varz failed: nats: timeout");
    };
    let varz = &answer.body["data"];
    if answer.body["error"].is_object() {
        let said = text(&answer.body["error"]["description"]);
        bail!("varz failed: invalid response received: {said}");
    }
    if varz.is_null() {
        bail!("varz failed: no data received for {}", args.name);
    }
    if text(&varz["server_name"]) != args.name {
        bail!("result from wrong server {:?}", text(&varz["server_name"]));
    }
    judge(varz, args, check)
}

fn judge(varz: &Value, args: &ServerArgs, check: &mut Check) -> anyhow::Result<()> {
    for (wanted, holds, bad, good) in [
        (
            args.js_required,
            !varz["jetstream"]["config"].is_null(),
            "JetStream not enabled",
            "JetStream enabled",
        ),
        (
            args.tls_required,
            flag(&varz["tls_required"]),
            "TLS not required",
            "TLS required",
        ),
        (
            args.auth_required,
            flag(&varz["auth_required"]),
            "Authentication not required",
            "Authentication required",
        ),
    ] {
        if wanted {
            check.graded(!holds, false, bad, good);
        }
    }
    certificates(varz, args, check)?;
    uptime(varz, args, check)?;
    figures(varz, args, check);
    Ok(())
}

fn uptime(varz: &Value, args: &ServerArgs, check: &mut Check) -> anyhow::Result<()> {
    let (warn, crit) = (args.uptime_warn, args.uptime_critical);
    let now = time(&varz["now"]).unwrap_or_else(Timestamp::now);
    let up = time(&varz["start"]).map_or(Duration::ZERO, |start| now.since(start));
    if !warn.is_zero() || !crit.is_zero() {
        if crit > warn {
            bail!("Up invalid thresholds");
        }
        let said = format!("Up {}", span(up));
        check.graded(up <= crit, up <= warn, &said, &said);
    }
    let datum = Datum::new("uptime", up.as_secs_f64(), "NATS Server uptime in seconds");
    let datum = datum.unit("s").limits(warn.as_secs_f64(), crit.as_secs_f64());
    check.measured(datum);
    Ok(())
}

/// A number of varz that has limits.
struct Figure {
    field: &'static str,
    name: &'static str,
    unit: &'static str,
    help: &'static str,
    warn: f64,
    crit: f64,
    /// Limits may also be the other way round: too few.
    turns: bool,
}

fn figures(varz: &Value, args: &ServerArgs, check: &mut Check) {
    let figures = [
        Figure {
            field: "cpu",
            name: "CPU",
            unit: "%",
            help: "NATS Server CPU usage in percentage",
            warn: args.cpu_warn,
            crit: args.cpu_critical,
            turns: false,
        },
        Figure {
            field: "mem",
            name: "Memory",
            unit: "",
            help: "NATS Server memory usage in bytes",
            warn: args.mem_warn,
            crit: args.mem_critical,
            turns: false,
        },
        Figure {
            field: "connections",
            name: "Connections",
            unit: "",
            help: "Active connections",
            warn: args.conn_warn,
            crit: args.conn_critical,
            turns: true,
        },
        Figure {
            field: "subscriptions",
            name: "Subscriptions",
            unit: "",
            help: "Active subscriptions",
            warn: args.subs_warn,
            crit: args.subs_critical,
            turns: true,
        },
    ];
    let value_of = |figure: &Figure| varz[figure.field].as_f64().unwrap_or(0.0);
    for figure in &figures {
        let datum = Datum::new(figure.field, value_of(figure), figure.help);
        check.measured(datum.unit(figure.unit).limits(figure.warn, figure.crit));
    }
    for figure in &figures {
        let (name, warn, crit, value) = (figure.name, figure.warn, figure.crit, value_of(figure));
        if warn == 0.0 && crit == 0.0 {
            continue;
        }
        let said = format!("{name} {value:.2}");
        match (crit < warn, figure.turns) {
            (true, false) => check.critical(format!("{name} invalid thresholds")),
            (true, true) => check.graded(value <= crit, value <= warn, &said, &said),
            (false, _) => check.graded(value >= crit, value >= warn, &said, &said),
        }
    }
}

/// The certificates of all of a server's ports.
fn certificates(varz: &Value, args: &ServerArgs, check: &mut Check) -> anyhow::Result<()> {
    let (warn, crit) = (args.tls_cert_warn, args.tls_cert_crit);
    if warn.is_zero() && crit.is_zero() {
        return Ok(());
    }
    let ports = [
        ("server", varz),
        ("cluster", &varz["cluster"]),
        ("gateway", &varz["gateway"]),
        ("leafnode", &varz["leaf"]),
        ("mqtt", &varz["mqtt"]),
        ("websocket", &varz["websocket"]),
    ];
    let ends: Vec<(&str, Timestamp)> = ports
        .iter()
        .filter_map(|(port, of)| Some((*port, time(&of["tls_cert_not_after"])?)))
        .collect();
    if ends.is_empty() {
        bail!("TLS certificate expiry thresholds configured but no TLS certificates found");
    }
    let now = time(&varz["now"]).unwrap_or_else(Timestamp::now);
    for (port, end) in ends {
        if end <= now {
            check.critical(format!(
                "{port} TLS certificate expired (expired_at={})",
                local(Some(end))
            ));
            continue;
        }
        let left = Duration::from_secs(end.since(now).as_secs());
        let said = format!(
            "{port} TLS certificate expires in {} (expires_at={})",
            duration::format(left),
            local(Some(end))
        );
        check.graded(left <= crit, left <= warn, &said, &said);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Server {
        #[command(flatten)]
        args: ServerArgs,
    }

    fn judged(line: &str) -> String {
        let typed = Server::try_parse_from(format!("x --name n {line}").split_whitespace()).unwrap();
        let varz = json!({
            "server_name": "n", "now": "2026-11-24T19:00:10Z", "start": "2026-11-24T19:00:00Z",
            "cpu": 2.5, "mem": 1000, "connections": 5, "subscriptions": 60, "auth_required": true,
            "leaf": {"tls_cert_not_after": "2026-11-24T20:00:10Z"},
        });
        let mut check = Check::new("server", "n");
        if let Err(error) = judge(&varz, &typed.args, &mut check) {
            check.critical(error.to_string());
        }
        let said = check.render(Format::Nagios, "");
        said.split(" | ").next().unwrap().to_owned()
    }

    #[test]
    fn a_server_is_held_against_its_limits() {
        for (line, said) in [
            ("", "OK n"),
            (
                "--auth-required --js-required",
                "CRITICAL n Crit:JetStream not enabled OK:Authentication required",
            ),
            (
                "--conn-warn 3 --conn-critical 9",
                "WARNING n Warn:Connections 5.00",
            ),
            (
                "--conn-warn 9 --conn-critical 5",
                "CRITICAL n Crit:Connections 5.00",
            ),
            (
                "--cpu-warn 9 --cpu-critical 5",
                "CRITICAL n Crit:CPU invalid thresholds",
            ),
            (
                "--uptime-warn 1m --uptime-critical 5s",
                "WARNING n Warn:Up 10.00s",
            ),
            (
                "--uptime-warn 1s --uptime-critical 5s",
                "CRITICAL n Crit:Up invalid thresholds",
            ),
        ] {
            assert_eq!(judged(line), said, "{line}");
        }
        let expiring = judged("--tls-cert-warn 2h --tls-cert-crit 30m");
        assert!(
            expiring.starts_with("WARNING n Warn:leafnode TLS certificate expires in 1h0m0s"),
            "{expiring}"
        );
    }
}
