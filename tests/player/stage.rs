//! What a speaker does in front of people, in a real terminal: counts, search, the overview, a deck that is
//! changed meanwhile, a second screen, living slides, exports.

use std::process::Command;

use crate::support::pty::{Terminal, key};
use crate::talk::{PROGRAM, Stage};

const SIZE: (u16, u16) = (100, 30);
const DECK: &str = "# Første\n\nen\n---\n# Andre\n\nto\n\n<!-- speaker_note: husk vannet -->\n---\n# Tredje\n\ntre\n\
                    ---\n# Fjerde\n\nfire\n";

fn page(terminal: &Terminal, number: usize) -> String {
    terminal.wait_for(&format!("Slide {number} / 4"))
}

#[test]
fn counts_search_and_the_overview_lead_through_the_deck() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(&deck, DECK).unwrap();
    let mut terminal = stage.talk(&[deck.to_str().unwrap()], SIZE);
    page(&terminal, 1);
    for (keys, number) in [
        ("2n", 3),
        ("gg", 1),
        ("4G", 4),
        ("2k", 2),
        ("0j", 3),
        ("/FIRE/i\r", 4),
    ] {
        terminal.send(keys);
        page(&terminal, number);
    }
    terminal.send("O");
    let screen = terminal.wait_for(" 4● ");
    assert!(screen.contains("Første") && screen.contains("Tredje"), "{screen}");
    terminal.send("adr");
    terminal.wait_until("the one that fits", |screen| !screen.contains("Tredje"));
    terminal.send(key::ENTER);
    page(&terminal, 2);
    terminal.send("b");
    terminal.wait_until("a black screen", |screen| screen.trim().is_empty());
    terminal.send("b");
    page(&terminal, 2);
    terminal.send("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_deck_that_is_changed_is_read_anew_and_keeps_its_place() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(&deck, DECK).unwrap();
    let mut terminal = stage.talk(&["--follow-changes", deck.to_str().unwrap()], SIZE);
    page(&terminal, 1);
    terminal.send("3G");
    page(&terminal, 3);
    std::fs::write(&deck, DECK.replace("fire", "fire, endret")).unwrap();
    terminal.wait_for("fire, endret");
    page(&terminal, 4);
}

#[test]
fn a_second_screen_follows_with_the_code_alone() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(&deck, DECK).unwrap();
    let mut terminal = stage.talk(&[deck.to_str().unwrap()], SIZE);
    let screen = terminal.wait_for("0 meld./s");
    let at = screen.find("nats://").unwrap();
    let url = screen[at..].split_whitespace().next().unwrap().to_owned();
    let speaker = |args: &[&str]| {
        let args = [&["present", "--speaker", "--server", &url], args].concat();
        stage.start(PROGRAM, &args, SIZE)
    };

    let mut second = speaker(&["--minutes", "20"]);
    second.wait_for("Første");
    terminal.send("n");
    let screen = second.wait_for("husk vannet");
    assert!(screen.contains("2 / 4") && screen.contains("Tredje"), "{screen}");

    let mut stranger = speaker(&["--code", "gjettet kode"]);
    let screen = stranger.wait_for("scenen har en annen kode");
    assert!(!screen.contains("vannet"), "{screen}");
    for terminal in [&mut second, &mut stranger, &mut terminal] {
        terminal.send("q");
        assert!(terminal.wait_exit().success());
    }
    let folder = stage.path("goingnats/stage");
    assert_eq!(
        std::fs::read_dir(folder).unwrap().count(),
        0,
        "the code goes with the talk"
    );
}

#[test]
fn a_living_slide_shows_what_is_published() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    let source =
        "# Lytt\n\n```nats sub hello.> {live}\n```\n---\n# Knapp\n\n```nats pub hello.du hei42 {live}\n```\n";
    std::fs::write(&deck, source).unwrap();
    let mut terminal = stage.talk(&["--allow-run", deck.to_str().unwrap()], SIZE);
    terminal.wait_for("● nats sub hello.>");
    let screen = terminal.wait_for("0 meld./s");
    let at = screen.find("nats://").unwrap();
    let url = screen[at..].split_whitespace().next().unwrap();
    let published = Command::new(PROGRAM)
        .args(["nats", "--server", url, "pub", "hello.verden", "hei fra utsiden"])
        .output()
        .unwrap();
    assert!(published.status.success(), "{published:?}");
    terminal.wait_for("hei fra utsiden");
    terminal.send("n");
    terminal.wait_for("ctrl+e  publiser");
    terminal.send(key::CTRL_E);
    terminal.wait_for("sendt 1");
    terminal.send("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn the_talk_is_exported_as_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (format, file) in [("html", "talk.html"), ("text", "talk.txt")] {
        let output = folder.path().join(file);
        let done = Command::new(PROGRAM)
            .args(["export", "--format", format, "-o"])
            .arg(&output)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        let text = std::fs::read_to_string(&output).unwrap();
        for wanted in [
            "Hvorfor bruker vi NATS?",
            "Fan-In with Queue Group",
            "Takk for oppmerksomheten!",
        ] {
            assert!(text.contains(wanted), "{wanted} in {file}");
        }
        assert!(!text.contains("///"), "hidden lines stay hidden");
    }
}
