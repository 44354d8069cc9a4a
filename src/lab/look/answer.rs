//! Judges what the learner says.

use super::Eye;
use super::seen::{Seen, trouble};
use crate::lab::check::AnswerKind;
use crate::lab::compare::shorten;
use crate::lab::{numbers, texts};
use crate::proto::subject;

impl Eye {
    pub(super) async fn answer(&self, kind: &AnswerKind, given: Option<&String>) -> Seen {
        let expected = match kind {
            AnswerKind::Choice { choices, .. } => texts::a_choice(choices.len()),
            AnswerKind::Computed { .. } => texts::a_number().to_owned(),
            AnswerKind::Pattern { .. } => texts::a_pattern().to_owned(),
            AnswerKind::Text(_) => texts::your_answer().to_owned(),
        };
        let Some(given) = given else {
            return Seen::of(false, expected, texts::no_answer_yet().to_owned());
        };
        let (text, shown) = (given.trim(), shorten(given.trim()));
        let judged = |right: bool| match right {
            true => Seen::of(true, expected.clone(), texts::right(&shown)),
            false => Seen::of(false, expected.clone(), texts::wrong(&shown)),
        };
        let refused = |why: String| Seen::of(false, expected.clone(), why);
        match kind {
            AnswerKind::Text(wanted) => judged(wanted.accepts(&text.into())),
            AnswerKind::Choice { right, .. } => match text.trim_end_matches('.').parse::<usize>() {
                Ok(number) => judged(number == *right),
                Err(_) => refused(texts::no_choice(&shown)),
            },
            AnswerKind::Pattern { catches, misses } => match misfit(text, catches, misses) {
                None => judged(true),
                Some(why) => refused(why),
            },
            AnswerKind::Computed {
                reduce,
                stream,
                filter,
                tolerance,
            } => {
                let Ok(number) = text.replace(',', ".").parse::<f64>() else {
                    return refused(texts::no_number(&shown));
                };
                match numbers::reduce(&self.api, reduce, stream, filter).await {
                    Ok(value) => judged((value - number).abs() <= *tolerance),
                    Err(error) => refused(trouble(&error)),
                }
            }
        }
    }
}

/// Why a pattern is not the one that is asked for.
fn misfit(pattern: &str, catches: &[String], misses: &[String]) -> Option<String> {
    let shown = shorten(pattern);
    if !subject::is_valid_pattern(pattern.as_bytes()) {
        return Some(texts::wrong(&shown));
    }
    let hits = |subject: &&String| subject::matches(pattern.as_bytes(), subject.as_bytes());
    if let Some(missed) = catches.iter().find(|subject| !hits(subject)) {
        return Some(texts::catches_not(&shown, missed));
    }
    let caught = misses.iter().find(hits)?;
    Some(texts::catches_too(&shown, caught))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_does_not_fit_says_where() {
        let subjects = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let (catches, misses) = (
            subjects(&["m.oslo.start", "m.hamar.start"]),
            subjects(&["m.oslo.slutt"]),
        );
        let why = |pattern: &str| misfit(pattern, &catches, &misses);
        assert_eq!(why("m.*.start"), None);
        assert!(why("m.oslo.*").unwrap().contains("treffer ikke m.hamar.start"));
        assert!(why("m.>").unwrap().contains("treffer også m.oslo.slutt"));
        assert!(why("m..").unwrap().contains("ikke riktig"));
    }
}
