//! `nats server`: what the servers tell the system account of themselves.
//!
//! Every question goes to all servers at once, and each answers by itself: see [`System::ask`].

mod account;
mod check;
mod info;
mod list;
mod local;
mod ping;
mod report;
mod request;

use std::time::{Duration, Instant};

use anyhow::bail;
use async_nats::StatusCode;
use clap::Subcommand;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::human::{amount, text};
use super::output::log;
use super::session::{Connection, Session};
pub(super) use report::{ConnectionsArgs, of_account};

/// Where all servers listen.
pub(super) const PING: &str = "$SYS.REQ.SERVER.PING";
/// How long to wait for one more server when nobody said how many there are.
const QUIET: Duration = Duration::from_millis(300);
/// Most answers that are taken; clusters are far smaller.
const ANSWERS_MAX: usize = 10_000;
/// What the absence of an answer most often means.
const NO_ANSWER: &str =
    "no results received, ensure the account used has system privileges and appropriate permissions";

/// Shows and inspects the servers, mostly with a user of the system account, for example:
///
///   nats server list --user admin --password secret
///   nats server check connection
///   nats server request variables
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Interact with accounts
    #[command(visible_alias = "acct")]
    Account(account::Args),
    /// Health check for NATS servers
    Check(Box<check::Args>),
    /// Interact with server configuration
    Config(ConfigArgs),
    /// Show information about a single server
    #[command(visible_alias = "i")]
    Info(info::InfoArgs),
    /// List known servers
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Test subject mapping patterns
    #[command(visible_alias = "mapping")]
    Mappings(local::MappingsArgs),
    /// Creates encrypted passwords for use in NATS Server
    #[command(visible_aliases = ["mkpasswd", "pass", "password"])]
    Passwd(local::PasswdArgs),
    /// Ping all servers
    Ping(ping::PingArgs),
    /// Report on various server metrics
    #[command(visible_alias = "rep")]
    Report(Box<report::Args>),
    /// Request monitoring data from a specific server
    #[command(visible_alias = "req")]
    Request(Box<request::Args>),
}

#[derive(Debug, clap::Args)]
struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Reloads the runtime configuration
    Reload(request::ReloadArgs),
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    // These ask no server, or answer even when there is none.
    let command = match args.command {
        Command::Check(args) => return check::run(session, *args).await,
        Command::Mappings(args) => return local::mappings(args),
        Command::Passwd(args) => return local::passwd(args),
        command => command,
    };
    let system = System::of(session, session.connect().await?);
    match command {
        Command::Check(_) | Command::Mappings(_) | Command::Passwd(_) => Ok(()),
        Command::Account(args) => account::run(&system, args).await,
        Command::Config(ConfigArgs {
            command: ConfigCommand::Reload(args),
        }) => request::reload(&system, args).await,
        Command::Info(args) => info::run(&system, args).await,
        Command::List(args) => list::run(&system, args).await,
        Command::Ping(args) => ping::run(&system, args).await,
        Command::Report(args) => report::run(&system, *args).await,
        Command::Request(args) => request::run(&system, *args).await,
    }
}

/// A connection of the system account.
pub(super) struct System {
    connection: Connection,
    timeout: Duration,
    trace: bool,
}

/// What a server said, and when.
pub(super) struct Answer {
    pub body: Value,
    after: Duration,
}

impl System {
    /// What a session asks over a connection.
    pub fn of(session: &Session, connection: Connection) -> System {
        System {
            connection,
            timeout: session.timeout,
            trace: session.trace,
        }
    }

    /// As [`System::ask`]; without `expect` the servers are counted first, which is quicker than waiting for
    /// one more.
    async fn ask_all(
        &self,
        subject: &str,
        body: &Value,
        expect: Option<usize>,
    ) -> anyhow::Result<Vec<Answer>> {
        let expect = match expect {
            None if subject != PING => Some(self.ask(PING, &json!({}), None).await?.len()),
            expect => expect,
        };
        self.ask(subject, body, expect.filter(|servers| *servers > 0))
            .await
    }

    /// Asks all servers. Ends after `expect` answers; without it, after as many as the first server knows
    /// of, or when no more come.
    pub async fn ask(
        &self,
        subject: &str,
        body: &Value,
        expect: Option<usize>,
    ) -> anyhow::Result<Vec<Answer>> {
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
            let active = amount(&body["statsz"]["active_servers"]);
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
        let answers = self.ask_all(subject, body, expect).await?;
        if answers.is_empty() {
            bail!(NO_ANSWER);
        }
        if let Some(refused) = answers.iter().find(|answer| answer.body["error"].is_object()) {
            bail!(
                "invalid response received: {}",
                text(&refused.body["error"]["description"])
            );
        }
        Ok(answers)
    }

    /// What [`System::demand`] was told.
    async fn demand_bodies(
        &self,
        subject: &str,
        body: &Value,
        expect: Option<usize>,
    ) -> anyhow::Result<Vec<Value>> {
        let answers = self.demand(subject, body, expect).await?;
        Ok(answers.into_iter().map(|answer| answer.body).collect())
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
