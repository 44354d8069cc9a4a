//! A poll at work: the stage takes answers, keeps them, and answers; every screen that shows it counts what is kept.

use std::sync::Arc;

use async_nats::jetstream::kv::{Operation, Store};
use async_nats::{HeaderMap, Message};
use futures_util::StreamExt;

use super::ballot::{Ballot, Refused, Standing, Vote};
use super::room::{self, RETRY_TIME};
use crate::tui::panes::PaneContext;
use crate::tui::panes::task::{Shared, Task, detach};

/// The header that a name can stand in.
const NAME_HEADER: &str = "Name";

/// Whether a screen takes answers or only shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// The stage.
    #[default]
    Collects,
    /// Everybody else's screen.
    Shows,
}

/// Starts the tasks of a poll.
pub fn start(ballot: &Shared<Ballot>, role: Role, context: &PaneContext) -> Vec<Task> {
    let watch = follow(context.clone(), ballot.clone(), role);
    let mut tasks = vec![context.spawn(watch)];
    if role == Role::Collects {
        tasks.push(context.spawn(collect(context.clone(), ballot.clone())));
    }
    tasks
}

/// Has everybody know how far the poll is now.
pub fn stand(standing: Standing, ballot: &Shared<Ballot>, context: &PaneContext) {
    let (context, ballot) = (context.clone(), ballot.clone());
    detach(&context.runtime.clone(), async move {
        let name = ballot.lock().poll.name.clone();
        let before = ballot.lock().standing.round;
        let kept = match room::bucket(&context, true).await {
            Some(store) => keep_standing(&store, &name, standing).await,
            None => false,
        };
        ballot.lock().made.notify_one();
        // Without a bucket the poll is this screen's alone.
        if !kept {
            ballot.lock().stand(standing);
        }
        if standing.round > before
            && let Some(store) = room::bucket(&context, false).await
        {
            forget(&store, &name, before).await;
        }
        context.waker.wake();
    });
}

async fn keep_standing(store: &Store, name: &str, standing: Standing) -> bool {
    let Ok(text) = serde_json::to_vec(&standing) else {
        return false;
    };
    store.put(standing_key(name), text.into()).await.is_ok()
}

/// Removes the answers of a round that is over.
async fn forget(store: &Store, name: &str, round: u64) {
    let subject = format!("{}{}", store.prefix, votes_key(name, round, "*"));
    // What stays behind is only in nobody's way: it is counted for no other round.
    let _ = store.stream.purge().filter(subject).await;
}

fn standing_key(name: &str) -> String {
    format!("poll.{name}.standing")
}

fn votes_key(name: &str, round: u64, voter: &str) -> String {
    format!("poll.{name}.votes.{round}.{voter}")
}

/// Counts what is kept, from the beginning and as it comes.
async fn follow(context: PaneContext, ballot: Shared<Ballot>, role: Role) {
    let made = Arc::clone(&ballot.lock().made);
    loop {
        let store = room::await_bucket(&context, role, &made).await;
        watch(&store, &ballot, &context).await;
        tokio::time::sleep(RETRY_TIME).await;
    }
}

async fn watch(store: &Store, ballot: &Shared<Ballot>, context: &PaneContext) {
    let prefix = format!("poll.{}.", ballot.lock().poll.name);
    let Ok(mut entries) = store.watch_with_history(format!("{prefix}>")).await else {
        return;
    };
    while let Some(entry) = entries.next().await {
        let Ok(entry) = entry else { return };
        if entry.operation == Operation::Put
            && let Some(key) = entry.key.strip_prefix(&prefix)
        {
            take(&mut ballot.lock(), key, &entry.value);
        }
        context.waker.wake();
    }
}

fn take(ballot: &mut Ballot, key: &str, value: &[u8]) {
    if key == "standing" {
        if let Ok(standing) = serde_json::from_slice(value) {
            ballot.stand(standing);
        }
        return;
    }
    let vote = key.strip_prefix("votes.").and_then(|key| {
        let (round, voter) = key.split_once('.')?;
        let option = ballot.poll.choice(std::str::from_utf8(value).ok()?)?;
        let voter = voter.to_owned();
        Some((round.parse().ok()?, Vote { voter, option }))
    });
    if let Some((round, vote)) = vote {
        ballot.count(round, vote);
    }
}

/// Takes answers as long as the slide is shown.
async fn collect(context: PaneContext, ballot: Shared<Ballot>) {
    let subject = ballot.lock().poll.subject();
    let mut answers = match context.client.subscribe(subject).await {
        Ok(answers) => answers,
        Err(error) => {
            ballot.lock().trouble = Some(error.to_string());
            return context.waker.wake();
        }
    };
    let made = Arc::clone(&ballot.lock().made);
    let mut store = None;
    let mut number = rand_start();
    while let Some(message) = answers.next().await {
        if store.is_none() {
            // Nothing is written to a server before there is something to keep.
            store = room::bucket(&context, true).await;
            made.notify_one();
        }
        number = number.wrapping_add(1);
        let told = answer(&message, number, &ballot, &mut store).await;
        if let Some(reply) = message.reply {
            let (text, headers) = match told {
                Ok(text) => (text, HeaderMap::new()),
                Err(text) => (text.clone(), refusal_headers(&text)),
            };
            let _ = match headers.is_empty() {
                true => context.client.publish(reply, text.into()).await,
                false => {
                    let client = &context.client;
                    client.publish_with_headers(reply, headers, text.into()).await
                }
            };
        }
        context.waker.wake();
    }
}

/// As services say it.
pub(super) fn refusal_headers(text: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Service-Error", text);
    headers.insert("Nats-Service-Error-Code", "400");
    headers
}

/// Takes one answer; what its sender is told, and whether that is a refusal.
async fn answer(
    message: &Message,
    number: u64,
    ballot: &Shared<Ballot>,
    store: &mut Option<Store>,
) -> Result<String, String> {
    let name = name_of(message);
    let reply = message.reply.as_deref();
    let (read, name_of_poll, round) = {
        let ballot = ballot.lock();
        let read = ballot.read(&message.payload, name, reply, number);
        (read, ballot.poll.name.clone(), ballot.standing.round)
    };
    let vote = read.map_err(|refused| ballot.lock().refusal(&refused))?;
    let before = ballot.lock().of(&vote.voter);
    if let Some(kept_in) = store {
        let letter = crate::deck::letter(vote.option).to_string();
        let kept = kept_in.put(votes_key(&name_of_poll, round, &vote.voter), letter.into());
        if let Err(error) = kept.await {
            // It may be gone; the next answer makes another.
            *store = None;
            let refused = Refused::NotKept(error.to_string());
            return Err(ballot.lock().refusal(&refused));
        }
    }
    let mut ballot = ballot.lock();
    let told = ballot.told(&vote, before);
    // It comes by the bucket, too, which then changes nothing.
    ballot.count(round, vote);
    Ok(told)
}

/// The name in a message's header.
pub(super) fn name_of(message: &Message) -> Option<&str> {
    let headers = message.headers.as_ref()?;
    headers.get(NAME_HEADER).map(async_nats::HeaderValue::as_str)
}

/// Answers that say nothing of whom they are from are numbered from here, differently in each show.
fn rand_start() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}
