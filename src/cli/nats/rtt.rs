//! `nats rtt`.

use serde::Serialize;

use crate::util::duration;
use crate::util::time::Timestamp;

use super::output::Out;
use super::session::Session;

/// Computes the time that a question to the server takes there and back, for example:
///
///   nats rtt
///   nats rtt 20 --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// How many round trips to do when testing
    #[arg(default_value_t = 5)]
    iterations: u32,
    /// Produce JSON format output
    #[arg(short, long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    url: String,
    results: Vec<Measurement>,
}

/// As natscli writes it: `rtt` in nanoseconds, the mean of all round trips.
#[derive(Serialize)]
struct Measurement {
    time: Timestamp,
    address: String,
    rtt: u64,
    url: String,
}

/// Measures every server that was named.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let mut reports = Vec::new();
    for url in session.servers() {
        let connection = session.connect_to(url).await?;
        let iterations = args.iterations.max(1);
        let mut total = std::time::Duration::ZERO;
        for _ in 0..iterations {
            total += connection.round_trip().await?;
        }
        let rtt = total / iterations;
        reports.push(Report {
            url: url.clone(),
            results: vec![Measurement {
                time: Timestamp::now(),
                address: url.clone(),
                rtt: u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX),
                url: url.clone(),
            }],
        });
    }
    let mut out = Out::new();
    if args.json {
        out.json(&reports)?;
    } else {
        for report in &reports {
            out.line(&format!("{}:\n", report.url))?;
            for result in &report.results {
                let rtt = duration::format(std::time::Duration::from_nanos(result.rtt));
                out.line(&format!("   {}: {rtt}\n", result.address))?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
