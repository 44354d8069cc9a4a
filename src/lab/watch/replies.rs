//! Pairs the learner's requests with the answers that go to their inboxes.

use std::collections::VecDeque;
use std::time::Duration;

use async_nats::{Client, Subscriber};
use futures_util::StreamExt;
use tokio::time::Instant;

use super::{Notes, has_payload, line};
use crate::lab::compare::Expected;

/// Where clients have their answers sent.
const INBOXES: &str = "_INBOX.>";
/// Requests that may be waiting for an answer; of more, the oldest are forgotten.
const WAITING_MAX: usize = 1024;

pub(super) struct Pairs {
    requests: Subscriber,
    answers: Subscriber,
}

impl Pairs {
    pub(super) async fn open(client: &Client, subject: &str) -> Option<Pairs> {
        Some(Pairs {
            requests: client.subscribe(subject.to_owned()).await.ok()?,
            answers: client.subscribe(INBOXES).await.ok()?,
        })
    }

    pub(super) async fn follow(mut self, payload: Option<Expected>, latency: Option<Duration>, notes: Notes) {
        let mut waiting: VecDeque<(String, Instant)> = VecDeque::new();
        loop {
            // The request came first on the wire, so it is taken first when both are there.
            tokio::select! {
                biased;
                request = self.requests.next() => {
                    let Some(request) = request else { return };
                    let Some(inbox) = request.reply else { continue };
                    if waiting.len() == WAITING_MAX {
                        waiting.pop_front();
                    }
                    waiting.push_back((inbox.to_string(), Instant::now()));
                }
                answer = self.answers.next() => {
                    let Some(answer) = answer else { return };
                    let asked = waiting.iter().position(|(inbox, _)| *inbox == *answer.subject);
                    let Some((_, at)) = asked.and_then(|index| waiting.remove(index)) else { continue };
                    let in_time = latency.is_none_or(|latency| at.elapsed() <= latency);
                    let fits = in_time && has_payload(payload.as_ref(), &answer);
                    notes.note(|heard| match fits {
                        true => heard.count(),
                        false => heard.other = Some(line(&answer)),
                    });
                }
            }
        }
    }
}
