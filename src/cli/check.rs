//! `goingnats check`: what of a deck would overflow, break or not run, a line each.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::render::Size;
use super::talk::{self, Lang, Talk};
use super::texts;
use crate::broker::conf::JetStreamOptions;
use crate::broker::{self, Options};
use crate::deck::{self, Deck, Highlighter, LayoutOptions, Role};
use crate::runner::{
    Block, Environment, Job, Runner, Status, Toolbox, Tools, is_runnable, runs_until_stopped,
};
use crate::tui::still;
use crate::tui::theme::Theme;

/// How long a block may run.
const BLOCK_TIME_MAX: Duration = Duration::from_secs(60);
/// How long a block that listens is given to fail.
const LISTEN_TIME: Duration = Duration::from_secs(1);
/// How often a running block is looked at.
const LOOK_TIME: Duration = Duration::from_millis(10);

/// What can be asked of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The deck, a markdown file; `-` reads standard input. Without it, the built-in talk
    #[arg(value_name = "DECK")]
    deck: Option<PathBuf>,

    /// Try the code blocks too, one after another, against a server of their own
    #[arg(long)]
    run: bool,

    /// The screen that every slide must fit on
    #[arg(long, value_name = "COLSxROWS", default_value = "80x24")]
    size: Size,

    /// Language of the interface
    #[arg(long, value_enum, default_value_t = Lang::Nb)]
    lang: Lang,
}

/// Something to mend.
struct Finding {
    line: usize,
    text: String,
}

/// Writes the findings to standard output; with any, the exit code is 1.
///
/// # Errors
/// The deck cannot be read, or blocks cannot be tried.
pub fn run(args: CheckArgs) -> Result<ExitCode> {
    args.lang.choose();
    let talk = talk::read(args.deck.as_deref(), args.run)?;
    let mut findings = read_over(&talk, args.size);
    if args.run {
        findings.extend(try_blocks(&talk.deck)?);
    }
    findings.sort_by_key(|finding| finding.line);
    let name = args
        .deck
        .as_deref()
        .unwrap_or(Path::new("goingnats.md"))
        .display();
    for Finding { line, text } in &findings {
        println!("{name}:{line}: {text}");
    }
    if findings.is_empty() {
        eprintln!("{}", texts::all_well(talk.deck.slides.len()));
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// What can be seen without running anything.
fn read_over(talk: &Talk, size: Size) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut found = |line: usize, text: String| findings.push(Finding { line, text });
    for warning in &talk.deck.warnings {
        found(warning.line, warning.text.clone());
    }
    for unfilled in &talk.unfilled {
        found(unfilled.line, texts::not_filled(&unfilled.reason));
    }
    let highlighter = Highlighter::load();
    let shown = size.to_string();
    for (page, slide) in talk.deck.slides.iter().enumerate() {
        let (number, line) = (page + 1, slide.first_line);
        let still = still::draw(&talk.deck, page, (size.0, size.1), &Theme::plain(), None, None);
        if still.rows_hidden > 0 {
            found(line, texts::too_tall(number, &shown, still.rows_hidden));
        }
        if still.cells_hidden > 0 {
            found(line, texts::too_wide(number, &shown, still.cells_hidden));
        }
        for problem in problems(slide, size) {
            found(line, texts::in_diagram(number, &problem));
        }
        for block in slide.code.iter().filter(|block| !block.is_diagram()) {
            let Some(language) = &block.language else { continue };
            let is_known = is_runnable(block_of(block)) || highlighter.highlight(language, "").is_some();
            if !is_known {
                found(line, texts::unknown_language(number, language));
            }
        }
    }
    findings
}

/// What a slide's diagrams could not show.
fn problems(slide: &deck::Slide, size: Size) -> Vec<String> {
    let pieces = deck::layout(slide, size.0, &LayoutOptions::default());
    let lines = pieces.iter().flat_map(|piece| &piece.lines);
    let is_problem = |line: &&deck::Line| line.spans.iter().any(|span| span.role == Role::Problem);
    lines.filter(is_problem).map(deck::Line::text).collect()
}

fn block_of(code: &deck::CodeBlock) -> Block<'_> {
    Block {
        language: code.language.as_deref().unwrap_or_default(),
        source: &code.run,
    }
}

/// Runs all blocks in the deck's order against a server of their own.
fn try_blocks(deck: &Deck) -> Result<Vec<Finding>> {
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
        columns: None,
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let runner = Runner::new(runtime.handle().clone(), || {});
    let mut findings = Vec::new();
    // What listens goes on listening while the blocks behind it are tried, as it would on the stage.
    let mut listeners: Vec<Job> = Vec::new();
    for (page, slide) in deck.slides.iter().enumerate() {
        let runnable = slide.code.iter().filter(|block| !block.is_diagram());
        let runnable = runnable.filter(|block| is_runnable(block_of(block)));
        for (nth, code) in runnable.enumerate() {
            let block = block_of(code);
            let listens = runs_until_stopped(block);
            let job = runner.start(block, &environment);
            let limit = if listens { LISTEN_TIME } else { BLOCK_TIME_MAX };
            match wait(&job, limit) {
                Some(how) => findings.push(Finding {
                    line: slide.first_line,
                    text: texts::block_failed(page + 1, nth + 1, &how),
                }),
                None if job.is_running() && listens => listeners.push(job),
                None if job.is_running() => {
                    job.cancel();
                    let how = texts::took_too_long(limit.as_secs());
                    findings.push(Finding {
                        line: slide.first_line,
                        text: texts::block_failed(page + 1, nth + 1, &how),
                    });
                }
                None => {}
            }
        }
        listeners.drain(..).for_each(|job| job.cancel());
    }
    drop(runner);
    runtime.shutdown_timeout(LISTEN_TIME);
    server.shutdown();
    Ok(findings)
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
