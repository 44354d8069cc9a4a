//! `nats reply`.

use std::io;
use std::time::Duration;

use anyhow::anyhow;
use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use futures_util::StreamExt as _;
use jiff::ZonedDateTime;
use tokio::process::Command;

use crate::client::templates::{Moment, Random, Template};
use crate::util::shell_words::split;

use super::outgoing::{Headers, lenient, publish_error};
use super::output::{Out, header_lines, log};
use super::session::{Connection, Session};
use super::typed::parse_duration;

/// Answers requests with a body, with what it received, or with the output of a command.
///
/// The command may use the tokens of the subject, {{0}}, {{1}} and so on, and {{Request}}:
///
///   nats reply 'weather.>' --command "curl -s wttr.in/{{1}}?format=3"
///
/// It is split into words before anything is filled in and runs without a shell, so a request
/// cannot add arguments. It finds NATS_REQUEST_SUBJECT and NATS_REQUEST_BODY in its environment.
///
/// Template functions are Count, TimeStamp, Unix, UnixNano, Time, ID, Request and Random MIN MAX.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Subject to subscribe to
    subject: String,
    /// Reply body
    body: Option<String>,
    /// Echo back what is received
    #[arg(long)]
    echo: bool,
    /// Runs a command and responds with the output if exit code was 0
    #[arg(long)]
    command: Option<String>,
    /// Queue group name
    #[arg(short, long, default_value = "NATS-RPLY-22")]
    queue: String,
    /// Inject a random sleep delay between replies up to this duration max
    #[arg(long, value_name = "MAX", value_parser = parse_duration, default_value = "0s")]
    sleep: Duration,
    /// Adds headers to the message using K:V format
    #[arg(short = 'H', long = "header", value_name = "K:V")]
    headers: Vec<String>,
    /// Quit after receiving this many messages
    #[arg(long, default_value_t = 0)]
    count: u64,
}

/// Answers until enough were answered, or the user stops it.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let mut responder = Responder {
        answer: Answer::new(&args)?,
        headers: Headers::parse(&args.headers)?,
        random: Random::from_system(),
        sleep_max: args.sleep,
        trace: session.trace,
        out: Out::new(),
        connection: session.connect().await?,
    };
    let client = responder.connection.client.clone();
    let mut requests = client
        .queue_subscribe(args.subject.clone(), args.queue.clone())
        .await
        .map_err(|e| anyhow!("nats: {e}"))?;
    responder.connection.confirm().await?;
    log(&format!(
        "Listening on {:?} in group {:?}",
        args.subject, args.queue
    ));

    if args.count > 0 {
        requests.unsubscribe_after(args.count).await?;
    }
    let (mut answered, mut stopping) = (0, false);
    loop {
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => {
                if stopping {
                    break;
                }
                // What the server already gave to us would otherwise be lost to the whole group.
                log("Draining...");
                requests.drain().await?;
                stopping = true;
            }
            request = requests.next() => {
                let Some(request) = request else { break };
                responder.respond(answered, &request).await?;
                answered += 1;
            }
        }
    }
    responder.connection.client.flush().await?;
    Ok(())
}

/// What a reply is made of.
enum Answer {
    Echo,
    Body(Template),
    Command(Vec<Template>),
}

impl Answer {
    fn new(args: &Args) -> anyhow::Result<Answer> {
        if args.echo {
            return Ok(Answer::Echo);
        }
        if let Some(line) = args.command.as_deref().filter(|line| !line.is_empty()) {
            let words = split(line).map_err(|e| anyhow!("Could not parse command: {e}"))?;
            return Ok(Answer::Command(
                words.iter().map(|word| lenient(word, "command")).collect(),
            ));
        }
        match args.body.as_deref().filter(|body| !body.is_empty()) {
            Some(body) => Ok(Answer::Body(lenient(body, "body"))),
            None => {
                log("No body or command supplied, enabling echo mode");
                Ok(Answer::Echo)
            }
        }
    }
}

