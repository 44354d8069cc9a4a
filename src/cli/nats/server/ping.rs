//! `nats server ping`.

use serde_json::json;

use super::super::human::text;
use super::super::output::Out;
use super::{Answer, PING, System};
use crate::util::duration;

#[derive(Debug, clap::Args)]
pub(super) struct PingArgs {
    /// How many servers to expect
    expect: Option<usize>,
    /// Include the Server ID in the output
    #[arg(long)]
    id: bool,
}

pub(super) async fn run(system: &System, args: PingArgs) -> anyhow::Result<()> {
    let answers = system.ask(PING, &json!({}), args.expect).await?;
    let mut out = Out::new();
    for answer in &answers {
        let server = &answer.body["server"];
        let id = if args.id {
            format!("{} ", text(&server["id"]))
        } else {
            String::new()
        };
        let rtt = duration::format(answer.after);
        out.line(&format!("{id}{:<60} rtt={rtt}", text(&server["name"])))?;
    }
    out.line("\n---- ping statistics ----")?;
    out.line(&statistics(&answers))?;
    let missing = args.expect.unwrap_or(0).saturating_sub(answers.len());
    if missing > 0 {
        out.line(&format!("\nMissing {missing} server(s)"))?;
    }
    Ok(out.flush()?)
}

/// Times in milliseconds.
fn statistics(answers: &[Answer]) -> String {
    let times: Vec<f64> = answers
        .iter()
        .map(|answer| answer.after.as_secs_f64() * 1_000.0)
        .collect();
    if times.is_empty() {
        return "no responses received".to_owned();
    }
    let max = times.iter().copied().fold(f64::MIN, f64::max);
    let min = times.iter().copied().fold(f64::MAX, f64::min);
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    format!(
        "{} replies max: {max:.2} min: {min:.2} avg: {mean:.2}",
        times.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_summed_up() {
        let answer = |millis| Answer {
            body: json!({}),
            after: Duration::from_millis(millis),
        };
        assert_eq!(statistics(&[]), "no responses received");
        assert_eq!(
            statistics(&[answer(1), answer(4)]),
            "2 replies max: 4.00 min: 1.00 avg: 2.50"
        );
    }
}
