//! Trying a deck's code blocks, one after another, against a server of their own: for `check --run` and
//! `export --run`.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::texts;
use crate::broker::conf::JetStreamOptions;
use crate::broker::{self, Options};
use crate::deck::{self, Deck};
use crate::runner::{
    Block, Environment, Job, Runner, Status, Toolbox, Tools, is_runnable, runs_until_stopped,
};
use crate::tui::jobs::BlockId;

/// How long a block may run.
const BLOCK_TIME_MAX: Duration = Duration::from_secs(60);
/// How long a block that listens is given to fail.
const LISTEN_TIME: Duration = Duration::from_secs(1);
/// How often a running block is looked at.
const LOOK_TIME: Duration = Duration::from_millis(10);
/// Cells that output is written for.
const COLUMNS: u16 = 90;

/// A block that was tried.
pub struct Tried {
    /// Which.
    pub id: BlockId,
    /// What it wrote.
    pub job: Rc<Job>,
    /// What was wrong with it, in words.
    pub trouble: Option<String>,
}

/// A code block as the runner sees it.
pub fn block_of(code: &deck::CodeBlock) -> Block<'_> {
    Block {
        language: code.language.as_deref().unwrap_or_default(),
        source: &code.run,
    }
}

/// Whether a block is to be tried: it can be run, or is there to be checked.
fn is_tried(code: &deck::CodeBlock) -> bool {
    let is_wanted = code.live.is_none() && (!code.is_only_shown || code.validates);
    is_wanted && !code.is_diagram() && is_runnable(block_of(code))
}

/// Runs all blocks in the deck's order. Those that listen are stopped when the next slide is tried.
///
/// # Errors
/// There is no server or no thread to be had.
pub fn run(deck: &Deck) -> Result<Vec<Tried>> {
    let store = tempfile::tempdir().context(texts::no_store())?;
    let options = Options {
        host: "127.0.0.1".to_owned(),
        port: 0,
        jetstream: Some(JetStreamOptions {
            store_dir: Some(store.path().to_owned()),
            ..JetStreamOptions::default()
        }),
        ..Options::default()
    };
    let server = broker::start(options)?;
    let toolbox = Toolbox::create(&std::env::current_exe()?).context(texts::no_tools())?;
    let environment = Environment {
        url: server.url(),
        context: None,
        embedded: true,
        tools: Tools::Own(toolbox.folder()),
        folder: std::env::current_dir().context(texts::no_folder())?,
        columns: Some(COLUMNS),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let runner = Runner::new(runtime.handle().clone(), || {});
    let mut tried: Vec<Tried> = Vec::new();
    // What listens goes on listening while the blocks behind it are tried, as it would on the stage.
    let mut listeners: Vec<Rc<Job>> = Vec::new();
    let mut page = 0;
    for (slide, block, code) in deck.blocks().filter(|(_, _, code)| is_tried(code)) {
        if slide != page {
            stop(&mut listeners);
            page = slide;
        }
        let listens = runs_until_stopped(block_of(code));
        let job = Rc::new(runner.start(block_of(code), &environment));
        let limit = if listens { LISTEN_TIME } else { BLOCK_TIME_MAX };
        let mut trouble = wait(&job, limit);
        if job.is_running() && listens {
            listeners.push(Rc::clone(&job));
        } else if job.is_running() {
            job.cancel();
            trouble = Some(texts::took_too_long(limit.as_secs()));
        }
        if code.expects_failure {
            trouble = match trouble {
                Some(_) => None,
                None => Some(texts::should_have_failed().to_owned()),
            };
        }
        let id = BlockId { slide, block };
        tried.push(Tried { id, job, trouble });
    }
    stop(&mut listeners);
    drop(runner);
    runtime.shutdown_timeout(LISTEN_TIME);
    server.shutdown();
    Ok(tried)
}

/// Stops what listens, and waits until it has: what it wrote is whole then.
fn stop(listeners: &mut Vec<Rc<Job>>) {
    for job in listeners.drain(..) {
        job.cancel();
        wait(&job, LISTEN_TIME);
    }
}

/// Waits for the job's end; a bad one is put into words.
fn wait(job: &Job, limit: Duration) -> Option<String> {
    let deadline = Instant::now() + limit;
    while job.is_running() && Instant::now() < deadline {
        std::thread::sleep(LOOK_TIME);
    }
    match job.view().status {
        Status::Done { code: 0 } | Status::Running | Status::Cancelled => None,
        Status::Done { code } => Some(texts::exit_code(code)),
        Status::Killed { signal } => Some(texts::ended_by(signal)),
        Status::Failed => Some(texts::not_run().to_owned()),
    }
}
