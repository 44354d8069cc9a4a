//! `goingnats check`: what of a deck would overflow, break or not run, a line each.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use super::render::Size;
use super::talk::{self, Lang, Talk};
use super::{texts, trial};
use crate::deck::{self, Highlighter, LayoutOptions, Role};
use crate::runner::is_runnable;
use crate::tui::markings;
use crate::tui::pictures::{self, Pictures};
use crate::tui::still::{Sheet, Stills};
use crate::tui::theme::Theme;

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
    let mut talk = talk::read(args.deck.as_deref(), args.run)?;
    talk::dress(&mut talk.deck, None, args.deck.as_deref());
    let folder = args
        .deck
        .as_deref()
        .and_then(Path::parent)
        .unwrap_or(Path::new(""));
    let mut findings = read_over(&talk, args.size, folder);
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
fn read_over(talk: &Talk, size: Size, folder: &Path) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut found = |line: usize, text: String| findings.push(Finding { line, text });
    for warning in &talk.deck.warnings {
        found(warning.line, warning.text.clone());
    }
    for unfilled in &talk.unfilled {
        found(unfilled.line, texts::not_filled(&unfilled.reason));
    }
    let front = &talk.deck.front;
    if let Some(theme) = &front.theme
        && let Err(error) = talk::find_theme(theme, folder)
    {
        found(front.theme_line.max(1), format!("{error:#}"));
    }
    for warning in markings::of_deck(&front.markings).1 {
        found(warning.line, warning.text);
    }
    let highlighter = Highlighter::load();
    let shown = size.to_string();
    let theme = Theme::dark();
    let pictures = Pictures::new(pictures::load(&talk.deck.pictures(), folder), theme.depth);
    let mut stills = Stills::new(
        &talk.deck,
        Sheet {
            pictures: Some(&pictures),
            ..Sheet::new((size.0, size.1), &theme)
        },
    );
    for (page, slide) in talk.deck.slides.iter().enumerate() {
        let (number, line) = (page + 1, slide.first_line);
        let still = stills.draw(page);
        if still.rows_hidden > 0 {
            found(line, texts::too_tall(number, &shown, still.rows_hidden));
        }
        if still.cells_hidden > 0 {
            found(line, texts::too_wide(number, &shown, still.cells_hidden));
        }
        for problem in problems(slide, size) {
            let diagram = slide.code.iter().find(|block| block.is_diagram());
            let line = diagram.map_or(line, |block| block.line);
            found(line, texts::in_diagram(number, &problem));
        }
        for path in &slide.pictures {
            let why = match talk::is_address(path) {
                true => Some(texts::nothing_is_fetched().to_owned()),
                false => pictures::read(path, &folder.join(path))
                    .err()
                    .map(|why| why.to_string()),
            };
            if let Some(why) = why {
                found(line, texts::no_picture(number, path, &why));
            }
        }
        let code = slide.code.iter();
        for block in code.filter(|block| !block.is_diagram() && block.live.is_none()) {
            let Some(language) = &block.language else { continue };
            // What these describe is drawn elsewhere, and their source is shown here.
            let is_known = matches!(language.as_str(), "d2" | "latex" | "typst")
                || is_runnable(trial::block_of(block))
                || highlighter.highlight(language, "").is_some();
            if !is_known {
                found(block.line, texts::unknown_language(number, language));
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

/// What went wrong when the blocks were run.
fn try_blocks(deck: &deck::Deck) -> Result<Vec<Finding>> {
    let tried = trial::run(deck, false)?;
    let bad = tried.into_iter().filter_map(|tried| {
        let code = &deck.slides[tried.id.slide].code[tried.id.block];
        Some(Finding {
            line: code.line,
            text: texts::block_failed(tried.id.slide + 1, tried.id.block + 1, &tried.trouble?),
        })
    });
    Ok(bad.collect())
}
