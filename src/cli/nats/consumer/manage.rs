//! `nats consumer find`, `reset`, `unpin` and `graph`.

use std::time::Duration;

use anyhow::bail;
use serde_json::{Value, json};

use super::super::ask::{confirm, pick};
use super::super::human::{amount, flag, text, time};
use super::super::output::Out;
use super::super::plot::{Curve, INTERVAL, draw, needs_terminal};
use super::super::typed::parse_duration;
use super::{Consumers, show};
use crate::util::time::Timestamp;

/// Finds consumers matching certain criteria; all that are given must hold, for example:
///
///   nats consumer find ORDERS --pull
///   nats consumer find ORDERS --created 1d --invert
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct FindArgs {
    /// Stream name
    stream: Option<String>,
    /// Display only pull based consumers
    #[arg(long)]
    pull: bool,
    /// Display only push based consumers
    #[arg(long)]
    push: bool,
    /// Display push-bound or pull consumers with waiting pulls
    #[arg(long)]
    bound: bool,
    /// Display consumers with fewer waiting pulls
    #[arg(long, value_name = "PULLS")]
    waiting: Option<u64>,
    /// Display consumers with fewer pending acks
    #[arg(long, value_name = "ACKS")]
    ack_pending: Option<u64>,
    /// Display consumers with fewer unprocessed messages
    #[arg(long, value_name = "MSGS")]
    pending: Option<u64>,
    /// Display consumers with deliveries within a period
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    idle: Option<Duration>,
    /// Display consumers created longer ago than duration
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    created: Option<Duration>,
    /// Display consumers with fewer or equal replicas than the value
    #[arg(long)]
    replicas: Option<u64>,
    /// Display only clustered consumers with a specific leader
    #[arg(long, value_name = "SERVER")]
    leader: Option<String>,
    /// Finds Pinned Client priority group consumers that are fully pinned
    #[arg(long)]
    pinned: bool,
    /// Match consumers that support at least the given api level
    #[arg(long, value_name = "LEVEL")]
    api_level: Option<u64>,
    /// Invert the check - before becomes after, with becomes without
    #[arg(long)]
    invert: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ResetArgs {
    /// Stream name
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
    /// Sequence to reset to; the last acknowledged one when absent
    #[arg(long, default_value_t = 0)]
    sequence: u64,
    /// Force reset without prompting
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct UnpinArgs {
    /// Stream name
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
    /// The group to unpin
    group: Option<String>,
    /// Force unpin without prompting
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct GraphArgs {
    /// Stream name
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
}

pub(super) async fn find(consumers: &Consumers, args: FindArgs) -> anyhow::Result<()> {
    let (stream, _) = consumers.stream_info(args.stream.as_deref()).await?;
    let now = Timestamp::now();
    let mut out = Out::new();
    for info in consumers.infos(&stream).await? {
        if args.meets(&info, now) {
            out.line(text(&info["name"]))?;
        }
    }
    Ok(out.flush()?)
}

/// The groups that have a pinned client.
fn pinned_groups(info: &Value) -> impl Iterator<Item = &Value> {
    let groups = info["priority_groups"].as_array().into_iter().flatten();
    groups.filter(|group| !text(&group["pinned_client_id"]).is_empty())
}

impl FindArgs {
    /// Every criterion that is given holds, or none of them when the check is inverted. Numbers are compared only
    /// where there are any.
    fn meets(&self, info: &Value, now: Timestamp) -> bool {
        let config = &info["config"];
        let push = !text(&config["deliver_subject"]).is_empty();
        let bound = flag(&info["push_bound"]) || amount(&info["num_waiting"]) > 0;
        let age = |then: &Value| time(then).map(|then| now.since(then));
        let level = text(&config["metadata"]["_nats.req.level"]).parse().unwrap_or(0);
        let groups = config["priority_groups"].as_array().map_or(0, Vec::len);
        let by_pin = text(&config["priority_policy"]) == "pinned_client";
        let none = |most: Option<u64>, field: &str| most.is_some() && amount(&info[field]) == 0;
        let never = self.idle.is_some() && age(&info["delivered"]["last_active"]).is_none();
        if none(self.waiting, "num_waiting")
            || none(self.ack_pending, "num_ack_pending")
            || none(self.pending, "num_pending")
            || never
            || (self.pinned && !by_pin)
        {
            return false;
        }
        let fewer = |most: Option<u64>, field: &str| most.map(|most| amount(&info[field]) < most);
        let checks = [
            self.pull.then_some(!push),
            self.push.then_some(push),
            self.bound.then_some(bound),
            fewer(self.waiting, "num_waiting"),
            fewer(self.ack_pending, "num_ack_pending"),
            fewer(self.pending, "num_pending"),
            self.idle
                .map(|idle| age(&info["delivered"]["last_active"]).is_some_and(|age| age < idle)),
            self.created
                .map(|least| age(&info["created"]).is_some_and(|age| age >= least)),
            self.replicas.map(|most| amount(&config["num_replicas"]) <= most),
            self.leader
                .as_ref()
                .map(|leader| text(&info["cluster"]["leader"]) == leader),
            self.pinned.then(|| pinned_groups(info).count() == groups),
            self.api_level.map(|least| level >= least),
        ];
        checks.into_iter().flatten().all(|holds| holds != self.invert)
    }
}

pub(super) async fn reset(consumers: &Consumers, args: ResetArgs) -> anyhow::Result<()> {
    let info = consumers
        .choose(args.stream.as_deref(), args.consumer.as_deref())
        .await?;
    let (stream, name) = (text(&info["stream_name"]), text(&info["name"]));
    if !args.force && !confirm("Really reset the consumer")? {
        return Ok(());
    }
    let request = match args.sequence {
        0 => json!({}),
        sequence => json!({ "seq": sequence }),
    };
    consumers
        .api()
        .request(&format!("CONSUMER.RESET.{stream}.{name}"), &request)
        .await?;
    let mut out = Out::new();
    show::print(&mut out, consumers.info(stream, name).await?, false, true)?;
    Ok(out.flush()?)
}

pub(super) async fn unpin(consumers: &Consumers, args: UnpinArgs) -> anyhow::Result<()> {
    let info = consumers
        .choose(args.stream.as_deref(), args.consumer.as_deref())
        .await?;
    let (stream, name) = (text(&info["stream_name"]), text(&info["name"]));
    if text(&info["config"]["priority_policy"]) != "pinned_client" {
        bail!("consumer is not a pinned priority consumer");
    }
    let names: Vec<String> = pinned_groups(&info)
        .map(|group| text(&group["group"]).to_owned())
        .collect();
    if names.is_empty() {
        bail!("no priority groups have pinned clients");
    }
    let group = match args.group {
        Some(group) => group,
        None => pick("Group", &names)?,
    };
    let question = format!("Really unpin client from group {stream} > {name} > {group}");
    if !args.force && !confirm(&question)? {
        return Ok(());
    }
    consumers
        .api()
        .request(
            &format!("CONSUMER.UNPIN.{stream}.{name}"),
            &json!({ "group": group }),
        )
        .await?;
    let client = pinned_groups(&info)
        .find(|state| text(&state["group"]) == group)
        .map_or("", |state| text(&state["pinned_client_id"]));
    let mut out = Out::new();
    out.line(&format!(
        "Unpinned client {client} from Priority Group {stream} > {name} > {group}"
    ))?;
    Ok(out.flush()?)
}

/// Draws until the user stops it.
pub(super) async fn graph(consumers: &Consumers, args: GraphArgs) -> anyhow::Result<()> {
    needs_terminal()?;
    let mut info = consumers
        .choose(args.stream.as_deref(), args.consumer.as_deref())
        .await?;
    let (stream, name) = (
        text(&info["stream_name"]).to_owned(),
        text(&info["name"]).to_owned(),
    );
    let mut curves = [
        Curve::new("Outstanding Acks"),
        Curve::new("Messages Delivered / second"),
        Curve::new("Messages Acknowledged / second"),
        Curve::new("Unprocessed Messages"),
    ];
    let mut out = Out::new();
    let mut tick = tokio::time::interval(INTERVAL);
    loop {
        tick.tick().await;
        let before = info;
        info = consumers.info(&stream, &name).await?;
        let number = |value: &Value| value.as_f64().unwrap_or(0.0);
        let step = |place: &str| {
            let sequence = |info: &Value| number(&info[place]["consumer_seq"]);
            (sequence(&info) - sequence(&before)).max(0.0)
        };
        curves[0].push(number(&info["num_ack_pending"]));
        curves[1].push(step("delivered"));
        curves[2].push(step("ack_floor"));
        curves[3].push(number(&info["num_pending"]));
        let title = format!("Consumer Statistics for {stream} > {name}");
        draw(&mut out, &title, &mut curves)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        args: FindArgs,
    }

    #[test]
    fn all_that_is_asked_must_hold() {
        let info = json!({
            "created": "2026-11-24T18:00:00Z", "num_pending": 3, "num_waiting": 1,
            "delivered": {"last_active": "2026-11-24T18:59:00Z"},
            "config": {"num_replicas": 1, "priority_policy": "pinned_client", "priority_groups": ["g"]},
            "priority_groups": [{"group": "g", "pinned_client_id": "x"}],
        });
        let now = "2026-11-24T19:00:00Z".parse().unwrap();
        for (line, meets) in [
            ("", true),
            ("--pull --bound", true),
            ("--push", false),
            ("--push --invert", true),
            ("--pending 4", true),
            ("--pending 3", false),
            ("--ack-pending 5", false),
            ("--ack-pending 5 --invert", false),
            ("--idle 10m", true),
            ("--idle 10s", false),
            ("--created 30m --pinned", true),
            ("--api-level 1", false),
        ] {
            let args = Typed::try_parse_from(format!("x {line}").split_whitespace())
                .unwrap()
                .args;
            assert_eq!(args.meets(&info, now), meets, "{line}");
        }
    }
}
