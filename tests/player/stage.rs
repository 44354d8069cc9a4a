//! What a speaker does in front of people, in a real terminal: counts, search, the overview, a deck that is
//! changed meanwhile, a second screen, living slides, exports.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::pty::{Terminal, key};
use crate::talk::{PROGRAM, Stage};

const SIZE: (u16, u16) = (100, 30);
const DECK: &str = "# Første\n\n- en\n---\n# Andre\n\nto\n\n<!-- speaker_note: husk vannet -->\n---\n# Tredje\n\ntre\n\
                    ---\n# Fjerde\n\nfire\n";

/// The server's address, as the talk's status line has it.
fn url_of(terminal: &Terminal) -> String {
    let screen = terminal.wait_for("0 meld./s");
    let at = screen.find("nats://").unwrap();
    screen[at..].split_whitespace().next().unwrap().to_owned()
}

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
    let url = url_of(&terminal);
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
fn a_second_screen_shows_what_the_panes_and_the_blocks_on_the_stage_show() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(&deck, "# Kjør\n\n```bash\necho svaret er $((6 * 7))\n```\n").unwrap();
    let mut terminal = stage.talk(&["--allow-run", deck.to_str().unwrap()], SIZE);
    let url = url_of(&terminal);
    let mut second = stage.start(PROGRAM, &["present", "--speaker", "--server", &url], SIZE);
    second.wait_for("echo svaret er");
    terminal.send(key::CTRL_E);
    terminal.wait_for("svaret er 42");
    second.wait_for("svaret er 42");
    terminal.send(key::F6);
    terminal.wait_for("Ingen streams ennå");
    second.wait_for("Ingen streams ennå");
    // The pane that is closed is gone there, too.
    terminal.send(key::F6);
    second.wait_until("no pane", |screen| !screen.contains("Ingen streams"));
    for terminal in [&mut second, &mut terminal] {
        terminal.send("q");
        assert!(terminal.wait_exit().success());
    }
}

#[test]
fn an_audience_follows_without_notes_and_looks_back() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(&deck, DECK).unwrap();
    let mut terminal = stage.talk(&["--audience", "bli med oss", deck.to_str().unwrap()], SIZE);
    let url = url_of(&terminal);
    let mut guest = stage.start(PROGRAM, &["join", &url, "--code", "bli med oss"], SIZE);
    guest.wait_for("Første");
    terminal.send("n");
    let screen = guest.wait_for("2 / 4");
    assert!(screen.contains("Andre") && !screen.contains("vannet"), "{screen}");
    guest.send("n");
    guest.send("p");
    guest.wait_for("1 / 4");
    terminal.send("n");
    guest.wait_for("scenen er på lysbilde 3");
    guest.send("G");
    guest.wait_for("3 / 4");

    let mut stranger = stage.start(PROGRAM, &["join", &url, "--code", "gjettet kode"], SIZE);
    stranger.wait_for("scenen har en annen kode");
    for terminal in [&mut guest, &mut stranger, &mut terminal] {
        terminal.send("q");
        assert!(terminal.wait_exit().success());
    }
}

