//! `nats server report health`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::System;
use super::super::request::Health;
use super::{Scope, in_order};
use crate::cli::nats::human::{amount, count, text};
use crate::cli::nats::output::Out;
use crate::cli::nats::table::Table;

/// With more errors than this on one server, the last ones are only counted.
const ERRORS_MAX: usize = 10;

#[derive(Debug, clap::Args)]
pub(super) struct HealthArgs {
    #[command(flatten)]
    pub scope: Scope,
    #[command(flatten)]
    of: Health,
}

pub(super) async fn run(
    system: &System,
    args: &HealthArgs,
    reverse: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    let mut question = args.scope.servers.filter();
    if let Value::Object(of) = args.of.question() {
        question.extend(of);
    }
    let subject = "$SYS.REQ.SERVER.PING.HEALTHZ";
    let mut servers = system
        .demand_bodies(subject, &question.into(), args.scope.expect)
        .await?;
    in_order(&mut servers, reverse, |body| {
        text(&body["server"]["name"]).to_owned()
    });
    Ok(table(&servers).print(out)?)
}

fn table(servers: &[Value]) -> Table {
    let mut table = Table::new(
        "Health Report",
        &["Server", "Cluster", "Domain", "Status", "Type", "Error"],
    );
    let (mut well, mut all_errors) = (0, 0);
    let mut clusters = BTreeSet::new();
    for body in servers {
        let (server, data) = (&body["server"], &body["data"]);
        let code = amount(&data["status_code"]);
        well += usize::from(code == 200);
        clusters.insert(text(&server["cluster"]));
        let status = format!("{} ({code})", text(&data["status"]));
        let own = ["name", "cluster", "domain"].map(|field| text(&server[field]).to_owned());
        table.row(own.into_iter().chain([status, String::new(), String::new()]));
        let errors = data["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        all_errors += errors.len();
        let shown = if errors.len() > ERRORS_MAX {
            ERRORS_MAX - 1
        } else {
            errors.len()
        };
        let row = |status: String, kind: &str, error: &str| {
            let empty = || String::new();
            [
                empty(),
                empty(),
                empty(),
                status,
                kind.to_owned(),
                error.to_owned(),
            ]
        };
        for error in &errors[..shown] {
            table.row(row(String::new(), text(&error["type"]), text(&error["error"])));
        }
        if shown < errors.len() {
            table.row(row(format!("{} more errors", errors.len() - shown), "", ""));
        }
    }
    let number = |number: usize| count(&number.into());
    table.footer([
        number(servers.len()),
        number(clusters.len()),
        String::new(),
        format!("ok: {well} / err: {}", servers.len() - well),
        String::new(),
        number(all_errors),
    ]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_ill_is_told_below_its_server() {
        let errors: Vec<Value> = (0..12)
            .map(|n| json!({"type": "STREAM", "error": format!("e{n}")}))
            .collect();
        let servers = [
            json!({"server": {"name": "a"}, "data": {"status": "ok", "status_code": 200}}),
            json!({"server": {"name": "b"}, "data": {"status": "error", "status_code": 500, "errors": errors}}),
        ];
        let drawn = table(&servers).lines(None).join("\n");
        for part in [
            "ok (200)",
            "error (500)",
            "e8",
            "3 more errors",
            "ok: 1 / err: 1",
            "12",
        ] {
            assert!(drawn.contains(part), "{part}\n{drawn}");
        }
        assert!(!drawn.contains("e9"), "{drawn}");
    }
}
