//! What a pane shows, as lines of JSON (NDJSON) for another program: `goingnats inspect --ndjson`.
//!
//! Messages, keys, events and services come as they come; streams, consumers and subjects are looked at once a second,
//! and one that has changed is a line. It goes on until whoever reads is gone, or the program is stopped.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::{Client, Message};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::texts;
use crate::client::api::Api;
use crate::client::intake::header_pairs;
use crate::client::record::Record;
use crate::client::{ConnectSettings, connect};
use crate::proto::subject;
use crate::tui::panes::PaneKind;
use crate::tui::panes::subjects::tree::{NodeId, ROOT, Tree};
use crate::util::time::Timestamp;

/// How often what changes by itself is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What is told of logins and of JetStream.
const EVENTS: [&str; 2] = ["$SYS.>", "$JS.EVENT.>"];
/// Where services tell how they do.
const SERVICES: &str = "$SRV.STATS";

/// Writes lines until nobody reads them any more.
///
/// # Errors
/// The server cannot be reached or does not tell, the pattern is none, or the pane has nothing to tell.
pub fn run(kind: PaneKind, pattern: &str, settings: &ConnectSettings) -> Result<()> {
    if !subject::is_valid_pattern(pattern.as_bytes()) {
        bail!("{}", texts::no_pattern(pattern));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let told = runtime.block_on(async {
        let client = connect(settings).await?;
        match kind {
            PaneKind::Subscribe => follow(&client, &[pattern]).await,
            PaneKind::KeyValue => follow(&client, &["$KV.>"]).await,
            PaneKind::Server => follow(&client, &EVENTS).await,
            PaneKind::Subjects => count(&client, pattern).await,
            PaneKind::Streams => watch(&client, settings, Kept::Streams).await,
            PaneKind::Objects => watch(&client, settings, Kept::Objects).await,
            PaneKind::Consumers => watch(&client, settings, Kept::Consumers).await,
            PaneKind::Services => ask_services(&client).await,
            PaneKind::Publish | PaneKind::Request | PaneKind::Wire | PaneKind::Labs => {
                bail!("{}", texts::no_lines(kind.name()))
            }
        }
    });
    match told {
        // Whoever read has seen enough.
        Err(error) if is_gone(&error) => Ok(()),
        told => told,
    }
}

fn is_gone(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn write(line: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    Ok(out.flush()?)
}

fn write_value(mut value: Value) -> Result<()> {
    value["time"] = Timestamp::now().to_string().into();
    write(&format!("{value}\n"))
}

/// Messages as they come, in the form in which the pane saves them.
async fn follow(client: &Client, patterns: &[&str]) -> Result<()> {
    let mut all = futures_util::stream::SelectAll::new();
    for pattern in patterns {
        all.push(client.subscribe((*pattern).to_owned()).await?);
    }
    while let Some(message) = all.next().await {
        write(&record(&message).ndjson())?;
    }
    Ok(())
}

fn record(message: &Message) -> Record {
    let headers = message.headers.as_ref().map(header_pairs).unwrap_or_default();
    Record::new(
        Timestamp::now(),
        &message.subject,
        message.reply.as_deref(),
        &headers,
        &message.payload,
    )
}

/// The subjects that something came on since the last look.
async fn count(client: &Client, pattern: &str) -> Result<()> {
    let mut messages = client.subscribe(pattern.to_owned()).await?;
    let mut tree = Tree::default();
    let mut told: HashMap<NodeId, u64> = HashMap::new();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(message) => tree.take(Timestamp::now(), &message.subject, &message.payload),
                None => return Ok(()),
            },
            _ = ticks.tick() => tell_subjects(&tree, &mut told)?,
        }
    }
}

fn tell_subjects(tree: &Tree, told: &mut HashMap<NodeId, u64>) -> Result<()> {
    let mut open: Vec<(NodeId, String)> = vec![(ROOT, String::new())];
    while let Some((id, subject)) = open.pop() {
        let node = tree.node(id);
        if node.own > 0 && told.insert(id, node.own) != Some(node.own) {
            write_value(json!({
                "subject": subject,
                "messages": node.own,
                "value": String::from_utf8_lossy(&node.value),
            }))?;
        }
        open.extend(node.children.iter().map(|child| {
            let token = tree.token(*child);
            let name = match subject.as_str() {
                "" => token.to_owned(),
                above => format!("{above}.{token}"),
            };
            (*child, name)
        }));
    }
    Ok(())
}

/// What JetStream keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Streams,
    Objects,
    Consumers,
}

/// Streams or consumers that have changed since the last look.
async fn watch(client: &Client, settings: &ConnectSettings, what: Kept) -> Result<()> {
    let api = Api::new(client.clone(), settings.timeout);
    let mut told: HashMap<String, Value> = HashMap::new();
    loop {
        for line in look(&api, what).await? {
            let name = format!("{} {}", line["stream"], line["consumer"]);
            if told.get(&name) != Some(&line) {
                told.insert(name, line.clone());
                write_value(line)?;
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn look(api: &Api, what: Kept) -> Result<Vec<Value>> {
    let streams = api
        .list("STREAM.LIST", "streams", &json!({}))
        .await
        .context(texts::nothing_told())?;
    let mut lines = Vec::new();
    for stream in streams {
        let name = stream["config"]["name"].as_str().unwrap_or_default();
        if what != Kept::Consumers {
            if what == Kept::Streams || name.starts_with("OBJ_") {
                lines.push(json!({ "stream": name, "subjects": stream["config"]["subjects"], "state": stream["state"] }));
            }
            continue;
        }
        let consumers = api
            .list(&format!("CONSUMER.LIST.{name}"), "consumers", &json!({}))
            .await?;
        lines.extend(consumers.into_iter().map(|info| {
            json!({
                "stream": name,
                "consumer": info["name"],
                "delivered": info["delivered"],
                "ack_floor": info["ack_floor"],
                "num_pending": info["num_pending"],
                "num_ack_pending": info["num_ack_pending"],
                "num_redelivered": info["num_redelivered"],
                "num_waiting": info["num_waiting"],
            })
        }));
    }
    Ok(lines)
}

/// What services say of themselves, asked again and again.
async fn ask_services(client: &Client) -> Result<()> {
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await?;
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            answer = answers.next() => match answer {
                // Nobody there is an answer without a payload.
                Some(answer) if answer.payload.is_empty() => {}
                Some(answer) => write_value(json!({
                    "stats": serde_json::from_slice::<Value>(&answer.payload).unwrap_or_default(),
                }))?,
                None => return Ok(()),
            },
            _ = ticks.tick() => client.publish_with_reply(SERVICES, inbox.clone(), "".into()).await?,
        }
    }
}
