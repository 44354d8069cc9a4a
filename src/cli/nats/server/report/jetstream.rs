//! `nats server report jetstream`.

use serde_json::{Value, json};

use super::super::System;
use super::{Scope, in_order};
use crate::cli::nats::human::{amount, bytes, count, flag, nanos, text};
use crate::cli::nats::output::Out;
use crate::cli::nats::table::Table;

/// Most streams that are asked for when the report is about one account.
const STREAMS_MAX: u64 = 10_000;

#[derive(Debug, clap::Args)]
pub(super) struct JetstreamArgs {
    #[command(flatten)]
    pub scope: Scope,
    /// Produce the report for a specific account
    #[arg(long, default_value = "")]
    account: String,
    /// Sort by a specific property
    #[arg(long, default_value = "cluster", value_parser = ["name", "cluster", "streams", "consumers", "msgs", "mbytes", "bytes", "mem", "file", "store", "api", "err"])]
    sort: String,
}

/// What one server, or one account on it, holds.
struct Holding {
    streams: u64,
    consumers: u64,
    messages: u64,
    bytes: u64,
    memory: u64,
    file: u64,
    requests: u64,
    errors: u64,
}

impl Holding {
    fn of(data: &Value, account: &str) -> Holding {
        let details = &data["account_details"][0];
        if account.is_empty() || details.is_null() {
            return Holding {
                streams: amount(&data["streams"]),
                consumers: amount(&data["consumers"]),
                messages: amount(&data["messages"]),
                bytes: amount(&data["bytes"]),
                memory: amount(&data["memory"]),
                file: amount(&data["storage"]),
                requests: amount(&data["api"]["total"]),
                errors: amount(&data["api"]["errors"]),
            };
        }
        let streams = details["stream_detail"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let sum = |field: &str| streams.iter().map(|stream| amount(&stream["state"][field])).sum();
        let (memory, file) = (amount(&details["memory"]), amount(&details["storage"]));
        Holding {
            streams: streams.len() as u64,
            consumers: sum("consumer_count"),
            messages: sum("messages"),
            bytes: memory + file,
            memory,
            file,
            requests: amount(&details["api"]["total"]),
            errors: amount(&details["api"]["errors"]),
        }
    }
}

pub(super) async fn run(
    system: &System,
    args: &JetstreamArgs,
    reverse: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    let mut question = args.scope.servers.filter();
    question.insert("raft".to_owned(), true.into());
    if !args.account.is_empty() {
        let of = json!({ "account": args.account, "streams": true, "consumer": true, "limit": STREAMS_MAX });
        question.extend(of.as_object().cloned().unwrap_or_default());
    }
    let subject = "$SYS.REQ.SERVER.PING.JSZ";
    let mut servers = system
        .demand_bodies(subject, &question.into(), args.scope.expect)
        .await?;
    let name = |body: &Value| {
        (
            text(&body["server"]["cluster"]).to_owned(),
            text(&body["server"]["name"]).to_owned(),
        )
    };
    match args.sort.as_str() {
        "cluster" => in_order(&mut servers, reverse, name),
        "name" => in_order(&mut servers, reverse, |body| name(body).1),
        key => in_order(&mut servers, reverse, |body| {
            let held = Holding::of(&body["data"], &args.account);
            match key {
                "streams" => held.streams,
                "consumers" => held.consumers,
                "msgs" => held.messages,
                "mbytes" | "bytes" => held.bytes,
                "mem" => held.memory,
                "file" | "store" => held.file,
                "err" => held.errors,
                _ => held.requests,
            }
        }),
    }
    summary(&servers, &args.account).print(out)?;
    for body in &servers {
        let meta = &body["data"]["meta_cluster"];
        if text(&meta["leader"]) == text(&body["server"]["name"]) && !meta.is_null() {
            raft(meta).print(out)?;
        }
    }
    Ok(())
}

fn summary(servers: &[Value], account: &str) -> Table {
    let title = match account {
        "" => "JetStream Summary".to_owned(),
        account => format!("JetStream Summary for Account {account}"),
    };
    let columns = [
        "Server",
        "Cluster",
        "Domain",
        "Streams",
        "Consumers",
        "Messages",
        "Bytes",
        "Memory",
        "File",
        "API Req",
        "Pending",
    ];
    let mut table = Table::new(title, &columns);
    let mut sum = [0u64; 8];
    for body in servers {
        let (server, data) = (&body["server"], &body["data"]);
        let held = Holding::of(data, account);
        let meta = &data["meta_cluster"];
        let leads = !meta.is_null() && text(&meta["leader"]) == text(&server["name"]);
        let numbers = [
            held.streams,
            held.consumers,
            held.messages,
            held.bytes,
            held.memory,
            held.file,
            held.requests,
            amount(&meta["pending"]),
        ];
        for (sum, number) in sum.iter_mut().zip(numbers) {
            *sum = sum.saturating_add(number);
        }
        let own = [
            format!("{}{}", text(&server["name"]), if leads { "*" } else { "" }),
            text(&server["cluster"]).to_owned(),
            text(&data["config"]["domain"]).to_owned(),
        ];
        table.row(own.into_iter().chain(written(numbers)));
    }
    let empty = ["", "", ""].map(str::to_owned);
    table.footer(empty.into_iter().chain(written(sum)));
    table
}

/// The numbers of a row: three counts, three sizes and what went through the API.
fn written(numbers: [u64; 8]) -> [String; 8] {
    let mut index = 0;
    numbers.map(|number| {
        let is_size = (3..=5).contains(&index);
        index += 1;
        let number = number.into();
        if is_size { bytes(&number) } else { count(&number) }
    })
}

/// The servers that together decide over a cluster's streams.
fn raft(meta: &Value) -> Table {
    let title = format!(
        "RAFT Meta Group Information - Lead cluster: {}",
        text(&meta["name"])
    );
    let columns = [
        "Connection Name",
        "ID",
        "Leader",
        "Current",
        "Online",
        "Active",
        "Lag",
    ];
    let mut table = Table::new(title, &columns);
    let leader = json!({ "name": meta["leader"], "peer": meta["peer"], "current": true, "leader": "yes" });
    let mut peers: Vec<&Value> = meta["replicas"].as_array().into_iter().flatten().collect();
    peers.push(&leader);
    peers.sort_by_key(|peer| text(&peer["name"]));
    for peer in peers {
        table.row([
            text(&peer["name"]).to_owned(),
            text(&peer["peer"]).to_owned(),
            text(&peer["leader"]).to_owned(),
            flag(&peer["current"]).to_string(),
            (!flag(&peer["offline"])).to_string(),
            nanos(&peer["active"]),
            count(&peer["lag"]),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_holds_what_its_streams_hold() {
        let data = json!({
            "streams": 9, "api": {"total": 3},
            "account_details": [{"memory": 10, "storage": 5, "stream_detail": [
                {"state": {"messages": 2, "consumer_count": 1}}, {"state": {"messages": 3}}]}],
        });
        let own = Holding::of(&data, "APP");
        assert_eq!(
            (own.streams, own.messages, own.consumers, own.bytes),
            (2, 5, 1, 15)
        );
        assert_eq!(Holding::of(&data, "").streams, 9);
    }
}
