//! `nats bench kv`: a bucket is prepared, then the clients put or get.

use std::time::Duration;

use serde_json::json;

use super::super::session::Session;
use super::super::typed::parse_duration;
use super::jetstream::{Storage, create, purge};
use super::operate::Deed;
use super::operators;
use super::options::{Common, Load, Rate, Work};

#[derive(Debug, clap::Args)]
pub(super) struct KvArgs {
    #[command(flatten)]
    common: Common,
    /// The bucket to use for the benchmark
    #[arg(long, global = true, default_value = "benchbucket")]
    bucket: String,
    /// Sleep for the specified interval after each message
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    sleep: Duration,
    #[command(subcommand)]
    command: KvCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KvCommand {
    /// Put messages in a KV bucket
    Put {
        #[command(flatten)]
        storage: Storage,
        /// History depth for the bucket in KV mode
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=64))]
        history: u64,
        /// Purge the bucket before running
        #[arg(long)]
        purge: bool,
        /// Put messages using keys between 0 and this number (0 for one key after the other)
        #[arg(long, default_value_t = 0)]
        randomize: u64,
        #[command(flatten)]
        rate: Rate,
    },
    /// Get messages from a KV bucket
    Get {
        /// Get messages using keys between 0 and this number (0 for one key after the other)
        #[arg(long, default_value_t = 0)]
        randomize: u64,
    },
}

pub(super) async fn run(session: Session, args: KvArgs) -> anyhow::Result<()> {
    let KvArgs {
        common,
        bucket,
        sleep,
        command,
    } = args;
    match command {
        KvCommand::Put {
            storage,
            history,
            purge: emptied,
            randomize,
            rate,
        } => {
            let connection = session.connect().await?;
            let stream = format!("KV_{bucket}");
            let config = json!({
                "name": stream, "subjects": [format!("$KV.{bucket}.>")], "max_msgs_per_subject": history,
                "max_bytes": storage.maxbytes, "storage": storage.storage, "num_replicas": storage.replicas,
                "discard": "new", "allow_rollup_hdrs": true, "deny_delete": true, "allow_direct": true,
            });
            create(&connection, &config).await?;
            if emptied {
                purge(&connection, &stream).await?;
            }
            drop(connection);
            let messages = rate.messages(&common)?;
            let load = Load::of_rate(rate);
            let work = Work {
                target: bucket,
                sleep,
                keys: randomize,
                ..load.work(&common)?
            };
            operators(session, ("KV putter", "KP"), Deed::Put, work, &common, messages).await
        }
        KvCommand::Get { randomize } => {
            let work = Work {
                target: bucket,
                sleep,
                keys: randomize,
                ..Work::default()
            };
            let what = ("KV getter", "KG");
            operators(session, what, Deed::Get, work, &common, common.msgs).await
        }
    }
}
