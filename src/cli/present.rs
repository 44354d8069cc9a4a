//! `goingnats present`: the talk.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::talk::{self, Lang, Talk};
use super::which_server::{Server, of_context};
use super::{port, texts};
use crate::client::ConnectSettings;
use crate::deck::{FrontMatter, format_date};
use crate::lab::{self, Lab};
use crate::runner::{Environment, Toolbox, Tools, data_folder};
use crate::tui::app::Setup;
use crate::tui::background::Background;
use crate::tui::keep::{self, Keep};
use crate::tui::panes::access::Access;
use crate::tui::pictures::Protocol;
use crate::tui::reload::{Edition, Reload, modified};
use crate::tui::server_log::ServerLog;
use crate::tui::stage::{self, Code, RemoteCode};
use crate::tui::theme::Theme;
use crate::tui::{self, panes, terminal, transition};

/// How the date is shown unless the deck says otherwise, as in `slides`.
const DATE: &str = "YYYY-MM-DD";
/// How pages are counted unless the deck says otherwise, as in `slides`.
const PAGING: &str = "Slide %d / %d";

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

    /// The slide to begin with; the first, unless the last show broke off
    #[arg(long, value_name = "N")]
    slide: Option<usize>,

    /// The second screen of the one who speaks: joins a talk that runs on the server named, or on this machine
    #[arg(long, conflicts_with_all = ["deck", "store_dir", "allow_run", "slide", "follow_changes"])]
    speaker: bool,

    /// How long the talk is meant to be, for the speaker's timer
    #[arg(long, value_name = "N", requires = "speaker")]
    minutes: Option<u32>,

    /// Secret of the second screen, at least 8 letters. Without it a new one for each talk, which second screens
    /// of the same user on this machine find by themselves
    #[arg(
        long,
        value_name = "TEXT",
        env = "GOINGNATS_STAGE_CODE",
        hide_env_values = true
    )]
    code: Option<String>,

    /// Lets an audience follow with `goingnats join` and this code, at least 8 letters
    #[arg(
        long,
        value_name = "CODE",
        env = "GOINGNATS_AUDIENCE_CODE",
        hide_env_values = true
    )]
    audience: Option<String>,

    /// Lets any NATS client move the talk with a code: `nats req goingnats.deck.next CODE`. Without one a new code,
    /// which the talk and its second screens show; one of your own is a word of at least 6 letters
    #[arg(
        long,
        value_name = "CODE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        env = "GOINGNATS_REMOTE_CODE",
        hide_env_values = true,
        conflicts_with = "speaker"
    )]
    remote: Option<String>,

    /// Who sits at the second screen, when others ask who steers; without it the user's name
    #[arg(long, value_name = "NAME", requires = "speaker")]
    name: Option<String>,

    /// Record the screen in this file, as an asciicast for asciinema's players
    #[arg(long, value_name = "FILE", conflicts_with = "speaker")]
    record: Option<PathBuf>,

    /// Slides as lines of text, and words to go on: for screen readers and the simplest terminals
    #[arg(long, conflicts_with_all = ["speaker", "record"])]
    text: bool,

    /// How slides change: none, fade or slide. Without it as the deck says, and not at all over ssh
    #[arg(long, value_name = "NAME", value_parser = transition)]
    transition: Option<transition::Kind>,

    /// How pictures are shown: blocks, kitty, iterm or sixel. Without it as the terminal says it can
    #[arg(long, value_name = "WAY", value_parser = pictures)]
    pictures: Option<Protocol>,

    /// Go to the slide that changed when the deck's file does
    #[arg(long)]
    follow_changes: bool,

    /// Colours: dark, light, contrast, nats, plain, or a theme file of slides or presenterm
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,

    /// Language of the interface
    #[arg(long, value_enum, default_value_t = Lang::Nb)]
    lang: Lang,

    /// Labs of your own, instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    labs: Option<PathBuf>,

    /// Where the progress of the labs is kept, instead of the user's own file
    #[arg(long, value_name = "FILE", env = "GOINGNATS_PROGRESS")]
    progress: Option<PathBuf>,

    /// Whose nats and nats-server code blocks find first
    #[arg(long, value_enum, default_value_t = ToolChoice::Own)]
    tools: ToolChoice,
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
    let labs = Labs::of(args.labs.as_deref(), args.progress.clone(), false)?;
    show(args, labs)
}

