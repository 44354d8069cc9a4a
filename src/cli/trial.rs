//! Trying a deck's code blocks, slide by slide, against a server of their own: for `check --run` and
//! `export --run`.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::texts;
use crate::broker::{self, Options};
use crate::client::{ConnectSettings, connect};
use crate::deck::{CodeBlock, Deck, Slide};
use crate::runner::{
    Block, Environment, Job, Runner, Status, Toolbox, Tools, is_runnable, runs_until_stopped,
};
use crate::tui::event::Waker;
use crate::tui::jobs::BlockId;
use crate::tui::living::{Living, Shown};
use crate::tui::outputs::Kept;
use crate::tui::panes::PaneContext;
use crate::tui::still::LIVING_COLUMNS;

/// How long a block may run.
const BLOCK_TIME_MAX: Duration = Duration::from_secs(60);
/// How long a block that listens is given to fail.
const LISTEN_TIME: Duration = Duration::from_secs(1);
/// How long blocks that live are given to begin, and to take in what came last: a stream is looked at twice a second.
const BEGIN_TIME: Duration = Duration::from_millis(300);
const SETTLE_TIME: Duration = Duration::from_millis(1_200);
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
pub fn block_of(code: &CodeBlock) -> Block<'_> {
    Block {
        language: code.language.as_deref().unwrap_or_default(),
        source: &code.run,
    }
}

/// Whether a block is to be tried: it can be run, or is there to be checked.
fn is_tried(code: &CodeBlock) -> bool {
    let is_wanted = code.live.is_none() && (!code.is_only_shown || code.validates);
    is_wanted && !code.is_diagram() && is_runnable(block_of(code))
}

/// Runs all blocks in the deck's order. Those that listen are stopped when the next slide is tried. `with_living` has
/// the blocks that live do so meanwhile, and tells what they looked like at the end of their slide.
///
/// # Errors
/// There is no server or no thread to be had.
pub fn run(deck: &Deck, with_living: bool) -> Result<Vec<Tried>> {
    let store = tempfile::tempdir().context(texts::no_store())?;
    let server = broker::start(Options::local(0, store.path()))?;
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
    let has_living = with_living && deck.blocks().any(|(_, _, code)| code.live.is_some());
    let living = match has_living {
        true => Some(Lives::on(&server.url(), &runtime)?),
        false => None,
    };
    let mut trial = Trial {
        runner: Runner::new(runtime.handle().clone(), || {}),
        environment,
        living,
        tried: Vec::new(),
    };
    for (page, slide) in deck.slides.iter().enumerate() {
        trial.slide(page, slide);
    }
    let Trial {
        runner,
        living,
        tried,
        ..
    } = trial;
    drop((runner, living));
    runtime.shutdown_timeout(LISTEN_TIME);
    server.shutdown();
    Ok(tried)
}

/// The living blocks of a slide, and what they are fed by.
struct Lives {
    living: Living,
    context: PaneContext,
}

impl Lives {
    fn on(url: &str, runtime: &tokio::runtime::Runtime) -> Result<Lives> {
        let settings = ConnectSettings::to_server(url.to_owned());
        let client = runtime.block_on(connect(&settings))?;
        Ok(Lives {
            living: Living::default(),
            context: PaneContext::on(client, runtime.handle().clone(), Waker::new(|| {})),
        })
    }
}

/// What slides are tried with, and what came of it.
struct Trial {
    runner: Runner,
    environment: Environment,
    living: Option<Lives>,
    tried: Vec<Tried>,
}

impl Trial {
    fn slide(&mut self, page: usize, slide: &Slide) {
        let lives = slide.code.iter().any(|code| code.live.is_some());
        let mut living = self.living.take();
        if let Some(Lives { living, context }) = living.as_mut().filter(|_| lives) {
            let shown = Shown {
                page,
                edition: 0,
                connection: 0,
            };
            living.show(shown, slide, Some(context));
            std::thread::sleep(BEGIN_TIME);
        }
        // What listens goes on listening while the blocks behind it are tried, as it would on the stage.
        let mut listeners: Vec<Rc<Job>> = Vec::new();
        for (block, code) in slide.code.iter().enumerate().filter(|(_, code)| is_tried(code)) {
            let id = BlockId { slide: page, block };
            let tried = self.block(id, code);
            if tried.job.is_running() {
                listeners.push(Rc::clone(&tried.job));
            }
            self.tried.push(tried);
        }
        stop(&mut listeners);
        if let Some(Lives { living, .. }) = living.as_ref().filter(|_| lives) {
            std::thread::sleep(SETTLE_TIME);
            let pictures = living
                .keepsakes(LIVING_COLUMNS)
                .map_or(Vec::new(), |(_, pictures)| pictures);
            self.tried
                .extend(pictures.into_iter().map(|(block, picture)| Tried {
                    id: BlockId { slide: page, block },
                    job: Rc::new(Kept::of_picture(&picture).job()),
                    trouble: None,
                }));
        }
        self.living = living;
    }

    fn block(&self, id: BlockId, code: &CodeBlock) -> Tried {
        let listens = runs_until_stopped(block_of(code));
        let job = Rc::new(self.runner.start(block_of(code), &self.environment));
        let limit = if listens { LISTEN_TIME } else { BLOCK_TIME_MAX };
        let mut trouble = wait(&job, limit);
        if job.is_running() && !listens {
            job.cancel();
            wait(&job, LISTEN_TIME);
            trouble = Some(texts::took_too_long(limit.as_secs()));
        }
        if code.expects_failure {
            trouble = match trouble {
                Some(_) => None,
                None => Some(texts::should_have_failed().to_owned()),
            };
        }
        Tried { id, job, trouble }
    }
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
