//! What the talk's Go blocks do, done by our own client on a machine without Go.
//!
//! The effect is read out of the source: which stream it creates, which consumer it averages over,
//! what it requests. A block that does something else is refused with the reason.

use std::fmt::Display;
use std::time::Duration;

use async_nats::jetstream::{self, consumer, stream};
use futures_util::StreamExt;

use super::job::{Recorder, Status};
use super::process::Launcher;
use super::texts;

/// The longest an effect may take.
const EFFECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long to wait for a reply, as the talk's block does.
const REPLY_TIME_MAX: Duration = Duration::from_secs(2);
/// How long the server keeps the consumer once nobody asks.
const INACTIVE_THRESHOLD: Duration = Duration::from_secs(1);
/// Messages asked for at a time.
const BATCH_MESSAGES: usize = 500;

/// What a block would do.
#[derive(Debug, PartialEq, Eq)]
enum Effect<'a> {
    CreateStream { name: &'a str, subjects: Vec<&'a str> },
    Average { stream: &'a str, filter: &'a str },
    Request { subject: &'a str, payload: &'a str },
}

/// Does what the source would do, and says that it is us.
pub(super) async fn perform(launcher: &Launcher, source: &str) -> Status {
    let recorder = &launcher.recorder;
    let Some(effect) = Effect::of(source) else {
        recorder.note(texts::no_go());
        return Status::Failed;
    };
    recorder.note(texts::without_go());
    let work = tokio::time::timeout(
        EFFECT_TIME_MAX,
        effect.perform(&launcher.environment.url, recorder),
    );
    tokio::select! {
        done = work => match done {
            Ok(Ok(())) => Status::Done { code: 0 },
            Ok(Err(reason)) => fail(recorder, reason),
            Err(elapsed) => fail(recorder, elapsed),
        },
        () = recorder.cancelled() => Status::Cancelled,
    }
}

fn fail(recorder: &Recorder, reason: impl Display) -> Status {
    recorder.say(texts::failed(&reason.to_string()));
    Status::Done { code: 1 }
}

impl<'a> Effect<'a> {
    fn of(source: &'a str) -> Option<Effect<'a>> {
        if source.contains(".AddStream(") || source.contains(".CreateStream(") {
            let list = source.split_once("Subjects:")?.1.split_once('}')?.0;
            return Some(Effect::CreateStream {
                name: quoted_after(source, "Name:")?,
                subjects: list.split('"').skip(1).step_by(2).collect(),
            });
        }
        if source.contains(".CreateConsumer(") {
            return Some(Effect::Average {
                stream: quoted_after(source, ".CreateConsumer(")?,
                filter: quoted_after(source, "FilterSubject:")?,
            });
        }
        let call = source.split_once(".Request(")?.1;
        Some(Effect::Request {
            subject: quoted_after(call, "")?,
            payload: quoted_after(call, "[]byte(")?,
        })
    }

    async fn perform(&self, url: &str, recorder: &Recorder) -> Result<(), async_nats::Error> {
        let client = async_nats::connect(url).await?;
        match self {
            Effect::CreateStream { name, subjects } => create_stream(client, name, subjects, recorder).await,
            Effect::Average { stream, filter } => average(client, stream, filter, recorder).await,
            Effect::Request { subject, payload } => request(client, subject, payload, recorder).await,
        }
    }
}

fn quoted_after<'a>(source: &'a str, mark: &str) -> Option<&'a str> {
    source.split_once(mark)?.1.split('"').nth(1)
}

async fn create_stream(
    client: async_nats::Client,
    name: &str,
    subjects: &[&str],
    recorder: &Recorder,
) -> Result<(), async_nats::Error> {
    let config = stream::Config {
        name: name.to_owned(),
        subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
        storage: stream::StorageType::Memory,
        num_replicas: 1,
        ..stream::Config::default()
    };
    jetstream::new(client).create_stream(config).await?;
    recorder.say("Stream successfully created!");
    Ok(())
}

async fn average(
    client: async_nats::Client,
    stream: &str,
    filter: &str,
    recorder: &Recorder,
) -> Result<(), async_nats::Error> {
    let config = consumer::pull::Config {
        filter_subject: filter.to_owned(),
        ack_policy: consumer::AckPolicy::Explicit,
        inactive_threshold: INACTIVE_THRESHOLD,
        ..consumer::pull::Config::default()
    };
    let consumer = jetstream::new(client.clone())
        .create_consumer_on_stream(config, stream)
        .await?;
    recorder.say("Consuming messages with ephemeral consumer...");
    let (mut sum, mut count) = (0.0, 0u32);
    loop {
        let mut batch = consumer.fetch().max_messages(BATCH_MESSAGES).messages().await?;
        let mut received = 0;
        while let Some(message) = batch.next().await {
            let message = message?;
            received += 1;
            match String::from_utf8_lossy(&message.payload).parse::<f64>() {
                Ok(value) => {
                    sum += value;
                    count += 1;
                    message.ack().await?;
                }
                Err(_) => {
                    recorder.say(format!(
                        "Invalid temperature value: {}",
                        String::from_utf8_lossy(&message.payload)
                    ));
                    message.ack_with(jetstream::AckKind::Term).await?;
                }
            }
        }
        if received < BATCH_MESSAGES {
            break;
        }
    }
    // Acknowledgements wait in the client, which is about to go.
    client.flush().await?;
    recorder.say(match count {
        0 => "No temperature data found.".to_owned(),
        n => format!("Average temperature: {:.2}", sum / f64::from(n)),
    });
    Ok(())
}

async fn request(
    client: async_nats::Client,
    subject: &str,
    payload: &str,
    recorder: &Recorder,
) -> Result<(), async_nats::Error> {
    let request = client.request(subject.to_owned(), payload.to_owned().into());
    let reply = tokio::time::timeout(REPLY_TIME_MAX, request).await??;
    recorder.say(format!(
        "Received reply: {}",
        String::from_utf8_lossy(&reply.payload).trim_end()
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effect_is_read_from_the_source() {
        let create = "streamConfig := &nats.StreamConfig{ Name: \"SENSORS\",\n Subjects: []string{\"a.b\", \"a.c\"},\n }\n js.AddStream(streamConfig)";
        let expected = Effect::CreateStream {
            name: "SENSORS",
            subjects: vec!["a.b", "a.c"],
        };
        assert_eq!(Effect::of(create), Some(expected));
        let average = "js.CreateConsumer(ctx, \"SENSORS\", X{ FilterSubject: \"a.b\", })";
        let expected = Effect::Average {
            stream: "SENSORS",
            filter: "a.b",
        };
        assert_eq!(Effect::of(average), Some(expected));
        let request = "fmt.Println(\"x\"); nc.Request(\"commands\", []byte(\"reboot\"), timeout)";
        let expected = Effect::Request {
            subject: "commands",
            payload: "reboot",
        };
        assert_eq!(Effect::of(request), Some(expected));
        assert_eq!(Effect::of("fmt.Println(\"hei\")"), None);
    }
}
