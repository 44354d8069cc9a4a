//! `nats stream find`: streams that meet all of some criteria.

use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::super::human::{amount, text, time};
use super::super::output::Out;
use super::super::typed::parse_duration;
use super::{Streams, list, name_of};
use crate::proto::subject;
use crate::util::time::Timestamp;

/// Finds streams matching certain criteria; all that are given must hold, for example:
///
///   nats stream find --empty
///   nats stream find --idle 1h --names
///   nats stream find --subject 'orders.*' --invert
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct FindArgs {
    /// Display streams present on a regular expression matched server
    #[arg(long, value_name = "REGEX")]
    server_name: Option<Regex>,
    /// Display streams present on a regular expression matched cluster
    #[arg(long, value_name = "REGEX")]
    cluster: Option<Regex>,
    /// Display streams with no messages
    #[arg(long)]
    empty: bool,
    /// Display streams with no new messages for a period
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    idle: Option<Duration>,
    /// Display streams created longer ago than duration
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    created: Option<Duration>,
    /// Display streams with no more consumers than threshold
    #[arg(long, value_name = "THRESHOLD")]
    consumers: Option<u64>,
    /// Filters streams by those with interest matching a subject or wildcard
    #[arg(long)]
    subject: Option<String>,
    /// Display streams with fewer or equal replicas than the value
    #[arg(long)]
    replicas: Option<u64>,
    /// Display that sources data from other streams
    #[arg(long)]
    sourced: bool,
    /// Display that mirrors data from other streams
    #[arg(long)]
    mirrored: bool,
    /// Display only clustered streams with a specific leader
    #[arg(long, value_name = "SERVER")]
    leader: Option<String>,
    /// Match streams that support at least the given api level
    #[arg(long, value_name = "LEVEL")]
    api_level: Option<u64>,
    /// Show just the stream names
    #[arg(short, long)]
    names: bool,
    /// Invert the check - before becomes after, with becomes without
    #[arg(long)]
    invert: bool,
}

pub(super) async fn run(streams: &Streams, args: FindArgs) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let mut found = streams.infos(None).await?;
    found.retain(|info| args.meets(info, now));
    let mut out = Out::new();
    if args.names {
        found.iter().try_for_each(|info| out.line(name_of(info)))?;
    } else if found.is_empty() {
        out.line("No Streams found that match the filter")?;
    } else {
        list::table("Streams", &mut found).print(&mut out)?;
    }
    Ok(out.flush()?)
}

impl FindArgs {
    /// Every criterion that is given holds, or none of them when the check is inverted.
    fn meets(&self, info: &Value, now: Timestamp) -> bool {
        let (config, state, cluster) = (&info["config"], &info["state"], &info["cluster"]);
        // A stream that never got a message is as old as it is.
        let older = |then: &Value, age: Duration| time(then).is_none_or(|then| now.since(then) > age);
        let sourced = config["sources"].as_array().is_some_and(|all| !all.is_empty());
        let on_server = |wanted: &Regex| {
            let replicas = cluster["replicas"].as_array().into_iter().flatten();
            std::iter::once(text(&cluster["leader"]))
                .chain(replicas.map(|replica| text(&replica["name"])))
                .any(|name| wanted.is_match(name))
        };
        let level = text(&config["metadata"]["_nats.req.level"]).parse().unwrap_or(0);
        let checks = [
            self.empty.then(|| amount(&state["messages"]) == 0),
            self.idle.map(|idle| older(&state["last_ts"], idle)),
            self.created.map(|age| older(&info["created"], age)),
            self.consumers
                .map(|most| amount(&state["consumer_count"]) <= most),
            self.replicas.map(|most| amount(&config["num_replicas"]) <= most),
            self.sourced.then_some(sourced),
            self.mirrored.then(|| !config["mirror"].is_null()),
            self.subject.as_ref().map(|wanted| {
                let subjects = config["subjects"].as_array().into_iter().flatten();
                subjects
                    .map(text)
                    .any(|own| subject::is_subset(own.as_bytes(), wanted.as_bytes()))
            }),
            self.leader
                .as_ref()
                .map(|leader| text(&cluster["leader"]) == leader),
            self.cluster
                .as_ref()
                .map(|wanted| wanted.is_match(text(&cluster["name"]))),
            self.server_name.as_ref().map(on_server),
            self.api_level.map(|least| level >= least),
        ];
        checks.into_iter().flatten().all(|holds| holds != self.invert)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use serde_json::json;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        args: FindArgs,
    }

    #[test]
    fn all_that_is_asked_must_hold() {
        let info = json!({
            "created": "2026-11-24T18:00:00Z",
            "config": {"num_replicas": 1, "subjects": ["a.*"], "sources": [{"name": "X"}]},
            "state": {"messages": 3, "last_ts": "2026-11-24T18:30:00Z", "consumer_count": 1},
        });
        let now = "2026-11-24T19:00:00Z".parse().unwrap();
        for (line, meets) in [
            ("", true),
            ("--empty", false),
            ("--empty --invert", true),
            ("--idle 10m", true),
            ("--idle 1h", false),
            ("--created 30m --sourced", true),
            ("--created 2h", false),
            ("--consumers 1 --replicas 1", true),
            ("--consumers 0", false),
            ("--mirrored", false),
            ("--subject a.*", true),
            ("--subject a.b", false),
            ("--api-level 1", false),
        ] {
            let args = Typed::try_parse_from(format!("x {line}").split_whitespace())
                .unwrap()
                .args;
            assert_eq!(args.meets(&info, now), meets, "{line}");
        }
    }
}
