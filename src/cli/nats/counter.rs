//! `nats counter`: numbers that a stream adds up (ADR-49).

use anyhow::{anyhow, bail};
use async_nats::{HeaderMap, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Subcommand;
use serde_json::{Value, json};

use super::human::{flag, text};
use super::output::Out;
use super::session::{Connection, Session};
use super::table::Columns;
use crate::client::api::accept;
use crate::proto::headers;

/// JetStream's code for "no message found".
const NO_MESSAGE: u64 = 10037;
/// The header with the number to add.
const INCREMENT: &str = "Nats-Incr";
/// The header with what the sources of a stream have added up.
const SOURCES: &str = "Nats-Counter-Sources";

/// Access distributed Counters, for example:
///
///   nats stream add COUNTS --subjects 'count.>' --allow-counter --defaults
///   nats counter increment count.visits 1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Gets the current value for a counter
    #[command(visible_alias = "g")]
    Get(One),
    /// View the full counter metadata
    #[command(visible_alias = "v")]
    View(One),
    /// Increment the value of a counter
    #[command(visible_aliases = ["incr", "inc", "i"])]
    Increment(Step),
    /// Decrement the value of a counter
    #[command(visible_aliases = ["decr", "dec", "d"])]
    Decrement(Step),
    /// List Counters in a stream
    #[command(visible_aliases = ["l", "ls"])]
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
struct One {
    /// Subject to get counter for
    subject: String,
    /// The stream name to fetch the value from
    #[arg(long)]
    stream: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Step {
    /// Subject of the counter
    subject: String,
    /// The whole number to add or take away
    #[arg(allow_hyphen_values = true)]
    value: String,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Subject pattern to get counters for
    subject: Option<String>,
    /// The stream name to fetch the value from
    #[arg(long)]
    stream: Option<String>,
    /// Produce JSON output
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let connection = session.connect().await?;
    let mut out = Out::new();
    match args.command {
        Command::Get(one) => {
            let message = load(&connection, &one).await?;
            out.line(&value(&message)?)?;
        }
        Command::View(one) => view(&mut out, &load(&connection, &one).await?)?,
        Command::Increment(step) => out.line(&add(&connection, session, &step, false).await?)?,
        Command::Decrement(step) => out.line(&add(&connection, session, &step, true).await?)?,
        Command::List(args) => list(&connection, &mut out, args).await?,
    }
    Ok(out.flush()?)
}

/// The stream of a counter, which must be one for counters.
async fn stream(connection: &Connection, named: Option<&str>, subject: &str) -> anyhow::Result<String> {
    let name = match named {
        Some(name) => name.to_owned(),
        None => {
            let filter = json!({ "subject": subject });
            let names = connection.api.list("STREAM.NAMES", "streams", &filter).await?;
            let Some(name) = names.first().and_then(Value::as_str) else {
                bail!("nats: API error: code=404 err_code=10059 description=stream not found");
            };
            name.to_owned()
        }
    };
    let subject = format!("STREAM.INFO.{name}");
    let info = connection.api.request(&subject, &Value::Null).await?;
    let config = &info["config"];
    if !flag(&config["allow_msg_counter"]) || !flag(&config["allow_direct"]) {
        bail!("{name:?} is not a valid counter stream");
    }
    Ok(name)
}

async fn load(connection: &Connection, one: &One) -> anyhow::Result<Value> {
    let stream = stream(connection, one.stream.as_deref(), &one.subject).await?;
    let request = json!({ "last_by_subj": one.subject });
    let mut answer = connection
        .api
        .request(&format!("STREAM.MSG.GET.{stream}"), &request)
        .await
        .map_err(|error| match error.code() {
            Some(NO_MESSAGE) => anyhow!("counter not initialized for subject: {}", one.subject),
            _ => error.into(),
        })?;
    Ok(answer["message"].take())
}

/// The number that a counter's message holds.
fn value(message: &Value) -> anyhow::Result<String> {
    let body: Value = serde_json::from_slice(&STANDARD.decode(text(&message["data"]))?)?;
    match body["val"].as_str() {
        Some(value) => Ok(value.to_owned()),
        None => bail!("the last message on {} is no counter", text(&message["subject"])),
    }
}

fn view(out: &mut Out, message: &Value) -> anyhow::Result<()> {
    let block = STANDARD.decode(text(&message["hdrs"]))?;
    let header = |wanted: &str| {
        headers::iter(&block)
            .find(|(key, _)| *key == wanted.as_bytes())
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .unwrap_or_default()
    };
    let subject = text(&message["subject"]);
    let mut columns = Columns::new(format!("Counter {subject}"));
    columns.row("Value", value(message)?);
    columns.row("Increment", header(INCREMENT));
    columns.row("Subject", subject);
    let sources: Value = serde_json::from_str(&header(SOURCES)).unwrap_or_default();
    if let Some(sources) = sources.as_object() {
        columns.section("Sources");
        for (stream, subjects) in sources {
            for (subject, added) in subjects.as_object().into_iter().flatten() {
                columns.row(&format!("{stream} {subject}"), text(added));
            }
        }
    }
    columns.print(out)?;
    if !sources.is_object() {
        out.line("\nNo source information found")?;
    }
    Ok(())
}

/// Adds, or takes away, and gives the new value.
async fn add(connection: &Connection, session: &Session, step: &Step, away: bool) -> anyhow::Result<String> {
    stream(connection, None, &step.subject).await?;
    let mut headers = HeaderMap::new();
    headers.insert(INCREMENT, increment(&step.value, away)?);
    let request = Request::new()
        .headers(headers)
        .payload(Bytes::new())
        .timeout(Some(session.timeout));
    let reply = connection
        .client
        .send_request(step.subject.clone(), request)
        .await?;
    let answer = accept(serde_json::from_slice(&reply.payload)?)?;
    Ok(text(&answer["val"]).to_owned())
}

/// The number with its sign, as the header wants it. It may be larger than any of the machine's.
fn increment(value: &str, away: bool) -> anyhow::Result<String> {
    let (negative, digits) = match value.split_at_checked(1) {
        Some(("-", digits)) => (true, digits),
        Some(("+", digits)) => (false, digits),
        _ => (false, value),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        bail!("invalid value");
    }
    let sign = if negative == away { '+' } else { '-' };
    Ok(format!("{sign}{digits}"))
}

async fn list(connection: &Connection, out: &mut Out, args: ListArgs) -> anyhow::Result<()> {
    if args.stream.is_none() && args.subject.is_none() {
        bail!("no stream or subject specified");
    }
    let subject = args.subject.as_deref().unwrap_or(">");
    let stream = stream(connection, args.stream.as_deref(), subject).await?;
    let request = json!({ "subjects_filter": subject });
    let info = connection
        .api
        .request(&format!("STREAM.INFO.{stream}"), &request)
        .await?;
    let Some(subjects) = info["state"]["subjects"].as_object() else {
        bail!("no counters found");
    };
    let subjects: Vec<&String> = subjects.keys().collect();
    if args.json {
        return Ok(out.json(&subjects)?);
    }
    Ok(subjects.into_iter().try_for_each(|subject| out.line(subject))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_sign_of_what_is_done() {
        for (value, away, expected) in [
            ("1", false, "+1"),
            ("1", true, "-1"),
            ("-2", false, "-2"),
            ("-2", true, "+2"),
            ("+99999999999999999999999", false, "+99999999999999999999999"),
        ] {
            assert_eq!(increment(value, away).unwrap(), expected, "{value}");
        }
        for bad in ["", "-", "1.5", "x"] {
            assert!(increment(bad, false).is_err(), "{bad}");
        }
    }
}
