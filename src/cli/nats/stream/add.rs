//! `nats stream add` and `edit`.

use std::path::PathBuf;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};

use super::super::ask::{Form, Question, confirm};
use super::super::output::Out;
use super::super::typed::parse_duration;
use super::super::{Exit, editor};
use super::config::{ConfigFlags, load};
use super::manage::without_servers_own;
use super::{Streams, name_of, show};
use crate::proto::api::stream::StreamConfig;
use crate::proto::api::{Unknown, decode_value};
use crate::util::duration;

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// Stream name
    stream: Option<String>,
    /// JSON file to read configuration from
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only validates the configuration
    #[arg(long)]
    validate: bool,
    /// Save configuration instead of creating
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Storage backend to use
    #[arg(long, value_parser = ["file", "f", "memory", "m"])]
    storage: Option<String>,
    /// Sets the starting sequence
    #[arg(long)]
    first_sequence: Option<u64>,
    /// The maximum Consumer inactive threshold the stream allows
    #[arg(long, value_name = "THRESHOLD", value_parser = parse_duration)]
    limit_consumer_inactive: Option<std::time::Duration>,
    /// The maximum Consumer Ack Pending the stream Allows
    #[arg(long, value_name = "PENDING")]
    limit_consumer_max_pending: Option<u64>,
    /// Configures the persistence mode
    #[arg(long, value_parser = ["default", "async"])]
    persist_mode: Option<String>,
    #[command(flatten)]
    flags: ConfigFlags,
    /// Accept default values for all prompts
    #[arg(long)]
    defaults: bool,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct EditArgs {
    /// Stream to edit
    stream: Option<String>,
    /// JSON file to read configuration from
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Force edit without prompting
    #[arg(short, long)]
    force: bool,
    /// Edit the configuration using your editor
    #[arg(short, long)]
    interactive: bool,
    /// Only shows differences, do not edit the stream
    #[arg(long)]
    dry_run: bool,
    /// Removes current mirror configuration
    #[arg(long, conflicts_with = "mirror")]
    no_mirror: bool,
    /// Removes current subject transform configuration
    #[arg(long, conflicts_with = "transform_destination")]
    no_transform: bool,
    /// Removes current republish configuration
    #[arg(long, conflicts_with = "republish_destination")]
    no_republish: bool,
    #[command(flatten)]
    flags: ConfigFlags,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

pub(super) async fn add(streams: &Streams, args: AddArgs) -> anyhow::Result<()> {
    let (output, validate, json) = (args.output.clone(), args.validate, args.json);
    let config = Value::Object(match &args.config {
        Some(path) => from_file(load(path)?, &args)?,
        None => from_form(args)?,
    });
    let name = config["name"].as_str().unwrap_or("").to_owned();
    if validate {
        return validated(config, "Stream", |config| {
            decode_value::<StreamConfig>(config, Unknown::Refuse).map(drop)
        });
    }
    if let Some(path) = output {
        std::fs::write(&path, serde_json::to_string_pretty(&config)?)?;
        return Ok(());
    }
    if name.is_empty() {
        bail!("could not create Stream: stream name is required");
    }
    let info = streams
        .api
        .request(&format!("STREAM.CREATE.{name}"), &config)
        .await
        .map_err(|e| anyhow!("could not create Stream: {e}"))?;
    let mut out = Out::new();
    if !json {
        out.line(&format!("Stream {name} was created\n"))?;
    }
    show::print(&mut out, info, json, false)?;
    Ok(out.flush()?)
}

/// A file is complete; the flags change it here and there.
fn from_file(mut config: Map<String, Value>, args: &AddArgs) -> anyhow::Result<Map<String, Value>> {
    if let Some(name) = &args.stream {
        config.insert("name".to_owned(), name.as_str().into());
    }
    args.flags.apply(&mut config)?;
    Ok(config)
}

/// natscli's questions, in its order.
fn from_form(args: AddArgs) -> anyhow::Result<Map<String, Value>> {
    let mut form = Form::new(args.defaults);
    let mut flags = args.flags;
    let name = form.answer(args.stream, &plain("Stream Name", "the stream's name", None))?;
    if flags.mirror.is_none() && flags.sources.is_empty() && flags.subjects.is_empty() {
        flags.subjects = vec![form.answer(None, &plain("Subjects", "--subjects", None))?];
    }
    if flags.mirror.is_some() && !flags.subjects.is_empty() {
        bail!("mirrors cannot listen for messages on subjects");
    }
    let storage = form.answer(
        args.storage,
        &choice("Storage", "--storage", "file", &["file", "memory"]),
    )?;
    ask_limits(&mut form, &mut flags)?;
    form.finish()?;
    // natscli asks for direct access unless told otherwise; the server itself does not.
    flags.allow_direct.get_or_insert(true);

    let mut config = Map::new();
    config.insert("name".to_owned(), name.into());
    config.insert(
        "storage".to_owned(),
        if storage.starts_with('m') {
            "memory"
        } else {
            "file"
        }
        .into(),
    );
    flags.apply(&mut config)?;
    let limits = consumer_limits(args.limit_consumer_inactive, args.limit_consumer_max_pending);
    for (field, value) in [
        ("first_seq", args.first_sequence.map(Value::from)),
        (
            "persist_mode",
            args.persist_mode.filter(|mode| mode == "async").map(Value::from),
        ),
        ("consumer_limits", limits),
    ] {
        config.extend(value.map(|value| (field.to_owned(), value)));
    }
    Ok(config)
}

/// Asks for what bounds the stream, as far as no flag says it.
fn ask_limits(form: &mut Form, flags: &mut ConfigFlags) -> anyhow::Result<()> {
    for (field, question) in [
        (&mut flags.replicas, plain("Replication", "--replicas", Some("1"))),
        (
            &mut flags.retention,
            choice(
                "Retention Policy",
                "--retention",
                "limits",
                &["limits", "interest", "work"],
            ),
        ),
        (
            &mut flags.discard,
            choice("Discard Policy", "--discard", "old", &["new", "old"]),
        ),
        (
            &mut flags.max_msgs,
            plain("Stream Messages Limit", "--max-msgs", Some("-1")),
        ),
        (
            &mut flags.max_msgs_per_subject,
            plain("Per Subject Messages Limit", "--max-msgs-per-subject", Some("-1")),
        ),
        (
            &mut flags.max_bytes,
            plain("Total Stream Size", "--max-bytes", Some("-1")),
        ),
        (&mut flags.max_age, plain("Message TTL", "--max-age", Some("-1"))),
        (
            &mut flags.max_msg_size,
            plain("Max Message Size", "--max-msg-size", Some("-1")),
        ),
    ] {
        *field = Some(form.answer(field.take(), &question)?);
    }
    if flags.mirror.is_none() {
        let window = default_window(flags.max_age.as_deref());
        let question = plain("Duplicate tracking time window", "--dupe-window", Some(&window));
        flags.dupe_window = Some(form.answer(flags.dupe_window.take(), &question)?);
    }
    Ok(())
}

fn consumer_limits(inactive: Option<std::time::Duration>, pending: Option<u64>) -> Option<Value> {
    let mut limits = Map::new();
    limits.extend(inactive.map(|inactive| ("inactive_threshold".to_owned(), super::config::nanos(inactive))));
    limits.extend(pending.map(|pending| ("max_ack_pending".to_owned(), pending.into())));
    (!limits.is_empty()).then(|| limits.into())
}

/// Two minutes, or the age of messages when that is less, since the server allows no longer window.
fn default_window(max_age: Option<&str>) -> String {
    const WINDOW: std::time::Duration = std::time::Duration::from_secs(120);
    let age = max_age
        .and_then(|text| parse_duration(text).ok())
        .filter(|age| !age.is_zero() && *age < WINDOW);
    duration::format(age.unwrap_or(WINDOW))
}

fn plain<'a>(prompt: &'a str, flag: &'a str, default: Option<&'a str>) -> Question<'a> {
    Question {
        prompt,
        flag,
        default,
        choices: &[],
    }
}

