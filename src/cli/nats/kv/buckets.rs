//! `nats kv add`, `info` and `ls`.

use std::time::Duration;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value, json};

use super::super::ask;
use super::super::bucket::{self, Buckets};
use super::super::human::{ago, bytes, count, flag, limit, local, metadata, nanos, text, time, title};
use super::super::output::Out;
use super::super::stream::{name_of, nanos as in_nanos};
use super::super::table::{Columns, Table};
use super::super::typed::{object_of, parse_bytes, parse_duration, parse_pair};
use super::{PREFIX, created, read};

/// What can be set when a bucket is made and changed later.
#[derive(Debug, clap::Args)]
struct Settings {
    /// A description for the bucket
    #[arg(long)]
    description: Option<String>,
    /// How many historic values to keep per key
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=64))]
    history: Option<u64>,
    /// How long to keep values for
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    ttl: Option<Duration>,
    /// Enables Per-Key TTLs and Limit Markers
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    marker_ttl: Option<Duration>,
    /// How many replicas of the data to store
    #[arg(long)]
    replicas: Option<u64>,
    /// Maximum size for any single value
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, allow_hyphen_values = true)]
    max_value_size: Option<i64>,
    /// Maximum size for the bucket
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, allow_hyphen_values = true)]
    max_bucket_size: Option<i64>,
    /// Place the bucket on servers that has specific tags
    #[arg(long)]
    tags: Vec<String>,
    /// Place the bucket on a specific cluster
    #[arg(long)]
    cluster: Option<String>,
    /// Compress the bucket data (--no-compress turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    compress: Option<bool>,
    /// Adds metadata to the bucket
    #[arg(long, value_name = "META", value_parser = parse_pair)]
    metadata: Vec<(String, String)>,
    /// Republish messages to --republish-destination
    #[arg(long, value_name = "SRC", requires = "republish_destination")]
    republish_source: Option<String>,
    /// Republish destination for messages in --republish-source
    #[arg(long, value_name = "DEST")]
    republish_destination: Option<String>,
    /// Republish only message headers, no bodies
    #[arg(long)]
    republish_headers: bool,
    /// Source from a different bucket
    #[arg(long = "source", value_name = "BUCKET")]
    sources: Vec<String>,
}

impl Settings {
    /// Writes what was given, and nothing else. A limit of 0 is none, which the server writes as -1.
    fn apply(self, bucket: &str, config: &mut Map<String, Value>) {
        let limit = |given: Option<i64>| given.map(|limit| if limit == 0 { -1 } else { limit });
        let compression = self.compress.map(|on| if on { "s2" } else { "none" });
        // The server wants no window for duplicates that is longer than messages live.
        let window = self.ttl.map(|ttl| {
            if ttl.is_zero() {
                DUPLICATES
            } else {
                ttl.min(DUPLICATES)
            }
        });
        let republish = self.republish_destination.map(|destination| {
            let source = self.republish_source.unwrap_or_default();
            json!({ "src": source, "dest": destination, "headers_only": self.republish_headers })
        });
        for (field, value) in [
            ("description", self.description.map(Value::from)),
            ("max_msgs_per_subject", self.history.map(Value::from)),
            ("max_age", self.ttl.map(in_nanos)),
            ("duplicate_window", window.map(in_nanos)),
            ("allow_msg_ttl", self.marker_ttl.map(|_| true.into())),
            ("subject_delete_marker_ttl", self.marker_ttl.map(in_nanos)),
            ("num_replicas", self.replicas.map(Value::from)),
            ("max_msg_size", limit(self.max_value_size).map(Value::from)),
            ("max_bytes", limit(self.max_bucket_size).map(Value::from)),
            ("compression", compression.map(Value::from)),
            ("metadata", object_of(&self.metadata)),
            ("republish", republish),
        ] {
            config.extend(value.map(|value| (field.to_owned(), value)));
        }
        if self.cluster.is_some() || !self.tags.is_empty() {
            let cluster = self.cluster.unwrap_or_default();
            config.insert(
                "placement".to_owned(),
                json!({ "cluster": cluster, "tags": self.tags }),
            );
        }
        if !self.sources.is_empty() {
            let sources: Vec<Value> = self.sources.iter().map(|name| source(name, bucket)).collect();
            config.insert("sources".to_owned(), sources.into());
        }
    }
}

/// Another bucket, whose keys become keys of this one.
fn source(name: &str, bucket: &str) -> Value {
    let other = name.strip_prefix(PREFIX).unwrap_or(name);
    let transform = json!([{ "src": format!("$KV.{other}.>"), "dest": format!("$KV.{bucket}.>") }]);
    json!({ "name": format!("{PREFIX}{other}"), "subject_transforms": transform })
}

