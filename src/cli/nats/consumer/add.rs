//! `nats consumer add`.

use std::path::PathBuf;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value, json};

use super::super::ask::{Form, Question};
use super::super::output::Out;
use super::super::stream::{load_config, validated};
use super::config::ConfigFlags;
use super::{Consumers, show};
use crate::proto::api::consumer::ConsumerConfig;
use crate::proto::api::{Unknown, decode_value};
use crate::util::time::Timestamp;

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// Stream name
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
    /// JSON file to read configuration from
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only validates the configuration
    #[arg(long)]
    validate: bool,
    /// Save configuration instead of creating
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Create an ephemeral consumer
    #[arg(long)]
    ephemeral: bool,
    /// Deliver messages in 'pull' mode
    #[arg(long)]
    pull: bool,
    #[command(flatten)]
    flags: ConfigFlags,
    /// Accept default values for all prompts
    #[arg(long)]
    defaults: bool,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

pub(super) async fn run(consumers: &Consumers, args: AddArgs) -> anyhow::Result<()> {
    let (output, validate, json) = (args.output.clone(), args.validate, args.json);
    let stream = consumers.stream(args.stream.as_deref()).await?;
    let config = match &args.config {
        Some(path) => from_file(load_config(path)?, &args)?,
        None => from_form(args)?,
    };
    if validate {
        return validated(config.into(), "Consumer", |config| {
            decode_value::<ConsumerConfig>(config, Unknown::Refuse).map(drop)
        });
    }
    if let Some(path) = output {
        std::fs::write(&path, serde_json::to_string_pretty(&config)?)?;
        return Ok(());
    }
    let info = create(consumers, &stream, &config, "create").await?;
    let mut out = Out::new();
    show::print(&mut out, info, json, false)?;
    Ok(out.flush()?)
}

/// Sends a configuration to the server; `action` is `create` or `update`.
pub(super) async fn create(
    consumers: &Consumers,
    stream: &str,
    config: &Map<String, Value>,
    action: &str,
) -> anyhow::Result<Value> {
    let text = |field: &str| config.get(field).and_then(Value::as_str).unwrap_or("").to_owned();
    let name = [text("name"), text("durable_name")]
        .into_iter()
        .find(|name| !name.is_empty());
    let subject = match (name, text("filter_subject")) {
        (Some(name), filter) if !filter.is_empty() => format!("CONSUMER.CREATE.{stream}.{name}.{filter}"),
        (Some(name), _) => format!("CONSUMER.CREATE.{stream}.{name}"),
        (None, _) => format!("CONSUMER.CREATE.{stream}"),
    };
    let request = json!({ "stream_name": stream, "config": config, "action": action });
    consumers
        .api()
        .request(&subject, &request)
        .await
        .map_err(|e| anyhow!("consumer creation failed: {e}"))
}

fn from_file(mut config: Map<String, Value>, args: &AddArgs) -> anyhow::Result<Map<String, Value>> {
    if let Some(name) = &args.consumer {
        named(&mut config, name, args.ephemeral)?;
    }
    args.flags.apply(&mut config, Timestamp::now())?;
    Ok(config)
}

/// natscli's questions, in its order.
fn from_form(args: AddArgs) -> anyhow::Result<Map<String, Value>> {
    let mut form = Form::new(args.defaults);
    let mut flags = args.flags;
    let name = match args.consumer {
        None if args.ephemeral => String::new(),
        given => form.answer(
            given,
            &question("Consumer name", "the consumer's name", None, &[]),
        )?,
    };
    if !args.pull && !flags.is_push() {
        // An empty answer is a pull consumer; `pull` says so in words, since an empty line means the default here.
        let target = question(
            "Delivery target (pull for Pull Consumers)",
            "--pull or --target",
            Some("pull"),
            &[],
        );
        flags.target = Some(form.answer(None, &target)?).filter(|target| target != "pull");
    }
    let policies = ["explicit", "all", "none"];
    let ack = if flags.is_push() { "none" } else { "explicit" };
    let start = question(
        "Start policy (all, new, last, subject, 1h, msg sequence)",
        "--deliver",
        Some("all"),
        &[],
    );
    flags.deliver = Some(form.answer(flags.deliver.take(), &start)?);
    flags.ack = Some(form.answer(
        flags.ack.take(),
        &question("Acknowledgment policy", "--ack", Some(ack), &policies),
    )?);
    let replay = question(
        "Replay policy",
        "--replay",
        Some("instant"),
        &["instant", "original"],
    );
    flags.replay = Some(form.answer(flags.replay.take(), &replay)?);
    if flags.filter.is_empty() {
        let filter = question("Filter Stream by subjects", "--filter", Some(">"), &[]);
        flags.filter = vec![form.answer(None, &filter)?];
        // Everything is what the server gives without a filter, too, and `info` then shows none.
        flags.filter.retain(|filter| filter != ">");
    }
    if flags.ack.as_deref() != Some("none") {
        let tries = question("Maximum Allowed Deliveries", "--max-deliver", Some("-1"), &[]);
        flags.max_deliver = Some(form.answer(flags.max_deliver.take(), &tries)?);
        let pending = question("Maximum Acknowledgments Pending", "--max-pending", Some("0"), &[]);
        flags.max_pending = Some(form.answer(flags.max_pending.take(), &pending)?);
    }
    form.finish()?;
    let mut config = Map::new();
    named(&mut config, &name, args.ephemeral)?;
    flags.apply(&mut config, Timestamp::now())?;
    Ok(config)
}

/// Durable consumers have their name twice.
pub(super) fn named(config: &mut Map<String, Value>, name: &str, ephemeral: bool) -> anyhow::Result<()> {
    if name.contains(['.', '*', '>']) {
        bail!("durable name can not contain '.', '*', '>'");
    }
    if !name.is_empty() {
        config.insert("name".to_owned(), name.into());
    }
    if !ephemeral {
        config.insert("durable_name".to_owned(), name.into());
    }
    Ok(())
}

fn question<'a>(
    prompt: &'a str,
    flag: &'a str,
    default: Option<&'a str>,
    choices: &'a [&'a str],
) -> Question<'a> {
    Question {
        prompt,
        flag,
        default,
        choices,
    }
}
