//! `nats consumer edit` and `copy`.

use std::path::PathBuf;

use anyhow::bail;
use serde_json::{Map, Value};

use super::super::editor;
use super::super::output::Out;
use super::super::stream::{Agreed, load_config, without_servers_own};
use super::add::{create, named};
use super::config::ConfigFlags;
use super::{Consumers, show};
use crate::util::time::Timestamp;

/// Settings that only a push consumer has.
const OF_PUSH: [&str; 5] = [
    "deliver_subject",
    "deliver_group",
    "idle_heartbeat",
    "flow_control",
    "rate_limit_bps",
];

#[derive(Debug, clap::Args)]
pub(super) struct EditArgs {
    /// Stream name
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
    /// JSON file to read configuration from
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Force edit without prompting
    #[arg(short, long)]
    force: bool,
    /// Edit the configuration using your editor
    #[arg(short, long)]
    interactive: bool,
    /// Only shows differences, do not edit the consumer
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    flags: ConfigFlags,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct CopyArgs {
    /// Stream name
    stream: String,
    /// Source consumer name
    source: String,
    /// Destination consumer name
    destination: String,
    /// Create an ephemeral consumer
    #[arg(long)]
    ephemeral: bool,
    /// Deliver messages in 'pull' mode
    #[arg(long)]
    pull: bool,
    #[command(flatten)]
    flags: ConfigFlags,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

pub(super) async fn edit(consumers: &Consumers, args: EditArgs) -> anyhow::Result<()> {
    let info = consumers
        .choose(args.stream.as_deref(), args.consumer.as_deref())
        .await?;
    let (stream, current) = configuration(&info)?;
    let text = |field: &str| current.get(field).and_then(Value::as_str).unwrap_or("");
    let name = text("durable_name").to_owned();
    if name.is_empty() {
        bail!("only durable consumers can be edited");
    }
    let mut wanted = match &args.config {
        Some(path) => load_config(path)?,
        None if args.interactive => editor::edit(&current)?,
        None => current.clone(),
    };
    apply(&args.flags, &mut wanted)?;
    let backoff = wanted.get("backoff").is_some_and(|periods| !periods.is_null());
    if backoff && args.flags.sets_ack_wait() {
        bail!("consumers with backoff policies do not support editing Ack Wait");
    }
    let agreed = Agreed {
        dry_run: args.dry_run,
        force: args.force,
    };
    let question = format!("Really edit Consumer {stream} > {name}");
    if !agreed.to(&current, &wanted, &question)? {
        return Ok(());
    }
    let mut out = Out::new();
    let info = create(consumers, &stream, &wanted, "update").await?;
    show::print(&mut out, info, args.json, false)?;
    Ok(out.flush()?)
}

pub(super) async fn copy(consumers: &Consumers, args: CopyArgs) -> anyhow::Result<()> {
    let info = consumers.info(&args.stream, &args.source).await?;
    let (stream, mut config) = configuration(&info)?;
    config.retain(|field, _| !["name", "durable_name"].contains(&field.as_str()));
    if args.pull {
        config.retain(|field, _| !OF_PUSH.contains(&field.as_str()));
    } else if args.flags.target.is_none() {
        config.remove("deliver_group");
    }
    let name = if args.ephemeral { "" } else { &args.destination };
    named(&mut config, name, args.ephemeral)?;
    apply(&args.flags, &mut config)?;
    let info = create(consumers, &stream, &config, "create").await?;
    let mut out = Out::new();
    show::print(&mut out, info, args.json, false)?;
    Ok(out.flush()?)
}

/// The consumer's stream and configuration, without what the server adds.
fn configuration(info: &Value) -> anyhow::Result<(String, Map<String, Value>)> {
    let stream = info["stream_name"].as_str().unwrap_or("").to_owned();
    let Value::Object(mut config) = info["config"].clone() else {
        bail!("invalid answer from the JetStream API");
    };
    without_servers_own(&mut config);
    Ok((stream, config))
}

/// Writes the flags over a configuration; one filter takes the place of many, and the other way round.
fn apply(flags: &ConfigFlags, config: &mut Map<String, Value>) -> anyhow::Result<()> {
    if !flags.filter.is_empty() {
        config.remove("filter_subject");
        config.remove("filter_subjects");
    }
    if flags.deliver.is_some() {
        config.remove("opt_start_seq");
        config.remove("opt_start_time");
    }
    flags.apply(config, Timestamp::now())
}
