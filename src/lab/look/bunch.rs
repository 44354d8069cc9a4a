//! Several checks as one.

use std::collections::HashMap;

use super::Eye;
use super::seen::Seen;
use crate::lab::check::{Bunch, Check, Rule};
use crate::lab::sight::Sight;
use crate::lab::texts;

impl Eye {
    pub(super) async fn open_parts(&self, bunch: &Bunch) -> Vec<Sight> {
        let mut parts = Vec::new();
        for part in &bunch.parts {
            parts.push(match bunch.rule {
                Rule::Sequence => Sight::default(),
                _ => self.open(part).await,
            });
        }
        parts
    }

    pub(super) async fn bunch(
        &mut self,
        bunch: &Bunch,
        sight: &mut Sight,
        answers: &HashMap<String, String>,
    ) -> Seen {
        let in_turn = bunch.rule == Rule::Sequence;
        let mut looks: Vec<Seen> = Vec::new();
        for (part, own) in bunch.parts.iter().zip(&mut sight.parts) {
            if !own.is_open {
                *own = self.open(part).await;
            }
            let stays = own.passed && (part.latch || in_turn);
            let seen = match stays {
                true => Seen::of(true, String::new(), texts::as_wanted().to_owned()),
                false => self.look(part, own, answers).await,
            };
            own.passed = seen.passed;
            let waits = in_turn && !seen.passed;
            looks.push(seen);
            if waits {
                break;
            }
        }
        judge(bunch, looks)
    }
}

/// What a part expects: in the words of the lab, where it has some.
fn wish(part: &Check, seen: &Seen) -> String {
    match part.say.is_empty() {
        true => seen.expected.clone(),
        false => part.say.clone(),
    }
}

fn judge(bunch: &Bunch, looks: Vec<Seen>) -> Seen {
    // What cannot be told in part cannot be told as a whole.
    if let Some(missing) = looks.iter().find(|seen| seen.unable) {
        return missing.clone();
    }
    let total = bunch.parts.len();
    let passed = looks.iter().filter(|seen| seen.passed).count();
    let wishes = || -> Vec<String> {
        let both = bunch.parts.iter().zip(&looks);
        both.map(|(part, seen)| wish(part, seen)).collect()
    };
    let first = |passes: bool| looks.iter().position(|seen| seen.passed == passes);
    match bunch.rule {
        Rule::All => match first(false) {
            None => Seen::of(true, wishes().join(texts::and()), texts::as_wanted().to_owned()),
            Some(open) => Seen {
                expected: wish(&bunch.parts[open], &looks[open]),
                ..looks[open].clone()
            },
        },
        Rule::AtLeast(wanted) => {
            // Ways to the same are one wish.
            let mut wishes = wishes();
            wishes.dedup();
            let mut seen: Vec<&str> = looks.iter().map(|seen| seen.seen.as_str()).collect();
            seen.dedup();
            let expected = match (wanted, &wishes[..]) {
                (1, [wish]) => wish.clone(),
                (1, wishes) => texts::one_of(&wishes.join(texts::or())),
                (count, wishes) => texts::some_of(count, &wishes.join(texts::or())),
            };
            Seen::of(passed >= wanted, expected, seen.join("; "))
        }
        Rule::None => {
            let seen = match first(true) {
                Some(caught) => looks[caught].seen.clone(),
                None => looks[0].seen.clone(),
            };
            let expected = texts::but_not(&wishes().join(texts::or()));
            Seen::of(passed == 0, expected, seen)
        }
        Rule::Sequence => {
            let now = looks.len() - 1;
            let expected = texts::in_turn(now + 1, total, &wish(&bunch.parts[now], &looks[now]));
            Seen::of(passed == total, expected, looks[now].seen.clone())
                .share(passed as f64, Some(total as f64))
        }
    }
}