#[test]
fn a_talk_is_recorded_as_it_was_seen() {
    let stage = Stage::new();
    let (deck, cast) = (stage.path("deck.md"), stage.path("talk.cast"));
    std::fs::write(&deck, DECK).unwrap();
    let mut terminal = stage.talk(
        &["--record", cast.to_str().unwrap(), deck.to_str().unwrap()],
        SIZE,
    );
    page(&terminal, 1);
    terminal.send("3G");
    page(&terminal, 3);
    let shown = terminal.screen();
    terminal.send("q");
    assert!(terminal.wait_exit().success());

    let text = std::fs::read_to_string(cast).unwrap();
    let mut lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let head = lines.next().unwrap();
    assert_eq!((&head["version"], &head["width"]), (&2.into(), &SIZE.0.into()));
    let mut played = vt100::Parser::new(SIZE.1, SIZE.0, 0);
    for event in lines.filter(|event| event[1] == "o") {
        played.process(event[2].as_str().unwrap().as_bytes());
        if played.screen().contents().contains("Slide 3 / 4") {
            break;
        }
    }
    let body = |screen: &str| {
        screen
            .lines()
            .take(10)
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(body(&played.screen().contents()), body(&shown));
}

#[test]
fn a_block_makes_a_picture() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pixel.jpg");
    let source = format!("# Bilde\n\n```bash +image +width:20%\ncat {picture}\n```\n\nunder\n");
    std::fs::write(&deck, source).unwrap();
    let mut terminal = stage.talk(&["--allow-run", deck.to_str().unwrap()], SIZE);
    let screen = terminal.wait_for("▀▀▀▀▀▀▀▀▀▀");
    assert!(screen.contains("under") && !screen.contains("cat "), "{screen}");
    terminal.send("q");
    assert!(terminal.wait_exit().success());
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
    let url = url_of(&terminal);
    let published = Command::new(PROGRAM)
        .args(["nats", "--server", &url, "pub", "hello.verden", "hei fra utsiden"])
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
fn an_installed_program_draws_where_the_deck_wants_it() {
    let stage = Stage::new();
    let everybody = || std::fs::Permissions::from_mode(0o755);
    let program = stage.path("bin/plantuml");
    let script = "#!/bin/sh\ncat > /dev/null\necho '  ,---.'\necho '  |X  |'\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, everybody()).unwrap();
    let deck = stage.path("deck.md");
    let drawn = |front: &str| {
        let source = format!("{front}# A\n\n```plantuml\n@startuml\n[A] --> [B]\n@enduml\n```\n");
        std::fs::write(&deck, source).unwrap();
        std::fs::set_permissions(&deck, everybody()).unwrap();
        let done = Command::new(PROGRAM)
            .arg("render")
            .arg(&deck)
            .env("PATH", stage.path("bin"))
            .env("XDG_DATA_HOME", stage.path(""))
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    let by_program = drawn("---\ndiagrams: system\n---\n");
    assert!(
        by_program.contains("|X  |") && !by_program.contains('▼'),
        "{by_program}"
    );
    let by_us = drawn("");
    assert!(!by_us.contains("|X  |") && by_us.contains('▼'), "{by_us}");
}

/// Exports on a stage, so that only what was run there is found.
fn export(stage: &Stage, args: &[&str]) -> Vec<u8> {
    let output = stage.path("export");
    let done = Command::new(PROGRAM)
        .arg("export")
        .args(args)
        .arg("-o")
        .arg(&output)
        .env("XDG_DATA_HOME", stage.path(""))
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    std::fs::read(output).unwrap()
}

#[test]
fn the_talk_is_exported_as_it_is_shown() {
    let stage = Stage::new();
    for format in ["html", "text"] {
        let text = String::from_utf8(export(&stage, &["--format", format])).unwrap();
        for wanted in [
            "Hvorfor bruker vi NATS?",
            "Fan-In with Queue Group",
            "Takk for oppmerksomheten!",
        ] {
            assert!(text.contains(wanted), "{wanted} in {format}");
        }
        assert!(!text.contains("///"), "hidden lines stay hidden");
    }
    let pdf = export(&stage, &["--format", "pdf"]);
    assert!(pdf.starts_with(b"%PDF-") && pdf.ends_with(b"%%EOF\n"));
    let pages = String::from_utf8_lossy(&pdf).matches("/Type /Page ").count();
    assert_eq!(pages, 36);
}

#[test]
fn the_ending_of_the_output_chooses_the_format() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(&deck, "# En\n---\n# To\n").unwrap();
    let written = |args: &[&str]| {
        let output = stage.path(args[0]);
        let mut export = Command::new(PROGRAM);
        export.arg("export").arg(&deck).arg("-o").arg(&output);
        let done = export.args(&args[1..]).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        std::fs::read(output).unwrap()
    };
    assert!(written(&["a.pdf"]).starts_with(b"%PDF-"));
    assert!(written(&["a.HTML"]).starts_with(b"<!doctype html>"));
    let text = String::from_utf8(written(&["a.txt"])).unwrap();
    assert!(text.contains("En") && !text.contains('<'), "{text}");
    assert!(written(&["a"]).starts_with(b"<!doctype html>"));
    let text = written(&["b.pdf", "--format", "text"]);
    assert!(
        !text.starts_with(b"%PDF-"),
        "what is said goes before what is promised"
    );
}

#[test]
fn an_export_has_the_output_of_blocks_as_they_were_run_last() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    let source = "# Kjør\n\n```bash\necho svaret er $((6 * 7))\n```\n\n<!-- speaker_note: husk vannet -->\n";
    std::fs::write(&deck, source).unwrap();
    let path = deck.to_str().unwrap();
    let html = |args: &[&str]| String::from_utf8(export(&stage, &[&[path], args].concat())).unwrap();
    assert!(!html(&[]).contains("svaret er 42"), "nothing was run yet");

    let mut terminal = stage.talk(&["--allow-run", path], SIZE);
    page_of_one(&terminal);
    terminal.send(key::CTRL_E);
    terminal.wait_for("svaret er 42");
    terminal.send("q");
    assert!(terminal.wait_exit().success());

    assert!(html(&[]).contains("svaret er 42") && html(&[]).contains("husk vannet"));
    let bare = html(&["--no-output", "--no-notes"]);
    assert!(!bare.contains("svaret er 42") && !bare.contains("husk vannet"));
    let changed = source.replace("6 * 7", "6 * 8");
    std::fs::write(&deck, changed).unwrap();
    assert!(
        !html(&[]).contains("svaret er 4"),
        "another block has another output"
    );
    assert!(html(&["--run"]).contains("svaret er 48"));
    let text = String::from_utf8(export(&stage, &[path, "--format", "text", "--run"])).unwrap();
    assert!(
        text.contains("┆ svaret er 48") && text.contains("Notater:\n  husk vannet"),
        "{text}"
    );
}

