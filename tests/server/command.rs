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

/// What is said, and with which exit code, on a line of flags: our own words only for what we do not do.
#[test]
fn flags_are_answered_as_nats_server_answers_them() {
    let table: &[(&str, i32, &str)] = &[
        ("-v", 0, "nats-server: v2.14.5"),
        ("--version", 0, "nats-server: v2.14.5"),
        ("version", 0, "nats-server: v2.14.5"),
        ("-T=false -v", 0, "nats-server: v2.14.5"),
        ("--profile 1 -v", 0, "nats-server: v2.14.5"),
        ("-auth x -user y -pass z -v", 0, "nats-server: v2.14.5"),
        ("--ports_file_dir /nonexistent -v", 0, "nats-server: v2.14.5"),
        ("foo", 1, "nats-server: unrecognized command: \"foo\""),
        ("-nope", 0, "flag provided but not defined: -nope"),
        ("-p abc", 0, "invalid value \"abc\" for flag -p: parse error"),
        ("-p", 0, "flag needs an argument: -p"),
        (
            "-js=maybe",
            0,
            "invalid boolean value \"maybe\" for -js: parse error",
        ),
        (
            "-logtime=x",
            0,
            "invalid boolean value \"x\" for -logtime: parse error",
        ),
        (
            "-max_traced_msg_len x",
            0,
            "invalid value \"x\" for flag -max_traced_msg_len: parse error",
        ),
        (
            "-log_size_limit x",
            0,
            "invalid value \"x\" for flag -log_size_limit: parse error",
        ),
        (
            "-t",
            1,
            "nats-server: must specify [-c, --config] option to check configuration file syntax",
        ),
        (
            "-c /nonexistent",
            1,
            "nats-server: open /nonexistent: no such file or directory",
        ),
        (
            "-t -c /nonexistent",
            1,
            "nats-server: open /nonexistent: no such file or directory",
        ),
        ("-sl dance=999999", 1, "nats-server: unknown signal \"dance\""),
        (
            "-sl quit=12=13",
            1,
            "nats-server: invalid signal parameters: [13]",
        ),
        ("-sl ldm=abc*", 1, "nats-server: invalid pid: abc"),
        (
            "--signal reload=/nonexistent/pid",
            1,
            "nats-server: invalid pid: /nonexistent/pid",
        ),
        (
            "--tls",
            1,
            "nats-server: TLS Server certificate must be present and valid",
        ),
        (
            "--tls --tlscert x",
            1,
            "nats-server: TLS Server private key must be present and valid",
        ),
        (
            "--tls --tlscert x --tlskey y",
            1,
            "nats-server: error parsing X509 certificate/key pair: open x: no such file or directory",
        ),
        ("-n a\u{a0}b -v", 0, "nats-server: v2.14.5"),
    ];
    for (line, code, said) in table {
        let args: Vec<&str> = line.split(' ').collect();
        let output = run(&args);
        let first = [&output.stderr, &output.stdout].map(|bytes| {
            let text = text(bytes);
            text.lines().next().unwrap_or_default().to_owned()
        });
        assert_eq!(output.status.code(), Some(*code), "{line}");
        assert!(first.contains(&(*said).to_owned()), "{line}: {first:?}");
    }
}

/// The real help has a line for every flag, and so has ours.
#[test]
fn the_help_names_every_flag() {
    let help = text(&run(&["--help"]).stdout);
    for flag in [
        "--addr",
        "--net",
        "--port",
        "--name",
        "--server_name",
        "--pid",
        "--http_port",
        "--https_port",
        "--config",
        "-t",
        "--signal",
        "--client_advertise",
        "--ports_file_dir",
        "--log",
        "--logtime",
        "--syslog",
        "--remote_syslog",
        "--debug",
        "--trace",
        "-VV",
        "-DV",
        "-DVV",
        "--log_size_limit",
        "--max_traced_msg_len",
        "--jetstream",
        "--store_dir",
        "--user",
        "--pass",
        "--auth",
        "--tls",
        "--tlscert",
        "--tlskey",
        "--tlsverify",
        "--tlscacert",
        "--routes",
        "--cluster",
        "--cluster_name",
        "--no_advertise",
        "--cluster_advertise",
        "--connect_retries",
        "--profile",
        "--help",
        "--version",
        "--help_tls",
    ] {
        assert!(help.contains(flag), "{flag} in {help}");
    }
}
