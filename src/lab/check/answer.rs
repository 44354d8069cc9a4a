//! Questions to the learner.

use super::raw::Raw;
use crate::lab::compare::Expected;

/// A question to the learner.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The question.
    pub prompt: String,
    /// What is right.
    pub kind: AnswerKind,
    /// Why, told once it is answered rightly.
    pub why: Option<String>,
}

/// How an answer is judged.
#[derive(Debug, Clone)]
pub enum AnswerKind {
    /// As expected.
    Text(Expected),
    /// The number of a choice, from 1.
    Choice { choices: Vec<String>, right: usize },
    /// A number that is computed from a stream: how, which stream, which subjects, and how exactly.
    Computed {
        reduce: String,
        stream: String,
        filter: String,
        tolerance: f64,
    },
    /// A pattern that catches these subjects and none of those.
    Pattern {
        catches: Vec<String>,
        misses: Vec<String>,
    },
}

impl Answer {
    pub(super) fn read(raw: &mut Raw) -> Result<Answer, String> {
        let choices = raw.list("choices")?;
        let kind = if !choices.is_empty() {
            let right = raw.count("right", 0)? as usize;
            if !(1..=choices.len()).contains(&right) {
                return Err("right is no choice".to_owned());
            }
            AnswerKind::Choice { choices, right }
        } else if let Some(reduce) = raw.optional_text("reduce") {
            AnswerKind::Computed {
                reduce,
                stream: raw.text("stream")?,
                filter: raw.text("filter")?,
                tolerance: raw.take("tolerance").and_then(|t| t.as_f64()).unwrap_or(0.0),
            }
        } else if let Some(expected) = raw.expected("is")? {
            AnswerKind::Text(expected)
        } else {
            AnswerKind::Pattern {
                catches: raw.list("catches")?,
                misses: raw.list("misses")?,
            }
        };
        Ok(Answer {
            prompt: raw.text("name")?,
            kind,
            why: raw.optional_text("why"),
        })
    }
}
