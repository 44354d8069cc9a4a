//! What was published since a step began: a subscription for every check that asks for it.

use std::sync::{Arc, Mutex, PoisonError};

use async_nats::{Client, Message};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::check::{Check, Kind};
use super::compare::shorten;

/// What one check has heard.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// Messages that fit.
    pub fitting: u64,
    /// The last that did not, on a line.
    pub other: Option<String>,
}

/// A running subscription.
#[derive(Debug)]
pub struct Watch {
    heard: Arc<Mutex<Heard>>,
    task: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watch {
    /// Begins to listen, for checks that need it; `news` is told of each message.
    pub async fn start(client: &Client, check: &Check, news: Arc<Notify>) -> Option<Watch> {
        let Kind::Published { subject, .. } = &check.kind else {
            return None;
        };
        let mut messages = client.subscribe(subject.clone()).await.ok()?;
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (kept, kind) = (heard.clone(), check.kind.clone());
        let task = tokio::spawn(async move {
            while let Some(message) = messages.next().await {
                let mut heard = kept.lock().unwrap_or_else(PoisonError::into_inner);
                match fits(&kind, &message) {
                    true => heard.fitting += 1,
                    false => heard.other = Some(line(&message)),
                }
                drop(heard);
                news.notify_one();
            }
        });
        Some(Watch {
            heard,
            task: task.abort_handle(),
        })
    }

    /// What it has heard so far.
    pub fn heard(&self) -> Heard {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn fits(kind: &Kind, message: &Message) -> bool {
    let Kind::Published { payload, header, .. } = kind else {
        return false;
    };
    let text = String::from_utf8_lossy(&message.payload).into_owned();
    let has_payload = payload
        .as_ref()
        .is_none_or(|expected| expected.accepts(&text.into()));
    let has_header = header.as_ref().is_none_or(|(name, expected)| {
        let value = message.headers.as_ref().and_then(|all| all.get(name.as_str()));
        expected.accepts(&value.map_or(Value::Null, |value| value.as_str().into()))
    });
    has_payload && has_header
}

fn line(message: &Message) -> String {
    let text = String::from_utf8_lossy(&message.payload);
    shorten(&format!("{}: {text}", message.subject))
}
