//! `nats server list`.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::super::human::{amount, bytes, count, flag, span, text, time};
use super::super::output::Out;
use super::super::table::Table;
use super::{Answer, PING, System};

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// How many servers to expect
    expect: Option<usize>,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
    /// Sort servers by a specific key
    #[arg(long, default_value = "rtt", value_parser = ["name", "cluster", "conns", "conn", "subs", "sub", "mem", "cpu", "slow", "uptime", "rtt"])]
    sort: String,
    /// Reverse sort servers
    #[arg(short = 'R', long)]
    reverse: bool,
}

pub(super) async fn run(system: &System, args: ListArgs) -> anyhow::Result<()> {
    let mut answers = system.demand(PING, &json!({}), args.expect).await?;
    let mut out = Out::new();
    if args.json {
        let bodies: Vec<&Value> = answers.iter().map(|answer| &answer.body).collect();
        out.json(&bodies)?;
        return Ok(out.flush()?);
    }
    answers.sort_by(|a, b| compare(a, b, &args.sort));
    if args.reverse {
        answers.reverse();
    }
    let columns = [
        "Name", "Cluster", "Host", "Version", "JS", "Conns", "Subs", "Routes", "GWs", "Mem", "CPU %",
        "Cores", "Slow", "Uptime", "RTT",
    ];
    let mut table = Table::new("Server Overview", &columns);
    for answer in &answers {
        table.row(row(answer));
    }
    table.print(&mut out)?;
    Ok(out.flush()?)
}

/// Names and times rise, amounts fall: what one looks for stands first.
fn compare(a: &Answer, b: &Answer, key: &str) -> Ordering {
    let stats = (&a.body["statsz"], &b.body["statsz"]);
    let falling = |field: &str| amount(&stats.1[field]).cmp(&amount(&stats.0[field]));
    let cpu = |stats: &Value| stats["cpu"].as_f64().unwrap_or(0.0);
    match key {
        "name" | "cluster" => text(&a.body["server"][key]).cmp(text(&b.body["server"][key])),
        "conns" | "conn" => falling("connections"),
        "subs" | "sub" => falling("subscriptions"),
        "mem" => falling("mem"),
        "slow" => falling("slow_consumers"),
        "cpu" => cpu(stats.1).total_cmp(&cpu(stats.0)),
        "uptime" => time(&stats.0["start"]).cmp(&time(&stats.1["start"])),
        _ => a.after.cmp(&b.after),
    }
}

fn row(answer: &Answer) -> [String; 15] {
    let (server, stats) = (&answer.body["server"], &answer.body["statsz"]);
    let jetstream = match (flag(&server["jetstream"]), text(&server["domain"])) {
        (false, _) => "no",
        (true, "") => "yes",
        (true, domain) => domain,
    };
    let length = |value: &Value| value.as_array().map_or(0, Vec::len).to_string();
    let uptime = match (time(&server["time"]), time(&stats["start"])) {
        (Some(now), Some(start)) => span(now.since(start)),
        _ => String::new(),
    };
    [
        text(&server["name"]).to_owned(),
        text(&server["cluster"]).to_owned(),
        text(&server["host"]).to_owned(),
        text(&server["ver"]).to_owned(),
        jetstream.to_owned(),
        count(&stats["connections"]),
        count(&stats["subscriptions"]),
        length(&stats["routes"]),
        length(&stats["gateways"]),
        bytes(&stats["mem"]),
        format!("{:.0}", stats["cpu"].as_f64().unwrap_or(0.0)),
        count(&stats["cores"]),
        count(&stats["slow_consumers"]),
        uptime,
        span(answer.after),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answer(name: &str, connections: u64, millis: u64) -> Answer {
        Answer {
            body: json!({
                "server": {"name": name, "jetstream": true, "time": "2026-11-24T19:00:05Z"},
                "statsz": {"start": "2026-11-24T19:00:00Z", "connections": connections, "cpu": 1.6},
            }),
            after: Duration::from_millis(millis),
        }
    }

    #[test]
    fn servers_are_sorted() {
        let names = |key| {
            let mut answers = [answer("b", 5, 1), answer("a", 9, 2), answer("c", 1, 0)];
            answers.sort_by(|a, b| compare(a, b, key));
            answers
                .map(|answer| text(&answer.body["server"]["name"]).to_owned())
                .concat()
        };
        assert_eq!(names("name"), "abc");
        assert_eq!(names("conns"), "abc");
        assert_eq!(names("rtt"), "cba");
    }

    #[test]
    fn a_server_is_a_row() {
        let row = row(&answer("n1", 1234, 7));
        assert_eq!(
            [&row[0], &row[4], &row[5], &row[10], &row[13], &row[14]],
            ["n1", "yes", "1,234", "2", "5.00s", "7ms"]
        );
    }
}
