//! `nats stream graph`: what comes into a stream and goes out of it, second by second.

use super::super::output::Out;
use super::super::plot::{Curve, INTERVAL, draw, needs_terminal};
use super::{Streams, name_of};

#[derive(Debug, clap::Args)]
pub(super) struct GraphArgs {
    /// The name of the stream to graph
    stream: Option<String>,
}

/// Draws until the user stops it.
pub(super) async fn run(streams: &Streams, args: GraphArgs) -> anyhow::Result<()> {
    needs_terminal()?;
    let mut info = streams.choose(args.stream.as_deref()).await?;
    let name = name_of(&info).to_owned();
    let mut curves = [
        Curve::new("Messages Stored"),
        Curve::new("Messages Removed / second"),
        Curve::new("Messages Stored / second"),
    ];
    let mut out = Out::new();
    let mut tick = tokio::time::interval(INTERVAL);
    loop {
        tick.tick().await;
        let before = info;
        info = streams.info(&name).await?;
        let number = |field: &str| info["state"][field].as_f64().unwrap_or(0.0);
        let step = |field: &str| (number(field) - before["state"][field].as_f64().unwrap_or(0.0)).max(0.0);
        curves[0].push(number("messages"));
        curves[1].push(step("first_seq"));
        curves[2].push(step("last_seq"));
        draw(&mut out, &format!("Stream Statistics for {name}"), &mut curves)?;
    }
}
