//! `nats top`: the connections of a server, busiest or first, over and over.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::human::{amount, bytes, count, text};
use super::output::Out;
use super::server::{PING, System};
use super::session::Session;
use super::table::Table;

/// What connections can be sorted by.
const SORTS: [&str; 14] = [
    "cid",
    "start",
    "subs",
    "pending",
    "msgs_to",
    "msgs_from",
    "bytes_to",
    "bytes_from",
    "last",
    "idle",
    "uptime",
    "stop",
    "reason",
    "rtt",
];

/// Shows top-like statistic for connections on a specific server, for example:
///
///   nats top n1 --sort msgs_from --user admin --password secret
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The server name to gather statistics for
    name: String,
    /// Maximum number of connections to show
    #[arg(short = 'n', long, default_value_t = 1_024)]
    conns: u64,
    /// Refresh interval, in seconds
    #[arg(short = 'd', long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    interval: u64,
    /// Sort connections by
    #[arg(long, default_value = "cid", value_parser = SORTS)]
    sort: String,
    /// Saves the first snapshot to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Specifies a output delimiter, defaults to grid-like text
    #[arg(long)]
    delimiter: Option<String>,
    /// Show raw bytes
    #[arg(short = 'b', long)]
    raw: bool,
    /// Maximum refreshes; without a terminal one is made unless it is given
    #[arg(short = 'r', long, allow_hyphen_values = true)]
    max_refresh: Option<i64>,
    /// Shows the subscriptions column
    #[arg(long)]
    subs: bool,
}

/// What a server told at one time.
struct Snapshot {
    varz: Value,
    connections: Vec<Value>,
}

/// Shows the server until the user stops it, or often enough.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let system = System::of(session, session.connect().await?);
    let first = snapshot(&system, &args).await?;
    if let Some(path) = &args.output {
        let lines = rendered(&first, None, &args, None).join("\n");
        return std::fs::write(path, lines + "\n").with_context(|| format!("{}", path.display()));
    }
    let endless = std::io::stdout().is_terminal();
    let wanted = match args.max_refresh {
        Some(refreshes) if refreshes >= 0 => u64::try_from(refreshes).ok(),
        Some(_) => None,
        None if endless => None,
        None => Some(1),
    };
    let mut out = Out::new();
    let (mut before, mut now, mut shown): (Option<Snapshot>, _, _) = (None, first, 0);
    loop {
        out.clear_screen()?;
        let width = out.width();
        for line in rendered(&now, before.as_ref(), &args, width) {
            out.line(&line)?;
        }
        out.flush()?;
        shown += 1;
        if wanted.is_some_and(|wanted| shown >= wanted) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(args.interval)).await;
        before = Some(std::mem::replace(&mut now, snapshot(&system, &args).await?));
    }
}

async fn snapshot(system: &System, args: &Args) -> anyhow::Result<Snapshot> {
    let varz = ask(system, args, "VARZ", json!({})).await?;
    let question =
        json!({ "sort": args.sort, "limit": args.conns, "auth": true, "subscriptions": args.subs });
    let mut connz = ask(system, args, "CONNZ", question).await?;
    let connections = match connz["connections"].take() {
        Value::Array(connections) => connections,
        _ => Vec::new(),
    };
    Ok(Snapshot { varz, connections })
}

async fn ask(system: &System, args: &Args, what: &str, mut question: Value) -> anyhow::Result<Value> {
    question["server_name"] = args.name.as_str().into();
    question["exact_match"] = true.into();
    let mut answers = system.ask(&format!("{PING}.{what}"), &question, Some(1)).await?;
    match answers.pop() {
        Some(answer) if answer.body["error"].is_object() => {
            bail!("{what}: {}", text(&answer.body["error"]["description"]))
        }
        Some(mut answer) => Ok(answer.body["data"].take()),
        None => bail!(
            "no answer from server {:?}, ensure the account used has system privileges",
            args.name
        ),
    }
}

