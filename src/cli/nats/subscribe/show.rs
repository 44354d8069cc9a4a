//! How a received message looks.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use async_nats::jetstream::message::Info;
use async_nats::{HeaderMap, Message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::ZonedDateTime;
use serde_json::{Map, json};

use crate::util::{duration, size};

use super::super::output::Out;
use super::super::translate::{Translate, parse_translate, shown};

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
    /// Translate the message data by running it through the given command before output
    #[arg(long, value_name = "COMMAND", value_parser = parse_translate)]
    translate: Option<Translate>,
    /// Dump received messages to files, 1 file per message. Specify - for null terminated STDOUT for use with xargs -0
    #[arg(long, value_name = "DIRECTORY")]
    pub dump: Option<PathBuf>,
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
    pub async fn message(&mut self, number: u64, message: &Message) -> anyhow::Result<()> {
        let body = self.translated(message, "").await?;
        if let Some(folder) = &self.args.dump {
            return dump(&mut self.out, folder, number, message, &body);
        }
        if self.args.raw {
            return Ok(self.out.body(&body)?);
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
        Ok(self.content(message, &body)?)
    }

    async fn translated(&self, message: &Message, stream: &str) -> anyhow::Result<Bytes> {
        let translate = self.args.translate.as_ref();
        shown(translate, &message.payload, &message.subject, stream).await
    }

    /// The reply that was matched to message `number`.
    pub async fn reply(&mut self, number: u64, reply: &Message) -> anyhow::Result<()> {
        let body = self.translated(reply, "").await?;
        if self.args.raw {
            return Ok(self.out.body(&body)?);
        }
        let mark = self.time_mark(ZonedDateTime::now());
        self.out.line(&format!(
            "[#{number}]{mark} Matched reply on {:?}",
            reply.subject.as_str()
        ))?;
        Ok(self.content(reply, &body)?)
    }

    /// A message from a consumer.
    pub async fn stored(&mut self, number: u64, message: &Message, info: &Info<'_>) -> anyhow::Result<()> {
        let body = self.translated(message, info.stream).await?;
        if let Some(folder) = &self.args.dump {
            return dump(&mut self.out, folder, number, message, &body);
        }
        if self.args.raw {
            return Ok(self.out.body(&body)?);
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
        Ok(self.content(message, &body)?)
    }

    /// Hands everything to the reader.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn content(&mut self, message: &Message, body: &[u8]) -> io::Result<()> {
        if self.args.subjects_only {
            return Ok(());
        }
        self.out.headers(message.headers.as_ref())?;
        if self.args.headers_only {
            return Ok(());
        }
        self.out.block(body)
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

/// A message as JSON in a file of its own, or on standard output with a zero byte after it.
fn dump(out: &mut Out, folder: &Path, number: u64, message: &Message, body: &[u8]) -> anyhow::Result<()> {
    let mut headers = Map::new();
    for (key, values) in message.headers.iter().flat_map(HeaderMap::iter) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        headers.insert(key.to_string(), values.into());
    }
    let reply = message.reply.as_ref().map_or("", |reply| reply.as_str());
    let dumped = json!({
        "Subject": message.subject.as_str(), "Reply": reply, "Header": headers, "Data": STANDARD.encode(body),
    });
    if folder == Path::new("-") {
        return Ok(out.bytes(format!("{dumped}\0").as_bytes())?);
    }
    std::fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    let path = folder.join(format!("{number}.json"));
    std::fs::write(&path, dumped.to_string()).with_context(|| format!("{}", path.display()))
}

/// A time in the zone of the reader; one that no clock shows is now.
fn zoned(unix_nanos: i128) -> ZonedDateTime {
    jiff::Timestamp::from_nanosecond(unix_nanos)
        .unwrap_or_else(|_| jiff::Timestamp::now())
        .to_zoned_datetime(jiff::tz::TimeZone::system())
}
