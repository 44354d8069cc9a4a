//! `goingnats present`: the talk.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::client::ConnectSettings;
use crate::deck::{Deck, format_date};
use crate::runner::{Environment, Toolbox, Tools, data_folder};
use crate::tui::app::Setup;
use crate::tui::background::Background;
use crate::tui::theme::Theme;
use crate::tui::trust::Trust;

/// Largest deck that is read, in bytes.
const DECK_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What can be asked of `present`.
#[derive(Debug, clap::Args)]
pub struct PresentArgs {
    /// The deck, a markdown file; `-` reads standard input. Without it, the built-in talk
    #[arg(value_name = "DECK")]
    deck: Option<PathBuf>,

    /// Port of the embedded server
    #[arg(long, short, default_value_t = 4222)]
    port: u16,

    /// Address that the embedded server listens on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    listen: String,

    /// Use this server instead of an embedded one
    #[arg(long, value_name = "URL", conflicts_with_all = ["port", "listen", "store_dir"])]
    server: Option<String>,

    /// Use the server of this context of the nats command
    #[arg(long, value_name = "NAME", conflicts_with_all = ["port", "listen", "store_dir", "server"])]
    context: Option<String>,

    /// Keep streams in this folder; without it in a private one, removed at exit
    #[arg(long, value_name = "DIR")]
    store_dir: Option<PathBuf>,

    /// Let a deck from outside run code without asking
    #[arg(long)]
    allow_run: bool,

    /// The slide to begin with
    #[arg(long, value_name = "N", default_value_t = 1)]
    slide: usize,

    /// Colours
    #[arg(long, value_name = "NAME", value_enum)]
    theme: Option<ThemeName>,

    /// Language of the interface
    #[arg(long, value_enum, default_value_t = Language::Nb)]
    lang: Language,

    /// Whose nats and nats-server code blocks find first
    #[arg(long, value_enum, default_value_t = ToolChoice::Own)]
    tools: ToolChoice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ThemeName {
    Dark,
    Light,
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    /// Norwegian bokmål
    Nb,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ToolChoice {
    /// Those of goingnats
    Own,
    /// Those installed on this machine
    System,
}

/// Gives the talk.
pub fn run(args: PresentArgs) -> Result<ExitCode> {
    let (deck, trust) = read_deck(&args)?;
    let url = args
        .server
        .clone()
        .unwrap_or_else(|| format!("nats://{}:{}", args.listen, args.port));
    let toolbox = match args.tools {
        ToolChoice::Own => {
            Some(Toolbox::create(&std::env::current_exe()?).context("cannot link our own tools")?)
        }
        ToolChoice::System => None,
    };
    let environment = Environment {
        url: url.clone(),
        context: args.context.clone(),
        embedded: args.server.is_none(),
        tools: toolbox
            .as_ref()
            .map_or(Tools::System, |toolbox| Tools::Own(toolbox.folder())),
        folder: std::env::current_dir().context("cannot tell the current folder")?,
    };
    let front = deck.front.clone();
    let today = jiff::ZonedDateTime::now().date();
    let setup = Setup {
        theme: theme(args.theme, front.theme.as_deref()),
        author: front.author.unwrap_or_else(user_name),
        date: format_date(front.date.as_deref().unwrap_or("YYYY-MM-DD"), today),
        paging: front.paging.unwrap_or_else(|| "Slide %d / %d".to_owned()),
        first_page: args.slide.saturating_sub(1),
        deck,
        trust,
        environment,
        open_pane: |_, _| unreachable!(),
    };
    let background = Background {
        connection: ConnectSettings::to_server(url).named("goingnats panes"),
    };
    let code = crate::tui::run(setup, background)?;
    Ok(ExitCode::from(code))
}

fn read_deck(args: &PresentArgs) -> Result<(Deck, Trust)> {
    let Some(path) = &args.deck else {
        return Ok((Deck::builtin(), Trust::Given));
    };
    let source = if path == Path::new("-") {
        read_text(std::io::stdin().lock()).context("cannot read the deck from standard input")?
    } else {
        let open = std::fs::File::open(path).and_then(|file| match file.metadata()?.is_dir() {
            true => Err(std::io::ErrorKind::IsADirectory.into()),
            false => Ok(file),
        });
        let file = open.with_context(|| format!("cannot open the deck {}", path.display()))?;
        read_text(file).with_context(|| format!("cannot read the deck {}", path.display()))?
    };
    let trust = match args.allow_run {
        true => Trust::Given,
        false => Trust::of_deck(&source, data_folder().as_deref()),
    };
    Ok((Deck::parse(&source), trust))
}

fn read_text(from: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    from.take(DECK_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > DECK_BYTES_MAX {
        bail!("it is larger than {} MiB", DECK_BYTES_MAX / 1024 / 1024);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The option wins, then `NO_COLOR`, then the deck.
fn theme(asked: Option<ThemeName>, of_deck: Option<&str>) -> Theme {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match (asked, of_deck) {
        (Some(ThemeName::Dark), _) => Theme::dark(),
        (Some(ThemeName::Light), _) => Theme::light(),
        (Some(ThemeName::Plain), _) => Theme::plain(),
        (None, _) if no_color => Theme::plain(),
        (None, Some("light")) => Theme::light(),
        (None, Some("ascii" | "notty")) => Theme::plain(),
        (None, _) => Theme::dark(),
    }
}

/// The user's full name where the system knows it, as `slides` shows it, else the login.
fn user_name() -> String {
    let login = std::env::var("USER").unwrap_or_default();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let full_name = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&login.as_str()))
        .and_then(|fields| fields.get(4)?.split(',').next().map(str::to_owned))
        .filter(|name| !name.is_empty());
    full_name.unwrap_or(login)
}
