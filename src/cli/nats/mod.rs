//! The `nats` command: the part of natscli that the talk and the labs use, with its flags, its log
//! lines and its `--json`. It speaks English like the original, and works against any server.
//!
//! One file a command. Each has an `Args` (what was typed) and a `run`. [`session`] turns the global
//! flags into a connection, [`output`] is the only way to standard output and the log. Errors end as
//! one line `nats: error: …` and exit code 1, as natscli's do; only `server check` has more codes ([`Exit`]).
//! Start with [`execute`], then `rtt`, the shortest.

mod account;
mod ask;
mod bench;
mod bucket;
mod cheat;
pub(super) mod complete;
mod completion;
mod consumer;
mod context;
mod counter;
mod editor;
mod errors;
mod events;
pub(super) mod globals;
mod human;
mod kv;
mod latency;
mod link;
mod object;
mod outgoing;
mod output;
mod plot;
mod publish;
mod readers;
mod reply;
mod request;
mod rtt;
mod schedule;
mod schema;
mod server;
mod service;
mod session;
mod stdin;
mod stream;
mod subscribe;
mod table;
mod top;
mod trace;
mod translate;
mod typed;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};

use futures_util::FutureExt;
use globals::Globals;
use session::Session;

/// Where people find what this command leaves out.
const OFFICIAL: &str = "https://github.com/nats-io/natscli";

/// NATS Utility
///
/// The everyday commands of the official nats tool, built into goingnats.
#[derive(Parser)]
#[command(name = "nats", version, max_term_width = 100)]
struct Nats {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

// What the lists of commands say of each; what its own help says stands at its arguments.
#[derive(Subcommand)]
enum Command {
    #[command(
        about = "Generic data publish utility",
        name = "publish",
        visible_alias = "pub"
    )]
    Publish(publish::Args),
    #[command(
        about = "Generic subscription client",
        name = "subscribe",
        visible_alias = "sub"
    )]
    Subscribe(subscribe::Args),
    #[command(
        about = "Generic request-reply request utility",
        name = "request",
        visible_alias = "req"
    )]
    Request(request::Args),
    #[command(about = "Generic service reply utility")]
    Reply(reply::Args),
    #[command(about = "JetStream stream management", visible_aliases = ["str", "st", "ms", "s"])]
    Stream(stream::Args),
    #[command(about = "JetStream consumer management", visible_aliases = ["con", "obs", "c"])]
    Consumer(consumer::Args),
    #[command(about = "Interacts with a JetStream based Key-Value store")]
    Kv(kv::Args),
    #[command(
        about = "Interacts with a JetStream based Object store",
        visible_alias = "obj"
    )]
    Object(object::Args),
    #[command(about = "Access distributed Counters", visible_alias = "ctr")]
    Counter(counter::Args),
    #[command(about = "Services discovery and management", visible_alias = "micro")]
    Service(service::Args),
    #[command(about = "Show Advisories and Events", visible_aliases = ["event", "e"])]
    Events(events::Args),
    #[command(about = "Account information and status", visible_alias = "a")]
    Account(account::Args),
    #[command(about = "Benchmark utility")]
    Bench(bench::Args),
    #[command(
        about = "Perform latency tests between two NATS servers",
        visible_alias = "lat"
    )]
    Latency(latency::Args),
    #[command(about = "Trace message delivery within an NATS network")]
    Trace(trace::Args),
    #[command(about = "Server information", visible_aliases = ["srv", "sys", "system"])]
    Server(server::Args),
    #[command(about = "Shows top-like statistic for connections on a specific server")]
    Top(top::Args),
    #[command(about = "Error code documentation", visible_aliases = ["err", "error"])]
    Errors(errors::Args),
    #[command(about = "Schema tools")]
    Schema(schema::Args),
    #[command(about = "Cheat sheets, in Norwegian")]
    Cheat(cheat::Args),
    #[command(about = "Manage nats configuration contexts", visible_alias = "ctx")]
    Context(context::Args),
    #[command(about = "Link this program as nats and nats-server into a folder (not in the official tool)")]
    Link(link::Args),
    #[command(about = "Write what a shell needs to complete this command's words (bash, zsh, fish)")]
    Completion(completion::Args),
    #[command(about = "Compute round-trip time to NATS server")]
    Rtt(rtt::Args),
}

/// Ends the command with this exit code; all is told already.
#[derive(Debug, thiserror::Error)]
#[error("exit code {0}")]
struct Exit(u8);

