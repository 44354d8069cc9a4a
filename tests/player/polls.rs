//! What the audience answers and asks, over a real server.

use std::process::Command;

use goingnats::deck::Deck;
use goingnats::tui::living::Living;
use goingnats::tui::theme::Theme;

use super::house::{House, shown};
use crate::talk::{PROGRAM, Stage};

const DECK: &str = "# Spør\n\n```poll valg {live}\nHva bruker du?\na. Kafka\nb. NATS\nc. Fax\n```\n---\n# Quiz\n\n\
                    ```poll quiz {live}\nHva er en stream?\na. En elv\nb. En logg\n/// svar: b\n```\n---\n\
                    # Lurer du på noe?\n\n```questions {live}\n```\n";

/// A house full of people.
struct Hall(House);

impl Hall {
    fn new() -> Hall {
        Hall(House::new())
    }

    /// A screen that shows a slide.
    fn screen(&self, mut living: Living, page: usize) -> Living {
        let deck = Deck::parse(DECK);
        let context = Some(&self.0.context);
        living.gather(shown(page), &deck, context);
        living.show(shown(page), &deck.slides[page], context);
        living
    }

    fn wait(&self, living: &Living, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        self.0.see(living, 0, (60, 12), what, is_there)
    }

    /// Answers, from a connection of its own, once somebody listens.
    fn ask(&self, subject: &str, bodies: &[&str]) -> Vec<String> {
        self.0.runtime.block_on(async {
            let client = async_nats::connect(self.0.broker.url()).await.unwrap();
            let mut answers = Vec::new();
            for body in bodies {
                let answer = loop {
                    match client.request(subject.to_owned(), body.to_string().into()).await {
                        Ok(answer) => break answer,
                        Err(error) if error.kind() == async_nats::RequestErrorKind::NoResponders => {
                            tokio::task::yield_now().await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                };
                answers.push(String::from_utf8(answer.payload.into()).unwrap());
            }
            answers
        })
    }
}

#[test]
fn an_audience_votes_and_every_screen_sees_the_same() {
    let hall = Hall::new();
    let stage = hall.screen(Living::default(), 0);
    let told = hall.ask("poll.valg", &["a", "b", "d"]);
    assert_eq!(told[0], "notert: a · Kafka");
    assert_eq!(told[1], "endret til b · NATS");
    assert!(told[2].contains("en bokstav fra a til c"), "{}", told[2]);
    let told = hall.ask("poll.valg", &["b Kari", "c kari", "nats"]);
    assert_eq!(told[1..], ["endret til c · Fax", "notert: b · NATS"]);
    let counted =
        |text: &str| text.contains("3 svar") && text.contains(" 2 · 67 %") && text.contains(" 1 · 33 %");
    let seen = hall.wait(&stage, "three answers", counted);
    assert!(
        seen.contains("Hva bruker du?") && seen.contains("nats pub poll.valg [abc]"),
        "{seen}"
    );

    // Who comes late, and who only looks, sees what was answered before.
    let late = hall.screen(Living::for_audience(), 0);
    hall.wait(&late, "the same", counted);
    assert_eq!(late.answer('2'), Some(("poll.valg".to_owned(), "b".to_owned())));
    assert_eq!(late.answer('d'), None);
}

#[test]
fn a_poll_is_closed_a_quiz_shows_its_answer_and_both_begin_anew() {
    let hall = Hall::new();
    let mut stage = hall.screen(Living::default(), 0);
    hall.ask("poll.valg", &["a"]);
    hall.wait(&stage, "an answer", |text| text.contains("1 svar"));
    assert!(stage.press(0));
    hall.wait(&stage, "the end", |text| text.contains("stengt · 1 svar"));
    assert!(hall.ask("poll.valg", &["b"])[0].contains("stengt"));

    let mut stage = hall.screen(stage, 1);
    let guest = hall.screen(Living::for_audience(), 1);
    hall.ask("poll.quiz", &["b", "1 Ola"]);
    let text = hall.wait(&guest, "the answers", |text| text.contains("2 svar"));
    assert!(!text.contains('✓'), "{text}");
    assert!(stage.press(0));
    hall.wait(&guest, "the solution", |text| {
        text.contains("✓b") && text.contains("fasit")
    });
    assert!(stage.begin_anew());
    hall.wait(&guest, "a new round", |text| {
        text.contains("0 svar") && !text.contains('✓')
    });
    assert_eq!(hall.ask("poll.quiz", &["a Ola"]), ["notert: a · En elv"]);
    hall.wait(&guest, "its first answer", |text| text.contains("1 svar"));
}

#[test]
fn questions_are_gathered_whatever_slide_is_shown() {
    let hall = Hall::new();
    let stage = hall.screen(Living::default(), 0);
    assert_eq!(
        hall.ask("questions", &["Hvorfor ikke  Kafka?\n"]),
        ["takk, spørsmålet er notert"]
    );
    assert!(hall.ask("questions", &[" "])[0].starts_with("avvist"));
    let (title, lines) = stage.asked(60, &Theme::dark()).unwrap();
    assert_eq!(title, "Spørsmål (1)");
    assert_eq!(lines[0].to_string(), "? Hvorfor ikke Kafka?");
    let stage = hall.screen(stage, 2);
    hall.wait(&stage, "the question", |text| {
        text.contains("? Hvorfor ikke Kafka?")
    });
    let late = hall.screen(Living::for_audience(), 2);
    hall.wait(&late, "the same", |text| text.contains("? Hvorfor ikke Kafka?"));
}

#[test]
fn who_has_joined_answers_with_a_letter_and_the_speaker_sees_it() {
    const SIZE: (u16, u16) = (100, 30);
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    std::fs::write(&deck, DECK).unwrap();
    let mut terminal = stage.talk(&["--audience", "bli med oss", deck.to_str().unwrap()], SIZE);
    let screen = terminal.wait_for("0 meld./s");
    let at = screen.find("nats://").unwrap();
    let url = screen[at..].split_whitespace().next().unwrap().to_owned();
    terminal.wait_for("● nats pub poll.valg");
    let mut guest = stage.start(PROGRAM, &["join", &url, "--code", "bli med oss"], SIZE);
    guest.wait_for("svar med bokstaven");
    guest.send("b");
    guest.wait_for("notert: b · NATS");
    terminal.wait_for("1 · 100 %");
    guest.wait_for("1 · 100 %");
    guest.send("c");
    guest.wait_for("endret til c · Fax");
    // The deck comes from outside, and may not run anything; a vote may be closed all the same.
    terminal.send("\x05");
    terminal.wait_for("stengt · ");

    let mut second = stage.start(PROGRAM, &["present", "--speaker", "--server", &url], SIZE);
    second.wait_for("1 · 100 %");
    let asked = Command::new(PROGRAM)
        .args(["nats", "--server", &url, "request", "questions", "Er det pizza?"])
        .output()
        .unwrap();
    assert!(asked.status.success());
    second.wait_for("Spørsmål (1)");
    second.wait_for("Er det pizza?");
    for terminal in [&mut guest, &mut second, &mut terminal] {
        terminal.send("q");
        assert!(terminal.wait_exit().success());
    }
}
