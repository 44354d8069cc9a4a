//! The labs as participants meet them: verified whole, and worked on from the command line.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use goingnats::broker::{self, Options, Tenant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_goingnats");

fn lab(home: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM)
        .arg("lab")
        .args(args)
        .env("XDG_DATA_HOME", home)
        .output()
        .unwrap()
}

struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a lab at a free port; gives its address, too.
fn start(home: &Path, id: &str) -> (Started, String) {
    let mut child = Command::new(PROGRAM)
        .args(["lab", "start", id, "--port", "0"])
        .env("XDG_DATA_HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines
        .find_map(|line| Some(line.unwrap().split_once("NATS_URL=")?.1.to_owned()))
        .unwrap();
    // The step is shown once its checks look.
    lines
        .find(|line| line.as_ref().unwrap().contains("──"))
        .unwrap()
        .unwrap();
    std::thread::spawn(move || lines.for_each(drop));
    (Started(child), url)
}

fn nats(url: &str, args: &[&str]) {
    let run = Command::new(PROGRAM)
        .arg("nats")
        .args(args)
        .env("NATS_URL", url)
        .output();
    assert!(run.unwrap().status.success(), "nats {args:?}");
}

#[test]
fn every_lab_is_held_to_its_own_solution() {
    let home = tempfile::tempdir().unwrap();
    let output = lab(home.path(), &["verify"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(said.matches('✓').count(), 14, "{said}");
}

#[test]
fn a_lab_is_worked_on_from_other_processes() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let (_started, url) = start(home, "pubsub");
    let check = |args: &[&str]| {
        let output = lab(home, &[&["check", "--json"], args].concat());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), report)
    };
    let (code, report) = check(&[]);
    assert_eq!((code, &report["step"]), (Some(1), &0.into()));
    nats(&url, &["pub", "hello", "hei"]);
    let (code, report) = check(&[]);
    assert_eq!(code, Some(1));
    assert_eq!(report["checks"][0]["state"], "passed");
    let hint = lab(home, &["hint"]);
    assert!(String::from_utf8_lossy(&hint.stdout).starts_with("Hint 1 av 2:"));
    let (code, _) = check(&["--answer", "lost=0"]);
    assert_eq!(code, Some(0));
    assert_eq!(check(&[]).1["step"], 1);
    let listed = lab(home, &["list", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["passed"], 1);
    assert_eq!(lab(home, &["check", "no-such-lab"]).status.code(), Some(2));
}

#[test]
fn a_new_lab_verifies_and_a_broken_one_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command
            .arg("lab")
            .args(args)
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    assert!(run(&["new", "min-lab"]).status.success());
    let verified = run(&["verify", "min-lab.md"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    let text = std::fs::read_to_string(folder.path().join("min-lab.md")).unwrap();
    let broken = text.replace("nats pub hei verden", "nats pub hallo verden");
    std::fs::write(folder.path().join("broken.md"), broken).unwrap();
    std::fs::write(
        folder.path().join("unread.md"),
        text.replace("lab-hint", "lab-hnt"),
    )
    .unwrap();
    assert_eq!(run(&["verify", "broken.md"]).status.code(), Some(2));
    let unread = run(&["verify", "unread.md"]);
    assert_eq!(unread.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unread.stderr).contains("unread.md:18: unknown block lab-hnt"));
}

#[test]
fn an_account_comes_and_goes_while_others_stay() {
    let store = tempfile::tempdir().unwrap();
    let broker = broker::start(Options {
        port: 0,
        host: "127.0.0.1".to_owned(),
        jetstream: Some(broker::conf::JetStreamOptions {
            store_dir: Some(store.path().to_owned()),
            ..Default::default()
        }),
        ..Options::default()
    })
    .unwrap();
    let tenant = Tenant {
        account: "LAB_x".to_owned(),
        user: "x".to_owned(),
        password: "lab".to_owned(),
        connections_max: 10,
        payload_max: 1024,
        stream_bytes_max: 1 << 20,
        streams_max: 1,
        consumers_max: 1,
    };
    let open = broker.url();
    let own = open.replace("nats://", "nats://x:lab@");
    for _ in 0..2 {
        broker.open_account(&tenant).unwrap();
        assert!(broker.open_account(&tenant).is_err());
        nats(
            &own,
            &[
                "stream",
                "add",
                "S",
                "--subjects",
                "s",
                "--storage",
                "memory",
                "--max-bytes",
                "1000",
                "--defaults",
            ],
        );
        nats(&open, &["pub", "s", "no login is needed still"]);
        broker.close_account("LAB_x");
    }
    let refused = Command::new(PROGRAM)
        .args(["nats", "pub", "s", "x", "--server", &own])
        .output()
        .unwrap();
    // With nobody left who needs a login, logins are not looked at, as before.
    assert!(refused.status.success());
    broker.shutdown();
}
