//! Command lines in a table, run as users type them: through ours and, where `GOINGNATS_REFERENCE_CLI`
//! names it, through the real `nats`, each against a broker of its own. Both must keep every promise of the
//! table, and their `--json` must have the same fields and values.

use std::process::{Command, Output};

use serde_json::Value;

use super::text;
use crate::support::server::Server;

/// Names the real `nats`, to prove the tables against it.
const REFERENCE_CLI: &str = "GOINGNATS_REFERENCE_CLI";

/// Fields that two runs never have in common. Consumers are counted apart: those of finished readers of a bucket
/// go at once with one client, after a while with another.
const VOLATILE: [&str; 10] = [
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
}
pub use Promise::{Done, Fails, Gives, Json, Says};

/// A command line, with blanks inside of single quotes, and its promise.
pub type Line = (&'static str, Promise);

/// Runs the lines one after the other.
pub fn prove(lines: &[Line]) {
    let ours = run_all(lines, &[env!("CARGO_BIN_EXE_goingnats"), "nats"]);
    let Ok(reference) = std::env::var(REFERENCE_CLI) else {
        return;
    };
    let theirs = run_all(lines, &[&reference]);
    for ((line, _), (ours, theirs)) in lines.iter().zip(ours.into_iter().zip(theirs)) {
        assert_eq!(ours, theirs, "{line}: ours (left) differs from the reference's");
    }
}

/// The JSON that each line gave.
fn run_all(lines: &[Line], program: &[&str]) -> Vec<Option<Value>> {
    let server = Server::ours("jetstream: enabled");
    let home = tempfile::tempdir().unwrap();
    let run = |line: &str| {
        Command::new(program[0])
            .args(&program[1..])
            .args(words(line))
            .env_clear()
            .env("HOME", home.path())
            .env("TZ", "UTC")
            .env("NATS_URL", server.url())
            .output()
            .unwrap()
    };
    lines
        .iter()
        .map(|(line, promise)| check(program, line, *promise, &run(line)))
        .collect()
}

fn check(program: &[&str], line: &str, promise: Promise, output: &Output) -> Option<Value> {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let said = format!("{program:?} {line}\n{out}\n{err}");
    let code = i32::from(matches!(promise, Fails(_)));
    assert_eq!(output.status.code(), Some(code), "{said}");
    match promise {
        Done => {}
        Gives(expected) => assert_eq!(out.trim(), expected, "{said}"),
        Says(expected) | Fails(expected) => {
            assert!(
                out.contains(expected) || err.contains(expected),
                "not said: {expected}\n{said}"
            );
        }
        Json(place, expected) => {
            let mut value = json_of(&out).unwrap_or_else(|| panic!("no JSON: {said}"));
            let expected: Value = serde_json::from_str(expected).unwrap();
            assert_eq!(value.pointer(place), Some(&expected), "{place}: {said}");
            calm(&mut value);
            return Some(value);
        }
    }
    None
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
        Value::Number(number) => number.as_u64() == Some(0),
        Value::String(text) => matches!(text.as_str(), "" | "none" | "0001-01-01T00:00:00Z"),
        Value::Object(fields) => fields.is_empty(),
        Value::Array(_) | Value::Null => false,
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
