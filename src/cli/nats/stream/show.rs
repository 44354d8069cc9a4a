//! `nats stream info` and `state`.

use serde_json::Value;

use super::super::human::{bytes, count, flag, limit, list, local, metadata, nanos, text, time, title};
use super::super::output::Out;
use super::super::table::Columns;
use super::{Streams, name_of};

#[derive(Debug, clap::Args)]
pub(super) struct InfoArgs {
    #[command(flatten)]
    stream: StateArgs,
    /// Shows only the stream state
    #[arg(long)]
    state: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct StateArgs {
    /// Stream to retrieve information for
    stream: Option<String>,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
    /// Do not select streams from a list
    #[arg(long)]
    no_select: bool,
}

pub(super) async fn info(streams: &Streams, args: InfoArgs) -> anyhow::Result<()> {
    show(streams, &args.stream, args.state).await
}

pub(super) async fn state(streams: &Streams, args: StateArgs) -> anyhow::Result<()> {
    show(streams, &args, true).await
}

async fn show(streams: &Streams, args: &StateArgs, state_only: bool) -> anyhow::Result<()> {
    if args.no_select && args.stream.is_none() {
        anyhow::bail!("unknown stream \"\"");
    }
    let info = streams.choose(args.stream.as_deref()).await?;
    let mut out = Out::new();
    print(&mut out, info, args.json, state_only)?;
    out.line("")?;
    Ok(out.flush()?)
}

/// Draws a stream, or gives its information as JSON.
pub(super) fn print(out: &mut Out, mut info: Value, json: bool, state_only: bool) -> std::io::Result<()> {
    if json {
        strip_envelope(&mut info);
        return out.json(&info);
    }
    let what = if state_only { "State" } else { "Information" };
    let created = local(time(&info["created"]));
    let mut columns = Columns::new(format!("{what} for Stream {} created {created}", name_of(&info)));
    if !state_only {
        configuration(&mut columns, &info["config"]);
    }
    cluster(&mut columns, &info);
    origins(&mut columns, &info);
    state_section(&mut columns, &info);
    columns.print(out)
}

/// Removes what belongs to the answer and not to what was asked about.
pub(in super::super) fn strip_envelope(answer: &mut Value) {
    if let Value::Object(fields) = answer {
        for field in ["type", "total", "offset", "limit", "did_create"] {
            fields.remove(field);
        }
    }
}

fn configuration(columns: &mut Columns, config: &Value) {
    columns.row_if_any("Description", text(&config["description"]));
    columns.row_if_any("Subjects", list(&config["subjects"]));
    columns.row("Replicas", count(&config["num_replicas"]));
    columns.row_if(flag(&config["sealed"]), "Sealed", "true");
    columns.row("Storage", title(text(&config["storage"])));
    let compression = text(&config["compression"]);
    columns.row_if(
        !matches!(compression, "" | "none"),
        "Compression",
        title(compression),
    );
    columns.row_if(
        text(&config["persist_mode"]) == "async",
        "Persistence Mode",
        "Async",
    );
    columns.row_if(
        !config["first_seq"].is_null(),
        "First Sequence",
        count(&config["first_seq"]),
    );
    columns.row_if_any("Placement Cluster", text(&config["placement"]["cluster"]));
    columns.row_if_any("Placement Tags", list(&config["placement"]["tags"]));
    options(columns, config);
    limits(columns, config);
    columns.metadata(&metadata(config));
    replication(columns, config);
}

fn options(columns: &mut Columns, config: &Value) {
    columns.section("Options");
    let transform = &config["subject_transform"];
    let arrow = |rule: &Value| {
        let source = text(&rule["src"]);
        format!(
            "{} to {}",
            if source.is_empty() { ">" } else { source },
            text(&rule["dest"])
        )
    };
    columns.row_if(!transform.is_null(), "Subject Transform", arrow(transform));
    let republish = &config["republish"];
    let headers_only = flag(&republish["headers_only"]);
    let label = if headers_only {
        "Republishing Headers"
    } else {
        "Republishing"
    };
    columns.row_if(!republish.is_null(), label, arrow(republish));
    columns.row("Retention", retention(text(&config["retention"])));
    columns.row("Acknowledgments", (!flag(&config["no_ack"])).to_string());
    columns.row("Discard Policy", discard(config));
    columns.row("Duplicate Window", nanos(&config["duplicate_window"]));
    columns.row_if(flag(&config["allow_direct"]), "Direct Get", "true");
    columns.row_if(flag(&config["mirror_direct"]), "Mirror Direct Get", "true");
    for (label, allowed) in [
        ("Allows Atomic Batch Publish", flag(&config["allow_atomic"])),
        ("Allows Fast Batch Publish", flag(&config["allow_batched"])),
        ("Allows Counters", flag(&config["allow_msg_counter"])),
        ("Allows Msg Delete", !flag(&config["deny_delete"])),
        ("Allows Per-Message TTL", flag(&config["allow_msg_ttl"])),
        ("Allows Purge", !flag(&config["deny_purge"])),
        ("Allows Schedules", flag(&config["allow_msg_schedules"])),
        ("Allows Rollups", flag(&config["allow_rollup_hdrs"])),
    ] {
        columns.row(label, allowed.to_string());
    }
    let markers = &config["subject_delete_marker_ttl"];
    columns.row_if(!markers.is_null(), "Subject Delete Markers TTL", nanos(markers));
}

fn retention(policy: &str) -> String {
    match policy {
        "workqueue" => "WorkQueue".to_owned(),
        other => title(other),
    }
}

fn discard(config: &Value) -> String {
    if flag(&config["discard_new_per_subject"]) {
        "New Per Subject".to_owned()
    } else {
        title(text(&config["discard"]))
    }
}

fn limits(columns: &mut Columns, config: &Value) {
    columns.section("Limits");
    columns.row("Maximum Messages", count(&config["max_msgs"]));
    columns.row(
        "Maximum Per Subject",
        limit(&config["max_msgs_per_subject"], count),
    );
    columns.row("Maximum Bytes", bytes(&config["max_bytes"]));
    columns.row("Maximum Age", limit(&config["max_age"], nanos));
    columns.row("Maximum Message Size", limit(&config["max_msg_size"], bytes));
    columns.row("Maximum Consumers", count(&config["max_consumers"]));
    let consumers = &config["consumer_limits"];
    let inactive = &consumers["inactive_threshold"];
    columns.row_if(
        !inactive.is_null(),
        "Consumer Inactive Threshold",
        nanos(inactive),
    );
    let pending = &consumers["max_ack_pending"];
    columns.row_if(!pending.is_null(), "Consumer Max Ack Pending", count(pending));
}

fn replication(columns: &mut Columns, config: &Value) {
    let sources = config["sources"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if config["mirror"].is_null() && sources.is_empty() {
        return;
    }
    columns.section("Replication");
    columns.row_if_any("Mirror", text(&config["mirror"]["name"]));
    let names: Vec<&str> = sources.iter().map(|source| text(&source["name"])).collect();
    columns.row_if_any("Sources", names.join(", "));
}

fn cluster(columns: &mut Columns, info: &Value) {
    let cluster = &info["cluster"];
    if text(&cluster["name"]).is_empty() {
        return;
    }
    columns.section("Cluster Information");
    columns.row("Name", text(&cluster["name"]));
    columns.row_if_any("Cluster Group", text(&cluster["raft_group"]));
    columns.row("Leader", text(&cluster["leader"]));
    for replica in cluster["replicas"].as_array().into_iter().flatten() {
        let current = if flag(&replica["current"]) {
            "current"
        } else {
            "outdated"
        };
        columns.row("Replica", format!("{}, {current}", text(&replica["name"])));
    }
}

fn origins(columns: &mut Columns, info: &Value) {
    let mirror = std::iter::once(&info["mirror"]).filter(|mirror| !mirror.is_null());
    let sources = info["sources"].as_array().into_iter().flatten();
    for (title, origin) in mirror
        .map(|mirror| ("Mirror Information", mirror))
        .chain(sources.map(|source| ("Source Information", source)))
    {
        columns.section(title);
        columns.row("Stream Name", text(&origin["name"]));
        columns.row_if_any("Subject Filter", text(&origin["filter_subject"]));
        columns.row("Lag", count(&origin["lag"]));
        columns.row_if_any("Error", text(&origin["error"]["description"]));
    }
}

/// What the server adds to the metadata of streams and consumers.
pub(in super::super) fn host(columns: &mut Columns, config: &Value) {
    let metadata = &config["metadata"];
    columns.row_if_any("Host Version", text(&metadata["_nats.ver"]));
    let level = text(&metadata["_nats.level"]);
    let required = metadata["_nats.req.level"].as_str().unwrap_or("0");
    columns.row_if(
        !level.is_empty(),
        "Required API Level",
        format!("{required} hosted at level {level}"),
    );
}

fn state_section(columns: &mut Columns, info: &Value) {
    let state = &info["state"];
    columns.section("State");
    host(columns, &info["config"]);
    columns.row("Messages", count(&state["messages"]));
    columns.row("Bytes", bytes(&state["bytes"]));
    let lost = state["lost"]["msgs"].as_array().map_or(0, Vec::len);
    columns.row_if(
        lost > 0,
        "Lost Messages",
        format!("{lost} ({})", bytes(&state["lost"]["bytes"])),
    );
    for (label, sequence, at) in [
        ("First Sequence", &state["first_seq"], &state["first_ts"]),
        ("Last Sequence", &state["last_seq"], &state["last_ts"]),
    ] {
        let at = time(at)
            .map(|at| format!(" @ {}", local(Some(at))))
            .unwrap_or_default();
        columns.row(label, count(sequence) + &at);
    }
    columns.row_if(
        !state["num_deleted"].is_null(),
        "Deleted Messages",
        count(&state["num_deleted"]),
    );
    columns.row("Active Consumers", count(&state["consumer_count"]));
    columns.row_if(
        !state["num_subjects"].is_null(),
        "Number of Subjects",
        count(&state["num_subjects"]),
    );
}
