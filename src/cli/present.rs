//! `goingnats present`: the talk.

use std::process::ExitCode;

use clap::Args;

/// What may be said about showing a deck.
#[derive(Debug, Args)]
pub(super) struct PresentArgs {
    /// The deck to show; `-` reads it from standard input, nothing shows the built-in one
    deck: Option<String>,
}

/// Shows the deck.
pub(super) fn run(args: PresentArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!(
        "showing {} is not built in yet",
        args.deck.as_deref().unwrap_or("the deck")
    )
}
