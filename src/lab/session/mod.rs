//! A lab that somebody works on: a task that looks at the checks and takes orders.
//!
//! [`Session`] is held by whoever shows it; `work.rs` is the task, `steps.rs` begins and clears steps,
//! `report.rs` holds what goes in and out.

mod report;
mod steps;
mod work;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::action::TurnClock;
use super::ear::OpenEar;
use super::file::Lab;
use super::look::OWN_NAME;
use super::spawn;
use crate::client::{ConnectError, ConnectSettings, connect};
pub use report::{CheckReport, CheckState, Order, Report, StepReport};
use work::Work;

/// Orders that may wait.
const ORDERS_MAX: usize = 32;

/// Where a lab is worked on.
#[derive(Clone, Default)]
pub struct Place {
    /// How to reach the lab's account.
    pub settings: ConnectSettings,
    /// Where progress is kept, if anywhere.
    pub progress: Option<PathBuf>,
    /// Where the learner's files are.
    pub folder: PathBuf,
    /// The program that is `nats`: it makes what steps that were jumped over leave behind.
    pub program: Option<PathBuf>,
    /// What our own broker tells of the wire.
    pub open_ear: Option<OpenEar>,
    /// Turns the clock of our own broker's JetStream.
    pub turn_clock: Option<TurnClock>,
    /// The learner is alone: a lab may go on by itself.
    pub is_alone: bool,
}

/// Why a session could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

/// An order, and who wants to know what comes of it.
pub(super) type Ordered = (Order, Option<oneshot::Sender<Report>>);

/// A running session. It ends with [`Order::Stop`]; dropped, it just stops looking.
#[derive(Debug)]
pub struct Session {
    /// The lab.
    pub lab: Arc<Lab>,
    report: Arc<Mutex<Report>>,
    orders: mpsc::Sender<Ordered>,
    task: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Session {
    /// Connects and begins at the first step that is not passed. `changed` is told of every new report.
    ///
    /// # Errors
    /// There is no connection.
    pub async fn start(
        lab: Arc<Lab>,
        place: &Place,
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Result<Session, SessionError> {
        let client = connect(&own(&place.settings)).await?;
        let (orders, incoming) = mpsc::channel(ORDERS_MAX);
        let report = Arc::new(Mutex::new(Report::default()));
        let desk = super::desk::open(&client, &lab, orders.clone()).await;
        let work = Work::new(client, lab.clone(), place.clone(), report.clone(), changed, desk);
        let task = spawn(work.run(incoming));
        Ok(Session {
            lab,
            report,
            orders,
            task,
        })
    }

    /// How it stands.
    pub fn report(&self) -> Report {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives an order and waits for the report that follows. None when the session has ended.
    pub async fn order(&self, order: Order) -> Option<Report> {
        let (tell, told) = oneshot::channel();
        self.orders.send((order, Some(tell))).await.ok()?;
        told.await.ok()
    }

    /// Gives an order and goes on; with too many waiting it is lost.
    pub fn post(&self, order: Order) {
        let _ = self.orders.try_send((order, None));
    }
}

/// Settings for a connection of the lab itself: what it is called, and what it is told, is not the learner's.
pub(super) fn own(settings: &ConnectSettings) -> ConnectSettings {
    ConnectSettings {
        inbox_prefix: Some("_LAB.inbox".to_owned()),
        ..settings.clone().named(OWN_NAME)
    }
}
