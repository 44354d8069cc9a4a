//! What is to be published, read from the form and checked before anything is sent.

use crate::tui::panes::publish::texts;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::client::templates::{Moment, Random, Template};
use crate::proto::subject;
use crate::util::duration;

/// The most messages of one run.
pub const COUNT_MAX: u64 = 100_000_000;
/// What an empty subject field shows.
pub const SUBJECT_EXAMPLE: &str = "sensors.pizzanini.temp";
/// The most messages of one burst.
const BURST_MAX: u64 = 1_000_000;
/// The longest pause between two bursts.
const INTERVAL_MAX: Duration = Duration::from_secs(3_600);

/// The texts of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Where to.
    pub subject: String,
    /// `Key: value`, one a line.
    pub headers: String,
    /// The payload.
    pub payload: String,
    /// How many.
    pub count: String,
    /// How long between two bursts, as Go writes durations.
    pub interval: String,
    /// How many in a burst.
    pub burst: String,
}

/// A run of messages.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where to.
    pub subject: Template,
    /// The headers; names are fixed.
    pub headers: Vec<(HeaderName, Template)>,
    /// The payload.
    pub payload: Template,
    /// How many.
    pub count: u64,
    /// How long between two bursts.
    pub interval: Duration,
    /// How many in a burst.
    pub burst: u64,
}

/// Why a draft cannot be sent, in bokmål.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// There is none; what is shown in the empty field is an example.
    #[error("{}", texts::no_subject(SUBJECT_EXAMPLE))]
    NoSubject,
    /// Empty, with wildcards, or with empty tokens.
    #[error("{}", texts::bad_subject())]
    Subject,
    /// A line that is not `Key: value`.
    #[error("{}", texts::bad_header(*.0))]
    Header(usize),
    /// A name or value that the wire cannot carry.
    #[error("{}", texts::unsendable_header(*.0))]
    HeaderCharacters(usize),
    /// Not a number within bounds.
    #[error("{}", texts::bad_count())]
    Count,
    /// Not a number within bounds.
    #[error("{}", texts::bad_burst())]
    Burst,
    /// Not a duration within bounds.
    #[error("{}", texts::bad_interval())]
    Interval,
}

impl Draft {
    /// A draft of which only the subject is written.
    pub fn to(subject: impl Into<String>) -> Draft {
        Draft {
            subject: subject.into(),
            ..Draft::default()
        }
    }

    /// Checks the draft.
    pub fn order(&self) -> Result<Order, DraftError> {
        let subject_text = self.subject.trim();
        if subject_text.is_empty() {
            return Err(DraftError::NoSubject);
        }
        let (template, _) = Template::lenient(subject_text);
        // A template's blanks are no part of the subject that it becomes.
        if template.is_constant() && !subject::is_valid_literal(subject_text.as_bytes()) {
            return Err(DraftError::Subject);
        }
        let count = match self.count.trim() {
            "" => 1,
            text => text.replace(' ', "").parse().map_err(|_| DraftError::Count)?,
        };
        if !(1..=COUNT_MAX).contains(&count) {
            return Err(DraftError::Count);
        }
        Ok(Order {
            subject: template,
            headers: headers(&self.headers)?,
            payload: Template::lenient(&self.payload).0,
            count,
            interval: self.pause()?,
            burst: self.burst()?,
        })
    }

    /// How long between two bursts.
    pub fn pause(&self) -> Result<Duration, DraftError> {
        interval(&self.interval)
    }

    /// How many in a burst.
    pub fn burst(&self) -> Result<u64, DraftError> {
        let burst = match self.burst.trim() {
            "" => 1,
            text => text.replace(' ', "").parse().map_err(|_| DraftError::Burst)?,
        };
        (1..=BURST_MAX)
            .contains(&burst)
            .then_some(burst)
            .ok_or(DraftError::Burst)
    }
}

