//! The `nats` command as users run it: the built binary against a broker.

mod bench;
mod buckets;
mod core;
mod jetstream;
mod local;
mod server;
mod table;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use crate::support::server::Server;

/// A broker, and commands that talk to it.
struct Lab {
    broker: Server,
    home: tempfile::TempDir,
}

impl Lab {
    fn new() -> Lab {
        Lab {
            broker: Server::ours("jetstream: enabled"),
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// The command, with an environment that holds nothing of the developer's.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = nats(&self.home);
        command.env("NATS_URL", self.broker.url()).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must succeed, and gives what it wrote to standard output.
    fn stdout(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Starts a command and waits until its log says `ready`.
    fn background(&self, args: &[&str], ready: &str) -> Background {
        let mut child = self.command(args).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains(ready) {
            line.clear();
            assert!(
                log.read_line(&mut line).unwrap() > 0,
                "{args:?} never said {ready:?}"
            );
        }
        Background { child, _log: log }
    }
}

/// A command that runs until it has enough.
struct Background {
    child: Child,
    /// Kept open, since the command goes on logging.
    _log: BufReader<std::process::ChildStderr>,
}

impl Background {
    /// Ends a command that would run for ever.
    fn stop(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end, which must be a success, and gives what it wrote to standard output.
    fn finish(self) -> String {
        let output = self.child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", output.status);
        text(&output.stdout)
    }
}

/// The command of a user whose files are in `home`.
fn nats(home: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goingnats"));
    command
        .arg("nats")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
