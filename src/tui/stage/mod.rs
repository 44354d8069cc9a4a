//! What the stage tells a speaker's second screen, over NATS like everything else: where the talk stands on
//! [`SUBJECT`] whenever that changes, and the whole of it to whoever asks on [`WHOLE_SUBJECT`].

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::panes::PaneContext;

/// Where each change is told.
pub const SUBJECT: &str = "goingnats.stage";
/// Where the deck and the place in it can be asked for.
pub const WHOLE_SUBJECT: &str = "goingnats.stage.get";

/// Where the talk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// The slide, from 0.
    pub page: usize,
    /// How much of it is shown.
    pub step: usize,
    /// How often the deck was read anew; another number means that the deck must be asked for again.
    pub edition: u64,
    /// Milliseconds since the talk left its first slide; none before.
    pub elapsed: Option<u64>,
}

/// Everything that a second screen needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Whole {
    /// Where the talk stands.
    pub place: Place,
    /// The markdown of each slide.
    pub slides: Vec<String>,
}

/// The stage's end of it.
#[derive(Debug, Default)]
pub struct Stage {
    whole: Arc<Mutex<Whole>>,
}

impl Stage {
    /// Notes the deck.
    pub fn show(&self, slides: impl Iterator<Item = String>) {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).slides = slides.collect();
    }

    /// Answers whoever asks for the whole, as long as the connection stands.
    pub fn serve(&self, context: &PaneContext) {
        let (client, whole) = (context.client.clone(), Arc::clone(&self.whole));
        context.runtime.spawn(async move {
            // Without permission to subscribe there is no second screen, and the talk goes on.
            let Ok(mut requests) = client.subscribe(WHOLE_SUBJECT).await else {
                return;
            };
            while let Some(request) = requests.next().await {
                let answer = encode(&*whole.lock().unwrap_or_else(PoisonError::into_inner));
                if let Some(reply) = request.reply {
                    let _ = client.publish(reply, answer.into()).await;
                }
            }
        });
    }

    /// Tells where the talk stands, when that has changed.
    pub fn tell(&self, place: Place, context: Option<&PaneContext>) {
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let same = Place {
            elapsed: whole.place.elapsed,
            ..place
        } == whole.place;
        whole.place = place;
        drop(whole);
        let Some(context) = context.filter(|_| !same) else {
            return;
        };
        let client = context.client.clone();
        context.runtime.spawn(async move {
            let _ = client.publish(SUBJECT, encode(&place).into()).await;
        });
    }
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("numbers and texts are always JSON")
}
