//! The app as a user meets it: keys in, screens out, on a terminal of fixed size with a fixed clock.

mod edits;
mod orders;
mod stand;

use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::util::language::tests::in_english;
use stand::{DECK, Stand};

#[test]
fn the_first_frame_needs_nothing_but_the_deck() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut show = Stand::new(size);
        insta::assert_snapshot!(format!("first_frame_{}x{}", size.0, size.1), show.screen());
    }
    for size in [(1, 1), (20, 5), (30, 6), (500, 3)] {
        Stand::new(size).screen();
    }
}

#[test]
fn keys_lead_through_the_deck() {
    let mut show = Stand::new((80, 24));
    for (keys, slide) in [
        ("j", 2),
        ("3n", 4),
        ("p", 3),
        ("gg", 1),
        ("G", 4),
        ("2G", 2),
        ("99j", 4),
        ("9k", 1),
    ] {
        show.letters(keys);
        assert!(
            show.status().ends_with(&format!("Slide {slide} / 4")),
            "{keys}: {}",
            show.status()
        );
    }
    for (code, slide) in [
        (KeyCode::PageDown, 2),
        (KeyCode::Right, 3),
        (KeyCode::PageUp, 2),
        (KeyCode::End, 4),
    ] {
        show.press(code);
        assert!(show.status().ends_with(&format!("Slide {slide} / 4")), "{code}");
    }
    show.letters("b");
    assert_eq!(show.screen().replace(['"', ' ', '\n'], ""), "");
    show.letters("b");
    assert!(show.shows("Takk"));
    assert_eq!(show.press(KeyCode::Char('q')), Some(Effect::Quit(0)));
    assert_eq!(show.control('z'), Some(Effect::Suspend));
    assert_eq!(show.control('c'), Some(Effect::Quit(0)));
    assert_eq!(show.app.update(Event::Signal(15)), Some(Effect::Quit(143)));
}

#[test]
fn a_slide_taller_than_the_screen_keeps_its_heading_and_never_holds_the_talk_up() {
    let mut show = Stand::new((80, 24));
    show.letters("3G");
    assert!(show.shows("• 1 ") && !show.shows("• 25 ") && show.shows("▼ ctrl+d"));
    show.control('d');
    show.control('d');
    insta::assert_snapshot!("long_slide_scrolled", show.screen());
    show.letters("jk");
    assert!(show.shows("• 1 "), "a slide begins at its top");
}

#[test]
fn search_finds_wraps_and_says_what_went_wrong() {
    let mut show = Stand::new((80, 24));
    let mut search = |pattern: &str| {
        show.letters("/");
        show.letters(pattern);
        show.press(KeyCode::Enter);
        show.status()
    };
    let found = search("SUBSCRIBE/i");
    assert!(
        found.starts_with("Treff ") && found.ends_with("Slide 2 / 4"),
        "{found}"
    );
    assert!(search("NATS!").ends_with("Slide 1 / 4"));
    assert!(search("").ends_with("Slide 1 / 4"));
    assert!(search("finnes ikke").starts_with("Ingen treff"));
    assert!(search("(").starts_with("Ugyldig mønster"));
    assert!(search("^- 2").ends_with("Slide 1 / 4") || show.status().ends_with("Slide 3 / 4"));
    show.letters("/NATS|Slutt");
    show.press(KeyCode::Enter);
    let page = |show: &mut Stand| show.status().rsplit_once("Slide ").unwrap().1.to_owned();
    let here = page(&mut show);
    show.letters("N");
    let before = page(&mut show);
    show.control('n');
    assert!(page(&mut show) == here && before != here, "{before} {here}");
    show.press(KeyCode::Esc);
    show.letters("4GN");
    assert_eq!(
        page(&mut show),
        "3 / 4",
        "without hits N is the slide before, as in slides"
    );
    show.letters("gg/x");
    show.press(KeyCode::Esc);
    assert!(show.status().ends_with("Slide 1 / 4"));
}

#[test]
fn a_block_runs_with_its_output_below_it_and_keeps_it() {
    let mut show = Stand::new((80, 24));
    show.letters("2G");
    show.control('e');
    show.wait_for_jobs();
    show.letters("jk");
    insta::assert_snapshot!("block_with_output", show.screen());
    show.letters("C");
    show.control('e');
    show.wait_for_jobs();
    assert!(show.shows("✗ kode 3"));
    assert!(matches!(show.press(KeyCode::Char('y')), Some(Effect::Copy(text)) if text == "exit 3\n"));
    show.letters("gg");
    show.control('e');
    assert!(show.status().starts_with("Ingen kodeblokk"));
}

