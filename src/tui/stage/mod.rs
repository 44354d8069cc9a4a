//! What the stage tells a speaker's second screen, over NATS like everything else: where the talk stands on
//! [`SUBJECT`] whenever that changes, and the whole of it to whoever asks on [`WHOLE_SUBJECT`]. All of it is
//! sealed (`seal`) with the code of the talk, which `kept` holds for screens on the same machine.

mod kept;
mod seal;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

pub use kept::{Kept, find};
pub use seal::{CODE_LETTERS_MIN, Code, CodeError, Key};

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
    /// The number of the last [`Told`].
    #[serde(default)]
    pub number: u64,
    /// The markdown of each slide.
    pub slides: Vec<String>,
}

/// A place, with a number that grows, so that nobody can say again what was said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Grows with every message.
    pub number: u64,
    /// Where the talk stands.
    pub place: Place,
}

/// The stage's end of it.
pub struct Stage {
    whole: Arc<Mutex<Whole>>,
    code: Code,
    /// Made of the code in the background.
    key: Arc<OnceLock<Key>>,
    told: u64,
    kept: Option<Kept>,
}

impl Stage {
    /// A stage whose second screens know `code`.
    pub fn new(code: Code) -> Stage {
        Stage {
            whole: Arc::default(),
            code,
            key: Arc::default(),
            told: 0,
            kept: None,
        }
    }

    /// Notes the deck.
    pub fn show(&self, slides: impl Iterator<Item = String>) {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).slides = slides.collect();
    }

    /// Keeps the code in `folder` while the talk lasts, for second screens on this machine.
    pub fn keep_code(&mut self, folder: &Path, address: &str) {
        // Where that fails, the code can still be chosen and given by hand.
        self.kept = kept::keep(&self.code, folder, address).ok();
    }

    /// Answers whoever asks for the whole, as long as the connection stands.
    pub fn serve(&self, context: &PaneContext) {
        let (client, whole) = (context.client.clone(), Arc::clone(&self.whole));
        let (code, key) = (self.code.clone(), Arc::clone(&self.key));
        context.runtime.spawn(async move {
            let made = tokio::task::spawn_blocking(move || code.key()).await;
            let Ok(made) = made else { return };
            let key = key.get_or_init(|| made);
            // Without permission to subscribe there is no second screen, and the talk goes on.
            let Ok(mut requests) = client.subscribe(WHOLE_SUBJECT).await else {
                return;
            };
            while let Some(request) = requests.next().await {
                let text = encode(&*whole.lock().unwrap_or_else(PoisonError::into_inner));
                let Some(reply) = request.reply else { continue };
                if let Some(answer) = key.seal(&reply, &text) {
                    let _ = client.publish(reply, answer.into()).await;
                }
            }
        });
    }

    /// Tells where the talk stands, when that has changed.
    pub fn tell(&mut self, place: Place, context: Option<&PaneContext>) {
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let same = Place {
            elapsed: whole.place.elapsed,
            ..place
        } == whole.place;
        whole.place = place;
        self.told += 1;
        whole.number = self.told;
        drop(whole);
        let (Some(context), Some(key)) = (context.filter(|_| !same), self.key.get()) else {
            return;
        };
        let number = self.told;
        let Some(sealed) = key.seal(SUBJECT, &encode(&Told { number, place })) else {
            return;
        };
        let client = context.client.clone();
        context.runtime.spawn(async move {
            let _ = client.publish(SUBJECT, sealed.into()).await;
        });
    }
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("numbers and texts are always JSON")
}
