//! `goingnats export`: the deck as HTML, PDF or text, for those who were not there.
//!
//! What is exported is what is drawn on the screen, with all steps shown, what the code blocks wrote when they were
//! run last, and the speaker's notes. `page` has the slides drawn, `html` and `pdf` write them down. Of the latter,
//! `objects` is the file, `letters` the encodings of its fonts, and `shapes` draws what these lack.
//! Start with [`run`].

mod html;
mod letters;
mod objects;
mod page;
mod pdf;
mod shapes;
#[cfg(test)]
mod testing;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::{Context, Result};

use super::present::outputs_folder;
use super::talk::{self, Lang};
use super::{texts, trial};
use crate::deck::{Deck, Highlighter};
use crate::tui::jobs::Jobs;
use crate::tui::outputs;
use crate::tui::pictures::{self, Pictures};
use crate::tui::still::PAPER_COLUMNS;
use crate::tui::theme::{Depth, Theme};
use page::{Look, Page};

/// What can be asked of `export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The deck, a markdown file; `-` reads standard input. Without it, the built-in talk
    #[arg(value_name = "DECK")]
    deck: Option<PathBuf>,

    /// What to write; without it what the ending of --output says, or else html
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Where to; the deck's name with another ending unless said otherwise
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Run the code blocks first, one after another, against a server of their own. Without it the output is there
    /// of those that were run on this machine, as they were run last
    #[arg(long, conflicts_with = "no_output")]
    run: bool,

    /// Leave out what code blocks wrote
    #[arg(long)]
    no_output: bool,

    /// Leave out the speaker's notes
    #[arg(long)]
    no_notes: bool,

    /// Colours of the page: dark, light, contrast, nats, plain, or a theme file of slides or presenterm. On paper
    /// always black on white
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,

    /// Language of the interface
    #[arg(long, value_enum, default_value_t = Lang::Nb)]
    lang: Lang,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One page with everything in it, pictures and notes too
    Html,
    /// A page a slide
    Pdf,
    /// Plain text
    Text,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Pdf => "pdf",
            Format::Text => "txt",
        }
    }

    /// The format that a file's ending promises.
    fn of(file: &Path) -> Option<Format> {
        match file.extension()?.to_str()?.to_lowercase().as_str() {
            "html" | "htm" => Some(Format::Html),
            "pdf" => Some(Format::Pdf),
            "txt" | "text" => Some(Format::Text),
            _ => None,
        }
    }
}

/// Writes the file.
///
/// # Errors
/// The deck cannot be read, its blocks not tried, or the file not written.
pub fn run(args: ExportArgs) -> Result<ExitCode> {
    args.lang.choose();
    let path = args.deck.as_deref().filter(|path| *path != Path::new("-"));
    let mut deck = talk::read(args.deck.as_deref(), args.run)?.deck;
    talk::dress(&mut deck, args.theme.as_deref(), path);
    let name = path.unwrap_or(Path::new("goingnats.md"));
    let promised = args.output.as_deref().and_then(Format::of);
    let format = args.format.or(promised).unwrap_or(Format::Html);
    let output = args.output.unwrap_or_else(|| {
        Path::new(name.file_name().unwrap_or(name.as_os_str())).with_extension(format.ending())
    });
    let jobs = match (args.no_output, args.run) {
        (true, _) => Jobs::default(),
        (false, true) => just_run(&deck)?,
        (false, false) => {
            outputs_folder().map_or_else(Jobs::default, |folder| outputs::of_deck(&deck, &folder))
        }
    };
    let screen = match format {
        Format::Html => talk::full_theme(args.theme.as_deref(), &deck.front, args.deck.as_deref())?,
        Format::Pdf => Theme::light(),
        Format::Text => Theme::plain(),
    };
    let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
    let depth = if format == Format::Text {
        Depth::None
    } else {
        Depth::Full
    };
    let pictures = Pictures::new(pictures::load(&deck.pictures(), folder), depth);
    let highlighter = Highlighter::load();
    let look = Look {
        screen: &screen,
        highlighter: &highlighter,
        pictures: &pictures,
        jobs: &jobs,
        has_notes: !args.no_notes,
    };
    let pages = page::all(&deck, &look);
    let title = deck.slides[0].title();
    let bytes = match format {
        Format::Html => html::write(title, &pages, &look).into_bytes(),
        Format::Pdf => pdf::write(title, &pages, &pictures),
        Format::Text => text(&pages).into_bytes(),
    };
    let shown = output.display().to_string();
    std::fs::write(&output, bytes).with_context(|| texts::cannot_write(&shown))?;
    eprintln!("{}", texts::wrote(&shown));
    Ok(ExitCode::SUCCESS)
}

/// The output of all blocks, run now. A block that fails is exported as it failed.
fn just_run(deck: &Deck) -> Result<Jobs> {
    let mut jobs = Jobs::default();
    for tried in trial::run(deck, true)? {
        if let Some(trouble) = &tried.trouble {
            let (slide, block) = (tried.id.slide + 1, tried.id.block + 1);
            eprintln!("{}", texts::block_failed(slide, block, trouble));
        }
        jobs.put(tried.id, Rc::clone(&tried.job));
    }
    Ok(jobs)
}

fn text(pages: &[Page]) -> String {
    let rule = format!("\n{}\n\n", "─".repeat(usize::from(PAPER_COLUMNS)));
    let page = |page: &Page| {
        let mut out: String = page.rows.iter().map(|row| row.text() + "\n").collect();
        if !page.notes.is_empty() {
            out.push_str(&format!("\n  {}:\n", texts::notes()));
            for line in page.notes.iter().flat_map(|note| note.lines()) {
                out.push_str(&format!("  {line}\n"));
            }
        }
        out
    };
    let pages: Vec<String> = pages.iter().map(page).collect();
    pages.join(&rule)
}
