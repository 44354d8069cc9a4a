//! `nats server account`: an account as a server knows it.

use anyhow::bail;
use serde_json::{Value, json};

use super::super::ask::confirm;
use super::super::human::{ago, count, flag, list, local, text, time};
use super::super::output::Out;
use super::super::table::Columns;
use super::System;
use crate::util::time::Timestamp;

/// Interact with accounts, for example:
///
///   nats server account info APP
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Produce JSON output
    #[arg(short, long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Shows information for an account
    #[command(visible_alias = "i")]
    Info {
        /// The name of the account to view
        account: String,
        /// Request information from a specific server
        #[arg(long, default_value = "")]
        host: String,
    },
    /// Purge assets from JetStream clusters
    Purge {
        /// The name of the account to purge
        #[arg(value_name = "NAME")]
        account: String,
        /// Perform the operation without prompting
        #[arg(short, long)]
        force: bool,
    },
}

pub(super) async fn run(system: &System, args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Info { account, host } => info(system, &account, &host, args.json).await,
        Command::Purge { account, force } => purge(system, &account, force).await,
    }
}

async fn info(system: &System, name: &str, host: &str, json: bool) -> anyhow::Result<()> {
    let question = json!({ "account": name, "server_name": host, "exact_match": true });
    let answers = system
        .demand("$SYS.REQ.SERVER.PING.ACCOUNTZ", &question, Some(1))
        .await?;
    let account = match answers.first() {
        Some(answer) if answer.body["data"]["account_detail"].is_object() => {
            &answer.body["data"]["account_detail"]
        }
        _ => bail!("no account information received"),
    };
    let mut out = Out::new();
    if json {
        out.json(account)?;
    } else {
        described(account).print(&mut out)?;
    }
    Ok(out.flush()?)
}

fn described(account: &Value) -> Columns {
    let mut columns = Columns::new(format!(
        "Account information for account {}",
        text(&account["account_name"])
    ));
    columns.section("Details");
    columns.row("Complete", flag(&account["complete"]).to_string());
    columns.row("Expired", flag(&account["expired"]).to_string());
    columns.row("System Account", flag(&account["is_system"]).to_string());
    let now = json!({ "ts": Timestamp::now() });
    let updated = &account["update_time"];
    columns.row(
        "Updated",
        format!("{} ({} ago)", local(time(updated)), ago(updated, &now)),
    );
    columns.row("JetStream", flag(&account["jetstream_enabled"]).to_string());
    columns.row("Client Connections", count(&account["client_connections"]));
    columns.row("Subscriptions", count(&account["subscriptions"]));
    columns.row_if_any("Issuer", text(&account["issuer_key"]));
    columns.row_if_any("Tag", text(&account["name_tag"]));
    columns.row_if_any("Tags", list(&account["tags"]));
    if let Some(mappings) = account["mappings"].as_object() {
        columns.section("Mappings");
        for (subject, destinations) in mappings {
            for destination in destinations.as_array().into_iter().flatten() {
                let weight = destination["weight"].as_u64().unwrap_or(100);
                let share = if weight == 100 {
                    String::new()
                } else {
                    format!(" with weight {weight}")
                };
                columns.row(subject, text(&destination["subject"]).to_owned() + &share);
            }
        }
    }
    for (title, field) in [("Imports", "imports"), ("Exports", "exports")] {
        let shared = account[field].as_array().map(Vec::as_slice).unwrap_or_default();
        if !shared.is_empty() {
            columns.section(title);
        }
        for share in shared {
            let from = match text(&share["account"]) {
                "" => String::new(),
                account => format!(" from account {account}"),
            };
            columns.row(text(&share["type"]), text(&share["subject"]).to_owned() + &from);
        }
    }
    columns
}

async fn purge(system: &System, name: &str, force: bool) -> anyhow::Result<()> {
    let mut out = Out::new();
    if !force {
        out.line(&format!(
            "This operation deletes all data from the {name} account and cannot be reversed.\n"
        ))?;
        out.flush()?;
        if !confirm(&format!("Really purge account {name}"))? {
            return Ok(());
        }
    }
    system
        .connection
        .api
        .request(&format!("ACCOUNT.PURGE.{name}"), &Value::Null)
        .await?;
    out.line(&format!("Purge operation on account {name} initiated"))?;
    Ok(out.flush()?)
}
