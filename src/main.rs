use clap::Parser;
use goingnats::cli::present::{self, PresentArgs};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    present: PresentArgs,
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    present::run(Arguments::parse().present)
}
