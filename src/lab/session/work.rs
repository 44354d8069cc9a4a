//! The task of a session: rounds of looking, and orders in between.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::Client;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::report::{CheckReport, CheckState, Order, Report, StepReport};
use super::{Ordered, Place};
use crate::client::api::Api;
use crate::lab::check::{AnswerKind, Kind};
use crate::lab::file::{Advance, Broker, Lab, Step};
use crate::lab::look::{Eye, Seen};
use crate::lab::progress::{Progress, StepProgress};
use crate::lab::sight::Sight;
use crate::lab::texts;

/// Between two rounds of looking when nothing happens.
const ROUND_TIME: Duration = Duration::from_secs(1);
/// Between two rounds however much happens.
const ROUND_TIME_MIN: Duration = Duration::from_millis(100);
/// How long JetStream may take to answer.
const API_TIME: Duration = Duration::from_secs(2);
/// From a step's being passed to the next, where a lab goes on by itself.
const ADVANCE_TIME: Duration = Duration::from_secs(2);
/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 1024;

/// How a check of the current step stands.
pub(super) struct Standing {
    state: CheckState,
    seen: Seen,
    pub(super) sight: Sight,
    looked: Option<Instant>,
}

impl Standing {
    pub(super) fn new(sight: Sight) -> Standing {
        Standing {
            state: CheckState::Waiting,
            seen: Seen::default(),
            sight,
            looked: None,
        }
    }
}

pub(super) struct Work {
    pub(super) client: Client,
    pub(super) api: Api,
    pub(super) lab: Arc<Lab>,
    pub(super) place: Place,
    news: Arc<Notify>,
    pub(super) step: usize,
    pub(super) standing: Vec<Standing>,
    pub(super) answers: HashMap<String, String>,
    pub(super) hints: usize,
    pub(super) solution_shown: bool,
    /// When the step passed first, whatever has slipped again.
    pub(super) passed_since: Option<Instant>,
    /// The learner wants to stay at a step that passed.
    pub(super) stays: bool,
    /// Steps whose traces are in the account: passed here, or made up for.
    pub(super) done: Vec<bool>,
    /// Steps whose setup was done: what they publish is not published twice.
    pub(super) prepared: Vec<bool>,
    /// Something was made up for at the current step.
    pub(super) caught_up: bool,
    /// Streams that were there before the lab.
    pub(super) before: Vec<String>,
    /// Clients that the lab itself runs.
    pub(super) clients: Vec<JoinHandle<()>>,
    rounds: u64,
    pub(super) trouble: Option<String>,
    report: Arc<Mutex<Report>>,
    changed: Box<dyn Fn() + Send + Sync>,
    desk: Option<JoinHandle<()>>,
}

impl Drop for Work {
    fn drop(&mut self) {
        self.clients.iter().chain(&self.desk).for_each(JoinHandle::abort);
    }
}

