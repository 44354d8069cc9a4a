//! `nats kv put`, `get`, `create`, `update`, `del`, `purge`, `history`, `revert` and `compact`.

use std::time::Duration;

use anyhow::{anyhow, bail};
use async_nats::jetstream::kv::{CreateErrorKind, Operation, UpdateError, UpdateErrorKind};
use bytes::Bytes;
use serde_json::json;

use super::super::ask::confirm;
use super::super::bucket::Buckets;
use super::super::human::local;
use super::super::output::Out;
use super::super::stdin::{Bodies, SendOn};
use super::super::table::Table;
use super::super::typed::parse_duration;
use super::{buckets, created, operation, read};
use crate::util::time::Timestamp;

#[derive(Debug, clap::Args)]
pub(super) struct PutArgs {
    /// The bucket to act on
    bucket: String,
    /// The key to act on
    key: String,
    /// The value to store, when absent reads STDIN
    value: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct CreateArgs {
    #[command(flatten)]
    put: PutArgs,
    /// Sets a TTL for the key
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    ttl: Option<Duration>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RevertArgs {
    /// The bucket to act on
    bucket: String,
    /// The key to act on
    key: String,
    /// The revision to revert to
    revision: u64,
    /// Force reverting without prompting
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct CompactArgs {
    /// The bucket to act on
    bucket: String,
    /// Act without confirmation
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct GetArgs {
    /// The bucket to act on
    bucket: String,
    /// The key to act on
    key: String,
    /// Gets a specific revision
    #[arg(long)]
    revision: Option<u64>,
    /// Show only the value string
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct UpdateArgs {
    /// The bucket to act on
    bucket: String,
    /// The key to act on
    key: String,
    /// The value to store
    value: String,
    /// The revision of the previous value in the bucket
    #[arg(default_value_t = 0)]
    revision: u64,
}

#[derive(Debug, clap::Args)]
pub(super) struct DelArgs {
    /// The bucket to act on
    bucket: String,
    /// The key to act on
    key: Option<String>,
    /// Act without confirmation
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct PurgeArgs {
    /// The bucket to act on
    bucket: String,
    /// The key to act on
    key: String,
    /// Sets a TTL for the purge marker
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    ttl: Option<Duration>,
    /// Act without confirmation
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct HistoryArgs {
    /// The bucket to act on
    bucket: String,
    /// The key to act on
    key: String,
}

pub(super) async fn put(buckets: &Buckets, args: PutArgs) -> anyhow::Result<()> {
    let value = value(args.value).await?;
    let store = buckets.keys(&args.bucket).await?;
    store.put(&args.key, value.clone()).await?;
    echo(&value)
}

pub(super) async fn create(buckets: &Buckets, args: CreateArgs) -> anyhow::Result<()> {
    let CreateArgs { put: args, ttl } = args;
    let value = value(args.value).await?;
    let store = buckets.keys(&args.bucket).await?;
    let created = match ttl {
        Some(ttl) => store.create_with_ttl(&args.key, value.clone(), ttl).await,
        None => store.create(&args.key, value.clone()).await,
    };
    created.map_err(|error| match error.kind() {
        CreateErrorKind::AlreadyExists => anyhow!("nats: key exists"),
        _ => anyhow!("{error}"),
    })?;
    echo(&value)
}

pub(super) async fn update(buckets: &Buckets, args: UpdateArgs) -> anyhow::Result<()> {
    let value = Bytes::from(args.value);
    let store = buckets.keys(&args.bucket).await?;
    store
        .update(&args.key, value.clone(), args.revision)
        .await
        .map_err(told)?;
    echo(&value)
}

/// The value from the command line, or all of standard input.
async fn value(typed: Option<String>) -> anyhow::Result<Bytes> {
    let mut bodies = match typed {
        Some(value) => Bodies::Typed(Some(value)),
        None => Bodies::Stdin(SendOn::Eof),
    };
    Ok(bodies.next().await?.unwrap_or_default().into())
}

fn echo(value: &Bytes) -> anyhow::Result<()> {
    let mut out = Out::new();
    out.line(&String::from_utf8_lossy(value))?;
    Ok(out.flush()?)
}

pub(super) async fn get(buckets: &Buckets, args: GetArgs) -> anyhow::Result<()> {
    let store = buckets.keys(&args.bucket).await?;
    let entry = match args.revision {
        Some(revision) => store.entry_for_revision(args.key.as_str(), revision).await?,
        None => store.entry(args.key.as_str()).await?,
    };
    let Some(entry) = entry.filter(|entry| entry.operation == Operation::Put) else {
        bail!("nats: key not found");
    };
    let mut out = Out::new();
    if args.raw {
        out.bytes(&entry.value)?;
    } else {
        out.line(&format!(
            "{} > {} revision: {} created @ {}\n",
            entry.bucket,
            entry.key,
            entry.revision,
            created(&entry)
        ))?;
        out.line(&String::from_utf8_lossy(&entry.value))?;
        out.line("")?;
    }
    Ok(out.flush()?)
}

pub(super) async fn del(buckets: &Buckets, args: DelArgs) -> anyhow::Result<()> {
    let DelArgs { bucket, key, force } = args;
    let what = match &key {
        Some(key) => format!("Delete key {bucket} > {key}?"),
        None => format!("Delete bucket {bucket}?"),
    };
    if !force && !confirm(&what)? {
        return skipped("delete");
    }
    match key {
        Some(key) => Ok(buckets.keys(&bucket).await?.delete(&key).await?),
        None => buckets::remove(buckets, &bucket).await,
    }
}

pub(super) async fn purge(buckets: &Buckets, args: PurgeArgs) -> anyhow::Result<()> {
    let PurgeArgs {
        bucket,
        key,
        ttl,
        force,
    } = args;
    if !force && !confirm(&format!("Purge key {bucket} > {key}?"))? {
        return skipped("purge");
    }
    let store = buckets.keys(&bucket).await?;
    match ttl {
        Some(ttl) => Ok(store.purge_with_ttl(&key, ttl).await?),
        None => Ok(store.purge(&key).await?),
    }
}

fn skipped(what: &str) -> anyhow::Result<()> {
    let mut out = Out::new();
    out.line(&format!("Skipping {what}"))?;
    Ok(out.flush()?)
}

/// Puts an old value again, unless somebody was quicker.
pub(super) async fn revert(buckets: &Buckets, args: RevertArgs) -> anyhow::Result<()> {
    let RevertArgs {
        bucket,
        key,
        revision,
        force,
    } = args;
    let store = buckets.keys(&bucket).await?;
    let records = read::history(&store, &key).await?;
    let Some(last) = records.last().filter(|_| records.len() > 1) else {
        bail!("cannot revert key in a bucket where history=1");
    };
    let Some(wanted) = records.iter().find(|record| record.revision == revision) else {
        bail!("nats: key not found");
    };
    if !force {
        let mut out = Out::new();
        let value = String::from_utf8_lossy(&wanted.value);
        out.line(&format!("Revision: {revision}\n\n{value}\n"))?;
        out.flush()?;
        if !confirm(&format!("Really revert to revision {revision}"))? {
            return Ok(());
        }
    }
    store
        .update(&key, wanted.value.clone().into(), last.revision)
        .await
        .map_err(told)?;
    history(buckets, HistoryArgs { bucket, key }).await
}

/// The Go client's words for a revision that is not the last any more.
fn told(error: UpdateError) -> anyhow::Error {
    match error.kind() {
        UpdateErrorKind::WrongLastRevision => anyhow!("nats: key revision mismatch"),
        _ => anyhow!("{error}"),
    }
}

/// Takes away what is left of keys that are gone. Markers of the last half hour stay, so that those who watch the
/// bucket still see the deletion.
pub(super) async fn compact(buckets: &Buckets, args: CompactArgs) -> anyhow::Result<()> {
    const MARKERS_STAY: Duration = Duration::from_secs(1_800);
    let CompactArgs { bucket, force } = args;
    let question = format!("Purge all historic values and audit trails for deleted keys in bucket {bucket}?");
    if !force && !confirm(&question)? {
        return skipped("delete");
    }
    let store = buckets.keys(&bucket).await?;
    let now = Timestamp::now();
    for record in read::last(&store).await? {
        if record.operation == Operation::Put {
            continue;
        }
        let recent = now.since(record.created) < MARKERS_STAY;
        let mut request = json!({ "filter": format!("{}{}", store.prefix, record.key) });
        if recent {
            request["keep"] = 1.into();
        }
        buckets
            .connection
            .api
            .request(&format!("STREAM.PURGE.{}", store.stream_name), &request)
            .await?;
    }
    Ok(())
}

pub(super) async fn history(buckets: &Buckets, args: HistoryArgs) -> anyhow::Result<()> {
    let HistoryArgs { bucket, key } = args;
    let store = buckets.keys(&bucket).await?;
    let entries = read::history(&store, &key).await?;
    if entries.is_empty() {
        bail!("nats: key not found");
    }
    let columns = ["Key", "Revision", "Op", "Created", "Length", "Value"];
    let mut table = Table::new(format!("History for {bucket} > {key}"), &columns);
    for entry in entries {
        table.row([
            entry.key.clone(),
            entry.revision.to_string(),
            operation(entry.operation).to_owned(),
            local(Some(entry.created)),
            entry.value.len().to_string(),
            String::from_utf8_lossy(&entry.value).into_owned(),
        ]);
    }
    let mut out = Out::new();
    table.print(&mut out)?;
    Ok(out.flush()?)
}
