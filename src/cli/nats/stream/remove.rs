//! `nats stream rm`, `purge` and `rmm`.

use anyhow::{anyhow, bail};
use serde_json::{Value, json};

use super::super::ask::confirm;
use super::super::output::Out;
use super::{Streams, name_of, show};

#[derive(Debug, clap::Args)]
pub(super) struct RmArgs {
    /// Stream name
    stream: Option<String>,
    /// Force removal without prompting
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct PurgeArgs {
    /// Stream name
    stream: Option<String>,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
    /// Force removal without prompting
    #[arg(short, long)]
    force: bool,
    /// Limits the purge to a specific subject
    #[arg(long)]
    subject: Option<String>,
    /// Purge up to but not including a specific message sequence
    #[arg(long, value_name = "SEQUENCE", conflicts_with = "keep")]
    seq: Option<u64>,
    /// Keeps a certain number of messages after the purge
    #[arg(long, value_name = "MESSAGES")]
    keep: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RmmArgs {
    /// Stream name
    stream: String,
    /// Message Sequence to remove
    id: u64,
    /// Force removal without prompting
    #[arg(short, long)]
    force: bool,
}

pub(super) async fn rm(streams: &Streams, args: RmArgs) -> anyhow::Result<()> {
    let name = match (&args.stream, args.force) {
        (Some(name), true) => name.clone(),
        (None, true) => bail!("--force requires a stream name"),
        (name, false) => name_of(&streams.choose(name.as_deref()).await?).to_owned(),
    };
    if !args.force && !confirm(&format!("Really delete Stream {name}"))? {
        return Ok(());
    }
    streams
        .api
        .request(&format!("STREAM.DELETE.{name}"), &Value::Null)
        .await?;
    Ok(())
}

pub(super) async fn purge(streams: &Streams, args: PurgeArgs) -> anyhow::Result<()> {
    let name = name_of(&streams.choose(args.stream.as_deref()).await?).to_owned();
    if !args.force && !confirm(&format!("Really purge Stream {name}"))? {
        return Ok(());
    }
    let mut request = json!({});
    for (field, value) in [
        ("filter", args.subject.map(Value::from)),
        ("seq", args.seq.map(Value::from)),
        ("keep", args.keep.map(Value::from)),
    ] {
        if let Some(value) = value {
            request[field] = value;
        }
    }
    let answer = streams
        .api
        .request(&format!("STREAM.PURGE.{name}"), &request)
        .await
        .map_err(|e| anyhow!("could not purge Stream: {e}"))?;
    let mut out = Out::new();
    out.line(&format!("Purged {} messages from {name}\n", answer["purged"]))?;
    show::print(&mut out, streams.info(&name).await?, args.json, true)?;
    Ok(out.flush()?)
}

pub(super) async fn rmm(streams: &Streams, args: RmmArgs) -> anyhow::Result<()> {
    let RmmArgs { stream, id, force } = args;
    if !force && !confirm(&format!("Really remove message {id} from Stream {stream}"))? {
        return Ok(());
    }
    streams
        .api
        .request(&format!("STREAM.MSG.DELETE.{stream}"), &json!({ "seq": id }))
        .await
        .map_err(|e| anyhow!("could not remove message: {e}"))?;
    Ok(())
}
