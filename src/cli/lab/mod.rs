//! `goingnats lab`: the labs from a terminal.
//!
//! `start` opens a lab and keeps it open; the other commands find it over NATS, at the address that `start`
//! wrote down ([`running`]). Start with [`run`].

mod running;
mod show;
mod start;
mod verify;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};

use super::present::{self, Labs, PresentArgs};
use crate::client::{ConnectSettings, connect};
use crate::lab::desk;
use crate::lab::progress::{self, Progress};
use crate::lab::{self, Lab, Order, Report};

/// Exit code for a lab that is not passed yet.
const NOT_YET: u8 = 1;
/// Exit code for a lab that is broken.
const BROKEN: u8 = 2;

/// What can be asked of `lab`.
#[derive(Debug, clap::Args)]
pub struct LabArgs {
    #[command(subcommand)]
    command: Option<LabCommand>,

    /// Labs of your own, instead of the built-in ones
    #[arg(long, value_name = "DIR", global = true)]
    labs: Option<PathBuf>,

    /// The progress file, instead of the user's own
    #[arg(long, value_name = "FILE", global = true, env = "GOINGNATS_PROGRESS")]
    progress: Option<PathBuf>,
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
    },
    /// Write a new lab to ID.md
    New {
        /// Its id
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The lab; without it the one that was started last
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
        own.context("det finnes ingen mappe for framgangen; si hvor med --progress")
    };
    let command = args.command.as_ref();
    match command {
        Some(LabCommand::New { id }) => return new(id),
        Some(LabCommand::Verify { files }) => return verify::run(args, files),
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
                let (check, text) = answer
                    .split_once('=')
                    .context("et svar skrives som SJEKK=TEKST")?;
                let (check, text) = (check.to_owned(), text.to_owned());
                orders.push(Order::Answer { check, text });
            }
            orders.push(Order::Look);
            let report = give(which, &labs, &orders)?;
            show::check(&labs, &report, *json);
            if report.passed {
                give(which, &labs, &[Order::Next])?;
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
            println!("{}", report.solution.unwrap_or_default());
            Ok(ExitCode::SUCCESS)
        }
        Some(LabCommand::Reset(which)) => {
            let report = give(which, &labs, &[Order::Reset])?;
            show::step(&labs, &report);
            Ok(ExitCode::SUCCESS)
        }
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
        let labs = Labs {
            labs: self.labs()?,
            progress: self.progress.clone().or_else(progress::default_path),
            alone: true,
        };
        present::show(args, labs)
    }

    fn labs(&self) -> Result<Vec<Lab>> {
        match &self.labs {
            Some(folder) => Ok(lab::in_folder(folder)?),
            None => Ok(lab::builtin()),
        }
    }
}

fn read(file: &std::path::Path) -> Result<Progress> {
    Progress::read(file).with_context(|| format!("kan ikke lese framgangen i {}", file.display()))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

/// Gives orders to the session that has the lab open; the last report comes back.
fn give(which: &Which, labs: &[Lab], orders: &[Order]) -> Result<Report> {
    let running = running::read();
    let id = which.id.clone().or_else(|| Some(running.as_ref()?.lab.clone()));
    let id = id.context("hvilken lab? Start en med «goingnats lab start ID»")?;
    if !labs.iter().any(|lab| lab.id == id) {
        bail!("det finnes ingen lab «{id}»; «goingnats lab list» viser dem");
    }
    let there = running
        .filter(|running| running.lab == id)
        .map(|running| running.url);
    let url = which
        .server
        .clone()
        .or(there)
        .ok_or_else(|| anyhow!("laben «{id}» er ikke startet; «goingnats lab start {id}»"))?;
    runtime()?.block_on(async {
        let settings = ConnectSettings::to_server(url).named("goingnats lab");
        let client = connect(&settings)
            .await
            .with_context(|| format!("laben «{id}» går ikke; «goingnats lab start {id}»"))?;
        let mut last = Report::default();
        for order in orders {
            last = desk::order(&client, &id, order).await?;
        }
        Ok(last)
    })
}

fn new(id: &str) -> Result<ExitCode> {
    let text = include_str!("template.md").replace("ID", id);
    let path = PathBuf::from(format!("{id}.md"));
    Lab::parse(&path, &text)?;
    let file = std::fs::File::create_new(&path);
    let mut file = file.with_context(|| format!("kan ikke lage {}", path.display()))?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    println!(
        "{} er laget. Prøv den: goingnats lab verify {}",
        path.display(),
        path.display()
    );
    Ok(ExitCode::SUCCESS)
}
