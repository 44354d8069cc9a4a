//! `nats subscribe --report-subjects`, `--report-subscriptions` and `--graph`: what flows, as numbers.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{anyhow, bail};
use futures_util::StreamExt as _;
use futures_util::stream::select_all;

use super::super::output::Out;
use super::super::plot::{Curve, draw, needs_terminal};
use super::super::session::Connection;
use super::super::table::Table;
use super::{Args, Limits};
use crate::util::size;

/// Between two drawings.
const REFRESH: Duration = Duration::from_secs(1);
/// Subjects that are told apart; what comes on others is counted together.
const SUBJECTS_MAX: usize = 100_000;
const OTHERS: &str = "(others)";

/// What is made of the messages instead of showing them.
#[derive(Debug, clap::Args)]
pub(super) struct LiveArgs {
    /// Builds a report of the subjects that receive data
    #[arg(long)]
    report_subjects: bool,
    /// Builds a report of the subscriptions that receive data
    #[arg(long)]
    report_subscriptions: bool,
    /// Number of subjects to show in the report
    #[arg(long, value_name = "SUBJECTS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    report_top: u64,
    /// Graph the rate of messages received
    #[arg(long, conflicts_with_all = ["report_subjects", "report_subscriptions"])]
    graph: bool,
}

impl LiveArgs {
    /// True when messages are counted instead of shown.
    pub fn is_used(&self) -> bool {
        self.report_subjects || self.report_subscriptions || self.graph
    }
}

/// Messages and bytes by subject or subscription.
#[derive(Default)]
struct Counts(HashMap<String, (u64, u64)>);

impl Counts {
    fn add(&mut self, name: &str, bytes: usize) {
        let full = self.0.len() >= SUBJECTS_MAX && !self.0.contains_key(name);
        let name = if full { OTHERS } else { name };
        let counted = match self.0.get_mut(name) {
            Some(counted) => counted,
            None => self.0.entry(name.to_owned()).or_default(),
        };
        counted.0 += 1;
        counted.1 += bytes as u64;
    }

    /// Those with the most messages.
    fn table(&self, top: u64) -> Table {
        let mut rows: Vec<_> = self.0.iter().collect();
        rows.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
        rows.truncate(usize::try_from(top).unwrap_or(usize::MAX));
        let title = match top {
            1 => "Top Subject Report".to_owned(),
            top => format!("Top {top} Active Subjects Report"),
        };
        let mut table = Table::new(title, &["Subject", "Message Count", "Bytes"]);
        let (mut messages, mut bytes) = (0, 0);
        let row = |name: &str, messages: u64, bytes: u64| {
            [
                name.to_owned(),
                size::format_count(messages),
                size::format_bytes(bytes),
            ]
        };
        for (name, counted) in rows {
            messages += counted.0;
            bytes += counted.1;
            table.row(row(name, counted.0, counted.1));
        }
        table.footer(row("Totals", messages, bytes));
        table
    }
}

/// Counts until a limit is reached or the user stops it.
pub(super) async fn run(connection: &Connection, args: &Args, mut limits: Limits) -> anyhow::Result<()> {
    if args.live.graph {
        needs_terminal()?;
    }
    if args.subjects.is_empty() {
        bail!("subject is required");
    }
    let mut subscriptions = Vec::new();
    for (index, subject) in args.subjects.iter().enumerate() {
        let subscribed = match &args.queue {
            Some(queue) => {
                connection
                    .client
                    .queue_subscribe(subject.clone(), queue.clone())
                    .await
            }
            None => connection.client.subscribe(subject.clone()).await,
        };
        let messages = subscribed.map_err(|e| anyhow!("nats: {e}"))?;
        subscriptions.push(messages.map(move |message| (index, message)).boxed());
    }
    connection.confirm().await?;
    super::log(&super::heading(args));
    let mut messages = select_all(subscriptions);
    let mut counts = Counts::default();
    let mut seconds = vec![0u64; args.subjects.len()];
    let mut curves: Vec<Curve> = args
        .subjects
        .iter()
        .map(|_| Curve::new("messages / second"))
        .collect();
    let mut out = Out::new();
    let mut tick = tokio::time::interval(REFRESH);
    loop {
        tokio::select! {
            _ = tick.tick() => {
                if args.live.graph {
                    for (curve, second) in curves.iter_mut().zip(&mut seconds) {
                        curve.push(std::mem::take(second) as f64);
                    }
                    draw(&mut out, &args.subjects.join(", "), &mut curves)?;
                } else if out.is_terminal() {
                    out.clear_screen()?;
                    counts.table(args.live.report_top).print(&mut out)?;
                    out.flush()?;
                }
            }
            next = limits.wait_for(messages.next()) => {
                let Some((index, message)) = next else { break };
                if limits.ignores(&message.subject) {
                    continue;
                }
                limits.next();
                seconds[index] += 1;
                let name = if args.live.report_subscriptions {
                    &args.subjects[index]
                } else {
                    message.subject.as_str()
                };
                counts.add(name, message.payload.len());
                if limits.is_reached() {
                    break;
                }
            }
        }
    }
    if !args.live.graph {
        counts.table(args.live.report_top).print(&mut out)?;
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_come_first() {
        let mut counts = Counts::default();
        for (name, bytes) in [("a", 1), ("b", 2), ("b", 3), ("c", 4)] {
            counts.add(name, bytes);
        }
        let drawn = counts.table(2).lines(None).join("\n");
        let (b, a) = (drawn.find("│ b ").unwrap(), drawn.find("│ a ").unwrap());
        assert!(b < a && !drawn.contains("│ c "), "{drawn}");
        assert!(drawn.contains("│ Totals  │ 3"), "{drawn}");
    }
}
