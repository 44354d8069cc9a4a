//! The labs as participants meet them: verified whole, worked on from the command line, on the screen, alone and
//! with others.

mod foreign;
mod results;
mod screen;
mod shared;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use serde_json::Value;

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

/// How long something may take that comes by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// A lab that is open in another process. It ends with this value.
struct Started {
    child: Child,
    lines: Receiver<String>,
    url: String,
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Started {
    /// Reads on until a line holds this.
    fn wait_for(&self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("the lab never said {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Presses Enter.
    fn enter(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }
}

/// Starts a lab and waits for its first step.
fn start(home: &Path, args: &[&str]) -> Started {
    let mut child = Command::new(PROGRAM)
        .args(["lab", "start"])
        .args(args)
        .current_dir(home)
        .env("XDG_DATA_HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            // Nobody reads on once the test is over.
            let _ = sender.send(line);
        }
    });
    let mut started = Started {
        child,
        lines,
        url: String::new(),
    };
    let line = started.wait_for("NATS_URL=");
    started.url = line.split_once("NATS_URL=").unwrap().1.to_owned();
    started.wait_for("──");
    started
}

/// `lab check --json`: its exit code and what it says.
fn check(home: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let output = lab(home, &[&["check", "--json"], args].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {said}"));
    (output.status.code(), report)
}

/// Looks at a step again and again until it is as wanted.
fn check_until(home: &Path, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (_, report) = check(home, &[]);
        if wanted(&report) {
            return report;
        }
        assert!(Instant::now() < deadline, "waited for {what}: {report:#}");
    }
}

fn run_nats(url: &str, args: &[&str]) -> Output {
    Command::new(PROGRAM)
        .arg("nats")
        .args(args)
        .env("NATS_URL", url)
        .output()
        .unwrap()
}

fn nats(url: &str, args: &[&str]) {
    assert!(run_nats(url, args).status.success(), "nats {args:?}");
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
    let started = start(home, &["pubsub", "--port", "0"]);
    let url = &started.url;
    let check = |args: &[&str]| check(home, args);
    let (code, report) = check(&[]);
    assert_eq!((code, &report["step"]), (Some(1), &0.into()));
    nats(url, &["pub", "hello", "hei"]);
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
    // What was passed here is there on another machine, too, and costs and passes of both are kept.
    let other = tempfile::tempdir().unwrap();
    let file = home.join("goingnats").join("labs.json");
    let merged = lab(
        other.path(),
        &["list", "--json", "--merge", file.to_str().unwrap()],
    );
    let merged: Value = serde_json::from_slice(&merged.stdout).unwrap();
    assert_eq!(merged[0]["passed"], 1);
    let again = lab(other.path(), &["list", "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&again.stdout).unwrap(), merged);
}

#[test]
fn every_kind_of_check_is_held_to_a_solution_and_a_mistake() {
    let home = tempfile::tempdir().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/labs/kinds.md");
    let output = lab(home.path(), &["verify", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_run_has_an_account_of_its_own_with_limits_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let mut started = start(home, &["streams", "--port", "0"]);
    let (inside, outside) = (started.url.clone(), started.url.replace("streams:lab@", ""));
    let add = |url: &str, name: &str, more: &[&str]| {
        let subject = format!("{}.>", name.to_lowercase());
        let args = ["stream", "add", name, "--subjects", &subject, "--defaults"];
        run_nats(url, &[&args[..], more].concat())
    };
    let memory = ["--storage", "memory"];
    // A stream outside is not the learner's, and the learner's is not seen outside.
    assert!(add(&outside, "SENSORS", &memory).status.success());
    let (_, report) = check(home, &[]);
    assert_eq!(report["checks"][0]["state"], "waiting");
    assert!(add(&inside, "SENSORS", &memory).status.success());
    check_until(home, "the stream", |report| {
        report["checks"][0]["state"] == "passed"
    });
    // Ten streams may be made, of 32 MiB in all, and messages of 1 MiB.
    for number in 2..=10 {
        assert!(add(&inside, &format!("S{number}"), &memory).status.success());
    }
    let refused = add(&inside, "S11", &memory);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("maximum number of streams"),
        "{said}"
    );
    run_nats(&inside, &["stream", "rm", "S10", "--force"]);
    assert!(
        !add(&inside, "BIG", &["--storage", "memory", "--max-bytes", "33MiB"])
            .status
            .success()
    );
    // A reset removes them all, the end the account, and the other account keeps its own.
    assert!(lab(home, &["reset"]).status.success());
    let left = run_nats(&inside, &["stream", "ls", "--names", "--all"]);
    assert_eq!(String::from_utf8_lossy(&left.stdout).trim(), "");
    assert!(
        run_nats(&outside, &["stream", "info", "SENSORS"])
            .status
            .success()
    );
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&started.child),
        rustix::process::Signal::INT,
    )
    .unwrap();
    assert!(started.child.wait().unwrap().success());
}

#[test]
fn who_goes_back_to_a_lab_finds_what_the_steps_before_left() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let first = start(home, &["streams", "--port", "0"]);
    let add = [
        "stream",
        "add",
        "SENSORS",
        "--subjects",
        "sensors.>",
        "--storage",
        "memory",
        "--defaults",
    ];
    nats(&first.url, &add);
    check_until(home, "the second step", |report| report["step"] == 1);
    drop(first);
    let again = start(home, &["streams", "--port", "0"]);
    let (code, report) = check(home, &[]);
    assert_eq!(
        (code, &report["step"], &report["caught_up"]),
        (Some(1), &1.into(), &true.into())
    );
    assert!(
        run_nats(&again.url, &["stream", "info", "SENSORS"])
            .status
            .success()
    );
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
    let broker = broker::start(Options::local(0, store.path())).unwrap();
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

#[test]
fn what_a_step_sets_up_is_there_once_however_often_the_lab_begins() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let messages = |url: &str| {
        let info = run_nats(url, &["stream", "info", "ORDRE", "--json"]);
        let info: Value = serde_json::from_slice(&info.stdout).unwrap();
        info["state"]["messages"].clone()
    };
    let first = start(home, &["dead-letter", "--port", "0"]);
    assert_eq!(messages(&first.url), 3);
    assert!(lab(home, &["reset"]).status.success());
    assert_eq!(messages(&first.url), 3);
    let add = [
        "consumer",
        "add",
        "ORDRE",
        "kjokken",
        "--pull",
        "--max-deliver",
        "3",
        "--defaults",
    ];
    nats(&first.url, &add);
    check_until(home, "the second step", |report| report["step"] == 1);
    assert_eq!(messages(&first.url), 3);
    drop(first);
    // What the first step sets up and what solves it are made up for together.
    let again = start(home, &["dead-letter", "--port", "0"]);
    assert_eq!(messages(&again.url), 3);
}

#[test]
fn a_step_turns_the_clock_of_its_own_account() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let lab = "---\nformat: 1\nid: klokke\ntitle: Klokke\n---\n## Gammelt nytt {#gammelt}\n\n```lab-setup\n\
               - stream: {name: NYTT, subjects: [\"nytt.>\"], storage: memory, max_age: 3600000000000}\n\
               - publish: {subject: nytt.avis, payload: x, count: 3}\n- clock: 2h\n```\n\
               ```lab-check\n- id: gone\n  say: Alt er for gammelt\n  stream: {name: NYTT, last_seq: 3, messages: 0}\n```\n\
               ```lab-hint\nVent.\n```\n```lab-solution\nnats rtt\n```\n```lab-wrong\nnats rtt\n```\n";
    std::fs::create_dir(home.join("labs")).unwrap();
    std::fs::write(home.join("labs").join("klokke.md"), lab).unwrap();
    let started = start(home, &["klokke", "--port", "0", "--labs", "labs"]);
    started.wait_for("✓ Alt er for gammelt");
}

#[test]
fn a_lab_may_go_on_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let step = |id: &str| {
        format!(
            "## Steg {id} {{#{id}}}\n\n```lab-check\n- id: sent\n  say: En melding\n  published: {id}\n```\n\
             ```lab-hint\nSend.\n```\n```lab-solution\nnats pub {id} x\n```\n```lab-wrong\nnats pub feil x\n```\n"
        )
    };
    let front = "---\nformat: 1\nid: videre\ntitle: Videre\nadvance: auto\n---\n";
    std::fs::create_dir(home.join("labs")).unwrap();
    std::fs::write(
        home.join("labs").join("videre.md"),
        format!("{front}{}{}", step("en"), step("to")),
    )
    .unwrap();
    let started = start(home, &["videre", "--port", "0", "--labs", "labs"]);
    nats(&started.url, &["pub", "en", "x"]);
    started.wait_for("Det neste begynner straks");
    started.wait_for("Steg to");
}
