//! `nats context`: the contexts of the official tool, read and selected.

use anyhow::bail;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::client::contexts::{ContextError, Contexts};
use crate::client::environment::Environment;
use crate::client::profile::Profile;

use super::globals::Globals;
use super::output::{Out, log};
use super::session::Session;
use super::table::{Columns, Table};
use super::{ask, editor};

/// Manages the configuration contexts of the nats command, for example:
///
///   nats context add lab --server nats://127.0.0.1:4222 --description 'the lab' --select
///   nats context ls
///   nats context select lab
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List known contexts
    #[command(visible_aliases = ["list", "l"])]
    Ls(LsArgs),
    /// Display information on the current or named context
    #[command(visible_aliases = ["show", "v", "view"])]
    Info(InfoArgs),
    /// Select the default context
    #[command(visible_aliases = ["switch", "set"])]
    Select(SelectArgs),
    /// Update or create a context
    #[command(visible_aliases = ["create", "save"])]
    Add(AddArgs),
    /// Copies an existing context
    #[command(visible_alias = "cp")]
    Copy {
        /// The name of the context to copy from
        source: String,
        #[command(flatten)]
        add: AddArgs,
    },
    /// Edit a context in your EDITOR
    #[command(visible_alias = "vi")]
    Edit {
        /// The context name to edit
        name: String,
    },
    /// Remove a context
    #[command(visible_alias = "remove")]
    Rm {
        /// The context name to remove
        name: String,
        /// Force remove without prompting
        #[arg(short, long)]
        force: bool,
    },
    /// Ensures that no context is the default context
    Unselect,
    /// Validate one or all contexts
    Validate {
        /// Validate a specific context, validates all when not supplied
        name: Option<String>,
        /// Attempts to connect to NATS using the context while validating
        #[arg(long)]
        connect: bool,
    },
    /// Switch to the previous context
    #[command(visible_alias = "-")]
    Previous,
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// The context name to act on
    name: String,
    /// Set a friendly description for this context
    #[arg(long)]
    description: Option<String>,
    /// Select the saved context as the default one
    #[arg(long)]
    select: bool,
    /// Embeds credential content in the body of the context
    #[arg(long)]
    embed: bool,
}

#[derive(Debug, clap::Args)]
struct LsArgs {
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
    /// Show just the names
    #[arg(short, long)]
    names: bool,
}

