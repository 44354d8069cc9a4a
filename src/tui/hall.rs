//! The audience's part of a slide on a screen that follows the stage: polls and questions, as they are kept on the
//! server. Answers are taken by the stage alone.

use tokio::runtime::Handle;

use super::event::Waker;
use super::living::{Living, Shown};
use super::panes::PaneContext;
use super::panes::task::{Shared, detach};
use super::screens::slides::SlideView;
use super::texts;
use crate::client::payload;

/// What became of an answer; the reason when it was refused.
pub type Told = Result<String, String>;

/// Polls and questions, and the connection that they come by.
pub struct Hall {
    /// Those of the slide that is shown.
    pub living: Living,
    ways: Option<(Waker, Handle)>,
    context: Option<PaneContext>,
    /// How often the connection came about, and how often the deck was read.
    connection: u64,
    edition: u64,
    told: Shared<Option<Told>>,
}

impl Hall {
    /// Nothing is connected yet.
    pub fn new() -> Hall {
        Hall {
            living: Living::for_audience(),
            ways: None,
            context: None,
            connection: 0,
            edition: 0,
            told: Shared::default(),
        }
    }

    /// Learns how to ask for a frame and where tasks run.
    pub fn prepare(&mut self, waker: Waker, runtime: Handle) {
        self.ways = Some((waker, runtime));
    }

    /// The connection stands.
    pub fn join(&mut self, client: async_nats::Client) {
        let ways = self.ways.clone();
        self.context = ways.map(|(waker, runtime)| PaneContext::on(client, runtime, waker));
        self.connection += 1;
    }

    /// The deck is another one.
    pub fn read_anew(&mut self) {
        self.edition += 1;
    }

    /// Lets what the slide has live.
    pub fn tend(&mut self, slides: &SlideView) {
        let shown = Shown {
            page: slides.page(),
            edition: self.edition,
            connection: self.connection,
        };
        if !self.living.is_showing(shown) {
            *self.told.lock() = None;
        }
        let context = self.context.as_ref();
        self.living.gather(shown, slides.deck(), context);
        self.living.show(shown, slides.slide(), context);
    }

    /// Whether the slide has a poll that can be answered.
    pub fn has_poll(&self) -> bool {
        self.living.answer('a').is_some()
    }

    /// Answers the slide's poll, where that is what the letter means.
    pub fn answer(&self, letter: char) -> bool {
        let (Some((subject, answer)), Some(context)) = (self.living.answer(letter), &self.context) else {
            return false;
        };
        let (told, context) = (self.told.clone(), context.clone());
        detach(&context.runtime.clone(), async move {
            let said = match context.client.request(subject, answer.into()).await {
                Ok(answer) => said(&answer),
                Err(_) => Err(texts::nobody_counts().to_owned()),
            };
            *told.lock() = Some(said);
            context.waker.wake();
        });
        true
    }

    /// What became of the last answer on this slide.
    pub fn told(&self) -> Option<Told> {
        self.told.lock().clone()
    }
}

/// What a message answers, and whether it refuses, as services say that.
pub fn said(answer: &async_nats::Message) -> Told {
    let text = String::from_utf8_lossy(&answer.payload);
    let text = payload::neutralise(&text).into_owned();
    match is_refusal(answer) {
        true => Err(text),
        false => Ok(text),
    }
}

/// Whether a message refuses, as services say it.
pub fn is_refusal(answer: &async_nats::Message) -> bool {
    let headers = answer.headers.as_ref();
    headers.is_some_and(|headers| headers.get("Nats-Service-Error").is_some())
}