/// How long a bucket knows a message again, unless its values live shorter.
const DUPLICATES: Duration = Duration::from_secs(120);

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// The bucket to create
    bucket: String,
    /// Storage backend to use
    #[arg(long, default_value = "file", value_parser = ["file", "f", "memory", "m"])]
    storage: String,
    #[command(flatten)]
    settings: Settings,
    /// Creates a mirror of a different bucket
    #[arg(long, value_name = "BUCKET")]
    mirror: Option<String>,
    /// When mirroring find the bucket in a different domain
    #[arg(long, value_name = "DOMAIN", requires = "mirror")]
    mirror_domain: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct EditArgs {
    /// The bucket to act on
    bucket: String,
    #[command(flatten)]
    settings: Settings,
    /// Removes mirror configuration from a bucket
    #[arg(long)]
    no_mirror: bool,
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
    /// The keys to list, with wildcards
    #[arg(default_value = ">")]
    key: String,
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

/// Makes the stream of a bucket as ADR-8 lays it out.
pub(super) async fn add(buckets: &Buckets, args: AddArgs) -> anyhow::Result<()> {
    let bucket = args.bucket;
    let mut config = bucket::config(PREFIX, &bucket, &args.storage)?;
    for (field, value) in [
        ("max_msgs_per_subject", json!(1)),
        ("max_msgs", json!(-1)),
        ("max_consumers", json!(-1)),
        ("max_bytes", json!(-1)),
        ("max_msg_size", json!(-1)),
        ("num_replicas", json!(1)),
        ("discard", json!("new")),
        ("duplicate_window", in_nanos(DUPLICATES)),
        ("allow_rollup_hdrs", json!(true)),
        ("deny_delete", json!(true)),
        ("allow_direct", json!(true)),
    ] {
        config.insert(field.to_owned(), value);
    }
    match &args.mirror {
        Some(mirror) => {
            let other = mirror.strip_prefix(PREFIX).unwrap_or(mirror);
            let mut origin = json!({ "name": format!("{PREFIX}{other}") });
            if let Some(domain) = &args.mirror_domain {
                origin["external"] = json!({ "api": format!("$JS.{domain}.API") });
            }
            config.insert("mirror".to_owned(), origin);
            config.insert("mirror_direct".to_owned(), true.into());
        }
        None => {
            let subjects = json!([format!("$KV.{bucket}.>")]);
            config.insert("subjects".to_owned(), subjects);
        }
    }
    args.settings.apply(&bucket, &mut config);
    submit(buckets, "CREATE", &bucket, config).await
}

pub(super) async fn edit(buckets: &Buckets, args: EditArgs) -> anyhow::Result<()> {
    let bucket = args.bucket;
    let info = buckets.info(&bucket).await;
    let Ok(Value::Object(mut config)) = info.map(|mut info| info["config"].take()) else {
        return Err(bucket::not_found());
    };
    args.settings.apply(&bucket, &mut config);
    if args.no_mirror {
        config.remove("mirror");
    }
    submit(buckets, "UPDATE", &bucket, config).await
}

/// Has the stream of a bucket made or changed, and shows the bucket.
async fn submit(
    buckets: &Buckets,
    verb: &str,
    bucket: &str,
    config: Map<String, Value>,
) -> anyhow::Result<()> {
    buckets
        .submit(verb, bucket, &config.into())
        .await
        .map_err(|e| anyhow!("nats: API error: {e}"))?;
    show(buckets, bucket).await
}

pub(super) async fn info(buckets: &Buckets, args: InfoArgs) -> anyhow::Result<()> {
    let bucket = match args.bucket {
        Some(bucket) => bucket,
        None => ask::pick("Bucket", &buckets.names().await?)?,
    };
    show(buckets, &bucket).await
}

async fn show(buckets: &Buckets, bucket: &str) -> anyhow::Result<()> {
    let info = buckets.info(bucket).await.map_err(|_| bucket::not_found())?;
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
    let markers = &config["subject_delete_marker_ttl"];
    columns.row_if(!markers.is_null(), "Limit Marker TTL", nanos(markers));
    columns.row("Backing Store Kind", "JetStream");
    columns.row("Bucket Size", bytes(&state["bytes"]));
    columns.row("Maximum Bucket Size", limit(&config["max_bytes"], bytes));
    columns.row("Maximum Value Size", limit(&config["max_msg_size"], bytes));
    columns.row("Maximum Age", limit(&config["max_age"], nanos));
    columns.row("JetStream Stream", name_of(&info));
    columns.row("Storage", title(text(&config["storage"])));
    let republish = &config["republish"];
    let arrow = format!("{} to {}", text(&republish["src"]), text(&republish["dest"]));
    columns.row_if(!republish.is_null(), "Republishing", arrow);
    let origin = |name: &Value| text(name).strip_prefix(PREFIX).unwrap_or(text(name)).to_owned();
    if info["mirror"].is_object() {
        columns.section("Mirror Information");
        columns.row("Origin Bucket", origin(&config["mirror"]["name"]));
        columns.row("Lag", count(&info["mirror"]["lag"]));
    }
    for source in info["sources"].as_array().into_iter().flatten() {
        columns.section("Sources Information");
        columns.row("Source Bucket", origin(&source["name"]));
        columns.row("Lag", count(&source["lag"]));
    }
    columns.metadata(&metadata(config));
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
    let infos = buckets.infos().await?;
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
        let bucket = buckets.name_of(info);
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
    let store = buckets.keys(bucket).await?;
    let keys = read::keys(&store, &args.key).await?;
    let mut out = Out::new();
    if keys.is_empty() && args.names {
        return Ok(());
    }
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
