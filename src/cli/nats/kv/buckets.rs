//! `nats kv add`, `info` and `ls`.

use std::time::Duration;

use anyhow::{anyhow, bail};
use async_nats::jetstream::kv;
use async_nats::jetstream::stream::StorageType;
use serde_json::Value;

use super::super::ask;
use super::super::human::{ago, bytes, count, flag, limit, local, nanos, text, time, title};
use super::super::output::Out;
use super::super::stream::{Streams, name_of};
use super::super::table::{Columns, Table};
use super::super::typed::{parse_bytes, parse_duration};
use super::{Buckets, created, read};

/// What the streams behind buckets begin with.
const PREFIX: &str = "KV_";

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// The bucket to create
    bucket: String,
    /// How many historic values to keep per key
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=64))]
    history: i64,
    /// How long to keep values for
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0s")]
    ttl: Duration,
    /// How many replicas of the data to store
    #[arg(long, default_value_t = 1)]
    replicas: usize,
    /// Maximum size for any single value
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, default_value = "-1", allow_hyphen_values = true)]
    max_value_size: i64,
    /// Maximum size for the bucket
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, default_value = "-1", allow_hyphen_values = true)]
    max_bucket_size: i64,
    /// A description for the bucket
    #[arg(long, default_value = "")]
    description: String,
    /// Storage backend to use
    #[arg(long, default_value = "file", value_parser = ["file", "f", "memory", "m"])]
    storage: String,
    /// Compress the bucket data
    #[arg(long)]
    compress: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct InfoArgs {
    /// The bucket to act on
    bucket: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct LsArgs {
    /// The bucket to list the keys
    bucket: Option<String>,
    /// Show just the bucket names
    #[arg(short, long)]
    names: bool,
    /// Show detailed info about the key
    #[arg(short, long)]
    verbose: bool,
    /// Display value in verbose output (has no effect without 'verbose')
    #[arg(long)]
    display_value: bool,
}

pub(super) async fn add(buckets: &Buckets, args: AddArgs) -> anyhow::Result<()> {
    let storage = if args.storage.starts_with('m') {
        StorageType::Memory
    } else {
        StorageType::File
    };
    let config = kv::Config {
        bucket: args.bucket.clone(),
        description: args.description,
        history: args.history,
        max_age: args.ttl,
        max_value_size: i32::try_from(args.max_value_size)
            .map_err(|_| anyhow!("--max-value-size is too large"))?,
        max_bytes: args.max_bucket_size,
        num_replicas: args.replicas,
        compression: args.compress,
        storage,
        ..kv::Config::default()
    };
    buckets
        .context
        .create_key_value(config)
        .await
        .map_err(|e| anyhow!("{e}"))?;
    show(buckets, &args.bucket).await
}

pub(super) async fn info(buckets: &Buckets, args: InfoArgs) -> anyhow::Result<()> {
    let bucket = match args.bucket {
        Some(bucket) => bucket,
        None => ask::pick("Bucket", &names(buckets).await?)?,
    };
    show(buckets, &bucket).await
}

async fn show(buckets: &Buckets, bucket: &str) -> anyhow::Result<()> {
    let info = streams(buckets).info(&format!("{PREFIX}{bucket}")).await?;
    let (config, state) = (&info["config"], &info["state"]);
    let made = local(time(&info["created"]));
    let mut columns = Columns::new(format!(
        "Information for Key-Value Store Bucket {bucket} created {made}"
    ));
    columns.section("Configuration");
    columns.row("Bucket Name", bucket);
    columns.row_if_any("Description", text(&config["description"]));
    columns.row("History Kept", count(&config["max_msgs_per_subject"]));
    columns.row("Values Stored", count(&state["messages"]));
    columns.row("Compressed", (text(&config["compression"]) == "s2").to_string());
    columns.row(
        "Per-Key TTL Supported",
        flag(&config["allow_msg_ttl"]).to_string(),
    );
    columns.row("Backing Store Kind", "JetStream");
    columns.row("Bucket Size", bytes(&state["bytes"]));
    columns.row("Maximum Bucket Size", limit(&config["max_bytes"], bytes));
    columns.row("Maximum Value Size", limit(&config["max_msg_size"], bytes));
    columns.row("Maximum Age", limit(&config["max_age"], nanos));
    columns.row("JetStream Stream", name_of(&info));
    columns.row("Storage", title(text(&config["storage"])));
    let mut out = Out::new();
    columns.print(&mut out)?;
    Ok(out.flush()?)
}

pub(super) async fn ls(buckets: &Buckets, args: LsArgs) -> anyhow::Result<()> {
    match &args.bucket {
        Some(bucket) => ls_keys(buckets, bucket, &args).await,
        None => ls_buckets(buckets, args.names).await,
    }
}

async fn ls_buckets(buckets: &Buckets, names_only: bool) -> anyhow::Result<()> {
    let mut out = Out::new();
    let infos: Vec<Value> = all(buckets).await?;
    if infos.is_empty() {
        out.line("No Key-Value buckets found")?;
        return Ok(out.flush()?);
    }
    let mut table = Table::new(
        "Key-Value Buckets",
        &[
            "Bucket",
            "Description",
            "Created",
            "Size",
            "Values",
            "Last Update",
        ],
    );
    for info in &infos {
        let bucket = bucket_of(info);
        if names_only {
            out.line(bucket)?;
        }
        table.row([
            bucket.to_owned(),
            text(&info["config"]["description"]).to_owned(),
            local(time(&info["created"])),
            bytes(&info["state"]["bytes"]),
            count(&info["state"]["messages"]),
            ago(&info["state"]["last_ts"], info),
        ]);
    }
    if !names_only {
        table.print(&mut out)?;
    }
    Ok(out.flush()?)
}

async fn ls_keys(buckets: &Buckets, bucket: &str, args: &LsArgs) -> anyhow::Result<()> {
    let store = buckets.open(bucket).await?;
    let keys = read::keys(&store).await?;
    let mut out = Out::new();
    if keys.is_empty() {
        out.line("No keys found in bucket")?;
        return Ok(out.flush()?);
    }
    if !args.verbose {
        keys.iter().try_for_each(|key| out.line(key))?;
        return Ok(out.flush()?);
    }
    let columns = ["Key", "Created", "Delta", "Revision", "Value"];
    let shown = if args.display_value {
        columns.len()
    } else {
        columns.len() - 1
    };
    let mut table = Table::new(format!("Contents for bucket '{bucket}'"), &columns[..shown]);
    for key in keys {
        let Some(entry) = store.entry(key.as_str()).await? else {
            continue;
        };
        let value = String::from_utf8_lossy(&entry.value).into_owned();
        let cells = [
            key,
            created(&entry),
            entry.delta.to_string(),
            entry.revision.to_string(),
            value,
        ];
        table.row(cells.into_iter().take(shown));
    }
    table.print(&mut out)?;
    Ok(out.flush()?)
}

fn streams(buckets: &Buckets) -> Streams {
    Streams {
        api: buckets.connection.api.clone(),
        all: true,
    }
}

/// The streams behind all buckets, by name.
async fn all(buckets: &Buckets) -> anyhow::Result<Vec<Value>> {
    let mut infos = streams(buckets).infos(None).await?;
    infos.retain(|info| name_of(info).starts_with(PREFIX));
    Ok(infos)
}

async fn names(buckets: &Buckets) -> anyhow::Result<Vec<String>> {
    Ok(all(buckets)
        .await?
        .iter()
        .map(|info| bucket_of(info).to_owned())
        .collect())
}

fn bucket_of(info: &Value) -> &str {
    name_of(info).strip_prefix(PREFIX).unwrap_or_default()
}

/// Removes a bucket with everything in it.
pub(super) async fn remove(buckets: &Buckets, bucket: &str) -> anyhow::Result<()> {
    let deleted = buckets
        .context
        .delete_key_value(bucket)
        .await
        .map_err(|e| anyhow!("{e}"))?;
    if !deleted.success {
        bail!("bucket {bucket} could not be deleted");
    }
    Ok(())
}
