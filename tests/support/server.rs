//! A server to test against: our broker in this process, or the program that `GOINGNATS_REFERENCE` names.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use goingnats::broker::conf::{self, Loader};
use goingnats::broker::{self, Options};
use tempfile::TempDir;

/// Names the real nats-server, to prove the tables against it.
pub const REFERENCE: &str = "GOINGNATS_REFERENCE";

/// A running server; it ends with this value.
pub struct Server {
    pub address: SocketAddr,
    /// Where it answers those who watch, if it does.
    pub monitor: Option<SocketAddr>,
    running: Running,
    _folder: TempDir,
}

enum Running {
    Ours(broker::Handle),
    Reference(Child),
}

struct Disk;

impl Loader for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
}

impl Server {
    /// Our broker with these settings, in nats-server's configuration language.
    pub fn ours(settings: &str) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let handle = broker::start(options(&folder, settings)).unwrap();
        Server {
            address: handle.address(),
            monitor: handle.monitor_address(),
            running: Running::Ours(handle),
            _folder: folder,
        }
    }

    /// The real nats-server with these settings, where one is named.
    pub fn reference(settings: &str) -> Option<Server> {
        let program = PathBuf::from(std::env::var_os(REFERENCE)?);
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command.args(["-a", "127.0.0.1", "-p", "-1", "-c", &written(&folder, settings)]);
        // It does not want to be told twice.
        if !settings.contains("STORE") {
            command.arg("--store_dir").arg(folder.path());
        }
        let child = command
            .arg("--ports_file_dir")
            .arg(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (address, monitor) = ports_file(folder.path());
        Some(Server {
            address,
            monitor,
            running: Running::Reference(child),
            _folder: folder,
        })
    }

    /// Ours, and the real one where it is named: both must do the same.
    pub fn both(settings: &str) -> impl Iterator<Item = Server> {
        [Some(Server::ours(settings)), Server::reference(settings)]
            .into_iter()
            .flatten()
    }

    /// Our broker's handle, if it is ours.
    pub fn handle(&self) -> Option<&broker::Handle> {
        match &self.running {
            Running::Ours(handle) => Some(handle),
            Running::Reference(_) => None,
        }
    }

    /// What a client dials.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Running::Reference(child) = &mut self.running {
            // It may have ended by itself, which is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a server of ours is started with that has these settings, a free port and this folder.
pub fn options(folder: &TempDir, settings: &str) -> Options {
    let store = folder.path().to_str().unwrap();
    let args = [
        "-c",
        &written(folder, settings),
        "-a",
        "127.0.0.1",
        "-p",
        "-1",
        "-sd",
        store,
    ];
    let args = args.map(str::to_owned);
    let conf::Command::Run { options, .. } = conf::parse_args(&args, Options::default(), &Disk).unwrap()
    else {
        panic!("the settings do not ask for a server: {settings}");
    };
    *options
}

fn written(folder: &TempDir, settings: &str) -> String {
    let path = folder.path().join("server.conf");
    let store = format!("\"{}\"", folder.path().display());
    std::fs::write(&path, settings.replace("STORE", &store)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Waits for the file in which nats-server tells its ports.
fn ports_file(folder: &Path) -> (SocketAddr, Option<SocketAddr>) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().extension().is_some_and(|e| e == "ports")
                && let Ok(text) = std::fs::read_to_string(entry.path())
                && let Ok(ports) = serde_json::from_str::<serde_json::Value>(&text)
                && let Some(url) = ports["nats"][0].as_str()
            {
                let monitor = ports["monitoring"][0].as_str();
                let monitor = monitor.and_then(|url| url.split_once("://")?.1.parse().ok());
                let (_, address) = url.split_once("://").unwrap();
                return (address.parse().unwrap(), monitor);
            }
        }
        assert!(Instant::now() < deadline, "the reference server told no ports");
        std::thread::sleep(Duration::from_millis(5));
    }
}
