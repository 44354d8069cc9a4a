//! Is a consumer well: what waits, and when something last happened?

use std::time::Duration;

use serde_json::Value;

use super::limits::{LIMITS, Limits, float, list, loaded, since, told};
use super::{Check, Datum};
use crate::cli::nats::human::text;
use crate::cli::nats::typed::parse_duration;
use crate::client::api::Api;

#[derive(Debug, clap::Args)]
pub(super) struct ConsumerArgs {
    /// The streams to check
    #[arg(long)]
    stream: String,
    /// The consumer to check
    #[arg(long)]
    consumer: String,
    /// Maximum number of outstanding acks to allow
    #[arg(long, allow_hyphen_values = true)]
    outstanding_ack_critical: Option<i64>,
    /// Maximum number of waiting pulls to allow
    #[arg(long, allow_hyphen_values = true)]
    waiting_critical: Option<i64>,
    /// Maximum number of unprocessed messages to allow
    #[arg(long, allow_hyphen_values = true)]
    unprocessed_critical: Option<i64>,
    /// Time to allow since the last delivery
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    last_delivery_critical: Option<Duration>,
    /// Time to allow since the last ack
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    last_ack_critical: Option<Duration>,
    /// Maximum number of redeliveries to allow
    #[arg(long, allow_hyphen_values = true)]
    redelivery_critical: Option<i64>,
    /// Requires Pinned Client priority with all groups having a pinned client
    #[arg(long)]
    pinned: bool,
}

impl ConsumerArgs {
    /// What the result is called.
    pub fn title(&self) -> String {
        format!("{}_{}", self.stream, self.consumer)
    }
}

pub(super) async fn consumer(api: &Api, args: &ConsumerArgs, check: &mut Check) -> anyhow::Result<()> {
    let info = loaded(api, &format!("CONSUMER.INFO.{}.{}", args.stream, args.consumer)).await?;
    let limits = Limits(&info["config"]["metadata"]);
    for (name, field, help, said, given, limit) in [
        (
            "ack_pending",
            "num_ack_pending",
            "The number of messages waiting to be Acknowledged",
            "Ack Pending",
            args.outstanding_ack_critical,
            "outstanding-ack-critical",
        ),
        (
            "pull_waiting",
            "num_waiting",
            "The number of waiting Pull requests",
            "Waiting Pulls",
            args.waiting_critical,
            "waiting-critical",
        ),
        (
            "pending",
            "num_pending",
            "The number of messages that have not yet been consumed",
            "Unprocessed Messages",
            args.unprocessed_critical,
            "unprocessed-critical",
        ),
        (
            "redelivered",
            "num_redelivered",
            "The number of messages currently being redelivered",
            "Redelivered",
            args.redelivery_critical,
            "redelivery-critical",
        ),
    ] {
        let (value, crit) = (float(&info[field]), limits.number(given, limit)?);
        check.measured(Datum::new(name, value, help).limits(0.0, crit));
        if crit > 0.0 {
            let said = format!("{said}: {value}");
            check.graded(value >= crit, false, &said, &said);
        }
    }
    for (name, field, help, what, never, given, limit) in [
        (
            "last_delivery",
            "delivered",
            "Seconds since the last message was delivered",
            "Last delivery",
            "No deliveries",
            args.last_delivery_critical,
            "last-delivery-critical",
        ),
        (
            "last_ack",
            "ack_floor",
            "Seconds since the last message was acknowledged",
            "Last ack",
            "No acks",
            args.last_ack_critical,
            "last-ack-critical",
        ),
    ] {
        let last = &info[field]["last_active"];
        let (age, crit) = (since(last), limits.seconds(given, limit)?);
        if let Some(age) = age {
            check.measured(Datum::new(name, age, help).unit("s").limits(0.0, crit));
        }
        match age {
            _ if crit == 0.0 => {}
            None => check.critical(never),
            Some(age) if age >= crit => check.critical(format!("{what} {} ago", told(age))),
            Some(_) => check.ok(format!("{what} {}", text(last))),
        }
    }
    pinned(&info, args, &limits, check);
    Ok(())
}

fn pinned(info: &Value, args: &ConsumerArgs, limits: &Limits<'_>, check: &mut Check) {
    let groups = list(&info["config"]["priority_groups"]).len();
    let by_pin = text(&info["config"]["priority_policy"]) == "pinned_client";
    let is_pinned = |group: &&Value| !text(&group["pinned_client_id"]).is_empty();
    let states = list(&info["priority_groups"]);
    let pinned = states.iter().filter(is_pinned).count();
    if by_pin {
        let help = "The number of consumers groups with pinned clients";
        check.measured(Datum::new("pinned_groups", pinned as f64, help));
        let help = "The total number of consumers groups";
        check.measured(Datum::new("groups", groups as f64, help));
    }
    if !args.pinned && text(&limits.0[format!("{LIMITS}pinned")]) != "true" {
        return;
    }
    if !by_pin || groups == 0 || states.is_empty() {
        check.critical("Not pinned client priority mode");
    } else {
        let bad = format!("{pinned} / {groups} pinned clients");
        check.graded(pinned != groups, false, &bad, &format!("{pinned} pinned clients"));
    }
}