fn choice<'a>(prompt: &'a str, flag: &'a str, default: &'a str, choices: &'a [&'a str]) -> Question<'a> {
    Question {
        prompt,
        flag,
        default: Some(default),
        choices,
    }
}

pub(super) async fn edit(streams: &Streams, args: EditArgs) -> anyhow::Result<()> {
    let info = streams.choose(args.stream.as_deref()).await?;
    let name = name_of(&info).to_owned();
    let Value::Object(current) = info["config"].clone() else {
        bail!("invalid answer from the JetStream API");
    };
    let mut current = current;
    without_servers_own(&mut current);
    let mut wanted = match &args.config {
        Some(path) => load(path)?,
        None if args.interactive => editor::edit(&current)?,
        None => current.clone(),
    };
    wanted.insert("name".to_owned(), name.as_str().into());
    args.flags.apply(&mut wanted)?;
    for (unset, field) in [
        (args.no_mirror, "mirror"),
        (args.no_transform, "subject_transform"),
        (args.no_republish, "republish"),
    ] {
        if unset {
            wanted.remove(field);
        }
    }
    let agreed = Agreed {
        dry_run: args.dry_run,
        force: args.force,
    };
    if !agreed.to(&current, &wanted, &format!("Really edit Stream {name}"))? {
        return Ok(());
    }
    let info = streams
        .api
        .request(&format!("STREAM.UPDATE.{name}"), &wanted.into())
        .await
        .map_err(|e| anyhow!("could not edit Stream {name}: {e}"))?;
    let mut out = Out::new();
    if !args.json {
        out.line(&format!("Stream {name} was updated\n"))?;
    }
    show::print(&mut out, info, args.json, false)?;
    Ok(out.flush()?)
}