struct Responder {
    answer: Answer,
    headers: Headers,
    random: Random,
    sleep_max: Duration,
    trace: bool,
    out: Out,
    connection: Connection,
}

impl Responder {
    async fn respond(&mut self, number: u64, request: &Message) -> anyhow::Result<()> {
        self.show(number, request)?;
        let sleep_nanos = u64::try_from(self.sleep_max.as_nanos()).unwrap_or(u64::MAX);
        let sleep = Duration::from_nanos(self.random.below(sleep_nanos));
        if !sleep.is_zero() {
            tokio::time::sleep(sleep).await;
        }
        let now = ZonedDateTime::now();
        let tokens: Vec<&str> = request.subject.split('.').collect();
        let moment = Moment {
            count: number,
            now: &now,
            request: &request.payload,
            tokens: &[],
        };
        let mut headers = self.headers.render(&moment, &mut self.random)?;
        let payload = match &self.answer {
            Answer::Echo => {
                echo_headers(headers.get_or_insert_default(), request, number);
                request.payload.clone()
            }
            Answer::Body(template) => template.render(&moment, &mut self.random).into(),
            Answer::Command(words) => {
                let moment = Moment {
                    tokens: &tokens,
                    ..moment
                };
                let words = words
                    .iter()
                    .map(|word| word.render_text(&moment, &mut self.random))
                    .collect();
                execute(words, request, self.trace).await
            }
        };
        self.send(request, headers, payload).await
    }

    /// The request on the two channels, as natscli splits it: heading to the log, body to the output.
    fn show(&mut self, number: u64, request: &Message) -> io::Result<()> {
        log(&format!(
            "[#{number}] Received on subject {:?}:",
            request.subject.as_str()
        ));
        for line in header_lines(request.headers.as_ref()) {
            log(&line);
        }
        self.out.line("")?;
        self.out.line(&String::from_utf8_lossy(&request.payload))?;
        self.out.flush()
    }

    async fn send(
        &self,
        request: &Message,
        headers: Option<HeaderMap>,
        payload: Bytes,
    ) -> anyhow::Result<()> {
        let Some(reply) = request.reply.clone() else {
            log("Could not publish reply: nats: message does not have a reply");
            return Ok(());
        };
        let client = &self.connection.client;
        let sent = match headers {
            Some(headers) => client.publish_with_headers(reply, headers, payload).await,
            None => client.publish(reply, payload).await,
        };
        if let Err(error) = sent {
            log(&format!("Could not publish reply: {}", publish_error(error)));
        }
        client.flush().await?;
        Ok(())
    }
}

/// An echo carries the request's own headers, and which one it was.
fn echo_headers(headers: &mut HeaderMap, request: &Message, number: u64) {
    for (key, values) in request.headers.iter().flat_map(HeaderMap::iter) {
        for value in values {
            headers.append(key.clone(), value.clone());
        }
    }
    headers.append("NATS-Reply-Counter", number.to_string());
}

/// Runs the command and gives everything it wrote; a failure is logged and still answered.
async fn execute(words: Vec<String>, request: &Message, trace: bool) -> Bytes {
    let Some((program, arguments)) = words.split_first() else {
        return Bytes::new();
    };
    if trace {
        log(&format!("Executing: {}", words.join(" ")));
    }
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .env("NATS_REQUEST_SUBJECT", request.subject.as_str())
        .env("NATS_REQUEST_BODY", environment_text(&request.payload));
    match command.output().await {
        Ok(output) => {
            if !output.status.success() {
                log(&format!(
                    "Command {:?} failed to run: {}",
                    words.join(" "),
                    output.status
                ));
            }
            [output.stdout, output.stderr].concat().into()
        }
        // Windows has no echo program, and the talk's example uses it.
        Err(error) if error.kind() == io::ErrorKind::NotFound && program == "echo" => {
            (arguments.join(" ") + "\n").into()
        }
        Err(error) => {
            log(&format!("Command {:?} failed to run: {error}", words.join(" ")));
            Bytes::new()
        }
    }
}

/// No variable can hold a zero byte.
fn environment_text(payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).replace('\0', "")
}
