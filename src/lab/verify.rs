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

use super::command::Command;
use super::file::{Lab, Step};
use super::look::OWN_NAME;
use super::session::{CheckState, Order, Place, Report, Session, own};
use crate::client::api::Api;
use crate::client::connect;
use crate::runner::{Toolbox, path_with};

/// How long a command of a solution may take.
const COMMAND_TIME: Duration = Duration::from_secs(20);
/// How long the checks may take to pass after the solution.
const PASS_TIME: Duration = Duration::from_secs(20);
/// How long what is started may take to subscribe.
const READY_TIME: Duration = Duration::from_secs(3);
/// How long what is wrong is given to pass after all.
const WRONG_TIME: Duration = Duration::from_millis(300);

/// What verifying needs beside the lab.
#[derive(Clone)]
pub struct Bench {
    /// Where the lab is worked on. Its folder is that of each run.
    pub place: Place,
    /// The account as one URL, for `NATS_URL`.
    pub url: String,
    /// The program that is `nats` and `nats-server`.
    pub program: PathBuf,
}

/// Verifies a lab. What is wrong comes back, in English for the author.
pub async fn verify(lab: &Arc<Lab>, bench: &Bench) -> Vec<String> {
    let mut findings = Vec::new();
    for (run, name) in [
        (Run::Plain, "first run"),
        (Run::MistakesFirst, "second run, mistakes first"),
        (Run::Jumping, "jumping from step to step"),
    ] {
        if let Err(finding) = self::run(lab, bench, run).await {
            findings.push(format!("{}: {name}: {finding}", lab.id));
        }
    }
    findings
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Plain,
    MistakesFirst,
    /// No step is solved: each is gone to from the first, and what lies between is made up for.
    Jumping,
}

async fn run(lab: &Arc<Lab>, bench: &Bench, run: Run) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let place = Place {
        folder: folder.path().to_owned(),
        progress: None,
        program: Some(bench.program.clone()),
        ..bench.place.clone()
    };
    let session = Session::start(lab.clone(), &place, || {})
        .await
        .map_err(|error| error.to_string())?;
    let solved = match run {
        Run::Jumping => jump_through(lab, &session).await,
        _ => solve_all(lab, bench, &session, folder.path(), run == Run::MistakesFirst).await,
    };
    session.order(Order::Stop).await;
    let left = left_behind(bench).await?;
    match left.is_empty() {
        true => solved,
        false => solved.and(Err(format!("left behind: {}", left.join(", ")))),
    }
}

/// Streams and clients of the lab that are there after its end.
async fn left_behind(bench: &Bench) -> Result<Vec<String>, String> {
    let client = connect(&own(&bench.place.settings))
        .await
        .map_err(|error| error.to_string())?;
    let streams = Api::new(client.clone(), Duration::from_secs(2))
        .list("STREAM.NAMES", "streams", &Value::Null)
        .await
        .map_err(|error| error.to_string())?;
    let mut left: Vec<String> = streams.iter().map(|name| format!("stream {name}")).collect();
    // A connection that was dropped is gone when the server has read so.
    let deadline = Instant::now() + READY_TIME;
    loop {
        let clients = connections(&client).await;
        let names = clients.iter().map(|c| format!("client {}", c["name"]));
        let names: Vec<String> = names.collect();
        if names.is_empty() || Instant::now() > deadline {
            left.extend(names);
            return Ok(left);
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn jump_through(lab: &Lab, session: &Session) -> Result<(), String> {
    for (index, step) in lab.steps.iter().enumerate().skip(1) {
        let named = |what: String| format!("step {}: {what}", step.id);
        session.order(Order::Reset).await.ok_or_else(ended)?;
        let report = session.order(Order::Go(index)).await.ok_or_else(ended)?;
        fails_before(step, &report).map_err(named)?;
    }
    Ok(())
}

fn ended() -> String {
    "the session has ended".to_owned()
}

/// No check may pass that the learner has done nothing for.
fn fails_before(step: &Step, report: &Report) -> Result<(), String> {
    if let Some(trouble) = &report.trouble {
        return Err(trouble.clone());
    }
    for (check, standing) in step.checks.iter().zip(&report.checks) {
        if standing.state == CheckState::Passed && !check.keeps {
            return Err(format!("check {} passes before the solution", check.id));
        }
        if standing.expected.is_empty() || standing.seen.is_empty() {
            return Err(format!(
                "check {} does not say what it expects and sees",
                check.id
            ));
        }
    }
    Ok(())
}

async fn solve_all(
    lab: &Lab,
    bench: &Bench,
    session: &Session,
    folder: &Path,
    with_wrong: bool,
) -> Result<(), String> {
    let mut shell = Shell::new(bench, folder).await?;
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
    let report = session.order(Order::Look).await.ok_or_else(ended)?;
    fails_before(step, &report)?;
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
        .filter(|check| !matches!(check.state, CheckState::Passed | CheckState::Unable));
    let texts = open.map(|c| format!("{}: expected {}; seen {}", c.id, c.expected, c.seen));
    texts.collect::<Vec<_>>().join("; ")
}

/// Performs commands as a learner would.
struct Shell {
    client: Client,
    url: String,
    toolbox: Toolbox,
    folder: PathBuf,
    running: Vec<Child>,
}

impl Shell {
    async fn new(bench: &Bench, folder: &Path) -> Result<Shell, String> {
        let text = |error: std::io::Error| error.to_string();
        let client = connect(&own(&bench.place.settings)).await;
        Ok(Shell {
            client: client.map_err(|error| error.to_string())?,
            url: bench.url.clone(),
            toolbox: Toolbox::create(Path::new(&bench.program)).map_err(text)?,
            folder: folder.to_owned(),
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
            .current_dir(&self.folder)
            .env("PATH", path_with(Some(&self.toolbox.folder())))
            .env("NATS_URL", &self.url)
            .env_remove("NATS_CONTEXT")
            .env("XDG_CONFIG_HOME", &self.folder)
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
        let all = connections(&self.client).await;
        all.iter().filter_map(|c| c["subscriptions"].as_u64()).sum()
    }
}

/// The account's connections but for the lab's own.
async fn connections(client: &Client) -> Vec<Value> {
    let body = json!({"subscriptions": true}).to_string();
    let answer = client.request("$SYS.REQ.ACCOUNT.PING.CONNZ", body.into()).await;
    let answer: Value = answer
        .ok()
        .and_then(|answer| serde_json::from_slice(&answer.payload).ok())
        .unwrap_or_default();
    let all = answer["data"]["connections"].as_array().cloned();
    let mut all = all.unwrap_or_default();
    all.retain(|connection| connection["name"] != OWN_NAME);
    all
}
