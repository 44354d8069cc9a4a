//! What the command does on the machine it runs on: contexts, links, names.

use std::fs;
use std::process::Command;

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
