//! Command lines in a table, run as users type them: through ours and, where `GOINGNATS_REFERENCE_CLI`
//! names it, through the real `nats`, each against a broker of its own. Both must keep every promise of the
//! table, and their `--json` must have the same fields and values. Where `GOINGNATS_REFERENCE` names a real
//! nats-server, ours keeps the same promises against that one too.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::text;
use crate::support::server::Server;

/// Names the real `nats`, to prove the tables against it.
const REFERENCE_CLI: &str = "GOINGNATS_REFERENCE_CLI";

/// What a command line may be told of the folder that is its own.
const FOLDER: &str = "FOLDER";

/// Fields that two runs never have in common. Consumers are counted apart: those of finished readers of a bucket
/// go at once with one client, after a while with another.
const VOLATILE: [&str; 16] = [
    "active",
    "consumer_count",
    "created",
    "leader",
    "ts",
    "time",
    "first_ts",
    "last_ts",
    "last_active",
    "metadata",
    "timestamp",
    "update_time",
    "pause_until",
    "pause_remaining",
    "perf_data",
    "ok",
];

/// What a command line promises.
#[derive(Clone, Copy)]
pub enum Promise {
    /// It succeeds.
    Done,
    /// Its `--json` has this at this place (a JSON pointer).
    Json(&'static str, &'static str),
    /// Its output or its log contains this.
    Says(&'static str),
    /// Its whole output is this, without the space around it.
    Gives(&'static str),
    /// Its exit code is 1, and it says this.
    Fails(&'static str),
    /// It ends with this exit code, and says this.
    Ends(i32, &'static str),
}
pub use Promise::{Done, Ends, Fails, Gives, Json, Says};

/// A command line, with blanks inside of single quotes, and its promise.
pub type Line = (&'static str, Promise);

/// Runs the lines one after the other.
pub fn prove(lines: &[Line]) {
    prove_as("jetstream: enabled", &[], lines);
}

/// As [`prove`], against a server with these settings, and with a login before each line.
pub fn prove_as(settings: &str, login: &[&str], lines: &[Line]) {
    let ours = [env!("CARGO_BIN_EXE_goingnats"), "nats"];
    let mut faults = Vec::new();
    let given = run_all(lines, &ours, login, &Server::ours(settings), &mut faults);
    if let Some(server) = Server::reference(settings) {
        run_all(lines, &ours, login, &server, &mut faults);
    }
    if let Ok(reference) = std::env::var(REFERENCE_CLI) {
        let theirs = run_all(lines, &[&reference], login, &Server::ours(settings), &mut faults);
        for ((line, _), (ours, theirs)) in lines.iter().zip(given.iter().zip(theirs)) {
            if *ours != theirs {
                faults.push(format!(
                    "{line}: ours differs from the reference's\n ours: {ours:?}\n theirs: {theirs:?}"
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n----\n"));
}

/// The JSON that each line gave.
fn run_all(
    lines: &[Line],
    program: &[&str],
    login: &[&str],
    server: &Server,
    faults: &mut Vec<String>,
) -> Vec<Option<Value>> {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().to_str().unwrap();
    let run = |line: &str| {
        let mut command = Command::new(program[0]);
        command.env_clear();
        // A context is shown and changed as it is stored, and not as the environment overrides it.
        if !line.starts_with("context ") {
            command.env("NATS_URL", server.url());
        }
        command
            .args(&program[1..])
            .args(login)
            .args(words(&line.replace(FOLDER, folder)))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            // The reference asks the system for the home folder, and must not touch the developer's.
            .env("XDG_CONFIG_HOME", home.path().join(".config"))
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let mut given = Vec::new();
    for (line, promise) in lines {
        match check(program, line, *promise, &run(line)) {
            Ok(value) => given.push(value),
            Err(fault) => {
                faults.push(fault);
                given.push(None);
            }
        }
    }
    given
}

fn check(program: &[&str], line: &str, promise: Promise, output: &Output) -> Result<Option<Value>, String> {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let said = format!("{program:?} {line}\n{out}\n{err}");
    let code = match promise {
        Fails(_) => 1,
        Ends(code, _) => code,
        _ => 0,
    };
    if output.status.code() != Some(code) {
        return Err(format!("{} instead of {code}: {said}", output.status));
    }
    match promise {
        Done => {}
        Gives(expected) if out.trim() != expected => return Err(format!("not given: {expected}\n{said}")),
        Gives(_) => {}
        Says(expected) | Fails(expected) | Ends(_, expected) => {
            if !out.contains(expected) && !err.contains(expected) {
                return Err(format!("not said: {expected}\n{said}"));
            }
        }
        Json(place, expected) => {
            let Some(mut value) = json_of(&out) else {
                return Err(format!("no JSON: {said}"));
            };
            let expected: Value = serde_json::from_str(expected).unwrap();
            if value.pointer(place) != Some(&expected) {
                return Err(format!("{place} is not {expected}: {said}"));
            }
            calm(&mut value);
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The JSON in an output; a line such as "Stream X was created" may stand before it.
fn json_of(out: &str) -> Option<Value> {
    let begin = out
        .lines()
        .position(|line| line.starts_with(['{', '[', '"']) || line == "null")?;
    let rest: Vec<&str> = out.lines().skip(begin).collect();
    serde_json::from_str(&rest.join("\n")).ok()
}

/// Takes out what differs from run to run, and what stands for its absence: natscli leaves some of that out.
fn calm(value: &mut Value) {
    let says_nothing = |value: &Value| match value {
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => matches!(text.as_str(), "" | "none" | "0001-01-01T00:00:00Z"),
        Value::Object(fields) => fields.is_empty(),
        Value::Null => true,
        Value::Array(_) => false,
    };
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(calm);
            fields.retain(|name, value| !VOLATILE.contains(&name.as_str()) && !says_nothing(value));
        }
        Value::Array(values) => values.iter_mut().for_each(calm),
        _ => {}
    }
}

fn words(line: &str) -> Vec<String> {
    line.split('\'')
        .enumerate()
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}
