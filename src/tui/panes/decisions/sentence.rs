//! A decision in plain words.

use std::time::Duration;

use super::texts;
use crate::broker::{Decision, Hold};
use crate::tui::widgets::number;
use crate::util::time::Timestamp;

/// How a decision looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It is over, and well.
    Done,
    /// Something is still to come.
    Waits,
    /// It was given up.
    Stuck,
    /// The message is none of the consumer's business.
    Aside,
}

/// How it looks.
pub fn mood(decision: &Decision) -> Mood {
    match decision {
        Decision::Done => Mood::Done,
        Decision::AwaitsAck { .. } | Decision::Returns { .. } | Decision::Waits { .. } => Mood::Waits,
        Decision::Exhausted | Decision::Dying { .. } => Mood::Stuck,
        Decision::Gone | Decision::Filtered | Decision::BeforeStart | Decision::Superseded => Mood::Aside,
    }
}

/// What was decided, at JetStream's time `now`.
pub fn sentence(decision: &Decision, now: Timestamp) -> String {
    let held = |hold: &Option<Hold>| match hold {
        Some(hold) => format!(" {}", reason(hold, now)),
        None => String::new(),
    };
    match decision {
        Decision::Gone => texts::gone().to_owned(),
        Decision::Filtered => texts::filtered().to_owned(),
        Decision::BeforeStart => texts::before_start().to_owned(),
        Decision::Superseded => texts::superseded().to_owned(),
        Decision::Done => texts::done().to_owned(),
        Decision::AwaitsAck { deliveries, until } => match until {
            Some(until) => texts::awaits_until(&times(*deliveries), &left(*until, now)),
            None => texts::awaits(&times(*deliveries)),
        },
        Decision::Returns { deliveries, hold } => texts::returns(&times(*deliveries)) + &held(hold),
        Decision::Exhausted => texts::exhausted().to_owned(),
        Decision::Dying { deliveries, reason } => texts::dying(&times(*deliveries), reason),
        Decision::Waits { ahead: 0, hold } => texts::is_next().to_owned() + &held(hold),
        Decision::Waits { ahead, hold } => texts::waits(&number::count(*ahead)) + &held(hold),
    }
}

fn reason(hold: &Hold, now: Timestamp) -> String {
    match hold {
        Hold::Paused { until } => texts::paused(&left(*until, now)),
        Hold::MaxAckPending { max } => texts::max_ack_pending(*max),
        Hold::NoPull => texts::no_pull().to_owned(),
        Hold::NotForThem => texts::not_for_them().to_owned(),
        Hold::NoInterest => texts::no_interest().to_owned(),
        Hold::FlowControl => texts::flow_control().to_owned(),
        Hold::Pace { until } => texts::pace(&left(*until, now)),
    }
}

fn times(deliveries: u64) -> String {
    match deliveries {
        1 => texts::once().to_owned(),
        n => texts::times(&number::count(n)),
    }
}

/// How long until then, rounded to whole seconds, upwards.
fn left(until: Timestamp, now: Timestamp) -> String {
    let left = until.since(now);
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    crate::util::duration::format(Duration::from_secs(seconds))
}
