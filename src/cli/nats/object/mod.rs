//! `nats object`: [`buckets`] are the stores themselves, [`files`] what lies in them.

mod buckets;
mod files;
mod progress;

use clap::Subcommand;

use super::bucket::Buckets;
use super::session::Session;

/// What the streams behind object stores begin with.
const PREFIX: &str = "OBJ_";

/// Interacts with a JetStream based Object store, for example:
///
///   nats object add FILES
///   nats object put FILES image.png
///   nats object get FILES image.png -O copy.png
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Adds a new Object Store Bucket
    Add(buckets::AddArgs),
    /// Edit an existing Object Store Bucket
    Edit(buckets::EditArgs),
    /// Puts a file into the store
    Put(files::PutArgs),
    /// Deletes a file or bucket from the store
    #[command(visible_alias = "rm")]
    Del(files::DelArgs),
    /// Retrieves a file from the store
    Get(files::GetArgs),
    /// Get information about a bucket or object
    #[command(visible_aliases = ["show", "i"])]
    Info(files::InfoArgs),
    /// List buckets or contents of a specific bucket
    Ls(files::LsArgs),
    /// Seals a bucket preventing further updates
    Seal(buckets::SealArgs),
    /// Watch a bucket for changes
    Watch(files::WatchArgs),
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let stores = Buckets::connect(session, PREFIX).await?;
    match args.command {
        Command::Add(args) => buckets::add(&stores, args).await,
        Command::Edit(args) => buckets::edit(&stores, args).await,
        Command::Seal(args) => buckets::seal(&stores, args).await,
        Command::Put(args) => files::put(&stores, args).await,
        Command::Del(args) => files::del(&stores, args).await,
        Command::Get(args) => files::get(&stores, args).await,
        Command::Info(args) => files::info(&stores, args).await,
        Command::Ls(args) => files::ls(&stores, args).await,
        Command::Watch(args) => files::watch(&stores, args).await,
    }
}
