//! The lab that is open: its account, its session, and the connection that panes opened meanwhile use.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::home::{self, Home};
use crate::broker::Handle;
use crate::client::{ConnectSettings, connect_watched};
use crate::lab::progress::Progress;
use crate::lab::{Lab, Order, Place, Session};
use crate::tui::panes::flood::Flood;
use crate::tui::panes::incidents::Incidents;
use crate::tui::panes::task::detach;
use crate::tui::panes::{PaneContext, SUBSCRIPTION_MESSAGES_WANTED};

/// The server of our own, once it has started; for ever empty where another is used.
pub type BrokerSlot = Arc<Mutex<Option<Handle>>>;

/// What labs need of the rest.
#[derive(Default)]
pub struct Furniture {
    /// The labs there are.
    pub labs: Vec<Arc<Lab>>,
    /// Where progress is kept.
    pub progress: Option<PathBuf>,
    /// Our own broker.
    pub broker: BrokerSlot,
    /// How to reach the server.
    pub settings: ConnectSettings,
    /// The labs are not shown to an audience.
    pub is_alone: bool,
}

/// Shared by the pane, the app and the tasks that open and close labs.
#[derive(Clone, Default)]
pub struct Room(Arc<Inner>);

#[derive(Default)]
struct Inner {
    furniture: Furniture,
    state: Mutex<State>,
}

/// Which lab is open.
#[derive(Default)]
pub enum State {
    /// None.
    #[default]
    Empty,
    /// One is being opened.
    Opening(String),
    /// It could not be opened, and why.
    Failed(String),
    /// This one.
    Open(Box<Open>),
}

/// An open lab.
pub struct Open {
    /// The session.
    pub session: Arc<Session>,
    home: Home,
    context: PaneContext,
}

impl Room {
    /// A room in which no lab is open.
    pub fn new(furniture: Furniture) -> Room {
        Room(Arc::new(Inner {
            furniture,
            state: Mutex::default(),
        }))
    }

    /// The labs there are.
    pub fn labs(&self) -> &[Arc<Lab>] {
        &self.0.furniture.labs
    }

    /// Do the labs have the whole screen?
    pub fn is_alone(&self) -> bool {
        self.0.furniture.is_alone
    }

    /// What has been done, as far as it can be read.
    pub fn progress(&self) -> Progress {
        let read = self.0.furniture.progress.as_deref().map(Progress::read);
        read.and_then(Result::ok).unwrap_or_default()
    }

    /// Which lab is open.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of the open lab.
    pub fn session(&self) -> Option<Arc<Session>> {
        match &*self.state() {
            State::Open(open) => Some(open.session.clone()),
            _ => None,
        }
    }

    /// The connection into the open lab's account.
    pub fn context(&self) -> Option<PaneContext> {
        match &*self.state() {
            State::Open(open) => Some(open.context.clone()),
            _ => None,
        }
    }

    /// May clients on other machines take part in the open lab?
    pub fn is_open_to_others(&self) -> bool {
        matches!(&*self.state(), State::Open(open) if open.home.is_open_to_others)
    }

    /// The address of the open lab's account.
    pub fn url(&self) -> Option<String> {
        match &*self.state() {
            State::Open(open) => Some(open.home.url.clone()),
            _ => None,
        }
    }

    /// Opens a lab in the place of the one that is open.
    pub fn open(&self, lab: &Arc<Lab>, context: &PaneContext) {
        let old = std::mem::replace(&mut *self.state(), State::Opening(lab.id.clone()));
        let (room, lab, context) = (self.clone(), lab.clone(), context.clone());
        detach(&context.runtime.clone(), async move {
            room.clear(old).await;
            let state = match room.enter(lab, &context).await {
                Ok(open) => State::Open(Box::new(open)),
                Err(why) => State::Failed(why),
            };
            *room.state() = state;
            context.waker.wake();
        });
    }

    /// Closes the open lab and removes what it has made.
    pub fn close(&self, context: &PaneContext) {
        let old = std::mem::take(&mut *self.state());
        let (room, waker) = (self.clone(), context.waker.clone());
        detach(&context.runtime, async move {
            room.clear(old).await;
            waker.wake();
        });
    }

    async fn clear(&self, state: State) {
        if let State::Open(open) = state {
            open.session.order(Order::Stop).await;
            home::close(&self.0.furniture.broker, &open.session.lab);
        }
    }

    async fn enter(&self, lab: Arc<Lab>, context: &PaneContext) -> Result<Open, String> {
        let furniture = &self.0.furniture;
        let home = match home::open(&furniture.broker, &lab) {
            Some(home) => home.map_err(|error| error.to_string())?,
            None => Home::foreign(furniture.settings.clone()),
        };
        let settings = ConnectSettings {
            subscription_messages: Some(SUBSCRIPTION_MESSAGES_WANTED),
            ..home.settings.clone().named("goingnats panes")
        };
        let incidents = Incidents::new();
        let noted = incidents.clone();
        let client = connect_watched(&settings, move |event| noted.note(&event))
            .await
            .map_err(|error| error.to_string())?;
        let waker = context.waker.clone();
        let place = Place {
            settings: home.settings.clone(),
            progress: furniture.progress.clone(),
            folder: std::env::current_dir().unwrap_or_default(),
            program: std::env::current_exe().ok(),
            open_ear: home.open_ear.clone(),
            turn_clock: home.turn_clock.clone(),
            is_alone: furniture.is_alone,
        };
        let account = home.account.clone();
        let session = Session::start(lab, &place, move || waker.wake());
        Ok(Open {
            session: Arc::new(session.await.map_err(|error| error.to_string())?),
            home,
            context: PaneContext {
                client,
                flood: Flood::to(settings),
                account,
                incidents,
                labs: Room::default(),
                ..context.clone()
            },
        })
    }
}
