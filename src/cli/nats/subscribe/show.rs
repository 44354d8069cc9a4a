//! How a received message looks.

use std::io;
use std::time::Instant;

use async_nats::Message;
use async_nats::jetstream::message::Info;
use jiff::ZonedDateTime;

use crate::util::{duration, size};

use super::super::output::Out;

/// What to show of each message.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ShowArgs {
    /// Show the raw data received
    #[arg(short, long)]
    pub raw: bool,
    /// Do not render any data, shows only headers
    #[arg(long)]
    pub headers_only: bool,
    /// Prints only the messages' subjects
    #[arg(long)]
    pub subjects_only: bool,
    /// Show timestamps in output
    #[arg(short, long)]
    pub timestamp: bool,
    /// Show time since start in output
    #[arg(short, long)]
    pub delta_time: bool,
}

/// Prints messages.
pub(super) struct Printer {
    args: ShowArgs,
    start: Instant,
    out: Out,
}

impl Printer {
    pub fn new(args: &ShowArgs) -> Printer {
        Printer {
            args: args.clone(),
            start: Instant::now(),
            out: Out::new(),
        }
    }

    /// A message of core NATS.
    pub fn message(&mut self, number: u64, message: &Message) -> io::Result<()> {
        if self.args.raw {
            return self.out.body(&message.payload);
        }
        let reply = match &message.reply {
            Some(reply) => format!(" with reply {:?}", reply.as_str()),
            None => String::new(),
        };
        let mark = self.time_mark(ZonedDateTime::now());
        self.out.line(&format!(
            "[#{number}]{mark} Received on {:?}{reply}",
            message.subject.as_str()
        ))?;
        self.content(message)
    }

    /// The reply that was matched to message `number`.
    pub fn reply(&mut self, number: u64, reply: &Message) -> io::Result<()> {
        if self.args.raw {
            return self.out.body(&reply.payload);
        }
        let mark = self.time_mark(ZonedDateTime::now());
        self.out.line(&format!(
            "[#{number}]{mark} Matched reply on {:?}",
            reply.subject.as_str()
        ))?;
        self.content(reply)
    }

    /// A message from a consumer.
    pub fn stored(&mut self, number: u64, message: &Message, info: &Info<'_>) -> io::Result<()> {
        if self.args.raw {
            return self.out.body(&message.payload);
        }
        let published = info.published.unix_timestamp_nanos();
        let mark = self.time_mark(zoned(published));
        self.out.line(&format!(
            "[#{number}]{mark} Received JetStream message: stream: {} seq: {} / pending: {} / subject: {} / time: {}",
            info.stream,
            size::format_count(info.stream_sequence),
            size::format_count(info.pending),
            message.subject,
            zoned(published).strftime("%Y-%m-%d %H:%M:%S"),
        ))?;
        self.content(message)
    }

    /// Hands everything to the reader.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn content(&mut self, message: &Message) -> io::Result<()> {
        if self.args.subjects_only {
            return Ok(());
        }
        self.out.headers(message.headers.as_ref())?;
        if self.args.headers_only {
            return Ok(());
        }
        self.out.block(&message.payload)
    }

    fn time_mark(&self, now: ZonedDateTime) -> String {
        if self.args.timestamp {
            format!(" @ {}", now.strftime("%b %e %H:%M:%S%.6f"))
        } else if self.args.delta_time {
            format!(" @ {}", duration::format(self.start.elapsed()))
        } else {
            String::new()
        }
    }
}

/// A time in the zone of the reader; one that no clock shows is now.
fn zoned(unix_nanos: i128) -> ZonedDateTime {
    jiff::Timestamp::from_nanosecond(unix_nanos)
        .unwrap_or_else(|_| jiff::Timestamp::now())
        .to_zoned_datetime(jiff::tz::TimeZone::system())
}
