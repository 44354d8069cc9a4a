//! `goingnats lab`: the labs from a terminal.
//!
//! `start` opens a lab and keeps it open; the other commands find it over NATS, at the address that `start`
//! wrote down ([`running`]). Start with [`run`].

/// Writes a line to standard output. Who reads through `head` has seen enough.
macro_rules! say {
    ($($text:tt)*) => {
        drop(std::io::Write::write_fmt(
            &mut std::io::stdout(),
            format_args!("{}\n", format_args!($($text)*)),
        ))
    };
}

mod results;
mod running;
mod show;
mod start;
mod texts;
mod verify;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use futures_util::FutureExt;

use super::present::{self, Labs, PresentArgs};
use crate::client::{ConnectSettings, connect};
use crate::lab::desk;
use crate::lab::progress::{self, Progress};
use crate::lab::{self, Broker, Lab, Order, Report};

/// Exit code for a lab that is not passed yet.
const NOT_YET: u8 = 1;
/// Exit code for a lab that is broken.
const BROKEN: u8 = 2;

/// What can be asked of `lab`.
#[derive(Debug, clap::Args)]
pub struct LabArgs {
    #[command(subcommand)]
    command: Option<LabCommand>,

    #[command(flatten)]
    at: At,

    /// Labs of your own, instead of the built-in ones
    #[arg(long = "labs", value_name = "DIR", global = true)]
    folder: Option<PathBuf>,

    /// The progress file, instead of the user's own
    #[arg(long, value_name = "FILE", global = true, env = "GOINGNATS_PROGRESS")]
    progress: Option<PathBuf>,
}

/// The server that labs run on.
#[derive(Debug, Clone, clap::Args)]
struct At {
    /// Port of the embedded server
    #[arg(long, short, default_value_t = 4222)]
    port: u16,
    /// Address that the embedded server listens on; 0.0.0.0 lets others take part in a shared lab
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    listen: String,
    /// Use this server instead of an embedded one; the labs then have no accounts of their own
    #[arg(long, value_name = "URL", conflicts_with_all = ["port", "listen"])]
    server: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum LabCommand {
    /// All labs, and how far you are
    List {
        /// For programs
        #[arg(long)]
        json: bool,
        /// Take in the progress file of another machine first
        #[arg(long, value_name = "FILE")]
        merge: Option<PathBuf>,
    },
    /// Open a lab and keep it open until ctrl+c
    Start(start::StartArgs),
    /// Look at the current step: 0 passed, 1 not yet, 2 broken
    Check {
        #[command(flatten)]
        which: Which,
        /// An answer, as CHECK=TEXT
        #[arg(long, short, value_name = "CHECK=TEXT")]
        answer: Vec<String>,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Show one more hint
    Hint(Which),
    /// Show the solution of the current step
    Solve(Which),
    /// Remove what the lab has made and begin again
    Reset(Which),
    /// Hold labs to their own solutions
    Verify {
        /// Lab files; without them all labs
        files: Vec<PathBuf>,
        /// Verify on this server, in whose account there are no streams, instead of an embedded one
        #[arg(long, value_name = "URL")]
        server: Option<String>,
    },
    /// Share your progress with a teacher's server, as often as it changes, until ctrl+c
    Share {
        /// The teacher's server
        #[arg(value_name = "URL")]
        url: String,
        /// What you are called there
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Only once
        #[arg(long)]
        once: bool,
    },
    /// Show how far learners are who share their progress with a server
    Results {
        /// The server
        #[arg(value_name = "URL", default_value = "nats://127.0.0.1:4222")]
        url: String,
        /// Show each step as it is passed, until ctrl+c
        #[arg(long, short)]
        follow: bool,
    },
    /// Write a new lab to ID.md
    New {
        /// Its id
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The lab, by its id or its number; without it the one that was started last
    id: Option<String>,
    /// The server it runs on; without it where it was started
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

/// Runs the command.
pub fn run(args: LabArgs) -> ExitCode {
    match perform(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("goingnats: {error:#}");
            ExitCode::from(BROKEN)
        }
    }
}

fn perform(args: &LabArgs) -> Result<ExitCode> {
    let progress_file = || -> Result<PathBuf> {
        let own = args.progress.clone().or_else(progress::default_path);
        own.context(texts::no_progress_folder())
    };
    let command = args.command.as_ref();
    match command {
        Some(LabCommand::New { id }) => return new(id),
        Some(LabCommand::Verify { files, server }) => return verify::run(args, files, server.as_deref()),
        _ => {}
    }
    let labs = args.labs()?;
    let file = progress_file()?;
    match command {
        None => show::list(&labs, &read(&file)?, false),
        Some(LabCommand::List { json, merge }) => {
            let mut progress = read(&file)?;
            if let Some(other) = merge {
                progress.merge(read(other)?);
                progress.write(&file)?;
            }
            show::list(&labs, &progress, *json)
        }
        Some(LabCommand::Start(start)) => start::run(start, labs, file),
        Some(LabCommand::Check { which, answer, json }) => {
            let mut orders = Vec::new();
            for answer in answer {
                let (check, text) = answer.split_once('=').context(texts::answer_form())?;
                let (check, text) = (check.to_owned(), text.to_owned());
                orders.push(Order::Answer { check, text });
            }
            orders.push(Order::Look);
            let report = give(which, &labs, &orders)?;
            show::check(&report, *json);
            if report.passed {
                let next = go_on(which, &labs, &report)?;
                if !json {
                    show::after_check(&labs, &report, next.as_ref());
                }
                return Ok(ExitCode::SUCCESS);
            }
            Ok(ExitCode::from(if report.trouble.is_some() {
                BROKEN
            } else {
                NOT_YET
            }))
        }
        Some(LabCommand::Hint(which)) => {
            let report = give(which, &labs, &[Order::Hint])?;
            show::hints(&report);
            Ok(ExitCode::SUCCESS)
        }
        Some(LabCommand::Solve(which)) => {
            let report = give(which, &labs, &[Order::Solution])?;
            say!("{}", report.solution.unwrap_or_default());
            Ok(ExitCode::SUCCESS)
        }
        Some(LabCommand::Reset(which)) => {
            let report = give(which, &labs, &[Order::Reset])?;
            show::step(&labs, &report);
            Ok(ExitCode::SUCCESS)
        }
        Some(LabCommand::Share { url, name, once }) => results::share(url, name, *once, &labs, &file),
        Some(LabCommand::Results { url, follow }) => results::results(url, *follow),
        Some(LabCommand::New { .. } | LabCommand::Verify { .. }) => Ok(ExitCode::SUCCESS),
    }
}

impl LabArgs {
    /// Nothing was asked for, and there is a screen.
    pub fn wants_screen(&self) -> bool {
        self.command.is_none() && std::io::stdout().is_terminal()
    }

    /// All labs on the whole screen.
    pub fn present(&self, args: PresentArgs) -> Result<ExitCode> {
        let folder = self.folder.as_deref();
        let At { port, listen, server } = self.at.clone();
        let labs = Labs::of(folder, self.progress.clone(), true)?;
        present::show(args.at(port, listen, server), labs)
    }

    fn labs(&self) -> Result<Vec<Lab>> {
        match &self.folder {
            Some(folder) => Ok(lab::in_folder(folder)?),
            None => Ok(lab::builtin()),
        }
    }
}

fn read(file: &std::path::Path) -> Result<Progress> {
    Progress::read(file).with_context(|| texts::unreadable_progress(&file.display().to_string()))
}

/// Waits for work on a runtime of its own. Boxed, so that the runtime's loop is compiled once and not for every command.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(work.boxed_local())
}

/// The lab of that id, or of that number in the list.
fn find<'a>(labs: &'a [Lab], word: &str) -> Result<&'a Lab> {
    let by_number = || labs.get(word.parse::<usize>().ok()?.checked_sub(1)?);
    let by_id = labs.iter().find(|lab| lab.id == word);
    by_id.or_else(by_number).with_context(|| texts::no_such_lab(word))
}

