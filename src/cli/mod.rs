//! The commands, one file each. What was typed (clap) is turned into what is meant, once.
//!
//! Start with [`run`]: it looks at the name that the binary was called by, since a link named `nats` or
//! `nats-server` is that command. Only this layer and the screen use `anyhow`.

mod check;
mod export;
mod inspect;
mod inspect_lines;
mod join;
mod lab;
mod nats;
mod port;
mod present;
mod render;
mod server;
mod store;
mod talk;
mod texts;
mod trial;
mod which_server;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What `--version` says of this program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// "Let's go NATS!" in the terminal: deck, broker with JetStream and live panes in one program.
#[derive(Parser)]
#[command(
    name = "goingnats",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
#[command(version = concat!(env!("CARGO_PKG_VERSION"), " (nats-server 2.14.5 protocol)"))]
struct Goingnats {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    present: present::PresentArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Show a deck with the broker beside it; what happens when nothing is said
    Present(present::PresentArgs),
    /// What of a deck would overflow, break or not run; the exit code is 1 when there is anything
    Check(check::CheckArgs),
    /// Slides as text
    Render(render::RenderArgs),
    /// The deck as HTML, PDF or text
    Export(export::ExportArgs),
    /// Follow a talk from another terminal: its slides, without notes
    Join(join::JoinArgs),
    /// The broker alone; takes nats-server's own flags and configuration files
    #[command(disable_help_flag = true)]
    Server(RawArgs),
    /// The panes alone, on any server; nothing is changed there unless it is allowed
    Inspect(Box<inspect::InspectArgs>),
    /// Labs that check themselves; alone, all of them on the whole screen
    Lab(lab::LabArgs),
    /// Check or copy the folder that a server keeps its streams in
    Store(store::StoreArgs),
    /// The nats command
    #[command(disable_help_flag = true)]
    Nats(RawArgs),
}

/// Arguments that another parser reads.
#[derive(clap::Args)]
struct RawArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Runs the program with all its arguments, its own name included.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let rest = || args.iter().skip(1).cloned();
    match called_as(args.first()).as_deref() {
        Some("nats") => return nats::run(rest()),
        Some("nats-server") => return server::run(rest()),
        _ => {}
    }
    if args.is_empty() {
        args.push("goingnats".into());
    }
    match Goingnats::try_parse_from(args) {
        Ok(typed) => dispatch(typed),
        Err(refused) => {
            // Help and version are refusals to clap, and go to standard output; a closed pipe there is no failure.
            let _ = refused.print();
            ExitCode::from(u8::try_from(refused.exit_code()).unwrap_or(2))
        }
    }
}

fn dispatch(typed: Goingnats) -> ExitCode {
    let outcome = match typed.command {
        Some(Command::Nats(raw)) => return nats::run(raw.args.into_iter()),
        Some(Command::Server(raw)) => return server::run(raw.args.into_iter()),
        Some(Command::Lab(args)) if args.wants_screen() => args.present(typed.present),
        Some(Command::Lab(args)) => return lab::run(args),
        Some(Command::Store(args)) => store::run(&args),
        Some(Command::Present(args)) => present::run(args),
        Some(Command::Inspect(args)) => inspect::run(*args),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Render(args)) => render::run(args),
        Some(Command::Export(args)) => export::run(args),
        Some(Command::Join(args)) => join::run(args),
        None => present::run(typed.present),
    };
    outcome.unwrap_or_else(|error| {
        // Whoever reads a deck through `head` has seen enough.
        let closed = error.downcast_ref::<std::io::Error>();
        if closed.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        eprintln!("goingnats: {error:#}");
        ExitCode::FAILURE
    })
}

/// The stem of the name that the binary was called by.
fn called_as(name: Option<&OsString>) -> Option<String> {
    Some(Path::new(name?).file_stem()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Goingnats {
        Goingnats::try_parse_from(line.split(' ')).unwrap()
    }

    #[test]
    fn the_commands_take_their_arguments_raw() {
        let Some(Command::Nats(raw)) = typed("goingnats nats pub a -H x:y --help").command else {
            panic!("not the nats command");
        };
        assert_eq!(raw.args, ["pub", "a", "-H", "x:y", "--help"]);
        let Some(Command::Server(raw)) = typed("goingnats server -js -p 0 --version").command else {
            panic!("not the server");
        };
        assert_eq!(raw.args, ["-js", "-p", "0", "--version"]);
        assert!(typed("goingnats").command.is_none());
    }

    #[test]
    fn the_name_of_the_binary_is_its_stem() {
        for (path, name) in [
            ("/x/nats", "nats"),
            ("nats-server.exe", "nats-server"),
            ("./goingnats", "goingnats"),
        ] {
            assert_eq!(called_as(Some(&path.into())).as_deref(), Some(name));
        }
    }
}
