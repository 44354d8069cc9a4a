//! Holds a lab to its own solution: every check fails before it and passes after it, what is wrong does not
//! pass, a second run goes as the first, and nothing is left behind.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use serde_json::{Value, json};
use tokio::process::{Child, Command as Process};
use tokio::time::{Instant, sleep, timeout};

use super::file::{Command, Lab, Step};
use super::look::OWN_NAME;
use super::session::{CheckState, Order, Report, Session};
use crate::client::api::Api;
use crate::client::{ConnectSettings, connect};
use crate::runner::Toolbox;

/// How long a command of a solution may take.
const COMMAND_TIME: Duration = Duration::from_secs(20);
/// How long the checks may take to pass after the solution.
const PASS_TIME: Duration = Duration::from_secs(8);
/// How long what is started may take to subscribe.
const READY_TIME: Duration = Duration::from_secs(3);
/// How long what is wrong is given to pass after all.
const WRONG_TIME: Duration = Duration::from_millis(300);

/// What verifying needs beside the lab.
#[derive(Debug, Clone)]
pub struct Bench {
    /// How to reach the lab's account.
    pub settings: ConnectSettings,
    /// The same as one URL, for `NATS_URL`.
    pub url: String,
    /// The program that is `nats` and `nats-server`.
    pub program: PathBuf,
}

/// Verifies a lab. What is wrong comes back, in English for the author.
pub async fn verify(lab: &Arc<Lab>, bench: &Bench) -> Vec<String> {
    let mut findings = Vec::new();
    for with_wrong in [false, true] {
        if let Err(finding) = run(lab, bench, with_wrong).await {
            let run = if with_wrong {
                "second run, mistakes first"
            } else {
                "first run"
            };
            findings.push(format!("{}: {run}: {finding}", lab.id));
        }
    }
    findings
}

async fn run(lab: &Arc<Lab>, bench: &Bench, with_wrong: bool) -> Result<(), String> {
    let session = Session::start(lab.clone(), &bench.settings, None, || {})
        .await
        .map_err(|error| error.to_string())?;
    let solved = solve_all(lab, bench, &session, with_wrong).await;
    session.order(Order::Stop).await;
    let client = connect(&bench.settings)
        .await
        .map_err(|error| error.to_string())?;
    let left = Api::new(client, Duration::from_secs(2))
        .list("STREAM.NAMES", "streams", &Value::Null)
        .await
        .map_err(|error| error.to_string())?;
    match left.is_empty() {
        true => solved,
        false => solved.and(Err(format!("left behind: {left:?}"))),
    }
}

async fn solve_all(lab: &Lab, bench: &Bench, session: &Session, with_wrong: bool) -> Result<(), String> {
    let mut shell = Shell::new(bench).await?;
    for (index, step) in lab.steps.iter().enumerate() {
        let named = |what: String| format!("step {}: {what}", step.id);
        solve(session, &mut shell, step, with_wrong)
            .await
            .map_err(named)?;
        if index + 1 < lab.steps.len() {
            session.order(Order::Next).await;
        }
    }
    Ok(())
}

async fn solve(session: &Session, shell: &mut Shell, step: &Step, with_wrong: bool) -> Result<(), String> {
    let ended = || "the session has ended".to_owned();
    let report = session.order(Order::Look).await.ok_or_else(ended)?;
    if let Some(trouble) = &report.trouble {
        return Err(trouble.clone());
    }
    for (check, standing) in step.checks.iter().zip(&report.checks) {
        if standing.state == CheckState::Passed && !check.keeps {
            return Err(format!("check {} passes before the solution", check.id));
        }
    }
    if with_wrong && !step.wrong.is_empty() {
        shell.perform(session, &step.wrong, false).await?;
        sleep(WRONG_TIME).await;
        let report = session.order(Order::Look).await.ok_or_else(ended)?;
        if report.passed {
            return Err("what is wrong passes".to_owned());
        }
    }
    shell.perform(session, &step.solution, true).await?;
    let deadline = Instant::now() + PASS_TIME;
    loop {
        let report = session.order(Order::Look).await.ok_or_else(ended)?;
        if report.passed {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("the solution does not pass: {}", missing(&report)));
        }
        sleep(Duration::from_millis(50)).await;
    }
}

