//! `goingnats inspect`: the panes alone, on any server.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::nats::globals::Globals;
use super::present::own_tools;
use super::talk::{self, Lang};
use super::which_server::{Server, of_context};
use super::{inspect_lines, port, texts};
use crate::client::contexts::{Choice, Contexts};
use crate::client::environment::Environment as Variables;
use crate::client::profile::Profile;
use crate::client::{ConnectSettings, DEFAULT_URL};
use crate::deck::FrontMatter;
use crate::runner::{Environment, Tools};
use crate::tui::background::Background;
use crate::tui::inspect::Setup;
use crate::tui::keep::{self, Keep};
use crate::tui::panes::access::Access;
use crate::tui::panes::{self, PaneKind};
use crate::tui::server_log::ServerLog;
use crate::tui::{self, terminal};

/// Shows what goes on in a NATS system, for example:
///
///   goingnats inspect                        a server of our own, on port 4222 or another
///   goingnats inspect --server nats://demo.nats.io
///   goingnats inspect --context prod --tab server --monitor http://10.0.0.7:8222
///   goingnats inspect --tab consumers --ndjson | jq .num_pending
///   goingnats inspect --layout drift         panes side by side, put together with ctrl+b and saved by that name
///
/// Without a server or a context, on the command line or selected for the nats command, the embedded server is
/// started. On any other server nothing can be changed unless --write is given or ctrl+r is confirmed.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct InspectArgs {
    #[command(flatten)]
    globals: Globals,

    /// Start the embedded server on this port, whatever context is selected; 0 takes a free one
    #[arg(long, short, value_name = "N", conflicts_with_all = ["server", "context"])]
    port: Option<u16>,

    /// Keep the embedded server's streams in this folder; without it in a private one, removed at exit
    #[arg(long, value_name = "DIR", conflicts_with_all = ["server", "context"])]
    store_dir: Option<PathBuf>,

    /// Allow changes on a server that is not ours
    #[arg(long)]
    write: bool,

    /// Address of the server's monitoring port, for what its connections and log may not tell
    #[arg(long, value_name = "URL")]
    monitor: Option<String>,

    /// The tab to begin with
    #[arg(long, value_enum, default_value_t = First::Subjects)]
    tab: First,

    /// Begin with the layout saved by this name: several panes side by side (ctrl+b, then :layout save NAME)
    #[arg(long, value_name = "NAME", conflicts_with = "tab")]
    layout: Option<String>,

    /// Write what the tab shows as lines of JSON instead, for another program
    #[arg(long, conflicts_with_all = ["layout", "port", "store_dir"])]
    ndjson: bool,

    /// With --ndjson: the subjects of the tabs subjects and messages
    #[arg(long, value_name = "SUBJECT", default_value = ">", requires = "ndjson")]
    pattern: String,

    /// Colours: dark, light, contrast, nats, plain, or a theme file of slides or presenterm
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,

    /// Language of the interface
    #[arg(long, value_enum, default_value_t = Lang::Nb)]
    lang: Lang,
}

/// A tab by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum First {
    Subjects,
    Messages,
    Publish,
    Request,
    Streams,
    Consumers,
    Kv,
    Objects,
    Services,
    Server,
    Wire,
}

impl First {
    fn kind(self) -> PaneKind {
        let word = self.to_possible_value();
        let kind = word.and_then(|word| PaneKind::of_word(word.get_name()));
        kind.unwrap_or(PaneKind::Subjects)
    }
}

/// Shows the panes until the user has seen enough.
///
/// # Errors
/// There is no terminal, a context or its credentials cannot be read, or there is no server to be had.
pub fn run(args: InspectArgs) -> Result<ExitCode> {
    args.lang.choose();
    if args.ndjson {
        return lines(&args);
    }
    terminal::require()?;
    let theme = talk::theme(args.theme.as_deref(), &FrontMatter::default(), None)?;
    let variables = Variables::of_process();
    let contexts = Contexts::of_user(&variables).ok();
    let profile = match args.port {
        Some(_) => Profile::default(),
        None => profile(&args.globals, contexts.as_ref(), &variables)?,
    };
    let server = match profile.url.is_empty() {
        true => own(&args)?,
        false => Some(Server::foreign(profile.settings(&variables)?)),
    };
    let Some(server) = server else {
        return Ok(ExitCode::SUCCESS);
    };
    let toolbox = own_tools().context(texts::no_tools())?;
    let embedded = server.broker.is_some();
    let access = match embedded || args.write {
        true => Access::full(),
        false => Access::read_only(),
    };
    let monitor = args.monitor.as_deref().map(Into::into);
    let keep = Keep::open(keep::default_path(), "inspect");
    let setup = Setup {
        theme,
        environment: Environment {
            url: server.url.clone(),
            context: Some(profile.name).filter(|name| !name.is_empty()),
            embedded,
            tools: Tools::Own(toolbox.folder()),
            folder: std::env::current_dir().context(texts::no_folder())?,
            columns: None,
        },
        access: access.clone(),
        keep: keep.clone(),
        contexts: contexts.map(|contexts| contexts.names()).unwrap_or_default(),
        read_context,
        first: args.tab.kind(),
        layout: args.layout,
        open_pane: panes::open,
        grammar: super::nats::complete::next,
    };
    let background = Background {
        broker: server.broker,
        reload: None,
        folder: PathBuf::new(),
        connection: server.connection.named("goingnats inspect"),
        labs: Vec::new(),
        progress: None,
        labs_alone: false,
        access,
        monitor,
        keep,
        log: ServerLog::install(),
    };
    let code = tui::run_inspector(setup, background)?;
    Ok(ExitCode::from(code))
}

/// The lines of a tab, on the server that was named or the one that is usually there.
fn lines(args: &InspectArgs) -> Result<ExitCode> {
    let variables = Variables::of_process();
    let contexts = Contexts::of_user(&variables).ok();
    let mut profile = profile(&args.globals, contexts.as_ref(), &variables)?;
    if profile.url.is_empty() {
        profile.url = DEFAULT_URL.to_owned();
    }
    let settings = profile.settings(&variables)?.named("goingnats inspect");
    inspect_lines::run(args.tab.kind(), &args.pattern, &settings)?;
    Ok(ExitCode::SUCCESS)
}

/// What was said about a server: flags, then variables, then a context. Nothing said leaves the address empty.
fn profile(globals: &Globals, contexts: Option<&Contexts>, variables: &Variables) -> Result<Profile> {
    let context = match (contexts, globals.choice(variables)) {
        (Some(contexts), choice) => {
            let mut context = contexts.load(&choice)?;
            if choice != Choice::None && context.url.is_empty() && !context.name.is_empty() {
                context.url = DEFAULT_URL.to_owned();
            }
            context
        }
        (None, _) => Profile::default(),
    };
    Ok(globals.profile(variables).over(context))
}

/// The embedded server, or the one that has its port; none when the user would rather leave.
fn own(args: &InspectArgs) -> Result<Option<Server>> {
    const HOST: &str = "127.0.0.1";
    match port::choose(HOST, args.port.unwrap_or(4222))? {
        port::Choice::Start(port) => Server::own(HOST, port, args.store_dir.clone()).map(Some),
        port::Choice::Use(url) => Ok(Some(Server::foreign(ConnectSettings::to_server(url)))),
        port::Choice::Quit => Ok(None),
    }
}

fn read_context(name: &str) -> Result<ConnectSettings, String> {
    of_context(name).map_err(|error| format!("{error:#}"))
}
