//! `nats server report connections`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use anyhow::bail;
use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value, json};

use super::super::System;
use super::super::request::connection_state;
use crate::cli::nats::human::{amount, bytes, count, sort, text, time};
use crate::cli::nats::output::Out;
use crate::cli::nats::session::{Connection, Session};
use crate::cli::nats::table::Table;
use crate::util::size;

/// Connections that a server tells of in one answer.
const PAGE: u64 = 1_024;
/// Most connections that are gathered.
const CONNECTIONS_MAX: u64 = 1_000_000;
/// Longest names that are shown whole, in characters.
const NAME_CHARS_MAX: usize = 40;
const ACCOUNT_CHARS_MAX: usize = 46;

/// Which connections, and in which order.
#[derive(Debug, clap::Args)]
pub(in crate::cli::nats) struct ConnectionsArgs {
    /// Sort by a specific property
    #[arg(long, default_value = "subs", value_parser = ["in-bytes", "out-bytes", "in-msgs", "out-msgs", "uptime", "cid", "subs"])]
    sort: String,
    /// Limit results to the top results
    #[arg(long, default_value_t = 1_000)]
    top: usize,
    /// Limits responses only to those connections with matching subscription interest
    #[arg(long, default_value = "")]
    subject: String,
    /// Limits responses only to those connections for a specific authentication username
    #[arg(long, default_value = "")]
    username: String,
    /// Limits responses only to those connections that are in a specific state
    #[arg(long, default_value = "open", value_parser = ["open", "closed", "all"])]
    state: String,
    /// Filter results based on a closed reason
    #[arg(long, value_name = "REGEX", value_parser = reason)]
    closed_reason: Option<Regex>,
}

fn reason(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).case_insensitive(true).build()
}

impl Default for ConnectionsArgs {
    /// Every open connection.
    fn default() -> ConnectionsArgs {
        ConnectionsArgs {
            sort: "subs".to_owned(),
            top: 1_000,
            subject: String::new(),
            username: String::new(),
            state: "open".to_owned(),
            closed_reason: None,
        }
    }
}

/// Whose connections are asked for.
pub(super) struct Asked<'a> {
    pub args: &'a ConnectionsArgs,
    pub account: &'a str,
    pub filter: Map<String, Value>,
    pub expect: Option<usize>,
}

pub(super) async fn run(
    system: &System,
    asked: &Asked<'_>,
    reverse: bool,
    json: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    let mut connections = gather(system, asked).await?;
    if connections.is_empty() {
        bail!("did not get results from any servers");
    }
    if json {
        return Ok(out.json(&connections)?);
    }
    draw(&mut connections, asked.args, reverse, out)
}

/// The report on the connections of our own account, which needs no system account.
pub(in crate::cli::nats) async fn of_account(
    session: &Session,
    connection: Connection,
    args: &ConnectionsArgs,
    reverse: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    let asked = Asked {
        args,
        account: "",
        filter: Map::new(),
        expect: None,
    };
    run(&System::of(session, connection), &asked, reverse, false, out).await
}

pub(super) fn draw(
    connections: &mut [Value],
    args: &ConnectionsArgs,
    reverse: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    sort(connections, &|a, b| compare(a, b, &args.sort));
    if reverse {
        connections.reverse();
    }
    table(connections, args).print(out)?;
    Ok(per_server(connections).print(out)?)
}

/// The connections of all servers, each with its server beside the rest.
pub(super) async fn gather(system: &System, asked: &Asked<'_>) -> anyhow::Result<Vec<Value>> {
    let args = asked.args;
    let question = json!({
        "subscriptions": true, "auth": true, "state": connection_state(&args.state), "limit": PAGE,
        "user": args.username, "acc": asked.account, "filter_subject": args.subject,
    });
    let mut body = asked.filter.clone();
    body.extend(question.as_object().cloned().unwrap_or_default());
    let mut gathered = Vec::new();
    for offset in (0..CONNECTIONS_MAX).step_by(PAGE as usize) {
        body.insert("offset".to_owned(), offset.into());
        let question = Value::Object(body.clone());
        let answers = system
            .demand("$SYS.REQ.SERVER.PING.CONNZ", &question, asked.expect)
            .await?;
        let mut more = false;
        for mut answer in answers {
            more |= amount(&answer.body["data"]["total"]) > offset + PAGE;
            let server = answer.body["server"].take();
            if let Value::Array(page) = answer.body["data"]["connections"].take() {
                gathered.extend(page.into_iter().map(|mut connection| {
                    connection["server"] = server.clone();
                    connection
                }));
            }
        }
        if !more {
            break;
        }
    }
    if let Some(wanted) = &args.closed_reason {
        gathered.retain(|connection| wanted.is_match(text(&connection["reason"])));
    }
    Ok(gathered)
}

