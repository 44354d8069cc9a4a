//! What a lab does itself before a step: `lab-setup` blocks.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::client::api::{Api, ApiError};
use crate::util::duration;

/// Most messages of one action.
const MESSAGES_MAX: u64 = 10_000;

/// One line of a setup.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// A stream with this configuration, as JetStream's API has it; one of that name may be there.
    Stream(Value),
    /// A consumer: its stream and its configuration.
    Consumer {
        /// The stream.
        stream: String,
        /// As JetStream's API has it.
        config: Value,
    },
    /// Messages; `{{n}}` counts from 1.
    Publish {
        /// Subject of each.
        subject: String,
        /// Payload of each.
        payload: String,
        /// How many.
        #[serde(default = "one")]
        count: u64,
        /// Milliseconds between two. With such a pace it goes on beside the step.
        #[serde(default)]
        every_ms: u64,
    },
    /// A stream is deleted; it need not be there.
    DeleteStream(String),
    /// The clock of the lab's JetStream goes forward by a time such as `30s`: what would happen within it, happens now.
    Clock(#[serde(deserialize_with = "span")] Duration),
    /// A client that stays for as long as the lab, on a connection of its own: publishes to the subjects in turn.
    Client {
        /// Name of its connection.
        name: String,
        /// Where it publishes.
        subjects: Vec<String>,
        /// Milliseconds between two messages.
        every_ms: u64,
    },
}

/// Turns the clock of the lab's JetStream forward; only who has the broker in the same process can.
pub type TurnClock = Arc<dyn Fn(Duration) + Send + Sync>;

fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    duration::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn one() -> u64 {
    1
}

impl Action {
    /// True when the learner need not wait until it is over.
    pub fn takes_time(&self) -> bool {
        matches!(self, Action::Publish { every_ms, .. } if *every_ms > 0)
    }

    /// Does it; what is there already is left alone. [`Action::Client`] and [`Action::Clock`] are
    /// the session's.
    pub async fn perform(&self, client: &Client, api: &Api) -> Result<(), ApiError> {
        match self {
            Action::Stream(config) => {
                let name = config["name"].as_str().unwrap_or_default();
                api.request(&format!("STREAM.CREATE.{name}"), config).await?;
            }
            Action::DeleteStream(name) => {
                match api.request(&format!("STREAM.DELETE.{name}"), &Value::Null).await {
                    Ok(_) | Err(ApiError::Refused { status: 404, .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Action::Consumer { stream, config } => {
                let name = config["durable_name"].as_str().unwrap_or_default();
                let body = serde_json::json!({"stream_name": stream, "config": config});
                api.request(&format!("CONSUMER.DURABLE.CREATE.{stream}.{name}"), &body)
                    .await?;
            }
            Action::Publish {
                subject,
                payload,
                count,
                every_ms,
            } => {
                for n in 1..=(*count).min(MESSAGES_MAX) {
                    let text = payload.replace("{{n}}", &n.to_string());
                    let subject = subject.replace("{{n}}", &n.to_string());
                    // The connection reconnects by itself; a lost message shows in the checks.
                    let _ = client.publish(subject, text.into()).await;
                    if *every_ms > 0 {
                        tokio::time::sleep(Duration::from_millis(*every_ms)).await;
                    }
                }
                let _ = client.flush().await;
            }
            Action::Client { .. } | Action::Clock(_) => {}
        }
        Ok(())
    }
}
