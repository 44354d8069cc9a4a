//! `goingnats lab verify`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::stream;

use super::{BROKEN, LabArgs, runtime, start};
use crate::broker;
use crate::lab::Lab;
use crate::lab::verify::{Bench, verify};
use crate::tui::labs::home;

/// Labs that are verified at a time.
const AT_A_TIME: usize = 4;

/// Verifies labs, each in an account of its own.
pub fn run(args: &LabArgs, files: &[PathBuf]) -> Result<ExitCode> {
    let labs = match files {
        [] => args.labs()?,
        files => files.iter().map(read).collect::<Result<_>>()?,
    };
    let store = tempfile::Builder::new().prefix("goingnats-lab-").tempdir()?;
    let broker = broker::start(start::options(0, store.path().to_owned()))?;
    let program = std::env::current_exe()?;
    let failed = runtime()?.block_on(async {
        let outcomes = stream::iter(labs.into_iter().map(Arc::new)).map(|lab| {
            let (broker, program) = (&broker, program.clone());
            async move {
                let home = home::open(broker, &lab)?;
                let bench = Bench {
                    settings: home.settings,
                    url: home.url,
                    program,
                };
                let findings = verify(&lab, &bench).await;
                home::close(broker, &lab);
                anyhow::Ok((lab, findings))
            }
        });
        let mut outcomes = outcomes.buffered(AT_A_TIME);
        let mut failed = false;
        while let Some(outcome) = outcomes.next().await {
            let (lab, findings) = outcome?;
            failed |= !findings.is_empty();
            match findings.is_empty() {
                true => println!("✓ {}", lab.id),
                false => findings.iter().for_each(|finding| println!("✗ {finding}")),
            }
        }
        anyhow::Ok(failed)
    })?;
    broker.shutdown();
    Ok(if failed {
        ExitCode::from(BROKEN)
    } else {
        ExitCode::SUCCESS
    })
}

fn read(file: &PathBuf) -> Result<Lab> {
    let source = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(Lab::parse(file, &source)?)
}