/// Says whether the server would understand a configuration; nothing is made of it.
pub(in super::super) fn validated<E: std::fmt::Display>(
    config: Value,
    what: &str,
    read: impl FnOnce(Value) -> Result<(), E>,
) -> anyhow::Result<()> {
    let mut out = Out::new();
    out.json(&config)?;
    out.line("")?;
    match read(config) {
        Ok(()) => out.line("Configuration is valid")?,
        Err(error) => {
            out.flush()?;
            bail!("{what} validation failed: {error}");
        }
    }
    Ok(out.flush()?)
}

/// What the flags of an edit say before anyone is asked.
pub(in super::super) struct Agreed {
    pub dry_run: bool,
    pub force: bool,
}

impl Agreed {
    /// Shows what an edit would change; true when it may be made.
    ///
    /// # Errors
    /// Exit code 1 where a dry run found differences, as natscli has it.
    pub(in super::super) fn to(
        &self,
        current: &Map<String, Value>,
        wanted: &Map<String, Value>,
        question: &str,
    ) -> anyhow::Result<bool> {
        let mut out = Out::new();
        let differences = differences(current, wanted);
        if differences.is_empty() {
            if !self.dry_run {
                out.line("No difference in configuration")?;
            }
            out.flush()?;
            return Ok(false);
        }
        out.line("Differences (-old +new):")?;
        differences.iter().try_for_each(|line| out.line(line))?;
        out.flush()?;
        if self.dry_run {
            return Err(Exit(1).into());
        }
        Ok(self.force || confirm(question)?)
    }
}

/// One line for each side of every setting that differs.
fn differences(current: &Map<String, Value>, wanted: &Map<String, Value>) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = current.keys().chain(wanted.keys()).collect();
    let mut lines = Vec::new();
    for name in names
        .into_iter()
        .filter(|name| current.get(*name) != wanted.get(*name))
    {
        lines.extend(current.get(name).map(|value| format!("-  {name}: {value}")));
        lines.extend(wanted.get(name).map(|value| format!("+  {name}: {value}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_window_is_no_longer_than_the_age() {
        assert_eq!(default_window(None), "2m0s");
        assert_eq!(default_window(Some("-1")), "2m0s");
        assert_eq!(default_window(Some("30s")), "30s");
        assert_eq!(default_window(Some("1h")), "2m0s");
    }

    #[test]
    fn differences_name_both_sides() {
        let old = json!({"a": 1, "b": 2}).as_object().unwrap().clone();
        let new = json!({"a": 1, "b": 3, "c": 4}).as_object().unwrap().clone();
        assert_eq!(differences(&old, &new), ["-  b: 2", "+  b: 3", "+  c: 4"]);
    }
}
