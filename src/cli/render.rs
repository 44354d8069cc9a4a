//! `goingnats render`: slides as text, or with the escape sequences for their colours.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Result, bail};

use super::talk::{self, Lang};
use super::texts;
use crate::deck::Highlighter;
use crate::tui::pictures::{self, Pictures};
use crate::tui::still::{self, Sheet, Stills};
use crate::tui::theme::Depth;

/// What can be asked of `render`.
#[derive(Debug, clap::Args)]
pub struct RenderArgs {
    /// The deck, a markdown file; `-` reads standard input. Without it, the built-in talk
    #[arg(value_name = "DECK")]
    deck: Option<PathBuf>,

    /// The slide; without it all of them
    #[arg(long, value_name = "N")]
    slide: Option<usize>,

    /// Columns and rows of the screen
    #[arg(long, value_name = "COLSxROWS", default_value = "80x24")]
    size: Size,

    /// With escape sequences for colours
    #[arg(long)]
    ansi: bool,

    /// Colours: dark, light, contrast, nats, plain, or a theme file of slides or presenterm
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,

    /// Language of the interface
    #[arg(long, value_enum, default_value_t = Lang::Nb)]
    lang: Lang,
}

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u16, pub u16);

/// The largest screen that is drawn, on either side.
const SIDE_MAX: u16 = 1_000;

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let side = |text: &str| text.parse().ok().filter(|side| (1..=SIDE_MAX).contains(side));
        let size = text.split_once(['x', '×']);
        size.and_then(|(columns, rows)| Some(Size(side(columns)?, side(rows)?)))
            .ok_or_else(|| format!("use a size like 80x24, at most {SIDE_MAX}x{SIDE_MAX}"))
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.0, self.1)
    }
}

/// Writes the slides to standard output.
///
/// # Errors
/// The deck cannot be read, or has no such slide.
pub fn run(args: RenderArgs) -> Result<ExitCode> {
    args.lang.choose();
    let mut talk = talk::read(args.deck.as_deref(), false)?;
    talk::dress(&mut talk.deck, args.theme.as_deref(), args.deck.as_deref());
    let deck = &talk.deck;
    let theme = talk::theme(args.theme.as_deref(), &deck.front, args.deck.as_deref())?;
    let total = deck.slides.len();
    let pages = match args.slide {
        None => 0..total,
        Some(slide) if (1..=total).contains(&slide) => slide - 1..slide,
        Some(slide) => bail!(texts::no_such_slide(slide, total)),
    };
    let highlighter = args.ansi.then(Highlighter::load);
    let depth = if args.ansi { theme.depth } else { Depth::None };
    let folder = args
        .deck
        .as_deref()
        .and_then(Path::parent)
        .unwrap_or(Path::new(""));
    let pictures = Pictures::new(pictures::load(&deck.pictures(), folder), depth);
    let mut out = std::io::stdout().lock();
    let sheet = Sheet {
        highlighter: highlighter.as_ref(),
        pictures: Some(&pictures),
        ..Sheet::new((args.size.0, args.size.1), &theme)
    };
    let mut stills = Stills::new(deck, sheet);
    for page in pages {
        if args.slide.is_none() && page > 0 {
            writeln!(out, "{}", "─".repeat(usize::from(args.size.0)))?;
        }
        let still = stills.draw(page);
        let text = match args.ansi {
            true => still::ansi(&still.cells),
            false => still::text(&still.cells),
        };
        out.write_all(text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}
