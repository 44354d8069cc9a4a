//! `nats consumer info` and `state`.

use serde_json::Value;

use super::super::human::{ago, amount, count, flag, list, local, metadata, nanos, text, time, title};
use super::super::output::Out;
use super::super::stream::{host, strip_envelope};
use super::super::table::Columns;
use super::Consumers;
use crate::util::size;

#[derive(Debug, clap::Args)]
pub(super) struct InfoArgs {
    /// Stream name
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

pub(super) async fn run(consumers: &Consumers, args: InfoArgs, state_only: bool) -> anyhow::Result<()> {
    let info = consumers
        .choose(args.stream.as_deref(), args.consumer.as_deref())
        .await?;
    let mut out = Out::new();
    print(&mut out, info, args.json, state_only)?;
    Ok(out.flush()?)
}

/// Draws a consumer, or gives its information as JSON.
pub(super) fn print(out: &mut Out, mut info: Value, json: bool, state_only: bool) -> std::io::Result<()> {
    if json {
        strip_envelope(&mut info);
        return out.json(&info);
    }
    let what = if state_only { "State" } else { "Information" };
    let (stream, name) = (text(&info["stream_name"]), text(&info["name"]));
    let created = local(time(&info["created"]));
    let mut columns = Columns::new(format!("{what} for Consumer {stream} > {name} created {created}"));
    if !state_only {
        configuration(&mut columns, &info["config"]);
    }
    state(&mut columns, &info);
    columns.print(out)
}

fn configuration(columns: &mut Columns, config: &Value) {
    columns.section("Configuration");
    let name = text(&config["name"]);
    let durable = text(&config["durable_name"]);
    columns.row_if_any("Name", name);
    columns.row_if(!durable.is_empty() && durable != name, "Durable Name", durable);
    columns.row_if_any("Description", text(&config["description"]));
    let target = text(&config["deliver_subject"]);
    match target {
        "" => columns.row("Pull Mode", "true"),
        target => columns.row("Delivery Subject", target),
    }
    columns.row_if_any("Filter Subject", text(&config["filter_subject"]));
    columns.row_if_any("Filter Subjects", list(&config["filter_subjects"]));
    columns.row("Deliver Policy", deliver_policy(config));
    columns.row_if_any("Deliver Queue Group", text(&config["deliver_group"]));
    let ack_policy = text(&config["ack_policy"]);
    columns.row("Ack Policy", title(ack_policy));
    columns.row_if(ack_policy != "none", "Ack Wait", nanos(&config["ack_wait"]));
    columns.row("Replay Policy", title(text(&config["replay_policy"])));
    let tries = &config["max_deliver"];
    columns.row_if(
        tries.as_i64().is_some_and(|tries| tries > 0),
        "Maximum Deliveries",
        count(tries),
    );
    columns.row_if_any("Sampling Rate", text(&config["sample_freq"]));
    let rate = amount(&config["rate_limit_bps"]);
    columns.row_if(
        rate > 0,
        "Rate Limit",
        format!("{} / second", size::format_bytes(rate / 8)),
    );
    numbers(columns, config);
    columns.row_if(
        !target.is_empty(),
        "Flow Control",
        flag(&config["flow_control"]).to_string(),
    );
    columns.row_if(flag(&config["headers_only"]), "Headers Only", "true");
    columns.row_if_any("Backoff", backoff(&config["backoff"]));
    columns.row_if(flag(&config["mem_storage"]), "Memory Storage", "true");
    columns.row_if(
        time(&config["pause_until"]).is_some(),
        "Paused Until Deadline",
        local(time(&config["pause_until"])),
    );
    columns.metadata(&metadata(config));
}

/// Settings that are shown when they are more than nothing.
fn numbers(columns: &mut Columns, config: &Value) {
    type Writer = fn(&Value) -> String;
    let rows: [(&str, &str, Writer); 8] = [
        ("Max Ack Pending", "max_ack_pending", count),
        ("Max Waiting Pulls", "max_waiting", count),
        ("Idle Heartbeat", "idle_heartbeat", nanos),
        ("Inactive Threshold", "inactive_threshold", nanos),
        ("Max Pull Expire", "max_expires", nanos),
        ("Max Pull Batch", "max_batch", count),
        ("Max Pull MaxBytes", "max_bytes", count),
        ("Replicas", "num_replicas", count),
    ];
    for (label, field, write) in rows {
        let value = &config[field];
        columns.row_if(
            value.as_i64().is_some_and(|number| number > 0),
            label,
            write(value),
        );
    }
}

fn deliver_policy(config: &Value) -> String {
    match text(&config["deliver_policy"]) {
        "last_per_subject" => "Last Per Subject".to_owned(),
        "by_start_time" => format!("Since {}", text(&config["opt_start_time"])),
        "by_start_sequence" => format!("From Sequence {}", config["opt_start_seq"]),
        other => title(other),
    }
}

/// All periods when they are few, else the first and the last.
fn backoff(periods: &Value) -> String {
    let periods: Vec<String> = periods.as_array().into_iter().flatten().map(nanos).collect();
    match periods.as_slice() {
        [first, .., last] if periods.len() > 6 => format!("{first}, ..., {last} ({} total)", periods.len()),
        few => few.join(", "),
    }
}

fn state(columns: &mut Columns, info: &Value) {
    let config = &info["config"];
    let position = |place: &Value, when: &str| {
        let at =
            time(&place["last_active"]).map(|_| format!(" {when}: {} ago", ago(&place["last_active"], info)));
        let (consumer, stream) = (count(&place["consumer_seq"]), count(&place["stream_seq"]));
        format!(
            "Consumer sequence: {consumer} Stream sequence: {stream}{}",
            at.unwrap_or_default()
        )
    };
    columns.section("State");
    host(columns, config);
    columns.row(
        "Last Delivered Message",
        position(&info["delivered"], "Last delivery"),
    );
    if text(&config["ack_policy"]) != "none" {
        columns.row("Acknowledgment Floor", position(&info["ack_floor"], "Last Ack"));
        let maximum = config["max_ack_pending"].as_i64().filter(|maximum| *maximum > 0);
        let limit = maximum.map(|_| format!(" out of maximum {}", count(&config["max_ack_pending"])));
        columns.row(
            "Outstanding Acks",
            count(&info["num_ack_pending"]) + &limit.unwrap_or_default(),
        );
        columns.row("Redelivered Messages", count(&info["num_redelivered"]));
    }
    columns.row("Unprocessed Messages", count(&info["num_pending"]));
    if text(&config["deliver_subject"]).is_empty() {
        let maximum = config["max_waiting"].as_u64().filter(|maximum| *maximum > 0);
        let limit = maximum.map_or("of unlimited".to_owned(), |maximum| {
            format!("of maximum {}", size::format_count(maximum))
        });
        columns.row(
            "Waiting Pulls",
            format!("{} {limit}", count(&info["num_waiting"])),
        );
    } else {
        columns.row("Active Interest", interest(info));
    }
    columns.row_if(
        flag(&info["paused"]),
        "Paused",
        format!("{} remaining", nanos(&info["pause_remaining"])),
    );
}

fn interest(info: &Value) -> String {
    match (flag(&info["push_bound"]), text(&info["config"]["deliver_group"])) {
        (true, "") => "Active".to_owned(),
        (true, group) => format!("Active using Queue Group {group}"),
        (false, _) => "No interest".to_owned(),
    }
}