impl PresentArgs {
    /// The same with another server: one of our own at this port and address, or the one that is named.
    #[must_use]
    pub fn at(self, port: u16, listen: String, server: Option<String>) -> PresentArgs {
        PresentArgs {
            port,
            listen,
            server,
            ..self
        }
    }
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

impl Labs {
    /// Those of a folder, or the built-in ones, with the user's progress.
    ///
    /// # Errors
    /// The folder or one of its labs cannot be read.
    pub fn of(folder: Option<&Path>, progress: Option<PathBuf>, alone: bool) -> Result<Labs> {
        Ok(Labs {
            labs: match folder {
                Some(folder) => lab::in_folder(folder)?,
                None => lab::builtin(),
            },
            progress: progress.or_else(lab::progress::default_path),
            alone,
        })
    }
}

/// Gives the talk with these labs.
///
/// # Errors
/// As [`run`].
pub fn show(args: PresentArgs, labs: Labs) -> Result<ExitCode> {
    args.lang.choose();
    if !args.text {
        terminal::require()?;
    }
    if args.speaker {
        return speaker(&args, labs.labs);
    }
    let mut talk = talk::read(args.deck.as_deref(), args.allow_run)?;
    talk::dress(&mut talk.deck, args.theme.as_deref(), args.deck.as_deref());
    let edition = edition(talk);
    let theme = talk::theme(args.theme.as_deref(), &edition.deck.front, args.deck.as_deref())?;
    let Some(server) = server(&args)? else {
        return Ok(ExitCode::SUCCESS);
    };
    let toolbox = match args.tools {
        ToolChoice::Own => Some(own_tools().context(texts::no_tools())?),
        ToolChoice::System => None,
    };
    let environment = Environment {
        url: server.url.clone(),
        context: args.context.clone(),
        embedded: server.broker.is_some(),
        tools: toolbox
            .as_ref()
            .map_or(Tools::System, |toolbox| Tools::Own(toolbox.folder())),
        folder: std::env::current_dir().context(texts::no_folder())?,
        columns: None,
    };
    let folder = args
        .deck
        .as_deref()
        .and_then(Path::parent)
        .unwrap_or(Path::new(""));
    let keep = memory(args.deck.as_deref());
    let setup = setup(&args, edition, theme, environment, keep.clone(), labs.alone)?;
    let background = Background {
        broker: server.broker,
        folder: folder.to_owned(),
        reload: args
            .deck
            .filter(|path| path != Path::new("-"))
            .map(|path| reload(path, args.theme.clone(), args.allow_run)),
        connection: server.connection.named("goingnats panes"),
        labs: labs.labs.into_iter().map(Arc::new).collect(),
        progress: labs.progress,
        access: Access::full(),
        monitor: None,
        keep,
        log: ServerLog::install(),
        labs_alone: labs.alone,
    };
    let code = match args.text {
        true => tui::run_lines(setup, background)?,
        false => tui::run(setup, background)?,
    };
    Ok(ExitCode::from(code))
}

/// What is remembered for a deck. It is known by where it lies; the built-in one and one from a pipe by a name of their
/// own.
fn memory(deck: Option<&Path>) -> Keep {
    let deck = match deck {
        Some(path) => std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
        None => PathBuf::from("goingnats"),
    };
    Keep::open(keep::default_path(), &deck.to_string_lossy())
}

/// What the screen starts with.
fn setup(
    args: &PresentArgs,
    edition: Edition,
    theme: Theme,
    environment: Environment,
    keep: Keep,
    labs_alone: bool,
) -> Result<Setup> {
    // Alone, the labs have no slide to come back to.
    let broken_off = keep.broken_off().filter(|_| args.slide.is_none() && !labs_alone);
    let taken_up = broken_off.map(|page| texts::taken_up(page + 1));
    let (remote_code, made) = remote_code(args.remote.as_deref())?;
    let wished = edition.deck.front.transition.as_deref();
    Ok(Setup {
        transition: args.transition.unwrap_or_else(|| wished_transition(wished)),
        theme,
        author: edition.author,
        date: edition.date,
        paging: edition.paging,
        first_page: broken_off
            .or(args.slide.map(|slide| slide.saturating_sub(1)))
            .unwrap_or(0),
        greeting: made.or(taken_up),
        keep,
        deck: edition.deck,
        deck_name: talk::file_name(args.deck.as_deref()),
        trust: edition.trust,
        environment,
        follows_changes: args.follow_changes,
        open_pane: panes::open,
        grammar: super::nats::complete::next,
        labs_alone,
        protocol: args
            .pictures
            .unwrap_or_else(|| Protocol::of_terminal(|name| std::env::var(name).ok())),
        stage_code: match &args.code {
            Some(code) => Code::chosen(code)?,
            None => Code::random()?,
        },
        stage_folder: stage_folder(),
        remote_code,
        audience_code: args.audience.as_deref().map(Code::chosen).transpose()?,
        outputs_folder: outputs_folder(),
        recording: args.record.clone(),
    })
}

/// The code of the remote control, where there is to be one, and what tells it to the speaker where it was made here.
fn remote_code(wanted: Option<&str>) -> Result<(Option<RemoteCode>, Option<String>)> {
    match wanted {
        None => Ok((None, None)),
        Some("") => {
            let code = RemoteCode::random()?;
            let told = texts::remote_made(code.text());
            Ok((Some(code), Some(told)))
        }
        Some(text) => Ok((Some(RemoteCode::chosen(text)?), None)),
    }
}

fn speaker(args: &PresentArgs, labs: Vec<Lab>) -> Result<ExitCode> {
    let connection = match foreign(args)? {
        Some(connection) => connection,
        None => ConnectSettings::to_server(format!("nats://{}:{}", args.listen, args.port)),
    };
    let theme = talk::theme(args.theme.as_deref(), &FrontMatter::default(), None)?;
    let address = connection.servers.first().cloned().unwrap_or_default();
    let kept = || stage_folder().and_then(|folder| stage::find(&folder, &address));
    let secret = match &args.code {
        Some(code) => Code::chosen(code)?,
        None => kept().with_context(|| texts::no_stage_code(&address))?,
    };
    let code = tui::speaker::run(
        connection.named("goingnats speaker"),
        secret,
        theme,
        args.minutes,
        labs,
        args.name.clone().unwrap_or_else(user_name),
    )?;
    Ok(ExitCode::from(code))
}

/// Where the codes of talks on this machine are kept.
fn stage_folder() -> Option<PathBuf> {
    data_folder().map(|folder| folder.join("stage"))
}

/// Where the output of code blocks is kept for exports.
pub(super) fn outputs_folder() -> Option<PathBuf> {
    data_folder().map(|folder| folder.join("outputs"))
}

fn pictures(name: &str) -> Result<Protocol, String> {
    Protocol::named(name).ok_or_else(|| "use blocks, kitty, iterm or sixel".to_owned())
}

fn transition(name: &str) -> Result<transition::Kind, String> {
    transition::Kind::named(name).ok_or_else(|| "use none, fade or slide".to_owned())
}

/// What the deck wishes, except on a slow link.
fn wished_transition(name: Option<&str>) -> transition::Kind {
    let is_remote = ["SSH_CONNECTION", "SSH_TTY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    let named = name.and_then(transition::Kind::named);
    named.filter(|_| !is_remote).unwrap_or_default()
}

/// The server that was named, by its address or by a context.
fn foreign(args: &PresentArgs) -> Result<Option<ConnectSettings>> {
    if let Some(name) = &args.context {
        return of_context(name).map(Some);
    }
    Ok(args.server.as_deref().map(ConnectSettings::to_server))
}

/// Ours, or the one that was named; none when the user would rather leave.
fn server(args: &PresentArgs) -> Result<Option<Server>> {
    if let Some(connection) = foreign(args)? {
        return Ok(Some(Server::foreign(connection)));
    }
    match port::choose(&args.listen, args.port)? {
        port::Choice::Start(port) => Server::own(&args.listen, port, args.store_dir.clone()).map(Some),
        port::Choice::Use(url) => Ok(Some(Server::foreign(ConnectSettings::to_server(url)))),
        port::Choice::Quit => Ok(None),
    }
}

pub(super) fn own_tools() -> std::io::Result<Toolbox> {
    Toolbox::create(&std::env::current_exe()?)
}

/// What the deck says of itself, with what holds where it says nothing.
fn edition(talk: Talk) -> Edition {
    let front = talk.deck.front.clone();
    Edition {
        author: front.author.unwrap_or_else(user_name),
        date: format_date(
            front.date.as_deref().unwrap_or(DATE),
            jiff::ZonedDateTime::now().date(),
        ),
        paging: front.paging.unwrap_or_else(|| PAGING.to_owned()),
        deck: talk.deck,
        trust: talk.trust,
    }
}

fn reload(path: PathBuf, theme: Option<String>, allow_run: bool) -> Reload {
    let read = {
        let path = path.clone();
        move || {
            let mut talk = talk::read(Some(&path), allow_run).ok()?;
            talk::dress(&mut talk.deck, theme.as_deref(), Some(&path));
            Some(edition(talk))
        }
    };
    Reload {
        modified: modified(&path),
        path,
        read: Box::new(read),
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
