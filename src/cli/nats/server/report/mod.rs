//! `nats server report`: tables of what all servers tell.

mod accounts;
mod connections;
mod health;
mod jetstream;
mod usage;

use std::time::Duration;

use serde_json::{Map, Value};

use super::super::output::Out;
use super::System;
use super::request::filter;
pub(in super::super) use connections::{ConnectionsArgs, of_account};

/// Report on various server metrics, for example:
///
///   nats server report connections --sort in-msgs --top 5
///   nats server report jetstream
///   nats server report accounts --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Reverse sort
    #[arg(short = 'R', long, global = true)]
    reverse: bool,
    #[command(subcommand)]
    report: Report,
}

#[derive(Debug, clap::Subcommand)]
enum Report {
    /// Report on account activity
    #[command(visible_alias = "acct")]
    Accounts(accounts::AccountsArgs),
    /// Report on connections
    #[command(visible_aliases = ["conn", "connz", "conns"])]
    Connections(ConnectionsReport),
    /// Report on CPU usage
    Cpu(usage::UsageArgs),
    /// Report on Server health
    Health(health::HealthArgs),
    /// Report on JetStream activity
    #[command(visible_aliases = ["jsz", "js"])]
    Jetstream(jetstream::JetstreamArgs),
    /// Report on Memory usage
    Mem(usage::UsageArgs),
}

#[derive(Debug, clap::Args)]
struct ConnectionsReport {
    #[command(flatten)]
    scope: Scope,
    /// Limit report to a specific account
    #[arg(long, default_value = "")]
    account: String,
    #[command(flatten)]
    of: ConnectionsArgs,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

/// Which servers a report is about, and how often it is made.
#[derive(Debug, clap::Args)]
struct Scope {
    /// Limit the responses to a certain amount of servers
    #[arg(value_name = "LIMIT")]
    expect: Option<usize>,
    #[command(flatten)]
    servers: Servers,
}

#[derive(Debug, clap::Args)]
struct Servers {
    /// Limit the report to a specific NATS server
    #[arg(long, default_value = "")]
    host: String,
    /// Limit the report to a specific Cluster
    #[arg(long, default_value = "")]
    cluster: String,
    /// Limit the report to nodes matching certain tags
    #[arg(long)]
    tags: Vec<String>,
    /// Display the results and update it every (WATCH) seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    watch: u64,
}

impl Servers {
    fn filter(&self) -> Map<String, Value> {
        filter(&self.host, "", &self.cluster, &self.tags)
    }
}

impl Report {
    fn servers(&self) -> &Servers {
        match self {
            Report::Accounts(args) => &args.servers,
            Report::Connections(args) => &args.scope.servers,
            Report::Cpu(args) | Report::Mem(args) => &args.scope.servers,
            Report::Health(args) => &args.scope.servers,
            Report::Jetstream(args) => &args.scope.servers,
        }
    }
}

/// Makes the report once, or over and over.
pub(super) async fn run(system: &System, args: Args) -> anyhow::Result<()> {
    let watch = args.report.servers().watch;
    let mut out = Out::new();
    loop {
        if watch > 0 {
            out.clear_screen()?;
        }
        report(system, &args, &mut out).await?;
        out.flush()?;
        if watch == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(watch)).await;
    }
}

async fn report(system: &System, args: &Args, out: &mut Out) -> anyhow::Result<()> {
    let reverse = args.reverse;
    match &args.report {
        Report::Accounts(args) => accounts::run(system, args, reverse, out).await,
        Report::Connections(args) => {
            let asked = connections::Asked {
                args: &args.of,
                account: &args.account,
                filter: args.scope.servers.filter(),
                expect: args.scope.expect,
            };
            connections::run(system, &asked, reverse, args.json, out).await
        }
        Report::Cpu(args) => usage::run(system, args, "cpu", out).await,
        Report::Mem(args) => usage::run(system, args, "mem", out).await,
        Report::Health(args) => health::run(system, args, reverse, out).await,
        Report::Jetstream(args) => jetstream::run(system, args, reverse, out).await,
    }
}

/// The answers of the servers in the order of a key, from low to high unless reversed.
fn in_order<K: Ord>(answers: &mut [Value], reverse: bool, key: impl Fn(&Value) -> K) {
    answers.sort_by_cached_key(key);
    if reverse {
        answers.reverse();
    }
}
