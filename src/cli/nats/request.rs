//! `nats request`.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use async_nats::{Message, StatusCode, Subscriber};
use futures_util::StreamExt as _;

use crate::client::templates::Random;
use crate::util::duration;

use super::outgoing::{Draft, Outgoing, publish_error};
use super::output::{Out, header_lines, log};
use super::session::{Connection, Session};
use super::stdin::{Bodies, SendOn};
use super::translate::{Translate, parse_translate, shown};
use super::typed::parse_duration;

/// Sends requests and shows the replies; body, subject and header values may be templates:
///
///   nats request test --count 10 "Message {{Count}} @ {{Time}}"
///
/// Template functions are Count, TimeStamp, Unix, UnixNano, Time, ID and Random MIN MAX.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Subject to send the request to
    pub subject: String,
    /// Message body; read from standard input when absent
    pub body: Option<String>,
    #[command(flatten)]
    pub sending: Sending,
    /// Wait for multiple replies from services. 0 waits until timeout
    #[arg(long, default_value_t = 1)]
    pub replies: u64,
    /// Maximum time between replies when waiting for more than one
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "300ms")]
    pub reply_timeout: Duration,
    /// Wait for multiple replies until a empty message is received
    #[arg(long)]
    pub wait_for_empty: bool,
}

/// How requests are made and replies shown.
#[derive(Debug, clap::Args)]
pub(super) struct Sending {
    /// Show just the output received
    #[arg(short, long)]
    raw: bool,
    /// Adds headers to the message using K:V format
    #[arg(short = 'H', long = "header", value_name = "K:V")]
    headers: Vec<String>,
    /// Send multiple requests
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// Translate the message data by running it through the given command before output
    #[arg(long, value_name = "COMMAND", value_parser = parse_translate)]
    translate: Option<Translate>,
    /// Force reading from stdin
    #[arg(long)]
    pub force_stdin: bool,
    /// When to send data from stdin
    #[arg(long, value_enum, default_value_t)]
    send_on: SendOn,
    /// Templates in body and subject (--no-templates turns them off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    templates: bool,
}

/// Sends the requests one after the other, each when the one before has its replies.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let connection = session.connect().await?;
    send_all(session, &connection, args).await
}

/// As [`run`], over a connection that is there already.
pub(super) async fn send_all(session: &Session, connection: &Connection, args: Args) -> anyhow::Result<()> {
    let how = &args.sending;
    let mut bodies = Bodies::choose(args.body.clone(), how.force_stdin, how.send_on, how.raw);
    let mut random = Random::from_system();
    while let Some(body) = bodies.next().await? {
        let draft = Draft::new(&args.subject, body, &how.headers, how.templates)?;
        for number in 1..=how.count.max(1) {
            let message = draft.message(number, &mut random)?;
            match send(&args, connection, message, session.timeout).await? {
                Outcome::Answered => {}
                Outcome::NobodyThere => {
                    log("No responders are available");
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All replies that were waited for, or as many as came in time.
    Answered,
    /// The server said that nobody listens.
    NobodyThere,
}

async fn send(
    args: &Args,
    connection: &Connection,
    message: Outgoing,
    timeout: Duration,
) -> anyhow::Result<Outcome> {
    let Outgoing {
        subject,
        headers,
        payload,
    } = message;
    if !args.sending.raw {
        log(&format!("Sending request on {subject:?}"));
    }
    let client = &connection.client;
    let inbox = client.new_inbox();
    let replies = client
        .subscribe(inbox.clone())
        .await
        .map_err(|e| anyhow!("nats: {e}"))?;
    match headers {
        Some(headers) => {
            client
                .publish_with_reply_and_headers(subject, inbox, headers, payload)
                .await
        }
        None => client.publish_with_reply(subject, inbox, payload).await,
    }
    .map_err(publish_error)?;
    receive(args, replies, timeout).await
}

/// Shows replies until there are enough, or none has come for too long.
async fn receive(args: &Args, mut replies: Subscriber, timeout: Duration) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let mut out = Out::new();
    let (mut received, mut round_trips, mut wait) = (0, Duration::ZERO, timeout);
    loop {
        let Ok(Some(reply)) = tokio::time::timeout(wait, replies.next()).await else {
            return Ok(Outcome::Answered);
        };
        if reply.status == Some(StatusCode::NO_RESPONDERS) {
            return Ok(Outcome::NobodyThere);
        }
        let round_trip = start.elapsed();
        show(args, &reply, round_trip, &mut out).await?;
        received += 1;
        let enough = if args.wait_for_empty {
            reply.payload.is_empty()
        } else {
            args.replies > 0 && (received == args.replies || reply.payload.is_empty())
        };
        if enough {
            return Ok(Outcome::Answered);
        }
        wait = if args.replies == 0 {
            timeout.saturating_sub(start.elapsed())
        } else {
            round_trips += round_trip;
            mean(round_trips, received) + args.reply_timeout
        };
    }
}

fn mean(total: Duration, count: u64) -> Duration {
    total / u32::try_from(count).unwrap_or(u32::MAX)
}

async fn show(args: &Args, reply: &Message, round_trip: Duration, out: &mut Out) -> anyhow::Result<()> {
    let how = &args.sending;
    if !how.raw {
        log(&format!("Received with rtt {}", duration::format(round_trip)));
        let headers = header_lines(reply.headers.as_ref());
        for line in &headers {
            log(line);
        }
        if !headers.is_empty() {
            log("");
        }
    }
    let body = shown(how.translate.as_ref(), &reply.payload, &reply.subject, "").await?;
    out.block(&body)?;
    out.flush()?;
    Ok(())
}
