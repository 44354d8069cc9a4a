//! The followers' end: asks for the whole, listens to where the talk stands, and begins anew when the connection
//! or the deck is another. What a second screen wants done it hands in here.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use tokio::sync::mpsc::Receiver;
use tokio::time::MissedTickBehavior;

use super::order::{ORDERS_PREFIX, Sealed, place};
use super::texts as control_words;
use super::{Code, Command, Follower, Key, PANES_SUBJECT, PaneText, Place, Standing, Told, Whole, desk};
use crate::client::{self, ConnectSettings};
use crate::tui::event::{Event, News};
use crate::tui::hall::is_refusal;
use crate::tui::texts;

/// From a failed attempt to join the stage to the next.
const RETRY_TIME: Duration = Duration::from_secs(1);
/// How often a second screen asks what the panes show.
const PANES_TIME: Duration = Duration::from_secs(1);
/// How long the answer to an order is awaited.
const ORDER_TIME: Duration = Duration::from_secs(3);
/// Orders of one screen that wait to be sent.
pub const WANTED_MAX: usize = 16;

/// What the stage said last.
pub enum FromStage {
    /// The connection to its server stands.
    Joined(async_nats::Client),
    /// Everything.
    Whole(Box<Whole>),
    /// The place alone.
    Place(Place),
    /// Who steers.
    Standing(Standing),
    /// What became of an order; the reason when it was refused.
    Answer(Result<String, String>),
    /// What the panes show.
    Panes(Vec<PaneText>),
    /// It cannot be reached, and why.
    Lost(String),
}

/// Who follows, and as whom.
#[derive(Debug, Clone)]
pub struct Me {
    /// As what.
    pub who: Follower,
    /// A number that no other screen has.
    pub seat: u64,
    /// What others are told.
    pub name: String,
}

impl Me {
    /// A follower of that name.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn new(who: Follower, name: String) -> Result<Me> {
        let seat = desk::random_number()?;
        Ok(Me { who, seat, name })
    }
}

/// Listens to the stage and passes on what it says, until nobody wants to know; hands in what is wanted of it.
pub async fn follow(
    connection: ConnectSettings,
    code: Code,
    me: Me,
    mut wanted: Receiver<Command>,
    events: SyncSender<Event>,
) {
    let Ok(key) = tokio::task::spawn_blocking(move || code.key()).await else {
        return;
    };
    let mut listener = Listener {
        key: Arc::new(key),
        me,
        said: 0,
        session: String::new(),
        events,
    };
    loop {
        if let Err(error) = listener.listen(&connection, &mut wanted).await
            && !listener.tell(FromStage::Lost(format!("{error:#}")))
        {
            return;
        }
        tokio::time::sleep(RETRY_TIME).await;
    }
}

struct Listener {
    key: Arc<Key>,
    me: Me,
    /// How much this screen has said.
    said: u64,
    /// What sets the talk apart.
    session: String,
    events: SyncSender<Event>,
}

impl Listener {
    fn tell(&self, said: FromStage) -> bool {
        self.events.send(Event::News(News::Stage(said))).is_ok()
    }

    async fn listen(&mut self, connection: &ConnectSettings, wanted: &mut Receiver<Command>) -> Result<()> {
        let who = self.me.who;
        let client = client::connect(connection).await?;
        self.tell(FromStage::Joined(client.clone()));
        let mut places = client.subscribe(who.subject()).await?;
        let mut ticks = tokio::time::interval(PANES_TIME);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut edition = None;
        let mut heard = 0;
        let mut standing = Standing::default();
        let mut panes = Vec::new();
        loop {
            if edition.is_none() {
                let answer = client.request(who.whole_subject(), "".into()).await?;
                let opened = self.key.open(&answer.subject, &answer.payload);
                let opened = opened.with_context(texts::wrong_code)?;
                let whole: Whole = serde_json::from_slice(&opened)?;
                heard = whole.number;
                edition = Some(whole.place.edition);
                standing.clone_from(&whole.standing);
                self.session.clone_from(&whole.standing.session);
                self.tell(FromStage::Whole(Box::new(whole)));
            }
            let message = tokio::select! {
                message = places.next() => message,
                Some(command) = wanted.recv() => {
                    self.order(command, &client);
                    continue;
                }
                _ = ticks.tick(), if who == Follower::Speaker => {
                    // A stage that has nothing to say of panes still says where it stands.
                    let shown = self.ask_for_panes(&client).await.unwrap_or_default();
                    if shown != panes {
                        panes.clone_from(&shown);
                        self.tell(FromStage::Panes(shown));
                    }
                    continue;
                }
            };
            let Some(message) = message else {
                return Ok(());
            };
            // What was not sealed with the code, or was said before, is somebody else's.
            let Some(opened) = self.key.open(who.subject(), &message.payload) else {
                continue;
            };
            let told: Told = serde_json::from_slice(&opened)?;
            if told.number <= heard {
                continue;
            }
            heard = told.number;
            if edition != Some(told.place.edition) {
                edition = None;
                continue;
            }
            if told.standing != standing {
                standing.clone_from(&told.standing);
                self.tell(FromStage::Standing(told.standing));
            }
            self.tell(FromStage::Place(told.place));
        }
    }

    async fn ask_for_panes(&mut self, client: &async_nats::Client) -> Option<Vec<PaneText>> {
        let here = self.seal(PANES_SUBJECT, String::new())?;
        let answer = client.request(PANES_SUBJECT, here.into()).await.ok()?;
        let opened = self.key.open(&answer.subject, &answer.payload)?;
        serde_json::from_slice(&opened).ok()
    }

    /// Hands an order in, and passes the answer on when it comes.
    fn order(&mut self, command: Command, client: &async_nats::Client) {
        let (token, argument) = command.write();
        let subject = format!("{ORDERS_PREFIX}{token}");
        let Some(sealed) = self.seal(&subject, argument) else {
            return;
        };
        let (client, key, events) = (client.clone(), Arc::clone(&self.key), self.events.clone());
        tokio::spawn(async move {
            let request = client.request(subject, sealed.into());
            let answer = match tokio::time::timeout(ORDER_TIME, request).await {
                Ok(Ok(answer)) => {
                    let text = key.open(&answer.subject, &answer.payload).unwrap_or_default();
                    let text = String::from_utf8_lossy(&text).into_owned();
                    match is_refusal(&answer) {
                        true => Err(text),
                        false => Ok(text),
                    }
                }
                _ => Err(control_words::no_answer_from_stage().to_owned()),
            };
            let _ = events.send(Event::News(News::Stage(FromStage::Answer(answer))));
        });
    }

    fn seal(&mut self, subject: &str, argument: String) -> Option<Vec<u8>> {
        self.said += 1;
        let sealed = Sealed {
            seat: self.me.seat,
            name: self.me.name.clone(),
            number: self.said,
            argument,
        };
        let text = serde_json::to_vec(&sealed).ok()?;
        self.key.seal(&place(subject, &self.session), &text)
    }
}