#[test]
fn ctrl_c_stops_what_runs_before_it_quits() {
    let mut show = Stand::new((80, 24));
    show.app.slides = SlideView::new(Deck::parse("# Vent\n```bash\necho klar; sleep 1000\n```\n"), 0);
    show.control('e');
    show.wait(|app| {
        app.jobs
            .get(BlockId { slide: 0, block: 0 })
            .is_some_and(|e| e.job.view().line_count() > 0)
    });
    assert!(show.shows("klar") && show.shows("kjører") && show.app.has_clock());
    show.control('e');
    assert!(show.status().starts_with("Blokken kjører allerede"));
    assert_eq!(show.control('c'), None);
    show.wait_for_jobs();
    assert!(show.shows("■ stoppet"));
    assert_eq!(show.control('c'), Some(Effect::Quit(0)));
}

#[test]
fn all_blocks_run_in_order_until_one_fails() {
    let mut show = Stand::new((80, 24));
    let deck = "# Alle\n```bash\nexit 0\n```\n```bash\nexit 4\n```\n```bash\necho nei\n```\n";
    show.app.slides = SlideView::new(Deck::parse(deck), 0);
    show.letters("E");
    show.wait_for_jobs();
    let started = |show: &Stand, block| show.app.jobs.get(BlockId { slide: 0, block }).is_some();
    assert!(started(&show, 0) && started(&show, 1) && !started(&show, 2));
    assert!(show.status().starts_with("En blokk feilet"));
}

#[test]
fn a_deck_from_outside_asks_before_it_runs() {
    let home = tempfile::tempdir().unwrap();
    let folder = Some(home.path());
    let mut show = Stand::with_trust((80, 24), Trust::of_deck(DECK, folder));
    show.letters("2G");
    show.control('e');
    insta::assert_snapshot!("trust_question", show.screen());
    show.letters("n");
    assert_eq!(show.app.jobs.running(), 0);
    assert!(!show.shows("kode 0"));
    show.control('e');
    show.letters("j");
    show.wait_for_jobs();
    assert!(show.shows("✓ kode 0"));
    assert_eq!(Trust::of_deck(DECK, folder), Trust::Given);
}

#[test]
fn panes_open_take_the_focus_and_close() {
    let mut show = Stand::new((80, 24));
    show.press(KeyCode::F(3));
    assert!(show.status().starts_with("Venter på NATS-serveren"));

    let mut show = Stand::connected((80, 24));
    show.letters("j");
    show.press(KeyCode::F(3));
    show.letters("jq");
    insta::assert_snapshot!("one_pane_80x24", show.screen());
    show.press(KeyCode::Esc);
    assert!(
        show.shows("skrevet: ") && !show.shows("skrevet: jq"),
        "Esc is the pane's first"
    );
    show.press(KeyCode::Esc);
    show.letters("k");
    assert!(
        show.status().ends_with("Slide 1 / 4"),
        "then it leads to the slide"
    );
    show.press(KeyCode::Tab);
    assert_eq!(
        show.control('c'),
        None,
        "a hand that wants to stop a pane does not end the talk"
    );
    show.press(KeyCode::F(5));
    assert!(!show.shows("Subscribe"));
    show.press(KeyCode::F(5));
    assert!(show.shows("Subscribe"));
    show.press(KeyCode::F(3));
    show.press(KeyCode::F(3));
    assert!(!show.shows("Subscribe"));
    show.press(KeyCode::F(8));
    assert!(show.shows("Server"));
}

#[test]
fn tab_goes_round_slide_and_panes_on_a_large_screen() {
    let mut show = Stand::connected((200, 60));
    show.letters("j");
    for n in [2, 6, 7] {
        show.press(KeyCode::F(n));
    }
    insta::assert_snapshot!("three_panes_200x60", show.screen());
    let titles: Vec<Option<String>> = (0..4)
        .map(|_| {
            show.press(KeyCode::Tab);
            show.app.host.title()
        })
        .collect();
    let expected = [None, Some("Publish"), Some("Streams"), Some("Consumers")];
    assert_eq!(titles, expected.map(|title| title.map(str::to_owned)));
    show.press(KeyCode::BackTab);
    assert_eq!(show.app.host.title().as_deref(), Some("Streams"));
    show.control('g');
    assert!(show.app.host.slide_has_focus());
}

