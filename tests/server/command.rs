//! Flags, texts and exit codes.

use super::process::{Process, run};
use crate::support::raw::Raw;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn texts_go_where_nats_server_sends_them() {
    let version = run(&["-v"]);
    assert_eq!(text(&version.stdout), "nats-server: v2.14.5\n");
    let wrong = run(&["--bogus"]);
    assert_eq!(wrong.status.code(), Some(0));
    assert_eq!(text(&wrong.stderr), "flag provided but not defined: -bogus\n");
    assert!(text(&wrong.stdout).starts_with("\nUsage: nats-server [options]\n"));
    let refused = run(&["-sl", "dance=999999"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(text(&refused.stderr), "nats-server: unknown signal \"dance\"\n");
}

#[test]
fn a_file_can_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.conf");
    let path = path.to_str().unwrap();
    std::fs::write(path, "port: 4222\n").unwrap();
    let good = run(&["-t", "-c", path]);
    assert_eq!(good.status.code(), Some(0));
    let expected = format!("nats-server: configuration file {path} is valid (sha256:");
    assert!(text(&good.stderr).starts_with(&expected), "{good:?}");
    std::fs::write(path, "prot: 4222\n").unwrap();
    let bad = run(&["-t", "-c", path]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(
        text(&bad.stderr).starts_with(&format!("nats-server: {path}:1:")),
        "{bad:?}"
    );
}

#[test]
fn a_server_says_what_tools_wait_for() {
    let store = tempfile::tempdir().unwrap();
    let store = store.path().to_str().unwrap();
    let mut process = Process::start("", &["-js", "-sd", store, "-n", "one", "-m", "-1"]);
    process.wait_for_log("Server is ready");
    let port = process.address.port();
    let log = process.log();
    let wanted = [
        "[INF] Starting nats-server".to_owned(),
        "[INF]   Version:  2.14.5".to_owned(),
        "[INF]   Name:     one".to_owned(),
        "[INF]   ID:       N".to_owned(),
        "[INF] Starting JetStream".to_owned(),
        format!("[INF]   Store Directory: \"{store}/jetstream\""),
        format!("[INF] Listening for client connections on 127.0.0.1:{port}"),
        "[INF] Server is ready".to_owned(),
    ];
    let mut lines = log.iter();
    for want in wanted {
        assert!(lines.any(|line| line.starts_with(&want)), "{want} in {log:#?}");
    }
    let pid = std::fs::read_to_string(process.folder.path().join("pid")).unwrap();
    assert_eq!(pid, process.child.id().to_string());
    let (ports, text) = process.ports().unwrap();
    assert_eq!(
        ports.file_name().unwrap().to_str().unwrap(),
        format!("nats-server_{pid}.ports")
    );
    let monitor = log
        .iter()
        .find_map(|line| line.strip_prefix("[INF] Starting http monitor on 127.0.0.1:"));
    let monitor = monitor.unwrap();
    let expected =
        format!("{{\"nats\":[\"nats://127.0.0.1:{port}\"],\"monitoring\":[\"http://127.0.0.1:{monitor}\"]}}");
    assert_eq!(text, expected);

    process.signal("term");
    assert_eq!(process.ended(), Some(0));
    assert!(process.ports().is_none());
    let log = process.log();
    let end = [
        "[INF] Trapped \"terminated\" signal",
        "[INF] Initiating Shutdown...",
        "[INF] Initiating JetStream Shutdown...",
        "[INF] JetStream Shutdown",
        "[INF] Server Exiting..",
    ];
    assert_eq!(log[log.len() - end.len()..], end);
}

#[test]
fn a_taken_port_is_fatal() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["-a", "127.0.0.1", "-p", &port]);
    assert_eq!(output.status.code(), Some(1));
    let log = text(&output.stderr);
    let last = log.lines().last().unwrap();
    let expected = format!("[FTL] Error listening on port: 127.0.0.1:{port}, \"");
    assert!(last.contains(&expected), "{log}");
}

#[test]
fn tracing_shows_the_protocol_and_no_secrets() {
    let process = Process::start("", &["-V"]);
    let mut client = Raw::connect(process.address, r#""user":"u","pass":"geheim""#);
    client.send("SUB a 1\r\nPUB a re 2\r\nhi\r\n");
    assert_eq!([client.line(), client.line()], ["MSG a 1 re 2", "hi"]);
    client.sync();
    for end in [
        " - <<- [SUB a 1]",
        " - <<- [PUB a re 2]",
        " - <<- MSG_PAYLOAD: [\"hi\"]",
        " - ->> [MSG a 1 re 2]",
        " - ->> MSG_PAYLOAD: [\"hi\"]",
        " - ->> [PONG]",
    ] {
        process.wait_for_log(end);
    }
    let log = process.log();
    assert!(log.iter().any(|line| line.contains("[REDACTED]")), "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("geheim")), "{log:#?}");
}
