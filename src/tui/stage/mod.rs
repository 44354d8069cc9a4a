//! What the stage tells those who follow it, over NATS like everything else: where the talk stands, whenever that
//! changes, and the whole of it to whoever asks. All of it is sealed (`seal`) with a code; `kept` holds the
//! speaker's for screens on the same machine, `follow` is the other end. What the stage is told to do comes in at the
//! `desk`: an `order` of a second screen, or of a remote control that the `gate` lets in; `control` says who may.
//!
//! There are two kinds of followers. The speaker's second screen gets the deck as it stands in the file, and what
//! the panes on the stage show; it asks for the latter, so that nothing is prepared where nobody looks. An
//! audience gets the slides without notes and hidden lines, and only where the talk was given a code for it.

mod control;
mod desk;
pub mod follow;
mod gate;
mod kept;
mod order;
mod seal;
pub(super) mod texts;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

pub use control::{Control, Seat, Taken};
pub use desk::{Answer, Order};
pub use gate::RemoteCode;
pub use kept::{Kept, find};
pub use order::{Command, ORDERS_PREFIX, Refusal};
pub use seal::{CODE_LETTERS_MIN, Code, CodeError, Key};

use super::panes::PaneContext;
use super::panes::task::detach;
use crate::deck::{Deck, Manner};
use crate::util::lock::lock;
use desk::Desk;

/// Where a second screen asks what the panes show.
pub const PANES_SUBJECT: &str = "goingnats.stage.panes";
/// How long panes are prepared after somebody has asked for them.
const PANES_TIME: Duration = Duration::from_secs(4);
/// What is told of panes at most, in bytes; the rest is left out.
pub const PANES_BYTES_MAX: usize = 256 * 1024;

/// Who follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follower {
    /// The speaker's second screen.
    Speaker,
    /// Everybody else.
    Audience,
}

impl Follower {
    /// Where each change is told.
    pub fn subject(self) -> &'static str {
        match self {
            Follower::Speaker => "goingnats.stage",
            Follower::Audience => "goingnats.audience",
        }
    }

    /// Where the deck and the place in it can be asked for.
    pub fn whole_subject(self) -> &'static str {
        match self {
            Follower::Speaker => "goingnats.stage.get",
            Follower::Audience => "goingnats.audience.get",
        }
    }
}

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

/// Who steers, as second screens are told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// Sets this talk apart from others with the same code.
    pub session: String,
    /// Who has the control; none while all share it.
    pub holder: Option<Seat>,
    /// Who asks for it.
    pub asking: Option<Seat>,
    /// The code of the remote control, while there is one.
    pub remote: Option<String>,
}

/// Everything that a follower needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Whole {
    /// Where the talk stands.
    pub place: Place,
    /// Who steers; an audience is not told.
    #[serde(default)]
    pub standing: Standing,
    /// The number of the last [`Told`].
    #[serde(default)]
    pub number: u64,
    /// The markdown of each slide.
    pub slides: Vec<String>,
    /// What holds for all of them.
    #[serde(default)]
    pub manner: Manner,
}

/// A place, with a number that grows, so that nobody can say again what was said before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Grows with every message.
    pub number: u64,
    /// Where the talk stands.
    pub place: Place,
    /// Who steers.
    #[serde(default)]
    pub standing: Standing,
}

/// What one pane shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PaneText {
    /// Its title.
    pub title: String,
    /// Its rows, with the escape sequences for their colours.
    pub rows: Vec<String>,
    /// Whether its last rows matter more than its first.
    pub from_end: bool,
}

/// What all panes show.
#[derive(Debug, Default)]
struct Panes {
    texts: Vec<PaneText>,
    asked: Option<Instant>,
}

/// The stage's end of it.
pub struct Stage {
    code: Code,
    speaker: Channel,
    audience: Option<Channel>,
    panes: Arc<Mutex<Panes>>,
    desk: Desk,
    control: Control,
    kept: Option<Kept>,
}

/// What one kind of follower is told.
struct Channel {
    to: Follower,
    whole: Arc<Mutex<Whole>>,
    code: Code,
    /// Made of the code in the background.
    key: Arc<OnceLock<Key>>,
    told: u64,
}

impl Stage {
    /// A stage whose second screens know `code`, and its audience and a remote control, where there are to be any,
    /// theirs.
    pub fn new(code: Code, audience: Option<Code>, remote: Option<RemoteCode>) -> Stage {
        Stage {
            speaker: Channel::new(Follower::Speaker, code.clone()),
            audience: audience.map(|code| Channel::new(Follower::Audience, code)),
            code,
            panes: Arc::default(),
            desk: Desk::new(remote),
            control: Control::default(),
            kept: None,
        }
    }

    /// Who steers.
    pub fn control(&mut self) -> &mut Control {
        &mut self.control
    }

    /// The same, to be looked at.
    pub fn who_steers(&self) -> &Control {
        &self.control
    }

    /// The next order that came in.
    pub fn next_order(&self) -> Option<Order> {
        self.desk.next()
    }

    /// The code of the remote control, while there is one.
    pub fn remote(&self) -> Option<RemoteCode> {
        self.desk.code()
    }

    /// Another code for the remote control, or none.
    pub fn set_remote(&self, code: Option<RemoteCode>) {
        self.desk.set_code(code);
    }

    /// Notes which screens are there, and forgets those that are gone.
    pub fn tidy(&mut self, now: Instant) {
        for seat in self.desk.here() {
            self.control.hear(&seat, now);
        }
        self.control.tidy(now);
    }

