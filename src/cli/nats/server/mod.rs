//! `nats server`: what the servers tell the system account of themselves.
//!
//! Every question goes to all servers at once, and each answers by itself: see [`System::ask`].

mod connections;
mod info;
mod list;
mod ping;

use std::time::{Duration, Instant};

use anyhow::bail;
use async_nats::StatusCode;
use clap::Subcommand;
use futures_util::StreamExt as _;
use serde_json::Value;

use super::output::log;
use super::session::{Connection, Session};

/// Where all servers listen.
const PING: &str = "$SYS.REQ.SERVER.PING";
/// How long to wait for one more server when nobody said how many there are.
const QUIET: Duration = Duration::from_millis(300);
/// Most answers that are taken; clusters are far smaller.
const ANSWERS_MAX: usize = 10_000;
/// What the absence of an answer most often means.
const NO_ANSWER: &str =
    "no results received, ensure the account used has system privileges and appropriate permissions";

/// Shows and inspects the servers.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ping all servers
    Ping(ping::PingArgs),
    /// Show information about a single server
    #[command(visible_alias = "i")]
    Info(info::InfoArgs),
    /// List known servers
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Report on various server metrics
    #[command(visible_alias = "rep")]
    Report(ReportArgs),
}

#[derive(Debug, clap::Args)]
struct ReportArgs {
    #[command(subcommand)]
    report: Report,
}

#[derive(Debug, Subcommand)]
enum Report {
    /// Report on connections
    #[command(visible_aliases = ["conn", "connz", "conns"])]
    Connections(connections::ConnectionsArgs),
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let system = System {
        connection: session.connect().await?,
        timeout: session.timeout,
        trace: session.trace,
    };
    match args.command {
        Command::Ping(args) => ping::run(&system, args).await,
        Command::Info(args) => info::run(&system, args).await,
        Command::List(args) => list::run(&system, args).await,
        Command::Report(ReportArgs {
            report: Report::Connections(args),
        }) => connections::run(&system, args).await,
    }
}

/// A connection of the system account.
struct System {
    connection: Connection,
    timeout: Duration,
    trace: bool,
}

/// What a server said, and when.
struct Answer {
    body: Value,
    after: Duration,
}

impl System {
    /// Asks all servers. Ends after `expect` answers; without it, after as many as the first server knows
    /// of, or when no more come.
    async fn ask(&self, subject: &str, body: &Value, expect: Option<usize>) -> anyhow::Result<Vec<Answer>> {
        let client = &self.connection.client;
        let inbox = client.new_inbox();
        let mut replies = client.subscribe(inbox.clone()).await?;
        let payload = serde_json::to_vec(body)?;
        self.tell(">>>", subject, &payload);
        let asked = Instant::now();
        client
            .publish_with_reply(subject.to_owned(), inbox, payload.into())
            .await?;
        let mut answers: Vec<Answer> = Vec::new();
        let mut wanted = expect.unwrap_or(ANSWERS_MAX).min(ANSWERS_MAX);
        while answers.len() < wanted {
            let left = self.timeout.saturating_sub(asked.elapsed());
            let patience = if answers.is_empty() || expect.is_some() {
                left
            } else {
                left.min(QUIET)
            };
            let Ok(Some(message)) = tokio::time::timeout(patience, replies.next()).await else {
                break;
            };
            if message.status == Some(StatusCode::NO_RESPONDERS) {
                break;
            }
            self.tell("<<<", subject, &message.payload);
            let body: Value = serde_json::from_slice(&message.payload)?;
            let active = body["statsz"]["active_servers"].as_u64().unwrap_or(0);
            if expect.is_none() && active > 0 {
                wanted = usize::try_from(active).unwrap_or(ANSWERS_MAX).min(ANSWERS_MAX);
            }
            let after = asked.elapsed();
            answers.push(Answer { body, after });
        }
        Ok(answers)
    }

    /// As [`System::ask`], where no answer is an error, as is a server that refuses.
    async fn demand(
        &self,
        subject: &str,
        body: &Value,
        expect: Option<usize>,
    ) -> anyhow::Result<Vec<Answer>> {
        let answers = self.ask(subject, body, expect).await?;
        if answers.is_empty() {
            bail!(NO_ANSWER);
        }
        if let Some(refused) = answers.iter().find(|answer| answer.body["error"].is_object()) {
            bail!(
                "invalid response received: {}",
                refused.body["error"]["description"]
            );
        }
        Ok(answers)
    }

    fn tell(&self, direction: &str, subject: &str, body: &[u8]) {
        if self.trace {
            log(&format!(
                "{direction} {subject}\n{}\n",
                String::from_utf8_lossy(body)
            ));
        }
    }
}
