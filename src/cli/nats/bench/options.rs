//! The flags of `nats bench`, and the work that they describe.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use async_nats::HeaderMap;
use bytes::Bytes;

use super::super::typed::{parse_bytes, parse_duration, parse_pair};
use crate::client::templates::Random;

/// Most clients of one run.
const CLIENTS_MAX: u64 = 10_000;
/// Largest message, in bytes; servers take far less.
const SIZE_MAX: u64 = 64 << 20;
/// The header by which a stream knows a message again.
const MESSAGE_ID: &str = "Nats-Msg-Id";

/// What every benchmark takes.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// Number of concurrent clients
    #[arg(long, global = true, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=CLIENTS_MAX))]
    pub clients: u64,
    /// Number of messages to publish or subscribe to
    #[arg(long, global = true, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub msgs: u64,
    /// Size of the test messages
    #[arg(long, global = true, default_value = "128B", value_parser = parse_bytes)]
    size: i64,
    /// Show how far the clients are (--no-progress turns it off)
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub progress: bool,
    /// Save benchmark data to CSV file
    #[arg(long, global = true, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

impl Common {
    pub fn size(&self) -> anyhow::Result<usize> {
        match u64::try_from(self.size) {
            Ok(size) if size <= SIZE_MAX => Ok(size as usize),
            _ => bail!("invalid message size"),
        }
    }
}

/// How fast messages are sent.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Rate {
    /// Throttle all clients together to about so many messages a second (0 disables)
    #[arg(long, default_value_t = 0)]
    throughput: u64,
    /// Run for about this long instead of a fixed message count (requires --throughput)
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, requires = "throughput")]
    duration: Option<Duration>,
}

impl Rate {
    /// The messages that there are to send.
    pub fn messages(&self, common: &Common) -> anyhow::Result<u64> {
        match self.duration {
            None => Ok(common.msgs),
            Some(_) if self.throughput == 0 => bail!("--duration requires --throughput"),
            Some(duration) => Ok(((self.throughput as f64 * duration.as_secs_f64()) as u64).max(1)),
        }
    }
}

/// What messages are made of.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Load {
    /// File containing a message payload to send
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// Adds headers to the message using K:V format
    #[arg(short = 'H', long = "header", value_name = "K:V", value_parser = parse_pair)]
    headers: Vec<(String, String)>,
    #[command(flatten)]
    pub rate: Rate,
}

impl Load {
    /// Plain messages at this rate.
    pub fn of_rate(rate: Rate) -> Load {
        Load {
            rate,
            ..Load::default()
        }
    }

    /// Payload, headers and pace, for so many clients.
    pub fn work(&self, common: &Common) -> anyhow::Result<Work> {
        let payload = match &self.payload {
            Some(path) => std::fs::read(path)
                .with_context(|| format!("{}", path.display()))?
                .into(),
            None => Bytes::from(vec![b' '; common.size()?]),
        };
        let mut headers = HeaderMap::new();
        for (key, value) in &self.headers {
            headers.append(key.as_str(), value.as_str());
        }
        Ok(Work {
            payload,
            headers,
            per_second: self.rate.throughput as f64 / common.clients as f64,
            ..Work::default()
        })
    }
}

/// One subject, or many.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Subjects {
    /// Each message is published on a subject that ends in its number
    #[arg(long)]
    pub multisubject: bool,
    /// The maximum number of subjects to use in multi-subject mode (0 means no max)
    #[arg(long, value_name = "SUBJECTS", default_value_t = 100_000)]
    pub multisubjectmax: u64,
    /// Randomize which subjects are being used when in multisubject mode
    #[arg(long)]
    pub multisubjectrandomize: bool,
}

/// What every client of a run does.
#[derive(Debug, Clone, Default)]
pub(super) struct Work {
    pub payload: Bytes,
    pub headers: HeaderMap,
    /// The subject, the stream, or the bucket.
    pub target: String,
    /// The sequence of the stream's first message.
    pub first: u64,
    /// After each message.
    pub sleep: Duration,
    /// Most messages of one client in a second; 0 for no limit.
    pub per_second: f64,
    /// In multi-subject mode: how many subjects there are, 0 for as many as messages.
    pub subjects: Option<u64>,
    /// Any of the subjects or keys, and not one after the other.
    pub randomly: bool,
    /// Keys to choose from when it is done randomly.
    pub keys: u64,
    /// Each message has an ID that begins with this.
    pub ids: Option<String>,
}

impl Work {
    pub fn subject(&self, number: u64, random: &mut Random) -> String {
        match self.subjects {
            None => self.target.clone(),
            Some(0) => format!("{}.{number}", self.target),
            Some(most) if self.randomly => format!("{}.{}", self.target, random.below(most)),
            Some(most) => format!("{}.{}", self.target, number % most),
        }
    }

    pub fn key(&self, number: u64, random: &mut Random) -> String {
        match self.keys {
            0 => number.to_string(),
            keys => random.below(keys).to_string(),
        }
    }

    /// The headers of a message; none is quicker than an empty block.
    pub fn headers_of(&self, number: u64) -> Option<HeaderMap> {
        let mut headers = self.headers.clone();
        if let Some(prefix) = &self.ids {
            headers.insert(MESSAGE_ID, format!("{prefix}-{number}"));
        }
        (!headers.is_empty()).then_some(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        load: Load,
    }

    #[test]
    fn a_duration_becomes_messages() {
        let typed = |line: &str| Typed::try_parse_from(format!("x {line}").split_whitespace());
        let messages = |line: &str| {
            let typed = typed(line).unwrap();
            typed.load.rate.messages(&typed.common).unwrap()
        };
        assert_eq!(messages("--msgs 7"), 7);
        assert_eq!(messages("--throughput 100 --duration 2s"), 200);
        assert!(typed("--duration 2s").is_err());
        let work = typed("--throughput 100 --clients 4 -H a:b --size 3").unwrap();
        let work = work.load.work(&work.common).unwrap();
        assert_eq!((work.per_second, work.payload.len()), (25.0, 3));
        assert!(work.headers_of(1).is_some());
    }

    #[test]
    fn subjects_and_ids_have_numbers() {
        let mut random = Random::seeded(1);
        let work = Work {
            target: "a".to_owned(),
            subjects: Some(3),
            ids: Some("x".to_owned()),
            ..Work::default()
        };
        assert_eq!(work.subject(7, &mut random), "a.1");
        assert_eq!(
            work.headers_of(7).unwrap().get(MESSAGE_ID).unwrap().as_str(),
            "x-7"
        );
        assert_eq!(Work::default().key(7, &mut random), "7");
    }
}
