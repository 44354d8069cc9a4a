//! `nats consumer rm`, `pause` and `resume`.

use anyhow::{anyhow, bail};
use serde_json::{Value, json};

use super::super::ask::{Form, Question, confirm};
use super::super::human::{flag, local, nanos, text, time};
use super::super::output::Out;
use super::Consumers;
use super::config::pause_until;
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
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
    /// Pause until a time like 2026-11-24T19:00:00Z, or for a duration
    until: Option<String>,
    /// Force pause without prompting
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ResumeArgs {
    /// Stream name
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
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
    let info = consumers
        .choose(args.stream.as_deref(), args.consumer.as_deref())
        .await?;
    let (stream, name) = (text(&info["stream_name"]), text(&info["name"]));
    let mut form = Form::new(false);
    let question = Question {
        prompt: "Pause until (time or duration)",
        flag: "the time or duration",
        default: Some("1h"),
        choices: &[],
    };
    let until = form.answer(args.until, &question)?;
    form.finish()?;
    let until = pause_until(&until, Timestamp::now())?;
    let question = format!(
        "Really pause Consumer {stream} > {name} until {}",
        local(Some(until))
    );
    if !args.force && !confirm(&question)? {
        return Ok(());
    }
    let answer = set_pause(consumers, stream, name, json!({ "pause_until": until })).await?;
    if answer["paused"] != true {
        bail!("consumer failed to pause, perhaps a time in the past was given");
    }
    say(&format!(
        "Paused {stream} > {name} until {} ({})",
        local(time(&answer["pause_until"])),
        nanos(&answer["pause_remaining"])
    ))
}

pub(super) async fn resume(consumers: &Consumers, args: ResumeArgs) -> anyhow::Result<()> {
    let info = consumers
        .choose(args.stream.as_deref(), args.consumer.as_deref())
        .await?;
    let (stream, name) = (text(&info["stream_name"]), text(&info["name"]));
    if !flag(&info["paused"]) {
        bail!("consumer is not paused");
    }
    if !args.force && !confirm(&format!("Really resume Consumer {stream} > {name}"))? {
        return Ok(());
    }
    set_pause(consumers, stream, name, json!({})).await?;
    say(&format!(
        "Consumer {stream} > {name} was resumed while previously paused until {}",
        local(time(&info["config"]["pause_until"]))
    ))
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
