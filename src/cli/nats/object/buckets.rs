//! `nats object add`, `edit` and `seal`, and how buckets are shown.

use std::time::Duration;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value, json};

use super::super::ask::{confirm, pick};
use super::super::bucket::{self, Buckets};
use super::super::human::{ago, amount, bytes, flag, limit, local, metadata, nanos, sort, text, time, title};
use super::super::output::Out;
use super::super::stream::{name_of, nanos as in_nanos};
use super::super::table::{Columns, Table};
use super::super::typed::{object_of, parse_bytes, parse_duration, parse_pair};
use super::PREFIX;

/// What can be set when a bucket is made and changed later.
#[derive(Debug, clap::Args)]
struct Settings {
    /// How long to keep objects for
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    ttl: Option<Duration>,
    /// How many replicas of the data to store
    #[arg(long)]
    replicas: Option<usize>,
    /// Maximum size for the bucket
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, allow_hyphen_values = true)]
    max_bucket_size: Option<i64>,
    /// A description for the bucket
    #[arg(long)]
    description: Option<String>,
    /// Place the store on servers that has specific tags
    #[arg(long)]
    tags: Vec<String>,
    /// Place the store on a specific cluster
    #[arg(long)]
    cluster: Option<String>,
    /// Adds metadata to the bucket
    #[arg(long, value_name = "META", value_parser = parse_pair)]
    metadata: Vec<(String, String)>,
    /// Compress the bucket data (--no-compress turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    compress: Option<bool>,
}

impl Settings {
    /// Writes what was given, and nothing else.
    fn apply(self, config: &mut Map<String, Value>) {
        let compression = self.compress.map(|on| if on { "s2" } else { "none" });
        for (field, value) in [
            ("max_age", self.ttl.map(in_nanos)),
            ("num_replicas", self.replicas.map(Value::from)),
            ("max_bytes", self.max_bucket_size.map(Value::from)),
            ("description", self.description.map(Value::from)),
            ("compression", compression.map(Value::from)),
            ("metadata", object_of(&self.metadata)),
        ] {
            config.extend(value.map(|value| (field.to_owned(), value)));
        }
        if self.cluster.is_some() || !self.tags.is_empty() {
            let placement = config.entry("placement").or_insert_with(|| json!({}));
            if let Some(cluster) = self.cluster {
                placement["cluster"] = cluster.into();
            }
            if !self.tags.is_empty() {
                placement["tags"] = self.tags.into();
            }
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// The bucket to act on
    bucket: String,
    /// Storage backend to use
    #[arg(long, default_value = "file", value_parser = ["file", "f", "memory", "m"])]
    storage: String,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, clap::Args)]
pub(super) struct EditArgs {
    /// The bucket to act on
    bucket: String,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, clap::Args)]
pub(super) struct SealArgs {
    /// The bucket to act on
    bucket: String,
    /// Force sealing without prompting
    #[arg(short, long)]
    force: bool,
}

/// Makes the stream of a bucket as ADR-20 lays it out.
pub(super) async fn add(stores: &Buckets, args: AddArgs) -> anyhow::Result<()> {
    let bucket = args.bucket;
    let mut config = bucket::config(PREFIX, &bucket, &args.storage)?;
    for (field, value) in [
        (
            "subjects",
            json!([format!("$O.{bucket}.C.>"), format!("$O.{bucket}.M.>")]),
        ),
        ("discard", json!("new")),
        ("allow_rollup_hdrs", json!(true)),
        ("allow_direct", json!(true)),
        ("num_replicas", json!(1)),
    ] {
        config.insert(field.to_owned(), value);
    }
    args.settings.apply(&mut config);
    // The server reads 0 as "no limit"; natscli writes -1.
    if config.get("max_bytes").is_none_or(|limit| *limit == 0) {
        config.insert("max_bytes".to_owned(), json!(-1));
    }
    stores
        .submit("CREATE", &bucket, &config.into())
        .await
        .map_err(|e| anyhow!("nats: API error: {e}"))?;
    show(stores, &bucket).await
}

pub(super) async fn edit(stores: &Buckets, args: EditArgs) -> anyhow::Result<()> {
    update(stores, &args.bucket, |config| args.settings.apply(config)).await?;
    show(stores, &args.bucket).await
}

