//! The folder that a server keeps its streams in: looked over, copied, damaged, and full.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::client::Client;
use super::process::{Process, ours};

const SETTINGS: &str = "http: \"127.0.0.1:-1\"";

fn start(store: &Path) -> Process {
    Process::start_as(ours(), SETTINGS, &["-js", "-sd", store.to_str().unwrap()])
}

fn publish(client: &mut Client, subject: &str, payload: &str) -> Value {
    let message = client.ask(subject, "ack", payload);
    client.send(&message).unwrap();
    serde_json::from_str(&client.message().unwrap().2).unwrap()
}

fn store_command(args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("goingnats"));
    command.arg("store").args(args).output().unwrap()
}

/// The status line of `/healthz`, and what it says.
fn healthz(server: &Process) -> (String, Value) {
    let ports: Value = serde_json::from_str(&server.ports().unwrap().1).unwrap();
    let address = ports["monitoring"][0]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (
        head.lines().next().unwrap().to_owned(),
        serde_json::from_str(body).unwrap(),
    )
}

#[test]
fn a_store_is_checked_and_copied_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    let (from_text, to_text) = (from.to_str().unwrap(), to.to_str().unwrap());
    let server = start(&from);
    let mut client = Client::open(server.address);
    client.api(
        "STREAM.CREATE.S",
        &json!({"name": "S", "subjects": ["s"], "allow_direct": true}),
    );
    for n in 1..=5 {
        publish(&mut client, "s", &format!("message {n}"));
    }
    let checked = store_command(&["check", from_text]);
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(
        checked.status.success() && said.starts_with("$G > S: 5 messages (1 to 5)"),
        "{said}"
    );
    assert!(store_command(&["copy", from_text, to_text]).status.success());
    publish(&mut client, "s", "too late");
    drop(server);

    let copy = start(&to);
    let contents = Client::open(copy.address).contents("S");
    let expected: Vec<_> = (1..=5).map(|n| (n, format!("message {n}"))).collect();
    assert_eq!(contents, expected);
    assert_eq!(healthz(&copy).0, "HTTP/1.0 200 OK");
    drop(copy);

    let stream = to.join("jetstream/$G/streams/S");
    let log = stream.join("msgs/1.log");
    let mut bytes = std::fs::read(&log).unwrap();
    let hit = memchr::memmem::find(&bytes, b"message 2").unwrap();
    bytes[hit] = b'M';
    std::fs::write(&log, bytes).unwrap();
    let checked = store_command(&["check", to_text]);
    let said = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(1), "{said}");
    let place = format!(
        "damage: {} at {}, 50 bytes: damaged, message 2\n",
        log.display(),
        hit - 41
    );
    assert!(said.contains(&place), "{said}");

    std::fs::write(stream.join("meta"), "nonsense").unwrap();
    assert_eq!(store_command(&["check", to_text]).status.code(), Some(1));
    assert_eq!(store_command(&["check", "/nowhere"]).status.code(), Some(2));
    let (status, body) = healthz(&start(&to));
    assert_eq!(status, "HTTP/1.0 503 Service Unavailable");
    assert_eq!(body["error"], "JetStream stream '$G > S' could not be recovered");
}

/// A server whose files cannot grow beyond 256 KiB, and whose writes then fail as on a full disk.
fn start_cramped(store: &Path) -> Process {
    let mut command = Command::new("bash");
    command.args(["-c", r#"trap "" XFSZ; ulimit -f 256; exec "$0" server "$@""#]);
    command.arg(assert_cmd::cargo::cargo_bin!("goingnats"));
    Process::start_as(command, SETTINGS, &["-js", "-sd", store.to_str().unwrap()])
}

#[test]
fn a_full_disk_freezes_the_stream_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_cramped(folder.path());
    let mut client = Client::open(server.address);
    for name in ["S", "T"] {
        client.api(
            &format!("STREAM.CREATE.{name}"),
            &json!({"name": name, "subjects": [name], "allow_direct": true}),
        );
    }
    let payload = "x".repeat(10_000);
    let mut stored = 0;
    loop {
        let answer = publish(&mut client, "S", &payload);
        if answer["error"]["err_code"] == 10077 {
            break;
        }
        stored += 1;
        assert_eq!(answer["seq"], stored, "{answer}");
    }
    assert!((10..30).contains(&stored), "{stored}");
    let refused = publish(&mut client, "S", "more");
    assert_eq!(refused["error"]["err_code"], 10077, "{refused}");
    assert_eq!(publish(&mut client, "T", "the other goes on")["seq"], 1);
    let (status, body) = healthz(&server);
    assert_eq!(status, "HTTP/1.0 503 Service Unavailable");
    let said = body["error"].as_str().unwrap();
    assert!(
        said.starts_with("JetStream stream '$G > S' takes no more messages: "),
        "{said}"
    );
    drop(server);

    let server = start(folder.path());
    let mut client = Client::open(server.address);
    assert_eq!(client.contents("S").len(), stored);
    assert_eq!(publish(&mut client, "S", "again")["seq"], stored + 1);
    assert_eq!(healthz(&server).0, "HTTP/1.0 200 OK");
}
