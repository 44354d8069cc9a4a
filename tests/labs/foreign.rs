//! Labs on a server that is not ours: what can be checked is, and the rest says what it needs.

use super::{check_until, lab, nats, start};
use crate::support::server::Server;

const JETSTREAM: &str = "jetstream: enabled";

/// The reference, where it is named; else a broker of ours that the lab knows nothing of.
fn foreign(settings: &str) -> Server {
    Server::reference(settings).unwrap_or_else(|| Server::ours(settings))
}

#[test]
fn a_check_that_a_foreign_server_does_not_allow_says_so_and_is_in_nobodys_way() {
    let server = foreign(JETSTREAM);
    let url = server.url();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let _started = start(home, &["request-reply", "--server", &url]);
    let report = check_until(home, "a look", |report| report["checks"][0]["seen"] != "");
    assert_eq!(report["checks"][0]["state"], "unable");
    let seen = report["checks"][0]["seen"].as_str().unwrap();
    assert!(seen.contains("uten --server"), "{seen}");
    let output = lab(home, &["check", "--answer", "said=no responders"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn a_lab_of_streams_says_when_the_server_has_no_jetstream() {
    let server = foreign("");
    let url = server.url();
    let home = tempfile::tempdir().unwrap();
    let _started = start(home.path(), &["streams", "--server", &url]);
    nats(&url, &["pub", "sensors.pizzanini.temp", "20"]);
    let report = check_until(home.path(), "a look", |report| report["checks"][0]["seen"] != "");
    let seen = report["checks"][0]["seen"].as_str().unwrap();
    assert!(seen.contains("JetStream er ikke på"), "{seen}");
}

#[test]
fn the_labs_are_held_to_their_solutions_on_the_reference_too() {
    let Some(server) = Server::reference(JETSTREAM) else {
        return;
    };
    let url = server.url();
    let home = tempfile::tempdir().unwrap();
    let output = lab(home.path(), &["verify", "--server", &url]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
}
