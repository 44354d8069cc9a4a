//! What the command does on the machine it runs on: contexts, links, names.

use std::fs;
use std::process::Command;

use crate::support::pty::{Terminal, key};

use super::table::{Done, Fails, Gives, Json, Says, prove};
use super::{Lab, nats, text};

#[test]
fn the_selected_context_says_where_the_server_is() {
    let lab = Lab::new();
    let folder = lab.home.path().join(".config/nats/context");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("lab.json"),
        format!(r#"{{"description":"here","url":"{}"}}"#, lab.broker.url()),
    )
    .unwrap();
    fs::write(folder.join("other.json"), r#"{"url":"nats://127.0.0.1:1"}"#).unwrap();

    let list = nats(&lab.home).args(["context", "ls", "-n"]).output().unwrap();
    assert_eq!(text(&list.stdout), "lab\nother\n");
    let select = nats(&lab.home)
        .args(["context", "select", "lab"])
        .output()
        .unwrap();
    assert!(
        text(&select.stdout).contains(&lab.broker.url()),
        "{}",
        text(&select.stderr)
    );

    let by_context = |extra: &[&str]| {
        nats(&lab.home)
            .args(["pub", "a", "b"])
            .args(extra)
            .output()
            .unwrap()
    };
    assert!(by_context(&[]).status.success());
    assert!(!by_context(&["--context", "other"]).status.success());
    let url = lab.broker.url();
    assert!(by_context(&["--context", "other", "-s", &url]).status.success());
}

#[test]
fn contexts_are_made_copied_chosen_and_removed() {
    prove(&[
        (
            "context add lab --server nats://127.0.0.1:1 --description 'i lab' --user kari --password hemmelig",
            Says("i lab"),
        ),
        ("context info lab --json", Json("/url", r#""nats://127.0.0.1:1""#)),
        ("context add lab --description ny", Says("ny")),
        ("context info lab --json", Json("/user", r#""kari""#)),
        (
            "context copy lab kopi --select",
            Says("NATS Configuration Context"),
        ),
        ("context info --json", Json("/description", r#""ny""#)),
        ("context copy lab kopi", Fails("already exist")),
        ("context copy nope x", Fails("unknown context \"nope\"")),
        ("context ls --names", Gives("kopi\nlab")),
        ("context ls", Says("Known Contexts")),
        ("context rm kopi", Fails("cannot remove the selected context")),
        ("context select lab", Says("lab")),
        ("context previous", Says("kopi")),
        ("context info --json", Json("/url", r#""nats://127.0.0.1:1""#)),
        (
            "pub a b --context lab --server nats://127.0.0.1:2",
            Fails("no servers available"),
        ),
        ("context unselect", Says("Unselected the \"kopi\" context")),
        ("context unselect", Says("No context currently selected")),
        ("context validate lab", Says("lab")),
        ("context validate lab --connect", Fails("validation failed")),
        ("context rm kopi --force", Done),
        ("context ls --names", Gives("lab")),
        ("context rm lab", Fails("could not obtain confirmation")),
    ]);
}

#[test]
fn links_are_made_and_nothing_is_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let bin = home.path().join("bin");
    let link = || {
        nats(&home)
            .args(["link", bin.to_str().unwrap()])
            .output()
            .unwrap()
    };
    assert!(link().status.success());
    assert!(link().status.success(), "a second time changes nothing");
    let version = Command::new(bin.join("nats")).arg("--version").output().unwrap();
    assert!(text(&version.stdout).contains("goingnats"));
    let program = fs::canonicalize(env!("CARGO_BIN_EXE_goingnats")).unwrap();
    assert_eq!(fs::canonicalize(bin.join("nats-server")).unwrap(), program);

    fs::remove_file(bin.join("nats")).unwrap();
    fs::write(bin.join("nats"), "somebody's own").unwrap();
    let refused = link();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("left alone"));
    assert_eq!(fs::read_to_string(bin.join("nats")).unwrap(), "somebody's own");
}

#[test]
fn what_is_not_built_in_names_the_official_tool() {
    let home = tempfile::tempdir().unwrap();
    let output = nats(&home).args(["traffic", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("\"traffic\"") && said.contains("nats-io/natscli") && said.lines().count() == 1,
        "{said}"
    );
    let help = nats(&home).args(["pub", "--help"]).output().unwrap();
    assert!(help.status.success() && text(&help.stdout).contains("--send-on"));
}

#[test]
fn questions_are_asked_on_a_terminal_and_listed_without_one() {
    let lab = Lab::new();
    let missing = lab.run(&["stream", "add"]);
    assert_eq!(missing.status.code(), Some(1));
    let said = text(&missing.stderr);
    for flag in [
        "the stream's name",
        "--subjects",
        "--storage",
        "--retention",
        "--defaults",
    ] {
        assert!(said.contains(flag), "{flag}: {said}");
    }
    let said = text(&lab.run(&["consumer", "add", "X"]).stderr);
    assert!(
        said.contains("the consumer's name") && said.contains("--deliver"),
        "{said}"
    );

    let url = lab.broker.url();
    let home = lab.home.path().to_str().unwrap();
    let env = [("NATS_URL", url.as_str()), ("HOME", home)];
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_goingnats"));
    let mut terminal = Terminal::start(program, &["nats", "stream", "add"], &env, 90, 40);
    for (question, answer) in [
        ("Stream Name", "SPURT"),
        ("Subjects", "spurt.>"),
        ("Storage", "memory"),
        ("Replication", ""),
        ("Retention Policy", "work"),
        ("Discard Policy", ""),
        ("Stream Messages Limit", "7"),
        ("Per Subject Messages Limit", ""),
        ("Total Stream Size", ""),
        ("Message TTL", ""),
        ("Max Message Size", ""),
        ("Duplicate tracking time window", ""),
    ] {
        terminal.wait_for(question);
        terminal.send(&format!("{answer}{}", key::ENTER));
    }
    terminal.wait_for("Active Consumers: 0");
    let info: serde_json::Value =
        serde_json::from_str(&lab.stdout(&["stream", "info", "SPURT", "--json"])).unwrap();
    assert_eq!(info["config"]["retention"], "workqueue");
    assert_eq!(info["config"]["max_msgs"], 7);

    let mut terminal = Terminal::start(program, &["nats", "stream", "rm"], &env, 90, 40);
    terminal.wait_for("Select a Stream");
    terminal.send(&format!("1{}", key::ENTER));
    terminal.wait_for("Really delete Stream SPURT");
    terminal.send(&format!("y{}", key::ENTER));
    terminal.wait_until("the command has ended", |_| {
        lab.stdout(&["stream", "ls", "-n"]).is_empty()
    });
}

#[test]
fn completions_know_the_subcommands_and_flags() {
    let lab = Lab::new();
    for (shell, words) in [
        ("bash", ["gaps", "unpin", "--republish-source", "compact"]),
        ("zsh", ["gaps", "unpin", "--republish-source", "compact"]),
        ("fish", ["gaps", "unpin", "republish-source", "compact"]),
    ] {
        let script = lab.stdout(&["completion", shell]);
        for word in words {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
