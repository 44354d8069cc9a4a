//! `nats kv watch`.

use async_nats::jetstream::kv::{Entry, Operation};
use futures_util::StreamExt as _;

use super::super::bucket::Buckets;
use super::super::output::Out;
use super::{created, operation};

#[derive(Debug, clap::Args)]
pub(super) struct WatchArgs {
    /// The bucket to act on
    bucket: String,
    /// The key to act on
    #[arg(default_value = ">")]
    key: String,
    /// Includes historic values
    #[arg(long, conflicts_with = "updates")]
    history: bool,
    /// Includes deletes in watched values (--no-deletes leaves them out)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    deletes: bool,
    /// Only show new values written
    #[arg(long)]
    updates: bool,
    /// Starts watching from a specific revision
    #[arg(long, conflicts_with_all = ["updates", "history"])]
    revision: Option<u64>,
}

/// Follows a bucket until the user stops it.
pub(super) async fn run(buckets: &Buckets, args: WatchArgs) -> anyhow::Result<()> {
    let store = buckets.keys(&args.bucket).await?;
    // What the library calls history is the last value of each key; the whole one begins at revision 1.
    let mut watch = match (args.updates, args.history, args.revision) {
        (true, ..) => store.watch(&args.key).await?,
        (_, true, _) => store.watch_from_revision(&args.key, 1).await?,
        (.., Some(revision)) => store.watch_from_revision(&args.key, revision).await?,
        _ => store.watch_with_history(&args.key).await?,
    };
    let mut out = Out::new();
    while let Some(entry) = watch.next().await {
        let entry = entry?;
        if args.deletes || entry.operation == Operation::Put {
            out.line(&line(&entry))?;
            out.flush()?;
        }
    }
    Ok(())
}

fn line(entry: &Entry) -> String {
    let heading = format!(
        "[{}] {} {} > {}",
        created(entry),
        operation(entry.operation),
        entry.bucket,
        entry.key
    );
    match entry.operation {
        Operation::Put => format!("{heading}: {}", String::from_utf8_lossy(&entry.value)),
        _ => heading,
    }
}
