//! `nats service`: asking the services that answer on `$SRV` (ADR-32), and a small one to try them with.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use anyhow::bail;
use async_nats::{HeaderMap, StatusCode};
use bytes::Bytes;
use clap::Subcommand;
use futures_util::StreamExt as _;
use regex::Regex;
use serde_json::{Value, json};

use super::human::{ago, amount, count, local, nanos, sort, span, text, time};
use super::output::{Out, log};
use super::request;
use super::session::{Connection, Session};
use super::table::{Columns, Table};
use super::typed::parse_pair;
use crate::util::time::Timestamp;

/// Most answers that are waited for.
const ANSWERS_MAX: usize = 10_000;
/// No more answers are awaited after so long without one.
const QUIET: Duration = Duration::from_millis(300);

/// Services discovery and management, for example:
///
///   nats service serve demo
///   nats service list
///   nats service request demo echo 'hello'
///   nats service stats demo --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List known Services
    #[command(visible_aliases = ["ls", "l"])]
    List(ListArgs),
    /// Show Service information
    #[command(visible_alias = "i")]
    Info(InfoArgs),
    /// Report Service statistics
    Stats(StatsArgs),
    /// Sends a ping to all Services
    Ping(PingArgs),
    /// Send a request to a service endpoint
    #[command(visible_alias = "req")]
    Request(RequestArgs),
    /// Runs a demo Service
    Serve(ServeArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// List instances of a specific Service
    service: Option<String>,
    /// Show JSON output
    #[arg(short, long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct InfoArgs {
    /// Service to show
    service: String,
    /// Show info for a specific ID
    id: Option<String>,
    /// Filter shown endpoints using a regular expression
    #[arg(short, long, value_name = "REGEX")]
    endpoint: Option<Regex>,
    /// Show JSON output
    #[arg(short, long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct StatsArgs {
    /// Service to show
    service: String,
    /// Show info for a specific ID
    id: Option<String>,
    /// Show JSON output
    #[arg(short, long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct PingArgs {
    /// Service to show
    service: Option<String>,
}

#[derive(Debug, clap::Args)]
struct RequestArgs {
    /// Service name
    service: String,
    /// Endpoint name
    endpoint: String,
    /// Request payload
    payload: Option<String>,
    #[command(flatten)]
    sending: request::Sending,
}

#[derive(Debug, clap::Args)]
struct ServeArgs {
    /// A name for the service to run on
    name: String,
    /// Headers to add to responses using K:V format
    #[arg(short = 'H', long = "header", value_name = "K:V", value_parser = parse_pair)]
    headers: Vec<(String, String)>,
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let connection = session.connect().await?;
    let services = Services {
        connection,
        timeout: session.timeout,
    };
    let mut out = Out::new();
    match args.command {
        Command::List(args) => services.list(&mut out, args).await?,
        Command::Info(args) => services.info(&mut out, args).await?,
        Command::Stats(args) => services.stats(&mut out, args).await?,
        Command::Ping(args) => services.ping(&mut out, args).await?,
        Command::Request(args) => services.request(session, args).await?,
        Command::Serve(args) => services.serve(&mut out, args).await?,
    }
    Ok(out.flush()?)
}

struct Services {
    connection: Connection,
    timeout: Duration,
}

/// Where a question goes: all services, those of a name, or one instance.
fn subject(verb: &str, name: Option<&str>, id: Option<&str>) -> String {
    let parts = [Some("$SRV"), Some(verb), name, id];
    parts.into_iter().flatten().collect::<Vec<_>>().join(".")
}

impl Services {
    /// The answers of this type, in the order of name and ID; all others are passed over, since anybody may
    /// answer on these subjects.
    async fn ask(&self, subject: String, kind: &str, wanted: usize) -> anyhow::Result<Vec<Value>> {
        let client = &self.connection.client;
        let inbox = client.new_inbox();
        let mut replies = client.subscribe(inbox.clone()).await?;
        client.publish_with_reply(subject, inbox, Bytes::new()).await?;
        let mut answers: Vec<Value> = Vec::new();
        while answers.len() < wanted {
            let patience = if answers.is_empty() { self.timeout } else { QUIET };
            let Ok(Some(message)) = tokio::time::timeout(patience, replies.next()).await else {
                break;
            };
            if message.status == Some(StatusCode::NO_RESPONDERS) {
                bail!("no service instances found");
            }
            let answer = serde_json::from_slice::<Value>(&message.payload).unwrap_or_default();
            if text(&answer["type"]) == kind {
                answers.push(answer);
            }
        }
        let who = |answer: &Value| (text(&answer["name"]).to_owned(), text(&answer["id"]).to_owned());
        sort(&mut answers, &|a, b| who(a).cmp(&who(b)));
        Ok(answers)
    }