#[test]
fn an_export_has_living_blocks_as_they_were_seen_last() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    let source = "# Lytt\n\n```nats sub hello.> {live rows=4}\n```\n\n```bash\nnats pub hello.du \"svar $((6 * 7))\"\n```\n";
    std::fs::write(&deck, source).unwrap();
    let path = deck.to_str().unwrap();
    let text = |stage: &Stage, args: &[&str]| {
        let args = [&[path, "--format", "text"], args].concat();
        String::from_utf8(export(stage, &args)).unwrap()
    };
    let unseen = text(&stage, &[]);
    assert!(
        unseen.contains("· direkte") && !unseen.contains("svar 42"),
        "{unseen}"
    );

    let mut terminal = stage.talk(&["--allow-run", path], SIZE);
    terminal.wait_for("● nats sub hello.>");
    terminal.send(key::CTRL_E);
    terminal.wait_for("svar 42");
    terminal.send("q");
    assert!(terminal.wait_exit().success());
    for seen in [text(&stage, &[]), text(&Stage::new(), &["--run"])] {
        let living = seen.lines().find(|line| line.contains("● nats sub hello.>"));
        assert!(living.is_some_and(|line| line.contains("1 meld.")), "{seen}");
        assert!(
            seen.contains("hello.du  svar 42") && !seen.contains("direkte"),
            "{seen}"
        );
    }
}

#[test]
fn a_block_on_a_terminal_of_its_own_takes_keys_and_gives_them_back() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(
        &deck,
        "# Skriv\n\n```bash +pty:40:4\nwhile read -r x; do echo ekko-$x; done\n```\n---\n# Neste\n",
    )
    .unwrap();
    let mut terminal = stage.talk(&["--allow-run", deck.to_str().unwrap()], SIZE);
    terminal.wait_for("Slide 1 / 2");
    terminal.send(key::CTRL_E);
    terminal.wait_for("kjører");
    terminal.send(key::CTRL_E);
    terminal.wait_for("ctrl+g tilbake");
    terminal.send("nq\r");
    terminal.wait_for("ekko-nq");
    terminal.send(key::CTRL_G);
    terminal.wait_until("the deck has its keys", |screen| {
        !screen.contains("ctrl+g tilbake")
    });
    terminal.send("n");
    terminal.wait_for("Slide 2 / 2");
    terminal.send("q");
    assert!(terminal.wait_exit().success());
}

fn page_of_one(terminal: &Terminal) {
    terminal.wait_for("Slide 1 / 1");
}

/// Our own talk has nothing to mend but what is long on a small screen.
#[test]
fn the_talk_is_checked() {
    let done = Command::new(PROGRAM)
        .args(["check", "--size", "120x40"])
        .output()
        .unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && said.is_empty(), "{said}");
}

/// What is written of a deck that others would show differently, a line each.
#[test]
fn a_check_names_what_is_not_understood_with_its_line() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    let source = "---\ntheme: {name: finnes-ikke, override: {x: 1}}\noptions: {potet: 1}\n---\n# A\n\n\
                  <!-- pase -->\n<!-- column_layout: [1, 0] -->\n\n```bash +exek\nls\n```\n\n\
                  <!-- end_slide -->\n\n# B\n\n![](mangler.png)\n\n```brainfuck\n+\n```\n\n```bash +exec +expect:failure\ntrue\n```\n";
    std::fs::write(&deck, source).unwrap();
    let checked = |args: &[&str]| {
        let done = Command::new(PROGRAM)
            .arg("check")
            .args(args)
            .arg(&deck)
            .env("XDG_DATA_HOME", stage.path(""))
            .output()
            .unwrap();
        assert!(!done.status.success());
        String::from_utf8(done.stdout).unwrap()
    };
    let said = checked(&[]);
    let name = deck.display();
    for (line, wanted) in [
        (2, "finnes-ikke"),
        (2, "theme.override.x"),
        (3, "options.potet"),
        (7, "pase"),
        (8, "column_layout: [1, 0]"),
        (10, "+exek"),
        (15, "mangler.png"),
        (20, "brainfuck"),
    ] {
        let place = format!("{name}:{line}: ");
        let found = said
            .lines()
            .any(|said| said.starts_with(&place) && said.contains(wanted));
        assert!(found, "{place}{wanted} in:\n{said}");
    }
    assert!(!said.contains("skulle ha feilet"));
    let tried = checked(&["--run"]);
    assert!(
        tried.contains(&format!("{name}:24: ")) && tried.contains("skulle ha feilet"),
        "{tried}"
    );
}
