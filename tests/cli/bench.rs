//! Measuring: every message counts once.

use super::{Lab, text};

#[test]
fn a_million_needs_no_more_than_a_thousand_to_be_counted() {
    let lab = Lab::new();
    let sub = lab.background(
        &[
            "bench",
            "sub",
            "fart",
            "--msgs",
            "1000",
            "--clients",
            "2",
            "--no-progress",
        ],
        "Waiting for messages",
    );
    let csv = lab.home.path().join("fart.csv");
    let output = lab.run(&[
        "bench",
        "pub",
        "fart",
        "--msgs=1000",
        "--clients=3",
        "--size=1KB",
        "--csv",
        csv.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let log = text(&output.stderr);
    assert!(
        log.contains(
            "Starting Core NATS publisher benchmark [clients=3, msg-size=1 KiB, msgs=1,000, subject=fart]"
        ),
        "{log}"
    );
    let told = text(&output.stdout);
    for part in [
        "(334 msgs)",
        "(333 msgs)",
        "NATS Core NATS publisher aggregated stats: ",
        "| P99 ",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let rows = std::fs::read_to_string(csv).unwrap();
    assert_eq!(rows.lines().count(), 4);
    let heard = sub.finish();
    assert_eq!(heard.matches("(1,000 msgs)").count(), 2, "{heard}");
}

#[test]
fn messages_of_many_subjects_are_counted_together() {
    let lab = Lab::new();
    let sub = lab.background(
        &["bench", "sub", "m", "--multisubject", "--msgs=300"],
        "Waiting for messages",
    );
    lab.stdout(&[
        "bench",
        "pub",
        "m",
        "--multisubject",
        "--multisubjectmax=7",
        "--msgs=300",
    ]);
    assert!(sub.finish().contains("NATS Core NATS subscriber stats: "));
}

#[test]
fn streams_are_filled_and_read_in_every_way() {
    let lab = Lab::new();
    let run = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = lab.run(&words);
        let told = text(&output.stdout);
        assert!(output.status.success(), "{line}: {}", text(&output.stderr));
        told
    };
    let stored = || -> u64 {
        let info: serde_json::Value = serde_json::from_str(&run("stream info benchstream --json")).unwrap();
        info["state"]["messages"].as_u64().unwrap()
    };
    let told = run("bench js pub sync js.bench --create --storage memory --msgs 30 --clients 2");
    assert!(
        told.contains("NATS JetStream synchronous publisher aggregated stats"),
        "{told}"
    );
    assert_eq!(stored(), 30);
    let told = run("bench js pub async js.bench --msgs 250 --batch 100 --purge --no-progress");
    assert!(told.contains("| P99") || told.contains("~ P99: "), "{told}");
    assert_eq!(stored(), 250);
    // The stream that one way of publishing made is fit for the others.
    run("bench js pub atomic js.bench --msgs 250 --batch 100 --purge");
    assert_eq!(stored(), 250);
    for (line, what) in [
        ("bench js ordered --msgs 250", "ordered ephemeral consumer"),
        (
            "bench js consume --msgs 250 --clients 2",
            "durable consumer (callback)",
        ),
        (
            "bench js fetch --consumer andre --msgs 250 --acks all --batch 60",
            "durable consumer (fetch)",
        ),
        ("bench js get sync --msgs 100", "synchronous getter"),
        (
            "bench js get batch --msgs 250 --batch 40",
            "batched direct getter",
        ),
    ] {
        let told = run(line);
        assert!(
            told.contains(what) && told.contains(" msgs/sec"),
            "{line}: {told}"
        );
    }
    assert!(run("consumer info benchstream nats-bench --json").contains("\"num_pending\": 0"));
    assert!(run("consumer ls benchstream --names").trim() == "andre\nnats-bench");
    let none = lab.run(&["bench", "js", "pub", "sync", "x", "--stream", "NOPE"]);
    assert!(
        text(&none.stderr).contains("use --create"),
        "{}",
        text(&none.stderr)
    );
}

#[test]
fn buckets_and_services_are_measured() {
    let lab = Lab::new();
    let put = lab.stdout(&["bench", "kv", "put", "--msgs", "50", "--storage", "memory"]);
    assert!(put.contains("NATS KV putter stats: "), "{put}");
    let get = lab.stdout(&["bench", "kv", "get", "--msgs", "50", "--clients", "2"]);
    assert!(get.contains("NATS KV getter aggregated stats: "), "{get}");
    assert_eq!(lab.stdout(&["kv", "ls", "benchbucket"]).lines().count(), 50);

    let server = lab.background(
        &["bench", "service", "serve", "tjeneste", "--clients", "2"],
        "Waiting for requests",
    );
    let asked = lab.run(&[
        "bench",
        "service",
        "request",
        "tjeneste",
        "--msgs",
        "40",
        "--throughput",
        "1000",
    ]);
    let told = text(&asked.stdout);
    assert!(
        told.contains("NATS Core NATS service requester stats: ") && told.contains("P99.9: "),
        "{told}"
    );
    server.stop();
}

#[test]
fn a_refused_run_ends() {
    let lab = Lab::new();
    let output = lab.run(&["bench", "pub", "a b", "--clients", "2"]);
    assert_eq!(output.status.code(), Some(1));
    let output = lab.run(&["bench", "pub", "a", "--size", "-1"]);
    assert_eq!(output.status.code(), Some(1));
}
