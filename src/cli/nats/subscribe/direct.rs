//! Reading a stream without a consumer: batches of direct gets (ADR-31).

use std::time::Duration;

use anyhow::bail;
use async_nats::jetstream::stream::Stream;
use async_nats::{Message, StatusCode};
use futures_util::StreamExt as _;
use serde_json::json;

use super::super::output::log;
use super::super::session::Connection;
use super::show::Printer;
use super::{Args, Limits};

/// Messages to one question.
const BATCH: u64 = 500;
/// Between two questions when there is nothing new.
const POLL: Duration = Duration::from_millis(250);
/// How long one batch may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Shows what the stream holds, and what comes, until a limit is reached.
pub(super) async fn run(
    connection: &Connection,
    stream: &Stream,
    args: &Args,
    mut printer: Printer,
    mut limits: Limits,
) -> anyhow::Result<()> {
    let info = stream.cached_info();
    let filter = args.subjects.first().map_or(">", String::as_str);
    log(&format!(
        "Subscribing to JetStream Stream (direct) holding messages with subject {filter} "
    ));
    let subject = format!("{}.DIRECT.GET.{}", connection.api.prefix(), info.config.name);
    let mut question = args.stream.first_question(&info.state);
    loop {
        question["batch"] = BATCH.into();
        question["next_by_subj"] = filter.into();
        let messages = batch(connection, &subject, &question).await?;
        let nothing = messages.is_empty();
        for message in messages {
            if let Some(sequence) = sequence(&message) {
                question = json!({ "seq": sequence + 1 });
            }
            let message = as_published(message);
            if limits.ignores(&message.subject) {
                continue;
            }
            let number = limits.next();
            printer.message(number, &message).await?;
            if limits.is_reached() {
                printer.flush()?;
                return Ok(());
            }
        }
        printer.flush()?;
        if nothing {
            if args.stream.terminate_at_end {
                return Ok(());
            }
            let waited = async {
                tokio::time::sleep(POLL).await;
                Some(())
            };
            if limits.wait_for(waited).await.is_none() {
                return Ok(());
            }
        }
    }
}

/// One question and its answers; none when there is nothing there yet.
async fn batch(
    connection: &Connection,
    subject: &str,
    question: &serde_json::Value,
) -> anyhow::Result<Vec<Message>> {
    /// "No content": the batch is complete.
    const ENDED: u16 = 204;
    let client = &connection.client;
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await?;
    client
        .publish_with_reply(subject.to_owned(), inbox, serde_json::to_vec(question)?.into())
        .await?;
    let mut messages = Vec::new();
    loop {
        let Ok(Some(answer)) = tokio::time::timeout(PATIENCE, answers.next()).await else {
            bail!("nats: timeout");
        };
        match answer.status {
            None => messages.push(answer),
            Some(status) if status.as_u16() == ENDED || status == StatusCode::NOT_FOUND => {
                return Ok(messages);
            }
            Some(status) => bail!(
                "{} {}",
                status.as_u16(),
                answer.description.as_deref().unwrap_or("")
            ),
        }
    }
}

fn header<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    let headers = message.headers.as_ref()?;
    Some(headers.get(name)?.as_str())
}

fn sequence(message: &Message) -> Option<u64> {
    header(message, "Nats-Sequence")?.parse().ok()
}

/// The message under the subject that it was published on.
fn as_published(mut message: Message) -> Message {
    if let Some(subject) = header(&message, "Nats-Subject").map(str::to_owned) {
        message.subject = subject.into();
    }
    message.reply = None;
    message
}
