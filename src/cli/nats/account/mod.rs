//! `nats account`: who we are to the server, who else is there, and all streams at once.

mod info;
mod report;

use std::path::PathBuf;

use super::ask::confirm;
use super::session::Session;
use super::stream::{BackupArgs, RestoreArgs, backup_all, restore_all};

/// Account information and status, for example:
///
///   nats account info
///   nats account report connections --sort in-msgs
///   nats account backup /tmp/backup --force
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Account information
    #[command(visible_alias = "nfo")]
    Info(info::InfoArgs),
    /// Report on account metrics
    #[command(visible_alias = "rep")]
    Report(report::ReportArgs),
    /// Creates a backup of all JetStream Streams over the NATS network
    #[command(visible_alias = "snapshot")]
    Backup {
        /// Directory to create the backup in
        target: PathBuf,
        /// Perform backup without prompting
        #[arg(short, long)]
        force: bool,
        #[command(flatten)]
        how: BackupArgs,
    },
    /// Restore an account backup over the NATS network
    Restore {
        /// The directory holding the account backup to restore
        directory: PathBuf,
        #[command(flatten)]
        place: RestoreArgs,
    },
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let connection = session.connect().await?;
    match args.command {
        Command::Info(args) => info::run(session, &connection, &args).await,
        Command::Report(args) => report::run(session, connection, args).await,
        Command::Backup { target, force, how } => {
            let question = format!("Perform backup of all streams to {}", target.display());
            if !force && !confirm(&question)? {
                return Ok(());
            }
            backup_all(session, &connection, &target, &how).await
        }
        Command::Restore { directory, place } => restore_all(&connection, &directory, &place).await,
    }
}
