//! `nats server report cpu` and `mem`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{PING, System};
use super::Scope;
use crate::cli::nats::human::{bytes, text};
use crate::cli::nats::output::Out;

/// Cells of the longest bar.
const BAR_CELLS: f64 = 30.0;

#[derive(Debug, clap::Args)]
pub(super) struct UsageArgs {
    #[command(flatten)]
    pub scope: Scope,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

/// A bar for each server; `field` is `cpu` in percent or `mem` in bytes.
pub(super) async fn run(system: &System, args: &UsageArgs, field: &str, out: &mut Out) -> anyhow::Result<()> {
    let question = args.scope.servers.filter().into();
    let answers = system.demand(PING, &question, args.scope.expect).await?;
    let usage: BTreeMap<&str, &Value> = answers
        .iter()
        .map(|answer| {
            (
                text(&answer.body["server"]["name"]),
                &answer.body["statsz"][field],
            )
        })
        .collect();
    if args.json {
        return Ok(out.json(&json!(usage))?);
    }
    let is_memory = field == "mem";
    out.line(if is_memory {
        "Memory Usage\n"
    } else {
        "CPU Usage\n"
    })?;
    let amount = |value: &Value| value.as_f64().unwrap_or(0.0);
    let most = usage.values().map(|value| amount(value)).fold(0.0, f64::max);
    let widest = usage.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    for (name, value) in usage {
        let cells = if most > 0.0 {
            (amount(value) / most * BAR_CELLS).round() as usize
        } else {
            0
        };
        let told = if is_memory {
            bytes(value)
        } else {
            format!("{:.2}", amount(value))
        };
        out.line(&format!("{name:>widest$}: {} ({told})", "█".repeat(cells)))?;
    }
    Ok(())
}
