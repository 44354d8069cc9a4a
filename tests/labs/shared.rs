//! The finale, with several participants at once.

use std::process::{Child, Command, Stdio};

use super::{PROGRAM, check_until, lab, nats, start};

/// A cook of a participant's; gone when dropped.
struct Cook(Child);

impl Drop for Cook {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn cook(url: &str, name: &str) -> Cook {
    let run = Command::new(PROGRAM)
        .args(["nats", "reply", "kitchen.bell", name, "--queue", "kokker"])
        .env("NATS_URL", url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Cook(run.unwrap())
}

#[test]
fn several_share_the_finale_and_no_order_is_lost_when_cooks_leave() {
    let (leader, guest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let home = leader.path();
    let mut started = start(home, &["boss", "--port", "0"]);
    let url = started.url.clone();
    let kari = cook(&url, "kari");
    let _ola = cook(&url, "ola");
    let stream = [
        "stream",
        "add",
        "KJOKKEN",
        "--subjects",
        "kitchen.orders.>",
        "--retention",
        "work",
        "--storage",
        "memory",
        "--defaults",
    ];
    nats(&url, &stream);
    nats(
        &url,
        &[
            "consumer",
            "add",
            "KJOKKEN",
            "kokker",
            "--pull",
            "--max-deliver",
            "5",
            "--defaults",
        ],
    );
    // Everyone may look, from a machine of their own; only where it was started does the lab go on.
    let from_guest = |args: &[&str]| lab(guest.path(), &[args, &["boss", "--server", &url]].concat());
    started.wait_for("Steget er bestått");
    assert_eq!(from_guest(&["check"]).status.code(), Some(0));
    for refused in ["reset", "solve", "hint"] {
        let output = from_guest(&[refused]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2));
        assert!(said.contains("deles av flere"), "{said}");
    }
    started.enter();
    started.wait_for("Klokka ringer");
    // One leaves in the middle, another comes.
    check_until(home, "some orders", |report| {
        report["checks"][0]["share"][0].as_u64() > Some(4)
    });
    drop(kari);
    let _per = cook(&url, "per");
    started.wait_for("Steget er bestått");
    let report = check_until(home, "the bell", |report| report["passed"] == true);
    let board = report["checks"][0]["board"].as_array().unwrap();
    let served: u64 = board.iter().map(|row| row[1].as_u64().unwrap()).sum();
    assert!(board.len() == 3 && served >= 30, "{board:?}");
}
