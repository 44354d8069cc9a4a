//! `nats consumer`: [`config`] turns flags into a configuration, [`show`] draws what the server says of a
//! consumer; the other files are the subcommands.

mod add;
mod config;
mod edit;
mod list;
mod manage;
mod next;
mod remove;
mod show;
mod subscribe;

use anyhow::anyhow;
use clap::Subcommand;
use serde_json::Value;

use crate::client::api::{Api, ApiError};

use super::ask;
use super::human::{sort, text};
use super::session::{Connection, Session};
use super::stream::{Streams, name_of};

/// Manages consumers, for example:
///
///   nats consumer add ORDERS WORK --pull --defaults
///   nats consumer next ORDERS WORK --count 5
///   nats consumer report ORDERS
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Operate on all streams including system ones
    #[arg(short, long, global = true)]
    all: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Creates a new consumer
    #[command(visible_aliases = ["create", "new"])]
    Add(Box<add::AddArgs>),
    /// List known consumers
    #[command(visible_alias = "list")]
    Ls(list::LsArgs),
    /// Reports on consumer statistics
    Report(list::ReportArgs),
    /// Consumer information
    #[command(visible_alias = "nfo")]
    Info(show::InfoArgs),
    /// Consumer state
    State(show::InfoArgs),
    /// Removes a consumer
    #[command(visible_aliases = ["delete", "del"])]
    Rm(remove::RmArgs),
    /// Retrieves messages from Pull consumers without interactive prompts
    Next(next::NextArgs),
    /// Pause a consumer until a later time
    Pause(remove::PauseArgs),
    /// Resume a paused consumer
    Resume(remove::ResumeArgs),
    /// Edits the configuration of a consumer
    #[command(visible_alias = "update")]
    Edit(Box<edit::EditArgs>),
    /// Finds consumers matching certain criteria
    #[command(visible_alias = "query")]
    Find(manage::FindArgs),
    /// Resets the consumer to a previous state
    Reset(manage::ResetArgs),
    /// Creates a new consumer based on the configuration of another
    #[command(visible_alias = "cp")]
    Copy(Box<edit::CopyArgs>),
    /// Retrieves messages from consumers
    Sub(subscribe::SubArgs),
    /// View a graph of consumer activity
    Graph(manage::GraphArgs),
    /// Unpin the current Pinned Client from a Priority Group
    Unpin(manage::UnpinArgs),
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let connection = session.connect().await?;
    let consumers = Consumers {
        streams: Streams {
            api: connection.api.clone(),
            all: args.all,
        },
        connection,
        timeout: session.timeout,
    };
    match args.command {
        Command::Add(args) => add::run(&consumers, *args).await,
        Command::Ls(args) => list::ls(&consumers, args).await,
        Command::Report(args) => list::report(&consumers, args).await,
        Command::Info(args) => show::run(&consumers, args, false).await,
        Command::State(args) => show::run(&consumers, args, true).await,
        Command::Rm(args) => remove::rm(&consumers, args).await,
        Command::Next(args) => next::run(&consumers, args).await,
        Command::Pause(args) => remove::pause(&consumers, args).await,
        Command::Resume(args) => remove::resume(&consumers, args).await,
        Command::Edit(args) => edit::edit(&consumers, *args).await,
        Command::Find(args) => manage::find(&consumers, args).await,
        Command::Reset(args) => manage::reset(&consumers, args).await,
        Command::Copy(args) => edit::copy(&consumers, *args).await,
        Command::Sub(args) => subscribe::run(&consumers, args).await,
        Command::Graph(args) => manage::graph(&consumers, args).await,
        Command::Unpin(args) => manage::unpin(&consumers, args).await,
    }
}

/// The consumers of the account.
struct Consumers {
    streams: Streams,
    connection: Connection,
    timeout: std::time::Duration,
}

impl Consumers {
    fn api(&self) -> &Api {
        &self.streams.api
    }

    /// The name of the stream that is named, or that the person picks.
    async fn stream(&self, name: Option<&str>) -> anyhow::Result<String> {
        if let Some(name) = name {
            return Ok(name.to_owned());
        }
        let names = self.streams.names(None).await?;
        ask::pick("Stream", &names).map_err(|e| anyhow!("could not select Stream: {e}"))
    }

    /// What the server says of the consumer that is named, or that the person picks.
    async fn choose(&self, stream: Option<&str>, name: Option<&str>) -> anyhow::Result<Value> {
        let stream = self.stream(stream).await?;
        let name = match name {
            Some(name) => name.to_owned(),
            None => {
                let names = self.names(&stream).await?;
                ask::pick("Consumer", &names).map_err(|e| anyhow!("could not select Consumer: {e}"))?
            }
        };
        Ok(self.info(&stream, &name).await?)
    }

    async fn info(&self, stream: &str, name: &str) -> Result<Value, ApiError> {
        let subject = format!("CONSUMER.INFO.{stream}.{name}");
        self.api().request(&subject, &Value::Null).await
    }

    async fn names(&self, stream: &str) -> Result<Vec<String>, ApiError> {
        let subject = format!("CONSUMER.NAMES.{stream}");
        let names = self.api().list(&subject, "consumers", &Value::Null).await?;
        let mut names: Vec<String> = names
            .iter()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Everything about the consumers of a stream, by name.
    async fn infos(&self, stream: &str) -> Result<Vec<Value>, ApiError> {
        let subject = format!("CONSUMER.LIST.{stream}");
        let mut infos = self.api().list(&subject, "consumers", &Value::Null).await?;
        sort(&mut infos, &|a, b| text(&a["name"]).cmp(text(&b["name"])));
        Ok(infos)
    }

    /// The stream as the server describes it, for its name and state.
    async fn stream_info(&self, name: Option<&str>) -> anyhow::Result<(String, Value)> {
        let info = self.streams.choose(name).await?;
        Ok((name_of(&info).to_owned(), info))
    }
}
