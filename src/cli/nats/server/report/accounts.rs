//! `nats server report accounts`.

use std::collections::BTreeMap;

use anyhow::bail;
use serde_json::{Map, Value, json};

use super::super::System;
use super::connections::{self, Asked, ConnectionsArgs};
use super::{Servers, in_order};
use crate::cli::nats::human::{amount, bytes, count, text};
use crate::cli::nats::output::Out;
use crate::cli::nats::table::Table;

#[derive(Debug, clap::Args)]
pub(super) struct AccountsArgs {
    /// Account to produce a report for
    account: Option<String>,
    /// Limit the responses to a certain amount of servers
    #[arg(value_name = "LIMIT")]
    expect: Option<usize>,
    #[command(flatten)]
    pub servers: Servers,
    /// Sort by a specific property
    #[arg(long, default_value = "subs", value_parser = ["in-bytes", "out-bytes", "in-msgs", "out-msgs", "conns", "subs"])]
    sort: String,
    /// Limit results to the top results
    #[arg(long, default_value_t = 1_000)]
    top: usize,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

pub(super) async fn run(
    system: &System,
    args: &AccountsArgs,
    reverse: bool,
    out: &mut Out,
) -> anyhow::Result<()> {
    let of = ConnectionsArgs::default();
    let name = args.account.as_deref().unwrap_or("");
    let asked = Asked {
        args: &of,
        account: name,
        filter: args.servers.filter(),
        expect: args.expect,
    };
    let connections = connections::gather(system, &asked).await?;
    if connections.is_empty() {
        bail!("did not get results from any servers");
    }
    if !name.is_empty() {
        let Some(account) = summed(connections).remove(name) else {
            bail!("did not receive any results for account {name}");
        };
        if args.json {
            return Ok(out.json(&account)?);
        }
        let mut own: Vec<Value> = account["connection_info"].as_array().cloned().unwrap_or_default();
        return connections::draw(&mut own, &of, reverse, out);
    }
    let mut accounts: Vec<Value> = summed(connections).into_values().collect();
    let field = match args.sort.as_str() {
        "conns" => "connections".to_owned(),
        "subs" => "subscriptions".to_owned(),
        other => other.replace('-', "_"),
    };
    in_order(&mut accounts, reverse, |account| account[&field].as_u64());
    if args.top > 0 && args.top < accounts.len() {
        let first = if reverse { 0 } else { accounts.len() - args.top };
        accounts = accounts.split_off(first);
        accounts.truncate(args.top);
    }
    if args.json {
        return Ok(out.json(&accounts)?);
    }
    let columns = [
        "Account",
        "Connections",
        "In Msgs",
        "Out Msgs",
        "In Bytes",
        "Out Bytes",
        "Subs",
    ];
    let mut table = Table::new(format!("{} Accounts Overview", accounts.len()), &columns);
    for account in &accounts {
        table.row([
            text(&account["account"]).to_owned(),
            count(&account["connections"]),
            count(&account["in_msgs"]),
            count(&account["out_msgs"]),
            bytes(&account["in_bytes"]),
            bytes(&account["out_bytes"]),
            count(&account["subscriptions"]),
        ]);
    }
    Ok(table.print(out)?)
}

/// What the connections of each account do together, by the account's name.
fn summed(connections: Vec<Value>) -> BTreeMap<String, Value> {
    let mut accounts: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for connection in connections {
        let name = text(&connection["account"]).to_owned();
        let account = accounts.entry(name.clone()).or_insert_with(|| {
            let mut account = Map::new();
            account.insert("account".to_owned(), name.into());
            account.insert("connection_info".to_owned(), json!([]));
            account.insert("server".to_owned(), json!([]));
            account
        });
        let subscriptions = connection["subscriptions_list"].as_array().map_or(0, Vec::len);
        let amount = |field: &str| amount(&connection[field]);
        for (field, more) in [
            ("connections", 1),
            ("in_msgs", amount("in_msgs")),
            ("out_msgs", amount("out_msgs")),
            ("in_bytes", amount("in_bytes")),
            ("out_bytes", amount("out_bytes")),
            ("subscriptions", subscriptions as u64),
        ] {
            let sum = account.get(field).and_then(Value::as_u64).unwrap_or(0);
            account.insert(field.to_owned(), sum.saturating_add(more).into());
        }
        let server = connection["server"].clone();
        let known = |servers: &[Value]| servers.iter().any(|other| other["id"] == server["id"]);
        if let Some(Value::Array(servers)) = account.get_mut("server")
            && !known(servers)
        {
            servers.push(server);
        }
        if let Some(Value::Array(all)) = account.get_mut("connection_info") {
            all.push(connection);
        }
    }
    accounts
        .into_iter()
        .map(|(name, account)| (name, account.into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_added_up_by_account() {
        let connection = |account: &str, messages: u64| {
            json!({
                "account": account, "in_msgs": messages, "subscriptions_list": ["a", "b"], "server": {"id": "S"}
            })
        };
        let accounts = summed(vec![connection("A", 1), connection("B", 5), connection("A", 2)]);
        let a = &accounts["A"];
        assert_eq!([&a["connections"], &a["in_msgs"], &a["subscriptions"]], [2, 3, 4]);
        assert_eq!(a["server"].as_array().unwrap().len(), 1);
        assert_eq!(accounts["B"]["connection_info"].as_array().unwrap().len(), 1);
    }
}