#[derive(Debug, Default, clap::Args)]
struct InfoArgs {
    /// The context to show
    name: Option<String>,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct SelectArgs {
    /// The context to select
    name: Option<String>,
}

/// Works on the user's own files; connects only where that is asked for.
pub(super) fn run(globals: &Globals, args: Args) -> anyhow::Result<()> {
    let env = Environment::of_process();
    let contexts = Contexts::of_user(&env)?;
    match args.command {
        Command::Add(args) => add(&contexts, &env, globals, args, None),
        Command::Copy { source, add: args } => {
            if contexts.names().contains(&args.name) {
                bail!("context {:?} already exist", args.name);
            }
            add(&contexts, &env, globals, args, Some(&source))
        }
        Command::Edit { name } => edit(&contexts, &name),
        Command::Rm { name, force } => rm(&contexts, &name, force),
        Command::Unselect => {
            let mut out = Out::new();
            out.line(&match contexts.unselect()? {
                Some(name) => format!("Unselected the {name:?} context"),
                None => "No context currently selected".to_owned(),
            })?;
            Ok(out.flush()?)
        }
        Command::Validate { name, connect } => validate(&contexts, globals, name, connect),
        Command::Previous => match contexts.previous() {
            Some(name) => select(&contexts, SelectArgs { name: Some(name) }),
            None => info(&contexts, &InfoArgs::default()),
        },
        Command::Ls(args) => ls(&contexts, &args),
        Command::Info(args) => info(&contexts, &args),
        Command::Select(args) => select(&contexts, args),
    }
}

fn ls(contexts: &Contexts, args: &LsArgs) -> anyhow::Result<()> {
    let mut out = Out::new();
    let names = contexts.names();
    if args.names {
        names.iter().try_for_each(|name| out.line(name))?;
        return Ok(out.flush()?);
    }
    let profiles: Vec<Profile> = names
        .iter()
        .filter_map(|name| readable(contexts.read(name)))
        .collect();
    if args.json {
        let list: Result<Vec<Value>, _> = profiles.iter().map(as_json).collect();
        out.json(&list?)?;
    } else if profiles.is_empty() {
        out.line("No known contexts")?;
    } else {
        let selected = contexts.selected().unwrap_or_default();
        let mut table = Table::new("Known Contexts", &["Name", "Description"]);
        for profile in profiles {
            let mark = if profile.name == selected { "*" } else { "" };
            table.row([profile.name + mark, profile.description]);
        }
        table.print(&mut out)?;
    }
    Ok(out.flush()?)
}

/// One broken file must not hide the others.
fn readable(read: Result<Profile, ContextError>) -> Option<Profile> {
    read.inspect_err(|error| log(&format!("Could not load context: {error}")))
        .ok()
}

fn info(contexts: &Contexts, args: &InfoArgs) -> anyhow::Result<()> {
    let Some(name) = args.name.clone().or_else(|| contexts.selected()) else {
        bail!("no default context and no name supplied");
    };
    let profile = contexts.read(&name)?;
    let mut out = Out::new();
    if args.json {
        out.json(&as_json(&profile)?)?;
        return Ok(out.flush()?);
    }
    let mut columns = Columns::new(format!("NATS Configuration Context {name:?}"));
    let stars = |secret: &str| "*".repeat(secret.chars().count());
    let path = contexts.path(&name)?.display().to_string();
    for (label, value) in [
        ("Description", profile.description),
        ("Server URLs", profile.url),
        ("SOCKS5 Proxy", profile.socks_proxy),
        ("Username", profile.user),
        ("Password", stars(&profile.password)),
        ("Token", stars(&profile.token)),
        ("Credentials", embedded(profile.creds)),
        ("User JWT", embedded(profile.user_jwt)),
        ("User Seed", embedded(profile.user_seed)),
        ("NKey", embedded(profile.nkey)),
        ("Certificate", profile.cert),
        ("Key", profile.key),
        ("CA", profile.ca),
        ("JS API Prefix", profile.jetstream_api_prefix),
        ("JS Event Prefix", profile.jetstream_event_prefix),
        ("JS Domain", profile.jetstream_domain),
        ("Inbox Prefix", profile.inbox_prefix),
        ("Path", path),
    ] {
        columns.row_if_any(label, value);
    }
    columns.print(&mut out)?;
    out.line("")?;
    Ok(out.flush()?)
}

/// A context may carry its credentials inside; those are nobody's business on a projector.
fn embedded(value: String) -> String {
    if value.starts_with("data:") {
        "embedded data".to_owned()
    } else {
        value
    }
}

fn select(contexts: &Contexts, args: SelectArgs) -> anyhow::Result<()> {
    let names = contexts.names();
    if names.is_empty() {
        bail!("no context defined");
    }
    let name = match args.name {
        Some(name) => name,
        None => ask::pick("Context", &names)?,
    };
    contexts.select(&name)?;
    info(
        contexts,
        &InfoArgs {
            name: Some(name),
            json: false,
        },
    )
}

/// Saves what the flags say, over what the context or its source says already.
fn add(
    contexts: &Contexts,
    env: &Environment,
    globals: &Globals,
    args: AddArgs,
    source: Option<&str>,
) -> anyhow::Result<()> {
    let known = contexts.names().contains(&args.name);
    let base = match source.or(globals.context.as_deref()) {
        _ if known => contexts.read(&args.name)?,
        Some(source) => contexts.read(source)?,
        None => Profile::default(),
    };
    let mut profile = globals.typed_profile().over(base);
    if let Some(description) = args.description {
        profile.description = description;
    }
    if args.embed {
        profile = profile.embedded(env)?;
    }
    contexts.save(&args.name, &profile)?;
    let name = Some(args.name);
    if args.select {
        return select(contexts, SelectArgs { name });
    }
    info(contexts, &InfoArgs { name, json: false })
}

fn edit(contexts: &Contexts, name: &str) -> anyhow::Result<()> {
    let Value::Object(config) = serde_json::to_value(contexts.read(name)?)? else {
        bail!("invalid context");
    };
    let edited: Profile = serde_json::from_value(editor::edit(&config)?.into())?;
    contexts.save(name, &edited)?;
    let name = Some(name.to_owned());
    info(contexts, &InfoArgs { name, json: false })
}

fn rm(contexts: &Contexts, name: &str, force: bool) -> anyhow::Result<()> {
    contexts.read(name)?;
    if contexts.selected().as_deref() == Some(name) {
        if !force {
            bail!("cannot remove the selected context, select another one or use the unselect command");
        }
        contexts.unselect()?;
    }
    if !force && !ask::confirm(&format!("Really delete context {name:?}"))? {
        return Ok(());
    }
    Ok(contexts.remove(name)?)
}

fn validate(
    contexts: &Contexts,
    globals: &Globals,
    name: Option<String>,
    connect: bool,
) -> anyhow::Result<()> {
    let names = name.map_or_else(|| contexts.names(), |name| vec![name]);
    let mut failed = false;
    let mut out = Out::new();
    for name in names {
        let checked = contexts
            .read(&name)
            .map_err(anyhow::Error::from)
            .and_then(|profile| usable(globals, &profile, &name, connect));
        out.line(&match &checked {
            Ok(()) => format!("{name}: OK"),
            Err(error) => format!("Could not load {name}: {error}"),
        })?;
        failed |= checked.is_err();
    }
    out.flush()?;
    if failed {
        bail!("validation failed");
    }
    Ok(())
}

/// Reads what the context points at, and connects if that is wanted.
fn usable(globals: &Globals, profile: &Profile, name: &str, connect: bool) -> anyhow::Result<()> {
    profile.settings(&Environment::of_process())?;
    if connect {
        let session = Session::of_context(globals, name)?;
        super::block_on(async { session.connect().await.map(drop) })?;
    }
    Ok(())
}

fn as_json(profile: &Profile) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(profile)?;
    value["name"] = json!(profile.name);
    Ok(value)
}
