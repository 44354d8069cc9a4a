//! `nats consumer rm`, `pause` and `resume`.

use anyhow::{anyhow, bail};
use serde_json::{Value, json};

use super::super::ask::confirm;
use super::super::human::{local, text, time};
use super::super::output::Out;
use super::super::typed::parse_duration;
use super::Consumers;
use crate::util::time::Timestamp;

#[derive(Debug, clap::Args)]
pub(super) struct RmArgs {
    /// Stream name
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
    /// Force removal without prompting
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct PauseArgs {
    /// Stream name
    stream: String,
    /// Consumer name
    consumer: String,
    /// Pause until a time like 2026-11-24T19:00:00Z, or for a duration
    until: String,
    /// Force pause without prompting
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ResumeArgs {
    /// Stream name
    stream: String,
    /// Consumer name
    consumer: String,
    /// Force resume without prompting
    #[arg(short, long)]
    force: bool,
}

pub(super) async fn rm(consumers: &Consumers, args: RmArgs) -> anyhow::Result<()> {
    let (stream, name) = match (args.stream, args.consumer) {
        (Some(stream), Some(name)) => (stream, name),
        _ if args.force => bail!("--force requires a stream and a consumer name"),
        (stream, name) => {
            let info = consumers.choose(stream.as_deref(), name.as_deref()).await?;
            (
                text(&info["stream_name"]).to_owned(),
                text(&info["name"]).to_owned(),
            )
        }
    };
    if !args.force && !confirm(&format!("Really delete Consumer {stream} > {name}"))? {
        return Ok(());
    }
    consumers
        .api()
        .request(&format!("CONSUMER.DELETE.{stream}.{name}"), &Value::Null)
        .await?;
    Ok(())
}

pub(super) async fn pause(consumers: &Consumers, args: PauseArgs) -> anyhow::Result<()> {
    let until = match parse_duration(&args.until) {
        Ok(duration) => Timestamp::now() + duration,
        Err(_) => args.until.parse()?,
    };
    let question = format!(
        "Pause Consumer {} > {} until {}",
        args.stream,
        args.consumer,
        local(Some(until))
    );
    if !args.force && !confirm(&question)? {
        return Ok(());
    }
    let answer = set_pause(
        consumers,
        &args.stream,
        &args.consumer,
        json!({ "pause_until": until }),
    )
    .await?;
    if answer["paused"] != true {
        bail!("consumer could not be paused");
    }
    say(&format!(
        "Paused {} > {} until {}",
        args.stream,
        args.consumer,
        local(time(&answer["pause_until"]))
    ))
}

pub(super) async fn resume(consumers: &Consumers, args: ResumeArgs) -> anyhow::Result<()> {
    let ResumeArgs {
        stream,
        consumer,
        force,
    } = args;
    if !force && !confirm(&format!("Really resume Consumer {stream} > {consumer}"))? {
        return Ok(());
    }
    set_pause(consumers, &stream, &consumer, json!({})).await?;
    say(&format!("Consumer {stream} > {consumer} was resumed"))
}

async fn set_pause(consumers: &Consumers, stream: &str, name: &str, request: Value) -> anyhow::Result<Value> {
    consumers
        .api()
        .request(&format!("CONSUMER.PAUSE.{stream}.{name}"), &request)
        .await
        .map_err(|e| anyhow!("{e}"))
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = Out::new();
    out.line(line)?;
    Ok(out.flush()?)
}
