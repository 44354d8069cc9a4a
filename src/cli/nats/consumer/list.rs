//! `nats consumer ls` and `report`.

use serde_json::Value;

use super::super::human::{ago, amount, count, local, nanos, text, time, title};
use super::super::output::Out;
use super::super::stream::replicas;
use super::super::table::Table;
use super::Consumers;

#[derive(Debug, clap::Args)]
pub(super) struct LsArgs {
    /// Stream name
    stream: Option<String>,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
    /// Show just the consumer names
    #[arg(short, long)]
    names: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// Stream name
    stream: Option<String>,
    /// Show un-formatted numbers
    #[arg(short, long)]
    raw: bool,
}

pub(super) async fn ls(consumers: &Consumers, args: LsArgs) -> anyhow::Result<()> {
    let (stream, _) = consumers.stream_info(args.stream.as_deref()).await?;
    let mut out = Out::new();
    if args.names || args.json {
        let names = consumers.names(&stream).await?;
        if args.json {
            out.json(&names)?;
        } else {
            names.iter().try_for_each(|name| out.line(name))?;
        }
        return Ok(out.flush()?);
    }
    let infos = consumers.infos(&stream).await?;
    if infos.is_empty() {
        out.line("No Consumers defined")?;
        return Ok(out.flush()?);
    }
    let columns = [
        "Name",
        "Description",
        "Created",
        "Ack Pending",
        "Unprocessed",
        "Last Delivery",
    ];
    let mut table = Table::new("Consumers", &columns);
    for info in &infos {
        table.row([
            text(&info["name"]).to_owned(),
            text(&info["config"]["description"]).to_owned(),
            local(time(&info["created"])),
            count(&info["num_ack_pending"]),
            count(&info["num_pending"]),
            ago(&info["delivered"]["last_active"], info),
        ]);
    }
    table.print(&mut out)?;
    Ok(out.flush()?)
}

pub(super) async fn report(consumers: &Consumers, args: ReportArgs) -> anyhow::Result<()> {
    let (stream, info) = consumers.stream_info(args.stream.as_deref()).await?;
    let infos = consumers.infos(&stream).await?;
    let mut out = Out::new();
    let heading = format!("Consumer report for {stream} with {} consumers", infos.len());
    let columns = [
        "Consumer",
        "Mode",
        "Ack Policy",
        "Ack Wait",
        "Ack Pending",
        "Redelivered",
        "Unprocessed",
        "Ack Floor",
        "API Level",
        "Cluster",
    ];
    let messages = amount(&info["state"]["messages"]);
    let number = |value: &Value| {
        if args.raw {
            amount(value).to_string()
        } else {
            count(value)
        }
    };
    let mut table = Table::new(heading, &columns);
    for info in &infos {
        let config = &info["config"];
        let push = !text(&config["deliver_subject"]).is_empty();
        table.row([
            text(&info["name"]).to_owned(),
            if push { "Push" } else { "Pull" }.to_owned(),
            title(text(&config["ack_policy"])),
            nanos(&config["ack_wait"]),
            number(&info["num_ack_pending"]),
            number(&info["num_redelivered"]),
            number(&info["num_pending"]) + &share(&info["num_pending"], messages),
            number(&info["ack_floor"]["stream_seq"]),
            config["metadata"]["_nats.req.level"]
                .as_str()
                .unwrap_or("0")
                .to_owned(),
            replicas(info),
        ]);
    }
    table.print(&mut out)?;
    Ok(out.flush()?)
}

/// How much of the stream is still to come; nothing for an empty backlog.
fn share(pending: &Value, messages: u64) -> String {
    match pending.as_u64() {
        Some(pending) if pending > 0 && messages > 0 => {
            format!(" / {}%", (pending.saturating_mul(100) / messages).min(100))
        }
        _ => String::new(),
    }
}