    async fn list(&self, out: &mut Out, args: ListArgs) -> anyhow::Result<()> {
        let name = args.service.as_deref();
        let infos = self.ask(subject("INFO", name, None), INFO, ANSWERS_MAX).await?;
        if args.json {
            return Ok(out.json(&infos)?);
        }
        if infos.is_empty() {
            return Ok(out.line("No results received")?);
        }
        let title = match name {
            Some(name) => format!("{name} Service Instances"),
            None => "All Services".to_owned(),
        };
        let mut table = Table::new(title, &["Name", "Version", "ID", "Description"]);
        let mut before = &Value::Null;
        for info in &infos {
            // What the line above says already is left out.
            let unless_same = |field: &str| {
                let same = info[field] == before[field];
                if same { "" } else { text(&info[field]) }.to_owned()
            };
            table.row([
                unless_same("name"),
                unless_same("version"),
                text(&info["id"]).to_owned(),
                unless_same("description"),
            ]);
            before = info;
        }
        Ok(table.print(out)?)
    }

    async fn stats(&self, out: &mut Out, args: StatsArgs) -> anyhow::Result<()> {
        let subject = subject("STATS", Some(&args.service), args.id.as_deref());
        let all = self.ask(subject, STATS, ANSWERS_MAX).await?;
        if all.is_empty() {
            return Ok(out.line("No responses received")?);
        }
        if args.json {
            return Ok(out.json(&all)?);
        }
        let columns = [
            "ID",
            "Endpoint",
            "Requests",
            "Queue Group",
            "Errors",
            "Processing Time",
            "Average Time",
        ];
        let mut table = Table::new(format!("{} Service Statistics", args.service), &columns);
        let mut sum = [0u64; 3];
        for stats in &all {
            for (index, endpoint) in endpoints(stats).enumerate() {
                let numbers = ["num_requests", "num_errors", "processing_time"];
                for (sum, field) in sum.iter_mut().zip(numbers) {
                    *sum = sum.saturating_add(amount(&endpoint[field]));
                }
                table.row([
                    if index == 0 { text(&stats["id"]) } else { "" }.to_owned(),
                    text(&endpoint["name"]).to_owned(),
                    count(&endpoint["num_requests"]),
                    text(&endpoint["queue_group"]).to_owned(),
                    count(&endpoint["num_errors"]),
                    nanos(&endpoint["processing_time"]),
                    nanos(&endpoint["average_processing_time"]),
                ]);
            }
        }
        let [requests, errors, took] = sum;
        let average = took / requests.saturating_add(errors).max(1);
        table.footer([
            String::new(),
            String::new(),
            count(&requests.into()),
            String::new(),
            count(&errors.into()),
            nanos(&took.into()),
            nanos(&average.into()),
        ]);
        Ok(table.print(out)?)
    }

    async fn info(&self, out: &mut Out, args: InfoArgs) -> anyhow::Result<()> {
        let question = subject("INFO", Some(&args.service), args.id.as_deref());
        let Some(mut info) = self.ask(question, INFO, 1).await?.pop() else {
            return Ok(out.line(if args.json { "{}" } else { "No results received" })?);
        };
        let id = text(&info["id"]);
        let question = subject("STATS", Some(text(&info["name"])), Some(id));
        let Some(mut stats) = self.ask(question, STATS, 1).await?.pop() else {
            bail!("no statistics received for {} > {id}", args.service);
        };
        if let Some(wanted) = &args.endpoint {
            for answer in [&mut info, &mut stats] {
                if let Some(endpoints) = answer["endpoints"].as_array_mut() {
                    endpoints.retain(|endpoint| wanted.is_match(text(&endpoint["name"])));
                }
            }
        }
        if args.json {
            return Ok(out.json(&json!({ "info": info, "stats": stats }))?);
        }
        Ok(described(&info, &stats).print(out)?)
    }

    /// Asks an endpoint on the subject that the service says it has.
    async fn request(&self, session: &Session, args: RequestArgs) -> anyhow::Result<()> {
        let question = subject("INFO", Some(&args.service), None);
        let Some(info) = self.ask(question, INFO, 1).await?.pop() else {
            bail!("no instances of service {:?} found", args.service);
        };
        let Some(endpoint) = endpoints(&info).find(|endpoint| text(&endpoint["name"]) == args.endpoint)
        else {
            let names: Vec<&str> = endpoints(&info).map(|endpoint| text(&endpoint["name"])).collect();
            bail!(
                "service {:?} has no endpoint {:?}; it has: {}",
                args.service,
                args.endpoint,
                names.join(", ")
            );
        };
        // Nobody is asked to type a payload: without one the request is empty, unless one is piped in.
        let typed = io::stdin().is_terminal() && !args.sending.force_stdin;
        let request = request::Args {
            subject: text(&endpoint["subject"]).to_owned(),
            body: args.payload.or_else(|| typed.then(String::new)),
            sending: args.sending,
            replies: 1,
            reply_timeout: QUIET,
            wait_for_empty: false,
        };
        request::send_all(session, &self.connection, request).await
    }