/// Runs the command; `args` come without the program's name.
pub(super) fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args = typed::spell_out_negations(args);
    let name = OsString::from("nats");
    match Nats::try_parse_from(std::iter::once(name).chain(args)) {
        Ok(typed) => exit_code(execute(typed)),
        Err(refused) => refuse(&refused),
    }
}

fn execute(typed: Nats) -> anyhow::Result<()> {
    let session = || Session::new(&typed.globals);
    match typed.command {
        Command::Publish(args) => block_on(publish::run(&session()?, args)),
        Command::Subscribe(args) => block_on(subscribe::run(&session()?, args)),
        Command::Request(args) => block_on(request::run(&session()?, args)),
        Command::Reply(args) => block_on(reply::run(&session()?, args)),
        Command::Stream(args) => block_on(stream::run(&session()?, args)),
        Command::Consumer(args) => block_on(consumer::run(&session()?, args)),
        Command::Kv(args) => block_on(kv::run(&session()?, args)),
        Command::Object(args) => block_on(object::run(&session()?, args)),
        Command::Counter(args) => block_on(counter::run(&session()?, args)),
        Command::Service(args) => block_on(service::run(&session()?, args)),
        Command::Events(args) => block_on(events::run(&session()?, args)),
        Command::Account(args) => block_on(account::run(&session()?, args)),
        Command::Bench(args) => block_on_all_cores(bench::run(session()?, args)),
        Command::Trace(args) => block_on(trace::run(&session()?, args)),
        Command::Latency(args) => block_on_all_cores(latency::run(&session()?, args)),
        Command::Server(args) => block_on(server::run(&session()?, args)),
        Command::Top(args) => block_on(top::run(&session()?, args)),
        Command::Rtt(args) => block_on(rtt::run(&session()?, args)),
        // These need no server, and a broken context must not stand in the way of mending it.
        Command::Context(args) => context::run(&typed.globals, args),
        Command::Errors(args) => errors::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Cheat(args) => cheat::run(args),
        Command::Link(args) => link::run(&args),
        Command::Completion(args) => completion::run(&args, Nats::command()),
    }
}

/// A runtime of one thread: shell loops start this command many times, and it does one thing.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    run_on(tokio::runtime::Builder::new_current_thread(), work)
}

/// A runtime with all cores, for what is measured.
fn block_on_all_cores<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    run_on(tokio::runtime::Builder::new_multi_thread(), work)
}

fn run_on<T>(
    mut builder: tokio::runtime::Builder,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let runtime = builder.enable_all().build()?;
    // Boxed, so that the runtime's loop is compiled once and not for every command.
    let result = runtime.block_on(work.boxed_local());
    // Not dropped, since a read of standard input may still hold a thread.
    runtime.shutdown_background();
    result
}

/// A pipe that the reader closed (`nats sub x | head`) is how a command ends, not a failure.
fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed) {
        return ExitCode::SUCCESS;
    }
    if let Some(Exit(code)) = error.downcast_ref() {
        return ExitCode::from(*code);
    }
    eprintln!("nats: error: {error}");
    ExitCode::FAILURE
}

/// Help and version go to standard output with success; anything else is one error with exit code 1.
fn refuse(refused: &clap::Error) -> ExitCode {
    match refused.kind() {
        ErrorKind::DisplayVersion => println!("v{} (goingnats)", super::VERSION),
        ErrorKind::DisplayHelp => {
            let _ = refused.print();
        }
        ErrorKind::InvalidSubcommand => {
            let Some(ContextValue::String(name)) = refused.get(ContextKind::InvalidSubcommand) else {
                let _ = refused.print();
                return ExitCode::FAILURE;
            };
            eprintln!(
                "nats: error: {name:?} is not built into goingnats; the official tool has more: {OFFICIAL}"
            );
            return ExitCode::FAILURE;
        }
        _ => {
            let _ = refused.print();
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_commands_is_sound() {
        Nats::command().debug_assert();
    }

    #[test]
    fn every_command_shows_how_it_is_used() {
        for command in Nats::command().get_subcommands() {
            let help = command
                .get_long_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            let names = std::iter::once(command.get_name()).chain(command.get_all_aliases());
            let examples: Vec<String> = names.map(|name| format!("  nats {name}")).collect();
            assert!(
                examples.iter().any(|example| help.contains(example)),
                "no example in nats {} --help: {help}",
                command.get_name()
            );
        }
    }
}
