//! Publishing, subscribing, asking and answering.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::sync::mpsc;

use serde_json::Value;

use super::{Background, Lab, text};

#[test]
fn what_is_published_is_received_with_headers_and_templates() {
    let lab = Lab::new();
    let sub = lab.background(
        &["sub", "hello.>", "-I", "hello.secret", "--count", "4"],
        "Subscribing on hello.>",
    );
    let log = lab.run(&[
        "pub",
        "hello.world",
        "m{{Count}}",
        "--count",
        "2",
        "-H",
        "n: {{Count}}",
    ]);
    assert_eq!(text(&log.stdout), "");
    assert_eq!(
        text(&log.stderr)
            .matches("Published 2 bytes to \"hello.world\"")
            .count(),
        2
    );
    lab.stdout(&["pub", "hello.secret", "x"]);
    lab.stdout(&["pub", "hello.reply", "", "--reply", "answers"]);
    lab.stdout(&["pub", "hello.{{who}}", "x", "--no-templates"]);
    let expected = "\
[#1] Received on \"hello.world\"
n: 1

m1


[#2] Received on \"hello.world\"
n: 2

m2


[#3] Received on \"hello.reply\" with reply \"answers\"
nil body


[#4] Received on \"hello.{{who}}\"
x


";
    assert_eq!(sub.finish(), expected);
}

#[test]
fn a_body_comes_from_a_pipe_as_it_is() {
    let lab = Lab::new();
    let sub = lab.background(&["sub", "a", "--count", "3", "-t"], "Subscribing on a");
    for (input, flags) in [
        ("one\ntwo\n", &["--send-on", "newline"][..]),
        ("whole {{nope}}", &[]),
    ] {
        let mut publish = lab
            .command(&["pub", "a"])
            .args(flags)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        publish.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        assert!(publish.wait().unwrap().success());
    }
    let seen = sub.finish();
    let bodies: Vec<&str> = seen
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("[#"))
        .collect();
    assert_eq!(bodies, ["one", "two", "whole {{nope}}"]);
}

#[test]
fn lines_of_a_pipe_are_stored_as_one_batch() {
    let lab = Lab::new();
    lab.stdout(&[
        "stream",
        "add",
        "LAGER",
        "--subjects=lager.>",
        "--storage=memory",
        "--allow-batch",
        "--defaults",
    ]);
    let mut publish = lab
        .command(&["pub", "lager.a", "--jetstream", "--atomic", "--send-on=newline"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    publish.stdin.take().unwrap().write_all(b"a\nb\nc\n").unwrap();
    let output = publish.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("Messages: 3 Sequence: 3"), "{said}");
}

#[test]
fn a_group_shares_the_work() {
    let lab = Lab::new();
    let (sender, received) = mpsc::channel();
    let arguments = ["sub", "work", "--queue", "crew", "--ack"];
    let mut crew: Vec<_> = (0..2)
        .map(|_| lab.background(&arguments, "Subscribing on work"))
        .collect();
    for (member, background) in crew.iter_mut().enumerate() {
        let sender = sender.clone();
        let lines = BufReader::new(background.child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            let numbers = lines
                .map_while(Result::ok)
                .filter_map(|line| line.parse::<u32>().ok());
            numbers.for_each(|number| sender.send((member, number)).unwrap_or_default());
        });
    }
    lab.stdout(&["pub", "work", "{{Count}}", "--count", "40"]);
    let (members, mut numbers): (Vec<_>, Vec<_>) = received.iter().take(40).unzip();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    assert!(
        members.contains(&0) && members.contains(&1),
        "one member did it all"
    );
    crew.into_iter().for_each(Background::stop);
}

#[test]
fn a_command_answers_and_a_request_cannot_add_arguments() {
    let lab = Lab::new();
    let reply = lab.background(
        &[
            "reply",
            "commands.*",
            "--command",
            "printf '[%s]' {{1}} {{Request}} end",
            "--count",
            "2",
        ],
        "Listening on \"commands.*\" in group \"NATS-RPLY-22\"",
    );
    let answer = lab.run(&["req", "commands.kari", "hei"]);
    assert_eq!(text(&answer.stdout), "[kari][hei][end]\n\n\n");
    assert!(text(&answer.stderr).contains("Sending request on \"commands.kari\""));
    let hostile = "a b' \"c\" $(id); {{Count}}";
    let answer = lab.stdout(&["req", "commands.ola", hostile, "--no-templates", "-r"]);
    assert_eq!(answer, format!("[ola][{hostile}][end]\n\n\n"));
    assert!(reply.finish().contains(hostile));
}

#[test]
fn an_echo_carries_headers_and_counts() {
    let lab = Lab::new();
    let reply = lab.background(
        &["reply", "echo", "--count", "1", "-q", "own"],
        "in group \"own\"",
    );
    let answer = lab.run(&["request", "echo", "hei", "-H", "a:b"]);
    assert_eq!(text(&answer.stdout), "hei\n\n\n");
    let log = text(&answer.stderr);
    assert!(
        log.contains("Received with rtt") && log.contains("NATS-Reply-Counter: 0") && log.contains(" a: b")
    );
    reply.finish();
}

#[test]
fn several_replies_are_waited_for() {
    let lab = Lab::new();
    let responders: Vec<_> = ["one", "two"]
        .into_iter()
        .map(|name| {
            lab.background(
                &["reply", "who", name, "-q", name, "--count", "1"],
                "Listening on",
            )
        })
        .collect();
    let mut names: Vec<String> = lab
        .stdout(&["req", "who", "?", "-r", "--replies", "2"])
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    names.sort();
    assert_eq!(names, ["one", "two"]);
    for responder in responders {
        responder.finish();
    }
}

#[test]
fn nobody_to_ask_is_said_and_is_no_failure() {
    let lab = Lab::new();
    let output = lab.run(&["req", "nobody", "x"]);
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("No responders are available"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let lab = Lab::new();
    let mut sub = lab.background(&["sub", "a", "--count", "1000"], "Subscribing on a");
    drop(sub.child.stdout.take());
    lab.stdout(&["pub", "a", "x", "--count", "1000"]);
    sub.finish();
}

#[test]
fn what_goes_wrong_is_one_line_and_exit_code_1() {
    let lab = Lab::new();
    for (arguments, said) in [
        (&["pub", "a b", "x"][..], "nats: error: nats: invalid subject\n"),
        (
            &["pub", "a", "x", "-H", "no value"],
            "nats: error: invalid header \"no value\"\n",
        ),
        (&["sub"], "nats: error: subject is required\n"),
        (
            &["sub", "a", "-T"],
            "nats: error: --terminate-at-end is only supported for JetStream subscriptions\n",
        ),
        (
            &["pub", "a", "x", "--context", "nope"],
            "nats: error: unknown context \"nope\"\n",
        ),
        (
            &["pub", "a", "x", "-s", "nats://127.0.0.1:1"],
            "nats: error: nats: no servers available for connection\n",
        ),
    ] {
        let output = lab.run(arguments);
        assert_eq!(
            (output.status.code(), text(&output.stderr).as_str()),
            (Some(1), said),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_round_trip_is_measured() {
    let lab = Lab::new();
    let report: serde_json::Value = serde_json::from_str(&lab.stdout(&["rtt", "-j"])).unwrap();
    assert_eq!(report[0]["url"], lab.broker.url());
    assert!(report[0]["results"][0]["rtt"].as_u64().unwrap() > 0);
}

#[test]
fn a_service_is_found_asked_and_counted() {
    let lab = Lab::new();
    let mut service = lab.command(&["service", "serve", "demo"]).spawn().unwrap();
    let mut said = BufReader::new(service.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("demo.echo") {
        line.clear();
        assert!(
            said.read_line(&mut line).unwrap() > 0,
            "the service never listened"
        );
    }
    assert_eq!(
        lab.stdout(&["request", "demo.echo", "hei", "--raw"]).trim(),
        "hei"
    );
    let infos: Value = serde_json::from_str(&lab.stdout(&["service", "list", "--json"])).unwrap();
    assert_eq!(infos[0]["name"], "demo");
    assert!(lab.stdout(&["micro", "ls"]).contains("All Services"));
    assert_eq!(
        lab.stdout(&["service", "request", "demo", "echo", "hallo", "--raw"])
            .trim(),
        "hallo"
    );
    let no_endpoint = lab.run(&["service", "req", "demo", "nope", "x"]);
    assert!(text(&no_endpoint.stderr).contains("it has: echo"));
    let stats: Value = serde_json::from_str(&lab.stdout(&["service", "stats", "demo", "-j"])).unwrap();
    assert_eq!(stats[0]["endpoints"][0]["num_requests"], 2);
    let info: Value = serde_json::from_str(&lab.stdout(&["service", "info", "demo", "-j"])).unwrap();
    assert_eq!(info["info"]["endpoints"][0]["subject"], "demo.echo");
    assert!(
        lab.stdout(&["service", "ping", "demo", "--timeout", "500ms"])
            .contains("rtt=")
    );
    service.kill().unwrap();
    service.wait().unwrap();
    let nobody = lab.run(&["service", "list"]);
    assert!(text(&nobody.stderr).contains("no service instances found"));
}

#[test]
fn every_shell_gets_its_completion() {
    let lab = Lab::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(lab.stdout(&["completion", shell]).contains("stream"), "{shell}");
    }
}

#[test]
fn what_flows_is_counted_and_dumped() {
    let lab = Lab::new();
    let report = lab.background(
        &["sub", "a.*", "--report-subjects", "--count", "3"],
        "Subscribing on a.*",
    );
    lab.stdout(&[
        "stream",
        "add",
        "A",
        "--subjects",
        "a.*",
        "--storage",
        "memory",
        "--defaults",
    ]);
    lab.stdout(&["pub", "a.x", "hei", "-H", "k:v"]);
    lab.stdout(&["pub", "a.y", "{{Count}}", "--count", "2"]);
    let told = report.finish();
    assert!(
        told.contains("Top 10 Active Subjects Report") && told.contains("│ a.y     │ 2"),
        "{told}"
    );
    let folder = lab.home.path().join("dump");
    lab.stdout(&[
        "sub",
        "--stream",
        "A",
        "--all",
        "-T",
        "--dump",
        folder.to_str().unwrap(),
    ]);
    let first: Value = serde_json::from_slice(&std::fs::read(folder.join("1.json")).unwrap()).unwrap();
    assert_eq!(
        (&first["Subject"], &first["Data"], &first["Header"]["k"][0]),
        (&Value::from("a.x"), &Value::from("aGVp"), &Value::from("v"))
    );
    assert!(folder.join("3.json").exists());
}

#[test]
fn the_time_between_two_servers_is_measured() {
    let lab = Lab::new();
    let url = lab.broker.url();
    let output = lab.run(&[
        "latency",
        "--server-b",
        &url,
        "--rate",
        "200",
        "--duration",
        "200ms",
    ]);
    let log = text(&output.stderr);
    assert!(
        output.status.success() && log.contains("Median Latency") && log.contains("99.9:"),
        "{log}"
    );
}

#[test]
fn whoever_lists_a_bucket_leaves_nothing_behind() {
    let lab = Lab::new();
    lab.stdout(&["object", "add", "FILER", "--storage", "memory"]);
    lab.stdout(&["object", "put", "FILER", "Cargo.toml", "--no-progress"]);
    assert!(lab.stdout(&["object", "ls", "FILER"]).contains("Cargo.toml"));
    assert_eq!(lab.stdout(&["object", "ls", "FILER", "-n"]), "Cargo.toml\n");
    let info: Value = serde_json::from_str(&lab.stdout(&["stream", "info", "OBJ_FILER", "-j"])).unwrap();
    assert_eq!(info["state"]["consumer_count"], 0);
}

#[test]
fn who_listens_to_everything_sees_only_what_others_send() {
    let lab = Lab::new();
    // The first listener is why a question into the blue would be answered by nobody, or late.
    let first = lab.background(&["sub", ">"], "Subscribing on >");
    let second = lab.background(&["sub", ">", "--count", "1"], "Subscribing on >");
    lab.stdout(&["pub", "hello", "hei"]);
    let seen = second.finish();
    assert!(seen.contains("[#1] Received on \"hello\""), "{seen}");
    first.stop();
}