fn interval(text: &str) -> Result<Duration, DraftError> {
    match text.trim() {
        "" => Ok(Duration::ZERO),
        text => duration::parse(text)
            .ok()
            .filter(|d| *d <= INTERVAL_MAX)
            .ok_or(DraftError::Interval),
    }
}

fn headers(text: &str) -> Result<Vec<(HeaderName, Template)>, DraftError> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            let (name, value) = line.split_once(':').ok_or(DraftError::Header(n + 1))?;
            let unfit = DraftError::HeaderCharacters(n + 1);
            let name = name.trim();
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(unfit);
            }
            let name: HeaderName = name.parse().map_err(|_| unfit)?;
            Ok((name, Template::lenient(value.trim()).0))
        })
        .collect()
}

/// A message ready for the wire.
pub struct Rendered {
    /// Where to.
    pub subject: String,
    /// The headers, if there are any.
    pub headers: Option<HeaderMap>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Order {
    /// True when all messages are alike.
    pub fn is_constant(&self) -> bool {
        self.subject.is_constant()
            && self.payload.is_constant()
            && self.headers.iter().all(|(_, value)| value.is_constant())
    }

    /// The message of this moment. None when the subject became invalid by what was filled in.
    pub fn render(&self, moment: &Moment<'_>, random: &mut Random) -> Option<Rendered> {
        let subject = self.subject.render_text(moment, random);
        if !subject::is_valid_literal(subject.as_bytes()) {
            return None;
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            // A filled-in value has no line ends unless the template had, and a form line has none.
            let value: HeaderValue = value.render_text(moment, random).parse().unwrap_or_default();
            headers.append(name.clone(), value);
        }
        Some(Rendered {
            subject,
            headers: (!headers.is_empty()).then_some(headers),
            payload: self.payload.render(moment, random),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_sent_is_refused_with_its_reason() {
        assert_eq!(Draft::to(" ").order().err(), Some(DraftError::NoSubject));
        for subject in ["a..b", "a.*", ">", "a b"] {
            assert_eq!(
                Draft::to(subject).order().err(),
                Some(DraftError::Subject),
                "{subject}"
            );
        }
        let with = |headers: &str, count: &str, interval: &str| {
            let draft = Draft {
                headers: headers.to_owned(),
                count: count.to_owned(),
                interval: interval.to_owned(),
                ..Draft::to("a")
            };
            draft.order().err()
        };
        assert_eq!(with("A: 1\nno colon", "", ""), Some(DraftError::Header(2)));
        assert_eq!(with(": x", "", ""), Some(DraftError::HeaderCharacters(1)));
        assert_eq!(with("", "0", ""), Some(DraftError::Count));
        assert_eq!(with("", "-1", ""), Some(DraftError::Count));
        assert_eq!(with("", "", "10"), Some(DraftError::Interval));
        assert_eq!(with("", "1 000", "10ms"), None);
        for (burst, expected) in [("", Ok(1)), ("1 000", Ok(1_000)), ("0", Err(DraftError::Burst))] {
            let draft = Draft {
                burst: burst.to_owned(),
                ..Draft::to("a")
            };
            assert_eq!(draft.burst(), expected);
        }
    }

    #[test]
    fn templates_are_filled_in_per_message() {
        let order = Draft {
            headers: "N: {{Count}}\nN: again".to_owned(),
            payload: "no {{Count}}".to_owned(),
            ..Draft::to("orders.{{ Count }}")
        }
        .order()
        .unwrap();
        assert!(!order.is_constant());
        let now = jiff::Timestamp::UNIX_EPOCH.to_zoned_datetime(jiff::tz::TimeZone::UTC);
        let message = order
            .render(&Moment::of_message(7, &now), &mut Random::seeded(1))
            .unwrap();
        assert_eq!(
            (message.subject.as_str(), &message.payload[..]),
            ("orders.7", &b"no 7"[..])
        );
        let values: Vec<String> = message
            .headers
            .unwrap()
            .get_all("N")
            .map(|v| v.to_string())
            .collect();
        assert_eq!(values, ["7", "again"]);
    }
}
