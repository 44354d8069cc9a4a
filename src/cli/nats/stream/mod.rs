//! `nats stream`: [`config`] turns flags into a configuration, [`show`] draws what the server says of a
//! stream; the other files are the subcommands.

mod add;
mod archive;
mod config;
mod find;
mod graph;
mod list;
mod manage;
mod messages;
mod remove;
mod show;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::client::api::{Api, ApiError};

use super::ask;
use super::human::sort;
use super::session::Session;
pub(super) use add::{Agreed, validated};
pub(super) use archive::{BackupArgs, RestoreArgs, backup_all, restore_all};
pub(super) use config::{load as load_config, nanos};
pub(super) use list::replicas;
pub(super) use manage::without_servers_own;
pub(super) use show::{host, strip_envelope};

/// Manages streams, for example:
///
///   nats stream add ORDERS --subjects 'orders.>' --defaults
///   nats stream info ORDERS
///   nats stream view ORDERS --subject orders.new
///   nats stream edit ORDERS --max-age 7d
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// When listing or selecting streams show all streams including system ones
    #[arg(short, long, global = true)]
    all: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a new stream
    #[command(visible_aliases = ["create", "new"])]
    Add(Box<add::AddArgs>),
    /// List all known streams
    #[command(visible_aliases = ["list", "l"])]
    Ls(list::LsArgs),
    /// Reports on stream statistics
    Report(list::ReportArgs),
    /// Stream information
    #[command(visible_aliases = ["nfo", "i"])]
    Info(show::InfoArgs),
    /// Stream state
    State(show::StateArgs),
    /// Query subjects held in a stream
    #[command(visible_alias = "subj")]
    Subjects(list::SubjectsArgs),
    /// Edits an existing stream
    #[command(visible_alias = "update")]
    Edit(Box<add::EditArgs>),
    /// Removes a stream
    #[command(visible_aliases = ["delete", "del"])]
    Rm(remove::RmArgs),
    /// Bulk removes messages from a stream
    Purge(remove::PurgeArgs),
    /// Securely removes an individual message from a stream
    Rmm(remove::RmmArgs),
    /// View messages in a stream
    View(messages::ViewArgs),
    /// Retrieves a specific message from a Stream
    Get(messages::GetArgs),
    /// Finds streams matching certain criteria
    #[command(visible_alias = "query")]
    Find(find::FindArgs),
    /// Creates a new stream based on the configuration of another, does not copy data
    #[command(visible_alias = "cp")]
    Copy(Box<manage::CopyArgs>),
    /// Seals a stream preventing further updates
    Seal(manage::SealArgs),
    /// Detect gaps in the stream content that would be reported as deleted messages
    Gaps(manage::GapsArgs),
    /// Creates a backup of a stream over the NATS network
    #[command(visible_alias = "snapshot")]
    Backup(archive::BackupOne),
    /// Restore a stream over the NATS network
    Restore(archive::RestoreOne),
    /// View a graph of stream activity
    Graph(graph::GraphArgs),
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let connection = session.connect().await?;
    let streams = Streams {
        api: connection.api.clone(),
        all: args.all,
    };
    match args.command {
        Command::Add(args) => add::add(&streams, *args).await,
        Command::Edit(args) => add::edit(&streams, *args).await,
        Command::Ls(args) => list::ls(&streams, args).await,
        Command::Report(args) => list::report(&streams, args).await,
        Command::Subjects(args) => list::subjects(&streams, args).await,
        Command::Info(args) => show::info(&streams, args).await,
        Command::State(args) => show::state(&streams, args).await,
        Command::Rm(args) => remove::rm(&streams, args).await,
        Command::Purge(args) => remove::purge(&streams, args).await,
        Command::Rmm(args) => remove::rmm(&streams, args).await,
        Command::View(args) => messages::view(&streams, args).await,
        Command::Get(args) => messages::get(&streams, args).await,
        Command::Find(args) => find::run(&streams, args).await,
        Command::Copy(args) => manage::copy(&streams, *args).await,
        Command::Seal(args) => manage::seal(&streams, args).await,
        Command::Gaps(args) => manage::gaps(&streams, &connection, args).await,
        Command::Backup(args) => archive::backup(session, &connection, args).await,
        Command::Restore(args) => archive::restore(&connection, args).await,
        Command::Graph(args) => graph::run(&streams, args).await,
    }
}

/// The streams of the account.
pub(super) struct Streams {
    pub api: Api,
    /// Also those behind buckets and object stores.
    pub all: bool,
}

impl Streams {
    /// What the server says of a stream.
    pub async fn info(&self, name: &str) -> Result<Value, ApiError> {
        self.api
            .request(&format!("STREAM.INFO.{name}"), &Value::Null)
            .await
    }

    /// The stream that is named, or that the person picks.
    pub async fn choose(&self, name: Option<&str>) -> anyhow::Result<Value> {
        if let Some(name) = name {
            return Ok(self.info(name).await?);
        }
        let names = self.names(None).await?;
        let picked = ask::pick("Stream", &names)
            .map_err(|e| anyhow::anyhow!("could not pick a Stream to operate on: {e}"))?;
        Ok(self.info(&picked).await?)
    }

    /// Names of all streams, or of those that want `subject`.
    pub async fn names(&self, subject: Option<&str>) -> Result<Vec<String>, ApiError> {
        let names = self.api.list("STREAM.NAMES", "streams", &filter(subject)).await?;
        let mut names: Vec<String> = names
            .iter()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .filter(|name| self.shows(name))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Everything about all streams, or about those that want `subject`, by name.
    pub async fn infos(&self, subject: Option<&str>) -> Result<Vec<Value>, ApiError> {
        let mut infos = self.api.list("STREAM.LIST", "streams", &filter(subject)).await?;
        infos.retain(|info| self.shows(name_of(info)));
        sort(&mut infos, &|a, b| name_of(a).cmp(name_of(b)));
        Ok(infos)
    }

    fn shows(&self, name: &str) -> bool {
        self.all
            || !["KV_", "OBJ_", "MQTT_"]
                .iter()
                .any(|system| name.starts_with(system))
    }
}

fn filter(subject: Option<&str>) -> Value {
    match subject {
        Some(subject) => json!({ "subject": subject }),
        None => json!({}),
    }
}

/// The name of a stream, from its information.
pub(super) fn name_of(info: &Value) -> &str {
    info["config"]["name"].as_str().unwrap_or("")
}
