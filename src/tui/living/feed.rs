//! The tasks that feed a record: subscriptions, or a stream that is read along.

use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::stream::RetentionPolicy;
use futures_util::StreamExt;

use super::record::Record;
use super::texts;
use crate::deck::Source;
use crate::tui::panes::PaneContext;
use crate::tui::panes::follow::Follow;
use crate::tui::panes::internal::is_internal;
use crate::tui::panes::jetstream::JetStream;
use crate::tui::panes::task::{PULSE, Shared, Task};
use crate::tui::panes::trouble::Trouble;
use crate::util::time::Timestamp;

/// The most messages taken at once.
const BATCH_MAX: usize = 4_096;
/// From a stream that is not there to the next look.
const RETRY_TIME: Duration = Duration::from_millis(500);

/// Starts whatever the source needs.
pub fn start(source: &Source, record: &Shared<Record>, context: &PaneContext) -> Vec<Task> {
    let sampled = record.clone();
    let mut tasks = vec![context.pulse(move || sampled.lock().sample(Instant::now()))];
    match source {
        Source::Subjects { subjects, queue } => {
            for subject in subjects {
                let feed = subscribe(context.clone(), record.clone(), subject.clone(), queue.clone());
                tasks.push(context.spawn(feed));
            }
        }
        Source::Stored {
            stream,
            subjects,
            from_start,
        } => {
            let read = Stored {
                stream: stream.clone(),
                subjects: subjects.clone(),
                from_start: *from_start,
            };
            tasks.push(context.spawn(read.follow(context.clone(), record.clone())));
        }
        Source::Stream(_)
        | Source::Request { .. }
        | Source::Publish { .. }
        | Source::Poll(_)
        | Source::Questions(_) => {}
    }
    tasks
}

async fn subscribe(context: PaneContext, record: Shared<Record>, subject: String, queue: Option<String>) {
    let refusals = context.incidents.refusals();
    let subscribed = match queue {
        Some(queue) => context.client.queue_subscribe(subject.clone(), queue).await,
        None => context.client.subscribe(subject.clone()).await,
    };
    let subscription = match subscribed {
        Ok(subscription) => subscription,
        Err(error) => {
            record.lock().set_trouble(error.to_string());
            return context.waker.wake();
        }
    };
    let mut batches = subscription.ready_chunks(BATCH_MAX);
    loop {
        // A refusal comes as an event of the connection, some time after subscribing succeeded.
        let Ok(batch) = tokio::time::timeout(PULSE, batches.next()).await else {
            if let Some(text) = context.incidents.refusal_since(refusals, &subject) {
                record.lock().set_trouble(text);
                context.waker.wake();
            }
            continue;
        };
        let Some(messages) = batch else { return };
        take(&record, &subject, &messages);
        context.waker.wake();
        tokio::task::yield_now().await;
    }
}

fn take(record: &Shared<Record>, pattern: &str, messages: &[async_nats::Message]) {
    let now = Timestamp::now();
    let mut record = record.lock();
    for message in messages {
        if !is_internal(pattern, &message.subject, message.reply.as_deref()) {
            record.take(None, now, &message.subject, &message.payload);
        }
    }
}

/// Messages that a stream has taken.
struct Stored {
    stream: String,
    subjects: Vec<String>,
    from_start: bool,
}

impl Stored {
    /// Waits for the stream, reads it along, and begins anew when it was replaced.
    async fn follow(self, context: PaneContext, record: Shared<Record>) {
        let api = JetStream::new(&context);
        loop {
            match api.stream(&self.stream).await {
                Ok(info) if info.config.retention == RetentionPolicy::Limits => {
                    record.lock().clear();
                    let read = self.read(&context, &record);
                    tokio::select! {
                        failed = read => if let Err(why) = failed {
                            record.lock().set_trouble(why);
                        },
                        () = replaced(&api, &self.stream, info.created.unix_timestamp_nanos(), &record) => {}
                    }
                }
                Ok(_) => record.lock().set_trouble(texts::would_disturb(&self.stream)),
                Err(trouble) => record.lock().set_trouble(trouble.to_string()),
            }
            context.waker.wake();
            tokio::time::sleep(RETRY_TIME).await;
        }
    }

    async fn read(&self, context: &PaneContext, record: &Shared<Record>) -> Result<(), String> {
        let follow = Follow {
            stream: self.stream.clone(),
            subjects: self.subjects.clone(),
            policy: match self.from_start {
                true => DeliverPolicy::All,
                false => DeliverPolicy::New,
            },
            purpose: "lysbilde",
            description: "goingnats living slide",
        };
        let take = |messages: Vec<(u64, async_nats::jetstream::Message)>| {
            let mut record = record.lock();
            for (sequence, message) in messages {
                let at = message
                    .info()
                    .ok()
                    .and_then(|info| i64::try_from(info.published.unix_timestamp_nanos()).ok())
                    .map_or_else(Timestamp::now, Timestamp::from_nanos);
                record.take(Some(sequence), at, &message.subject, &message.payload);
            }
            true
        };
        follow.run(context, take).await
    }
}

/// Waits until the stream is gone or emptied, or another one of that name has been made.
async fn replaced(api: &JetStream, stream: &str, created: i128, record: &Shared<Record>) {
    loop {
        tokio::time::sleep(RETRY_TIME).await;
        let is_gone = match api.stream(stream).await {
            Ok(info) => {
                let is_empty = info.state.messages == 0 && record.lock().total > 0;
                is_empty || info.created.unix_timestamp_nanos() != created
            }
            Err(Trouble::NoStream(_)) => true,
            Err(_) => false,
        };
        if is_gone {
            return;
        }
    }
}
