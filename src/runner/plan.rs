//! A block → what is to be done with it. Pure, so that every rule can be tried in a table.

use std::path::PathBuf;

use super::Block;
use super::language::{self, Language};
use super::texts;

/// Where the deck's own code dials, and what that becomes when the server is elsewhere.
const DEFAULT_URLS: [&str; 2] = ["nats://localhost:4222", "nats://127.0.0.1:4222"];

/// Whose `nats` and `nats-server` a job finds first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tools {
    /// Our own, linked in this folder.
    Own(PathBuf),
    /// Those of the system; PATH is left alone.
    System,
}

/// What a job is started with.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The server, for `NATS_URL`.
    pub url: String,
    /// The context of the `nats` command that describes the server, if one does.
    pub context: Option<String>,
    /// True when the server runs in this process.
    pub embedded: bool,
    /// Whose tools come first.
    pub tools: Tools,
    /// The jobs' working folder.
    pub folder: PathBuf,
    /// Cells in a line where the output is shown, for `COLUMNS`.
    pub columns: Option<u16>,
}

impl Environment {
    /// The server's address as an audience may see it: without a login.
    pub fn shown_url(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("nats", &self.url));
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        format!("{scheme}://{host}")
    }

    /// True when code that dials the default address finds the server.
    pub fn is_default_url(&self) -> bool {
        let url = self.url.trim_end_matches('/');
        DEFAULT_URLS.contains(&url) || url == "localhost:4222" || url == "127.0.0.1:4222"
    }
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Plan {
    /// Write the source to a file and run the language's steps.
    Run {
        /// How.
        language: &'static Language,
        /// What, with addresses already changed.
        source: String,
        /// What to tell first.
        notes: Vec<String>,
    },
    /// Nothing to start: say this.
    Say(String),
    /// It cannot be run, and why.
    Refuse(String),
}

/// True when [`plan`] would not refuse the block.
pub fn is_runnable(block: Block<'_>) -> bool {
    language_of(block).is_some()
}

/// Decides what becomes of a block.
pub fn plan(block: Block<'_>, environment: &Environment) -> Plan {
    let Some(language) = language_of(block) else {
        return Plan::Refuse(match block.language {
            "" => texts::no_language().to_owned(),
            name => texts::unknown_language(name),
        });
    };
    if starts_server(block) {
        let url = environment.shown_url();
        return Plan::Say(match environment.embedded {
            true => texts::server_runs_here(&url),
            false => texts::server_runs_elsewhere(&url),
        });
    }
    let (source, notes) = readdress(language, block.source, environment);
    Plan::Run {
        language,
        source,
        notes,
    }
}

/// True for a command that listens until it is stopped: whoever runs several blocks does not wait
/// for its end.
pub fn runs_until_stopped(block: Block<'_>) -> bool {
    let mut words = block.source.split_whitespace();
    words.next() == Some("nats") && matches!(words.next(), Some("sub" | "subscribe" | "reply"))
}

/// A fence without language is runnable when it is a command of NATS.
fn language_of(block: Block<'_>) -> Option<&'static Language> {
    if block.source.trim().is_empty() {
        return None;
    }
    if !block.language.is_empty() {
        return language::find(block.language);
    }
    let word = block.source.split_whitespace().next()?;
    matches!(word, "nats" | "nats-server")
        .then(|| language::find("sh"))
        .flatten()
}

/// True for a shell block whose only command starts a server; questions such as `--help` run.
fn starts_server(block: Block<'_>) -> bool {
    if !matches!(block.language, "" | "bash" | "sh" | "zsh") {
        return false;
    }
    let mut lines = block
        .source
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = lines.next() else { return false };
    let mut words = first.split_whitespace();
    words.next() == Some("nats-server")
        && lines.next().is_none()
        && !words.any(|word| matches!(word, "-v" | "--version" | "-h" | "--help" | "-t"))
}

/// The deck's code dials port 4222 by name. With the server elsewhere the copy that is run is
/// changed, and the audience is told.
fn readdress(language: &Language, source: &str, environment: &Environment) -> (String, Vec<String>) {
    if environment.is_default_url() {
        return (source.to_owned(), Vec::new());
    }
    let mut changed = source.to_owned();
    for url in DEFAULT_URLS {
        changed = changed.replace(url, &environment.url);
    }
    if language.name == "go" {
        changed = changed.replace("nats.DefaultURL", &format!("{:?}", environment.url));
    }
    let notes = if changed == source {
        Vec::new()
    } else {
        vec![format!(
            "Adressen i koden er byttet til {}",
            environment.shown_url()
        )]
    };
    (changed, notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(url: &str) -> Environment {
        Environment {
            url: url.to_owned(),
            context: None,
            embedded: true,
            tools: Tools::System,
            folder: PathBuf::from("."),
            columns: None,
        }
    }

    #[test]
    fn what_can_be_run() {
        for (language, source, runnable) in [
            ("bash", "echo", true),
            ("sh", "echo", true),
            ("go", "package main", true),
            ("", "nats sub hello", true),
            ("", "nats-server --jetstream", true),
            ("", "natsy", false),
            ("", "hello", false),
            ("golang", "package main", false),
            ("plantuml", "@startuml", false),
            ("bash", " \n", false),
        ] {
            assert_eq!(
                is_runnable(Block { language, source }),
                runnable,
                "{language} {source}"
            );
        }
    }

    #[test]
    fn a_block_that_only_starts_the_server_says_where_it_runs() {
        let here = environment("nats://127.0.0.1:4222");
        for (language, source, said) in [
            ("", "nats-server --jetstream\n", true),
            ("bash", "# i en terminal\nnats-server -js", true),
            ("bash", "nats-server --version", false),
            ("bash", "nats-server &\necho", false),
            ("", "nats sub hello", false),
        ] {
            let plan = plan(Block { language, source }, &here);
            assert_eq!(matches!(plan, Plan::Say(_)), said, "{source}");
        }
    }

    #[test]
    fn code_that_dials_the_default_port_is_led_to_the_server() {
        let source = "nats.Connect(nats.DefaultURL); nats.Connect(\"nats://localhost:4222\")";
        let block = Block {
            language: "go",
            source,
        };
        let Plan::Run {
            source: same, notes, ..
        } = plan(block, &environment("nats://127.0.0.1:4222"))
        else {
            panic!("runs")
        };
        assert_eq!((same.as_str(), notes.len()), (source, 0));
        let Plan::Run {
            source: led, notes, ..
        } = plan(block, &environment("nats://ola:hemmelig@127.0.0.1:5000"))
        else {
            panic!("runs")
        };
        let url = "\"nats://ola:hemmelig@127.0.0.1:5000\"";
        assert_eq!(led, format!("nats.Connect({url}); nats.Connect({url})"));
        assert_eq!(notes, ["Adressen i koden er byttet til nats://127.0.0.1:5000"]);
    }
}
