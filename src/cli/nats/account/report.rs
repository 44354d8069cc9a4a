//! `nats account report`: the connections and the traffic of our own account.

use anyhow::bail;
use serde_json::{Value, json};

use super::super::human::{amount, bytes, count, list, text};
use super::super::output::Out;
use super::super::server::{ConnectionsArgs, System, of_account};
use super::super::session::{Connection, Session};
use super::super::table::Table;

/// Where all servers tell what went through our account.
const STATISTICS: &str = "$SYS.REQ.ACCOUNT.PING.STATZ";

#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    #[command(subcommand)]
    report: Report,
}

#[derive(Debug, clap::Subcommand)]
enum Report {
    /// Report on connections
    #[command(visible_aliases = ["conn", "connz", "conns"])]
    Connections {
        #[command(flatten)]
        of: ConnectionsArgs,
        /// Reverse sort connections
        #[arg(short = 'R', long)]
        reverse: bool,
    },
    /// Report on server statistics
    #[command(visible_aliases = ["stats", "statsz"])]
    Statistics,
}

pub(super) async fn run(session: &Session, connection: Connection, args: ReportArgs) -> anyhow::Result<()> {
    let mut out = Out::new();
    match args.report {
        Report::Connections { of, reverse } => {
            of_account(session, connection, &of, reverse, &mut out).await?;
        }
        Report::Statistics => statistics(&System::of(session, connection), &mut out).await?,
    }
    Ok(out.flush()?)
}

async fn statistics(system: &System, out: &mut Out) -> anyhow::Result<()> {
    let answers = system.ask(STATISTICS, &json!({}), None).await?;
    if answers.is_empty() {
        bail!("did not get results from any servers");
    }
    let columns = [
        "Server",
        "Cluster",
        "Version",
        "Tags",
        "Connections",
        "Subscriptions",
        "Leafnodes",
        "Sent Bytes",
        "Sent Messages",
        "Received Bytes",
        "Received Messages",
        "Slow Consumers",
    ];
    let mut table = Table::new("Server Statistics", &columns);
    let mut sum = [0u64; 8];
    for answer in &answers {
        let server = &answer.body["server"];
        let account = ["data", "statz"]
            .iter()
            .map(|place| &answer.body[place]["account_statz"][0])
            .find(|account| account.is_object())
            .unwrap_or(&Value::Null);
        let numbers = [
            amount(&account["conns"]),
            amount(&account["num_subscriptions"]),
            amount(&account["leafnodes"]),
            amount(&account["sent"]["bytes"]),
            amount(&account["sent"]["msgs"]),
            amount(&account["received"]["bytes"]),
            amount(&account["received"]["msgs"]),
            amount(&account["slow_consumers"]),
        ];
        for (sum, number) in sum.iter_mut().zip(numbers) {
            *sum = sum.saturating_add(number);
        }
        let own = [
            text(&server["host"]).to_owned(),
            text(&server["cluster"]).to_owned(),
            text(&server["ver"]).to_owned(),
            list(&server["tags"]),
        ];
        table.row(own.into_iter().chain(written(numbers)));
    }
    let own = [
        answers.len().to_string(),
        String::new(),
        String::new(),
        String::new(),
    ];
    table.footer(own.into_iter().chain(written(sum)));
    Ok(table.print(out)?)
}

/// Counts, but for the two sizes among them.
fn written(numbers: [u64; 8]) -> [String; 8] {
    let mut index = 0;
    numbers.map(|number| {
        let is_size = index == 3 || index == 5;
        index += 1;
        if is_size {
            bytes(&number.into())
        } else {
            count(&number.into())
        }
    })
}
