//! The terminal is given back whatever happens.

use super::Stage;
use crate::support::pty::{Terminal, key};

const SIZE: (u16, u16) = (100, 30);

/// Types a line into the shell and waits for its answer: echo, line editing and cursor are back.
fn assert_usable(terminal: &mut Terminal) {
    terminal.wait_until("the shell's prompt", |screen| last_line(screen) == "$");
    assert!(!terminal.alternate_screen());
    terminal.send("stty -a; echo brukbar$((40+2))\r");
    let screen = terminal.wait_for("brukbar42");
    let settings = screen.replace('\n', " ");
    assert!(
        settings.contains(" icanon") && settings.contains(" echo "),
        "{screen}"
    );
    assert!(!terminal.cursor_hidden());
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    for (on, off) in [
        ("\x1b[?1049h", "\x1b[?1049l"),
        ("\x1b[?2004h", "\x1b[?2004l"),
        ("\x1b[?1000h", "\x1b[?1000l"),
    ] {
        assert!(raw.rfind(off) > raw.rfind(on), "{on:?} was not undone");
    }
}

fn last_line(screen: &str) -> &str {
    screen.trim_end().lines().last().unwrap_or_default().trim_end()
}

/// A shell with the talk in it.
fn talking() -> (Stage, Terminal) {
    let stage = Stage::new();
    let mut terminal = stage.shell(SIZE);
    terminal.wait_for("$ ");
    // The shell's own line editor turns bracketed paste on and off; ours alone is to be looked at.
    terminal.send(
        "bind 'set enable-bracketed-paste off'; bash -c 'echo $$ > $HOME/pid; exec goingnats --port 0'\r",
    );
    terminal.wait_for("Slide 1 / 36");
    (stage, terminal)
}

#[test]
fn after_quitting() {
    let (_stage, mut terminal) = talking();
    terminal.send("q");
    assert_usable(&mut terminal);
}

#[test]
fn after_being_killed() {
    let (stage, mut terminal) = talking();
    let pid = std::fs::read_to_string(stage.path("pid")).unwrap();
    let killed = std::process::Command::new("kill")
        .arg(pid.trim())
        .status()
        .unwrap();
    assert!(killed.success());
    assert_usable(&mut terminal);
}

#[test]
fn after_a_panic() {
    let (_stage, mut terminal) = talking();
    terminal.send(key::F12);
    let screen = terminal.wait_for("panicked at");
    assert!(!screen.contains("Slide 1"), "{screen}");
    assert_usable(&mut terminal);
}

#[test]
fn while_suspended_and_back() {
    let (_stage, mut terminal) = talking();
    terminal.send(key::CTRL_Z);
    terminal.wait_for("Stopped");
    assert_usable(&mut terminal);
    terminal.send("fg\r");
    terminal.wait_for("Slide 1 / 36");
    terminal.send("n");
    terminal.wait_for("Slide 2 / 36");
    terminal.send("q");
    assert_usable(&mut terminal);
}
