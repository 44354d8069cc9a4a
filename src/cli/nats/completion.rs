//! `nats completion`: what a shell needs to complete the command's words.

use std::io;

use clap_complete::Shell;

/// Writes a script for a shell, for example:
///
///   nats completion bash > ~/.local/share/bash-completion/completions/nats
///   nats completion zsh > ~/.zfunc/_nats
///   nats completion fish > ~/.config/fish/completions/nats.fish
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

/// Writes the script to standard output.
pub(super) fn run(args: &Args, mut command: clap::Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "nats", &mut script);
    Ok(io::Write::write_all(&mut io::stdout(), &script)?)
}
