//! A lab solved with keys alone: the real binary in a pseudo terminal.

use std::path::Path;

use goingnats::lab::progress::Progress;

use super::PROGRAM;
use crate::support::pty::{Terminal, key};

/// The environment of somebody who lives in a folder.
fn at_home(folder: &Path) -> [(&str, &str); 3] {
    ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, folder.to_str().unwrap()))
}

#[test]
fn a_lab_is_solved_from_end_to_end_on_the_screen() {
    let home = tempfile::tempdir().unwrap();
    let env = at_home(home.path());
    let mut terminal = Terminal::start(Path::new(PROGRAM), &["lab", "--port", "0"], &env, 100, 30);
    terminal.wait_for("0 av 14 laber");
    terminal.send(key::ENTER);
    terminal.wait_for("Rop i et tomt rom");
    terminal.wait_for("· En melding på hello");
    // A wrong answer is told, and can be given again.
    terminal.send("a7\r");
    terminal.wait_for("«7»: ikke riktig");
    terminal.send(":nats pub hello hei\r");
    terminal.wait_for("✓ En melding på hello");
    terminal.send("a0\r");
    terminal.wait_for("Bestått! n går videre");
    terminal.send("n");
    terminal.wait_for("Noen hører deg");
    terminal.send(":nats sub hello\r");
    terminal.wait_for("✓ Noen abonnerer på hello");
    terminal.send(":nats pub hello hei --count 10\r");
    terminal.wait_for("✓ Abonnementet har fått minst ti meldinger");
    terminal.send("3");
    terminal.wait_for("Ferdig! 100 poeng");
    terminal.send("n");
    terminal.wait_for("1 av 14 laber · 100 poeng");
    let progress = Progress::read(&home.path().join("goingnats").join("labs.json")).unwrap();
    assert!(progress.has_passed("pubsub", "alone") && progress.has_passed("pubsub", "heard"));
    terminal.send("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_lab_opens_its_panes_and_runs_its_blocks_with_a_key() {
    let home = tempfile::tempdir().unwrap();
    let env = at_home(home.path());
    let labs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/labs");
    let args = ["lab", "--port", "0", "--labs", labs.to_str().unwrap()];
    let mut terminal = Terminal::start(Path::new(PROGRAM), &args, &env, 100, 30);
    terminal.wait_for("Alle slags sjekker");
    terminal.send(key::ENTER);
    terminal.wait_for("Først bråk, så stille");
    terminal.wait_for("Streams");
    // An early `n` says how to go on all the same.
    terminal.send("n");
    terminal.wait_for("> hopper videre likevel");
    for check in ["svar.txt sier ja", "Minst én av to streams", "· Fem på rappen"] {
        terminal.send(">");
        terminal.wait_for(check);
    }
    terminal.send("k");
    terminal.wait_for("✓ Fem på rappen");
    terminal.send("q");
    assert!(terminal.wait_exit().success());
}
