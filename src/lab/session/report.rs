//! What is said to a session, and what it says.

use serde::{Deserialize, Serialize};

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
    /// Do not go on by itself: the learner wants to stay.
    Stay,
    /// To any step, from 0.
    Go(usize),
    /// Remove what the lab has made and begin its first step again.
    Reset,
    /// Remove what the lab has made.
    Stop,
}

impl Order {
    /// May anybody give it who takes part in a lab that several share?
    pub(in crate::lab) fn is_for_all(&self) -> bool {
        matches!(self, Order::Look | Order::Answer { .. })
    }
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
    /// It cannot be told on this server; what was seen says what is missing. It is in nobody's way.
    Unable,
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
    /// Who did how much, the most first.
    #[serde(default)]
    pub board: Vec<(String, u64)>,
    /// What may help, and once it has passed, why.
    pub tip: Option<String>,
    /// True when it waits for an answer.
    pub asks: bool,
    /// True once an answer was given.
    #[serde(default)]
    pub answered: bool,
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
    /// Steps were jumped over, and what they leave behind was made.
    #[serde(default)]
    pub caught_up: bool,
    /// The next step begins by itself in a moment.
    #[serde(default)]
    pub goes_on: bool,
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
