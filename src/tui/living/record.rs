//! What a living block remembers of its messages: the newest ones, their number, and the values by subject.

use std::collections::VecDeque;
use std::time::Instant;

use serde_json::Value;

use super::texts;
use crate::client::payload;
use crate::tui::panes::consumers::averages::Averages;
use crate::tui::panes::task::{PULSE, Rate};
use crate::tui::widgets::number;
use crate::util::ring::Ring;
use crate::util::time::Timestamp;

/// The newest messages kept; no slide has more rows.
const MESSAGES_MAX: usize = 64;
/// Bytes of them.
const MESSAGES_BYTES_MAX: usize = 256 * 1024;
/// Characters kept of a payload.
const TEXT_CHARS_MAX: usize = 400;
/// Subjects that have a colour of their own in their order of appearance; further ones share the last.
const SUBJECTS_MAX: usize = 64;
/// Rates kept, one a pulse: two minutes.
const RATES_MAX: usize = 240;
/// The longest JSON in which a field is looked for, in bytes.
const JSON_BYTES_MAX: usize = 64 * 1024;

/// A message, as far as a slide shows it.
pub struct Entry {
    /// When it came.
    pub at: Timestamp,
    /// The place of its subject in [`Record::subjects`].
    pub subject: usize,
    /// The beginning of its payload, fit for the screen.
    pub text: String,
}

/// What came.
pub struct Record {
    field: Option<String>,
    /// How many messages.
    pub total: u64,
    /// Per second.
    rate: Rate,
    /// The rate at each pulse, newest last.
    pub rates: VecDeque<u64>,
    /// The newest.
    pub newest: Ring<Entry>,
    /// The subjects in the order in which they came first.
    pub subjects: Vec<String>,
    /// The values on them.
    pub values: Averages,
    trouble: Option<String>,
}

impl Record {
    /// Nothing came yet. A value is the whole payload, or a field of it.
    pub fn new(field: Option<String>) -> Record {
        Record {
            field,
            total: 0,
            rate: Rate::default(),
            rates: VecDeque::new(),
            newest: Ring::new(MESSAGES_MAX, MESSAGES_BYTES_MAX),
            subjects: Vec::new(),
            values: Averages::default(),
            trouble: None,
        }
    }

    /// Takes a message; `sequence` is its place in the stream, where it comes from one. One that was taken
    /// before, as after a reconnect, changes nothing.
    pub fn take(&mut self, sequence: Option<u64>, at: Timestamp, subject: &str, bytes: &[u8]) {
        let sequence = sequence.unwrap_or(self.values.last_sequence + 1);
        if sequence <= self.values.last_sequence {
            return;
        }
        self.total += 1;
        self.values.take(sequence, subject, self.value(bytes));
        let place = self.place(subject);
        let text = payload::preview(bytes, TEXT_CHARS_MAX);
        let weight = text.len() + 64;
        self.newest.push(
            Entry {
                at,
                subject: place,
                text,
            },
            weight,
        );
        self.trouble = None;
    }

    fn place(&mut self, subject: &str) -> usize {
        let known = self.subjects.iter().position(|known| known == subject);
        known.unwrap_or_else(|| {
            if self.subjects.len() < SUBJECTS_MAX {
                self.subjects.push(subject.to_owned());
            }
            self.subjects.len() - 1
        })
    }

    fn value(&self, bytes: &[u8]) -> Option<f64> {
        let Some(field) = &self.field else {
            return payload::number(bytes);
        };
        let json = Some(bytes).filter(|bytes| bytes.len() <= JSON_BYTES_MAX)?;
        let value: Value = serde_json::from_slice(json).ok()?;
        let found = value.get(field)?;
        found
            .as_f64()
            .or_else(|| payload::number(found.as_str()?.as_bytes()))
            .filter(|value| value.is_finite())
    }

    /// Forgets everything: the stream it came from is another one.
    pub fn clear(&mut self) {
        *self = Record::new(self.field.take());
    }

    /// Says that nothing comes, and why.
    pub fn set_trouble(&mut self, why: String) {
        self.trouble = Some(why);
    }

    /// Notes the rate; true when there is something new to draw.
    pub fn sample(&mut self, now: Instant) -> bool {
        let before = self.rate.per_second();
        let changed = self.rate.sample(now, self.total);
        let moves =
            before > 0 || self.rate.per_second() > 0 || self.rates.back().is_some_and(|rate| *rate > 0);
        self.rates.push_back(self.rate.per_second());
        if self.rates.len() > RATES_MAX {
            self.rates.pop_front();
        }
        changed || moves
    }

    /// The rate, in words, and what is wrong.
    pub fn state(&self) -> (String, Option<String>) {
        let mut state = texts::messages(&number::count(self.total));
        if self.rate.per_second() > 0 {
            state = format!(
                "{state} · {}",
                texts::rate(&number::short(self.rate.per_second()))
            );
        }
        (state, self.trouble.clone())
    }

    /// How long the rates go back, in seconds.
    pub fn rates_seconds(&self) -> u64 {
        self.rates.len() as u64 * PULSE.as_millis() as u64 / 1_000
    }
}
