//! `goingnats lab verify`.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::stream;

use super::{BROKEN, LabArgs, block_on};
use crate::broker::{self, Options};
use crate::client::ConnectSettings;
use crate::lab::verify::{Bench, verify};
use crate::lab::{Broker, Lab, Place};
use crate::tui::labs::home::{self, Home};
use crate::tui::labs::room::BrokerSlot;

/// Labs that are verified at a time.
const AT_A_TIME: usize = 4;

/// Verifies labs, each in an account of its own.
pub fn run(args: &LabArgs, files: &[PathBuf], server: Option<&str>) -> Result<ExitCode> {
    let labs = match files {
        [] => args.labs()?,
        files => files.iter().map(read).collect::<Result<_>>()?,
    };
    let labs: Vec<Lab> = labs.into_iter().map(at_free_port).collect::<Result<_>>()?;
    let store = tempfile::Builder::new().prefix("goingnats-lab-").tempdir()?;
    let slot = BrokerSlot::default();
    if server.is_none() {
        let started = broker::start(Options::local(0, store.path()))?;
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
    }
    // On a foreign server all labs work in one account, so one has to tidy up before the next begins.
    let at_a_time = server.map_or(AT_A_TIME, |_| 1);
    let program = std::env::current_exe()?;
    let failed = block_on(async {
        let outcomes = stream::iter(labs.into_iter().map(Arc::new)).map(|lab| {
            let (slot, program) = (&slot, program.clone());
            async move {
                let home = match (home::open(slot, &lab), server) {
                    (Some(home), _) => home?,
                    (None, url) => Home::foreign(ConnectSettings::to_server(url.unwrap_or_default())),
                };
                let bench = Bench {
                    place: Place {
                        settings: home.settings,
                        open_ear: home.open_ear,
                        turn_clock: home.turn_clock,
                        ..Place::default()
                    },
                    url: home.url,
                    program,
                };
                let findings = verify(&lab, &bench).await;
                home::close(slot, &lab);
                anyhow::Ok((lab, findings))
            }
        });
        let mut outcomes = outcomes.buffered(at_a_time);
        let mut failed = false;
        while let Some(outcome) = outcomes.next().await {
            let (lab, findings) = outcome?;
            failed |= !findings.is_empty();
            match findings.is_empty() {
                true => say!("✓ {}", lab.id),
                false => findings.iter().for_each(|finding| say!("✗ {finding}")),
            }
        }
        anyhow::Ok(failed)
    })?;
    let held = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(broker) = held {
        broker.shutdown();
    }
    Ok(if failed {
        ExitCode::from(BROKEN)
    } else {
        ExitCode::SUCCESS
    })
}

/// A lab whose learner starts a server finds the port of that server free here, whatever else runs.
fn at_free_port(lab: Lab) -> Result<Lab> {
    if lab.broker != Broker::External {
        return Ok(lab);
    }
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    Ok(lab.with_vars(&[("port", port.to_string())])?)
}

fn read(file: &PathBuf) -> Result<Lab> {
    let source = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(Lab::parse(file, &source)?)
}
