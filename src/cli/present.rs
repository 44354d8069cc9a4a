//! `goingnats present`: the talk.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use tempfile::TempDir;

use super::port;
use crate::broker::Options;
use crate::broker::conf::JetStreamOptions;
use crate::client::contexts::Contexts;
use crate::client::{self, ConnectSettings};
use crate::deck::{Deck, format_date};
use crate::lab::{self, Lab};
use crate::runner::{Environment, Toolbox, Tools, data_folder};
use crate::tui::app::Setup;
use crate::tui::background::Background;
use crate::tui::theme::Theme;
use crate::tui::trust::Trust;
use crate::tui::{self, panes, terminal};

/// How the date is shown unless the deck says otherwise, as in `slides`.
const DATE: &str = "YYYY-MM-DD";
/// How pages are counted unless the deck says otherwise, as in `slides`.
const PAGING: &str = "Slide %d / %d";
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
///
/// # Errors
/// There is no terminal, the deck cannot be read, or there is no server to be had.
pub fn run(args: PresentArgs) -> Result<ExitCode> {
    let labs = Labs {
        labs: lab::builtin(),
        progress: lab::progress::default_path(),
        alone: false,
    };
    show(args, labs)
}

/// The labs that come with the talk.
pub struct Labs {
    /// Which.
    pub labs: Vec<Lab>,
    /// Where progress is kept.
    pub progress: Option<PathBuf>,
    /// They have the whole screen.
    pub alone: bool,
}

/// Gives the talk with these labs.
///
/// # Errors
/// As [`run`].
pub fn show(args: PresentArgs, labs: Labs) -> Result<ExitCode> {
    terminal::require()?;
    let (deck, trust) = read_deck(&args)?;
    let Some(server) = server(&args)? else {
        return Ok(ExitCode::SUCCESS);
    };
    let toolbox = match args.tools {
        ToolChoice::Own => Some(own_tools().context("kan ikke lenke til våre egne verktøy")?),
        ToolChoice::System => None,
    };
    let environment = Environment {
        url: server.url.clone(),
        context: args.context.clone(),
        embedded: server.broker.is_some(),
        tools: toolbox
            .as_ref()
            .map_or(Tools::System, |toolbox| Tools::Own(toolbox.folder())),
        folder: std::env::current_dir().context("kan ikke finne mappen vi står i")?,
        columns: None,
    };
    let front = deck.front.clone();
    let setup = Setup {
        theme: theme(args.theme, front.theme.as_deref()),
        author: front.author.unwrap_or_else(user_name),
        date: format_date(
            front.date.as_deref().unwrap_or(DATE),
            jiff::ZonedDateTime::now().date(),
        ),
        paging: front.paging.unwrap_or_else(|| PAGING.to_owned()),
        first_page: args.slide.saturating_sub(1),
        deck,
        trust,
        environment,
        open_pane: panes::open,
        labs_alone: labs.alone,
    };
    let background = Background {
        broker: server.broker,
        connection: server.connection.named("goingnats panes"),
        labs: labs.labs.into_iter().map(Arc::new).collect(),
        progress: labs.progress,
    };
    let code = tui::run(setup, background)?;
    Ok(ExitCode::from(code))
}

/// The server of the show.
struct Server {
    url: String,
    connection: ConnectSettings,
    broker: Option<Box<Options>>,
    /// Holds the streams' folder as long as the server runs.
    _store: Option<TempDir>,
}

/// Ours, or the one that was named; none when the user would rather leave.
fn server(args: &PresentArgs) -> Result<Option<Server>> {
    if let Some(name) = &args.context {
        let variables = client::environment::Environment::of_process();
        let connection = Contexts::of_user(&variables)?.read(name)?.settings(&variables)?;
        return Ok(Some(Server::foreign(connection)));
    }
    if let Some(url) = &args.server {
        return Ok(Some(Server::foreign(ConnectSettings::to_server(url))));
    }
    match port::choose(&args.listen, args.port)? {
        port::Choice::Start(port) => Server::own(args, port).map(Some),
        port::Choice::Use(url) => Ok(Some(Server::foreign(ConnectSettings::to_server(url)))),
        port::Choice::Quit => Ok(None),
    }
}

impl Server {
    fn foreign(connection: ConnectSettings) -> Server {
        Server {
            url: connection.servers.first().cloned().unwrap_or_default(),
            connection,
            broker: None,
            _store: None,
        }
    }

    fn own(args: &PresentArgs, port: u16) -> Result<Server> {
        let store = match &args.store_dir {
            Some(_) => None,
            None => Some(private_folder("goingnats-store-").context("kan ikke lage en mappe til streams")?),
        };
        let store_dir = args
            .store_dir
            .clone()
            .or_else(|| store.as_ref().map(|dir| dir.path().to_owned()));
        let options = Options {
            host: args.listen.clone(),
            port,
            jetstream: Some(JetStreamOptions {
                store_dir,
                ..JetStreamOptions::default()
            }),
            ..Options::default()
        };
        let url = format!("nats://{}:{port}", args.listen);
        Ok(Server {
            connection: ConnectSettings::to_server(&url),
            url,
            broker: Some(Box::new(options)),
            _store: store,
        })
    }
}

fn private_folder(prefix: &str) -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix(prefix).tempdir()
}

fn own_tools() -> std::io::Result<Toolbox> {
    Toolbox::create(&std::env::current_exe()?)
}

fn read_deck(args: &PresentArgs) -> Result<(Deck, Trust)> {
    let Some(path) = &args.deck else {
        return Ok((Deck::builtin(), Trust::Given));
    };
    let source = if path == Path::new("-") {
        read_text(std::io::stdin().lock()).context("kan ikke lese presentasjonen fra standard inn")?
    } else {
        let open = std::fs::File::open(path).and_then(|file| match file.metadata()?.is_dir() {
            true => Err(std::io::ErrorKind::IsADirectory.into()),
            false => Ok(file),
        });
        let file = open.with_context(|| format!("kan ikke åpne presentasjonen {}", path.display()))?;
        read_text(file).with_context(|| format!("kan ikke lese presentasjonen {}", path.display()))?
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
        bail!("den er større enn {} MiB", DECK_BYTES_MAX / 1024 / 1024);
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
    let id = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.get(2) == Some(&id.as_str()));
    let login = || std::env::var("USER").unwrap_or_default();
    let Some(fields) = user else { return login() };
    let full = fields
        .get(4)
        .and_then(|full| full.split(',').next())
        .unwrap_or_default();
    let name = if full.is_empty() { fields[0] } else { full };
    name.to_owned()
}
