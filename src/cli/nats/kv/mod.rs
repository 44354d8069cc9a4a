//! `nats kv`: buckets, and the keys in them.

mod buckets;
mod keys;
mod read;
mod watch;

use async_nats::jetstream::kv::{Entry, Operation};
use clap::Subcommand;

use crate::util::time::Timestamp;

use super::bucket::Buckets;
use super::human::local;
use super::session::Session;

/// What the streams behind buckets begin with.
const PREFIX: &str = "KV_";

/// Interacts with a JetStream based Key-Value store, for example:
///
///   nats kv add PRICES --history 5
///   nats kv put PRICES rice 42
///   nats kv get PRICES rice --raw
///   nats kv watch PRICES
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Adds a new KV Store Bucket
    #[command(visible_alias = "new")]
    Add(buckets::AddArgs),
    /// Edits an existing KV Store Bucket
    Edit(buckets::EditArgs),
    /// Puts a value into a key
    Put(keys::PutArgs),
    /// Gets a value for a key
    Get(keys::GetArgs),
    /// Puts a value into a key only if the key is new or it's last operation was a delete
    Create(keys::CreateArgs),
    /// Updates a key with a new value if the previous value matches the given revision
    Update(keys::UpdateArgs),
    /// Deletes a key or the entire bucket
    #[command(visible_alias = "rm")]
    Del(keys::DelArgs),
    /// Deletes a key from the bucket, clearing history before creating a delete marker
    Purge(keys::PurgeArgs),
    /// Shows the full history for a key
    History(keys::HistoryArgs),
    /// Reverts a value to a previous revision using put
    Revert(keys::RevertArgs),
    /// Reclaim space used by deleted keys
    Compact(keys::CompactArgs),
    /// View the status of a KV store
    #[command(visible_aliases = ["view", "status"])]
    Info(buckets::InfoArgs),
    /// List available buckets or the keys in a bucket
    #[command(visible_alias = "list")]
    Ls(buckets::LsArgs),
    /// Watch the bucket or a specific key for updated
    Watch(watch::WatchArgs),
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let buckets = Buckets::connect(session, PREFIX).await?;
    match args.command {
        Command::Add(args) => buckets::add(&buckets, args).await,
        Command::Edit(args) => buckets::edit(&buckets, args).await,
        Command::Revert(args) => keys::revert(&buckets, args).await,
        Command::Compact(args) => keys::compact(&buckets, args).await,
        Command::Info(args) => buckets::info(&buckets, args).await,
        Command::Ls(args) => buckets::ls(&buckets, args).await,
        Command::Put(args) => keys::put(&buckets, args).await,
        Command::Get(args) => keys::get(&buckets, args).await,
        Command::Create(args) => keys::create(&buckets, args).await,
        Command::Update(args) => keys::update(&buckets, args).await,
        Command::Del(args) => keys::del(&buckets, args).await,
        Command::Purge(args) => keys::purge(&buckets, args).await,
        Command::History(args) => keys::history(&buckets, args).await,
        Command::Watch(args) => watch::run(&buckets, args).await,
    }
}

/// natscli's words for what happened to a key.
fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Put => "PUT",
        Operation::Delete => "DELETE",
        Operation::Purge => "PURGE",
    }
}

fn created(entry: &Entry) -> String {
    let nanos = i64::try_from(entry.created.unix_timestamp_nanos()).unwrap_or(i64::MAX);
    local(Some(Timestamp::from_nanos(nanos)))
}
