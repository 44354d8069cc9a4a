//! Sends requests one after the other, each again until it is answered, and counts who answered.

use std::time::Duration;

use async_nats::{Client, Request, RequestErrorKind};
use tokio::time::sleep;

use super::{Notes, text};
use crate::lab::compare::shorten;

/// How long an answer may take before the request is sent again.
const ANSWER_TIME: Duration = Duration::from_secs(2);
/// Between two attempts while there is nobody.
const PAUSE_TIME: Duration = Duration::from_millis(200);
/// The least time between two requests.
const EVERY_MIN: Duration = Duration::from_millis(1);
/// Those who answer that are told apart; later ones are counted as one.
const RESPONDERS_MAX: usize = 500;
/// Who the others are.
const OTHERS: &str = "…";

/// Goes on until it is dropped: it is the check that knows when there were enough.
pub(super) async fn send(client: Client, subject: String, payload: String, every: Duration, notes: Notes) {
    for number in 1u64.. {
        let text_now = payload.replace("{{n}}", &number.to_string());
        loop {
            let request = Request::new()
                .payload(text_now.clone().into())
                .timeout(Some(ANSWER_TIME));
            match client.send_request(subject.clone(), request).await {
                Ok(answer) => {
                    let name = shorten(text(&answer).trim());
                    notes.note(|heard| {
                        let is_new = !heard.by.contains_key(&name);
                        let name = match is_new && heard.by.len() >= RESPONDERS_MAX {
                            true => OTHERS.to_owned(),
                            false => name,
                        };
                        *heard.by.entry(name).or_default() += 1;
                        heard.count();
                    });
                    break;
                }
                Err(error) if error.kind() == RequestErrorKind::NoResponders => {}
                Err(_) => notes.note(|heard| heard.again += 1),
            }
            sleep(PAUSE_TIME).await;
        }
        sleep(every.max(EVERY_MIN)).await;
    }
}
