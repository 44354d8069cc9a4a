//! Files and command lines with what comes of them.
//!
//! Each table is checked against our own reading, and with `GOINGNATS_REFERENCE=<path to
//! nats-server>` also against the real server, so that what it demands is what the original does.

mod exchange;
mod flags;
mod language;
mod properties;
mod refused;
mod settings;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process;

use super::{Command, ConfError, Loader, Options, parse_args};

/// A world of a few files and variables.
#[derive(Debug, Default, Clone)]
struct World {
    files: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
}

impl World {
    fn file(mut self, name: &str, text: &str) -> World {
        self.files.insert(name.to_owned(), text.to_owned());
        self
    }

    fn variable(mut self, name: &str, value: &str) -> World {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn parse(&self, args: &[&str]) -> Result<Command, ConfError> {
        let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        parse_args(&args, Options::nats_server(), self)
    }

    /// The settings that a start with these arguments would have.
    fn options(&self, args: &[&str]) -> Options {
        match self.parse(args) {
            Ok(Command::Run { options, .. }) => *options,
            other => panic!("{args:?} in {:?}: {other:?}", self.files),
        }
    }

    /// What the command prints and its exit code.
    fn run(&self, args: &[&str]) -> (u8, String) {
        match self.parse(args) {
            Ok(Command::CheckConfig { file, digest, .. }) => {
                let file = file.display();
                (
                    0,
                    format!("nats-server: configuration file {file} is valid ({digest})\n"),
                )
            }
            Ok(Command::Version) => (0, "version".to_owned()),
            Ok(Command::Help(_)) => (0, "help".to_owned()),
            Ok(other) => panic!("{other:?} was not asked for"),
            Err(e @ ConfError::Usage(_)) => (e.exit_code(), format!("{e}\n")),
            Err(e) => (e.exit_code(), format!("nats-server: {e}\n")),
        }
    }

    /// The same of the real server, where there is one to compare with.
    fn run_reference(&self, args: &[&str]) -> Option<(u8, String)> {
        let program = std::env::var_os("GOINGNATS_REFERENCE")?;
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &self.files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let output = process::Command::new(program)
            .args(args)
            .envs(&self.variables)
            .current_dir(&folder)
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let printed = match printed.is_empty() {
            true if told.starts_with("nats-server: v") => "version".to_owned(),
            true => "help".to_owned(),
            false => printed,
        };
        Some((u8::try_from(output.status.code().unwrap()).unwrap(), printed))
    }

    /// Demands that a command line prints this, here and of the real server.
    fn expect(&self, args: &[&str], code: u8, printed: &str) {
        let expected = (code, printed.to_owned());
        assert_eq!(self.run(args), expected, "{args:?} in {self:?}");
        if let Some(reference) = self.run_reference(args) {
            // The original goes through a map in no order.
            let sorted = |(code, text): (u8, String)| {
                let mut lines: Vec<String> = text
                    .split('\n')
                    .map(|l| l.replacen("nats-server: ", "", 1))
                    .collect();
                lines.sort();
                (code, lines)
            };
            assert_eq!(
                sorted(reference),
                sorted(expected),
                "the original with {args:?} in {self:?}"
            );
        }
    }

    /// Demands that a file is as valid as the real server says, with the same digest.
    fn expect_valid(&self) {
        let args = ["-t", "-c", "main.conf"];
        let (code, printed) = self.run(&args);
        assert!(
            code == 0 && printed.contains("is valid (sha256:"),
            "{self:?}: {printed}"
        );
        if let Some(reference) = self.run_reference(&args) {
            assert_eq!(reference, (code, printed), "the original with {self:?}");
        }
    }
}

impl Loader for World {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let name = path.to_str().unwrap();
        match self.files.get(name) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => Err(io::Error::from_raw_os_error(2)),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

fn conf(text: &str) -> World {
    World::default().file("main.conf", text)
}

/// What `-t` prints of a file with a mistake.
fn expect_refused(text: &str, message: &str) {
    conf(text).expect(
        &["-t", "-c", "main.conf"],
        1,
        &format!("nats-server: {message}\n"),
    );
}

/// As [`expect_refused`], where we differ from the original on purpose.
fn expect_ours(text: &str, message: &str) {
    let printed = conf(text).run(&["-t", "-c", "main.conf"]);
    assert_eq!(printed, (1, format!("nats-server: {message}\n")), "{text:?}");
}
