//! The followers' end: asks for the whole, listens to where the talk stands, and begins anew when the connection
//! or the deck is another.

use std::sync::mpsc::SyncSender;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use tokio::time::MissedTickBehavior;

use super::{Code, Follower, Key, PANES_SUBJECT, PaneText, Place, Told, Whole};
use crate::client::{self, ConnectSettings};
use crate::tui::event::{Event, News};
use crate::tui::texts;

/// From a failed attempt to join the stage to the next.
const RETRY_TIME: Duration = Duration::from_secs(1);
/// How often a second screen asks what the panes show.
const PANES_TIME: Duration = Duration::from_secs(1);

/// What the stage said last.
pub enum FromStage {
    /// Everything.
    Whole(Box<Whole>),
    /// The place alone.
    Place(Place),
    /// What the panes show.
    Panes(Vec<PaneText>),
    /// It cannot be reached, and why.
    Lost(String),
}

/// Listens to the stage and passes on what it says, until nobody wants to know.
pub async fn follow(connection: ConnectSettings, code: Code, who: Follower, events: SyncSender<Event>) {
    let Ok(key) = tokio::task::spawn_blocking(move || code.key()).await else {
        return;
    };
    let tell = |said| events.send(Event::News(News::Stage(said))).is_ok();
    loop {
        if let Err(error) = listen(&connection, &key, who, &tell).await
            && !tell(FromStage::Lost(format!("{error:#}")))
        {
            return;
        }
        tokio::time::sleep(RETRY_TIME).await;
    }
}

async fn listen(
    connection: &ConnectSettings,
    key: &Key,
    who: Follower,
    tell: &impl Fn(FromStage) -> bool,
) -> Result<()> {
    let client = client::connect(connection).await?;
    let mut places = client.subscribe(who.subject()).await?;
    let mut ticks = tokio::time::interval(PANES_TIME);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut edition = None;
    let mut heard = 0;
    let mut panes = Vec::new();
    loop {
        if edition.is_none() {
            let answer = client.request(who.whole_subject(), "".into()).await?;
            let opened = key.open(&answer.subject, &answer.payload);
            let opened = opened.with_context(texts::wrong_code)?;
            let whole: Whole = serde_json::from_slice(&opened)?;
            heard = whole.number;
            edition = Some(whole.place.edition);
            tell(FromStage::Whole(Box::new(whole)));
        }
        let message = tokio::select! {
            message = places.next() => message,
            _ = ticks.tick(), if who == Follower::Speaker => {
                // A stage that has nothing to say of panes still says where it stands.
                let shown = ask_for_panes(&client, key).await.unwrap_or_default();
                if shown != panes {
                    panes.clone_from(&shown);
                    tell(FromStage::Panes(shown));
                }
                continue;
            }
        };
        let Some(message) = message else {
            return Ok(());
        };
        // What was not sealed with the code, or was said before, is somebody else's.
        let Some(opened) = key.open(who.subject(), &message.payload) else {
            continue;
        };
        let Told { number, place } = serde_json::from_slice(&opened)?;
        if number <= heard {
            continue;
        }
        heard = number;
        match edition == Some(place.edition) {
            true => drop(tell(FromStage::Place(place))),
            false => edition = None,
        }
    }
}

async fn ask_for_panes(client: &async_nats::Client, key: &Key) -> Option<Vec<PaneText>> {
    let answer = client.request(PANES_SUBJECT, "".into()).await.ok()?;
    let opened = key.open(&answer.subject, &answer.payload)?;
    serde_json::from_slice(&opened).ok()
}