impl Work {
    pub(super) fn new(
        client: Client,
        lab: Arc<Lab>,
        place: Place,
        report: Arc<Mutex<Report>>,
        changed: impl Fn() + Send + Sync + 'static,
        desk: Option<JoinHandle<()>>,
    ) -> Work {
        Work {
            api: Api::new(client.clone(), API_TIME),
            client,
            done: vec![false; lab.steps.len()],
            prepared: vec![false; lab.steps.len()],
            lab,
            place,
            news: Arc::default(),
            step: 0,
            standing: Vec::new(),
            answers: HashMap::new(),
            hints: 0,
            solution_shown: false,
            passed_since: None,
            stays: false,
            caught_up: false,
            before: Vec::new(),
            clients: Vec::new(),
            rounds: 0,
            trouble: None,
            report,
            changed: Box::new(changed),
            desk,
        }
    }

    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Ordered>) {
        let mut eye = Eye::new(
            self.client.clone(),
            self.api.clone(),
            self.place.folder.clone(),
            self.place.open_ear.clone(),
            self.news.clone(),
        );
        self.before = self.streams().await;
        let passed = self.progress().passed(&self.lab);
        let first = if passed < self.lab.steps.len() { passed } else { 0 };
        self.begin(&mut eye, first).await;
        loop {
            self.round(&mut eye).await;
            if self.goes_on() && self.passed_since.is_some_and(|at| at.elapsed() >= ADVANCE_TIME) {
                self.begin(&mut eye, self.step + 1).await;
                continue;
            }
            let news = self.news.clone();
            tokio::select! {
                order = orders.recv() => {
                    let Some((order, tell)) = order else { return };
                    let is_stop = order == Order::Stop;
                    self.obey(&mut eye, order).await;
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

    async fn obey(&mut self, eye: &mut Eye, order: Order) {
        match order {
            Order::Look => {}
            Order::Answer { check, mut text } => {
                text.truncate(text.floor_char_boundary(ANSWER_BYTES_MAX));
                self.answers.insert(check, text);
            }
            Order::Hint if self.hints < self.current().hints.len() => {
                let cost = self.current().hints[self.hints].cost;
                self.hints += 1;
                self.note(|step| step.hint_cost = step.hint_cost.saturating_add(cost));
            }
            Order::Hint => {}
            Order::Solution => {
                self.solution_shown = true;
                self.note(|step| step.solution_shown = true);
            }
            Order::Next if self.passed_since.is_some() && self.step + 1 < self.lab.steps.len() => {
                self.begin(eye, self.step + 1).await;
            }
            Order::Next => {}
            Order::Stay => self.stays = true,
            Order::Go(step) => self.begin(eye, step.min(self.lab.steps.len() - 1)).await,
            Order::Reset => {
                self.clear().await;
                self.begin(eye, 0).await;
            }
            Order::Stop => self.clear().await,
        }
    }

    async fn round(&mut self, eye: &mut Eye) {
        eye.blink();
        let lab = self.lab.clone();
        for (check, standing) in lab.steps[self.step].checks.iter().zip(&mut self.standing) {
            if check.latch && standing.state == CheckState::Passed {
                continue;
            }
            // What sends messages itself does so seldom.
            let recently = standing.looked.is_some_and(|at| at.elapsed() < ROUND_TIME / 2);
            if check.kind.is_probe() && recently {
                continue;
            }
            let seen = eye.look(check, &mut standing.sight, &self.answers).await;
            standing.looked = Some(Instant::now());
            standing.state = match (seen.passed, standing.state) {
                (true, _) => CheckState::Passed,
                (false, _) if seen.unable => CheckState::Unable,
                (false, CheckState::Passed | CheckState::Slipped) => CheckState::Slipped,
                (false, _) => CheckState::Waiting,
            };
            standing.seen = seen;
            if check.latch && standing.state == CheckState::Passed {
                // What it listens by or sends is not needed any more.
                standing.sight = Sight::default();
            }
        }
        self.rounds += 1;
        if self.is_passed() && self.passed_since.is_none() {
            self.passed_since = Some(Instant::now());
            self.done[self.step] = true;
            let now = jiff::Timestamp::now().to_string();
            self.note(|step| {
                step.passed_at.get_or_insert(now);
            });
        }
        self.publish_report();
    }

    fn publish_report(&self) {
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
        let stands = |state: CheckState| self.standing.iter().filter(|s| s.state == state).count();
        let passed = stands(CheckState::Passed);
        passed > 0 && passed + stands(CheckState::Unable) == self.standing.len()
    }

    /// Does the next step begin by itself?
    fn goes_on(&self) -> bool {
        let may = self.place.is_alone && self.lab.broker != Broker::Shared;
        may && self.lab.advance == Advance::Auto
            && !self.stays
            && self.passed_since.is_some()
            && self.step + 1 < self.lab.steps.len()
    }

    fn progress(&self) -> Progress {
        let read = self.place.progress.as_deref().map(Progress::read);
        read.and_then(Result::ok).unwrap_or_default()
    }

    /// Writes something down about the current step. The file is read anew, since another session may have
    /// written to it.
    pub(super) fn note(&mut self, change: impl FnOnce(&mut StepProgress)) {
        let Some(path) = self.place.progress.clone() else {
            return;
        };
        let written = Progress::read(&path).and_then(|mut progress| {
            change(progress.step(&self.lab, &self.lab.steps[self.step].id));
            progress.write(&path)
        });
        if let Err(error) = written {
            self.trouble = Some(texts::cannot_save(&error.to_string()));
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
                board: standing.seen.board.clone(),
                tip: if has_passed { why } else { check.tip.clone() },
                asks: answer.is_some() && !has_passed,
                answered: self.answers.contains_key(&check.id),
                choices: match answer.map(|answer| &answer.kind) {
                    Some(AnswerKind::Choice { choices, .. }) => choices.clone(),
                    _ => Vec::new(),
                },
            }
        });
        let solution = step.solution.iter().map(ToString::to_string).collect::<Vec<_>>();
        let steps = self.lab.steps.iter().enumerate().map(|(index, step)| StepReport {
            id: step.id.clone(),
            title: step.title.clone(),
            passed: progress.has_passed(&self.lab.id, &step.id)
                || index == self.step && self.passed_since.is_some(),
        });
        let hints = step.hints[..self.hints].iter().map(|hint| hint.text.clone());
        Report {
            lab: self.lab.id.clone(),
            steps: steps.collect(),
            step: self.step,
            checks: checks.collect(),
            passed: self.is_passed(),
            hints: hints.collect(),
            hints_total: step.hints.len(),
            solution: self.solution_shown.then(|| solution.join("\n")),
            caught_up: self.caught_up,
            goes_on: self.goes_on(),
            points: progress.points(&self.lab),
            trouble: self.trouble.clone(),
            rounds: self.rounds,
        }
    }
}
