//! A `nats-server` process of ours, found by its ports file.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::server::REFERENCE;

/// How long to wait for what must come. Generous, since the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running process; it is killed with this value.
pub struct Process {
    pub child: Child,
    pub address: SocketAddr,
    pub folder: TempDir,
}

/// Our command, called by its own name; or the real one, where it is named.
pub fn command() -> Command {
    match std::env::var_os(REFERENCE) {
        Some(program) => named(Command::new(program)),
        None => ours(),
    }
}

/// Our command, whatever the tests are held against: for what only ours has, or does in its own way.
pub fn ours() -> Command {
    named(Command::new(assert_cmd::cargo::cargo_bin!("goingnats")))
}

fn named(mut command: Command) -> Command {
    command.arg0("nats-server").env("TZ", "UTC");
    command
}

/// Runs the command to its end.
pub fn run(args: &[&str]) -> Output {
    command().args(args).output().unwrap()
}

impl Process {
    /// Starts a server with a log, a pid file and, if there are settings, a configuration file.
    pub fn start(settings: &str, args: &[&str]) -> Process {
        Process::start_as(command(), settings, args)
    }

    /// The same by a command of one's own.
    pub fn start_as(mut command: Command, settings: &str, args: &[&str]) -> Process {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("ports")).unwrap();
        command.args(["-a", "127.0.0.1", "-p", "-1", "--ports_file_dir"]);
        command.arg(path("ports")).arg("-P").arg(path("pid"));
        command.arg("-l").arg(path("log")).args(args);
        if !settings.is_empty() {
            std::fs::write(path("server.conf"), settings).unwrap();
            command.arg("-c").arg(path("server.conf"));
        }
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut process = Process {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            folder,
        };
        process.address = process.wait_for(|process| {
            let ports: serde_json::Value = serde_json::from_str(&process.ports()?.1).ok()?;
            ports["nats"][0].as_str()?.split_once("://")?.1.parse().ok()
        });
        process
    }

    /// The ports file and what it says.
    pub fn ports(&self) -> Option<(PathBuf, String)> {
        let mut files = std::fs::read_dir(self.folder.path().join("ports")).unwrap();
        let path = files.next()?.unwrap().path();
        let text = std::fs::read_to_string(&path).ok()?;
        Some((path, text))
    }

    /// Where it answers those who watch.
    pub fn monitor(&self) -> SocketAddr {
        let ports: serde_json::Value = serde_json::from_str(&self.ports().unwrap().1).unwrap();
        let url = ports["monitoring"][0].as_str().unwrap();
        url.split_once("://").unwrap().1.parse().unwrap()
    }

    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What the log says, without process and time.
    pub fn log(&self) -> Vec<String> {
        log_lines(&self.log_file())
    }

    /// Waits until the log has a line that ends like this.
    pub fn wait_for_log(&self, end: &str) {
        self.wait_for(|process| process.log().iter().any(|line| line.ends_with(end)).then_some(()));
    }

    /// Waits until there is an answer.
    pub fn wait_for<T>(&self, mut look: impl FnMut(&Process) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(
                Instant::now() < deadline,
                "waited in vain; the log: {:#?}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal as a user does.
    pub fn signal(&self, name: &str) {
        let pid_file = self.folder.path().join("pid");
        let output = run(&["--signal", &format!("{name}={}", pid_file.display())]);
        assert!(output.status.success(), "{output:?}");
    }

    /// Waits for the end; the exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a log, from their label on.
pub fn log_lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let strip = |line: &str| {
        line.get(
            line.find("[")
                .map_or(0, |_| line.find("] ").map_or(0, |at| at + 2))..,
        )
        .and_then(|rest| rest.get(rest.find('[')?..))
        .unwrap_or(line)
        .to_owned()
    };
    text.lines().map(strip).collect()
}
