//! `goingnats lab start`: a lab with a broker of its own, or on a server that is there.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};

use anyhow::{Context, Result};
use tokio::sync::Notify;

use super::{At, block_on, running, show, texts};
use crate::broker::{self, Options};
use crate::cli::port;
use crate::client::ConnectSettings;
use crate::lab::{Broker, CheckState, Lab, Order, Place, Report, Session};
use crate::tui::labs::home::{self, Home};
use crate::tui::labs::room::BrokerSlot;

/// What can be asked of `start`.
#[derive(Debug, clap::Args)]
pub struct StartArgs {
    /// The lab, by its id or its number; without it the first that is not finished
    id: Option<String>,
    #[command(flatten)]
    at: At,
}

/// Runs a lab until ctrl+c.
pub fn run(args: &StartArgs, labs: Vec<Lab>, progress_file: PathBuf) -> Result<ExitCode> {
    let progress = super::read(&progress_file)?;
    let lab = match &args.id {
        Some(id) => super::find(&labs, id)?,
        None => crate::lab::next_undone(&labs, &progress)
            .or(labs.first())
            .context(texts::no_labs())?,
    };
    let lab = Arc::new(lab.clone());
    let store = tempfile::Builder::new().prefix("goingnats-lab-").tempdir()?;
    let broker = BrokerSlot::default();
    let foreign = |url: &String| Home::foreign(ConnectSettings::to_server(url));
    let At { port, listen, server } = &args.at;
    let home = match server {
        Some(url) => foreign(url),
        None => match port::choose(listen, *port)? {
            port::Choice::Quit => return Ok(ExitCode::SUCCESS),
            port::Choice::Use(url) => foreign(&url),
            port::Choice::Start(port) => {
                let options = Options {
                    host: listen.clone(),
                    ..Options::local(port, store.path())
                };
                let started = broker::start(options)?;
                *broker.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
                home::open(&broker, &lab).context(texts::no_labs())??
            }
        },
    };
    running::write(&running::Running {
        lab: lab.id.clone(),
        url: home.url.clone(),
    });
    introduce(&lab, &home);
    let outcome = block_on(follow(lab.clone(), &labs, &home, progress_file));
    home::close(&broker, &lab);
    let held = broker.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(broker) = held {
        broker.shutdown();
    }
    outcome.map(|()| ExitCode::SUCCESS)
}

fn introduce(lab: &Lab, home: &Home) {
    say!("{}", texts::other_terminal(&home.url));
    say!("{}", texts::no_nats_here());
    if home.open_ear.is_none() {
        say!("{}\n", texts::foreign_server());
    }
    if lab.broker == Broker::Shared {
        let words = match home.is_open_to_others {
            true => texts::for_others(),
            false => texts::only_here(),
        };
        say!("{words}\n");
    }
    say!("{}", texts::keys_hint());
}

/// Shows every step as it begins and every check as it passes.
async fn follow(lab: Arc<Lab>, labs: &[Lab], home: &Home, progress: PathBuf) -> Result<()> {
    let news = Arc::new(Notify::new());
    let tell = news.clone();
    let place = Place {
        settings: home.settings.clone(),
        progress: Some(progress),
        folder: std::env::current_dir()?,
        program: std::env::current_exe().ok(),
        open_ear: home.open_ear.clone(),
        turn_clock: home.turn_clock.clone(),
        is_alone: true,
    };
    let session = Session::start(lab, &place, move || tell.notify_one()).await?;
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
            let words = match report.goes_on {
                _ if report.is_finished() => texts::finished_here(report.points),
                true => texts::goes_on_soon().to_owned(),
                false => texts::enter_goes_on().to_owned(),
            };
            say!("\n{words}");
        }
        let pressed = match report.goes_on {
            true => Order::Stay,
            false => Order::Next,
        };
        last = Some(report);
        tokio::select! {
            () = news.notified() => {}
            () = enter.notified() => {
                session.order(pressed).await;
            }
            _ = tokio::signal::ctrl_c() => {
                session.order(Order::Stop).await;
                return Ok(());
            }
        }
    }
}