    /// Notes the deck.
    pub fn show(&self, deck: &Deck) {
        let source = deck.slides.iter().map(|slide| slide.source.clone());
        self.speaker.show(source.collect(), deck.manner);
        if let Some(audience) = &self.audience {
            let told = deck.slides.iter().map(|slide| slide.for_audience());
            audience.show(told.collect(), deck.manner);
        }
    }

    /// Keeps the speaker's code in `folder` while the talk lasts, for second screens on this machine.
    pub fn keep_code(&mut self, folder: &Path, address: &str) {
        // Where that fails, the code can still be chosen and given by hand.
        self.kept = kept::keep(&self.code, folder, address).ok();
    }

    /// Answers whoever asks, as long as the connection stands.
    pub fn serve(&self, context: &PaneContext) {
        self.speaker.serve(context);
        self.serve_panes(context);
        self.desk.serve(&self.speaker.key, context);
        if let Some(audience) = &self.audience {
            audience.serve(context);
        }
    }

    /// Tells where the talk stands, when that has changed.
    pub fn tell(&mut self, place: Place, context: Option<&PaneContext>) {
        let standing = Standing {
            session: self.desk.session(),
            holder: self.control.holder().cloned(),
            asking: self.control.asking().cloned(),
            remote: self.desk.code().map(|code| code.text().to_owned()),
        };
        self.speaker.tell(place, standing, context);
        if let Some(audience) = &mut self.audience {
            audience.tell(place, Standing::default(), context);
        }
    }

    /// Whether somebody wants to know what the panes show.
    pub fn wants_panes(&self) -> bool {
        let asked = lock(&self.panes).asked;
        asked.is_some_and(|asked| asked.elapsed() < PANES_TIME)
    }

    /// Notes what the panes show, up to [`PANES_BYTES_MAX`].
    pub fn show_panes(&self, mut texts: Vec<PaneText>) {
        let mut left = PANES_BYTES_MAX;
        for text in &mut texts {
            text.rows.retain(|row| {
                let fits = row.len() <= left;
                left = left.saturating_sub(row.len());
                fits
            });
        }
        lock(&self.panes).texts = texts;
    }

    fn serve_panes(&self, context: &PaneContext) {
        let (client, panes, waker) = (
            context.client.clone(),
            Arc::clone(&self.panes),
            context.waker.clone(),
        );
        let (key, desk) = (Arc::clone(&self.speaker.key), self.desk.clone());
        detach(&context.runtime, async move {
            let Ok(mut requests) = client.subscribe(PANES_SUBJECT).await else {
                return;
            };
            while let Some(request) = requests.next().await {
                if let Some(key) = key.get() {
                    desk.hear(key, PANES_SUBJECT, &request.payload);
                }
                let text = {
                    let mut panes = lock(&panes);
                    panes.asked = Some(Instant::now());
                    encode(&panes.texts)
                };
                // The next answer is about the frame that is drawn now.
                waker.wake();
                let (Some(reply), Some(key)) = (request.reply, key.get()) else {
                    continue;
                };
                if let Some(answer) = key.seal(&reply, &text) {
                    let _ = client.publish(reply, answer.into()).await;
                }
            }
        });
    }
}

impl Channel {
    fn new(to: Follower, code: Code) -> Channel {
        Channel {
            to,
            whole: Arc::default(),
            code,
            key: Arc::default(),
            told: 0,
        }
    }

    fn show(&self, slides: Vec<String>, manner: Manner) {
        let mut whole = lock(&self.whole);
        (whole.slides, whole.manner) = (slides, manner);
    }

    fn serve(&self, context: &PaneContext) {
        let (client, whole) = (context.client.clone(), Arc::clone(&self.whole));
        let (code, key) = (self.code.clone(), Arc::clone(&self.key));
        let subject = self.to.whole_subject();
        detach(&context.runtime, async move {
            let made = tokio::task::spawn_blocking(move || code.key()).await;
            let Ok(made) = made else { return };
            let key = key.get_or_init(|| made);
            // Without permission to subscribe nobody can follow, and the talk goes on.
            let Ok(mut requests) = client.subscribe(subject).await else {
                return;
            };
            while let Some(request) = requests.next().await {
                let text = encode(&*lock(&whole));
                let Some(reply) = request.reply else { continue };
                if let Some(answer) = key.seal(&reply, &text) {
                    let _ = client.publish(reply, answer.into()).await;
                }
            }
        });
    }

    fn tell(&mut self, place: Place, standing: Standing, context: Option<&PaneContext>) {
        let mut whole = lock(&self.whole);
        let same_place = Place {
            elapsed: whole.place.elapsed,
            ..place
        } == whole.place;
        let same = same_place && whole.standing == standing;
        whole.place = place;
        whole.standing.clone_from(&standing);
        self.told += 1;
        whole.number = self.told;
        drop(whole);
        let (Some(context), Some(key)) = (context.filter(|_| !same), self.key.get()) else {
            return;
        };
        let told = Told {
            number: self.told,
            place,
            standing,
        };
        let subject = self.to.subject();
        let Some(sealed) = key.seal(subject, &encode(&told)) else {
            return;
        };
        let client = context.client.clone();
        detach(&context.runtime, async move {
            let _ = client.publish(subject, sealed.into()).await;
        });
    }
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("numbers and texts are always JSON")
}
