//! `nats context`: the contexts of the official tool, read and selected.

use anyhow::bail;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::client::contexts::{ContextError, Contexts};
use crate::client::environment::Environment;
use crate::client::profile::Profile;

use super::ask;
use super::output::{Out, log};
use super::table::{Columns, Table};

/// Shows and selects the configuration contexts of the nats command.
#[derive(Debug, clap::Args)]
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

#[derive(Debug, clap::Args)]
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

/// Works on the user's own files; connects nowhere.
pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let contexts = Contexts::of_user(&Environment::of_process())?;
    match args.command {
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

fn as_json(profile: &Profile) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(profile)?;
    value["name"] = json!(profile.name);
    Ok(value)
}
