//! `nats stream ls`, `report` and `subjects`.

use serde_json::{Map, Value, json};

use crate::util::size;

use super::super::human::{ago, amount, bytes, count, list, local, sort, text, time, title};
use super::super::output::Out;
use super::super::table::Table;
use super::{Streams, name_of};

#[derive(Debug, clap::Args)]
pub(super) struct LsArgs {
    /// Limit the list to streams with matching subjects
    #[arg(long)]
    subject: Option<String>,
    /// Show just the stream names
    #[arg(short, long)]
    names: bool,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// Limit the report to streams with matching subjects
    #[arg(long)]
    subject: Option<String>,
    /// Sort by number of Consumers
    #[arg(short = 'o', long)]
    consumers: bool,
    /// Sort by number of Messages
    #[arg(short, long)]
    messages: bool,
    /// Sort by stream name
    #[arg(short, long)]
    name: bool,
    /// Sort by Storage type
    #[arg(short = 't', long)]
    storage: bool,
    /// Show un-formatted numbers
    #[arg(short, long)]
    raw: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct SubjectsArgs {
    /// Stream name
    stream: Option<String>,
    /// Limit the subjects to those matching a filter
    #[arg(default_value = ">")]
    filter: String,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
    /// Adjusts the sorting order
    #[arg(long, default_value = "messages", value_parser = ["name", "subjects", "messages", "count"])]
    sort: String,
    /// Reverse the order
    #[arg(short = 'R', long)]
    reverse: bool,
    /// List only subject names
    #[arg(long)]
    names: bool,
}

pub(super) async fn ls(streams: &Streams, args: LsArgs) -> anyhow::Result<()> {
    let mut out = Out::new();
    if args.names || args.json {
        let names = streams.names(args.subject.as_deref()).await?;
        match (args.json, names.is_empty()) {
            (true, true) => out.line("null")?,
            (true, false) => out.json(&names)?,
            (false, _) => names.iter().try_for_each(|name| out.line(name))?,
        }
        return Ok(out.flush()?);
    }
    let mut infos = streams.infos(args.subject.as_deref()).await?;
    if infos.is_empty() {
        out.line(match args.subject {
            Some(_) => "No Streams found that match the filter",
            None => "No Streams defined",
        })?;
        return Ok(out.flush()?);
    }
    let heading = match &args.subject {
        Some(subject) => format!("Streams matching {subject}"),
        None => "Streams".to_owned(),
    };
    table(&heading, &mut infos).print(&mut out)?;
    Ok(out.flush()?)
}

/// The streams, the smallest first.
pub(super) fn table(heading: &str, infos: &mut [Value]) -> Table {
    sort(infos, &|a, b| state(a, "bytes").cmp(&state(b, "bytes")));
    let columns = [
        "Name",
        "Description",
        "Created",
        "Messages",
        "Size",
        "Last Message",
    ];
    let mut table = Table::new(heading, &columns);
    for info in infos.iter() {
        let state = &info["state"];
        table.row([
            name_of(info).to_owned(),
            text(&info["config"]["description"]).to_owned(),
            local(time(&info["created"])),
            count(&state["messages"]),
            bytes(&state["bytes"]),
            ago(&state["last_ts"], info),
        ]);
    }
    table
}

pub(super) async fn report(streams: &Streams, args: ReportArgs) -> anyhow::Result<()> {
    let mut out = Out::new();
    let mut infos = streams.infos(args.subject.as_deref()).await?;
    if infos.is_empty() {
        out.line("No Streams defined")?;
        return Ok(out.flush()?);
    }
    sort_report(&mut infos, &args);
    let number = |value: &Value, write: fn(&Value) -> String| {
        if args.raw {
            amount(value).to_string()
        } else {
            write(value)
        }
    };
    let columns = [
        "Stream",
        "Storage",
        "Placement",
        "Consumers",
        "Messages",
        "Bytes",
        "Lost",
        "Deleted",
        "API Level",
        "Replicas",
    ];
    let mut table = Table::new("Stream Report", &columns);
    for info in &infos {
        let (config, state) = (&info["config"], &info["state"]);
        let lost = state["lost"]["msgs"].as_array().map_or(0, Vec::len);
        table.row([
            name_of(info).to_owned(),
            title(text(&config["storage"])),
            placement(config),
            number(&state["consumer_count"], count),
            number(&state["messages"], count),
            number(&state["bytes"], bytes),
            size::format_count(lost as u64),
            number(&state["num_deleted"], count),
            text(&config["metadata"]["_nats.req.level"]).to_owned(),
            replicas(info),
        ]);
    }
    table.print(&mut out)?;
    Ok(out.flush()?)
}

/// By size unless a flag says otherwise, as in natscli.
fn sort_report(infos: &mut [Value], args: &ReportArgs) {
    let field = match (args.consumers, args.messages) {
        (true, _) => "consumer_count",
        (_, true) => "messages",
        _ => "bytes",
    };
    sort(infos, &|a, b| {
        if args.name {
            name_of(a).cmp(name_of(b))
        } else if args.storage {
            text(&a["config"]["storage"]).cmp(text(&b["config"]["storage"]))
        } else {
            state(a, field).cmp(&state(b, field))
        }
    });
}

/// A number of a stream's state.
fn state(info: &Value, field: &str) -> u64 {
    amount(&info["state"][field])
}

fn placement(config: &Value) -> String {
    let placement = &config["placement"];
    let cluster = text(&placement["cluster"]);
    let tags = list(&placement["tags"]);
    let named = |label: &str, value: &str| {
        if value.is_empty() {
            String::new()
        } else {
            format!("{label}: {value} ")
        }
    };
    (named("cluster", cluster) + &named("tags", &tags))
        .trim()
        .to_owned()
}

/// The members of a cluster, the leader with a star; nothing on a server that stands alone.
pub(in super::super) fn replicas(info: &Value) -> String {
    let cluster = &info["cluster"];
    if text(&cluster["name"]).is_empty() {
        return String::new();
    }
    let others = cluster["replicas"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut names = vec![format!("{}*", text(&cluster["leader"]))];
    names.extend(others.iter().map(|replica| text(&replica["name"]).to_owned()));
    names.join(", ")
}

pub(super) async fn subjects(streams: &Streams, args: SubjectsArgs) -> anyhow::Result<()> {
    let info = streams.choose(args.stream.as_deref()).await?;
    let name = name_of(&info);
    let mut subjects: Vec<(String, u64)> = contained(streams, name, &args.filter)
        .await?
        .into_iter()
        .collect();
    let mut out = Out::new();
    if args.json {
        let map: Map<String, Value> = subjects
            .into_iter()
            .map(|(name, count)| (name, count.into()))
            .collect();
        out.json(&map)?;
        return Ok(out.flush()?);
    }
    if subjects.is_empty() {
        out.line(&format!("No subjects found matching {}", args.filter))?;
        return Ok(out.flush()?);
    }
    subjects.sort();
    if matches!(args.sort.as_str(), "messages" | "count") {
        subjects.sort_by_key(|(_, count)| *count);
    }
    if args.reverse {
        subjects.reverse();
    }
    if args.names {
        subjects.iter().try_for_each(|(name, _)| out.line(name))?;
    } else {
        subjects_table(name, &subjects).print(&mut out)?;
    }
    Ok(out.flush()?)
}

/// Every subject in the stream that `filter` matches, with its number of messages; the server gives
/// them in pages.
async fn contained(
    streams: &Streams,
    stream: &str,
    filter: &str,
) -> anyhow::Result<std::collections::BTreeMap<String, u64>> {
    let mut found = std::collections::BTreeMap::new();
    loop {
        let body = json!({ "subjects_filter": filter, "offset": found.len() });
        let info = streams
            .api
            .request(&format!("STREAM.INFO.{stream}"), &body)
            .await?;
        let before = found.len();
        for (subject, count) in info["state"]["subjects"].as_object().into_iter().flatten() {
            found.insert(subject.clone(), amount(count));
        }
        let total = amount(&info["total"]);
        if found.len() == before || found.len() as u64 >= total {
            return Ok(found);
        }
    }
}

/// As many pairs of columns as short names leave room for, filled from top to bottom.
fn subjects_table(stream: &str, subjects: &[(String, u64)]) -> Table {
    let longest = subjects
        .iter()
        .map(|(name, count)| name.len() + size::format_count(*count).len())
        .max()
        .unwrap_or(0);
    let pairs = match longest {
        0..20 => 3,
        20..30 => 2,
        _ => 1,
    };
    let heading = format!(
        "{} Subjects in stream {stream}",
        size::format_count(subjects.len() as u64)
    );
    let mut table = Table::new(heading, &["Subject", "Count"].repeat(pairs));
    let rows = subjects.len().div_ceil(pairs);
    for row in 0..rows {
        table.row(
            (0..pairs).flat_map(|column| match subjects.get(row + column * rows) {
                Some((name, count)) => [name.clone(), size::format_count(*count)],
                None => [String::new(), String::new()],
            }),
        );
    }
    table
}