#[test]
fn the_output_of_a_block_moves_to_a_pane_and_back() {
    let mut show = Stand::new((120, 40));
    show.letters("2Go");
    show.wait_for_jobs();
    insta::assert_snapshot!("output_in_a_pane", show.screen());
    assert!(show.app.host.slide_has_focus(), "the next block is a key away");
    show.press(KeyCode::Tab);
    show.letters("x");
    assert!(show.app.host.slide_has_focus());
    assert!(show.shows("┆ én"));
}

#[test]
fn help_and_palette_lie_over_the_slide() {
    let mut show = Stand::connected((80, 24));
    show.letters("?");
    insta::assert_snapshot!("help", show.screen());
    show.press(KeyCode::Esc);
    show.letters(":siste");
    insta::assert_snapshot!("palette", show.screen());
    show.press(KeyCode::Enter);
    assert!(show.status().ends_with("Slide 4 / 4"));
    show.letters(":echo");
    show.press(KeyCode::Enter);
    assert!(show.status().starts_with("Ukjent kommando: echo"));
}

#[test]
fn the_interface_speaks_english_when_asked() {
    in_english(|| {
        let mut show = Stand::connected((80, 24));
        show.letters("?");
        insta::assert_snapshot!("help_in_english", show.screen());
        show.press(KeyCode::Esc);
        show.letters("gg");
        show.control('e');
        assert!(show.status().starts_with("No code block to run on this slide"));
    });
}

#[test]
fn settings_that_cannot_be_read_are_told_of() {
    for (deck, wanted) in [
        (
            "---\nauthor: [x\n---\n# A",
            "test.md:2: innstillingene kan ikke leses som YAML",
        ),
        ("", "test.md:1: presentasjonen er tom"),
    ] {
        let mut show = Stand::connected((80, 24));
        show.tell(News::Deck(Box::new(Edition {
            deck: Deck::parse(deck),
            trust: Trust::Given,
            author: String::new(),
            date: String::new(),
            paging: "%d/%d".to_owned(),
        })));
        assert!(show.status().starts_with(wanted), "{}", show.status());
        show.letters("j");
        assert!(!show.status().contains("test.md"));
    }
}

#[test]
fn a_deck_read_anew_keeps_the_place_and_what_ran() {
    let edition = |source: &str| Edition {
        deck: Deck::parse(source),
        trust: Trust::Given,
        author: "Kari".to_owned(),
        date: String::new(),
        paging: "%d/%d".to_owned(),
    };
    let mut show = Stand::new((80, 24));
    let one = "# En\n---\n# To\n\n```bash\necho kjørt\n```\n---\n# Tre";
    show.app.slides = SlideView::new(Deck::parse(one), 1);
    show.control('e');
    show.wait_for_jobs();
    let two = "# Ny\n---\n# En!\n---\n# To\n\nendret\n\n```bash\necho kjørt\n```\n---\n# Tre";
    show.app.update(Event::News(News::Deck(Box::new(edition(two)))));
    assert!(show.shows("endret") && show.shows("┆ kjørt"));
    show.letters("C");
    assert!(
        show.status().ends_with("3/4") && show.status().starts_with("Kari"),
        "{}",
        show.status()
    );

    show.app.follows_changes = true;
    let three = two.replace("# Tre", "# Tre, ny");
    show.app
        .update(Event::News(News::Deck(Box::new(edition(&three)))));
    show.letters("C");
    assert!(show.status().ends_with("4/4"));
    show.app
        .update(Event::News(News::Deck(Box::new(edition("# Alene")))));
    assert!(show.shows("Alene"));
}

#[test]
fn the_output_of_a_named_block_stands_where_the_deck_wants_it() {
    let mut show = Stand::new((80, 24));
    let deck = "# En\n\n```bash +exec +id:a\necho er$((40 + 2))\n```\n\nmellom\n\n<!-- snippet_output: a -->\n\nslutt";
    show.app.slides = SlideView::new(Deck::parse(deck), 0);
    show.control('e');
    show.wait_for_jobs();
    let screen = show.screen();
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text} in\n{screen}"));
    assert!(at("mellom") < at("er42") && at("er42") < at("slutt"), "{screen}");
    assert_eq!(screen.matches("er42").count(), 1);
}

