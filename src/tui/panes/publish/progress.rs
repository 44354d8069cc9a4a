//! How a run of messages goes, and what JetStream answered.

use crate::tui::panes::publish::texts;
use std::time::Duration;

use serde_json::Value;

/// What JetStream said to one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ack {
    /// It is stored.
    Stored {
        /// The stream that has it.
        stream: String,
        /// Its place there.
        sequence: u64,
        /// The stream had one with the same Nats-Msg-Id already, and kept that.
        duplicate: bool,
    },
    /// It is not stored; the server's words.
    Refused(String),
}

impl Ack {
    /// Reads an answer. `no_responders` when the server itself answered that nobody is there.
    pub fn read(payload: &[u8], no_responders: bool) -> Ack {
        if no_responders {
            return Ack::Refused(texts::no_stream_takes_it().to_owned());
        }
        let answer: Value = serde_json::from_slice(payload).unwrap_or_default();
        match (answer["stream"].as_str(), answer["seq"].as_u64()) {
            (Some(stream), Some(sequence)) => Ack::Stored {
                stream: stream.to_owned(),
                sequence,
                duplicate: answer["duplicate"].as_bool().unwrap_or(false),
            },
            _ => {
                let reason = answer["error"]["description"].as_str();
                Ack::Refused(reason.unwrap_or(texts::no_ack_answer()).to_owned())
            }
        }
    }
}

/// A run under way, or the last one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// True until the last message is out and the acks are in.
    pub running: bool,
    /// How many are to be sent.
    pub total: u64,
    /// How many were sent.
    pub sent: u64,
    /// How long the sending took, so far.
    pub elapsed: Duration,
    /// Why it stopped early.
    pub problem: Option<String>,
    /// True when a stream takes the subject, so that acks are awaited.
    pub to_stream: bool,
    /// Acks that say stored, duplicates included.
    pub stored: u64,
    /// How many of them were duplicates.
    pub duplicates: u64,
    /// Answers that say no.
    pub refused: u64,
    /// The last answer.
    pub last_ack: Option<Ack>,
    /// Messages a second while they went out, one number a look, the newest last.
    pub rates: Vec<f64>,
    /// How many had been sent at the last look, and when that was.
    looked: Option<(Duration, u64)>,
}

/// The rates that are kept.
const RATES_MAX: usize = 240;

impl Progress {
    /// A run of `total` messages that begins now.
    pub fn begin(total: u64) -> Progress {
        Progress {
            running: true,
            total,
            ..Progress::default()
        }
    }

    /// Notes how fast it goes. True while it goes.
    pub fn sample(&mut self) -> bool {
        let (before, then) = self.looked.unwrap_or_default();
        let passed = self.elapsed.saturating_sub(before).as_secs_f64();
        if passed <= 0.0 {
            return false;
        }
        if self.rates.len() == RATES_MAX {
            self.rates.remove(0);
        }
        self.rates.push(self.sent.saturating_sub(then) as f64 / passed);
        self.looked = Some((self.elapsed, self.sent));
        true
    }

    /// Takes an answer.
    pub fn answer(&mut self, ack: Ack) {
        match &ack {
            Ack::Stored { duplicate, .. } => {
                self.stored += 1;
                self.duplicates += u64::from(*duplicate);
            }
            Ack::Refused(_) => self.refused += 1,
        }
        self.last_ack = Some(ack);
    }

    /// Messages whose answer is still awaited.
    pub fn in_flight(&self) -> u64 {
        self.sent.saturating_sub(self.stored + self.refused)
    }

    /// Messages a second.
    pub fn per_second(&self) -> u64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds <= 0.0 {
            return 0;
        }
        (self.sent as f64 / seconds).round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_between_two_looks() {
        let mut progress = Progress::begin(100);
        assert!(!progress.sample(), "nothing went out yet");
        for (millis, sent) in [(500, 50), (1_000, 60), (1_000, 60)] {
            progress.elapsed = Duration::from_millis(millis);
            progress.sent = sent;
            progress.sample();
        }
        assert_eq!(progress.rates, [100.0, 20.0]);
    }

    #[test]
    fn answers_are_told_apart_and_counted() {
        let mut progress = Progress::begin(4);
        progress.sent = 4;
        for (payload, no_responders) in [
            (&br#"{"stream":"SENSORS","seq":7}"#[..], false),
            (br#"{"stream":"SENSORS","seq":7,"duplicate":true}"#, false),
            (
                br#"{"error":{"code":400,"description":"maximum bytes exceeded"}}"#,
                false,
            ),
            (b"", true),
        ] {
            progress.answer(Ack::read(payload, no_responders));
        }
        assert_eq!(
            (progress.stored, progress.duplicates, progress.refused),
            (2, 1, 2)
        );
        assert_eq!(progress.in_flight(), 0);
        assert!(matches!(Ack::read(b"hei", false), Ack::Refused(_)));
    }
}
