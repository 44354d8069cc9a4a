//! From the arguments to what they ask for.

use std::path::{Path, PathBuf};

use super::apply;
use super::draft::Draft;
use super::error::{ConfError, Diagnostic};
use super::flags::{Control, Flags, Line};
use super::help;
use super::loader::Loader;
use super::options::{Options, TlsOptions};

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// To run a server.
    Run {
        /// Its settings, already [validated](Options::validate).
        options: Box<Options>,
        /// What was odd in the file; to be printed to standard error.
        warnings: Vec<Diagnostic>,
    },
    /// To print the version.
    Version,
    /// To print this text.
    Help(&'static str),
    /// To say that a file is in order.
    CheckConfig {
        /// The file.
        file: PathBuf,
        /// Its digest, `sha256:…`.
        digest: String,
        /// Where clients are to speak TLS: whose files are to be looked at as well.
        tls: Option<Box<TlsOptions>>,
    },
    /// To signal a server that runs already.
    Signal {
        /// What it is to do.
        signal: Signal,
        /// Which one.
        target: SignalTarget,
    },
}

/// What a running server can be told by a signal of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Killed: SIGKILL.
    Stop,
    /// Shut down at once: SIGINT.
    Quit,
    /// Shut down in good order: SIGTERM.
    Term,
    /// Lame duck mode: SIGUSR2.
    LameDuck,
    /// Open the log file anew: SIGUSR1.
    Reopen,
    /// Read the configuration again: SIGHUP.
    Reload,
}

/// Which process a signal is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignalTarget {
    /// The only server that runs; an error when there are several.
    Only,
    /// The process of this id.
    Process(u32),
    /// Every server whose process id begins so.
    Prefix(String),
}

/// Reads a command line, the program's name not included, and the file it names. Flags win over the
/// file, the file over `defaults`.
pub fn parse_args(args: &[String], defaults: Options, loader: &dyn Loader) -> Result<Command, ConfError> {
    let flags = Flags::read(args)?;
    let mut line = Line {
        draft: Draft::new(defaults),
        control: Control::default(),
    };
    let untouched = line.draft.clone();
    flags.apply(&mut line)?;
    if let Some(command) = told(&line.control, &flags.words)? {
        return Ok(command);
    }
    if let Some(signal) = &line.control.signal {
        return parse_signal(signal, loader);
    }
    let mut warnings = Vec::new();
    if let Some(file) = line.control.config_file.clone() {
        line.draft = untouched;
        warnings = apply::load(&file, &mut line.draft, loader)?;
        if line.control.check {
            return checked(file, line.draft, warnings);
        }
        flags.apply(&mut line)?;
    } else if line.control.check {
        return Err(ConfError::Refused(
            "must specify [-c, --config] option to check configuration file syntax".to_owned(),
        ));
    }
    line.combine()?;
    let options = Box::new(line.draft.finish());
    options.validate().map_err(ConfError::Refused)?;
    Ok(Command::Run { options, warnings })
}

/// `-t` takes a warning as seriously as an error.
fn checked(file: String, draft: Draft, warnings: Vec<Diagnostic>) -> Result<Command, ConfError> {
    if !warnings.is_empty() {
        return Err(ConfError::File(warnings));
    }
    Ok(Command::CheckConfig {
        file: file.into(),
        digest: draft.options.config_digest.unwrap_or_default(),
        tls: draft.options.tls.map(Box::new),
    })
}

/// Flags and words that ask for a text only.
fn told(control: &Control, words: &[String]) -> Result<Option<Command>, ConfError> {
    if control.version {
        return Ok(Some(Command::Version));
    }
    if control.help {
        return Ok(Some(Command::Help(help::HELP)));
    }
    if control.help_tls {
        return Ok(Some(Command::Help(help::HELP_TLS)));
    }
    let Some(word) = words.first() else {
        return Ok(None);
    };
    match word.to_lowercase().as_str() {
        "version" => Ok(Some(Command::Version)),
        "help" => Ok(Some(Command::Help(help::HELP))),
        _ => Err(ConfError::Refused(format!("unrecognized command: {word:?}"))),
    }
}

fn parse_signal(text: &str, loader: &dyn Loader) -> Result<Command, ConfError> {
    let mut parts = text.split('=');
    let (name, process) = (parts.next().unwrap_or_default(), parts.next());
    let surplus: Vec<&str> = parts.collect();
    if !surplus.is_empty() {
        return Err(ConfError::Refused(format!(
            "invalid signal parameters: [{}]",
            surplus.join(" ")
        )));
    }
    let signal = match name {
        "stop" => Signal::Stop,
        "quit" => Signal::Quit,
        "term" => Signal::Term,
        "ldm" => Signal::LameDuck,
        "reopen" => Signal::Reopen,
        "reload" => Signal::Reload,
        _ => return Err(ConfError::Refused(format!("unknown signal {name:?}"))),
    };
    let target = match process {
        None | Some("") => SignalTarget::Only,
        Some(process) => signal_target(process, loader)?,
    };
    Ok(Command::Signal { signal, target })
}

/// A process id, the start of one before a `*`, or a file that holds one.
fn signal_target(process: &str, loader: &dyn Loader) -> Result<SignalTarget, ConfError> {
    let from_file = loader.read(Path::new(process)).ok();
    let process = from_file.map_or_else(
        || process.to_owned(),
        |bytes| String::from_utf8_lossy(&bytes).trim().to_owned(),
    );
    if process.is_empty() {
        return Ok(SignalTarget::Only);
    }
    let prefix = process.strip_suffix('*');
    let digits = prefix.unwrap_or(&process);
    let id: Option<u32> = digits.parse().ok();
    match (prefix, id) {
        (Some(""), _) => Ok(SignalTarget::Prefix(String::new())),
        (Some(prefix), Some(_)) => Ok(SignalTarget::Prefix(prefix.to_owned())),
        (None, Some(id)) => Ok(SignalTarget::Process(id)),
        (_, None) => Err(ConfError::Refused(format!("invalid pid: {digits}"))),
    }
}
