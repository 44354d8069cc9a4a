//! `goingnats join`: follow a talk from another terminal.

use std::process::ExitCode;

use anyhow::{Context, Result};

use super::talk::{self, Lang};
use super::texts;
use super::which_server::of_context;
use crate::client::ConnectSettings;
use crate::deck::FrontMatter;
use crate::tui::stage::Code;
use crate::tui::{audience, terminal};

/// What can be asked of `join`.
#[derive(Debug, clap::Args)]
pub struct JoinArgs {
    /// The server of the talk
    #[arg(value_name = "URL", default_value = "nats://127.0.0.1:4222")]
    url: String,

    /// Use the server of this context of the nats command
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    context: Option<String>,

    /// The code that the talk was started with, `--audience`
    #[arg(
        long,
        value_name = "TEXT",
        env = "GOINGNATS_AUDIENCE_CODE",
        hide_env_values = true
    )]
    code: Option<String>,

    /// Colours: dark, light, contrast, nats, plain, or a theme file of slides or presenterm
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,

    /// Language of the interface
    #[arg(long, value_enum, default_value_t = Lang::Nb)]
    lang: Lang,
}

/// Follows the talk.
///
/// # Errors
/// There is no terminal, or no code.
pub fn run(args: JoinArgs) -> Result<ExitCode> {
    args.lang.choose();
    terminal::require()?;
    let code = Code::chosen(&args.code.with_context(texts::no_audience_code)?)?;
    let connection = match &args.context {
        Some(name) => of_context(name)?,
        None => ConnectSettings::to_server(&args.url),
    };
    let theme = talk::theme(args.theme.as_deref(), &FrontMatter::default(), None)?;
    let exit = audience::run(connection.named("goingnats audience"), code, theme)?;
    Ok(ExitCode::from(exit))
}