/// The largest first; connections by number and age from the first.
fn compare(a: &Value, b: &Value, key: &str) -> Ordering {
    let field = match key {
        "uptime" => return time(&a["start"]).cmp(&time(&b["start"])),
        "cid" => return amount(&a["cid"]).cmp(&amount(&b["cid"])),
        "subs" => "subscriptions".to_owned(),
        key => key.replace('-', "_"),
    };
    amount(&b[&field]).cmp(&amount(&a[&field]))
}

fn table(connections: &[Value], args: &ConnectionsArgs) -> Table {
    let total = size::format_count(connections.len() as u64);
    let shown = connections.len().min(args.top);
    let heading = format!("Top {shown} Connections out of {total} by {}", args.sort);
    let mut columns = vec![
        "CID",
        "Name",
        "Server",
        "Cluster",
        "IP",
        "Account",
        "Uptime",
        "In Msgs",
        "Out Msgs",
        "In Bytes",
        "Out Bytes",
        "Subs",
    ];
    if args.state != "open" {
        columns.push("Reason");
    }
    let mut table = Table::new(heading, &columns);
    for connection in &connections[..shown] {
        table.row(row(connection));
    }
    if connections.len() > 1 {
        let sum = |field: &str| {
            let sum: u64 = connections
                .iter()
                .filter_map(|connection| connection[field].as_u64())
                .sum();
            Value::from(sum)
        };
        let mut totals = vec![String::new(); 7];
        totals[1] = format!("Totals for {total} connections");
        totals.extend([count(&sum("in_msgs")), count(&sum("out_msgs"))]);
        totals.extend([bytes(&sum("in_bytes")), bytes(&sum("out_bytes"))]);
        totals.extend([count(&sum("subscriptions")), String::new()]);
        table.footer(totals);
    }
    table
}

/// One cell more than there are columns when the reason is not asked for, which is left out then.
fn row(connection: &Value) -> [String; 13] {
    let name = match text(&connection["name"]) {
        "" => text(&connection["mqtt_client"]),
        name => name,
    };
    let kind = text(&connection["kind"]);
    let letter = if matches!(kind, "Client" | "") {
        ""
    } else {
        &kind[..1]
    };
    [
        format!("{letter}{}", connection["cid"]),
        shortened(name, NAME_CHARS_MAX, NAME_CHARS_MAX),
        text(&connection["server"]["name"]).to_owned(),
        text(&connection["server"]["cluster"]).to_owned(),
        format!("{}:{}", text(&connection["ip"]), connection["port"]),
        shortened(text(&connection["account"]), ACCOUNT_CHARS_MAX, 12),
        text(&connection["uptime"]).to_owned(),
        count(&connection["in_msgs"]),
        count(&connection["out_msgs"]),
        bytes(&connection["in_bytes"]),
        bytes(&connection["out_bytes"]),
        count(&connection["subscriptions"]),
        text(&connection["reason"]).to_owned(),
    ]
}

/// The first `kept` characters of a text that has more than `most`.
fn shortened(text: &str, most: usize, kept: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(kept).chain(" ..".chars()).collect()
}

fn per_server(connections: &[Value]) -> Table {
    let mut servers: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for connection in connections {
        let server = &connection["server"];
        *servers
            .entry((text(&server["name"]), text(&server["cluster"])))
            .or_default() += 1;
    }
    let mut table = Table::new("Connections per server", &["Server", "Cluster", "Connections"]);
    for ((name, cluster), number) in servers {
        table.row([name.to_owned(), cluster.to_owned(), size::format_count(number)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_come_first() {
        let mut connections = [
            json!({"cid": 1, "out_msgs": 1, "subscriptions": 3}),
            json!({"cid": 2, "out_msgs": 5, "subscriptions": 1}),
        ];
        let mut first = |key: &str| {
            sort(&mut connections, &|a, b| compare(a, b, key));
            connections[0]["cid"].clone()
        };
        assert_eq!([first("subs"), first("out-msgs"), first("cid")], [1, 2, 1]);
    }

    #[test]
    fn a_connection_is_a_row() {
        let row = row(&json!({
            "cid": 7, "kind": "Leafnode", "name": "n".repeat(50), "ip": "127.0.0.1", "port": 4000,
            "in_msgs": 1234, "out_bytes": 2048, "server": {"name": "s"},
        }));
        assert_eq!(
            [&row[0], &row[2], &row[4], &row[7], &row[10]],
            ["L7", "s", "127.0.0.1:4000", "1,234", "2 KiB"]
        );
        assert_eq!(row[1].len(), NAME_CHARS_MAX + 3);
    }
}
