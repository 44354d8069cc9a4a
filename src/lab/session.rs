//! A lab that somebody works on: a task that looks at the checks and takes orders.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::Client;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::action::Action;
use super::check::{AnswerKind, Kind};
use super::file::{Lab, Step};
use super::look::{Eye, OWN_NAME, Seen};
use super::progress::Progress;
use super::watch::Watch;
use crate::client::api::{Api, ApiError};
use crate::client::{ConnectError, ConnectSettings, connect};

/// Between two rounds of looking when nothing happens.
const ROUND_TIME: Duration = Duration::from_secs(1);
/// Between two rounds however much happens.
const ROUND_TIME_MIN: Duration = Duration::from_millis(100);
/// How long JetStream may take to answer.
const API_TIME: Duration = Duration::from_secs(2);
/// Orders that may wait.
const ORDERS_MAX: usize = 32;
/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 1024;

/// What can be asked of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Look at the checks now.
    Look,
    /// An answer to a check of the step.
    Answer { check: String, text: String },
    /// Show one more hint.
    Hint,
    /// Show the solution.
    Solution,
    /// To the next step, if this one is passed.
    Next,
    /// To any step, from 0.
    Go(usize),
    /// Remove what the lab has made and begin its first step again.
    Reset,
    /// Remove what the lab has made.
    Stop,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// Not yet.
    #[default]
    Waiting,
    /// As expected.
    Passed,
    /// It was, and is no more.
    Slipped,
}

/// A check for whoever looks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Its id.
    pub id: String,
    /// What is checked.
    pub say: String,
    /// How it stands.
    pub state: CheckState,
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// How far a count has come.
    pub share: Option<(u64, u64)>,
    /// What may help, and once it has passed, why.
    pub tip: Option<String>,
    /// True when it waits for an answer.
    pub asks: bool,
    /// What to choose from.
    pub choices: Vec<String>,
}

/// A step for whoever looks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Passed now or earlier.
    pub passed: bool,
}

/// The session for whoever looks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The lab.
    pub lab: String,
    /// All steps.
    pub steps: Vec<StepReport>,
    /// The current one, from 0.
    pub step: usize,
    /// Its checks.
    pub checks: Vec<CheckReport>,
    /// True when all of them have passed.
    pub passed: bool,
    /// Hints shown so far, and how many there are.
    pub hints: Vec<String>,
    /// How many hints the step has.
    pub hints_total: usize,
    /// The solution, when it was asked for.
    pub solution: Option<String>,
    /// Points of the lab, once it is finished.
    pub points: u32,
    /// What went wrong with the lab itself.
    pub trouble: Option<String>,
    /// Rounds of looking so far.
    pub rounds: u64,
}

impl Report {
    /// Has the current step been passed, even if something has slipped since?
    pub fn has_passed(&self) -> bool {
        self.steps.get(self.step).is_some_and(|step| step.passed)
    }

    /// Is it the last step, and passed?
    pub fn is_finished(&self) -> bool {
        self.has_passed() && self.step + 1 == self.steps.len()
    }
}

/// Why a session could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

type Orders = mpsc::Sender<(Order, Option<oneshot::Sender<Report>>)>;

