//! `nats server info`.

use serde_json::{Value, json};

use super::super::human::{bytes, count, flag, list, nanos, text};
use super::super::output::Out;
use super::super::table::Columns;
use super::System;

/// Characters of a server's public nkey, which is its ID.
const ID_CHARS: usize = 56;

#[derive(Debug, clap::Args)]
pub(super) struct InfoArgs {
    /// Server ID or Name to inspect
    #[arg(value_name = "SERVER")]
    wanted: Option<String>,
    /// Produce JSON output (not in the official tool)
    #[arg(short, long)]
    json: bool,
}

pub(super) async fn run(system: &System, args: InfoArgs) -> anyhow::Result<()> {
    let wanted = args.wanted.unwrap_or_default();
    let is_id = wanted.len() == ID_CHARS && wanted.to_uppercase() == wanted;
    let (subject, body) = if is_id {
        (format!("$SYS.REQ.SERVER.{wanted}.VARZ"), json!({}))
    } else {
        let body = json!({ "server_name": wanted, "exact_match": true });
        ("$SYS.REQ.SERVER.PING.VARZ".to_owned(), body)
    };
    let answers = system.demand(&subject, &body, Some(1)).await?;
    let varz = answers
        .first()
        .map_or(&Value::Null, |answer| &answer.body["data"]);
    let mut out = Out::new();
    if args.json {
        out.json(varz)?;
    } else {
        columns(varz).print(&mut out)?;
    }
    Ok(out.flush()?)
}

fn columns(varz: &Value) -> Columns {
    let (name, id) = (text(&varz["server_name"]), text(&varz["server_id"]));
    let mut columns = Columns::new(if name == id {
        format!("Server information for {id}")
    } else {
        format!("Server information for {name} ({id})")
    });
    columns.section("Process Details");
    columns.row("Version", text(&varz["version"]));
    columns.row_if_any("Git Commit", text(&varz["git_commit"]));
    columns.row_if_any("Go Version", text(&varz["go"]));
    columns.row("Start Time", text(&varz["start"]));
    columns.row("Configuration Load Time", text(&varz["config_load_time"]));
    columns.row_if_any("Configuration Digest", text(&varz["config_digest"]));
    columns.row("Uptime", text(&varz["uptime"]));
    columns.section("Connection Details");
    columns.row("Auth Required", flag(&varz["auth_required"]).to_string());
    columns.row("TLS Required", flag(&varz["tls_required"]).to_string());
    columns.row("Host", format!("{}:{}", text(&varz["host"]), varz["port"]));
    columns.row_if_any("Client URLs", list(&varz["connect_urls"]));
    jetstream(&mut columns, &varz["jetstream"]);
    columns.section("Limits");
    columns.row("Maximum Connections", count(&varz["max_connections"]));
    columns.row("Maximum Subscriptions", count(&varz["max_subscriptions"]));
    columns.row("Maximum Payload", bytes(&varz["max_payload"]));
    columns.row("Write Deadline", nanos(&varz["write_deadline"]));
    statistics(&mut columns, varz);
    columns
}

fn jetstream(columns: &mut Columns, jetstream: &Value) {
    let (config, stats) = (&jetstream["config"], &jetstream["stats"]);
    if text(&config["store_dir"]).is_empty() {
        return;
    }
    columns.section("JetStream");
    columns.row_if_any("Domain", text(&config["domain"]));
    columns.row("API Support Level", count(&stats["api"]["level"]));
    columns.row("Storage Directory", text(&config["store_dir"]));
    columns.row("Active Accounts", count(&stats["accounts"]));
    columns.row("Memory In Use", bytes(&stats["memory"]));
    columns.row("File In Use", bytes(&stats["storage"]));
    columns.row("API Requests", count(&stats["api"]["total"]));
    columns.row("API Errors", count(&stats["api"]["errors"]));
    columns.row("Maximum Memory Storage", bytes(&config["max_memory"]));
    columns.row("Maximum File Storage", bytes(&config["max_storage"]));
}

fn statistics(columns: &mut Columns, varz: &Value) {
    columns.section("Statistics");
    let cpu = varz["cpu"].as_f64().unwrap_or(0.0);
    columns.row("CPU Cores", format!("{} {cpu:.2}%", count(&varz["cores"])));
    columns.row("Memory", bytes(&varz["mem"]));
    columns.row("Connections", count(&varz["connections"]));
    columns.row("Subscriptions", count(&varz["subscriptions"]));
    for (label, field, write) in [
        ("Messages", "msgs", count as fn(&Value) -> String),
        ("Bytes", "bytes", bytes),
    ] {
        let (into, out) = (&varz[format!("in_{field}")], &varz[format!("out_{field}")]);
        columns.row(label, format!("{} in {} out", write(into), write(out)));
    }
    columns.row("Slow Consumers", count(&varz["slow_consumers"]));
}