fn rendered(now: &Snapshot, before: Option<&Snapshot>, args: &Args, width: Option<usize>) -> Vec<String> {
    let size = |value: &Value| {
        if args.raw {
            amount(value).to_string()
        } else {
            bytes(value)
        }
    };
    let varz = &now.varz;
    // Amounts of a second since the last look.
    let rate = |field: &str| -> Value {
        let amount = |varz: &Value| amount(&varz[field]);
        let step = before.map_or(0, |before| amount(varz).saturating_sub(amount(&before.varz)));
        (step / args.interval).into()
    };
    let mut lines = vec![
        format!(
            "NATS server version {} (uptime: {})",
            text(&varz["version"]),
            text(&varz["uptime"])
        ),
        format!("Server: {}", text(&varz["server_name"])),
        format!("  ID:   {}", text(&varz["server_id"])),
        format!(
            "  Load: CPU: {:.1}%  Memory: {}  Slow Consumers: {}",
            varz["cpu"].as_f64().unwrap_or(0.0),
            size(&varz["mem"]),
            count(&varz["slow_consumers"])
        ),
    ];
    for (label, way) in [("In", "in"), ("Out", "out")] {
        let (messages, octets) = (format!("{way}_msgs"), format!("{way}_bytes"));
        lines.push(format!(
            "  {label:<4}  Msgs: {}  Bytes: {}  Msgs/Sec: {}  Bytes/Sec: {}",
            count(&varz[&messages]),
            size(&varz[&octets]),
            count(&rate(&messages)),
            size(&rate(&octets))
        ));
    }
    lines.extend([
        String::new(),
        format!("Connections Polled: {}", now.connections.len()),
    ]);
    lines.extend(connections(now, before, args, width, &size));
    lines
}

fn connections(
    now: &Snapshot,
    before: Option<&Snapshot>,
    args: &Args,
    width: Option<usize>,
    size: &dyn Fn(&Value) -> String,
) -> Vec<String> {
    let mut columns = vec![
        "HOST",
        "CID",
        "NAME",
        "SUBS",
        "PENDING",
        "MSGS_TO",
        "MSGS_FROM",
        "BYTES_TO",
        "BYTES_FROM",
        "TO/S",
        "FROM/S",
        "LANG",
        "VERSION",
        "UPTIME",
        "LAST ACTIVITY",
    ];
    if args.subs {
        columns.push("SUBSCRIPTIONS");
    }
    let earlier: HashMap<u64, &Value> = before
        .iter()
        .flat_map(|before| &before.connections)
        .filter_map(|connection| Some((connection["cid"].as_u64()?, connection)))
        .collect();
    let mut rows = Vec::new();
    for connection in &now.connections {
        let amount = |connection: &Value, field: &str| amount(&connection[field]);
        let then = connection["cid"].as_u64().and_then(|cid| earlier.get(&cid));
        let rate = |field: &str| {
            let step = then.map_or(0, |then| {
                amount(connection, field).saturating_sub(amount(then, field))
            });
            count(&(step / args.interval).into())
        };
        let subscriptions = connection["subscriptions_list"].as_array().into_iter().flatten();
        rows.push(vec![
            format!("{}:{}", text(&connection["ip"]), connection["port"]),
            connection["cid"].to_string(),
            text(&connection["name"]).to_owned(),
            count(&connection["subscriptions"]),
            size(&connection["pending_bytes"]),
            count(&connection["out_msgs"]),
            count(&connection["in_msgs"]),
            size(&connection["out_bytes"]),
            size(&connection["in_bytes"]),
            rate("out_msgs"),
            rate("in_msgs"),
            text(&connection["lang"]).to_owned(),
            text(&connection["version"]).to_owned(),
            text(&connection["uptime"]).to_owned(),
            text(&connection["last_activity"]).to_owned(),
            subscriptions.map(text).collect::<Vec<_>>().join(", "),
        ]);
    }
    if let Some(delimiter) = &args.delimiter {
        let shown = columns.len();
        let mut lines = vec![columns.join(delimiter)];
        lines.extend(rows.iter().map(|row| row[..shown].join(delimiter)));
        return lines;
    }
    let mut table = Table::new("", &columns);
    rows.into_iter().for_each(|row| table.row(row));
    table.lines(width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn what_went_since_the_last_look_is_told() {
        let snapshot = |messages: u64| Snapshot {
            varz: json!({"server_name": "n1", "version": "2.14.5", "in_msgs": messages, "mem": 2048}),
            connections: vec![json!({"cid": 7, "ip": "127.0.0.1", "port": 5, "in_msgs": messages})],
        };
        let typed = Typed::try_parse_from(["x", "n1", "-d", "2", "--delimiter", ","]).unwrap();
        let lines = rendered(&snapshot(1_300), Some(&snapshot(300)), &typed.args, None);
        assert!(
            lines[4].contains("Msgs: 1,300") && lines[4].contains("Msgs/Sec: 500"),
            "{lines:#?}"
        );
        assert!(lines[3].contains("Memory: 2 KiB"), "{lines:#?}");
        assert!(
            lines.last().unwrap().starts_with("127.0.0.1:5,7,,0,"),
            "{lines:#?}"
        );
        assert!(lines.last().unwrap().contains(",500,"), "{lines:#?}");
    }
}