/// Gives orders to the session that has the lab open; the last report comes back.
fn give(which: &Which, labs: &[Lab], orders: &[Order]) -> Result<Report> {
    let running = running::read();
    let id = which.id.clone().or_else(|| Some(running.as_ref()?.lab.clone()));
    let id = id.context(texts::which_lab())?;
    let id = find(labs, &id)?.id.clone();
    let there = running
        .filter(|running| running.lab == id)
        .map(|running| running.url);
    let url = which
        .server
        .clone()
        .or(there)
        .ok_or_else(|| anyhow!(texts::lab_not_started(&id)))?;
    block_on(async {
        let settings = ConnectSettings::to_server(url).named("goingnats lab");
        let client = match connect(&settings).await {
            Ok(client) => client,
            // Nobody is at the address that was written down: the lab has ended, and there is no more to know.
            Err(_) if which.server.is_none() => bail!(texts::lab_not_running(&id)),
            Err(error) => return Err(error).with_context(|| texts::lab_not_running(&id)),
        };
        let mut last = Report::default();
        for order in orders {
            last = desk::order(&client, &id, order).await?;
        }
        Ok(last)
    })
}

/// To the next step; none when there is no next, or when somebody else decides.
fn go_on(which: &Which, labs: &[Lab], report: &Report) -> Result<Option<Report>> {
    let is_shared = labs
        .iter()
        .any(|lab| lab.id == report.lab && lab.broker == Broker::Shared);
    if is_shared || report.is_finished() {
        return Ok(None);
    }
    give(which, labs, &[Order::Next]).map(Some)
}

fn new(id: &str) -> Result<ExitCode> {
    let text = include_str!("template.md").replace("ID", id);
    let path = PathBuf::from(format!("{id}.md"));
    Lab::parse(&path, &text)?;
    let file = std::fs::File::create_new(&path);
    let mut file = file.with_context(|| texts::cannot_make(&path.display().to_string()))?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    say!("{}", texts::made(&path.display().to_string()));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_is_found_by_its_id_and_by_its_number() {
        let labs = lab::builtin();
        assert_eq!(find(&labs, "1").unwrap().id, labs[0].id);
        assert_eq!(find(&labs, "14").unwrap().id, labs[13].id);
        assert_eq!(find(&labs, "kv").unwrap().id, "kv");
        for unknown in ["0", "15", "", "finnesikke"] {
            assert!(find(&labs, unknown).is_err(), "{unknown}");
        }
    }
}
