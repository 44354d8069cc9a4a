//! What a speaker meets before the first slide: a taken port, no terminal, an unknown deck.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use goingnats::broker::{self, Options};

use super::{PROGRAM, Stage};
use crate::support::pty::key;

const SIZE: (u16, u16) = (100, 30);

fn some_broker() -> broker::Handle {
    broker::start(Options {
        port: 0,
        server_name: Some("naboen".to_owned()),
        ..Options::default()
    })
    .unwrap()
}

#[test]
fn a_port_taken_by_a_server_can_be_used_or_left() {
    let neighbour = some_broker();
    let port = neighbour.address().port().to_string();
    let stage = Stage::new();

    let mut terminal = stage.start(PROGRAM, &["--port", &port], SIZE);
    terminal.wait_for("opptatt av NATS-serveren «naboen» (versjon 2.14.5)");
    terminal.send("b\r");
    terminal.wait_for(&format!("nats://127.0.0.1:{port}"));
    terminal.send("q");
    assert!(terminal.wait_exit().success());

    let mut terminal = stage.start(PROGRAM, &["--port", &port], SIZE);
    terminal.wait_for("Valg:");
    terminal.send("e\r");
    let screen = terminal.wait_for("0 meld./s");
    assert!(!screen.contains(&format!(":{port} ")), "{screen}");
    terminal.send("q");
    assert!(terminal.wait_exit().success());

    let mut terminal = stage.start(PROGRAM, &["--port", &port], SIZE);
    terminal.wait_for("Valg:");
    terminal.send("q\r");
    assert!(terminal.wait_exit().success());
    assert!(!terminal.alternate_screen());
}

#[test]
fn a_port_taken_by_a_stranger_leaves_two_ways() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let mut terminal = Stage::new().start(PROGRAM, &["--port", &port], SIZE);
    let screen = terminal.wait_for("Valg:");
    assert!(
        screen.contains("noe som ikke er NATS") && !screen.contains("bruk den serveren"),
        "{screen}"
    );
    terminal.send("q\r");
    assert!(terminal.wait_exit().success());
}

#[test]
fn without_a_terminal_there_is_a_message_and_no_garbage() {
    let output = Command::new(PROGRAM).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("terminal") && !error.contains('\x1b'), "{error:?}");
}

#[test]
fn a_deck_from_outside_asks_once_before_it_runs_anything() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(&deck, "# Fremmed\n\n```bash\necho kjort$((40+2))\n```\n").unwrap();
    let deck = deck.to_str().unwrap();

    let mut terminal = stage.talk(&[deck], SIZE);
    terminal.wait_for("Slide 1 / 1");
    terminal.send(key::CTRL_E);
    terminal.wait_for("Kode i den kan gjøre alt");
    terminal.send("n");
    terminal.wait_until("the question to go", |screen| !screen.contains("Kode i den"));
    terminal.send(key::CTRL_E);
    terminal.wait_for("Kode i den kan gjøre alt");
    terminal.send("j");
    terminal.wait_for("kjort42");
    terminal.send("q");
    assert!(terminal.wait_exit().success());

    let mut again = stage.talk(&[deck], SIZE);
    again.wait_for("Slide 1 / 1");
    again.send(key::CTRL_E);
    let screen = again.wait_for("kjort42");
    assert!(!screen.contains("Kode i den"), "{screen}");
}

#[test]
fn a_resize_at_any_time_fits_the_slide_anew() {
    let mut terminal = Stage::new().talk(&["--slide", "35"], (200, 60));
    terminal.wait_for("Slide 35 / 36");
    for size in [(80, 24), (40, 10), (120, 40)] {
        terminal.resize(size.0, size.1);
        terminal.wait_until("the new size", |screen| {
            screen.contains("35 / 36")
                && screen
                    .lines()
                    .all(|line| line.chars().count() <= usize::from(size.0))
        });
    }
}
