//! What goes wrong because the speaker wants it to.

use std::process::Command;

use crate::support::pty::{Terminal, key};
use crate::talk::{PROGRAM, Stage};

const SIZE: (u16, u16) = (100, 30);

fn choose(terminal: &mut Terminal, name: &str) {
    terminal.send(":");
    terminal.wait_for(" Kommando ");
    terminal.send(name);
    terminal.send(key::ENTER);
}

#[test]
fn the_server_goes_away_and_comes_back_with_what_it_had_stored() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(&deck, "# En\n").unwrap();
    let mut terminal = stage.talk(&[deck.to_str().unwrap()], SIZE);
    let screen = terminal.wait_for("0 meld./s");
    let at = screen.find("nats://").unwrap();
    let url = screen[at..].split_whitespace().next().unwrap().to_owned();
    let nats = |args: &[&str]| {
        let output = Command::new(PROGRAM)
            .args(["nats", "--server", &url])
            .args(args)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    assert!(nats(&["stream", "add", "S", "--subjects", "s", "--defaults"]).0);
    assert!(nats(&["pub", "s", "husk meg", "--jetstream"]).0);

    choose(&mut terminal, "slå serveren");
    terminal.wait_for("Serveren er slått av");
    terminal.send("b");
    terminal.send("b");
    terminal.wait_for("mistet");
    assert!(!nats(&["rtt"]).0);
    choose(&mut terminal, "slå serveren");
    terminal.wait_for("Serveren slås på igjen");
    terminal.send("b");
    terminal.send("b");
    terminal.wait_for("meld./s");
    let (found, message) = nats(&["stream", "get", "S", "1"]);
    assert!(found && message.contains("husk meg"), "{message}");

    choose(&mut terminal, "treg klient");
    terminal.wait_for("En treg klient abonnerer på alt");
    terminal.send("b");
    terminal.send("b");
    terminal.wait_for("2 klienter");
    choose(&mut terminal, "treg klient");
    terminal.wait_for("Den trege klienten er borte");
    terminal.send("b");
    terminal.send("b");
    terminal.wait_for("1 klient ");
    terminal.send("q");
    assert!(terminal.wait_exit().success());
}
