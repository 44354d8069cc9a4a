//! The README's commands, run as they stand.

use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

const README: &str = include_str!("../README.md");

/// The lines of the `sh` fences, a fence an item.
fn blocks() -> Vec<Vec<&'static str>> {
    let fences = README.split("```sh\n").skip(1);
    fences
        .map(|rest| rest.split("```").next().unwrap().lines().collect())
        .collect()
}

#[test]
fn the_first_two_commands_are_cargos() {
    // They brought whoever runs this test here, and `.ci/run` calls the second as it stands.
    assert_eq!(blocks()[0], ["cargo run --release", "cargo test"]);
    assert!(include_str!("../.ci/run").contains("\ncargo test\n"));
}

#[test]
fn the_other_commands_do_what_they_say() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    symlink(env!("CARGO_BIN_EXE_goingnats"), folder.join("goingnats")).unwrap();
    let port = free_port();
    // Only the port is ours: 4222 may be somebody else's on this machine.
    let script: Vec<String> = blocks()[1..]
        .concat()
        .iter()
        .map(|line| line.replace("4222", &port))
        .collect();
    let at = script
        .iter()
        .position(|line| line.contains("--jetstream"))
        .unwrap()
        + 1;
    let (first, rest) = script.split_at(at);
    let wait = "until goingnats nats rtt >/dev/null 2>&1; do kill -0 $server; done\n";
    let script = format!(
        "set -e\n{}\nserver=$!\ntrap 'kill $server' EXIT\n{wait}{}\n",
        first.join("\n"),
        rest.join("\n")
    );
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env("PATH", path)
        .env("HOME", folder)
        .env("NATS_URL", format!("nats://127.0.0.1:{port}"))
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, log) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{script}\n{out}\n{log}");
    for wanted in ["goingnats", "Hei!", "Stream SENSORS was created", "SENSORS"] {
        assert!(out.contains(wanted), "{wanted:?} is missing:\n{out}\n{log}");
    }
}

fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}