fn missing(report: &Report) -> String {
    let open = report
        .checks
        .iter()
        .filter(|check| check.state != CheckState::Passed);
    let texts = open.map(|c| format!("{}: expected {}; seen {}", c.id, c.expected, c.seen));
    texts.collect::<Vec<_>>().join("; ")
}

/// Performs commands as a learner would.
struct Shell {
    client: Client,
    url: String,
    toolbox: Toolbox,
    folder: tempfile::TempDir,
    running: Vec<Child>,
}

impl Shell {
    async fn new(bench: &Bench) -> Result<Shell, String> {
        let text = |error: std::io::Error| error.to_string();
        let settings = ConnectSettings {
            inbox_prefix: Some("_LAB.inbox".to_owned()),
            ..bench.settings.clone().named(OWN_NAME)
        };
        Ok(Shell {
            client: connect(&settings).await.map_err(|error| error.to_string())?,
            url: bench.url.clone(),
            toolbox: Toolbox::create(Path::new(&bench.program)).map_err(text)?,
            folder: tempfile::tempdir().map_err(text)?,
            running: Vec::new(),
        })
    }

    async fn perform(
        &mut self,
        session: &Session,
        commands: &[Command],
        must_succeed: bool,
    ) -> Result<(), String> {
        for command in commands {
            match command {
                Command::Run(line) => {
                    let run = self.process(line).output();
                    let output = timeout(COMMAND_TIME, run)
                        .await
                        .map_err(|_| format!("{line:?} does not end"))?
                        .map_err(|error| error.to_string())?;
                    if must_succeed && !output.status.success() {
                        let said = String::from_utf8_lossy(&output.stderr).into_owned();
                        return Err(format!("{line:?} failed: {}", said.trim()));
                    }
                }
                Command::Start(line) => self.start(line).await?,
                Command::Stop => {
                    if let Some(mut child) = self.running.pop() {
                        child.kill().await.map_err(|error| error.to_string())?;
                    }
                }
                Command::Answer(check, text) => {
                    let (check, text) = (check.clone(), text.clone());
                    session.order(Order::Answer { check, text }).await;
                }
            }
        }
        Ok(())
    }

    fn process(&self, line: &str) -> Process {
        let mut process = Process::new("sh");
        // `exec` so that what is stopped is the command and not its shell.
        let line = match line.starts_with("nats") && !line.contains(['\n', ';', '|']) {
            true => format!("exec {line}"),
            false => line.to_owned(),
        };
        process
            .args(["-c", &line])
            .current_dir(self.folder.path())
            .env("PATH", path_with(&self.toolbox.folder()))
            .env("NATS_URL", &self.url)
            .env_remove("NATS_CONTEXT")
            .env("XDG_CONFIG_HOME", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        process
    }

    /// Starts what goes on, and waits until it subscribes.
    async fn start(&mut self, line: &str) -> Result<(), String> {
        let before = self.subscriptions().await;
        let mut process = self.process(line);
        process.stdout(Stdio::null()).stderr(Stdio::null());
        let child = process.spawn().map_err(|error| error.to_string())?;
        self.running.push(child);
        if !line.starts_with("nats ") {
            return Ok(());
        }
        let deadline = Instant::now() + READY_TIME;
        while self.subscriptions().await <= before && Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Subscriptions of the account's clients.
    async fn subscriptions(&self) -> u64 {
        let body = json!({"subscriptions": true}).to_string();
        let answer = self
            .client
            .request("$SYS.REQ.ACCOUNT.PING.CONNZ", body.into())
            .await;
        let answer: Value = answer
            .ok()
            .and_then(|answer| serde_json::from_slice(&answer.payload).ok())
            .unwrap_or_default();
        let all = answer["data"]["connections"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let learners = all.iter().filter(|connection| connection["name"] != OWN_NAME);
        learners
            .filter_map(|connection| connection["subscriptions"].as_u64())
            .sum()
    }
}

fn path_with(first: &Path) -> std::ffi::OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_owned()).chain(std::env::split_paths(&old));
    std::env::join_paths(folders).unwrap_or(old)
}
