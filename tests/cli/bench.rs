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
fn a_refused_run_ends() {
    let lab = Lab::new();
    let output = lab.run(&["bench", "pub", "a b", "--clients", "2"]);
    assert_eq!(output.status.code(), Some(1));
    let output = lab.run(&["bench", "pub", "a", "--size", "-1"]);
    assert_eq!(output.status.code(), Some(1));
}