pub(super) async fn seal(stores: &Buckets, args: SealArgs) -> anyhow::Result<()> {
    let bucket = args.bucket;
    let question = format!("Really seal Bucket {bucket}, sealed buckets can not be unsealed or modified");
    if !args.force && !confirm(&question)? {
        return Ok(());
    }
    update(stores, &bucket, |config| {
        config.insert("sealed".to_owned(), true.into());
    })
    .await?;
    let mut out = Out::new();
    out.line(&format!("{bucket} has been sealed"))?;
    out.flush()?;
    show(stores, &bucket).await
}

/// Changes the configuration of the stream behind a bucket.
async fn update(
    stores: &Buckets,
    bucket: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) -> anyhow::Result<()> {
    let Value::Object(mut config) = of(stores, bucket).await?["config"].take() else {
        bail!("invalid answer from the JetStream API");
    };
    change(&mut config);
    stores.submit("UPDATE", bucket, &config.into()).await?;
    Ok(())
}

/// What the server says of the stream behind a bucket.
async fn of(stores: &Buckets, bucket: &str) -> anyhow::Result<Value> {
    /// JetStream's code for "stream not found".
    const NO_STREAM: u64 = 10059;
    stores.info(bucket).await.map_err(|error| match error.code() {
        Some(NO_STREAM) => bucket::not_found(),
        _ => error.into(),
    })
}

/// Tells all about a bucket.
pub(super) async fn show(stores: &Buckets, bucket: &str) -> anyhow::Result<()> {
    let info = of(stores, bucket).await?;
    let config = &info["config"];
    let made = local(time(&info["created"]));
    let mut columns = Columns::new(format!(
        "Information for Object Store Bucket {bucket} created {made}"
    ));
    columns.section("Configuration");
    columns.row("Bucket Name", bucket);
    columns.row_if_any("Description", text(&config["description"]));
    columns.row("Replicas", config["num_replicas"].to_string());
    columns.row("TTL", limit(&config["max_age"], nanos));
    columns.row("Sealed", flag(&config["sealed"]).to_string());
    columns.row("Size", bytes(&info["state"]["bytes"]));
    columns.row("Maximum Bucket Size", limit(&config["max_bytes"], bytes));
    columns.row("Storage", title(text(&config["storage"])));
    columns.row("Backing Store Kind", "JetStream");
    columns.row("JetStream Stream", name_of(&info));
    columns.metadata(&metadata(config));
    let mut out = Out::new();
    columns.print(&mut out)?;
    Ok(out.flush()?)
}

/// The bucket that is named, or that the person picks.
pub(super) async fn choose(stores: &Buckets, bucket: Option<String>) -> anyhow::Result<String> {
    if let Some(bucket) = bucket {
        return Ok(bucket);
    }
    let names = stores.names().await?;
    if names.is_empty() {
        bail!("no Object buckets found");
    }
    pick("Bucket", &names)
}

/// Lists the buckets, the smallest first.
pub(super) async fn list(stores: &Buckets, names_only: bool) -> anyhow::Result<()> {
    let mut infos = stores.infos().await?;
    let mut out = Out::new();
    if names_only {
        infos.iter().try_for_each(|info| out.line(stores.name_of(info)))?;
        return Ok(out.flush()?);
    }
    if infos.is_empty() {
        out.line("No Object Store buckets found")?;
        return Ok(out.flush()?);
    }
    let size = |info: &Value| amount(&info["state"]["bytes"]);
    sort(&mut infos, &|a, b| size(a).cmp(&size(b)));
    let columns = ["Bucket", "Description", "Created", "Size", "Last Update"];
    let mut table = Table::new("Object Store Buckets", &columns);
    for info in &infos {
        table.row([
            stores.name_of(info).to_owned(),
            text(&info["config"]["description"]).to_owned(),
            local(time(&info["created"])),
            bytes(&info["state"]["bytes"]),
            ago(&info["state"]["last_ts"], info),
        ]);
    }
    table.print(&mut out)?;
    Ok(out.flush()?)
}

/// Removes a bucket with everything in it.
pub(super) async fn remove(stores: &Buckets, bucket: &str) -> anyhow::Result<()> {
    of(stores, bucket).await?;
    stores.submit("DELETE", bucket, &Value::Null).await?;
    Ok(())
}