/// A running session. It ends with [`Order::Stop`]; dropped, it just stops looking.
#[derive(Debug)]
pub struct Session {
    /// The lab.
    pub lab: Arc<Lab>,
    report: Arc<Mutex<Report>>,
    orders: Orders,
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
        settings: &ConnectSettings,
        progress: Option<PathBuf>,
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Result<Session, SessionError> {
        let settings = ConnectSettings {
            // So that the answers to us are no answers to the learner.
            inbox_prefix: Some("_LAB.inbox".to_owned()),
            ..settings.clone().named(OWN_NAME)
        };
        let client = connect(&settings).await?;
        let (orders, incoming) = mpsc::channel(ORDERS_MAX);
        let report = Arc::new(Mutex::new(Report::default()));
        let desk = super::desk::open(&client, &lab.id, orders.clone()).await;
        let work = Work {
            api: Api::new(client.clone(), API_TIME),
            client,
            lab: lab.clone(),
            progress,
            news: Arc::default(),
            step: 0,
            standing: Vec::new(),
            answers: HashMap::new(),
            hints: 0,
            solution_shown: false,
            has_passed: false,
            before: Vec::new(),
            clients: Vec::new(),
            rounds: 0,
            trouble: None,
            report: report.clone(),
            changed: Box::new(changed),
            _desk: desk,
        };
        let task = tokio::spawn(work.run(incoming));
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

/// How a check of the current step stands.
struct Standing {
    state: CheckState,
    seen: Seen,
    watch: Option<Watch>,
    looked: Option<Instant>,
}

struct Work {
    client: Client,
    api: Api,
    lab: Arc<Lab>,
    progress: Option<PathBuf>,
    news: Arc<Notify>,
    step: usize,
    standing: Vec<Standing>,
    answers: HashMap<String, String>,
    hints: usize,
    solution_shown: bool,
    /// The step has passed since it began, whatever has slipped again.
    has_passed: bool,
    /// Streams that were there before the lab.
    before: Vec<String>,
    /// Clients that the lab itself runs.
    clients: Vec<JoinHandle<()>>,
    rounds: u64,
    trouble: Option<String>,
    report: Arc<Mutex<Report>>,
    changed: Box<dyn Fn() + Send + Sync>,
    _desk: Option<JoinHandle<()>>,
}

impl Drop for Work {
    fn drop(&mut self) {
        self.clients.iter().chain(&self._desk).for_each(JoinHandle::abort);
    }
}

impl Work {
    async fn run(mut self, mut orders: mpsc::Receiver<(Order, Option<oneshot::Sender<Report>>)>) {
        self.before = self.streams().await;
        let passed = self.progress().passed(&self.lab);
        let first = if passed < self.lab.steps.len() { passed } else { 0 };
        self.begin(first).await;
        let mut eye = Eye::new(self.client.clone(), self.api.clone());
        loop {
            self.round(&mut eye).await;
            let news = self.news.clone();
            tokio::select! {
                order = orders.recv() => {
                    let Some((order, tell)) = order else { return };
                    let is_stop = order == Order::Stop;
                    self.obey(order).await;
                    if !is_stop {
                        self.round(&mut eye).await;
                    }
                    if let Some(tell) = tell {
                        // Who does not want to know has gone.
                        let _ = tell.send(self.tell());
                    }
                    if is_stop {
                        return;
                    }
                }
                () = async { sleep(ROUND_TIME_MIN).await; news.notified().await } => {}
                () = sleep(ROUND_TIME) => {}
            }
        }
    }

    fn current(&self) -> &Step {
        &self.lab.steps[self.step]
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Look => {}
            Order::Answer { check, mut text } => {
                text.truncate(text.floor_char_boundary(ANSWER_BYTES_MAX));
                self.answers.insert(check, text);
            }
            Order::Hint if self.hints < self.current().hints.len() => {
                let cost = self.current().hints[self.hints].cost;
                self.hints += 1;
                self.note(|step| step.hint_cost += cost);
            }
            Order::Hint => {}
            Order::Solution => {
                self.solution_shown = true;
                self.note(|step| step.solution_shown = true);
            }
            Order::Next if self.has_passed && self.step + 1 < self.lab.steps.len() => {
                self.begin(self.step + 1).await;
            }
            Order::Next => {}
            Order::Go(step) => self.begin(step.min(self.lab.steps.len() - 1)).await,
            Order::Reset => {
                self.clear().await;
                self.begin(0).await;
            }
            Order::Stop => self.clear().await,
        }
    }

    /// Begins a step: first its watches, so that nothing is missed, then its setup.
    async fn begin(&mut self, step: usize) {
        self.step = step;
        self.answers.clear();
        self.hints = 0;
        self.solution_shown = false;
        self.has_passed = false;
        self.trouble = None;
        self.standing.clear();
        let lab = self.lab.clone();
        // What earlier steps made may be needed, too, when one is jumped over.
        for earlier in &lab.steps[..=step] {
            self.set_up(earlier, earlier.id == lab.steps[step].id).await;
        }
        for check in &lab.steps[step].checks {
            self.standing.push(Standing {
                state: CheckState::Waiting,
                seen: Seen::default(),
                watch: Watch::start(&self.client, check, self.news.clone()).await,
                looked: None,
            });
        }
        let _ = self.client.flush().await;
        self.note(|step| step.attempts += 1);
    }

    async fn set_up(&mut self, step: &Step, is_current: bool) {
        for action in &step.setup {
            let makes = matches!(action, Action::Stream(_) | Action::Consumer { .. });
            if !is_current && !makes {
                continue;
            }
            if let Action::Client {
                name,
                subjects,
                every_ms,
            } = action
            {
                let client = self.client.clone();
                self.clients.push(tokio::spawn(chatter(
                    client,
                    name.clone(),
                    subjects.clone(),
                    *every_ms,
                )));
                continue;
            }
            match action.perform(&self.client, &self.api).await {
                // What an earlier run or the learner has made stays as it is.
                Err(ApiError::Refused {
                    code: 10058 | 10148 | 10065,
                    ..
                })
                | Ok(()) => {}
                Err(error) => self.trouble = Some(format!("kunne ikke gjøre klart: {error}")),
            }
        }
    }

    /// Removes every stream that was not there before, and the lab's clients.
    async fn clear(&mut self) {
        self.clients.drain(..).for_each(|client| client.abort());
        for name in self.streams().await {
            if !self.before.contains(&name) {
                let deleted = self
                    .api
                    .request(&format!("STREAM.DELETE.{name}"), &Value::Null)
                    .await;
                if let Err(error) = deleted {
                    self.trouble = Some(format!("kunne ikke slette {name}: {error}"));
                }
            }
        }
    }

    async fn streams(&self) -> Vec<String> {
        let listed = self.api.list("STREAM.NAMES", "streams", &Value::Null).await;
        let names = listed.unwrap_or_default();
        names
            .iter()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect()
    }

    async fn round(&mut self, eye: &mut Eye) {
        eye.blink();
        let lab = self.lab.clone();
        for (check, standing) in lab.steps[self.step].checks.iter().zip(&mut self.standing) {
            if check.latch && standing.state == CheckState::Passed {
                continue;
            }
            // What sends messages itself does so seldom.
            let is_probe = matches!(
                check.kind,
                Kind::Request { .. } | Kind::Crosses { .. } | Kind::MayPublish { .. }
            );
            let recently = standing.looked.is_some_and(|at| at.elapsed() < ROUND_TIME / 2);
            if is_probe && recently {
                continue;
            }
            let seen = eye.look(check, standing.watch.as_ref(), &self.answers).await;
            standing.looked = Some(Instant::now());
            standing.state = match (seen.passed, standing.state) {
                (true, _) => CheckState::Passed,
                (false, CheckState::Waiting) => CheckState::Waiting,
                (false, _) => CheckState::Slipped,
            };
            standing.seen = seen;
        }
        self.rounds += 1;
        if self.is_passed() && !self.has_passed {
            self.has_passed = true;
            let now = jiff::Timestamp::now().to_string();
            self.note(|step| {
                step.passed_at.get_or_insert(now);
            });
        }
        let report = self.tell();
        let mut shown = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = Report {
            rounds: report.rounds,
            ..shown.clone()
        } != report;
        *shown = report;
        drop(shown);
        if is_new {
            (self.changed)();
        }
    }

    fn is_passed(&self) -> bool {
        !self.standing.is_empty() && self.standing.iter().all(|s| s.state == CheckState::Passed)
    }

    fn progress(&self) -> Progress {
        let read = self.progress.as_deref().map(Progress::read);
        read.and_then(Result::ok).unwrap_or_default()
    }

    /// Writes something down about the current step. The file is read anew, since another session may have
    /// written to it.
    fn note(&mut self, change: impl FnOnce(&mut super::progress::StepProgress)) {
        let Some(path) = self.progress.clone() else {
            return;
        };
        let written = Progress::read(&path).and_then(|mut progress| {
            change(progress.step(&self.lab, &self.lab.steps[self.step].id));
            progress.write(&path)
        });
        if let Err(error) = written {
            self.trouble = Some(format!("framgangen kunne ikke lagres: {error}"));
        }
    }

    fn tell(&self) -> Report {
        let progress = self.progress();
        let step = self.current();
        let checks = step.checks.iter().zip(&self.standing).map(|(check, standing)| {
            let has_passed = standing.state == CheckState::Passed;
            let answer = match &check.kind {
                Kind::Answer(answer) => Some(answer),
                _ => None,
            };
            let why = answer
                .and_then(|answer| answer.why.clone())
                .filter(|_| has_passed);
            CheckReport {
                id: check.id.clone(),
                say: check.say.clone(),
                state: standing.state,
                expected: standing.seen.expected.clone(),
                seen: standing.seen.seen.clone(),
                share: standing.seen.share,
                tip: if has_passed { why } else { check.tip.clone() },
                asks: answer.is_some() && !has_passed,
                choices: match answer.map(|answer| &answer.kind) {
                    Some(AnswerKind::Choice { choices, .. }) => choices.clone(),
                    _ => Vec::new(),
                },
            }
        });
        let solution = step.solution.iter().map(ToString::to_string).collect::<Vec<_>>();
        Report {
            lab: self.lab.id.clone(),
            steps: self
                .lab
                .steps
                .iter()
                .enumerate()
                .map(|(index, step)| StepReport {
                    id: step.id.clone(),
                    title: step.title.clone(),
                    passed: progress.has_passed(&self.lab.id, &step.id)
                        || index == self.step && self.has_passed,
                })
                .collect(),
            step: self.step,
            checks: checks.collect(),
            passed: self.is_passed(),
            hints: step.hints[..self.hints]
                .iter()
                .map(|hint| hint.text.clone())
                .collect(),
            hints_total: step.hints.len(),
            solution: self.solution_shown.then(|| solution.join("\n")),
            points: progress.points(&self.lab),
            trouble: self.trouble.clone(),
            rounds: self.rounds,
        }
    }
}

/// Publishes to the subjects in turn, for as long as the lab lasts.
async fn chatter(client: Client, name: String, subjects: Vec<String>, every_ms: u64) {
    let mut ticks = tokio::time::interval(Duration::from_millis(every_ms.max(10)));
    for n in 1u64.. {
        for subject in &subjects {
            ticks.tick().await;
            if client
                .publish(subject.clone(), format!("{name} {n}").into())
                .await
                .is_err()
            {
                return;
            }
        }
    }
}
