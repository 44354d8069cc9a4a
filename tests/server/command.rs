//! Flags, texts and exit codes.

use std::net::UdpSocket;
use std::process::Stdio;

use super::process::{Process, command, run};
use crate::support::raw::{PATIENCE, Raw};

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

/// Who searches the logs finds the same words.
#[test]
fn what_clients_do_wrong_is_in_the_log() {
    let settings = "authorization { users: [
           {user: a, password: a, permissions: {publish: \"ok.>\", subscribe: \"ok.>\"}}
         ] }
         max_payload: 1000
         max_subscription_tokens: 4\n";
    let process = Process::start(settings, &["-D"]);
    let login = r#""user":"a","pass":"a","name":"n""#;
    let client = || Raw::connect(process.address, login);
    for (said, logged) in [
        ("NONSENSE\r\n", r#"proto='"NONSENSE\r"...'"#),
        ("PUB ok.a 5000\r\n", "maximum payload exceeded: 5000 vs 1000"),
        ("PUB ok.a x\r\n", r#"processPub Bad or Missing Size: "ok.a x""#),
        ("SUB\ta\r\n", r#"processSub Parse Error: "a""#),
        ("HPUB ok.a 0 0\r\n\r\n", "message headers not supported"),
        ("PUB no 0\r\n\r\n", r#"Publish Violation - Subject "no""#),
        (
            "PUB ok.a $JS.ACK.x 0\r\n\r\n",
            r#"Publish Violation - Reply "$JS.ACK.x""#,
        ),
        ("SUB no 1\r\n", r#"Subscription Violation - Subject "no", SID 1"#),
        (
            "SUB no q 2\r\n",
            r#"Subscription Violation - Subject "no", Queue: "q", SID 2"#,
        ),
        (
            "SUB ok.a.b.c.d 3\r\n",
            r#"Subscription Violation Too Many Tokens - Subject "ok.a.b.c.d", SID 3"#,
        ),
        ("-ERR what\r\n", "Client Error what"),
        ("CONNECT {\"protocol\":7}\r\n", "invalid client protocol"),
    ] {
        let mut client = client();
        client.send(said);
        process.wait_for(|process| {
            let log = process.log();
            let found = log
                .iter()
                .find(|line| line.starts_with("[ERR]") && line.ends_with(logged))?;
            assert!(found.contains(r#" - "n" - "$G/user:a" - "#), "{found}");
            Some(())
        });
    }
    let mut stranger = Raw::open(process.address);
    stranger.send("CONNECT {\"user\":\"x\",\"pass\":\"geheim\"}\r\n");
    process.wait_for_log(r#" - authentication error - User "x""#);
    assert!(!process.log().iter().any(|line| line.contains("geheim")));
}

/// A socket such as a syslog daemon listens on: each line is a datagram.
#[test]
fn the_log_goes_to_syslog() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut server = command()
        .args(["-a", "127.0.0.1", "-p", "-1", "-s", "-r"])
        .arg(format!("udp://{}", daemon.local_addr().unwrap()))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let tag = format!(" nats-server[{}]: ", server.id());
    let mut next = || {
        let mut line = [0; 2000];
        let len = daemon.recv(&mut line).unwrap();
        let line = String::from_utf8_lossy(&line[..len]).into_owned();
        let (head, text) = line
            .split_once(&tag)
            .unwrap_or_else(|| panic!("{line:?} is not by {tag:?}"));
        // Severity "notice", and no facility: so does the original for every log but the machine's own.
        assert!(head.starts_with("<5>"), "{line:?}");
        text.trim_end().to_owned()
    };
    let until = |wanted: &str, next: &mut dyn FnMut() -> String| while next() != wanted {};
    until("Starting nats-server", &mut next);
    until("Server is ready", &mut next);
    assert!(run(&["-sl", &format!("term={}", server.id())]).status.success());
    until("Server Exiting..", &mut next);
    assert!(server.wait().unwrap().success());
}
