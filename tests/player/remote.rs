//! Steering a talk from elsewhere: a second screen, and any NATS client with a code.

use std::process::{Command, Output};

use crate::support::pty::Terminal;
use crate::talk::{PROGRAM, Stage};

const SIZE: (u16, u16) = (100, 30);
const DECK: &str = "# Første\n\n- en\n---\n# Andre\n\n```bash\necho svaret er $((6 * 7))\n```\n---\n# Tredje\n\ntre\n---\n# Fjerde\n\nfire\n";

/// A talk that is shown, and the address of its server.
fn talk(stage: &Stage, args: &[&str]) -> (Terminal, String) {
    let deck = stage.path("deck.md");
    std::fs::write(&deck, DECK).unwrap();
    let terminal = stage.talk(&[args, &[deck.to_str().unwrap()]].concat(), SIZE);
    let screen = terminal.wait_for("0 meld./s");
    let at = screen.find("nats://").unwrap();
    let url = screen[at..].split_whitespace().next().unwrap().to_owned();
    (terminal, url)
}

fn nats(url: &str, args: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(["nats", "--server", url])
        .args(args)
        .output()
        .unwrap()
}

/// What the stage answers.
fn ask(url: &str, order: &str, body: &str) -> String {
    let subject = format!("goingnats.deck.{order}");
    let output = nats(url, &["request", "--raw", &subject, body]);
    String::from_utf8(output.stdout).unwrap()
}

fn page(terminal: &Terminal, number: usize) -> String {
    terminal.wait_for(&format!("Slide {number} / 4"))
}

fn quit(terminals: &mut [&mut Terminal]) {
    for terminal in terminals {
        terminal.send("q");
        assert!(terminal.wait_exit().success());
    }
}

#[test]
fn any_client_with_the_code_moves_the_talk() {
    let stage = Stage::new();
    let (mut terminal, url) = talk(&stage, &["--remote=pizzanini", "--allow-run"]);
    assert!(ask(&url, "next", "pizzanini").contains("lysbilde 2 av 4"));
    page(&terminal, 2);
    for (order, body, number) in [
        ("goto", "pizzanini 4", 4),
        ("prev", "pizzanini 2", 2),
        ("last", "pizzanini", 4),
        ("first", "pizzanini", 1),
    ] {
        assert!(
            ask(&url, order, body).contains(&format!("lysbilde {number} av 4")),
            "{order}"
        );
        page(&terminal, number);
    }
    let with_header = ["request", "goingnats.deck.goto", "3", "-H", "Code:pizzanini"];
    assert!(nats(&url, &with_header).status.success());
    page(&terminal, 3);
    assert!(
        nats(&url, &["pub", "goingnats.deck.prev", "pizzanini"])
            .status
            .success()
    );
    page(&terminal, 2);
    ask(&url, "black", "pizzanini");
    terminal.wait_until("a black screen", |screen| screen.trim().is_empty());
    ask(&url, "black", "pizzanini");
    page(&terminal, 2);

    assert!(ask(&url, "run", "pizzanini").contains("kjører ikke kode"));
    assert!(ask(&url, "next", "").contains("koden mangler"));
    assert!(ask(&url, "quit", "pizzanini").contains("kjenner next"));
    for _ in 0..5 {
        assert!(ask(&url, "next", "gjettet").contains("feil kode"));
    }
    assert!(ask(&url, "next", "pizzanini").contains("prøv igjen om"));
    let screen = page(&terminal, 2);
    assert!(!screen.contains("svaret er 42"), "{screen}");
    quit(&mut [&mut terminal]);
}

#[test]
fn without_being_asked_for_there_is_no_remote_control() {
    let stage = Stage::new();
    let (mut terminal, url) = talk(&stage, &[]);
    assert!(ask(&url, "next", "pizzanini").contains("fjernkontrollen er av"));
    page(&terminal, 1);
    quit(&mut [&mut terminal]);
}

#[test]
fn a_second_screen_steers_asks_and_hands_over() {
    let stage = Stage::new();
    let (mut terminal, url) = talk(&stage, &["--allow-run"]);
    let screen = |name: &str| {
        let args = ["present", "--speaker", "--server", &url, "--name", name];
        stage.start(PROGRAM, &args, SIZE)
    };
    let mut kari = screen("Kari");
    kari.wait_for("1 / 4");
    kari.send("n");
    page(&terminal, 2);
    kari.wait_for("2 / 4");
    kari.send("\x05");
    terminal.wait_for("svaret er 42");

    kari.send("T");
    kari.wait_for("du styrer");
    terminal.wait_for("Kari styrer");
    terminal.send("n");
    terminal.wait_for("Kari styrer · T tar over");
    let mut ola = screen("Ola");
    ola.wait_for("Kari styrer");
    ola.send("n");
    ola.wait_for("Kari styrer · T ber om å få overta");
    ola.send("T");
    kari.wait_for("Ola vil styre · T gir");
    kari.send("T");
    ola.wait_for("du styrer");
    ola.send("4G");
    page(&terminal, 4);

    // Whoever leaves has no control any more.
    quit(&mut [&mut ola]);
    terminal.wait_until("free control", |screen| !screen.contains("Ola styrer"));
    terminal.send("gg");
    page(&terminal, 1);
    quit(&mut [&mut kari, &mut terminal]);
}