    /// Shows who answers until the timeout.
    async fn ping(&self, out: &mut Out, args: PingArgs) -> anyhow::Result<()> {
        let client = &self.connection.client;
        let inbox = client.new_inbox();
        let mut replies = client.subscribe(inbox.clone()).await?;
        let asked = Instant::now();
        let subject = subject("PING", args.service.as_deref(), None);
        client.publish_with_reply(subject, inbox, Bytes::new()).await?;
        loop {
            let left = self.timeout.saturating_sub(asked.elapsed());
            let Ok(Some(message)) = tokio::time::timeout(left, replies.next()).await else {
                return Ok(());
            };
            let answer = serde_json::from_slice::<Value>(&message.payload).unwrap_or_default();
            if text(&answer["type"]) == PING {
                let who = format!("{} {}", text(&answer["name"]), text(&answer["id"]));
                out.line(&format!("{who:<50} rtt={}", span(asked.elapsed())))?;
                out.flush()?;
            }
        }
    }

    /// Answers with what was asked until the user stops it.
    async fn serve(&self, out: &mut Out, args: ServeArgs) -> anyhow::Result<()> {
        use async_nats::service::ServiceExt as _;
        let name = &args.name;
        let client = &self.connection.client;
        let service = client
            .service_builder()
            .description(format!("NATS CLI Demo Service ({name})"))
            .start(name, "1.0.0")
            .await
            .map_err(|e| anyhow::anyhow!("{e}"))?;
        let endpoint = service
            .group(name)
            .endpoint_builder()
            .name("echo")
            .add("echo")
            .await;
        let mut requests = endpoint.map_err(|e| anyhow::anyhow!("{e}"))?;
        let (process, server) = (std::process::id(), client.server_info());
        let url = format!("{}:{}", server.host, server.port);
        let heading = format!("NATS CLI Service {name} handler {process} waiting for requests on {url}");
        let mut columns = Columns::new(heading);
        columns.section("Listening Subjects");
        columns.row(&format!("{name}.echo"), "Echo Service");
        columns.print(out)?;
        out.flush()?;
        while let Some(request) = requests.next().await {
            log(&format!(
                "Handling request on subject {}",
                request.message.subject
            ));
            let mut headers = request.message.headers.clone().unwrap_or_else(HeaderMap::new);
            headers.insert("ConnectedUrl", url.as_str());
            headers.insert("Handler", process.to_string());
            headers.insert("Subject", request.message.subject.as_str());
            headers.insert("Timestamp", local(Some(Timestamp::now())));
            for (key, value) in &args.headers {
                headers.insert(key.as_str(), value.as_str());
            }
            let answer = Ok(request.message.payload.clone());
            // Nobody waits for an answer to a message that asked for none.
            let _ = request.respond_with_headers(answer, headers).await;
        }
        Ok(())
    }
}

const INFO: &str = "io.nats.micro.v1.info_response";
const STATS: &str = "io.nats.micro.v1.stats_response";
const PING: &str = "io.nats.micro.v1.ping_response";

fn endpoints(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["endpoints"].as_array().into_iter().flatten()
}

fn described(info: &Value, stats: &Value) -> Columns {
    let mut columns = Columns::new("Service Information");
    columns.row(
        "Service",
        format!("{} ({})", text(&info["name"]), text(&info["id"])),
    );
    columns.row("Description", text(&info["description"]));
    columns.row("Version", text(&info["version"]));
    for (key, value) in info["metadata"].as_object().into_iter().flatten() {
        columns.row(key, text(value));
    }
    columns.section("Endpoints");
    for endpoint in endpoints(info) {
        columns.row("Name", text(&endpoint["name"]));
        columns.row("Subject", text(&endpoint["subject"]));
        columns.row_if_any("Queue Group", text(&endpoint["queue_group"]));
    }
    let now = json!({ "ts": Timestamp::now() });
    columns.section(&format!(
        "Statistics for {} Endpoint(s)",
        endpoints(stats).count()
    ));
    for endpoint in endpoints(stats) {
        columns.section(&format!("{} Endpoint Statistics", text(&endpoint["name"])));
        let group = text(&endpoint["queue_group"]);
        let requests = count(&endpoint["num_requests"]);
        columns.row("Requests", format!("{requests} in group {group:?}"));
        let (took, average) = (
            nanos(&endpoint["processing_time"]),
            nanos(&endpoint["average_processing_time"]),
        );
        columns.row("Processing Time", format!("{took} (average {average})"));
        let started = &stats["started"];
        columns.row(
            "Started",
            format!("{} ({} ago)", local(time(started)), ago(started, &now)),
        );
        columns.row("Errors", count(&endpoint["num_errors"]));
        columns.row_if_any("Last Error", text(&endpoint["last_error"]));
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_go_to_all_to_a_name_or_to_one() {
        assert_eq!(subject("PING", None, None), "$SRV.PING");
        assert_eq!(subject("INFO", Some("a"), None), "$SRV.INFO.a");
        assert_eq!(subject("STATS", Some("a"), Some("X")), "$SRV.STATS.a.X");
    }
}