#[test]
fn the_hidden_lines_and_one_line_are_shown_with_a_key() {
    let mut show = Stand::new((80, 24));
    let deck = "# En\n\n```bash\n///skjult=1\necho $skjult\n```\n---\n# To";
    show.app.slides = SlideView::new(Deck::parse(deck), 0);
    assert!(!show.shows("skjult=1"));
    show.letters("H");
    assert!(show.shows("│ skjult=1"));
    show.letters("njk");
    assert!(!show.shows("skjult=1"), "another slide hides them again");
    show.letters("m");
    assert!(show.shows("➤ ╭─ bash"));
    show.press(KeyCode::Down);
    assert!(show.shows("➤ │ echo"));
    show.press(KeyCode::Esc);
    assert!(!show.shows("➤"));
}

#[test]
fn a_slide_is_revealed_key_by_key_and_replaced_by_what_it_writes() {
    let mut show = Stand::new((80, 24));
    let deck =
        "# En\n\na\n\n<!-- pause -->\n\nskjult\n---\n# To\n\n```bash +exec_replace\necho er$((40 + 2))\n```";
    show.app.slides = SlideView::new(Deck::parse(deck), 0);
    assert!(!show.shows("skjult"));
    show.letters("j");
    assert!(show.shows("skjult"));
    show.letters("j");
    show.wait_for_jobs();
    assert!(show.shows("er42") && !show.shows("echo"));
    show.letters("k");
    assert!(show.shows("skjult"), "back is to what was shown last");
    show.letters("k");
    assert!(!show.shows("skjult") && show.shows("En"));
}

#[test]
fn layouts_stand_beside_their_slides_and_can_be_had_and_saved_by_name() {
    let mut show = Stand::connected((200, 60));
    let deck = format!("---\nlayouts:\n  slide 2: streams consumers\n  direkte: server\n---\n{DECK}");
    show.tell(News::Deck(Box::new(Edition {
        deck: Deck::parse(&deck),
        trust: Trust::Given,
        author: String::new(),
        date: String::new(),
        paging: String::new(),
    })));
    let command = |show: &mut Stand, line: &str| {
        show.press(KeyCode::Char(':'));
        show.letters(line);
        show.press(KeyCode::Enter);
    };
    assert!(show.app.host.kinds().is_empty());
    show.press(KeyCode::Right);
    assert_eq!(show.app.host.kinds(), [PaneKind::Streams, PaneKind::Consumers]);
    assert!(show.app.host.slide_has_focus());
    show.press(KeyCode::Right);
    assert!(show.app.host.kinds().is_empty());
    command(&mut show, "oppsett direkte");
    assert_eq!(show.app.host.kinds(), [PaneKind::Server]);
    command(&mut show, "oppsett lagre mitt eget");
    assert!(show.shows("Oppsettet mitt eget er lagret"));
    show.press(KeyCode::Right);
    assert!(show.app.host.kinds().is_empty());
    command(&mut show, "oppsett mitt eget");
    assert_eq!(show.app.host.kinds(), [PaneKind::Server]);
    command(&mut show, "oppsett slett mitt eget");
    command(&mut show, "oppsett mitt eget");
    assert!(show.shows("Ukjent kommando"));
    // A pane that was opened by hand stays from slide to slide.
    show.press(KeyCode::F(6));
    show.control('g');
    show.press(KeyCode::Left);
    assert_eq!(show.app.host.kinds(), [PaneKind::Streams]);
}

#[test]
fn the_mouse_and_the_keys_of_a_pane_are_in_the_palette() {
    let mut show = Stand::connected((200, 60));
    show.press(KeyCode::Char(':'));
    show.letters("mus av");
    assert_eq!(show.press(KeyCode::Enter), Some(Effect::Mouse(false)));
    assert!(show.shows("Musa er terminalens"));
    show.press(KeyCode::Char(':'));
    show.letters("klokke 5s");
    show.press(KeyCode::Enter);
    assert!(show.shows("Klokka kan bare skrus på vår egen server"));
}
