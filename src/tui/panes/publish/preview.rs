//! What a draft with templates becomes: its first messages, rendered when the draft changes and not for every frame.

use jiff::tz::TimeZone;

use super::order::Draft;
use super::texts;
use crate::client::templates::{Moment, Random, Template};

/// Messages that are shown.
const MESSAGES_MAX: u64 = 3;
/// Characters of a rendered payload.
const PAYLOAD_CHARS_MAX: usize = 200;

/// The first messages of a draft, or what is wrong with its templates.
#[derive(Debug, Default)]
pub struct Preview {
    of: Draft,
    rows: Vec<String>,
    is_bad: bool,
}

impl Preview {
    /// The rows for this draft, and whether they tell of a mistake; none where the draft has no templates.
    pub fn rows(&mut self, draft: &Draft) -> (&[String], bool) {
        if *draft != self.of {
            self.of = draft.clone();
            (self.rows, self.is_bad) = match mistake(draft) {
                Some(mistake) => (vec![mistake], true),
                None => (rendered(draft, &mut Random::from_system()), false),
            };
        }
        (&self.rows, self.is_bad)
    }
}

/// The first text that was meant as a template and is none; it is sent as it stands.
fn mistake(draft: &Draft) -> Option<String> {
    let texts = [&draft.subject, &draft.headers, &draft.payload];
    let mut errors = texts.into_iter().filter_map(|text| Template::lenient(text).1);
    errors
        .next()
        .map(|error| texts::not_a_template(&error.to_string()))
}

fn rendered(draft: &Draft, random: &mut Random) -> Vec<String> {
    let Some(order) = draft.order().ok().filter(|order| !order.is_constant()) else {
        return Vec::new();
    };
    let now = jiff::Timestamp::now().to_zoned_datetime(TimeZone::system());
    let row = |count: u64| match order.render(&Moment::of_message(count, &now), random) {
        Some(message) => {
            let payload = String::from_utf8_lossy(&message.payload);
            let payload: String = payload.chars().take(PAYLOAD_CHARS_MAX).collect();
            format!("{count}  {}  {}", message.subject, payload.replace('\n', " "))
        }
        None => format!("{count}  {}", texts::bad_template_subject(count)),
    };
    (1..=MESSAGES_MAX.min(order.count)).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(subject: &str, payload: &str, count: &str) -> Draft {
        Draft {
            subject: subject.to_owned(),
            payload: payload.to_owned(),
            count: count.to_owned(),
            ..Draft::default()
        }
    }

    #[test]
    fn the_first_messages_are_shown_and_stay_until_the_draft_changes() {
        let mut preview = Preview::default();
        assert_eq!(preview.rows(&draft("a", "b", "9")), (&[][..], false));
        let counted = draft("a.{{Count}}", "nr {{Count}}", "9");
        let (rows, _) = preview.rows(&counted);
        assert_eq!(rows, ["1  a.1  nr 1", "2  a.2  nr 2", "3  a.3  nr 3"]);
        let by_chance = draft("a", "{{Random 20 20}}", "2");
        let first = preview.rows(&by_chance).0.to_vec();
        assert_eq!(first.len(), 2);
        assert_eq!(preview.rows(&by_chance).0, first, "no flicker");
    }

    #[test]
    fn what_was_meant_as_a_template_is_named() {
        let mut preview = Preview::default();
        let (rows, is_bad) = preview.rows(&draft("a", "{{Cuont}}", "1"));
        assert!(is_bad && rows[0].contains("Cuont"), "{rows:?}");
    }
}
