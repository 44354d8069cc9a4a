//! `nats stream copy`, `seal` and `gaps`.

use anyhow::{anyhow, bail};
use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt as _;
use serde_json::{Map, Value, json};

use super::super::ask::confirm;
use super::super::human::{amount, bytes, count};
use super::super::output::Out;
use super::super::readers::TemporaryConsumer;
use super::super::session::Connection;
use super::super::table::Table;
use super::config::ConfigFlags;
use super::{Streams, name_of, show};

#[derive(Debug, clap::Args)]
pub(super) struct CopyArgs {
    /// Source stream to copy
    source_stream: String,
    /// New stream to create
    destination: String,
    /// Storage backend to use
    #[arg(long, value_parser = ["file", "f", "memory", "m"])]
    storage: Option<String>,
    #[command(flatten)]
    flags: ConfigFlags,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct SealArgs {
    /// The name of the stream to seal
    stream: String,
    /// Force sealing without prompting
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct GapsArgs {
    /// Stream to act on
    stream: Option<String>,
    /// Act without prompting
    #[arg(short, long)]
    force: bool,
    /// Accepted for the official tool's sake
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    progress: Option<bool>,
    /// Show detected gaps in JSON format
    #[arg(long)]
    json: bool,
}

/// Makes a stream like another; what that one holds is not copied.
pub(super) async fn copy(streams: &Streams, args: CopyArgs) -> anyhow::Result<()> {
    let (source, name) = (args.source_stream, args.destination);
    if source == name {
        bail!("source and destination Stream names cannot be the same");
    }
    let info = streams
        .info(&source)
        .await
        .map_err(|e| anyhow!("could not request Stream {source} configuration: {e}"))?;
    let Value::Object(mut config) = info["config"].clone() else {
        bail!("invalid answer from the JetStream API");
    };
    without_servers_own(&mut config);
    config.insert("name".to_owned(), name.as_str().into());
    if let Some(storage) = args.storage {
        let storage = if storage.starts_with('m') {
            "memory"
        } else {
            "file"
        };
        config.insert("storage".to_owned(), storage.into());
    }
    args.flags.apply(&mut config)?;
    let info = streams
        .api
        .request(&format!("STREAM.CREATE.{name}"), &config.into())
        .await
        .map_err(|e| anyhow!("could not create Stream: {e}"))?;
    let mut out = Out::new();
    if !args.json {
        out.line(&format!("Stream {name} was created\n"))?;
    }
    show::print(&mut out, info, args.json, false)?;
    Ok(out.flush()?)
}

/// Takes out of the metadata what the server adds on its own.
pub(in super::super) fn without_servers_own(config: &mut Map<String, Value>) {
    if let Some(Value::Object(metadata)) = config.get_mut("metadata") {
        metadata.retain(|key, _| !key.starts_with("_nats."));
        if metadata.is_empty() {
            config.remove("metadata");
        }
    }
}

pub(super) async fn seal(streams: &Streams, args: SealArgs) -> anyhow::Result<()> {
    let name = args.stream;
    let question = format!("Really seal Stream {name}, sealed streams can not be unsealed or modified");
    if !args.force && !confirm(&question)? {
        return Ok(());
    }
    let failed = |e| anyhow!("could not seal Stream: {e}");
    let mut info = streams.info(&name).await.map_err(failed)?;
    let mut config = info["config"].take();
    config["sealed"] = true.into();
    let info = streams
        .api
        .request(&format!("STREAM.UPDATE.{name}"), &config)
        .await
        .map_err(failed)?;
    let mut out = Out::new();
    show::print(&mut out, info, false, false)?;
    Ok(out.flush()?)
}

pub(super) async fn gaps(streams: &Streams, connection: &Connection, args: GapsArgs) -> anyhow::Result<()> {
    let info = streams.choose(args.stream.as_deref()).await?;
    let name = name_of(&info).to_owned();
    let state = &info["state"];
    let mut out = Out::new();
    if amount(&state["num_deleted"]) == 0 {
        out.line(&if args.json {
            "[]".to_owned()
        } else {
            format!("No deleted messages in {name}")
        })?;
        return Ok(out.flush()?);
    }
    if !args.force {
        out.line("WARNING: Detecting gaps in a stream consumes the entire stream and can be resource intensive on the Server, Client and Network.\n")?;
        out.flush()?;
        let question = format!(
            "Really detect gaps in stream {name} with {} messages and {} bytes",
            count(&state["messages"]),
            bytes(&state["bytes"])
        );
        if !confirm(&question)? {
            return Ok(());
        }
    }
    let gaps = find_gaps(streams, connection, &name).await?;
    if args.json {
        out.json(&gaps)?;
        return Ok(out.flush()?);
    }
    let number = |number: usize| count(&number.into());
    let title = match gaps.len() {
        1 => format!("1 gap found in Stream {name}"),
        many => format!("{} gaps found in Stream {name}", number(many)),
    };
    let mut table = Table::new(title, &["First Message", "Last Message"]);
    for (first, last) in gaps {
        table.row([count(&first.into()), count(&last.into())]);
    }
    table.print(&mut out)?;
    Ok(out.flush()?)
}

/// Sequences that are missing between the first and the last message, as first and last of each gap.
///
/// The server lists deleted messages itself; only where its list is cut short is the rest of the stream read.
async fn find_gaps(
    streams: &Streams,
    connection: &Connection,
    name: &str,
) -> anyhow::Result<Vec<(u64, u64)>> {
    let info = streams
        .api
        .request(
            &format!("STREAM.INFO.{name}"),
            &json!({ "deleted_details": true }),
        )
        .await?;
    let state = &info["state"];
    let deleted = state["deleted"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut deleted: Vec<u64> = deleted.iter().filter_map(Value::as_u64).collect();
    deleted.sort_unstable();
    let mut gaps = joined(&deleted);
    let all = amount(&state["num_deleted"]);
    let last = amount(&state["last_seq"]);
    if (deleted.len() as u64) < all {
        let from = deleted.last().map_or(1, |last| last + 1);
        for gap in walk(connection, name, from, last).await? {
            match gaps.last_mut() {
                Some(before) if before.1 + 1 == gap.0 => before.1 = gap.1,
                _ => gaps.push(gap),
            }
        }
    }
    Ok(gaps)
}

/// Runs of consecutive numbers.
fn joined(sequences: &[u64]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &sequence in sequences {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == sequence => run.1 = sequence,
            _ => runs.push((sequence, sequence)),
        }
    }
    runs
}

/// What is missing from `from` on, found by reading everything up to `last`.
async fn walk(connection: &Connection, name: &str, from: u64, last: u64) -> anyhow::Result<Vec<(u64, u64)>> {
    let context: Context = jetstream::with_prefix(connection.client.clone(), connection.api.prefix());
    let stream = context.get_stream(name).await.map_err(|e| anyhow!("{e}"))?;
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from },
        headers_only: true,
        ..pull::Config::default()
    };
    let consumer = TemporaryConsumer::of(&stream, config).await?;
    let found = missing(&consumer, from, last).await;
    consumer.remove().await;
    found
}

async fn missing(consumer: &TemporaryConsumer<'_>, from: u64, last: u64) -> anyhow::Result<Vec<(u64, u64)>> {
    let mut gaps = Vec::new();
    let mut expected = from;
    if consumer.pending() > 0 {
        let mut messages = consumer.messages().await?;
        while let Some(message) = messages.next().await {
            let message = message?;
            let info = message.info().map_err(|e| anyhow!("{e}"))?;
            if info.stream_sequence > expected {
                gaps.push((expected, info.stream_sequence - 1));
            }
            expected = info.stream_sequence + 1;
            if info.pending == 0 {
                break;
            }
        }
    }
    if expected <= last {
        gaps.push((expected, last));
    }
    Ok(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_joined() {
        assert_eq!(joined(&[]), []);
        assert_eq!(joined(&[2, 3, 4, 7, 9, 10]), [(2, 4), (7, 7), (9, 10)]);
    }
}
