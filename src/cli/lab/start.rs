//! `goingnats lab start`: a lab with a broker of its own, or on a server that is there.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::sync::Notify;

use super::{running, runtime, show};
use crate::broker::conf::JetStreamOptions;
use crate::broker::{self, Options};
use crate::cli::port;
use crate::client::ConnectSettings;
use crate::lab::{CheckState, Lab, Order, Report, Session};
use crate::tui::labs::home::{self, Home};

/// What can be asked of `start`.
#[derive(Debug, clap::Args)]
pub struct StartArgs {
    /// The lab; without it the first that is not finished
    id: Option<String>,
    /// Port of the embedded server
    #[arg(long, short, default_value_t = 4222)]
    port: u16,
    /// Use this server instead of an embedded one; the lab then has no account of its own
    #[arg(long, value_name = "URL", conflicts_with = "port")]
    server: Option<String>,
}

/// Runs a lab until ctrl+c.
pub fn run(args: &StartArgs, labs: Vec<Lab>, progress_file: PathBuf) -> Result<ExitCode> {
    let progress = super::read(&progress_file)?;
    let lab = match &args.id {
        Some(id) => labs.iter().find(|lab| lab.id == *id),
        None => crate::lab::next_undone(&labs, &progress).or(labs.first()),
    };
    let lab = Arc::new(
        lab.context("det finnes ingen slik lab; «goingnats lab list» viser dem")?
            .clone(),
    );
    let store = tempfile::Builder::new().prefix("goingnats-lab-").tempdir()?;
    let mut broker = None;
    let home = match &args.server {
        Some(url) => Home {
            settings: ConnectSettings::to_server(url),
            url: url.clone(),
        },
        None => match port::choose("127.0.0.1", args.port)? {
            port::Choice::Quit => return Ok(ExitCode::SUCCESS),
            port::Choice::Use(url) => Home {
                settings: ConnectSettings::to_server(&url),
                url,
            },
            port::Choice::Start(port) => {
                let handle = broker.insert(broker::start(options(port, store.path().to_owned()))?);
                home::open(handle, &lab)?
            }
        },
    };
    running::write(&running::Running {
        lab: lab.id.clone(),
        url: home.url.clone(),
    });
    println!("I en annen terminal:\n\n    export NATS_URL={}\n", home.url);
    runtime()?.block_on(follow(lab.clone(), &labs, &home, progress_file))?;
    if let Some(broker) = broker {
        home::close(&broker, &lab);
        broker.shutdown();
    }
    Ok(ExitCode::SUCCESS)
}

/// A broker for labs.
pub fn options(port: u16, store_dir: PathBuf) -> Options {
    Options {
        host: "127.0.0.1".to_owned(),
        port,
        jetstream: Some(JetStreamOptions {
            store_dir: Some(store_dir),
            ..JetStreamOptions::default()
        }),
        ..Options::default()
    }
}

/// Shows every step as it begins and every check as it passes.
async fn follow(lab: Arc<Lab>, labs: &[Lab], home: &Home, progress: PathBuf) -> Result<()> {
    let news = Arc::new(Notify::new());
    let tell = news.clone();
    let session = Session::start(lab, &home.settings, Some(progress), move || tell.notify_one()).await?;
    let enter = Arc::new(Notify::new());
    let pressed = enter.clone();
    // A thread that reads a terminal cannot be ended; it goes with the process.
    std::thread::spawn(move || {
        std::io::stdin()
            .lines()
            .map_while(Result::ok)
            .for_each(|_| pressed.notify_one())
    });
    let mut last: Option<Report> = None;
    loop {
        let Some(report) = session.order(Order::Look).await else {
            return Ok(());
        };
        let is_new = last.as_ref().is_none_or(|last| last.step != report.step);
        if is_new {
            show::step(labs, &report);
        }
        for (index, check) in report.checks.iter().enumerate() {
            let before = last
                .as_ref()
                .filter(|_| !is_new)
                .and_then(|last| last.checks.get(index));
            let was = before.map_or(CheckState::Waiting, |before| before.state);
            if was != check.state {
                show::line(check);
            }
        }
        if report.passed && last.as_ref().is_none_or(|last| !last.passed || is_new) {
            let is_last = report.step + 1 == report.steps.len();
            match is_last {
                true => println!("\nFerdig! {} poeng. ctrl+c avslutter.", report.points),
                false => println!("\nSteget er bestått. Enter går videre."),
            }
        }
        last = Some(report);
        tokio::select! {
            () = news.notified() => {}
            () = enter.notified() => {
                session.order(Order::Next).await;
            }
            _ = tokio::signal::ctrl_c() => {
                session.order(Order::Stop).await;
                return Ok(());
            }
        }
    }
}
