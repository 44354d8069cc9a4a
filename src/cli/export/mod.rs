//! `goingnats export`: the deck as HTML, PDF or text, for those who were not there.
//!
//! What is exported is what is laid out for the screen, with all steps shown; `html` writes the page.

mod html;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use super::talk::{self, Lang};
use super::texts;
use crate::deck::{Deck, Highlighter};
use crate::tui::still;
use crate::tui::theme::Theme;

/// Browsers that print a page without showing it; the first one that is installed is used.
const BROWSERS: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
/// The screen of an export as text.
const TEXT_SIZE: (u16, u16) = (100, 36);

/// What can be asked of `export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The deck, a markdown file; `-` reads standard input. Without it, the built-in talk
    #[arg(value_name = "DECK")]
    deck: Option<PathBuf>,

    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,

    /// Where to; the deck's name with another ending unless said otherwise
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Language of the interface
    #[arg(long, value_enum, default_value_t = Lang::Nb)]
    lang: Lang,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One page with everything in it, notes too
    Html,
    /// Printed by a browser, if there is one
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
}

/// Writes the file.
///
/// # Errors
/// The deck cannot be read, the file not written, or a PDF is wanted and there is no browser.
pub fn run(args: ExportArgs) -> Result<ExitCode> {
    args.lang.choose();
    let talk = talk::read(args.deck.as_deref(), false)?;
    let name = match args.deck.as_deref() {
        Some(path) if path != Path::new("-") => path,
        _ => Path::new("goingnats.md"),
    };
    let output = args.output.unwrap_or_else(|| {
        Path::new(name.file_name().unwrap_or(name.as_os_str())).with_extension(args.format.ending())
    });
    let highlighter = Highlighter::load();
    match args.format {
        Format::Html => write(&output, &html::page(&talk.deck, &highlighter))?,
        Format::Text => write(&output, &text(&talk.deck))?,
        Format::Pdf => print(&html::page(&talk.deck, &highlighter), &output)?,
    }
    eprintln!("{}", texts::wrote(&output.display().to_string()));
    Ok(ExitCode::SUCCESS)
}

fn text(deck: &Deck) -> String {
    let rule = format!("\n{}\n", "─".repeat(usize::from(TEXT_SIZE.0)));
    let slide = |page| {
        let still = still::draw(deck, page, TEXT_SIZE, &Theme::plain(), None, None);
        still::text(&still.cells).trim_end().to_owned()
    };
    let slides: Vec<String> = (0..deck.slides.len()).map(slide).collect();
    slides.join(&rule) + "\n"
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| texts::cannot_write(&path.display().to_string()))
}

/// Has a browser print the page.
fn print(html: &str, output: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let page = folder.path().join("deck.html");
    write(&page, html)?;
    let output = std::path::absolute(output)?;
    for browser in BROWSERS {
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let printed = Command::new(browser)
            .args(["--headless", "--disable-gpu", "--no-pdf-header-footer", &profile])
            .arg(format!("--print-to-pdf={}", output.display()))
            .arg(&page)
            .output();
        match printed {
            Ok(done) if done.status.success() && output.is_file() => return Ok(()),
            Ok(done) => bail!(texts::browser_failed(&done.status.to_string())),
            Err(_) => {}
        }
    }
    bail!(texts::no_browser())
}
