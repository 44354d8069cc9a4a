//! `nats publish --schedule-*`: messages that a stream sends later, or again and again (ADR-51).

use std::time::Duration;

use anyhow::bail;

use super::outgoing::Outgoing;
use super::typed::parse_duration;
use crate::util::duration;
use crate::util::time::Timestamp;

#[derive(Debug, Default, clap::Args)]
pub(super) struct ScheduleArgs {
    /// Schedule the message after a certain duration (implies --jetstream)
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    schedule_after: Option<Duration>,
    /// Schedule the message at a certain RFC3339 time (implies --jetstream)
    #[arg(long, value_name = "TIME")]
    schedule_at: Option<Timestamp>,
    /// Cron definition for a scheduled message (implies --jetstream)
    #[arg(long, value_name = "CRON")]
    schedule_cron: Option<String>,
    /// Subject the message will publish to when the schedule fires (implies --jetstream)
    #[arg(long, value_name = "SUBJECT")]
    schedule_dest: Option<String>,
    /// Schedules the message every interval (implies --jetstream)
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    schedule_every: Option<Duration>,
    /// Reads a specific subject when scheduling (implies --jetstream)
    #[arg(long, value_name = "SUBJECT")]
    schedule_source: Option<String>,
    /// How long generated messages should live in the stream
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    schedule_ttl: Option<Duration>,
}

impl ScheduleArgs {
    /// True when any flag asks for a schedule.
    pub fn is_used(&self) -> bool {
        self.times() > 0
            || self.schedule_dest.is_some()
            || self.schedule_source.is_some()
            || self.schedule_ttl.is_some()
    }

    /// How many flags say when.
    fn times(&self) -> usize {
        [
            self.schedule_after.is_some(),
            self.schedule_at.is_some(),
            self.schedule_every.is_some(),
            self.schedule_cron.is_some(),
        ]
        .into_iter()
        .filter(|given| *given)
        .count()
    }

    /// Refuses what does not go together.
    pub fn check(&self) -> anyhow::Result<()> {
        if !self.is_used() {
            return Ok(());
        }
        if self.schedule_dest.is_none() {
            bail!("schedule destination is required when setting schedule properties");
        }
        for (name, given) in [
            ("--schedule-after", self.schedule_after),
            ("--schedule-every", self.schedule_every),
        ] {
            if given.is_some_and(|given| given.is_zero()) {
                bail!("{name} must be greater than 0");
            }
        }
        if self.times() > 1 {
            bail!(
                "--schedule-at, --schedule-after, --schedule-every and --schedule-cron are mutually exclusive"
            );
        }
        Ok(())
    }

    /// Writes the headers that the stream goes by.
    pub fn add_to(&self, message: &mut Outgoing, now: Timestamp) {
        let Some(destination) = &self.schedule_dest else {
            return;
        };
        let at = self.schedule_at.or(self.schedule_after.map(|after| now + after));
        let when = at
            .map(|time| format!("@at {}", to_the_second(time)))
            .or(self
                .schedule_every
                .map(|every| format!("@every {}", duration::format(every))))
            .or(self.schedule_cron.clone());
        let headers = message.headers.get_or_insert_default();
        headers.insert("Nats-Schedule-Target", destination.as_str());
        for (name, value) in [
            ("Nats-Schedule", when),
            ("Nats-Schedule-TTL", self.schedule_ttl.map(duration::format)),
            ("Nats-Schedule-Source", self.schedule_source.clone()),
        ] {
            if let Some(value) = value {
                headers.insert(name, value.as_str());
            }
        }
    }
}

/// The next whole second, so that nothing is sent too early.
fn to_the_second(time: Timestamp) -> Timestamp {
    const SECOND: i64 = 1_000_000_000;
    let nanos = time.nanos();
    match nanos.rem_euclid(SECOND) {
        0 => time,
        over => Timestamp::from_nanos(nanos.saturating_add(SECOND - over)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        args: ScheduleArgs,
    }

    fn typed(line: &str) -> ScheduleArgs {
        Typed::try_parse_from(format!("x {line}").split_whitespace())
            .unwrap()
            .args
    }

    #[test]
    fn flags_become_headers() {
        let now = "2026-11-24T18:00:00.5Z".parse().unwrap();
        for (line, expected) in [
            ("--schedule-after 1m", "@at 2026-11-24T18:01:01Z"),
            ("--schedule-at 2026-11-24T19:00:00Z", "@at 2026-11-24T19:00:00Z"),
            ("--schedule-every 90s", "@every 1m30s"),
            ("--schedule-cron @daily", "@daily"),
        ] {
            let args = typed(&format!("{line} --schedule-dest d --schedule-ttl 5m"));
            args.check().unwrap();
            let mut message = Outgoing {
                subject: "s".to_owned(),
                headers: None,
                payload: bytes::Bytes::new(),
            };
            args.add_to(&mut message, now);
            let headers = message.headers.unwrap();
            assert_eq!(headers.get("Nats-Schedule").unwrap().as_str(), expected, "{line}");
            assert_eq!(headers.get("Nats-Schedule-Target").unwrap().as_str(), "d");
            assert_eq!(headers.get("Nats-Schedule-TTL").unwrap().as_str(), "5m0s");
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for line in [
            "--schedule-after 1m",
            "--schedule-dest d --schedule-after 0s",
            "--schedule-dest d --schedule-after 1m --schedule-every 1m",
        ] {
            assert!(typed(line).check().is_err(), "{line}");
        }
        assert!(typed("").check().is_ok());
    }
}
