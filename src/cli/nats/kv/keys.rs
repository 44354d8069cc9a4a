//! `nats kv put`, `get`, `create`, `update`, `del`, `purge` and `history`.

use anyhow::{anyhow, bail};
use async_nats::jetstream::kv::{CreateErrorKind, Operation, UpdateErrorKind};
use bytes::Bytes;

use super::super::ask::confirm;
use super::super::human::local;
use super::super::output::Out;
use super::super::stdin::{Bodies, SendOn};
use super::super::table::Table;
use super::{Buckets, buckets, created, operation, read};

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
    let store = buckets.open(&args.bucket).await?;
    store.put(&args.key, value.clone()).await?;
    echo(&value)
}

pub(super) async fn create(buckets: &Buckets, args: PutArgs) -> anyhow::Result<()> {
    let value = value(args.value).await?;
    let store = buckets.open(&args.bucket).await?;
    store
        .create(&args.key, value.clone())
        .await
        .map_err(|error| match error.kind() {
            CreateErrorKind::AlreadyExists => anyhow!("nats: key exists"),
            _ => anyhow!("{error}"),
        })?;
    echo(&value)
}

pub(super) async fn update(buckets: &Buckets, args: UpdateArgs) -> anyhow::Result<()> {
    let value = Bytes::from(args.value);
    let store = buckets.open(&args.bucket).await?;
    store
        .update(&args.key, value.clone(), args.revision)
        .await
        .map_err(|error| match error.kind() {
            UpdateErrorKind::WrongLastRevision => anyhow!("nats: key revision mismatch"),
            _ => anyhow!("{error}"),
        })?;
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
    let store = buckets.open(&args.bucket).await?;
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
        return Ok(());
    }
    match key {
        Some(key) => Ok(buckets.open(&bucket).await?.delete(&key).await?),
        None => buckets::remove(buckets, &bucket).await,
    }
}

pub(super) async fn purge(buckets: &Buckets, args: PurgeArgs) -> anyhow::Result<()> {
    let PurgeArgs { bucket, key, force } = args;
    if !force && !confirm(&format!("Purge key {bucket} > {key}?"))? {
        return Ok(());
    }
    Ok(buckets.open(&bucket).await?.purge(&key).await?)
}

pub(super) async fn history(buckets: &Buckets, args: HistoryArgs) -> anyhow::Result<()> {
    let HistoryArgs { bucket, key } = args;
    let store = buckets.open(&bucket).await?;
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
